"""Synthetic rain obeys its closed forms; the Hong Kong record is read day by day."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma, kstest

from sksequence.datasets import fetch_hong_kong_rainfall, make_rainfall
from sksequence.datasets._rainfall import _read_rainfall

N_DAYS = 40_000
STEADY = {"occurrence_seasonality": 0, "amount_seasonality": 0}


def steady(p01: float, p11: float, **options) -> pd.Series:
    """Rain without seasons."""
    return make_rainfall(
        N_DAYS,
        p_wet_after_dry=p01,
        p_wet_after_wet=p11,
        start="1900-01-01",
        random_state=0,
        **{**STEADY, **options},
    )


def test_series_of_days():
    rain = make_rainfall(400, start="2003-12-30", random_state=0)
    assert rain.name == "rain_mm"
    assert rain.index.name == "date"
    assert rain.index.freqstr == "D"
    assert rain.index[0] == pd.Timestamp("2003-12-30")
    assert len(rain) == 400
    assert (rain >= 0).all()


@pytest.mark.parametrize(("p01", "p11"), [(0.2, 0.6), (0.5, 0.5), (0.3, 0.1)])
def test_share_of_wet_days_is_stationary(p01: float, p11: float):
    """pi = p01 / (p01 + p10); the spells make the mean (1 + r) / (1 - r) times as noisy."""
    wet = steady(p01, p11) > 0
    expected, r = p01 / (p01 + 1 - p11), p11 - p01
    error = np.sqrt(expected * (1 - expected) / N_DAYS * (1 + r) / (1 - r))
    assert abs(wet.mean() - expected) < 3 * error


def test_transition_frequencies_and_correlation():
    wet = (steady(0.2, 0.6) > 0).to_numpy()
    after_dry, after_wet = wet[1:][~wet[:-1]], wet[1:][wet[:-1]]
    for after, p in [(after_dry, 0.2), (after_wet, 0.6)]:
        assert abs(after.mean() - p) < 3 * np.sqrt(p * (1 - p) / len(after))
    assert np.corrcoef(wet[1:], wet[:-1])[0, 1] == pytest.approx(0.6 - 0.2, abs=0.02)


def test_first_day_is_stationary_too():
    first = [
        make_rainfall(1, p_wet_after_dry=0.3, p_wet_after_wet=0.7, random_state=seed, **STEADY)
        for seed in range(600)
    ]
    wet = np.mean([rain.iloc[0] > 0 for rain in first])
    assert abs(wet - 0.5) < 3 * np.sqrt(0.25 / 600)


def test_amounts_are_gamma():
    rain = steady(0.4, 0.6, mean_amount=7, shape=0.8)
    amounts = rain[rain > 0]
    assert kstest(amounts, gamma(0.8, scale=7 / 0.8).cdf).pvalue > 0.01
    assert abs(amounts.mean() - 7) < 3 * 7 / np.sqrt(0.8 * len(amounts))


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_never_and_always(p: float):
    assert ((steady(p, p) > 0) == bool(p)).all()


def test_seasons_follow_the_cosine():
    """With p01 = p11 days are independent: P(wet on d) = p (1 + s c(d)), mean mu (1 + a c(d))."""
    rain = steady(0.5, 0.5, occurrence_seasonality=0.8, amount_seasonality=0.5, peak_day=100)
    season = np.cos(2 * np.pi * (rain.index.day_of_year - 100) / 365.2425)
    wet = (rain > 0).to_numpy()
    slope, level = np.polyfit(season, wet, 1)
    assert (slope, level) == pytest.approx((0.5 * 0.8, 0.5), abs=0.015)
    slope, level = np.polyfit(season[wet], rain[wet], 1)
    assert (slope, level) == pytest.approx((10 * 0.5, 10), abs=0.5)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_days": 0}, ValueError, "n_days must be at least 1, got 0"),
        ({"p_wet_after_dry": -0.1}, ValueError, r"p_wet_after_dry must lie in \[0, 1\], got -0.1"),
        ({"mean_amount": 0}, ValueError, r"mean_amount must lie in \(0, inf\), got 0"),
        ({"shape": np.nan}, ValueError, "shape must lie in"),
        (
            {"p_wet_after_wet": 0.8, "occurrence_seasonality": 0.6},
            ValueError,
            "p_wet_after_wet=0.8 rises to 1.28 .* lower it to at most 0.625",
        ),
    ],
)
def test_wrong_arguments_are_named(options: dict, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make_rainfall(**options)


# The real record


def test_rainfall_file_is_read_without_titles_notes_and_impossible_days(tmp_path: Path):
    path = tmp_path / "rain.csv"
    path.write_text(
        "\ufeffdaily rain in two languages\nDaily Total Rainfall (mm)\n"
        "year/Year,month/Month,day/Day,value/Value,note/data Completeness\n"
        "1900,2,28,1.5,C\n1900,2,29,***,\n1900,3,1,Trace,C\n1900,3,2,***,\n1900,3,5,0.0,#\n"
        "\n*** unavailable\n# data incomplete\nTrace means rainfall less than 0.05 mm\n",
        encoding="utf-8",
    )
    rain = _read_rainfall(path, trace=0.01)["rain_mm"]
    expected = pd.Series(
        [1.5, 0.01, np.nan, 0.0],
        index=pd.DatetimeIndex(
            ["1900-02-28", "1900-03-01", "1900-03-02", "1900-03-05"], name="date"
        ),
        name="rain_mm",
    )
    pd.testing.assert_series_equal(rain, expected, check_index_type=False)


def test_word_that_is_no_amount_is_an_error(tmp_path: Path):
    path = tmp_path / "rain.csv"
    path.write_text("1900,2,28,some,C\n", encoding="utf-8")
    with pytest.raises(ValueError, match="some"):
        _read_rainfall(path, trace=0.01)


def test_hong_kong_rainfall(data_dir):
    rainfall = fetch_hong_kong_rainfall(download_if_missing=False)
    rain = rainfall.target
    assert rain.name == "rain_mm"
    assert len(rain) == 49_307  # and one row for 29 February 1900
    assert rain.notna().all()
    assert rain.index.is_monotonic_increasing
    assert rain.index.is_unique
    assert [str(rain.index[place].date()) for place in (0, -1)] == ["1884-03-01", "2026-02-28"]
    steps = rain.index.to_series().diff().dt.days
    assert steps[steps != 1].dropna().to_dict() == {pd.Timestamp("1947-01-01"): 2558}
    assert rain.idxmax() == pd.Timestamp("1926-07-19")
    assert rain.max() == 534.1
    assert (rain == 0.025).sum() == 6904
    assert "Hong Kong Observatory" in rainfall.DESCR


def test_trace_has_the_value_that_is_asked_for(data_dir):
    _, rain = fetch_hong_kong_rainfall(trace=0.0, return_X_y=True, download_if_missing=False)
    assert rain[rain > 0].min() == 0.1
    with pytest.raises(ValueError, match=r"trace must lie in \[0, 0.05\], got 0.1"):
        fetch_hong_kong_rainfall(trace=0.1)


def test_x_is_the_calendar_and_nothing_that_was_measured(data_dir):
    X, y = fetch_hong_kong_rainfall(return_X_y=True, download_if_missing=False)
    assert X.index.equals(y.index)
    np.testing.assert_allclose((X**2).sum(axis=1), 1)
    assert X.loc["2001-01-01"].tolist() == [0, 1]
    # the same day of another year is the same place, December touches January
    np.testing.assert_array_equal(X.loc["2001-07-01"], X.loc["1950-07-01"])
    assert np.abs(X.loc["2001-12-31"] - X.loc["2002-01-01"]).max() < 0.025


def test_arrays_hold_what_the_frame_holds(data_dir):
    frame = fetch_hong_kong_rainfall(download_if_missing=False).frame
    plain = fetch_hong_kong_rainfall(as_frame=False, download_if_missing=False)
    assert plain.frame is None
    np.testing.assert_array_equal(plain.dates, frame.index.to_numpy())
    np.testing.assert_array_equal(plain.data, frame[plain.feature_names].to_numpy())
    np.testing.assert_array_equal(plain.target, frame[plain.target_names[0]].to_numpy())
    assert plain.target.flags.writeable
