"""Tables of time steps keep their values and times, and what is wrong with one is named."""

import pickle

import numpy as np
import pandas as pd
import pytest

from sksequence.inputs import Clock, read_time_table

DAYS = pd.date_range("2024-02-26", periods=10, freq="D", name="day")
RAIN = pd.Series(np.arange(10.0), index=DAYS, name="rain")
TABLE = pd.DataFrame({"b": np.arange(10), "a": np.arange(10) % 2 == 0}, index=DAYS)
LENGTHS = {"north": 4, "east": 1, "south": 6}
STARTS = {"north": 3, "east": 0, "south": 2}


class Forecaster:
    """Stands for an estimator, which messages name."""


def _panel(freq="D", n_columns=2):
    axis = pd.date_range("2024-02-29", periods=10, freq=freq)
    parts = [
        pd.DataFrame(
            np.arange(n * n_columns, dtype=float).reshape(n, n_columns) + 100 * i,
            index=axis[STARTS[key] : STARTS[key] + n],
        )
        for i, (key, n) in enumerate(LENGTHS.items())
    ]
    return pd.concat(parts, keys=list(LENGTHS), names=["place", "time"])


# What is read


@pytest.mark.parametrize("data", [[3, 1, 4], [[3], [1], [4]], np.array([3.0, 1.0, 4.0])])
def test_bare_arrays_count_from_zero(data):
    table = read_time_table(data)
    np.testing.assert_array_equal(table.values, [[3.0], [1.0], [4.0]])
    np.testing.assert_array_equal(table.positions, [0, 1, 2])
    assert (table.keys, table.columns, table.clock.kind) == (None, None, "none")
    pd.testing.assert_index_equal(table.index, pd.RangeIndex(3))


def test_frames_keep_names_order_and_index():
    table = read_time_table(TABLE, "X")
    assert table.columns == ("b", "a")
    np.testing.assert_array_equal(table.values, TABLE.to_numpy(float))
    pd.testing.assert_index_equal(table.index, DAYS)
    assert table.index.freq == DAYS.freq
    assert read_time_table(RAIN).columns == ("rain",)
    assert read_time_table(RAIN.rename(None)).columns is None


def test_values_are_a_copy():
    array = np.arange(4.0)
    table = read_time_table(array)
    table.values[:] = -1
    np.testing.assert_array_equal(array, np.arange(4.0))
    frozen = read_time_table(RAIN)  # pandas gives arrays that cannot be written
    frozen.values[0] = -1
    assert frozen.values.flags.c_contiguous
    assert RAIN.iloc[0] == 0


def test_missing_values_of_every_type_are_nan():
    frame = pd.DataFrame(
        {
            "float": [1.0, np.nan],
            "integer": pd.array([1, None], dtype="Int64"),
            "boolean": pd.array([True, None], dtype="boolean"),
            "object": pd.Series([1, pd.NA], dtype=object),
            "none": pd.Series([1.0, None], dtype=object),
        }
    )
    table = read_time_table(frame)
    np.testing.assert_array_equal(table.values, [[1.0] * 5, [np.nan] * 5])
    assert np.isnan(read_time_table([None, None]).values).all()


def test_an_index_alone_will_do():
    table = read_time_table(pd.DataFrame(index=DAYS), "X")
    assert table.values.shape == (10, 0)
    assert table.columns == ()
    pd.testing.assert_index_equal(table.index, DAYS)
    panel = read_time_table(_panel()[[]], "X")
    assert panel.values.shape == (11, 0)


@pytest.mark.parametrize("freq", ["D", "h", "MS", "B", "W-SUN", "QS", "YS"])
def test_panels_have_series_of_different_start_and_length(freq):
    frame = _panel(freq)
    table = read_time_table(frame)
    assert table.keys.tolist() == list(LENGTHS)
    np.testing.assert_array_equal(table.lengths, list(LENGTHS.values()))
    np.testing.assert_array_equal(table.starts, list(STARTS.values()))
    np.testing.assert_array_equal(table.stops, table.starts + table.lengths)
    np.testing.assert_array_equal(table.positions, [3, 4, 5, 6, 0, 2, 3, 4, 5, 6, 7])
    np.testing.assert_array_equal(table.values, frame)
    pd.testing.assert_index_equal(table.index, frame.index)
    pd.testing.assert_index_equal(pickle.loads(pickle.dumps(table)).index, frame.index)


