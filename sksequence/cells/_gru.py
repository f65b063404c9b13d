"""Gated recurrent unit."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sksequence.cells._cell import Cell, State, Weights, flat
from sksequence.cells._functions import sigmoid, tanh
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


class GRU(Cell):
    r"""Gated recurrent unit (Cho et al., 2014), with the reset gate after the product.

    .. math::

        r_t &= \sigma(W_r x_t + b_{ir} + U_r h_{t-1} + b_{hr}) \\
        z_t &= \sigma(W_z x_t + b_{iz} + U_z h_{t-1} + b_{hz}) \\
        n_t &= \tanh(W_n x_t + b_{in} + r_t \odot (U_n h_{t-1} + b_{hn})) \\
        h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}

    Notes
    -----
    It has ``3 * n_units * (n_inputs + n_units + 2)`` weights.

    Examples
    --------
    >>> from sksequence.cells import GRU
    >>> GRU().n_gates
    3
    """

    n_gates = 3
    gates = ("reset", "update")
    torch_layer = nn.GRU

    def stages(self) -> tuple[Stage, ...]:
        """One stage: the product of the candidate stays apart, the reset gate scales it."""
        return _STAGES

    def run(self, weights: Weights, inputs: Tensor, state: State):
        grad = torch.is_grad_enabled()  # cuDNN keeps what backward needs only then
        hidden = state[0].unsqueeze(0)  # (1, n_sequences, n_units)
        outputs, last = torch.gru(inputs, hidden, flat(weights), True, 1, 0.0, grad, False, True)
        return outputs, (last[0],)
