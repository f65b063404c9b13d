"""A step without memory."""

from __future__ import annotations

import torch

from sksequence.cells._activations import ACTIVATIONS, check_activation
from sksequence.cells._cell import Cell, Weights
from sksequence.cells._initial import uniform_weights, with_options
from sksequence.cells._stage import Stage


class FeedForward(Cell):
    r"""A step that reads its inputs alone; it has no recurrence.

    .. math:: h_t = f(W x_t + b)

    It is what is left of a network with recurrence through its output where the network itself
    feeds its outputs back as inputs (see ``OutputRNN.without_recurrence``). All steps can then be
    computed at once whenever their inputs are known.

    Parameters
    ----------
    activation : {"tanh", "relu", "logistic", "identity"}, default="tanh"
        The function f.
    bias : bool, default=True
        Whether there is a b.

    Notes
    -----
    It has ``n_units * (n_inputs + 2)`` weights; the two biases are added, as in the other cells.

    Examples
    --------
    >>> from sksequence.cells import OutputRNN
    >>> OutputRNN(activation="relu").without_recurrence()
    FeedForward(activation='relu')
    """

    n_gates = 1
    state_names = ("h",)

    def __init__(self, activation: str = "tanh", bias: bool = True):
        self.activation = activation
        self.bias = bias

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """Uniform in ``[-1/sqrt(n_units), 1/sqrt(n_units)]``."""
        shapes = {"weight_ih": (n_units, n_inputs), "bias_ih": (n_units,), "bias_hh": (n_units,)}
        weights = uniform_weights(shapes, n_units, generator)
        return with_options(weights, n_units, generator, bias=self.bias, recurrent=())

    def stages(self) -> tuple[Stage, ...]:
        """One stage without a product."""
        return _STAGES[check_activation(self.activation)]


def _unit(function, slope):
    def update(a, s, p):
        h = function(a[0])
        return (h,), (h,)

    def gradient(d, k, s, p):
        return (d[0] * slope(k[0]),), (), ()

    stage = Stage(update, gradient, 1, (0, 1), (), gives=("h",), keeps=("activation",))
    return (stage,)


_STAGES = {name: _unit(*pair) for name, pair in ACTIVATIONS.items()}
