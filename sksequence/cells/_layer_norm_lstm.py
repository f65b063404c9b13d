"""Long short-term memory with layer normalisation."""

from __future__ import annotations

import torch

from sksequence.cells._cell import Cell, Weights
from sksequence.cells._functions import sigmoid, tanh
from sksequence.cells._initial import open_gate, with_options
from sksequence.cells._stage import Product, Stage


class LayerNormLSTM(Cell):
    r"""Long short-term memory with layer normalisation (Ba et al., 2016).

    .. math::

        (i, f, g, o) &= N(W x_t; \gamma_x) + N(U h_{t-1}; \gamma_h) + b \\
        c_t &= \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g) \\
        h_t &= \sigma(o) \odot \tanh(N(c_t; \gamma_c) + b_c)

    :math:`N(v; \gamma) = \gamma \odot (v - \bar v) / \sqrt{\operatorname{var}(v) + 10^{-5}}`
    takes mean and variance over the numbers of one step of one sequence, over all four gates
    together in the first line. So neither neighbours in the batch nor padding matter, and it is
    the same in training and in prediction. The shifts that the paper has inside its first two
    normalisations add up with b, and are left out.

    Parameters
    ----------
    forget_bias : float, default=1.0
        The bias of the forget gate at the start, if there are biases.
    bias : bool, default=True
        Whether there are b and :math:`b_c`.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How each block of U is drawn at the start.

    References
    ----------
    Ba, Kiros and Hinton, "Layer normalization" (2016), arXiv:1607.06450.

    Notes
    -----
    It has ``4 * n_units * (n_inputs + n_units + 4) + 2 * n_units`` weights. The gains start at 1.

    Examples
    --------
    >>> from sksequence.cells import LayerNormLSTM
    >>> LayerNormLSTM(forget_bias=2.0)
    LayerNormLSTM(forget_bias=2.0)
    """

    n_gates = 4
    n_states = 2
    state_names = ("h", "c")
    gates = ("input", "forget", "output")

    def __init__(
        self, forget_bias: float = 1.0, bias: bool = True, recurrent_init: str = "uniform"
    ):
        self.forget_bias = forget_bias
        self.bias = bias
        self.recurrent_init = recurrent_init

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """As for every cell, with gains of 1 and the forget gate's bias at `forget_bias`."""
        weights = super().initial_weights(n_inputs, n_units, generator)
        open_gate(weights, 1, n_units, self.forget_bias)
        weights = with_options(
            weights, n_units, generator, bias=self.bias, recurrent_init=self.recurrent_init
        )
        weights["norm_ih_weight"] = torch.ones(4 * n_units)
        weights["norm_hh_weight"] = torch.ones(4 * n_units)
        weights["norm_c_weight"] = torch.ones(n_units)
        if self.bias:
            weights["norm_c_bias"] = torch.zeros(n_units)
        return weights

    def stages(self) -> tuple[Stage, ...]:
        """Two stages: the memory, then the output, which needs the whole new memory."""
        return _STAGES


def _memory(a, s, p):
    i, f, g, o = sigmoid(a[0]), sigmoid(a[1]), tanh(a[2]), sigmoid(a[3])
    return (f * s[0] + i * g, o), (i, f, g, o)


def _memory_gradient(d, k, s, p):
    i, f, g, o = k
    dc = d[0]
    di = dc * g * i * (1 - i)
    df = dc * s[0] * f * (1 - f)
    return (di, df, dc * i * (1 - g * g), d[1] * o * (1 - o)), (dc * f,), ()


def _output(a, s, p):
    y = tanh(a[0])
    return (s[0] * y,), (y,)


def _output_gradient(d, k, s, p):
    y = k[0]
    return (d[0] * s[0] * (1 - y * y),), (d[0] * y,), ()


_STAGES = (
    Stage(
        _memory,
        _memory_gradient,
        n_gates=4,
        inputs=(0, 4),
        products=(Product("h", "weight_hh", (0, 4), normalize="norm_hh"),),
        takes=("c",),
        gives=("c", "o"),
        keeps=("input", "forget", "candidate", "output"),
        normalize_inputs="norm_ih",
    ),
    Stage(
        _output,
        _output_gradient,
        n_gates=1,
        inputs=None,
        products=(Product("c", None, (0, 1), normalize="norm_c"),),
        takes=("o",),
        gives=("h",),
        keeps=("tanh_c",),
    ),
)