def test_a_level_of_times_may_name_a_frequency_that_cannot_be_inferred():
    half_months = pd.date_range("2024-03-01", periods=6, freq="SMS")
    index = pd.MultiIndex.from_product([["a", "b"], half_months])
    table = read_time_table(pd.Series(1.0, index=index)[3:])
    assert table.clock.frequency == "SMS-15"
    np.testing.assert_array_equal(table.positions, [3, 4, 5, 0, 1, 2, 3, 4, 5])
    assert table.times_of(0, [6]).tolist() == [("a", half_months[-1] + half_months.freq)]


def test_panels_of_integers_and_of_periods():
    frame = _panel()
    row = np.concatenate([np.arange(n) * 2 + 2 * STARTS[key] for key, n in LENGTHS.items()])
    keys = frame.index.get_level_values(0)
    for times in (row, pd.PeriodIndex.from_ordinals(row // 2 + 600, freq="M")):
        index = pd.MultiIndex.from_arrays([keys, times])
        table = read_time_table(frame.set_axis(index))
        np.testing.assert_array_equal(table.starts, list(STARTS.values()))
        pd.testing.assert_index_equal(table.index, index)


def test_series_of_a_panel_may_be_as_short_as_one_row_where_others_tell_the_frequency():
    dates = pd.DatetimeIndex(["2024-01-01", "2024-03-01", "2024-02-01", "2024-04-01"])
    index = pd.MultiIndex.from_arrays([list("abcd"), dates])
    table = read_time_table(pd.Series(1.0, index=index))
    assert table.clock.frequency == "MS"
    np.testing.assert_array_equal(table.starts, [0, 2, 1, 3])


def test_levels_may_keep_times_and_series_that_were_dropped():
    frame = _panel()
    kept = frame[frame.index.get_level_values(0) == "north"]
    odd = pd.concat({"x": pd.DataFrame([[0.0, 0.0]], index=[pd.Timestamp("2024-01-01 05:00")])})
    table = read_time_table(pd.concat([frame, odd]).loc[["north"]])
    np.testing.assert_array_equal(table.values, kept)
    assert table.keys.tolist() == ["north"]
    assert table.starts.tolist() == [0]


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_rows_are_read_on_the_clock_of_fit_and_alone(n):
    months = pd.date_range("2024-01-01", periods=24, freq="MS").to_numpy()
    series = pd.Series(1.0, index=months)
    clock = read_time_table(series[:12]).clock
    later = read_time_table(series[15 : 15 + n], clock=clock)
    np.testing.assert_array_equal(later.positions, np.arange(15, 15 + n))
    alone = read_time_table(series[:n])
    np.testing.assert_array_equal(alone.positions, np.arange(n))
    pd.testing.assert_index_equal(alone.index, series.index[:n])
    with pytest.raises(ValueError, match="do not tell the frequency"):
        read_time_table(series[n : n + 1], clock=alone.clock)


def test_rows_before_the_first_have_negative_positions():
    clock = read_time_table(RAIN[5:]).clock
    np.testing.assert_array_equal(read_time_table(RAIN[:3], clock=clock).positions, [-5, -4, -3])


# Gaps


@pytest.mark.parametrize("freq", ["D", "h", "MS", "B"])
def test_resample_fills_gaps_with_nan_as_asfreq_does(freq):
    index = pd.date_range("2024-01-01", periods=20, freq=freq)
    series = pd.Series(np.arange(20.0), index=index)
    seen = series.drop(index[[3, 4, 11]])
    table = read_time_table(seen, resample=freq)
    np.testing.assert_array_equal(table.values[:, 0], seen.asfreq(freq))
    pd.testing.assert_index_equal(table.index, index)
    again = read_time_table(seen[5:], clock=table.clock, resample=freq)
    np.testing.assert_array_equal(again.positions, np.arange(7, 20))


def test_resample_fills_each_series_of_a_panel_alone():
    frame = _panel()
    table = read_time_table(frame.drop(frame.index[[1, 7, 8]]), resample="D")
    np.testing.assert_array_equal(table.lengths, list(LENGTHS.values()))
    filled = frame.copy()
    filled.iloc[[1, 7, 8]] = np.nan
    np.testing.assert_array_equal(table.values, filled)
    pd.testing.assert_index_equal(table.index, frame.index)


def test_resample_fills_integers_and_periods():
    table = read_time_table(pd.Series([1.0, 2.0], index=[4, 8]), resample=2)
    np.testing.assert_array_equal(table.values[:, 0], [1, np.nan, 2])
    months = pd.PeriodIndex(["2024-01", "2024-04"], freq="M")
    table = read_time_table(pd.Series([1.0, 2.0], index=months), resample="M")
    np.testing.assert_array_equal(table.values[:, 0], [1, np.nan, np.nan, 2])


# What is made of tables


def test_tail_and_selection_are_those_of_pandas():
    frame = _panel()
    table = read_time_table(frame)
    for n in [0, 1, 3, 99]:
        expected = frame.groupby(level=0, sort=False).tail(n)
        np.testing.assert_array_equal(table.tail(n).values, expected)
        pd.testing.assert_index_equal(table.tail(3).index, frame.groupby(level=0).tail(3).index)
    chosen = table.select_series(["south", "north"])
    expected = frame.loc[["south", "north"]]
    np.testing.assert_array_equal(chosen.values, expected)
    assert chosen.index.tolist() == expected.index.tolist()
    np.testing.assert_array_equal(chosen.stops, [8, 7])


def test_resample_on_a_frequency_that_the_times_are_not_on_is_refused():
    saturday = pd.Series(1.0, pd.DatetimeIndex(["2024-03-02", "2024-03-04", "2024-03-05"]))
    with pytest.raises(ValueError, match=r"row 0 \(2024-03-02\) lies .* frequency B\. Bring"):
        read_time_table(saturday, resample="B")
    with pytest.raises(ValueError, match=r"row 1 \(2024-03-04\) lies between two steps"):
        read_time_table(saturday, resample="3D")


def test_times_of_rows_that_are_not_there():
    table = read_time_table(_panel())
    ahead = table.times_of([2, 2, 0], [8, 9, 100])
    expected = [("south", "2024-03-08"), ("south", "2024-03-09"), ("north", "2024-06-08")]
    assert ahead.tolist() == [(key, pd.Timestamp(day)) for key, day in expected]
    assert ahead.names == ["place", "time"]
    assert table.times_of(1, [3]).tolist() == [("east", pd.Timestamp("2024-03-03"))]
    single = read_time_table(RAIN).times_of(0, [10, 11])
    pd.testing.assert_index_equal(single, DAYS[-2:] + pd.Timedelta(days=2))


def test_concat_puts_a_cut_table_together():
    whole = read_time_table(TABLE)
    first = read_time_table(TABLE[:7])
    joined = first.concat(read_time_table(TABLE[7:], clock=first.clock))
    np.testing.assert_array_equal(joined.values, whole.values)
    pd.testing.assert_index_equal(joined.index, DAYS)
    bare = read_time_table([1, 2]).concat(read_time_table([3]))
    np.testing.assert_array_equal(bare.values[:, 0], [1, 2, 3])


def test_concat_appends_to_each_series_those_that_have_later_rows():
    frame = _panel()
    late = frame.iloc[[2, 3, 9, 10]].sort_index(level=0, ascending=False, sort_remaining=False)
    assert late.index.get_level_values(0)[0] == "south"
    first = read_time_table(frame.drop(late.index))
    joined = first.concat(read_time_table(late, clock=first.clock))
    np.testing.assert_array_equal(joined.values, frame)
    pd.testing.assert_index_equal(joined.index, frame.index)


@pytest.mark.parametrize(
    ("earlier", "later", "message"),
    [
        (RAIN[:3], RAIN[4:], "start at 2024-03-01, but must directly follow 2024-02-28: .*between"),
        (RAIN[:3], RAIN[2:], "start at 2024-02-28, but must .* follow 2024-02-28: leave out"),
        (RAIN[:3], TABLE[3:], "have the columns 'b', 'a', but the earlier ones 'rain'"),
        (_panel().loc[["north"]], _panel().loc[["east"]], "there is no series 'east'"),
        (_panel(), _panel(), "of series 'north' start at 2024-03-03, but .* follow 2024-03-06"),
        (RAIN[:3].to_frame(), _panel(n_columns=1), "later rows are a panel"),
    ],
)
def test_concat_refuses_what_does_not_follow(earlier, later, message):
    first = read_time_table(earlier)
    with pytest.raises(ValueError, match=message):
        first.concat(read_time_table(later, clock=first.clock))


def test_concat_refuses_another_clock():
    with pytest.raises(ValueError, match=r"counted from 2024-02-29, but .* from 2024-02-26"):
        read_time_table(RAIN[:3]).concat(read_time_table(RAIN[3:]))


# What is refused


def _business_days():
    return pd.Series(1.0, pd.date_range("2024-01-01", periods=30, freq="B").delete([10, 17]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            RAIN.drop(DAYS[[4, 7]]),
            r"gap: after 2024-02-29 \(row 3\) .* \(row 4\), expected 2024-03-01",
        ),
        (_business_days(), r"expected 2024-01-15 at frequency B.*y\.asfreq\('B'\).*count rows"),
        (_panel().drop(_panel().index[[7, 8]]), r"gap in series 'south': .*2024-03-03 \(row 6\)"),
        (pd.Series(1.0, index=[0, 2, 6, 8]), r"after 2 .*comes 6 .*expected 4 .*resample=2"),
        (RAIN.to_period().drop("2024-03-01"), r"expected 2024-03-01 at frequency D"),
        (pd.concat([RAIN[:3], RAIN[2:]]), r"time twice: 2024-02-28 is row 2 and row 3.*duplicated"),
        (
            RAIN.iloc[[0, 2, 1]],
            r"row 2 \(2024-02-27\) comes after row 1 \(2024-02-28\).*sort_index",
        ),
        (RAIN[::-1], r"out of order: row 1 \(2024-03-05\)"),
        (_panel().iloc[[0, 1, 6, 5]], r"row 3 \(series 'south', 2024-03-02\) comes after"),
        (_panel().iloc[[0, 4, 1]], r"a series apart: row 2 \(series 'north', 2024-03-04\)"),
        (RAIN.set_axis([pd.NaT, *DAYS[1:]]), r"missing time or series in the index, row 0 of 10"),
        (TABLE.assign(a=np.r_[1:5, np.inf, 1:6]), r"infinity in row 4 \(2024-03-01\), column 'a'"),
        ([[1, 2], [3, -np.inf]], "infinity in row 1, column 1, expected finite"),
        (_panel().set_axis(pd.MultiIndex.from_tuples([(1, 2, 3)] * 11)), "index of 3 levels"),
        (np.ones((2, 3, 4)), r"shape \(2, 3, 4\).*expected \(n_rows,\) or \(n_rows, n_columns\)"),
        ([[1], [1, 2]], "lists of different lengths"),
        (np.ones((0, 3)), r"0 rows .*minimum of 1"),
        (RAIN[:0], r"0 rows .*minimum of 1"),
        (np.ones(3, dtype=complex), "Complex data not supported"),
    ],
)
def test_bad_values_and_times_are_named(data, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_time_table(data, "y", Forecaster())
    assert "Forecaster" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (TABLE.assign(a="wet"), r"text, 'wet', in row 0 \(2024-02-26\), column 'a'.*OneHotEncoder"),
        (TABLE.assign(a=[1] * 8 + ["no", 2]), r"text, 'no', in row 8 \(2024-03-05\), column 'a'"),
        (TABLE.assign(a=pd.Categorical(["x"] * 10)), r"text, 'x', in row 0"),
        (TABLE.reset_index().astype({"day": str}), r"column 'day', .*set_index"),
        (TABLE.assign(a=DAYS), r"times in column 'a' \(dtype datetime64"),
        (TABLE.assign(a=[[1]] * 10), r"objects that are no numbers in column 'a'"),
        ([[1, "a"], [2, "b"]], "text, 'a', in row 0, column 1"),
        (["a", "b"], "text, 'a', in row 0"),
        (DAYS.to_numpy(), "times in column 0"),
        (RAIN.set_axis(DAYS.astype(str)), r"dtype str, e\.g\. '2024-02-26', .*to_datetime"),
        (RAIN.set_axis(DAYS.date), r"dtype object, e\.g\. datetime\.date.*to_datetime"),
        (RAIN.set_axis(np.arange(10) / 2), r"dtype float64, e\.g\. 0\.0"),
        (None, "got NoneType"),
        ("text", "got str"),
        ({"a": [1]}, "got dict"),
    ],
)
def test_text_and_other_things_are_named(data, message):
    with pytest.raises(TypeError, match=message) as caught:
        read_time_table(data, "y", Forecaster())
    assert "Forecaster" in str(caught.value)


