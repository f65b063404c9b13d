"""Long short-term memory whose state is larger than its output."""

from __future__ import annotations

from numbers import Integral

import torch

from sksequence.cells._cell import Cell, Weights
from sksequence.cells._functions import sigmoid, tanh
from sksequence.cells._initial import open_gate, uniform_weights, with_options
from sksequence.cells._stage import Product, Stage


class ProjectedLSTM(Cell):
    r"""Long short-term memory with a projection of its output (Sak et al., 2014).

    .. math::

        i_t &= \sigma(W_i x_t + U_i h_{t-1} + b_i) \\
        f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
        g_t &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \\
        o_t &= \sigma(W_o x_t + U_o h_{t-1} + b_o) \\
        c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
        h_t &= R\,(o_t \odot \tanh(c_t))

    The memory c has `n_units` numbers, the output h only `projection_size`: much is remembered
    with few recurrent weights. The same as ``torch.nn.LSTM(proj_size=projection_size)``.

    Parameters
    ----------
    projection_size : int or None, default=None
        Numbers of the output, at most as many as the units. None takes half of the units.
    forget_bias : float, default=1.0
        The bias of the forget gate at the start, if there are biases.
    bias : bool, default=True
        Whether there is a b.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How each block of U is drawn at the start.

    References
    ----------
    Sak, Senior and Beaufays, "Long short-term memory recurrent neural network architectures for
    large scale acoustic modeling", Interspeech (2014).

    Notes
    -----
    It has ``4 * n_units * (n_inputs + size + 2) + size * n_units`` weights, where ``size`` is
    that of the projection. R is ``weight_hr (size, n_units)``.

    Examples
    --------
    >>> from sksequence.cells import ProjectedLSTM
    >>> ProjectedLSTM(projection_size=10).state_sizes(64)
    (10, 64)
    """

    n_gates = 4
    n_states = 2
    state_names = ("h", "c")
    gates = ("input", "forget", "output")

    def __init__(
        self,
        projection_size: int | None = None,
        forget_bias: float = 1.0,
        bias: bool = True,
        recurrent_init: str = "uniform",
    ):
        self.projection_size = projection_size
        self.forget_bias = forget_bias
        self.bias = bias
        self.recurrent_init = recurrent_init

    def state_sizes(self, n_units: int) -> tuple[int, ...]:
        """The projected output's, and the memory's."""
        size = self.projection_size
        if size is None:
            return (max(1, n_units // 2), n_units)
        if not isinstance(size, Integral) or isinstance(size, bool) or not 1 <= size <= n_units:
            raise ValueError(
                f"projection_size must be a whole number from 1 to the number of units, which is "
                f"{n_units}, or None for half of them; got {size!r}."
            )
        return (int(size), n_units)

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """Uniform, with the forget gate's bias at `forget_bias`."""
        size = self.output_size(n_units)
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (4 * n_units, n_inputs),
            "weight_hh": (4 * n_units, size),
            "bias_ih": (4 * n_units,),
            "bias_hh": (4 * n_units,),
            "weight_hr": (size, n_units),
        }
        weights = uniform_weights(shapes, n_units, generator)
        open_gate(weights, 1, n_units, self.forget_bias)
        return with_options(
            weights, n_units, generator, bias=self.bias, recurrent_init=self.recurrent_init
        )

    def stages(self) -> tuple[Stage, ...]:
        """Two stages: the LSTM, then the projection of its output."""
        return _STAGES


def _update(a, s, p):
    i, f, g, o = sigmoid(a[0]), sigmoid(a[1]), tanh(a[2]), sigmoid(a[3])
    c = f * s[0] + i * g
    y = tanh(c)
    return (o * y, c), (i, f, g, o, y)


def _gradient(d, k, s, p):
    i, f, g, o, y = k
    dc = d[1] + d[0] * o * (1 - y * y)
    di = dc * g * i * (1 - i)
    df = dc * s[0] * f * (1 - f)
    return (di, df, dc * i * (1 - g * g), d[0] * y * o * (1 - o)), (dc * f,), ()


def _project(a, s, p):
    return (a[0],), ()


def _project_gradient(d, k, s, p):
    return (d[0],), (), ()


_STAGES = (
    Stage(
        _update,
        _gradient,
        n_gates=4,
        inputs=(0, 4),
        products=(Product("h", "weight_hh", (0, 4)),),
        takes=("c",),
        gives=("m", "c"),
        keeps=("input", "forget", "candidate", "output", "tanh_c"),
    ),
    Stage(
        _project,
        _project_gradient,
        n_gates=1,
        inputs=None,
        products=(Product("m", "weight_hr", (0, 1)),),
        gives=("h",),
    ),
)
