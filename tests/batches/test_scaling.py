"""Standardising is what scikit-learn's StandardScaler does, in 64 bits."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from sksequence.batches import InputScaling, Standardizer
from sksequence.inputs import Channel, SequenceArray


def _sequences(n=30, n_features=3, seed=0, loc=5.0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    sequences = [
        rng.normal(loc, [1.0, 10.0, 0.1][:n_features], size=(k, n_features)).astype(dtype)
        for k in rng.integers(1, 9, size=n)
    ]
    return SequenceArray.from_list(sequences, context=rng.normal(2.0, 4.0, size=(n, 2)))


@pytest.mark.parametrize("weighted", [False, True])
def test_equals_standard_scaler_over_all_steps(weighted):
    X = _sequences()
    weights = np.random.default_rng(1).uniform(0, 3, size=len(X)) if weighted else None
    of_steps = np.repeat(weights, X.lengths) if weighted else None
    scaling = InputScaling.fit(X, weights)

    ours, theirs = scaling.channels["values"], StandardScaler().fit(X.values, None, of_steps)
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-12)
    np.testing.assert_allclose(ours.scale, theirs.scale_, rtol=1e-12)
    np.testing.assert_allclose(ours.apply(X.values, np.float64), theirs.transform(X.values))

    context = StandardScaler().fit(X.context, None, weights)
    np.testing.assert_allclose(scaling.context.mean, context.mean_, rtol=1e-12)
    np.testing.assert_allclose(scaling.context.scale, context.scale_, rtol=1e-12)


def test_weights_count_repetitions():
    X = _sequences(6)
    counts = np.array([1, 3, 2, 1, 4, 1])
    repeated = X[np.repeat(np.arange(6), counts)]
    weighted, plain = InputScaling.fit(X, counts.astype(float)), InputScaling.fit(repeated)
    for ours, theirs in (
        (weighted.channels["values"], plain.channels["values"]),
        (weighted.context, plain.context),
    ):
        np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-12)
        np.testing.assert_allclose(ours.scale, theirs.scale, rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_frames_share_one_mean_and_scale(weighted):
    rng = np.random.default_rng(0)
    X = SequenceArray.from_list([rng.normal(7, 2, size=(n, 4, 3)) for n in (2, 5, 1)])
    weights = np.array([1.0, 2.0, 3.0]) if weighted else None
    scaler = InputScaling.fit(X, weights).channels["values"]
    each = np.repeat([1, 2, 3], [2, 5, 1]) if weighted else np.ones(8, int)
    repeated = np.repeat(X.values, each, axis=0)
    assert scaler.mean == pytest.approx(repeated.mean(), rel=1e-12)
    assert scaler.scale == pytest.approx(repeated.std(), rel=1e-12)
    assert scaler.apply(X.values, np.float32).shape == X.values.shape


def test_items_of_steps_are_weighted_by_their_sequence():
    channel = Channel(np.array([1.0, 2.0, 4.0, 8.0]), item_offsets=[0, 1, 3, 4])
    X = SequenceArray({"x": channel}, [0, 2, 3])
    scaler = InputScaling.fit(X, np.array([1.0, 3.0])).channels["values"]
    assert scaler.mean[0] == pytest.approx((1 + 2 + 4 + 3 * 8) / 6)


def test_large_offsets_lose_nothing():
    # time stamps in seconds, one a second: in 32 bits they would be 128 apart
    stamps = 1.7e9 + np.arange(1000.0)
    scaler = Standardizer.fit(stamps[:, None])
    scaled = scaler.apply(stamps[:, None], np.float32)
    assert len(np.unique(scaled)) == 1000
    exact = (np.arange(1000) - 499.5) / np.std(np.arange(1000))
    np.testing.assert_allclose(scaled[:, 0], exact, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(scaler.scale, np.std(np.arange(1000)), rtol=1e-12)


def test_single_precision_is_summed_in_double():
    # summed in 32 bits, row by row, the mean would be 1019 instead of 1000.6
    values = np.full((3_000_000, 2), 1000.1, dtype=np.float32)
    values[::2] += 1
    scaler = Standardizer.fit(values)
    assert scaler.mean == pytest.approx(values.mean(axis=0, dtype=np.float64), rel=1e-12)
    assert scaler.scale == pytest.approx(values.std(axis=0, dtype=np.float64), rel=1e-9)


@pytest.mark.parametrize("value", [0.0, 1e-12, 0.1, -1.7e9, 1e300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_never_changes_becomes_zero(value, dtype):
    if value == 1e300 and dtype == np.float32:
        value = 1e38
    values = np.full((1001, 2), value, dtype=dtype)
    values[:, 1] = np.arange(1001)
    for weights in (None, np.random.default_rng(0).uniform(size=1001)):
        scaled = Standardizer.fit(values, weights).apply(values, np.float32)
        np.testing.assert_array_equal(scaled[:, 0], 0)
        assert scaled[:, 1].std() > 0.9


def test_small_variation_is_variation():
    values = np.array([[1.0], [1.0 + 1e-9]])
    np.testing.assert_allclose(Standardizer.fit(values).apply(values, np.float64)[:, 0], [-1, 1])


def test_blocks_make_no_difference():
    rng = np.random.default_rng(0)
    values = rng.normal(3, 2, size=(40_000, 60))  # three blocks
    weights = rng.uniform(size=40_000)
    for w in (None, weights):
        ours, theirs = Standardizer.fit(values, w), StandardScaler().fit(values, None, w)
        np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-10)
        np.testing.assert_allclose(ours.scale, theirs.scale_, rtol=1e-10)
    np.testing.assert_allclose(ours.apply(values, np.float64), theirs.transform(values))


def test_tables_of_vectors_keep_their_directions():
    X = SequenceArray.from_list([[0, 1]], n_tokens=2, vectors=np.array([[3.0, 4.0], [0.0, 0.0]]))
    assert InputScaling.fit(X).vectors == {"values": 2.5}
    zero = SequenceArray.from_list([[0]], n_tokens=1, vectors=np.zeros((1, 2)))
    assert InputScaling.fit(zero).vectors == {"values": 1.0}


def test_without_scaling_nothing_is_listed():
    assert InputScaling.none() == InputScaling({}, {}, None)


@pytest.mark.parametrize("weighted", [False, True])
def test_missing_values_do_not_count(weighted):
    X = _sequences()
    rng = np.random.default_rng(2)
    values = X.values.copy()
    values[rng.random(values.shape) < 0.4] = np.nan
    values[:2] = np.nan  # the first rows tell nothing
    weights = rng.uniform(0, 3, size=len(X)) if weighted else None
    of_steps = np.repeat(weights, X.lengths) if weighted else None
    ours = InputScaling.fit(SequenceArray(values, X.offsets), weights).channels["values"]
    theirs = StandardScaler().fit(values, None, of_steps)
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-12)
    np.testing.assert_allclose(ours.scale, theirs.scale_, rtol=1e-12)
    np.testing.assert_array_equal(np.isnan(ours.apply(values, np.float32)), np.isnan(values))
