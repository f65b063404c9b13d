"""Windows of long series are slices of them, in units of their own."""

import numpy as np
import pytest
import torch

from sksequence.batches import WindowRows, WindowSamples

LOOKBACK, HORIZON = 5, 3


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return WindowRows(
        targets=rng.normal(size=(40, 2)) + 7,
        observed=rng.normal(size=(40, 1)),
        known=rng.normal(size=(40, 2)),
        static=np.array([[1.0], [2.0]]),
        spread=np.ones((2, 2)),
    )


def windows(rows, starts, series=None, **options):
    starts = np.asarray(starts)
    series = np.zeros(len(starts), dtype=np.int64) if series is None else series
    options = {"dtype": torch.float64, **options}
    return WindowSamples(rows, starts, series, LOOKBACK, HORIZON, **options)


def test_windows_are_slices(rows):
    starts = np.array([9, 20, 37])
    series = np.array([0, 1, 1])
    batch = windows(rows, starts, series, scaling="none").batch(np.array([2, 0]))
    for i, (start, which) in enumerate([(37, 1), (9, 0)]):
        past, future = slice(start - LOOKBACK, start), slice(start, start + HORIZON)
        np.testing.assert_array_equal(batch.past[i], rows.targets[past])
        np.testing.assert_array_equal(batch.targets[i], rows.targets[future])
        np.testing.assert_array_equal(batch.observed[i], rows.observed[past])
        both = slice(start - LOOKBACK, start + HORIZON)
        np.testing.assert_array_equal(batch.known[i], rows.known[both])
        np.testing.assert_array_equal(batch.static[i], rows.static[which])
    assert batch.horizon == HORIZON
    assert len(batch) == 2
    assert batch.seen is None


def test_units_of_a_window(rows):
    batch = windows(rows, [9]).batch(np.array([0]))
    past = rows.targets[4:9]
    np.testing.assert_allclose(batch.level[0, 0], past[-1])
    np.testing.assert_allclose(batch.scale[0, 0], past.std(axis=0))
    np.testing.assert_allclose(batch.past[0], (past - past[-1]) / past.std(axis=0))
    back = batch.targets * batch.scale + batch.level
    np.testing.assert_allclose(back[0], rows.targets[9:12])


def test_units_without_a_level(rows):
    batch = windows(rows, [9], scaling="mean").batch(np.array([0]))
    assert (batch.level == 0).all()
    np.testing.assert_allclose(batch.scale[0, 0], np.abs(rows.targets[4:9]).mean(axis=0))


def test_a_window_that_hardly_changes_is_not_blown_up(rows):
    rows.targets[4:9] = 7.0
    batch = windows(rows, [9]).batch(np.array([0]))
    np.testing.assert_allclose(batch.scale, 0.25)  # a quarter of what is usual in the series


def test_lags_are_earlier_targets_in_units_of_the_window(rows):
    batch = windows(rows, [15], lags=(4,)).batch(np.array([0]))
    level, scale = batch.level[0].numpy(), batch.scale[0].numpy()
    expected = (rows.targets[15 - LOOKBACK - 4 : 15 + HORIZON - 4] - level) / scale
    np.testing.assert_allclose(batch.known[0, :, 2:], expected)


def test_missing_values_are_marked_and_take_no_part_in_the_units(rows):
    rows.targets[[5, 8], 0] = np.nan
    batch = windows(rows, [9]).batch(np.array([0]))
    np.testing.assert_array_equal(batch.seen[0, :, 0], [1, 0, 1, 1, 0])
    seen = rows.targets[[4, 6, 7], 0]
    assert batch.level[0, 0, 0] == seen[-1]
    np.testing.assert_allclose(batch.scale[0, 0, 0], seen.std())
    np.testing.assert_array_equal(batch.past[0, [1, 4], 0], 0)


def test_an_epoch_holds_every_window_once(rows):
    samples = windows(rows, np.arange(5, 38), batch_size=10)
    batches = list(samples.batches(0, np.random.default_rng(0)))
    assert samples.n_batches == len(batches) == 4
    drawn = np.concatenate([batch.positions for batch in batches])
    assert sorted(drawn) == list(range(33))
    assert list(drawn) != list(range(33))


def test_an_epoch_of_some_windows_draws_others_each_time(rows):
    samples = windows(rows, np.arange(5, 38), windows_per_epoch=8)
    rng = np.random.default_rng(0)
    first, second = (
        {int(i) for batch in samples.batches(epoch, rng) for i in batch.positions}
        for epoch in (0, 1)
    )
    assert len(first) == len(second) == 8
    assert first != second


def test_prices_in_the_millions_keep_their_digits_in_32_bits(rows):
    large = WindowRows(rows.targets + 1e9, rows.observed, rows.known, rows.static, rows.spread)
    short, long = (
        windows(r, [9], dtype=torch.float32).batch(np.array([0])).past for r in (large, rows)
    )
    torch.testing.assert_close(short, long, rtol=1e-4, atol=1e-5)


def test_counts_are_read_in_logarithms_about_the_mean_of_the_window(rows):
    batch = windows(rows, [9], scaling="log").batch(np.array([0]))
    mean = rows.targets[4:9].mean(axis=0)
    np.testing.assert_allclose(batch.level[0, 0], np.log1p(mean))
    np.testing.assert_array_equal(batch.scale, 1)
    expected = np.log1p(rows.targets[4:12]) - np.log1p(mean)
    np.testing.assert_allclose(batch.past[0], expected[:LOOKBACK])
    np.testing.assert_allclose(batch.targets[0], expected[LOOKBACK:])


def test_marks_bring_the_time_since(rows):
    marks = np.ones((40, 2))
    marks[[6, 7, 9], 0] = 0
    marks[:7, 1] = 0
    marked = WindowRows(
        rows.targets,
        np.column_stack([rows.observed, marks[:, :1]]),
        np.column_stack([rows.known[:, :1], marks, rows.known[:, 1:]]),
        rows.static,
        rows.spread,
        observed_marks=(1, 2),
        known_marks=(1, 3),
    )
    batch = windows(marked, [9], lags=(3,)).batch(np.array([0]))
    since = np.array([0, 0, 1, 2, 0, 1, 0, 0])  # rows 4 to 11
    never = np.array([1, 2, 3, 0, 0, 0, 0, 0])  # nothing in the window before row 7
    assert batch.observed.shape[2] == 3
    np.testing.assert_allclose(batch.observed[0, :, 2], np.log1p(since[:LOOKBACK]))
    np.testing.assert_array_equal(batch.known[0, :, :4], marked.known[4:12])
    np.testing.assert_allclose(batch.known[0, :, 4], np.log1p(since))
    np.testing.assert_allclose(batch.known[0, :, 5], np.log1p(never))
    plain = windows(rows, [9], lags=(3,)).batch(np.array([0]))
    np.testing.assert_array_equal(batch.known[0, :, 6:], plain.known[0, :, 2:])  # lags come last
