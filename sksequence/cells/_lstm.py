"""Long short-term memory."""

from __future__ import annotations

import torch
from torch import nn

from sksequence.cells._cell import Cell, Weights
from sksequence.cells._functions import sigmoid, tanh
from sksequence.cells._initial import open_gate, with_options
from sksequence.cells._stage import Product, Stage


def update(a, s, p):
    """Pre-activations of i, f, g, o and the old c -> h and c."""
    i, f, g, o = sigmoid(a[0]), sigmoid(a[1]), tanh(a[2]), sigmoid(a[3])
    c = f * s[0] + i * g
    y = tanh(c)
    return (o * y, c), (i, f, g, o, y)


def gradient(d, k, s, p):
    """The derivative of `update`: the gradient of h reaches c through o tanh(c)."""
    i, f, g, o, y = k
    dc = d[1] + d[0] * o * (1 - y * y)
    da = (
        dc * g * i * (1 - i),
        dc * s[0] * f * (1 - f),
        dc * i * (1 - g * g),
        d[0] * y * o * (1 - o),
    )
    return da, (dc * f,), ()


_STAGES = (
    Stage(
        update,
        gradient,
        n_gates=4,
        inputs=(0, 4),
        products=(Product("h", "weight_hh", (0, 4)),),
        takes=("c",),
        gives=("h", "c"),
        keeps=("input", "forget", "candidate", "output", "tanh_c"),
    ),
)


class LSTM(Cell):
    r"""Long short-term memory (Hochreiter and Schmidhuber, 1997; Gers et al., 2000).

    .. math::

        i_t &= \sigma(W_i x_t + U_i h_{t-1} + b_i) \\
        f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
        g_t &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \\
        o_t &= \sigma(W_o x_t + U_o h_{t-1} + b_o) \\
        c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
        h_t &= o_t \odot \tanh(c_t)

    Parameters
    ----------
    forget_bias : float, default=1.0
        The bias of the forget gate at the start: a positive one lets a new network remember
        (Jozefowicz et al., 2015). Without biases it is not used.
    bias : bool, default=True
        Whether there are biases.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How each block of U is drawn at the start; an orthogonal one keeps the length of the
        state (Saxe et al., 2014).

    Notes
    -----
    It has ``4 * n_units * (n_inputs + n_units + 2)`` weights.

    Examples
    --------
    >>> from sksequence.cells import LSTM
    >>> LSTM().n_states
    2
    """

    n_gates = 4
    n_states = 2
    state_names = ("h", "c")
    gates = ("input", "forget", "output")
    torch_layer = nn.LSTM

    def __init__(
        self, forget_bias: float = 1.0, bias: bool = True, recurrent_init: str = "uniform"
    ):
        self.forget_bias = forget_bias
        self.bias = bias
        self.recurrent_init = recurrent_init

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """As for every cell, with the forget gate's bias at `forget_bias`."""
        weights = super().initial_weights(n_inputs, n_units, generator)
        open_gate(weights, 1, n_units, self.forget_bias)  # the order is i, f, g, o
        return with_options(
            weights, n_units, generator, bias=self.bias, recurrent_init=self.recurrent_init
        )

    def stages(self) -> tuple[Stage, ...]:
        """One stage: four gates, then a unit's own arithmetic."""
        return _STAGES
