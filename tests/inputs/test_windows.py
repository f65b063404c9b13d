"""Windows of a series are what shifting it by hand gives."""

import numpy as np
import pandas as pd
import pytest

from sksequence.inputs import make_windows


def _series(n=40, n_columns=None, seed=0):
    rng = np.random.default_rng(seed)
    index = pd.date_range("2021-03-01", periods=n, freq="D", name="day")
    if n_columns is None:
        return pd.Series(rng.normal(size=n), index=index, name="rain")
    columns = [f"c{i}" for i in range(n_columns)]
    return pd.DataFrame(rng.normal(size=(n, n_columns)), index=index, columns=columns)


@pytest.mark.parametrize("lookback", [1, 5])
@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("gap", [0, 2])
@pytest.mark.parametrize("step", [1, 4])
def test_windows_equal_shifted_columns(lookback, horizon, gap, step):
    series = _series()
    past = pd.concat({k: series.shift(lookback - 1 - k) for k in range(lookback)}, axis=1)
    future = pd.concat({k: series.shift(-1 - gap - k) for k in range(horizon)}, axis=1)
    whole = (past.notna().all(axis=1) & future.notna().all(axis=1)).to_numpy()
    past, future = past[whole].iloc[::step], future[whole].iloc[::step]

    X, y = make_windows(series, lookback, horizon, step=step, gap=gap)
    np.testing.assert_array_equal(X.to_padded()[:, :, 0], past)
    np.testing.assert_array_equal(X.names, past.index)
    np.testing.assert_array_equal(y, future if horizon > 1 else future[0])


def test_targets_of_a_series_know_their_times():
    series = _series()
    X, y = make_windows(series, lookback=7, gap=3)
    assert y.name == "rain"
    pd.testing.assert_series_equal(y, series.iloc[10:], check_freq=False)
    np.testing.assert_array_equal(X.names, series.index[6:36])


@pytest.mark.parametrize("horizon", [1, 2])
def test_every_column_is_read_and_forecast(horizon):
    table = _series(n_columns=3)
    X, y = make_windows(table, lookback=4, horizon=horizon)
    values = table.to_numpy()
    for i in range(len(X)):
        np.testing.assert_array_equal(X[i], values[i : i + 4])
        target = values[i + 4 : i + 4 + horizon]
        np.testing.assert_array_equal(y[i], target[0] if horizon == 1 else target)
    assert len(X) == 40 - 4 - horizon + 1
    assert X.only.feature_names == ("c0", "c1", "c2")


def test_table_of_one_column_has_flat_targets():
    table = _series(n_columns=1)
    assert make_windows(table, 4)[1].shape == (36,)
    assert make_windows(table, 4, 2)[1].shape == (35, 2)


def test_lists_and_arrays_have_positions_for_names():
    X, y = make_windows([1, 2, 3, 4, 5, 6], lookback=2, step=3)
    assert X.names.tolist() == [1, 4]
    np.testing.assert_array_equal(y, [3.0, 6.0])
    assert X.values.dtype == np.float64
    X, y = make_windows(np.arange(6, dtype=np.float32), lookback=2)
    assert X.values.dtype == y.dtype == np.float32


def test_windows_do_not_write_into_the_series():
    series = np.arange(6.0)
    X, y = make_windows(series, lookback=2)
    X.values[:], y[:] = -1, -1
    np.testing.assert_array_equal(series, np.arange(6.0))


def test_the_last_row_is_the_last_target():
    series = np.arange(100.0)
    for horizon, gap in [(1, 0), (4, 0), (4, 5)]:
        _, y = make_windows(series, lookback=10, horizon=horizon, gap=gap)
        assert np.ravel(y)[-1] == 99.0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lookback": 0}, ValueError, "lookback must be a positive integer, got 0"),
        ({"lookback": 2.0}, ValueError, r"lookback must be a positive integer, got 2\.0"),
        ({"horizon": -1}, ValueError, "horizon must be a positive integer, got -1"),
        ({"step": None}, ValueError, "step must be a positive integer, got None"),
        ({"gap": -1}, ValueError, "gap must be at least 0, got -1"),
        ({"gap": 3}, ValueError, r"has 5 rows, but .* lookback \+ gap \+ horizon = 6: shorten"),
        ({"series": list("abcde")}, TypeError, "dtype <U1: of text make symbols with TokenEncoder"),
        ({"series": pd.date_range("2020", periods=5)}, TypeError, "seconds since the first"),
    ],
)
def test_what_cannot_be_cut(options, error, message):
    options = {"series": np.arange(5.0), "lookback": 2, **options}
    with pytest.raises(error, match=message):
        make_windows(**options)


def test_exactly_one_window():
    X, y = make_windows([1.0, 2.0, 3.0], lookback=2)
    assert len(X) == len(y) == 1
