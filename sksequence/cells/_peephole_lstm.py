"""Long short-term memory whose gates see the memory."""

from __future__ import annotations

import torch

from sksequence.cells._cell import Cell, Weights
from sksequence.cells._functions import sigmoid, tanh
from sksequence.cells._initial import open_gate, uniform_weights, with_options
from sksequence.cells._stage import Product, Stage

_PEEPHOLES = ("diagonal", "full")


class PeepholeLSTM(Cell):
    r"""Long short-term memory with peepholes (Gers and Schmidhuber, 2000).

    .. math::

        i_t &= \sigma(W_i x_t + U_i h_{t-1} + P_i c_{t-1} + b_i) \\
        f_t &= \sigma(W_f x_t + U_f h_{t-1} + P_f c_{t-1} + b_f) \\
        g_t &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \\
        c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
        o_t &= \sigma(W_o x_t + U_o h_{t-1} + P_o c_t + b_o) \\
        h_t &= o_t \odot \tanh(c_t)

    The input and forget gates see the memory as it was, the output gate sees the new one. A
    plain LSTM whose output gate is shut knows nothing of its own memory; with peepholes it can
    time events that lie many steps apart.

    Parameters
    ----------
    peepholes : {"diagonal", "full"}, default="diagonal"
        ``"diagonal"``: the P are diagonal, each unit sees its own memory, as published.
        ``"full"``: each unit sees the memory of all.
    forget_bias : float, default=1.0
        The bias of the forget gate at the start, if there are biases.
    bias : bool, default=True
        Whether there is a b.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How each block of U, and of full P, is drawn at the start.

    References
    ----------
    Gers and Schmidhuber, "Recurrent nets that time and count", Proceedings of the International
    Joint Conference on Neural Networks (2000).

    Notes
    -----
    It has ``4 * n_units * (n_inputs + n_units + 2)`` weights and those of the peepholes:
    ``3 * n_units`` if they are diagonal (``weight_ci``, ``weight_cf``, ``weight_co``),
    ``3 * n_units ** 2`` if they are full (``weight_ch``, in the order i, f, o).

    Examples
    --------
    >>> from sksequence import RNNClassifier
    >>> from sksequence.cells import PeepholeLSTM
    >>> model = RNNClassifier(cell=PeepholeLSTM(peepholes="full"))
    >>> model.get_params()["cell__peepholes"]
    'full'
    """

    n_gates = 4
    n_states = 2
    state_names = ("h", "c")
    gates = ("input", "forget", "output")

    def __init__(
        self,
        peepholes: str = "diagonal",
        forget_bias: float = 1.0,
        bias: bool = True,
        recurrent_init: str = "uniform",
    ):
        self.peepholes = peepholes
        self.forget_bias = forget_bias
        self.bias = bias
        self.recurrent_init = recurrent_init

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """As for every cell, the peepholes too; the forget gate's bias at `forget_bias`."""
        weights = super().initial_weights(n_inputs, n_units, generator)
        open_gate(weights, 1, n_units, self.forget_bias)
        if self._are_full():
            shapes: dict[str, tuple[int, ...]] = {"weight_ch": (3 * n_units, n_units)}
        else:
            shapes = dict.fromkeys(("weight_ci", "weight_cf", "weight_co"), (n_units,))
        weights |= uniform_weights(shapes, n_units, generator)
        return with_options(
            weights,
            n_units,
            generator,
            bias=self.bias,
            recurrent_init=self.recurrent_init,
            recurrent=("weight_hh", "weight_ch")[: 1 + self._are_full()],
        )

    def stages(self) -> tuple[Stage, ...]:
        """Full peepholes: the memory, then the output; diagonal ones: all at once."""
        return _FULL if self._are_full() else _DIAGONAL

    def _are_full(self) -> bool:
        if self.peepholes not in _PEEPHOLES:
            raise ValueError(
                f"peepholes must be one of {', '.join(_PEEPHOLES)}, got {self.peepholes!r}."
            )
        return self.peepholes == "full"


def _update(a, s, p):
    c_old = s[0]
    i = sigmoid(a[0] + p[0] * c_old)
    f = sigmoid(a[1] + p[1] * c_old)
    g = tanh(a[2])
    c = f * c_old + i * g
    o = sigmoid(a[3] + p[2] * c)
    y = tanh(c)
    return (o * y, c), (i, f, g, o, y, c)


def _gradient(d, k, s, p):
    i, f, g, o, y, c = k
    c_old = s[0]
    do = d[0] * y * o * (1 - o)
    dc = d[1] + d[0] * o * (1 - y * y) + do * p[2]
    di = dc * g * i * (1 - i)
    df = dc * c_old * f * (1 - f)
    dg = dc * i * (1 - g * g)
    return (di, df, dg, do), (dc * f + di * p[0] + df * p[1],), (di * c_old, df * c_old, do * c)


_DIAGONAL = (
    Stage(
        _update,
        _gradient,
        n_gates=4,
        inputs=(0, 4),
        products=(Product("h", "weight_hh", (0, 4)),),
        takes=("c",),
        parameters=("weight_ci", "weight_cf", "weight_co"),
        gives=("h", "c"),
        keeps=("input", "forget", "candidate", "output", "tanh_c", "c"),
    ),
)


def _memory(a, s, p):
    i, f, g = sigmoid(a[0]), sigmoid(a[1]), tanh(a[2])
    return (f * s[0] + i * g,), (i, f, g)


def _memory_gradient(d, k, s, p):
    i, f, g = k
    dc = d[0]
    da = (dc * g * i * (1 - i), dc * s[0] * f * (1 - f), dc * i * (1 - g * g))
    return da, (dc * f,), ()


def _output(a, s, p):
    o = sigmoid(a[0])
    y = tanh(s[0])
    return (o * y,), (o, y)


def _output_gradient(d, k, s, p):
    o, y = k
    return (d[0] * y * o * (1 - o),), (d[0] * o * (1 - y * y),), ()


_FULL = (
    Stage(
        _memory,
        _memory_gradient,
        n_gates=3,
        inputs=(0, 3),
        products=(
            Product("h", "weight_hh", (0, 3), rows=(0, 3)),
            Product("c", "weight_ch", (0, 2), rows=(0, 2)),
        ),
        takes=("c",),
        gives=("c",),
        keeps=("input", "forget", "candidate"),
    ),
    Stage(
        _output,
        _output_gradient,
        n_gates=1,
        inputs=(3, 4),
        products=(
            Product("h", "weight_hh", (0, 1), rows=(3, 4)),
            Product("c", "weight_ch", (0, 1), rows=(2, 3)),
        ),
        takes=("c",),
        gives=("h",),
        keeps=("output", "tanh_c"),
    ),
)
