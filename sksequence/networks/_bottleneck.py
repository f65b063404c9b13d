"""An encoder whose summary is as short as one wants."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from sksequence.batches import SequenceBatch
from sksequence.layers import linear
from sksequence.networks._encoder_decoder import Encoded, SequenceEncoder
from sksequence.networks._sequence import NetworkSpec


@dataclass(frozen=True)
class BottleneckSpec(NetworkSpec):
    """A `NetworkSpec` whose encoder gives a summary of `encoding_size` numbers.

    Parameters
    ----------
    encoding_size : int or None, default=None
        None: the summary is that of ``SequenceEncoder``, the last states.
    """

    encoding_size: int | None = None

    def build_encoder(self, generator: torch.Generator, vectors=None) -> nn.Module:
        """What reads a sequence for a decoder."""
        if self.encoding_size is None:
            return SequenceEncoder(self, generator, vectors)
        return BottleneckEncoder(self, generator, vectors)


class BottleneckEncoder(SequenceEncoder):
    r"""The last states s of a recurrent stack, projected: :math:`W s + b`.

    Parameters
    ----------
    spec : BottleneckSpec
    generator : torch.Generator
    vectors : dict of str to Tensor, default=None
        Tables from which trainable embeddings start.
    """

    def __init__(self, spec: BottleneckSpec, generator: torch.Generator, vectors=None):
        super().__init__(spec, generator, vectors)
        self.n_summary = spec.encoding_size
        self.project = linear(self.stack.n_outputs, self.n_summary, generator)

    def forward(self, batch: SequenceBatch) -> Encoded:
        """The states of all steps and the projection of the last ones."""
        encoded = super().forward(batch)
        return Encoded(encoded.values, encoded.mask, self.project(encoded.summary))
