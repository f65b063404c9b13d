"""The simple recurrent cell (Elman, 1990)."""

from __future__ import annotations

import torch
from torch import nn

from sksequence.cells._cell import Cell, Weights
from sksequence.cells._functions import identity, positive, relu, sigmoid, tanh
from sksequence.cells._initial import with_options
from sksequence.cells._stage import Product, Stage


def _unit(function, slope):
    """The stage of h = f(a); `slope` gives f'(a) from h."""

    def update(a, s, p):
        h = function(a[0])
        return (h,), (h,)

    def gradient(d, k, s, p):
        return (d[0] * slope(k[0]),), (), ()

    products = (Product("h", "weight_hh", (0, 1)),)
    stage = Stage(update, gradient, 1, (0, 1), products, gives=("h",), keeps=("activation",))
    return (stage,)


_STAGES = {
    "tanh": _unit(tanh, lambda y: 1 - y * y),
    "relu": _unit(relu, positive),
    "logistic": _unit(sigmoid, lambda y: y * (1 - y)),
    "identity": _unit(identity, lambda y: 1.0),
}
_TORCH = ("tanh", "relu")


class RNN(Cell):
    """Simple recurrent cell (Elman, "Finding structure in time", 1990).

    .. math:: h_t = f(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    Parameters
    ----------
    activation : {"tanh", "relu", "logistic", "identity"}, default="tanh"
        The function f.
    bias : bool, default=True
        Whether there are biases.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How ``W_hh`` is drawn at the start; an orthogonal one keeps the length of the state
        (Saxe et al., 2014).

    Notes
    -----
    It has ``n_units * (n_inputs + n_units + 2)`` weights.

    Examples
    --------
    >>> from sksequence.cells import RNN
    >>> RNN(activation="relu")
    RNN(activation='relu')
    """

    n_gates = 1

    def __init__(
        self, activation: str = "tanh", bias: bool = True, recurrent_init: str = "uniform"
    ):
        self.activation = activation
        self.bias = bias
        self.recurrent_init = recurrent_init

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """As for every cell, with the options of this one."""
        weights = super().initial_weights(n_inputs, n_units, generator)
        return with_options(
            weights, n_units, generator, bias=self.bias, recurrent_init=self.recurrent_init
        )

    @property
    def torch_layer(self):  # type: ignore[override]
        """torch's layer, for the two activations that it has."""
        return nn.RNN if self.activation in _TORCH else None

    def stages(self) -> tuple[Stage, ...]:
        """One stage: the product and the activation.

        Raises
        ------
        ValueError
            For an unknown activation.
        """
        if self.activation not in _STAGES:
            raise ValueError(
                f"activation must be one of {', '.join(_STAGES)}, got {self.activation!r}."
            )
        return _STAGES[self.activation]
