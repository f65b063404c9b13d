"""Windows of a series are what shifting it by hand gives."""

import numpy as np
import pandas as pd
import pytest

from sksequence.inputs import last_window, make_windows


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
        given = y.iloc[i] if horizon == 1 else y[i]
        np.testing.assert_array_equal(given, target[0] if horizon == 1 else target)
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
        ({"series": list("abcde")}, TypeError, r"holds text, 'a' in row 0, but windows are ma"),
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


def test_targets_of_several_columns_keep_their_times_and_names():
    table = _series(n_columns=3)
    _, y = make_windows(table, lookback=4, gap=1)
    pd.testing.assert_frame_equal(y, table.iloc[5:], check_freq=False)
    _, y = make_windows(table[["c1"]], lookback=4)
    pd.testing.assert_series_equal(y, table["c1"].iloc[4:], check_freq=False)


@pytest.mark.parametrize("as_table", [False, True])
def test_targets_of_several_steps_are_rows_of_the_day_before(as_table):
    series = _series()
    X, y = make_windows(series.to_frame() if as_table else series, lookback=4, horizon=3, gap=2)
    np.testing.assert_array_equal(y.index, X.names)
    assert y.columns.tolist() == [3, 4, 5]
    for day, row in y.iterrows():
        for ahead, value in row.items():
            assert value == series[day + pd.Timedelta(days=ahead)]


def test_last_window_is_the_one_that_make_windows_would_make_next():
    table = _series(n_columns=2)
    for series in (table["c0"], table, table.to_numpy(), list(table["c0"])):
        X, y = make_windows(series, lookback=4)
        newest = last_window(series, lookback=4)
        before = last_window(series[:-1], lookback=4)
        np.testing.assert_array_equal(before.values, X[-1:].values)
        assert before.names == X.names[-1:]
        np.testing.assert_array_equal(newest[0][-1], np.ravel(np.asarray(y)[-1]))
        assert newest.only.feature_names == X.only.feature_names
        assert np.concatenate([X, newest]).lengths.tolist() == [4] * (len(X) + 1)
    assert last_window(table, 4).names == table.index[-1:]


def test_last_window_needs_enough_rows():
    assert len(last_window([1.0, 2.0], lookback=2)) == 1
    with pytest.raises(ValueError, match=r"series has 2 rows, but lookback=3: give more rows"):
        last_window([1.0, 2.0], lookback=3)
    with pytest.raises(ValueError, match="lookback must be a positive integer, got 0"):
        last_window([1.0, 2.0], lookback=0)


def test_missing_targets_are_named():
    series = _series(n=9)
    series.iloc[6] = np.nan
    with pytest.raises(ValueError, match=r"NaN in row 6 \(2021-03-07 .*\), .* \(of window 4\)"):
        make_windows(series, lookback=2)
    with pytest.raises(ValueError, match=r"NaN in row 6 .* \(of window 3\)"):
        make_windows(series, lookback=2, horizon=2)
    table = _series(n=9, n_columns=2).to_numpy(copy=True)
    table[5, 1] = -np.inf
    with pytest.raises(ValueError, match="infinity in row 5, column 1, which is a target"):
        make_windows(table, lookback=2)
    frame = pd.DataFrame(table, columns=["sun", "rain"])
    with pytest.raises(ValueError, match=r"infinity in row 5 \(5\), column 'rain', which is"):
        make_windows(frame, lookback=2)


def test_missing_steps_that_are_no_target_pass():
    X, y = make_windows([np.nan, 1.0, 2.0, 3.0], lookback=2)
    assert np.isnan(X.values).sum() == 1
    assert y.tolist() == [2.0, 3.0]


def test_nullable_numbers_are_numbers():
    series = pd.Series([1, None, 3, 4], dtype="Int64")
    X, y = make_windows(series, lookback=2)
    np.testing.assert_array_equal(X[0].ravel(), [1.0, np.nan])
    assert y.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("series", "place"),
    [
        (pd.Series([1.0, 2.0, "3", 4.0], index=list("abcd")), r"'3' in row 2 \(c\), but"),
        (pd.Series(["1", "2"]), r"'1' in row 0 \(0\), but"),
        (
            pd.DataFrame({"rain": [1.0, 2.0, 3.0], "city": ["Bern", "Oslo", "Rome"]}),
            r"'Bern' in row 0 \(0\), column 'city', but windows are made of numbers",
        ),
        ([[1.0, "x"], [2.0, "y"]], r"'x' in row 0, column 1, but"),
    ],
)
@pytest.mark.parametrize("cut", [make_windows, last_window])
def test_text_in_a_series_is_named(cut, series, place):
    with pytest.raises(TypeError, match=place):
        cut(series, lookback=1)
