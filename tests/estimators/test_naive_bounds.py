"""Bounds of naive forecasts where all errors are on one side."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor

from sksequence import NaiveForecaster, WindowForecaster
from sksequence.estimators._forecast_marginals import conformal_quantiles

N, SLOPE = 120, 5.0
NOISE = np.random.default_rng(0).normal(size=N)
SEASON = np.tile(10 * np.random.default_rng(1).normal(size=4), N // 4)
DAYS = pd.date_range("2024-01-01", periods=N, freq="D")
RISING = pd.Series(SLOPE * np.arange(N) + SEASON + NOISE, DAYS)
AHEAD = {"last": 1, "seasonal": 4, "drift": 1}


@pytest.mark.parametrize("trend", [1, -1])
@pytest.mark.parametrize("coverage", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("strategy", AHEAD)
def test_an_interval_holds_its_forecast_in_a_trend(strategy, coverage, trend):
    forecaster = NaiveForecaster(strategy, seasonality=4).fit(None, trend * RISING)
    bounds, forecast = forecaster.predict_interval(9, coverage), forecaster.predict(9)
    assert (bounds["lower"] <= forecast).all()
    assert (forecast <= bounds["upper"]).all()
    wider = forecaster.predict_interval(9, 0.95)
    assert (wider["lower"] <= bounds["lower"]).all()
    assert (wider["upper"] >= bounds["upper"]).all()
    found = forecaster.predict_quantiles(9, np.linspace(0.05, 0.95, 19)).to_numpy()
    assert (np.diff(found, axis=1) >= 0).all()


def test_the_band_still_covers_what_comes():
    """One season ahead, the values lie inside as often as in training, or more often."""
    forecaster = NaiveForecaster("seasonal", seasonality=4).fit(None, RISING)
    upper = forecaster.predict_quantiles(4, [0.9])[0.9] - forecaster.predict(4)
    errors = (RISING - RISING.shift(4)).dropna().to_numpy()
    assert errors.min() > 0  # all on one side
    np.testing.assert_allclose(upper, conformal_quantiles(errors, np.array(0.9)))
    table = forecaster.backtest(None, RISING, 80, n_steps=4, quantiles=[0.05, 0.95])
    inside = table["actual"].between(table[0.05], table[0.95]).mean()
    assert inside >= 0.9
    np.testing.assert_allclose(table[0.05], table["forecast"])  # no error was negative


def test_the_median_lies_where_the_errors_say():
    forecaster = NaiveForecaster("seasonal", seasonality=4).fit(None, RISING)
    lag = forecaster.predict_quantiles(4, [0.5])[0.5] - forecaster.predict(4)
    assert np.abs(lag - 4 * SLOPE).max() < 1


def test_climatology_keeps_the_quantiles_of_lopsided_values():
    rain = np.where(np.arange(N) % 10 == 0, 10.0, 0.0)
    forecaster = NaiveForecaster("climatology").fit(None, pd.Series(rain, DAYS))
    assert forecaster.predict(1).item() == pytest.approx(1.0)
    found = forecaster.predict_interval(1, 0.5)
    np.testing.assert_allclose(found, 0, atol=1e-12)  # nine days of ten are dry


# A trend, further ahead than one season


def shares_inside(forecaster, n_seasons=10):
    """Of each season that follows, the share of values within 90 % intervals."""
    days = pd.date_range("2024-01-01", periods=N + 4 * n_seasons, freq="D")
    rows = np.arange(len(days))
    noise = np.random.default_rng(2).normal(size=len(days))
    y = pd.Series(SLOPE * rows + SEASON[rows % 4] + noise, days)
    bounds = forecaster.fit(None, y[:N]).predict_interval(y[N:].to_frame()[[]], 0.9)
    return y[N:].between(bounds["lower"], bounds["upper"]).to_numpy().reshape(-1, 4).mean(axis=1)


def test_one_season_ahead_a_trend_is_held_and_further_on_it_is_not():
    """The lag grows as k, the band as the root of k."""
    shares = shares_inside(NaiveForecaster("seasonal", seasonality=4))
    assert shares[0] >= 0.75
    assert (shares[1:] == 0).all()
    assert (shares_inside(NaiveForecaster("climatology", seasonality=4)) == 0).all()


@pytest.mark.parametrize(
    "remedy",
    [
        NaiveForecaster("drift"),
        WindowForecaster(
            DummyRegressor(), 4, 4, target_transform="seasonal_difference", seasonality=4
        ),
    ],
)
def test_drift_and_differences_follow_a_trend(remedy):
    shares = shares_inside(remedy)
    assert shares.mean() > 0.8
    assert shares[-3:].mean() > 0.8


# Series that are too short


def test_less_than_a_season_warns_and_is_as_the_warning_says():
    forecaster = NaiveForecaster("seasonal", seasonality=12)
    wanted = r'y has 5 row\(s\), fewer than the 12 that strategy="seasonal" with seasonality=12'
    with pytest.warns(UserWarning, match=wanted) as told:
        forecaster.fit(None, RISING[:5])
    assert [warning.filename for warning in told] == [__file__]
    assert (forecaster.predict(7) == RISING.iloc[4]).all()
    assert forecaster.predict_interval(7).isna().all(axis=None)
    forecaster.fit(None, RISING[:12])  # a whole season
    with pytest.warns(UserWarning, match="history has 5 row"):
        forecaster.predict(2, history=RISING[:5])


def test_one_warning_for_all_short_series_of_a_panel():
    lengths = {"a": 120, "b": 5, "c": 11}
    panel = pd.concat({k: RISING[:n] for k, n in lengths.items()}, names=["shop", "day"])
    wanted = (
        r"2 of the 3 series of y have fewer rows than the 12 \('b' \(5 rows\), 'c' \(11 rows\)\)"
    )
    with pytest.warns(UserWarning, match=wanted) as told:
        NaiveForecaster("seasonal", seasonality=12).fit(None, panel)
    assert len(told) == 1


@pytest.mark.parametrize(("strategy", "n"), [("drift", 2), ("climatology", 4)])
def test_errors_that_cannot_be_seen_warn(strategy, n):
    forecaster = NaiveForecaster(strategy, seasonality=4)
    with pytest.warns(UserWarning, match="intervals have width zero"):
        forecaster.fit(None, RISING[:n])
    bounds = forecaster.predict_interval(3)
    np.testing.assert_allclose(bounds["lower"], bounds["upper"])
    forecaster.fit(None, RISING[: n + 1])
