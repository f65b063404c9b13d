"""The activations that a unit can be given by name, each with its slope."""

from __future__ import annotations

from collections.abc import Callable

from sksequence.cells._functions import identity, positive, relu, sigmoid, tanh

# f, and f'(a) as a function of y = f(a)
ACTIVATIONS: dict[str, tuple[Callable, Callable]] = {
    "tanh": (tanh, lambda y: 1 - y * y),
    "relu": (relu, positive),
    "logistic": (sigmoid, lambda y: y * (1 - y)),
    "identity": (identity, lambda y: 1.0),
}


def check_activation(name: str, parameter: str = "activation") -> str:
    """The name, if it is that of an activation.

    Raises
    ------
    ValueError
        For another word; the message lists those that there are.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"{parameter} must be one of {', '.join(ACTIVATIONS)}, got {name!r}.")
    return name
