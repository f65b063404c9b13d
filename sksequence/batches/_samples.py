"""Training and prediction data on the device, cut into batches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from sksequence.batches._batch import SequenceBatch
from sksequence.batches._scaling import InputScaling
from sksequence.batches._values import ValuesThere, rows_of
from sksequence.inputs import SequenceArray, SequenceSchema

# Batches are made of sequences of similar length found among this many batches' worth of
# shuffled sequences: enough to leave little padding, few enough to mix them every epoch.
POOL = 64
# Padded steps of a batch without training. On a CPU, 2,000 texts of 5 to 400 tokens take half
# as long in batches of 2**13 steps as in 2**16: similar lengths, and they stay in the cache.
STEPS = {"cpu": 2**13, "cuda": 2**16}
# A step of more values than this (a frame of pixels) counts as several.
WIDE = 2**10


class SequenceSamples:
    """Sequences with their encoded targets and weights, on a device.

    The flat values go there once. A batch is a gather, never a collation of single samples.
    Values that lie in a file stay there: those of a batch are read, scaled and sent by
    themselves, and are the same numbers.

    Parameters
    ----------
    X : SequenceArray
    targets : ndarray of shape (n_sequences, ...), default=None
    weights : ndarray of shape (n_sequences,), default=None
    step_targets : ndarray of shape (n_steps of all sequences, ...), default=None
        In place of `targets`: one for each step, sequence after sequence.
    step_weights : ndarray of shape (n_steps of all sequences,), default=None
    batch_size : int or "full", default="full"
        Sequences in a batch.
    scaling : InputScaling, default=None
    look_up : bool, default=False
        True: a channel of vectors gives its vectors (frozen, from its own table); False: ids.
    ragged : bool, default=False
        Whether a channel of symbols may have several items in a step (the characters of a word).
        A step of a batch is then as long as its longest, filled up with the id `n_tokens`.
    dtype : torch.dtype
    device : torch.device
    """

    def __init__(
        self,
        X: SequenceArray,
        targets=None,
        weights=None,
        *,
        step_targets=None,
        step_weights=None,
        batch_size="full",
        scaling: InputScaling | None = None,
        look_up: bool = False,
        ragged: bool = False,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ):
        self._lengths = X.lengths
        self._starts = X.offsets[:-1]
        self._uniform = len(X) == 1 or bool(len(X) and (self._lengths == self._lengths[0]).all())
        self._n_uniform = len(X) if self._uniform else 0
        self._batch_size = len(X) if batch_size == "full" else min(batch_size, len(X))
        self._device = torch.device(device)
        self._ragged = ragged  # checkpoints tell data apart by everything that is kept here
        scaling = scaling or InputScaling.none()
        there = ValuesThere(self._device, dtype, self._n_uniform, look_up=look_up, ragged=ragged)
        self._channels = {
            name: there.of(name, channel, scaling)
            for name, channel in SequenceSchema.named_channels(X).items()
        }
        context = X.context
        if context is not None and scaling.context is not None:
            context = scaling.context.apply(context, np.float64)
        widths = [math.prod(c.rows.shape[1:]) for c in X.channels.values()]
        self._wide = max(1, max(widths, default=1) // WIDE)
        self._context = there.send(context)
        self._targets = there.send(targets)
        self._weights = there.send(weights)
        self._step_targets = there.steps_of(step_targets)
        self._step_weights = there.steps_of(step_weights)
        self._lengths_there = there.send(self._lengths)
        self._starts_there = None if self._uniform else there.send(self._starts)

    def __len__(self) -> int:
        return len(self._lengths)

    @property
    def n_batches(self) -> int:
        """Batches in an epoch."""
        return -(-len(self) // self._batch_size)

    @property
    def lengths(self) -> np.ndarray:
        """Number of steps of each sequence."""
        return self._lengths

    @property
    def device(self) -> torch.device:
        """Where the values are."""
        return self._device

    @property
    def steps_at_a_time(self) -> int:
        """Padded steps of a batch without training: fewer where a step is a frame."""
        return max(1, STEPS.get(self._device.type, 2**14) // self._wide)

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterator[SequenceBatch]:
        """One pass over all sequences in a new random order, similar lengths together."""
        lengths = () if self._uniform else (self._lengths,)
        for positions in shuffled_batches(len(self), self._batch_size, lengths, rng):
            yield self.batch(positions)

    def ordered_batches(self, n_steps: int | None = None) -> Iterator[SequenceBatch]:
        """All sequences by falling length, in batches of at most `n_steps` padded steps."""
        n_steps = n_steps or self.steps_at_a_time
        n = len(self)
        order = np.arange(n) if self._uniform else np.argsort(-self._lengths, kind="stable")
        start = 0
        while start < n:
            stop = start + max(1, n_steps // max(1, int(self._lengths[order[start]])))
            # sequences of one length lie side by side: a view instead of a gather
            at = slice(start, stop) if self._uniform else None
            yield self._batch(order[start:stop], at)
            start = stop

    def batch(self, positions: np.ndarray) -> SequenceBatch:
        """The sequences at `positions` as one batch."""
        return self._batch(positions)

    def _batch(self, positions: np.ndarray, at: slice | None = None) -> SequenceBatch:
        index = at or torch.from_numpy(positions).to(self._device)
        lengths = self._lengths_there[index]
        if self._uniform:
            return self._put_together(index, lengths, True, positions, lambda v: v.rows(index))
        chosen = self._lengths[positions]
        longest = int(chosen.max())
        uniform = bool(chosen.min() == longest)
        steps = torch.arange(longest, device=self._device)
        if not uniform:  # after its end, a sequence repeats its last step
            steps = torch.minimum(steps, lengths[:, None] - 1)  # (n, longest)
        places = self._starts_there[index][:, None] + steps  # (n, longest)
        return self._put_together(index, lengths, uniform, positions, lambda v: v.steps(places))

    def part(
        self, positions: np.ndarray, start: int, stop: int, n_before: int = 0
    ) -> SequenceBatch:
        """Steps `start` to `stop` of sequences that all have a step `start + n_before`.

        Beyond the start the batch continues the one before; where sequences are longer, another
        one will follow. The first `n_before` steps are not scored.
        """
        index = torch.from_numpy(positions).to(self._device)
        longest = min(stop, int(self._lengths[positions].max())) - start
        lengths = (self._lengths_there[index] - start).clamp(max=longest)
        uniform = bool(self._lengths[positions].min() >= start + longest)
        if self._uniform:
            steps = slice(start, start + longest)
            batch = self._put_together(
                index, lengths, uniform, positions, lambda v: v.part(index, steps)
            )
        else:
            begins = torch.from_numpy(self._starts[positions] + start).to(self._device)
            ahead = torch.arange(longest, device=self._device)
            ahead = torch.minimum(ahead, lengths[:, None] - 1)  # (n, longest)
            places = begins[:, None] + ahead
            batch = self._put_together(
                index, lengths, uniform, positions, lambda v: v.steps(places)
            )
        goes_on = bool(self._lengths[positions].max() > stop)
        continues = start + n_before > 0
        return replace(batch, continues=continues, goes_on=goes_on, start=start, n_before=n_before)

    def _put_together(self, index, lengths, uniform, positions, steps_of) -> SequenceBatch:
        step_targets, step_weights = self._step_targets, self._step_weights
        targets = rows_of(self._targets, index)
        return SequenceBatch(
            {name: steps_of(values) for name, values in self._channels.items()},
            lengths,
            uniform,
            context=rows_of(self._context, index),
            targets=targets if step_targets is None else steps_of(step_targets),
            weights=rows_of(self._weights, index),
            step_weights=None if step_weights is None else steps_of(step_weights),
            positions=positions,
        )


def shuffled_batches(
    n: int, batch_size: int, lengths: tuple[np.ndarray, ...], rng: np.random.Generator
) -> list[np.ndarray]:
    """Positions of `n` sequences in batches of similar length, in random order.

    Parameters
    ----------
    n, batch_size : int
    lengths : tuple of ndarray of shape (n,)
        The first decides, the next one where it is equal. Empty: lengths do not matter.
    rng : numpy.random.Generator
    """
    if batch_size >= n:
        return [np.arange(n)]
    order = rng.permutation(n)
    n_batches = -(-n // batch_size)
    if not lengths:
        return np.array_split(order, n_batches)
    pool = POOL * batch_size
    for start in range(0, n, pool):
        part = order[start : start + pool]
        order[start : start + pool] = part[np.lexsort([key[part] for key in reversed(lengths)])]
    batches = np.array_split(order, n_batches)
    return [batches[i] for i in rng.permutation(len(batches))]
