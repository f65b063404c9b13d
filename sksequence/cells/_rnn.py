"""The simple recurrent cell (Elman, 1990)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sksequence.cells._cell import Cell, State, Weights, flat

# the function itself, and torch's loop over time with it
_ACTIVATIONS = {"tanh": (torch.tanh, torch.rnn_tanh), "relu": (torch.relu, torch.rnn_relu)}


class RNN(Cell):
    """Simple recurrent cell (Elman, "Finding structure in time", 1990).

    .. math:: h_t = f(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    Parameters
    ----------
    activation : {"tanh", "relu"}, default="tanh"
        The function f.

    Notes
    -----
    It has ``n_units * (n_inputs + n_units + 2)`` weights.

    Examples
    --------
    >>> from sksequence.cells import RNN
    >>> RNN(activation="relu")
    RNN(activation='relu')
    """

    n_gates = 1
    torch_layer = nn.RNN

    def __init__(self, activation: str = "tanh"):
        self.activation = activation

    def step(self, weights: Weights, inputs: Tensor, state: State) -> State:
        total = F.linear(inputs, weights["weight_ih"], weights["bias_ih"]) + F.linear(
            state[0], weights["weight_hh"], weights["bias_hh"]
        )
        return (self._functions()[0](total),)

    def run(self, weights: Weights, inputs: Tensor, state: State):
        fused = self._functions()[1]
        grad = torch.is_grad_enabled()  # cuDNN keeps what backward needs only then
        hidden = state[0].unsqueeze(0)  # (1, n_sequences, n_units)
        outputs, last = fused(inputs, hidden, flat(weights), True, 1, 0.0, grad, False, True)
        return outputs, (last[0],)

    def _functions(self):
        if self.activation not in _ACTIVATIONS:
            raise ValueError(
                f"activation must be one of {', '.join(_ACTIVATIONS)}, got {self.activation!r}."
            )
        return _ACTIVATIONS[self.activation]
