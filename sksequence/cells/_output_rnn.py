"""Recurrence through the output alone."""

from __future__ import annotations

from numbers import Integral

import torch

from sksequence.cells._activations import ACTIVATIONS, check_activation
from sksequence.cells._cell import Cell, Weights
from sksequence.cells._feed_forward import FeedForward
from sksequence.cells._initial import uniform_weights, with_options
from sksequence.cells._stage import Product, Stage


class OutputRNN(Cell):
    r"""Recurrent cell whose only memory is its last output (Jordan, 1986).

    .. math::

        h_t &= f(W x_t + U y_{t-1} + b) \\
        y_t &= g(V h_t + c)

    What is not in the output is forgotten, so it remembers less than a cell whose hidden units
    feed each other. In exchange, where the outputs of the past are known, the steps are
    independent: a network that feeds its own outputs back (a decoder, a recursive forecaster)
    takes `without_recurrence` as its cell and learns all steps in parallel. Elsewhere the
    output y is the cell's own, and is trained by backpropagation through time.

    Parameters
    ----------
    n_outputs : int or None, default=None
        Numbers of the output y; None: as many as units.
    activation : {"tanh", "relu", "logistic", "identity"}, default="tanh"
        The function f.
    output_activation : {"tanh", "relu", "logistic", "identity"}, default="tanh"
        The function g. The bounded ones keep the state bounded.
    bias : bool, default=True
        Whether there are b and c.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How U and V are drawn at the start.

    References
    ----------
    Jordan, "Serial order: a parallel distributed processing approach", Institute for Cognitive
    Science, University of California, San Diego, report 8604 (1986).

    Notes
    -----
    It has ``n_units * (n_inputs + size + 2) + size * (n_units + 1)`` weights, where ``size`` is
    `n_outputs`. U is ``weight_hh (n_units, size)``, V ``weight_ho (size, n_units)`` and c
    ``bias_o (size,)``.

    Examples
    --------
    >>> from sksequence.cells import OutputRNN
    >>> OutputRNN(n_outputs=3).state_sizes(16)
    (3,)
    """

    n_gates = 1
    state_names = ("y",)
    # networks that feed their outputs back take `without_recurrence` instead
    feeds_output = True

    def __init__(
        self,
        n_outputs: int | None = None,
        activation: str = "tanh",
        output_activation: str = "tanh",
        bias: bool = True,
        recurrent_init: str = "uniform",
    ):
        self.n_outputs = n_outputs
        self.activation = activation
        self.output_activation = output_activation
        self.bias = bias
        self.recurrent_init = recurrent_init

    def state_sizes(self, n_units: int) -> tuple[int, ...]:
        """The width of the output."""
        size = n_units if self.n_outputs is None else self.n_outputs
        if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
            raise ValueError(f"n_outputs must be a whole number from 1 on or None, got {size!r}.")
        return (int(size),)

    def without_recurrence(self) -> Cell:
        """The step for a network that feeds its own outputs back: they come as inputs."""
        return FeedForward(activation=self.activation, bias=self.bias)

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """Uniform in ``[-1/sqrt(n_units), 1/sqrt(n_units)]``."""
        size = self.output_size(n_units)
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (n_units, n_inputs),
            "weight_hh": (n_units, size),
            "bias_ih": (n_units,),
            "bias_hh": (n_units,),
            "weight_ho": (size, n_units),
            "bias_o": (size,),
        }
        return with_options(
            uniform_weights(shapes, n_units, generator),
            max(n_units, size),
            generator,
            bias=self.bias,
            recurrent_init=self.recurrent_init,
            recurrent=("weight_hh", "weight_ho"),
        )

    def prepare(self, weights: Weights, n_units: int) -> Weights:
        """The weights, with zeros for a c that there is not."""
        if "bias_o" in weights:
            return weights
        return {**weights, "bias_o": weights["weight_ho"].new_zeros(len(weights["weight_ho"]))}

    def stages(self) -> tuple[Stage, ...]:
        """Two stages: the hidden units, then the output."""
        return (
            _HIDDEN[check_activation(self.activation)],
            _OUTPUT[check_activation(self.output_activation, "output_activation")],
        )


def _hidden(function, slope):
    def update(a, s, p):
        h = function(a[0])
        return (h,), (h,)

    def gradient(d, k, s, p):
        return (d[0] * slope(k[0]),), (), ()

    products = (Product("y", "weight_hh", (0, 1)),)
    return Stage(update, gradient, 1, (0, 1), products, gives=("h",), keeps=("hidden",))


def _output(function, slope):
    def update(a, s, p):
        y = function(a[0] + p[0])
        return (y,), (y,)

    def gradient(d, k, s, p):
        da = d[0] * slope(k[0])
        return (da,), (), (da,)

    return Stage(
        update,
        gradient,
        n_gates=1,
        inputs=None,
        products=(Product("h", "weight_ho", (0, 1)),),
        parameters=("bias_o",),
        gives=("y",),
        keeps=("output",),
    )


_HIDDEN = {name: _hidden(*pair) for name, pair in ACTIVATIONS.items()}
_OUTPUT = {name: _output(*pair) for name, pair in ACTIVATIONS.items()}
