"""Pairs come in batches of similar lengths, every pair once."""

import numpy as np
import pytest
import torch

from sksequence.batches import PairSamples, SequenceSamples
from sksequence.inputs import SequenceArray


def _pairs(n=300, batch_size=16, seed=0, source_positions=None, n_sources=None):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 30, size=(2, n))
    sources = SequenceArray.from_list(
        [np.full((k, 1), float(i)) for i, k in enumerate(lengths[0][:n_sources])]
    )
    targets = SequenceArray.from_list([np.full(k, i) for i, k in enumerate(lengths[1])], n_tokens=n)
    weights = rng.uniform(size=n)
    target = SequenceSamples(targets, weights=weights)
    pairs = PairSamples(SequenceSamples(sources), target, batch_size, source_positions)
    return pairs, lengths, weights


def _padding(batches):
    """The share of the steps of targets that do not exist."""
    padded = sum(batch.targets.numel() for batch in batches)
    return 1 - sum(int(batch.target.lengths.sum()) for batch in batches) / padded


def test_every_pair_comes_once_in_each_epoch():
    pairs, lengths, weights = _pairs()
    rng = np.random.default_rng(0)
    for epoch in range(3):
        batches = list(pairs.batches(epoch, rng))
        assert len(batches) == pairs.n_batches == 19
        assert sorted(np.concatenate([b.positions for b in batches])) == list(range(300))
        for batch in batches:
            assert len(batch) <= 16
            np.testing.assert_array_equal(batch.target.lengths, lengths[1][batch.positions])
            np.testing.assert_array_equal(batch.source.lengths, lengths[0][batch.positions])
            np.testing.assert_array_equal(batch.targets[:, 0], batch.positions)
            source = batch.source.inputs["values"]
            np.testing.assert_array_equal(source[:, 0, 0], batch.positions)
            np.testing.assert_allclose(batch.weights, weights[batch.positions], rtol=1e-6)


def test_targets_of_similar_length_come_together():
    pairs, *_ = _pairs()
    batches = list(pairs.batches(0, np.random.default_rng(0)))
    assert _padding(batches) < 0.08
    order = np.random.default_rng(1).permutation(300)
    mixed = [pairs.batch(positions) for positions in np.array_split(order, 19)]
    assert _padding(mixed) > 0.4


def test_among_targets_of_one_length_sources_of_similar_length_do():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 30, size=300)
    sources = SequenceArray.from_list([np.zeros((n, 1)) for n in lengths])
    targets = SequenceArray.from_list([[0] * n for n in rng.integers(1, 3, size=300)], n_tokens=1)
    pairs = PairSamples(SequenceSamples(sources), SequenceSamples(targets), 15)
    spans = [np.ptp(lengths[b.positions]) for b in pairs.batches(0, rng)]
    assert np.median(spans) < 5


def test_epochs_differ_and_are_reproducible():
    pairs, *_ = _pairs()
    rng = np.random.default_rng(0)
    first, second = ([b.positions.tolist() for b in pairs.batches(e, rng)] for e in range(2))
    again = [b.positions.tolist() for b in pairs.batches(0, np.random.default_rng(0))]
    assert first == again
    assert first != second


@pytest.mark.parametrize("n_steps", [1, 40, 200, 10**6])
def test_ordered_batches_hold_so_many_padded_steps_at_most(n_steps):
    pairs, *_ = _pairs()
    batches = list(pairs.ordered_batches(n_steps))
    assert sorted(np.concatenate([b.positions for b in batches])) == list(range(300))
    for batch in batches:
        padded = len(batch) * (batch.source.n_steps + batch.target.n_steps)
        assert padded <= n_steps or len(batch) == 1
    assert (len(batches) == 1) == (n_steps == 10**6)
    assert (len(batches) == 300) == (n_steps == 1)


def test_one_long_source_of_a_short_target_does_not_widen_a_batch():
    sources = SequenceArray.from_list([np.zeros((n, 1)) for n in [2] * 50 + [1000]])
    targets = SequenceArray.from_list([[0] * n for n in [3] * 50 + [1]], n_tokens=1)
    pairs = PairSamples(SequenceSamples(sources), SequenceSamples(targets))
    sizes = [len(batch) for batch in pairs.ordered_batches(2000)]
    assert sizes == [50, 1]


def test_a_full_batch_holds_all_pairs():
    pairs, *_ = _pairs(batch_size="full")
    (batch,) = pairs.batches(0, np.random.default_rng(0))
    assert len(batch) == len(pairs) == 300
    assert pairs.n_batches == 1


def test_several_targets_share_a_source():
    positions = np.random.default_rng(0).integers(0, 40, size=300)
    pairs, lengths, _ = _pairs(source_positions=positions, n_sources=40)
    seen = []
    for batch in pairs.batches(0, np.random.default_rng(0)):
        np.testing.assert_array_equal(batch.targets[:, 0], batch.positions)
        source = batch.source.inputs["values"][:, 0, 0]
        np.testing.assert_array_equal(source, positions[batch.positions])
        seen.extend(batch.positions)
    assert sorted(seen) == list(range(300))
    for batch in pairs.ordered_batches(300):
        longest = lengths[0][positions[batch.positions]].max()
        assert batch.source.n_steps == longest


def test_a_batch_says_where_it_is():
    pairs, *_ = _pairs(n=4)
    batch = pairs.batch(np.array([2, 0]))
    assert batch.device == torch.device("cpu")
    assert batch.positions.tolist() == [2, 0]
    assert len(batch) == 2
