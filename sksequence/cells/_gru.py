"""Gated recurrent unit."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sksequence.cells._cell import Cell, State, Weights, flat


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
    torch_layer = nn.GRU

    def step(self, weights: Weights, inputs: Tensor, state: State) -> State:
        hidden = state[0]
        from_inputs = F.linear(inputs, weights["weight_ih"], weights["bias_ih"])
        from_hidden = F.linear(hidden, weights["weight_hh"], weights["bias_hh"])
        r_x, z_x, n_x = from_inputs.chunk(3, dim=1)  # each (n_sequences, n_units)
        r_h, z_h, n_h = from_hidden.chunk(3, dim=1)
        reset = torch.sigmoid(r_x + r_h)
        update = torch.sigmoid(z_x + z_h)
        new = torch.tanh(n_x + reset * n_h)
        return (new + update * (hidden - new),)

    def run(self, weights: Weights, inputs: Tensor, state: State):
        grad = torch.is_grad_enabled()  # cuDNN keeps what backward needs only then
        hidden = state[0].unsqueeze(0)  # (1, n_sequences, n_units)
        outputs, last = torch.gru(inputs, hidden, flat(weights), True, 1, 0.0, grad, False, True)
        return outputs, (last[0],)
