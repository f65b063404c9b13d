"""Pairs of a source and a target: what an encoder-decoder is trained with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sksequence.batches._batch import SequenceBatch
from sksequence.batches._samples import SequenceSamples, shuffled_batches


@dataclass(frozen=True, eq=False)
class PairBatch:
    """Some sources with the targets that a decoder is taught with.

    Parameters
    ----------
    source : SequenceBatch
    target : SequenceBatch
        Of the same sequences. Symbols end with the end symbol.
    """

    source: SequenceBatch
    target: SequenceBatch

    def __len__(self) -> int:
        return len(self.target)

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.target.device

    @property
    def positions(self):
        """Where these pairs stand in their samples."""
        return self.target.positions

    @property
    def weights(self) -> Tensor | None:
        """Weight of each pair, None for one each."""
        return self.target.weights

    @property
    def targets(self) -> Tensor:
        """Ids ``(n_sequences, n_steps)`` or numbers ``(n_sequences, n_steps, n_features)``."""
        return next(iter(self.target.inputs.values()))


class PairSamples:
    """Sources and targets on the device; similar lengths on both sides go together.

    Parameters
    ----------
    source : SequenceSamples
    target : SequenceSamples
        With the weights of the pairs.
    batch_size : int or "full", default="full"
        Pairs in a batch.
    source_positions : ndarray of shape (n_pairs,), default=None
        The source of each target, where several targets share one (the captions of an image);
        None: they go side by side.
    """

    def __init__(
        self,
        source: SequenceSamples,
        target: SequenceSamples,
        batch_size="full",
        source_positions: np.ndarray | None = None,
    ):
        self._source, self._target = source, target
        self._positions = source_positions
        self._batch_size = len(target) if batch_size == "full" else min(batch_size, len(target))
        own = source.lengths if source_positions is None else source.lengths[source_positions]
        self._lengths = (target.lengths, own)

    def __len__(self) -> int:
        return len(self._target)

    @property
    def n_batches(self) -> int:
        """Batches in an epoch."""
        return -(-len(self) // self._batch_size)

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterator[PairBatch]:
        """One pass over all pairs in a new random order.

        Targets of similar length come together, among them sources of similar length: each
        step of a target costs a softmax.
        """
        for positions in shuffled_batches(len(self), self._batch_size, self._lengths, rng):
            yield self.batch(positions)

    def ordered_batches(self, n_steps: int | None = None) -> Iterator[PairBatch]:
        """All pairs by falling length, in batches of at most `n_steps` padded steps."""
        if n_steps is None:
            n_steps = min(self._source.steps_at_a_time, self._target.steps_at_a_time // 2)
        targets, sources = self._lengths
        order = np.lexsort((-sources, -targets))
        start = 0
        while start < len(self):
            at = order[start : start + n_steps]
            widths = np.maximum.accumulate(targets[at]) + np.maximum.accumulate(sources[at])
            fits = widths * np.arange(1, len(at) + 1) <= n_steps  # the first so many together
            stop = start + max(1, int(fits.sum()))
            yield self.batch(order[start:stop])
            start = stop

    def batch(self, positions: np.ndarray) -> PairBatch:
        """The pairs at `positions` as one batch."""
        sources = positions if self._positions is None else self._positions[positions]
        return PairBatch(self._source.batch(sources), self._target.batch(positions))
