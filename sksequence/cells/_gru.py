"""Gated recurrent unit."""

from __future__ import annotations

import torch
from torch import nn

from sksequence.cells._cell import Cell, Weights
from sksequence.cells._functions import sigmoid, tanh
from sksequence.cells._initial import with_options
from sksequence.cells._stage import Product, Stage


def update(a, s, p):
    """Pre-activations of r and z, both parts of that of n, and the old h -> h."""
    r, z = sigmoid(a[0]), sigmoid(a[1])
    n = tanh(a[2] + r * a[3])
    return (n + z * (s[0] - n),), (r, z, n, a[3])


def gradient(d, k, s, p):
    """The derivative of `update`."""
    r, z, n, u = k
    dn = d[0] * (1 - z) * (1 - n * n)
    da = (dn * u * r * (1 - r), d[0] * (s[0] - n) * z * (1 - z), dn, dn * r)
    return da, (d[0] * z,), ()


_STAGES = (
    Stage(
        update,
        gradient,
        n_gates=3,
        inputs=(0, 3),
        products=(Product("h", "weight_hh", (0, 3)),),
        apart=(2,),
        takes=("h",),
        gives=("h",),
        keeps=("reset", "update", "candidate", "recurrent"),
    ),
)


def _gates(a, s, p):
    """Pre-activations of r and z, and the old h -> r h and z."""
    r, z = sigmoid(a[0]), sigmoid(a[1])
    return (r * s[0], z), (r, z)


def _gates_gradient(d, k, s, p):
    r, z = k
    return (d[0] * s[0] * r * (1 - r), d[1] * z * (1 - z)), (d[0] * r,), ()


def _candidate(a, s, p):
    """Pre-activation of n, the old h and z -> h."""
    n = tanh(a[0])
    return (n + s[1] * (s[0] - n),), (n,)


def _candidate_gradient(d, k, s, p):
    n = k[0]
    return (d[0] * (1 - s[1]) * (1 - n * n),), (d[0] * s[1], d[0] * (s[0] - n)), ()


_STAGES_BEFORE = (
    Stage(
        _gates,
        _gates_gradient,
        n_gates=2,
        inputs=(0, 2),
        products=(Product("h", "weight_hh", (0, 2), rows=(0, 2)),),
        takes=("h",),
        gives=("reset_h", "z"),
        keeps=("reset", "update"),
    ),
    Stage(
        _candidate,
        _candidate_gradient,
        n_gates=1,
        inputs=(2, 3),
        products=(Product("reset_h", "weight_hh", (0, 1), rows=(2, 3)),),
        takes=("h", "z"),
        gives=("h",),
        keeps=("candidate",),
    ),
)


_BY_RESET = {"after": _STAGES, "before": _STAGES_BEFORE}


class GRU(Cell):
    r"""Gated recurrent unit (Cho et al., 2014), with the reset gate after or before the product.

    .. math::

        r_t &= \sigma(W_r x_t + b_{ir} + U_r h_{t-1} + b_{hr}) \\
        z_t &= \sigma(W_z x_t + b_{iz} + U_z h_{t-1} + b_{hz}) \\
        n_t &= \tanh(W_n x_t + b_{in} + r_t \odot (U_n h_{t-1} + b_{hn}))
              && \text{after} \\
        n_t &= \tanh(W_n x_t + b_{in} + U_n (r_t \odot h_{t-1}) + b_{hn})
              && \text{before} \\
        h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}

    Both forms were published by the same authors: the reset gate scales the product, so comes
    **after** it, in the first version of the paper, in cuDNN and in torch; it scales the state
    **before** the product in the last version and in most textbooks.

    There are also two conventions for the sign of z. Here, as in torch and in Cho et al., z is
    the share of the old state that is **kept**. In Chung et al. (2014) and in many lectures z is
    the share that is **renewed**, :math:`h_t = (1 - z_t) h_{t-1} + z_t n_t`. Because
    :math:`1 - \sigma(a) = \sigma(-a)`, the cells are the same: weights and biases of z change
    their sign.

    Parameters
    ----------
    reset : {"after", "before"}, default="after"
        Where the reset gate stands.
    bias : bool, default=True
        Whether there are biases.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How each block of U is drawn at the start; an orthogonal one keeps the length of the
        state (Saxe et al., 2014).

    References
    ----------
    Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical
    machine translation", EMNLP (2014). Chung, Gulcehre, Cho and Bengio, "Empirical evaluation of
    gated recurrent neural networks on sequence modeling" (2014), arXiv:1412.3555.

    Notes
    -----
    It has ``3 * n_units * (n_inputs + n_units + 2)`` weights. Their blocks stand in the order
    r, z, n.

    Examples
    --------
    >>> from sksequence.cells import GRU
    >>> GRU(reset="before").n_gates
    3
    """

    n_gates = 3
    gates = ("reset", "update")

    def __init__(self, reset: str = "after", bias: bool = True, recurrent_init: str = "uniform"):
        self.reset = reset
        self.bias = bias
        self.recurrent_init = recurrent_init

    @property
    def torch_layer(self):  # type: ignore[override]
        """torch's layer, for the form that it has."""
        return nn.GRU if self.reset == "after" else None

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """As for every cell, with the options of this one."""
        self.stages()
        weights = super().initial_weights(n_inputs, n_units, generator)
        return with_options(
            weights, n_units, generator, bias=self.bias, recurrent_init=self.recurrent_init
        )

    def stages(self) -> tuple[Stage, ...]:
        """After: one stage, the candidate's product apart. Before: the gates, the candidate.

        Raises
        ------
        ValueError
            For another word in `reset`.
        """
        if self.reset not in _BY_RESET:
            raise ValueError(
                f"reset must be one of {', '.join(_BY_RESET)}, got {self.reset!r}: whether the "
                "reset gate scales the state before the product or the product after it."
            )
        return _BY_RESET[self.reset]
