"""Methods that are there only under some settings, with a message that says which."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper, wraps
from types import MethodType
from typing import Any


def available_if(check: Callable[[Any], None]) -> Callable[[Callable], Any]:
    """scikit-learn's decorator of that name, except that the check's own message is seen.

    Parameters
    ----------
    check : callable
        Gets the instance; an AttributeError that it raises says why the method is not there,
        and ``hasattr`` is false then.

    Examples
    --------
    >>> from sksequence.utils._available import available_if
    >>> def closed(shop):
    ...     raise AttributeError("buy needs an open shop: come back at nine.")
    >>> class Shop:
    ...     @available_if(closed)
    ...     def buy(self): ...
    >>> hasattr(Shop(), "buy")
    False
    >>> Shop().buy()
    Traceback (most recent call last):
        ...
    AttributeError: buy needs an open shop: come back at nine.
    """
    return lambda method: _Conditional(method, check)


class _Conditional:
    def __init__(self, method: Callable, check: Callable[[Any], None]):
        update_wrapper(self, method)  # type: ignore[arg-type]
        self._method = method
        self._check = check

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is not None:
            self._check(instance)
            return MethodType(self._method, instance)

        @wraps(self._method)  # of the class: its documentation can be read
        def unbound(*args, **kwargs):
            self._check(args[0])
            return self._method(*args, **kwargs)

        return unbound
