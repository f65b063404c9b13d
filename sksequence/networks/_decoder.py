"""The half of an encoder-decoder that writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sksequence.cells import Cell
from sksequence.layers import (
    Attention,
    Memory,
    RecurrentStack,
    embedding,
    linear,
    make_attention,
)
from sksequence.networks._stacks import fed_cell, feeds_output, make_dropout, make_stack

# A state of the decoder: of the stack, the readout that is fed back, the last attention weights.
# Every tensor has one row for each hypothesis.
DecoderState = tuple[Any, Tensor | None, Tensor | None]
# What all hypotheses of a sequence share: the memory of the attention and the summary of the
# source, one row for each sequence.
SharedMemory = tuple[Memory | None, Tensor | None]


@dataclass(frozen=True)
class DecoderSpec:
    """Sizes and names of a decoder.

    Parameters
    ----------
    kind : {"symbols", "numeric"}
        What is written.
    size : int
        Symbols of the vocabulary without start and end, or features of a step.
    cell, widths, residual, initial_state, tbptt_steps
        Of the recurrent stack. A cell whose only recurrence is through its output has none here,
        where what was written is given anyway. A decoder that takes its steps one by one (input
        feeding, scheduled sampling) is cut into chunks of k2 steps.
    embedding_size : int
        Length of a symbol's vector.
    attention : str or None
    input_feeding : bool
        Whether a readout is an input of the next step; never with a cell without recurrence.
    tie_embeddings : bool
        Whether symbols have the same vectors as inputs and in the softmax.
    context_at : {"state", "steps", "both", "first"}
        Where the summary of the source enters; of a cell without recurrence, always "steps".
    dropout : float
    variational_dropout : bool
    conditional : bool
        Whether a step is given what was written before it, or a zero.
    """

    kind: str
    size: int
    cell: Cell
    widths: tuple[int, ...]
    embedding_size: int = 64
    attention: str | None = None
    input_feeding: bool = True
    tie_embeddings: bool = False
    context_at: str = "state"
    dropout: float = 0.0
    conditional: bool = True
    residual: bool = False
    variational_dropout: bool = False
    initial_state: str = "zeros"
    tbptt_steps: tuple[int, int] | None = None

    @property
    def end(self) -> int:
        """Id of the end symbol."""
        return self.size

    @property
    def start(self) -> int:
        """Id of the start symbol, which is never written."""
        return self.size + 1

    @property
    def n_outputs(self) -> int:
        """Symbols and the end; or the features of a step and the logit of its being the last."""
        return self.size + 1


class Decoder(nn.Module):
    r"""Write a sequence step by step.

    .. math::

        u_t &= [e(y_{t-1}),\ r_{t-1},\ s] \\
        h_t &= \mathrm{cell}(u_t, h_{t-1}) \\
        c_t &= \mathrm{attention}(h_t, m) \\
        r_t &= \tanh(W [h_t, c_t] + b) \\
        o_t &= V r_t + d

    with the summary s of the source only for ``context_at="steps"``, the readout
    :math:`r_{t-1}` only with input feeding, and :math:`r_t = h_t` without attention (Luong,
    Pham and Manning, 2015; Cho et al., 2014).

    Parameters
    ----------
    spec : DecoderSpec
    n_summary : int
        Length of the summary of a source.
    n_values : int
        Width of the memory.
    generator : torch.Generator
    """

    def __init__(
        self, spec: DecoderSpec, n_summary: int, n_values: int, generator: torch.Generator
    ):
        super().__init__()
        self.spec = spec
        self.generator: torch.Generator | None = None  # of scheduled sampling
        self.dropout = make_dropout(spec)
        n_given = spec.size if spec.conditional else 1
        self.embedding = None
        if spec.kind == "symbols" and spec.conditional:
            n_given = spec.embedding_size
            self.embedding = embedding(spec.size + 2, n_given, generator)
        self.with_attention = spec.attention is not None
        forgets = spec.conditional and feeds_output(spec.cell)
        cell = fed_cell(spec.cell) if spec.conditional else spec.cell
        self.feeds = self.with_attention and spec.input_feeding and not forgets
        self.context_at = "steps" if forgets else spec.context_at
        n_units = cell.output_size(spec.widths[-1])
        n_readout = n_given if spec.tie_embeddings else n_units
        width = n_given
        if self.feeds:
            width += n_readout
        if self.context_at in ("steps", "both"):
            width += n_summary
        self.stack = make_stack(spec, width, generator, cell=cell)
        self.attention: Attention | None = None
        if spec.attention is not None:
            self.attention = make_attention(spec.attention, n_units, n_values, generator)
        self.combine = None
        if self.attention is not None:
            self.combine = linear(n_units + n_values, n_readout, generator)
        elif n_readout != n_units:
            self.combine = linear(n_units, n_readout, generator)
        self.bridge = None
        if self.context_at in ("state", "both"):
            self.bridge = StateBridge(n_summary, self.stack, generator)
        elif self.context_at == "first":
            self.bridge = FirstInput(n_summary, width, self.stack, generator)
        self.head: nn.Linear | TiedHead
        if spec.tie_embeddings and self.embedding is not None:
            with torch.no_grad():  # so that the first outputs are of the order of one
                self.embedding.weight.mul_(n_given**-0.5)
            self.head = TiedHead(self.embedding, spec.n_outputs)
        else:
            self.head = linear(n_readout, spec.n_outputs, generator)
        self.n_readout = n_readout

    # -- before the first step ----------------------------------------------------------------

    @torch.no_grad()
    def start_vectors(self, vectors: Tensor) -> None:
        """Start from `vectors` of the symbols; start and end keep those that were drawn."""
        scale = self.n_readout**-0.5 if isinstance(self.head, TiedHead) else 1.0
        self.embedding.weight[: len(vectors)] = vectors * scale

    def start(
        self, values: Tensor | None, mask: Tensor | None, summary: Tensor
    ) -> tuple[DecoderState, SharedMemory]:
        """The state before the first step, and what all hypotheses share.

        Parameters
        ----------
        values : Tensor of shape (n_sequences, n_source_steps, n_values)
        mask : Tensor of shape (n_sequences, n_source_steps) or None
        summary : Tensor of shape (n_sequences, n_summary)
        """
        if self.bridge is not None:
            stack = self.bridge(summary, self.stack)
        else:
            stack = self.stack.initial_state(len(summary), summary)
        memory, fed, previous = None, None, None
        if self.attention is not None:
            memory = self.attention.remember(values, mask)
            if self.attention.needs_previous:
                previous = equal_weights(memory)
        if self.feeds:
            fed = summary.new_zeros(len(summary), self.n_readout)
        beside = summary if self.context_at in ("steps", "both") else None
        return (stack, fed, previous), (memory, beside)

    # -- one step ---------------------------------------------------------------------------

    def embed(self, written: Tensor, keep: Tensor | None = None) -> Tensor:
        """Ids, or numbers, as inputs of the stack; `keep` is their dropout, if it is drawn."""
        if not self.spec.conditional:
            shape = written.shape if self.spec.kind == "symbols" else written.shape[:-1]
            return self.head.weight.new_zeros(*shape, 1)
        if self.embedding is None:
            return written
        vectors = self.embedding(written)
        return self.dropout(vectors) if keep is None else vectors * keep

    def step(
        self, given: Tensor, state: DecoderState, shared: SharedMemory, noise: Any = None
    ) -> tuple[Tensor, DecoderState, Tensor | None]:
        """One step of all hypotheses.

        Parameters
        ----------
        given : Tensor of shape (n_hypotheses, n_given)
            What was written last, embedded; the hypotheses of a sequence side by side.
        state : DecoderState
        shared : SharedMemory
            One row for each sequence.
        noise : list of Tensors, default=None
            Of the stack, where it is the same at all steps.

        Returns
        -------
        readout : Tensor of shape (n_hypotheses, n_readout)
        state : DecoderState
        weights : Tensor of shape (n_hypotheses, n_source_steps) or None
        """
        stack, fed, previous = state
        memory, summary = shared
        parts = [given] if fed is None else [given, fed]
        if summary is not None:
            parts.append(summary.repeat_interleave(len(given) // len(summary), dim=0))
        inputs = torch.cat(parts, dim=1) if len(parts) > 1 else given
        steps, stack = self.stack(inputs[:, None], None, stack, noise=noise)
        readout, weights = self._read(steps[:, 0], memory, previous)
        fed = readout if self.feeds else None
        return readout, (stack, fed, weights if previous is not None else None), weights

    def _read(self, hidden: Tensor, memory: Memory | None, previous: Tensor | None):
        """Hidden states ``(n_hypotheses, n_units)`` -> readouts and attention weights."""
        if self.attention is None or memory is None:
            return self._readout(hidden), None
        memory = Memory(*memory)
        by_sequence = (len(memory.values), -1)
        queries = hidden.unflatten(0, by_sequence)  # (n_sequences, n_beams, n_units)
        if previous is not None:
            previous = previous.unflatten(0, by_sequence)
        context, weights = self.attention(queries, memory, previous)
        joined = torch.cat([hidden, context.flatten(0, 1)], dim=1)
        return self._readout(joined), weights.flatten(0, 1)

    def _readout(self, joined: Tensor) -> Tensor:
        return joined if self.combine is None else torch.tanh(self.combine(joined))

    # -- a whole target -------------------------------------------------------------------------

    def teach(
        self, shifted: Tensor, state: DecoderState, shared: SharedMemory, truth: float = 1.0
    ) -> tuple[Tensor, Tensor | None]:
        """All steps of known targets.

        Parameters
        ----------
        shifted : Tensor of shape (n_sequences, n_steps[, n_features])
            What each step is given: the start and all targets but the last.
        state, shared
            As ``start`` gives them.
        truth : float, default=1.0
            Probability that a step is given the target, and not what was written
            (scheduled sampling, Bengio et al., 2015).

        Returns
        -------
        readouts : Tensor of shape (n_sequences, n_steps, n_readout)
        weights : Tensor of shape (n_sequences, n_steps, n_source_steps) or None
        """
        same = self._same_noise(len(shifted))
        given = self.embed(shifted, same)
        one_by_one = self.feeds or state[2] is not None or (self.training and truth < 1)
        if one_by_one:
            return self._teach_steps(given, state, shared, truth, same)
        memory, summary = shared
        if summary is not None:
            beside = summary[:, None].expand(-1, given.shape[1], -1)
            given = torch.cat([given, beside], dim=2)
        hidden, _ = self.stack(given, None, state[0])
        if self.attention is None or memory is None:
            return self.dropout(self._readout(hidden)), None
        context, weights = self.attention(hidden, memory)
        return self.dropout(self._readout(torch.cat([hidden, context], dim=2))), weights

    def _same_noise(self, n_sequences: int) -> Tensor | None:
        """Dropout of the vectors of symbols that is the same at all steps, if it is that."""
        dropout = self.dropout
        if self.embedding is None or not (dropout.makes_noise and dropout.variational):
            return None
        return dropout.draw(self.embedding.weight, (n_sequences, 1, self.embedding.embedding_dim))

    def _teach_steps(self, given, state, shared, truth, same):
        readouts, all_weights = [], []
        n_sequences, n_steps = given.shape[:2]
        keep = None
        noise = self.stack.draw_noise(given) if self.dropout.variational else None
        if self.dropout.makes_noise:  # the noise of all steps at once
            keep = self.dropout(given.new_ones(n_sequences, n_steps, self.n_readout)).unbind(1)
        follows_truth = None
        if self.training and truth < 1:
            chance = given.new_empty(n_sequences, n_steps, 1)
            follows_truth = (chance.uniform_(generator=self.generator) < truth).unbind(1)
        readout, window = None, self.stack.tbptt_steps
        same = None if same is None else same[:, 0]
        for t, step in enumerate(given.unbind(1)):
            if t and follows_truth is not None:
                own = self.embed(self.written(readout), same)
                step = torch.where(follows_truth[t], step, own)
            if t and window is not None and t % window[1] == 0:
                state = _detached(state)
            readout, state, weights = self.step(step, state, shared, noise)
            if keep is not None:
                readout = readout * keep[t]
                state = (state[0], readout if self.feeds else None, state[2])
            readouts.append(readout)
            all_weights.append(weights)
        weights = None if all_weights[0] is None else torch.stack(all_weights, dim=1)
        return torch.stack(readouts, dim=1), weights

    def written(self, readout: Tensor) -> Tensor:
        """The most probable symbols of readouts, or their numbers."""
        outputs = self.head(readout.detach())
        if self.spec.kind == "symbols":
            return outputs.argmax(dim=1)
        return outputs[:, : self.spec.size]

    def __getstate__(self):
        return {**self.__dict__, "generator": None}


class TiedHead(nn.Module):
    """Outputs as products with the vectors of the symbols, and a bias (Press and Wolf, 2017)."""

    def __init__(self, table: nn.Embedding, n_outputs: int):
        super().__init__()
        self._table = (table,)  # not a second owner of the weights: they are saved once
        self.n_outputs = n_outputs
        self.bias = nn.Parameter(torch.zeros(n_outputs, dtype=torch.float32))

    @property
    def weight(self) -> Tensor:
        """The vectors of the symbols that can be written."""
        return self._table[0].weight[: self.n_outputs]

    def forward(self, readouts: Tensor) -> Tensor:
        """``(..., n_readout)`` -> ``(..., n_outputs)``."""
        return F.linear(readouts, self.weight, self.bias)


class StateBridge(nn.Module):
    """The summary of a source as initial state of every layer.

    ``tanh(W s + b)`` for the output part of a state, ``W s + b`` for the memory of a cell; it
    is added to what the stack starts from without.
    """

    def __init__(self, n_summary: int, stack: RecurrentStack, generator: torch.Generator):
        super().__init__()
        self.parts = nn.ModuleList(
            nn.ModuleList(linear(n_summary, size, generator) for size in layer.start_sizes)
            for layer in _forward_layers(stack)
        )

    def forward(self, summary: Tensor, stack: RecurrentStack) -> list:
        """``(n_sequences, n_summary)`` -> a state for each layer."""
        states = [
            [(torch.tanh(first(summary)), *[part(summary) for part in others])]
            for first, *others in self.parts
        ]
        return stack.initial_state(len(summary), summary, states)


class FirstInput(nn.Module):
    """The summary of a source as the input before the start symbol (Vinyals et al., 2015)."""

    def __init__(
        self, n_summary: int, width: int, stack: RecurrentStack, generator: torch.Generator
    ):
        super().__init__()
        self.project = linear(n_summary, width, generator)

    def forward(self, summary: Tensor, stack: RecurrentStack) -> list:
        """``(n_sequences, n_summary)`` -> a state for each layer."""
        return stack(self.project(summary)[:, None], None)[1]


def _detached(state):
    """A state from which no gradient goes back, of whatever tuples and lists it is made."""
    if isinstance(state, (tuple, list)):
        return type(state)(_detached(part) for part in state)
    return None if state is None else state.detach()


def _forward_layers(stack: RecurrentStack) -> list:
    return [directions[0] for directions in stack.layers]


def equal_weights(memory: Memory) -> Tensor:
    """Attention weights that are equal on all steps that exist."""
    if memory.mask is None:
        n_sequences, n_steps = memory.values.shape[:2]
        return memory.values.new_full((n_sequences, n_steps), 1.0 / n_steps)
    exists = memory.mask.to(memory.values.dtype)
    return exists / exists.sum(dim=1, keepdim=True)
