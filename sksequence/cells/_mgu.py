"""Minimal gated unit."""

from __future__ import annotations

import torch

from sksequence.cells._cell import Cell, Weights
from sksequence.cells._functions import sigmoid, tanh
from sksequence.cells._initial import with_options
from sksequence.cells._stage import Product, Stage


class MGU(Cell):
    r"""Minimal gated unit (Zhou et al., 2016): the gated recurrent unit with one gate.

    .. math::

        f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
        n_t &= \tanh(W_n x_t + U_n (f_t \odot h_{t-1}) + b_n) \\
        h_t &= (1 - f_t) \odot h_{t-1} + f_t \odot n_t

    The gate says both how much of the state the candidate sees and how much of the state the
    candidate replaces: at :math:`f_t = 0` the state is copied.

    Parameters
    ----------
    bias : bool, default=True
        Whether there is a b.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How each block of U is drawn at the start.

    References
    ----------
    Zhou, Wu, Zhang and Zhou, "Minimal gated unit for recurrent neural networks", International
    Journal of Automation and Computing 13 (2016).

    Notes
    -----
    It has ``2 * n_units * (n_inputs + n_units + 2)`` weights. Their blocks stand in the order
    f, n.

    Examples
    --------
    >>> from sksequence.cells import MGU
    >>> MGU().n_gates
    2
    """

    n_gates = 2
    state_names = ("h",)
    gates = ("forget",)

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
        """Two stages: the gate, then the candidate, which sees the gated state."""
        gate = Stage(
            _gate,
            _gate_gradient,
            n_gates=1,
            inputs=(0, 1),
            products=(Product("h", "weight_hh", (0, 1), rows=(0, 1)),),
            takes=("h",),
            gives=("gated_h", "f"),
            keeps=("forget",),
        )
        candidate = Stage(
            _candidate,
            _candidate_gradient,
            n_gates=1,
            inputs=(1, 2),
            products=(Product("gated_h", "weight_hh", (0, 1), rows=(1, 2)),),
            takes=("h", "f"),
            gives=("h",),
            keeps=("candidate",),
        )
        return gate, candidate


def _gate(a, s, p):
    f = sigmoid(a[0])
    return (f * s[0], f), (f,)


def _gate_gradient(d, k, s, p):
    f = k[0]
    return ((d[0] * s[0] + d[1]) * f * (1 - f),), (d[0] * f,), ()


def _candidate(a, s, p):
    n = tanh(a[0])
    return (s[0] + s[1] * (n - s[0]),), (n,)


def _candidate_gradient(d, k, s, p):
    n = k[0]
    return (d[0] * s[1] * (1 - n * n),), (d[0] * (1 - s[1]), d[0] * (n - s[0])), ()