def test_sparse_data_are_refused():
    from scipy.sparse import csr_array

    with pytest.raises(TypeError, match="Sparse data was passed as X to Forecaster"):
        read_time_table(csr_array(np.eye(3)), "X", Forecaster())


def _series(index):
    return pd.Series(1.0, index=index)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.date_range("2024-03-03", periods=5, freq="W"), "frequency W-SUN, but expected .* D,"),
        (pd.date_range("2024-03-03", periods=5, freq="h"), "frequency h, but expected .* D,"),
        (pd.date_range("2024-03-03", periods=5, freq="h")[4:], "row 0 .* between two steps"),
        (DAYS[[3, 5]], "gap: after 2024-02-29 .* expected 2024-03-01"),
    ],
)
def test_a_changed_frequency_says_both(index, message):
    with pytest.raises(ValueError, match=message):
        read_time_table(_series(index), "X", clock=read_time_table(RAIN).clock)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.ones(3), r"without an index \(ndarray\), .*frequency D.*set_output"),
        (_series(range(3)), "whose index is an integer index, but before .* DatetimeIndex"),
        (RAIN.to_period(), "whose index is a PeriodIndex, but before .* DatetimeIndex"),
        (RAIN.tz_localize("UTC"), "with a time zone, but before .* without"),
    ],
)
def test_a_changed_kind_says_both(data, message):
    with pytest.raises(TypeError, match=message):
        read_time_table(data, "X", clock=read_time_table(RAIN).clock)


