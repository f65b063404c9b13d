"""Two years of airline passengers, forecast month by month from one origin.

    python examples/forecast_passengers.py [--generated] [--networks N]

Reads the classic monthly series, 1949 to 1960, where it is on this machine; else, or with
--generated, draws one like it: growth, and seasons that grow with it. About half a minute on one
core. Prints the mean absolute scaled error (below 1: better than the season before was in the past)
beside that of simple forecasts, and saves the forecast with its intervals and the errors by month.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pandas as pd

from sksequence import BacktestDisplay, ForecastDisplay, NaiveForecaster, RNNForecaster
from sksequence.datasets import fetch_air_passengers
from sksequence.metrics import mean_absolute_scaled_error

PICTURES = Path("demo_pictures")
SEASON, N_AHEAD = 12, 24


def generated(n_months=144, random_state=0):
    """Growth that slows down and speeds up, times a season, times noise."""
    rng = np.random.default_rng(random_state)
    month = np.arange(n_months)
    season = 0.18 * np.cos(2 * np.pi * (month - 6.5) / SEASON) + 0.07 * np.cos(np.pi * month / 3)
    level = np.log(120) + np.cumsum(0.009 + rng.normal(0, 0.012, n_months))
    values = np.exp(level + season + rng.normal(0, 0.02, n_months))
    index = pd.date_range("1949-01-01", periods=n_months, freq="MS", name="date")
    return pd.Series(values.round(), index=index, name="passengers (thousands)")


def read(draw):
    """Thousands of passengers, month by month."""
    if not draw:
        try:
            y = fetch_air_passengers(download_if_missing=False).target.astype(float)
            return y.rename("passengers (thousands)")
        except (OSError, ImportError) as error:
            print(f"{error}\n\nSo a series is drawn that is like it.\n")
    return generated()


def main():
    """Learn, forecast, judge, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generated", action="store_true", help="even where the series is there")
    parser.add_argument("--networks", type=int, default=5, help="to see how much they differ")
    arguments = parser.parse_args()
    y = read(arguments.generated)
    past, future = y[:-N_AHEAD], y[-N_AHEAD:]
    print(f"{len(past)} months to learn from, {N_AHEAD} to forecast: {future.index[0]:%B %Y} on.")

    def mase(forecast):
        return mean_absolute_scaled_error(future, forecast, y_train=past, seasonality=SEASON)

    settings = {
        "lookback": SEASON,
        "horizon": SEASON,  # the second year is forecast from the first
        "seasonality": SEASON,
        "lags": [SEASON],
        "target_transform": "log1p",
        "loss": "gaussian",
        "hidden_size": 16,
        "batch_size": 16,
        "max_epochs": 100,
        "early_stopping": False,  # so few months: all of them are learned from
    }
    started = time.perf_counter()
    networks = [
        RNNForecaster(**settings, random_state=seed).fit(None, past)
        for seed in range(arguments.networks)
    ]
    print(f"trained {len(networks)} networks in {time.perf_counter() - started:.0f} s\n")
    forecasts = [network.predict(N_AHEAD) for network in networks]
    print("MASE of the two years (the pictures show network 0, whatever its score):")
    for seed, forecast in enumerate(forecasts):
        print(f"  network {seed}                  {mase(forecast):.2f}")
    print(f"  their mean                 {mase(sum(forecasts) / len(forecasts)):.2f}")
    for strategy in ("seasonal", "last", "drift"):
        naive = NaiveForecaster(strategy, seasonality=SEASON).fit(None, past)
        print(f"  naive: {strategy:<20}{mase(naive.predict(N_AHEAD)):.2f}")
    grown = past[-SEASON:].sum() / past[-2 * SEASON : -SEASON].sum()
    last_year = np.tile(past[-SEASON:], 2) * np.repeat([grown, grown**2], SEASON)
    print(f"  last year, grown as before {mase(last_year):.2f}\n")

    PICTURES.mkdir(exist_ok=True)
    display = ForecastDisplay.from_estimator(networks[0], N_AHEAD, y)
    save(display.figure_, "forecast_passengers.png")
    display = BacktestDisplay.from_estimator(networks[0], None, y, n_origins=N_AHEAD)
    display.ax_.set_title("forecasts from 24 months in a row, weights as of the first", fontsize=10)
    save(display.figure_, "backtest_passengers.png")


def save(figure, name):
    """Save a picture and say where."""
    path = PICTURES / name
    figure.savefig(path, dpi=120)
    print(f"picture: {path.resolve()}")


if __name__ == "__main__":
    main()
