"""The functions of one unit that cells are written with.

They ask of their argument only the methods named here, so that the same equations run on
tensors and on what a kernel is traced with.
"""

from __future__ import annotations


def sigmoid(x):
    """1 / (1 + exp(-x)); its derivative at y = sigmoid(x) is y (1 - y)."""
    return x.sigmoid()


def tanh(x):
    """The hyperbolic tangent; its derivative at y = tanh(x) is 1 - y^2."""
    return x.tanh()


def relu(x):
    """max(x, 0); its derivative is `positive(x)`."""
    return x.relu()


def positive(x):
    """1 where x is above 0, else 0."""
    return x.gt(0).type_as(x)


def identity(x):
    """x itself."""
    return x
