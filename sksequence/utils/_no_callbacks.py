"""What stands in for scikit-learn's callbacks in versions without them."""

from __future__ import annotations

from typing import Any, TypeVar

Method = TypeVar("Method")


class CallbackSupportMixin:
    """Refuses callbacks."""

    def set_callbacks(self, *callbacks: Any):
        """Raise ImportError: scikit-learn is too old."""
        import sklearn

        raise ImportError(
            "callbacks need scikit-learn 1.9 or newer, here is "
            f"{sklearn.__version__}: pip install -U scikit-learn."
        )


def with_callbacks(method: Method) -> Method:
    """The method as it is."""
    return method
