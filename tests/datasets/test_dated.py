"""Series with dates come with their frequency, and a calendar that knows the hour."""

import numpy as np
import pandas as pd
import pytest

from sksequence.datasets import (
    fetch_air_passengers,
    fetch_etth1,
    fetch_seattle_weather,
    fetch_sunspots,
)
from sksequence.datasets._bunch import _calendar

FETCHERS = {
    fetch_air_passengers: ("MS", 144, "1949-01-01", "1960-12-01", 112, 432),
    fetch_sunspots: ("MS", 2820, "1749-01-01", "1983-12-01", 58.0, 33.4),
    fetch_seattle_weather: ("D", 1461, "2012-01-01", "2015-12-31", 12.8, 5.6),
    fetch_etth1: ("h", 17420, "2016-07-01", "2018-06-26 19:00", 30.5310001373291, None),
}


@pytest.mark.parametrize("fetch", FETCHERS)
def test_series_have_their_dates_frequency_and_values(data_dir, fetch):
    freq, n, start, end, first, last = FETCHERS[fetch]
    X, y = fetch(return_X_y=True, download_if_missing=False)
    assert y.index.freqstr == freq
    assert y.index.equals(X.index)
    assert y.index.name == "date"
    assert len(y) == n
    assert [y.index[0], y.index[-1]] == [pd.Timestamp(start), pd.Timestamp(end)]
    assert y.notna().all()
    assert y.iloc[0] == first
    assert last is None or y.iloc[-1] == last
    assert all(name.endswith(("_sin", "_cos")) for name in X.columns)


@pytest.mark.parametrize("fetch", FETCHERS)
def test_arrays_hold_what_the_frame_holds(data_dir, fetch):
    framed = fetch(download_if_missing=False)
    plain = fetch(as_frame=False, download_if_missing=False)
    assert plain.frame is None
    np.testing.assert_array_equal(plain.dates, framed.frame.index.to_numpy())
    np.testing.assert_array_equal(plain.data, framed.frame[plain.feature_names].to_numpy())
    np.testing.assert_array_equal(plain.target, framed.frame[plain.target_names[0]].to_numpy())
    assert framed.DESCR.count("\n:Licence:") == 1


def test_target_of_the_weather_and_the_transformer_may_be_chosen(data_dir):
    rain = fetch_seattle_weather(target="precipitation", download_if_missing=False)
    assert rain.target.name == "precipitation"
    assert rain.target.max() == 55.9
    assert set(rain.frame["weather"]) == {"drizzle", "rain", "sun", "snow", "fog"}
    load = fetch_etth1(target="HUFL", download_if_missing=False)
    assert load.target.equals(load.frame["HUFL"])


def test_other_targets_are_refused():
    with pytest.raises(ValueError, match=r"target must be one of 'temp_max', .* got 'weather'"):
        fetch_seattle_weather(target="weather")
    with pytest.raises(ValueError, match=r"target must be one of 'OT', .* got 'ot'"):
        fetch_etth1(target="ot")


def test_seasonal_naive_forecast_of_the_passengers(data_dir):
    """As the description says."""
    passengers = fetch_air_passengers(download_if_missing=False)
    y = passengers.target.to_numpy()
    error = np.abs(y[-24:] - np.tile(y[-36:-24], 2)).mean()
    assert f"{error:.2f}" in passengers.DESCR


def test_calendar_of_hours_knows_the_day_and_the_week_too():
    hours = pd.date_range("2024-01-01", periods=24 * 15, freq="h")  # a Monday
    calendar = _calendar(hours)
    assert calendar.columns.tolist() == [
        *("day_sin", "day_cos", "week_sin", "week_cos", "year_sin", "year_cos")
    ]
    at_six = calendar.loc["2024-01-03 06:00", ["day_sin", "day_cos"]]
    np.testing.assert_allclose(at_six, [1, 0], atol=1e-12)
    for circle, period in (("day", 24), ("week", 168)):
        turns = np.unwrap(np.arctan2(calendar[f"{circle}_sin"], calendar[f"{circle}_cos"]))
        np.testing.assert_allclose(np.diff(turns), 2 * np.pi / period)
    assert _calendar(hours[::24]).columns.tolist() == ["year_sin", "year_cos"]
