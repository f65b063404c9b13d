"""torch's own loops over time: cuDNN on a GPU, oneDNN for the LSTM on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sksequence.cells import Cell

_ORDER = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def run_fused(cell: Cell, weights, inputs: Tensor, state, all_states: bool = False):
    """All steps of a cell with a `torch_layer`: outputs and the last state."""
    flat = [weights[name] for name in _ORDER if name in weights]
    grad = torch.is_grad_enabled()  # cuDNN keeps what backward needs only then
    start = [part.unsqueeze(0).contiguous() for part in state]  # (1, n_sequences, n_units)
    function, start = _function(cell), start if len(start) > 1 else start[0]
    outputs, *last = function(inputs, start, flat, "bias_ih" in weights, 1, 0.0, grad, False, True)
    last = (outputs,) if all_states else tuple(part[0] for part in last)
    return outputs, last


def step_fused(cell: Cell, weights, inputs: Tensor, state):
    """One step ``(n_sequences, n_inputs)`` of a cell with a `torch_layer`: the next state."""
    given = [weights.get(name) for name in _ORDER]
    if cell.torch_layer is nn.LSTM:
        return torch.lstm_cell(inputs, state, *given)
    if cell.torch_layer is nn.GRU:
        return (torch.gru_cell(inputs, state[0], *given),)
    function = torch.rnn_relu_cell if cell.activation == "relu" else torch.rnn_tanh_cell
    return (function(inputs, state[0], *given),)


def _function(cell):
    if cell.torch_layer is nn.LSTM:
        return torch.lstm
    if cell.torch_layer is nn.GRU:
        return torch.gru
    return torch.rnn_relu if cell.activation == "relu" else torch.rnn_tanh


def has_fused(cell: Cell, weights, all_states: bool = False) -> bool:
    """Whether torch has the whole loop of this cell; it gives the last memory only."""
    known = all(name in _ORDER for name in weights)
    return cell.torch_layer is not None and known and not (all_states and cell.n_states > 1)
