"""Windows go by rows, so the times of the rows must be in order and without gaps."""

import warnings

import numpy as np
import pandas as pd
import pytest

from sksequence.inputs import last_window, make_windows


def series_at(times):
    return pd.Series(np.arange(float(len(times))), index=times)


@pytest.mark.parametrize("cut", [make_windows, last_window])
@pytest.mark.parametrize("kind", ["dates", "periods"])
def test_times_out_of_order_are_refused(cut, kind):
    times = pd.date_range("2021-03-01", periods=10)
    series = series_at(times.to_period("D") if kind == "periods" else times)
    disordered = series.iloc[[0, 1, 3, 2, *range(4, 10)]]
    message = (
        r"not in order: row 2 \(2021-03-04\) comes before row 3 \(2021-03-03\).*series\.sort_index"
    )
    for data in (disordered, disordered.to_frame("rain")):
        with pytest.raises(ValueError, match=message):
            cut(data, lookback=2)
    with pytest.raises(ValueError, match=r"row 0 \(2021-03-10\) comes before"):
        cut(series[::-1], lookback=2)
    cut(disordered.sort_index(), lookback=2)


def test_a_row_without_time_is_named():
    times = pd.DatetimeIndex(["2021-03-01", None, "2021-03-03"])
    with pytest.raises(ValueError, match=r"row 1 of the series has no time \(NaT\): drop it"):
        make_windows(series_at(times), lookback=1)


@pytest.mark.parametrize("freq", ["h", "D", "W-SUN", "MS", "ME", "QS", "15min"])
@pytest.mark.parametrize("tz", [None, "Europe/Berlin"])
def test_missing_times_are_told(freq, tz):
    series = series_at(pd.date_range("2021-03-01", periods=60, freq=freq, tz=tz))
    make_windows(series, lookback=2)  # warns of nothing: warnings are errors here
    with pytest.warns(UserWarning, match=r"between row 19 \(.*\) and row 20 \(.*\): the windows"):
        X, _ = make_windows(series.drop(series.index[20:22]), lookback=2)
    assert len(X) == 56
    with pytest.warns(UserWarning, match=r"row 4 \(.*\) and row 5 \(.*\), and 1 more: the"):
        make_windows(series.drop(series.index[[5, 40]]), lookback=2)


def test_the_warning_names_the_first_gap_and_the_caller():
    series = series_at(pd.period_range("2021-01", periods=12, freq="M")).drop("2021-05")
    with pytest.warns(UserWarning, match=r"row 3 \(2021-04\) and row 4 \(2021-06\)") as caught:
        make_windows(series, lookback=2)
    assert caught[0].filename == __file__


def test_what_has_no_gaps():
    weekdays = pd.bdate_range("2021-01-04", periods=60)
    days = pd.date_range("2021-01-04", periods=40)
    seconds = np.random.default_rng(0).exponential(size=40).cumsum()
    irregular = pd.Timestamp("2021-01-04") + pd.to_timedelta(seconds, unit="s")
    twice = days.repeat(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for times in (weekdays, weekdays.delete([7, 30]), irregular, twice, days[:3], days[[0, 9]]):
            make_windows(series_at(times), lookback=1)
        make_windows(series_at([2, 1, 9, 4]), lookback=1)  # numbers are names, not times
