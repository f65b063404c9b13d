"""M4, hourly and weekly: one network for all series of a kind, by the competition's protocol.

The settings were chosen on the last 13 weeks, or 48 hours, of the training series, forecast by
networks that had not seen them. The networks that forecast the test steps learn from the whole
training series. Forecasts are means over networks that differ in their seed only.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from protocols._forecasting_baselines import m4_scores, seasonal_naive
from protocols._shared import with_interval
from sksequence import RNNForecaster
from sksequence.datasets import fetch_m4

N_NETWORKS = {"Hourly": 3, "Weekly": 5}
WEEKLY = {
    "lookback": 52,
    "target_transform": "log1p",
    "loss": "absolute_error",
    "hidden_size": 64,
    "max_epochs": 8,
    "batch_size": 256,
    "windows_per_epoch": 20_000,
    "early_stopping": False,
}
HOURLY = {
    **WEEKLY,
    "lookback": 48,
    "lags": [48, 168],
    "hidden_size": 128,
    "max_epochs": 10,
}
PUBLISHED_HOURLY = "ES-RNN 9.328, MLP 13.842 and RNN of the organisers 14.698, Theta 18.138"
PUBLISHED_WEEKLY = "ES-RNN 7.817, Theta 9.093, RNN of the organisers 15.220"


def run_hourly(data, seed, quick):
    """414 series, 48 hours ahead."""
    m4 = fetch_m4(subset="Hourly", data_home=data)
    return _rows(m4, HOURLY, seed, quick, "< 11", PUBLISHED_HOURLY)


def run_weekly(data, seed, quick):
    """359 series, 13 weeks ahead."""
    m4 = fetch_m4(subset="Weekly", data_home=data)
    return _rows(m4, WEEKLY, seed, quick, "< 8.6", PUBLISHED_WEEKLY)


def _rows(m4, settings, seed, quick, aim, published):
    n_networks = 1 if quick else N_NETWORKS[m4.subset]
    if quick:
        settings = {**settings, "max_epochs": 1}
    forecasts, seconds = [], []
    for k in range(n_networks):
        started = time.perf_counter()
        forecasts.append(forecast(m4.train, m4.test.index, settings, seed + k))
        seconds.append(time.perf_counter() - started)
        print(f"seed {seed + k}: {m4_scores(m4, forecasts[-1])['smape']:.3f}", flush=True)
    ours = sum(forecasts) / n_networks
    naive = seasonal_naive(m4.train, m4.test.index, m4.seasonality)
    scores, naive_scores = m4_scores(m4, ours), m4_scores(m4, naive)
    gains = smape_by_series(m4.test, naive) - smape_by_series(m4.test, ours)
    alone = [m4_scores(m4, one)["smape"] for one in forecasts]
    what = "naive" if m4.seasonality == 1 else "seasonal naive"
    return [
        ("ours, sMAPE", f"{scores['smape']:.3f}", f"aim {aim}; {n_networks} networks averaged"),
        ("one network, sMAPE", with_interval(alone, digits=3), "each alone, over seeds"),
        (f"{what}, sMAPE", f"{naive_scores['smape']:.3f}", "baseline"),
        ("gain over it, points", with_interval(gains, digits=3), "paired over the series"),
        ("ours, MASE", f"{scores['mase']:.3f}", f"{what} {naive_scores['mase']:.3f}"),
        ("published, sMAPE", published, ""),
        ("seconds to train a network", f"{np.median(seconds):.0f}", "median, one thread"),
    ]


def forecast(train: pd.Series, index: pd.MultiIndex, settings, seed) -> pd.Series:
    """Forecasts of one network for all series, at the steps of `index`."""
    model = RNNForecaster(
        horizon=int(index.get_level_values("step").max()), random_state=seed, **settings
    )
    return model.fit(None, train).predict(pd.DataFrame(index=index)).rename(train.name)


def smape_by_series(actual: pd.Series, forecast: pd.Series) -> pd.Series:
    """Symmetric mean absolute percentage error of each series."""
    errors = 200 * (actual - forecast).abs() / (actual.abs() + forecast.abs())
    return errors.groupby(level="series", sort=False).mean()
