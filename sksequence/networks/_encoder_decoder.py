"""Read a source, write a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sksequence.batches import PairBatch, SequenceBatch
from sksequence.layers import LastPooling
from sksequence.networks._decoder import Decoder, DecoderSpec
from sksequence.networks._outputs import Outputs
from sksequence.networks._sequence import NetworkSpec, build_context, build_reader, read_steps


@dataclass(frozen=True, eq=False)
class Encoded:
    """A source, read.

    Parameters
    ----------
    values : Tensor of shape (n_sequences, n_steps, n_values)
        What a decoder may look at.
    mask : Tensor of shape (n_sequences, n_steps) or None
        Which steps exist; None: all.
    summary : Tensor of shape (n_sequences, n_summary)
        The whole source as one vector.
    """

    values: Tensor
    mask: Tensor | None
    summary: Tensor


class SequenceEncoder(nn.Module):
    """Read a sequence with a recurrent stack; its last states are the summary.

    Parameters
    ----------
    spec : NetworkSpec
        Its outputs and pooling do not matter.
    generator : torch.Generator
    vectors : dict of str to Tensor, default=None
        Tables from which trainable embeddings start.
    """

    def __init__(self, spec: NetworkSpec, generator: torch.Generator, vectors=None):
        super().__init__()
        self.spec = spec
        self.encoder, self.convolution, self.stack = build_reader(spec, generator, vectors)
        self.context = build_context(spec, self.stack, generator)
        self.pooling = LastPooling(self.stack.n_forward)
        self.n_values = self.n_summary = self.stack.n_outputs

    def forward(self, batch: SequenceBatch) -> Encoded:
        """The states of all steps and the last ones."""
        lengths, mask = (None, None) if batch.uniform else (batch.lengths, batch.mask)
        steps, _ = read_steps(self, batch)
        summary, _ = self.pooling(steps, lengths, mask)
        return Encoded(steps, mask, summary)


@dataclass(frozen=True)
class EncoderDecoderSpec:
    """All that is needed to build the network again: sizes and names, no weights.

    Parameters
    ----------
    source : NetworkSpec, GridSpec or another
        Of what reads: has ``build_encoder(generator, vectors)`` and ``embedding_trainable``.
    target : DecoderSpec
    teacher_forcing : (float, float)
        Share of the steps that are given the target, at the start and at the end of training.
    """

    source: Any
    target: DecoderSpec
    teacher_forcing: tuple[float, float] = (1.0, 1.0)

    @property
    def embedding_trainable(self) -> bool:
        """Whether the vectors that come with the symbols of the source are trained."""
        return self.source.embedding_trainable

    def build(self, generator: torch.Generator, vectors=None) -> EncoderDecoder:
        """The network of these sizes; `vectors` start the tables of the source."""
        encoder = self.source.build_encoder(generator, vectors)
        decoder = Decoder(self.target, encoder.n_summary, encoder.n_values, generator)
        return EncoderDecoder(self, encoder, decoder)


class EncoderDecoder(nn.Module):
    """An encoder and a decoder that looks at what the encoder gives.

    Parameters
    ----------
    spec : EncoderDecoderSpec
    encoder : nn.Module
        ``encoder(batch) -> Encoded``.
    decoder : Decoder
    """

    def __init__(self, spec: EncoderDecoderSpec, encoder: nn.Module, decoder: Decoder):
        super().__init__()
        self.spec = spec
        self.encoder = encoder
        self.decoder = decoder

    @property
    def head(self) -> nn.Module:
        """The layer that gives the outputs."""
        return self.decoder.head

    def forward(self, batch: PairBatch, state=None, progress: float | None = None) -> Outputs:
        """Outputs of the steps that exist, ``(n_scored, n_outputs)``, sequence after sequence.

        The softmax over a vocabulary is the dear part: it is never computed on padding.
        """
        target = batch.target
        state, shared = self.start(batch.source)
        truth = self._share_of_truth(progress)
        readouts, weights = self.decoder.teach(self._shifted(batch), state, shared, truth)
        mask = None if target.uniform else target.mask
        chosen = readouts.flatten(0, 1) if mask is None else readouts[mask]
        return Outputs(self.decoder.head(chosen), mask, extras={"attention": weights})

    def start(self, source: SequenceBatch):
        """Read sources; the decoder's state before the first step and what it looks at."""
        encoded = self.encoder(source)
        return self.decoder.start(encoded.values, encoded.mask, encoded.summary)

    def _shifted(self, batch: PairBatch) -> Tensor:
        """What each step of the decoder is given: the start, then all targets but the last."""
        targets = batch.targets
        first = targets[:, :1]
        if self.decoder.spec.kind == "symbols":
            first = torch.full_like(first, self.decoder.spec.start)
        else:
            first = torch.zeros_like(first)
        return torch.cat([first, targets[:, :-1]], dim=1)

    def _share_of_truth(self, progress: float | None) -> float:
        start, stop = self.spec.teacher_forcing
        return start + (stop - start) * (0.0 if progress is None else progress)
