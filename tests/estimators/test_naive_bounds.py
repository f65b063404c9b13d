"""Bounds of naive forecasts where all errors are on one side."""

import numpy as np
import pandas as pd
import pytest

from sksequence import NaiveForecaster
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
