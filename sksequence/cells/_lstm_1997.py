"""Long short-term memory as first published, without a forget gate."""

from __future__ import annotations

import torch

from sksequence.cells._cell import Cell, Weights
from sksequence.cells._functions import sigmoid, tanh
from sksequence.cells._initial import with_options
from sksequence.cells._stage import Product, Stage


class LSTM1997(Cell):
    r"""Long short-term memory without a forget gate (Hochreiter and Schmidhuber, 1997).

    .. math::

        i_t &= \sigma(W_i x_t + U_i h_{t-1} + b_i) \\
        g_t &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \\
        o_t &= \sigma(W_o x_t + U_o h_{t-1} + b_o) \\
        c_t &= c_{t-1} + i_t \odot g_t \\
        h_t &= o_t \odot \tanh(c_t)

    The memory keeps what it has for ever, and nothing sets it back: on long streams of
    sequences one after the other it fills up, which the forget gate was later added against.
    The paper squashes the candidate into (-2, 2) and trains with a truncated gradient; here
    both squashings are tanh and the gradient is the whole one.

    Parameters
    ----------
    bias : bool, default=True
        Whether there is a b.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How each block of U is drawn at the start.

    References
    ----------
    Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997).

    Notes
    -----
    It has ``3 * n_units * (n_inputs + n_units + 2)`` weights. Their blocks stand in the order
    i, g, o.

    Examples
    --------
    >>> from sksequence.cells import LSTM1997
    >>> LSTM1997().n_gates
    3
    """

    n_gates = 3
    n_states = 2
    state_names = ("h", "c")
    gates = ("input", "output")

    def __init__(self, bias: bool = True, recurrent_init: str = "uniform"):
        self.bias = bias
        self.recurrent_init = recurrent_init

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """As for every cell, with the options of this one."""
        return with_options(
            super().initial_weights(n_inputs, n_units, generator),
            n_units,
            generator,
            bias=self.bias,
            recurrent_init=self.recurrent_init,
        )

    def stages(self) -> tuple[Stage, ...]:
        """One stage."""
        stage = Stage(
            _update,
            _gradient,
            n_gates=3,
            inputs=(0, 3),
            products=(Product("h", "weight_hh", (0, 3)),),
            takes=("c",),
            gives=("h", "c"),
            keeps=("input", "candidate", "output", "tanh_c"),
        )
        return (stage,)


def _update(a, s, p):
    i, g, o = sigmoid(a[0]), tanh(a[1]), sigmoid(a[2])
    c = s[0] + i * g
    y = tanh(c)
    return (o * y, c), (i, g, o, y)


def _gradient(d, k, s, p):
    i, g, o, y = k
    dc = d[1] + d[0] * o * (1 - y * y)
    da = (dc * g * i * (1 - i), dc * i * (1 - g * g), d[0] * y * o * (1 - o))
    return da, (dc,), ()
