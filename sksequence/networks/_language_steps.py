"""A language model of symbols one step at a time, with as little around a step as can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sksequence.kernels._fused import has_fused
from sksequence.layers import RecurrentLayer, SoftmaxHead
from sksequence.networks._language import LanguageNetwork

# Symbols whose share in the first layer is worked out beforehand.
MOST_LOOKED_UP = 1024


class SymbolSteps:
    """Steps of a trained network, and what comes next without the symbols that are not written.

    Parameters
    ----------
    network : LanguageNetwork
        Of symbols; its weights must stay as they are.
    never : iterable of int or None
        Symbols that are never written; None is passed over.
    """

    def __init__(self, network: LanguageNetwork, never: Iterable[int | None] = ()):
        self.network = network
        left_out = sorted({symbol for symbol in never if symbol is not None})
        self._never = torch.tensor(left_out, device=network.head.weight.device, dtype=torch.int64)
        (name,) = network.spec.reader.schema.channels
        table = network.encoder.table(name)
        self._table: Tensor | None = None if table is None else table.weight
        self._generic = table is None
        layers = [layer for (layer,) in network.stack.layers]
        self._cells: list[Callable] = [one_step(layer) for layer in layers]
        if self._reads_symbols_alone() and _is_torch_lstm(layers[0]):
            self._cells[0], self._table = lstm_of_symbols(layers[0], self._table), None
        self._bias = self._masked_bias()

    def _reads_symbols_alone(self) -> bool:
        """Whether the first layer is given one of a few vectors, and nothing beside it."""
        few = self._table is not None and len(self._table) <= MOST_LOOKED_UP
        reader = self.network.spec.reader
        beside = reader.schema.n_context and self.network.spec.context_at != "state"
        return few and not beside and not self.network.stack.residual

    def _masked_bias(self) -> Tensor | None:
        head = self.network.head
        if not isinstance(head, SoftmaxHead):
            return None
        with torch.no_grad():
            return head.offset.index_fill(0, self._never, -torch.inf)

    def log_weights(self, readouts: Tensor) -> Tensor:
        """Logarithms of the probabilities of what comes next, up to a number for each row."""
        head = self.network.head
        if self._bias is not None:
            return F.linear(head.projected(readouts), head.weight, self._bias)
        return head.log_probs(readouts).index_fill(1, self._never, -torch.inf)

    def advance(self, tokens: Tensor, state: Any, context: Tensor | None) -> tuple[Tensor, Any]:
        """What comes after these symbols.

        Parameters
        ----------
        tokens : integer Tensor of shape (n_rows,)
        state : object
            Of the stack.
        context : Tensor of shape (n_sequences, n_context) or None
            The rows of a sequence stand side by side.

        Returns
        -------
        log_weights : Tensor of shape (n_rows, n_symbols)
        state : object
        """
        if self._generic:
            readouts, state = self.network.go_on(tokens, state, context)
            return self.log_weights(readouts), state
        values = tokens
        if self._table is not None:
            values = self.network.with_context(F.embedding(tokens, self._table), context)
        states = []
        for cell, (before,) in zip(self._cells, state, strict=True):
            after = cell(values, before)
            adds = self.network.stack.residual and after[0].shape == values.shape
            values = values + after[0] if adds else after[0]
            states.append([after])
        return self.log_weights(values), states


def one_step(layer: RecurrentLayer) -> Callable:
    """``cell(inputs, state) -> state`` of a layer, torch's own where there is one."""
    cell, weights = layer.cell, layer.weights
    torch_layer = cell.torch_layer
    if not has_fused(cell, weights):
        return lambda inputs, state: cell.step(weights, inputs, state)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    given = [weights.get(name) for name in names]
    if torch_layer is nn.LSTM:
        return lambda inputs, state: torch.lstm_cell(inputs, state, *given)
    if torch_layer is nn.GRU:
        return lambda inputs, state: (torch.gru_cell(inputs, state[0], *given),)
    plain = torch.rnn_relu_cell if cell.activation == "relu" else torch.rnn_tanh_cell
    return lambda inputs, state: (plain(inputs, state[0], *given),)


def _is_torch_lstm(layer: RecurrentLayer) -> bool:
    return layer.cell.torch_layer is nn.LSTM and has_fused(layer.cell, layer.weights)


@torch.no_grad()
def lstm_of_symbols(layer: RecurrentLayer, table: Tensor) -> Callable:
    r"""``cell(symbols, state) -> state``: :math:`W x + b` is looked up.

    Parameters
    ----------
    layer : RecurrentLayer
    table : Tensor of shape (n_symbols, n_inputs)
        The vectors x.
    """
    weights = layer.weights
    biases = [weights[name] for name in ("bias_ih", "bias_hh") if name in weights]
    shares = sum(biases, table @ weights["weight_ih"].T)  # (n_symbols, 4 * n_units)
    recurrent = weights["weight_hh"].T.contiguous()

    def step(symbols, state):
        hidden, memory = state
        gates = torch.addmm(shares.index_select(0, symbols), hidden, recurrent)
        i, f, g, o = gates.chunk(4, dim=1)
        memory = torch.addcmul(f.sigmoid() * memory, i.sigmoid(), g.tanh())
        return o.sigmoid() * memory.tanh(), memory

    return step
