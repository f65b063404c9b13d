"""Stretches put end to end are the sequences; nothing is read twice and nothing left out."""

import numpy as np
import pytest
import torch

from sksequence.batches import SequenceSamples, StreamSamples
from sksequence.inputs import SequenceArray


def _samples(lengths, **kwargs):
    offsets = np.append(0, np.cumsum(lengths))
    values = np.arange(offsets[-1], dtype=float)[:, None]
    X = SequenceArray(values, offsets)
    kwargs.setdefault("step_targets", np.arange(offsets[-1]) * 10)
    return SequenceSamples(X, dtype=torch.float64, **kwargs), offsets


def _read(streams, batches):
    """What each sequence's rows held, and that carried rows are those of the batch before."""
    held = {}
    before, went_on = None, False
    for batch in batches:
        positions = batch.positions
        assert batch.continues == went_on
        went_on = batch.goes_on
        if batch.continues:
            np.testing.assert_array_equal(positions, before[: len(positions)])
        before = positions
        values = next(iter(batch.inputs.values()))[:, :, 0].numpy()
        mask = batch.mask.numpy()
        np.testing.assert_array_equal(batch.targets.numpy()[mask], values[mask] * 10)
        assert batch.uniform == mask.all()
        for row, position in enumerate(positions):
            held.setdefault(int(position), []).append(values[row, mask[row]])
    assert not went_on
    return {position: np.concatenate(parts) for position, parts in held.items()}


@pytest.mark.parametrize("lengths", [[7, 7, 7, 7], [1, 9, 4, 12, 5, 5], [3], [40, 2]])
@pytest.mark.parametrize("batch_size", [1, 2, 3, "full"])
def test_stretches_of_a_row_are_its_sequence(lengths, batch_size):
    samples, offsets = _samples(lengths)
    streams = StreamSamples(samples, 4, batch_size)
    rng = np.random.default_rng(0)
    for batches in (list(streams.batches(0, rng)), list(streams.ordered_batches())):
        held = _read(streams, batches)
        assert sorted(held) == list(range(len(lengths)))
        for i, values in held.items():
            np.testing.assert_array_equal(values, np.arange(offsets[i], offsets[i + 1]))


def test_counts_the_batches_of_equal_sequences():
    streams = StreamSamples(_samples([10] * 6)[0], 4, 2)
    rng = np.random.default_rng(0)
    assert len(list(streams.batches(0, rng))) == streams.n_batches == 9


def test_a_stretch_never_has_more_steps_than_it_may():
    streams = StreamSamples(_samples([9, 8, 3, 1])[0], 4, 4)
    rng = np.random.default_rng(0)
    assert [batch.n_steps for batch in streams.batches(0, rng)] == [4, 4, 1]
    assert all(b.n_steps * len(b) <= 6 for b in streams.ordered_batches(6))


@pytest.mark.parametrize("lengths", [[5, 5, 5], [5, 2, 4]])
def test_step_targets_and_weights_lie_beside_their_steps(lengths):
    n = sum(lengths)
    weights = np.linspace(1, 2, n)
    samples, offsets = _samples(lengths, step_weights=weights, batch_size=2)
    for batch in samples.ordered_batches():
        for row, i in enumerate(batch.positions):
            at = slice(offsets[i], offsets[i + 1])
            length = lengths[i]
            np.testing.assert_array_equal(
                batch.targets[row, :length].numpy(), np.arange(n)[at] * 10
            )
            np.testing.assert_array_equal(batch.step_weights[row, :length].numpy(), weights[at])


def test_a_window_reaches_back_and_is_scored_once():
    samples, _ = _samples([10, 10, 7])
    streams = StreamSamples(samples, 2, "full", n_before=4)
    seen = []
    for batch in streams.batches(0, np.random.default_rng(0)):
        first = batch.start + batch.n_before
        seen.append(first)
        assert batch.n_before == min(first, 4)
        values = next(iter(batch.inputs.values()))[0, :, 0]
        own = int(batch.positions[0]) * 10  # where the sequence begins in the flat values
        np.testing.assert_array_equal(values, own + np.arange(batch.start, first + 2))
        scored = (
            np.ones((len(batch), batch.n_steps), bool) if batch.scored is None else batch.scored
        )
        assert not scored[:, : batch.n_before].any()
        assert int(scored.sum()) == sum(min(n - first, 2) for n in [10, 10, 7] if n > first)
    assert seen == [0, 2, 4, 6, 8]
