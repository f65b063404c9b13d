"""Sequences in, one output vector a sequence out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sksequence.batches import SequenceBatch
from sksequence.cells import Cell
from sksequence.inputs import SequenceSchema
from sksequence.layers import (
    FilledStepEncoder,
    FrameStepEncoder,
    MissingInputs,
    RecurrentStack,
    StepEncoder,
    TimeConvolution,
    linear,
    make_pooling,
)
from sksequence.layers._missing import masked_channels
from sksequence.networks._outputs import Outputs
from sksequence.networks._stacks import make_dropout, make_stack


@dataclass(frozen=True)
class NetworkSpec:
    """All that is needed to build the network again: sizes and names, no weights."""

    schema: SequenceSchema
    n_outputs: int
    cell: Cell
    widths: tuple[int, ...]
    bidirectional: bool = False
    dropout: float = 0.0
    pooling: str = "last"
    embedding_size: int | None = None
    embedding_trainable: bool = True
    context_at: str = "state"
    conv_size: int | None = None
    conv_width: int = 3
    residual: bool = False
    variational_dropout: bool = False
    initial_state: str = "zeros"
    tbptt_steps: tuple[int, int] | None = None
    frame_encoder: str | None = None
    missing: str = "error"
    time: tuple[str, int] | None = None

    def build(
        self, generator: torch.Generator, vectors: dict[str, Tensor] | None = None
    ) -> SequenceNetwork:
        """The network of these sizes."""
        return build_sequence_network(self, generator, vectors)

    def build_encoder(
        self, generator: torch.Generator, vectors: dict[str, Tensor] | None = None
    ) -> nn.Module:
        """What reads a sequence for a decoder."""
        from sksequence.networks._encoder_decoder import SequenceEncoder

        return SequenceEncoder(self, generator, vectors)


class SequenceNetwork(nn.Module):
    """Encode each step, run the recurrent stack, pool over time, read out.

    Parameters
    ----------
    spec : NetworkSpec
    encoder : StepEncoder, FrameStepEncoder or FilledStepEncoder
    convolution : TimeConvolution or None
    stack : RecurrentStack
    pooling : nn.Module
    context : nn.Module or None
        From the context vector to the initial states.
    head : nn.Module
    """

    def __init__(self, spec, encoder, convolution, stack, pooling, context, head):
        super().__init__()
        self.spec = spec
        self.encoder = encoder
        self.dropout = make_dropout(spec)
        self.convolution = convolution
        self.stack = stack
        self.pooling = pooling
        self.context = context
        self.head = head

    def forward(self, batch: SequenceBatch, state=None, progress: float | None = None) -> Outputs:
        """The outputs of a batch; `state` goes in and out where batches continue."""
        lengths, mask = (None, None) if batch.uniform else (batch.lengths, batch.mask)
        steps, state = read_steps(self, batch, state)
        pooled, attention = self.pooling(steps, lengths, mask)
        values = self.head(self.dropout(pooled))  # (n_sequences, n_outputs)
        return Outputs(values, state=state, extras={"steps": steps, "attention": attention})


class ContextState(nn.Module):
    """The context vector as initial state of every layer: ``tanh(W c + b)``.

    It is added to the output part of a state; a memory cell starts as it would without.

    Parameters
    ----------
    n_context : int
    stack : RecurrentStack
    generator : torch.Generator
    """

    def __init__(self, n_context: int, stack: RecurrentStack, generator: torch.Generator):
        super().__init__()
        self._stack = (stack,)  # not a second owner of its weights
        self.layers = nn.ModuleList(
            nn.ModuleList(linear(n_context, layer.start_sizes[0], generator) for layer in ds)
            for ds in stack.layers
        )

    def forward(self, context: Tensor) -> list:
        """``(n_sequences, n_context)`` -> a state for each layer and direction."""
        beside = [[(torch.tanh(layer(context)),) for layer in ds] for ds in self.layers]
        return self._stack[0].initial_state(len(context), context, beside)


def build_sequence_network(
    spec: NetworkSpec, generator: torch.Generator, vectors: dict[str, Tensor] | None = None
) -> SequenceNetwork:
    """Choose all sizes and build the network; `vectors` start the trainable tables."""
    encoder, convolution, stack = build_reader(spec, generator, vectors)
    pooling = make_pooling(spec.pooling, stack.n_outputs, stack.n_forward, generator)
    context = build_context(spec, stack, generator)
    head = linear(stack.n_outputs, spec.n_outputs, generator)
    return SequenceNetwork(spec, encoder, convolution, stack, pooling, context, head)


def build_reader(
    spec: NetworkSpec, generator: torch.Generator, vectors: dict[str, Tensor] | None = None
) -> tuple[nn.Module, TimeConvolution | None, RecurrentStack]:
    """The layers that read a sequence step by step."""
    encoder = _build_encoder(spec, generator)
    for name, values in (vectors or {}).items():
        encoder.table(name).weight.data.copy_(values)
    width = encoder.n_outputs
    if spec.schema.n_context and spec.context_at != "state":
        width += spec.schema.n_context
    convolution = None
    if spec.conv_size is not None:
        convolution = TimeConvolution(
            width, spec.conv_size, spec.conv_width, generator, causal=not spec.bidirectional
        )
        width = spec.conv_size
    stack = make_stack(spec, width, generator, spec.bidirectional)
    return encoder, convolution, stack


def _build_encoder(spec: NetworkSpec, generator: torch.Generator) -> nn.Module:
    n_gate_rows = (1 + spec.bidirectional) * spec.cell.n_gates * spec.widths[0]
    if spec.conv_size is not None:  # each place of the window has its own weights
        n_gate_rows = spec.conv_size * spec.conv_width
    channels, fill = spec.schema.channels, None
    if spec.missing == "mask" and masked_channels(channels, spec.time):
        fill = MissingInputs(channels, spec.time)
        channels = fill.widened(channels)
    make_encoder = StepEncoder if spec.frame_encoder is None else FrameStepEncoder
    encoder = make_encoder(
        channels,
        embedding_size=spec.embedding_size,
        embedding_trainable=spec.embedding_trainable,
        n_gate_rows=n_gate_rows,
        generator=generator,
        dropout=make_dropout(spec),
    )
    return encoder if fill is None else FilledStepEncoder(fill, encoder)


def build_context(
    spec: NetworkSpec, stack: RecurrentStack, generator: torch.Generator
) -> ContextState | None:
    """The layer from the context vector to the initial states, where it enters there."""
    if not spec.schema.n_context or spec.context_at == "steps":
        return None
    return ContextState(spec.schema.n_context, stack, generator)


def read_steps(network, batch: SequenceBatch, state=None) -> tuple[Tensor, list]:
    """The states of the last recurrent layer at all steps, and where the recurrence stopped.

    `network` is a module that holds what ``build_reader`` and ``build_context`` gave.
    """
    lengths = None if batch.uniform else batch.lengths
    steps = encode_steps(network, batch)
    if state is None and network.context is not None:
        state = network.context(batch.context)
    return network.stack(steps, lengths, state, keep_state=batch.goes_on)


def encode_steps(network, batch: SequenceBatch) -> Tensor:
    """What the first recurrent layer reads, ``(n_sequences, n_steps, n_inputs)``."""
    steps = network.encoder(batch.inputs)
    if batch.context is not None and network.spec.context_at != "state":
        beside = batch.context[:, None].expand(-1, steps.shape[1], -1)
        steps = torch.cat([steps, beside], dim=2)
    if network.convolution is not None:
        steps = network.convolution(steps, None if batch.uniform else batch.mask)
    return steps