def test_an_index_where_there_was_none_is_refused():
    with pytest.raises(TypeError, match="with a DatetimeIndex, but before there was no index"):
        read_time_table(RAIN, "X", clock=Clock())


def test_a_frequency_that_is_no_frequency_or_another_one_is_refused():
    with pytest.raises(ValueError, match="'fortnight' is no frequency of the estimator's y"):
        read_time_table(RAIN, resample="fortnight")
    with pytest.raises(ValueError, match="positive integer, got 'D'"):
        read_time_table(_series(range(3)), resample="D")
    with pytest.raises(ValueError, match=r"resample='h', but y must lie on .* D"):
        read_time_table(RAIN, resample="h", clock=read_time_table(RAIN).clock)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("b", "c"), r"\['c'\] missing and \['a'\] new"),
        (("b", "a", "c"), r"\['c'\] missing\."),
        (("a", "b"), r"the order is \['b', 'a'\]"),
        (3, "X has 2 features, but Forecaster is expecting 3 features as input"),
    ],
)
def test_changed_columns_are_named(columns, message):
    assert read_time_table(TABLE, "X", columns=("b", "a")).columns == ("b", "a")
    with pytest.raises(ValueError, match=message):
        read_time_table(TABLE, "X", Forecaster(), columns=columns)


def test_first_gap_in_an_hour_that_a_wall_clock_lacks():
    # local times without zone: the night when clocks are put forward has a gap
    wall = pd.date_range("2024-03-30", periods=72, freq="h", tz="Europe/Berlin")
    with pytest.raises(ValueError, match="expected 2024-03-31 02:00:00 at frequency h"):
        read_time_table(_series(wall.tz_localize(None)))
    assert len(read_time_table(_series(wall))) == 72


def test_a_million_rows_are_read_at_once():
    times = pd.date_range("2000-01-01", periods=1000, freq="h")
    index = pd.MultiIndex.from_product([np.arange(1000), times])
    frame = pd.DataFrame(np.zeros((10**6, 2)), index=index)
    table = read_time_table(frame)
    assert table.n_series == 1000
    assert table.index.equals(index)
