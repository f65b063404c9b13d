"""A distribution of each step, given all steps before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from sksequence.batches import SequenceBatch
from sksequence.cells import Cell
from sksequence.layers import (
    AdaptiveSoftmaxHead,
    BernoulliHead,
    EndingHead,
    MixtureHead,
    SoftmaxHead,
    StepEncoder,
)
from sksequence.networks._outputs import Outputs
from sksequence.networks._sequence import NetworkSpec, build_context, build_reader, read_steps
from sksequence.networks._stacks import fed_cell, make_dropout


@dataclass(frozen=True)
class HeadSpec:
    """What comes out of each step.

    Parameters
    ----------
    kind : {"softmax", "adaptive", "bernoulli", "mixture"}
    size : int
        Symbols, or features of a step.
    n_components : int
        Of a mixture.
    tied : bool
        Whether symbols have the same vectors as inputs and in the softmax.
    ends : bool
        For numbers: whether the last step of a sequence is foretold too.
    """

    kind: str
    size: int
    n_components: int = 1
    tied: bool = False
    ends: bool = False

    def build(
        self, n_inputs: int, encoder: StepEncoder, order: Tensor | None, generator: torch.Generator
    ) -> nn.Module:
        """The head; `order` is the rank of each symbol by its frequency."""
        if self.kind == "softmax":
            table = next(iter(encoder.tables.values())) if self.tied else None
            return SoftmaxHead(n_inputs, self.size, generator, table)
        if self.kind == "adaptive":
            if order is None:
                order = torch.arange(self.size)
            return AdaptiveSoftmaxHead(n_inputs, self.size, order, generator)
        head: nn.Module
        if self.kind == "bernoulli":
            head = BernoulliHead(n_inputs, self.size, generator)
        else:
            head = MixtureHead(n_inputs, self.size, self.n_components, generator)
        return EndingHead(head, n_inputs, generator) if self.ends else head


@dataclass(frozen=True)
class LanguageSpec:
    """All that is needed to build the network again: sizes and names, no weights.

    Parameters
    ----------
    reader : NetworkSpec
        Of what reads the steps before; its pooling and outputs play no part.
    head : HeadSpec
    """

    reader: NetworkSpec
    head: HeadSpec

    @property
    def embedding_trainable(self) -> bool:
        """Whether the vectors that come with symbols are trained."""
        return self.reader.embedding_trainable

    @property
    def cell(self) -> Cell:
        """The recurrent cell."""
        return self.reader.cell

    @property
    def context_at(self) -> str:
        """Where the context enters."""
        return self.reader.context_at

    def build(
        self,
        generator: torch.Generator,
        vectors: dict[str, Tensor] | None = None,
        order: Tensor | None = None,
    ) -> LanguageNetwork:
        """The network of these sizes."""
        return LanguageNetwork(self, generator, vectors, order)


class LanguageNetwork(nn.Module):
    r"""Read the steps before, give the distribution of the next one.

    .. math:: h_t = \mathrm{cell}(e(x_{t-1}), h_{t-1}), \qquad p(x_t \mid x_1 \dots x_{t-1}; h_t)

    The batch holds what was shifted by one step: inputs :math:`x_0 \dots x_{T-1}`, of which the
    first is a start symbol (or zeros), and targets :math:`x_1 \dots x_T`.

    Parameters
    ----------
    spec : LanguageSpec
    generator : torch.Generator
    vectors : dict of str to Tensor, default=None
        Start the trainable tables.
    order : Tensor of shape (n_symbols,), default=None
        The rank of each symbol by frequency, for an adaptive softmax.
    """

    def __init__(self, spec: LanguageSpec, generator, vectors=None, order=None):
        super().__init__()
        self.spec = spec
        reader = replace(spec.reader, cell=fed_cell(spec.reader.cell))
        self.encoder, self.convolution, self.stack = build_reader(reader, generator, vectors)
        self.context = build_context(reader, self.stack, generator)
        self.dropout = make_dropout(reader)
        self.head = spec.head.build(self.stack.n_outputs, self.encoder, order, generator)

    def forward(
        self, batch: SequenceBatch, state: Any = None, progress: float | None = None
    ) -> Outputs:
        """What the head reads at each step that exists, ``(n_scored, n_units)``.

        The softmax over a vocabulary is the dear part: it is never computed on padding.
        """
        steps, last = read_steps(self, batch, state_at(state, batch))
        stops = batch.start + steps.shape[1]
        mask = batch.scored
        readouts = self.dropout(steps)
        chosen = readouts.flatten(0, 1) if mask is None else readouts[mask]
        extras = {"head": self.head, "steps": steps}
        return Outputs(chosen, mask, (*_still_wanted(state, batch), (stops, last)), extras)

    def go_on(self, values: Tensor, state: Any, context: Tensor | None) -> tuple[Tensor, Any]:
        """One step further.

        Parameters
        ----------
        values : Tensor of shape (n_rows,) or (n_rows, n_features)
            Symbols, or numbers.
        state : object
            Of the stack.
        context : Tensor of shape (n_sequences, n_context) or None
            The rows of a sequence stand side by side.

        Returns
        -------
        readouts : Tensor of shape (n_rows, n_units)
        state : object
        """
        (name,) = self.spec.reader.schema.channels
        step = self.encoder({name: values[:, None]})[:, 0]  # (n_rows, n_inputs)
        steps, state = self.stack(self.with_context(step, context)[:, None], None, state)
        return steps[:, 0], state

    def with_context(self, step: Tensor, context: Tensor | None) -> Tensor:
        """Inputs of one step with the context beside them, if it enters at every step."""
        if context is None or self.spec.context_at == "state":
            return step
        beside = context.repeat_interleave(len(step) // len(context), dim=0)
        return torch.cat([step, beside], dim=1)


def state_at(history: Any, batch: SequenceBatch) -> Any:
    """Where the recurrence stood before the first step of a batch; None: at its start.

    Parameters
    ----------
    history : tuple of (int, state), or None
        States after some numbers of steps.
    batch : SequenceBatch
        Its rows are the first ones of those before.
    """
    for step, state in history or ():
        if step == batch.start:
            return first_rows(state, len(batch))
    return None


def _still_wanted(history: Any, batch: SequenceBatch) -> tuple:
    """The states at which a later batch may begin."""
    if batch.n_before == 0 and not batch.goes_on:
        return ()
    return tuple((step, state) for step, state in history or () if step > batch.start)


def first_rows(state: Any, n_sequences: int) -> Any:
    """The state of the first sequences: the others have ended."""
    if isinstance(state, Tensor):
        return state[:n_sequences]
    if isinstance(state, (list, tuple)):
        return type(state)(first_rows(part, n_sequences) for part in state)
    return state
