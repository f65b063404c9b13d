"""Long sequences, a stretch of steps at a time: the state goes on from batch to batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from sksequence.batches._batch import SequenceBatch
from sksequence.batches._samples import SequenceSamples, shuffled_batches


class StreamSamples:
    """Groups of sequences of similar length, read side by side in stretches of `n_steps`.

    The batches of a group follow one another and ``continues`` says so: row i of a batch goes
    on where row i of the one before stopped (streams, Zaremba et al., 2014). The longest
    sequences stand first, so that those which have ended fall away at the end of the rows.

    Parameters
    ----------
    samples : SequenceSamples
    n_steps : int
        Steps of a stretch.
    batch_size : int or "full", default="full"
        Sequences of a group.
    n_before : int, default=0
        In training, a stretch begins so many steps earlier (as far as there are any): they are not
        scored again, but the gradient reaches back to them.
    """

    def __init__(
        self, samples: SequenceSamples, n_steps: int, batch_size="full", n_before: int = 0
    ):
        self._samples = samples
        self._n_steps = n_steps
        self._n_before = n_before
        n = len(samples)
        self._batch_size = n if batch_size == "full" else min(batch_size, n)
        # as many as there are, whatever the order: the longest of each group counts
        falling = -np.sort(-samples.lengths)
        self._at_least = int(-(-falling[:: self._batch_size] // n_steps).sum()) if n else 0

    def __len__(self) -> int:
        return len(self._samples)

    @property
    def n_batches(self) -> int:
        """Batches in an epoch, about: ragged groups may need some more."""
        return self._at_least

    @property
    def device(self) -> torch.device:
        """Where the values are."""
        return self._samples.device

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterator[SequenceBatch]:
        """One pass over all sequences; groups in random order, steps in theirs."""
        lengths = self._samples.lengths
        for group in shuffled_batches(len(self), self._batch_size, (lengths,), rng):
            yield from self._stretches(group, self._n_steps, self._n_before)

    def ordered_batches(self, n_steps: int | None = None) -> Iterator[SequenceBatch]:
        """All sequences by falling length, in stretches of at most `n_steps` padded steps."""
        n_steps = n_steps or self._samples.steps_at_a_time
        order = np.argsort(-self._samples.lengths, kind="stable")
        size = max(1, n_steps // self._n_steps)
        for start in range(0, len(order), size):
            group = order[start : start + size]
            yield from self._stretches(group, max(1, n_steps // len(group)))

    def _stretches(
        self, group: np.ndarray, n_steps: int, n_before: int = 0
    ) -> Iterator[SequenceBatch]:
        lengths = self._samples.lengths
        group = group[np.argsort(-lengths[group], kind="stable")]
        for start in range(0, int(lengths[group[0]]), n_steps):
            there = int(np.searchsorted(-lengths[group], -start))  # those longer than `start`
            before = min(start, n_before)
            yield self._samples.part(group[:there], start - before, start + n_steps, before)
