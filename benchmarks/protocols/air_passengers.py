"""Monthly air passengers: the last 24 months from the 120 before them, from one origin.

The settings were chosen on three stretches of 24 months that end within those 120 (forecast from
month 72, 84 and 96). Forecasts are means over networks that differ in their seed only.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from protocols._shared import with_interval
from sksequence import RNNForecaster
from sksequence.datasets import fetch_air_passengers
from sksequence.metrics import mean_absolute_scaled_error

N_MONTHS = 24
SEASON = 12
N_NETWORKS = 5
SETTINGS = {
    "lookback": 12,
    "horizon": 12,  # the second year is forecast from the first
    "lags": [12],
    "target_transform": "log1p",
    "hidden_size": 16,
    "max_epochs": 100,
    "batch_size": 16,
    "early_stopping": False,
}


def run(data, seed, quick):
    """MASE of 24 months, beside the season before and the season before with its growth."""
    y = fetch_air_passengers(data_home=data).target.astype(float)
    train, test = y[:-N_MONTHS], y[-N_MONTHS:]
    started = time.perf_counter()
    forecasts = [
        forecast(train, test.index, seed + k, 5 if quick else SETTINGS["max_epochs"])
        for k in range(2 if quick else N_NETWORKS)
    ]
    seconds = (time.perf_counter() - started) / len(forecasts)
    ours = sum(forecasts) / len(forecasts)

    def mase(values):
        return mean_absolute_scaled_error(test, values, y_train=train, seasonality=SEASON)

    season = np.tile(train[-SEASON:], N_MONTHS // SEASON)
    grown = season * np.repeat(growth(train) ** np.arange(1, N_MONTHS // SEASON + 1), SEASON)
    alone = [mase(one) for one in forecasts]
    return [
        ("ours, MASE", f"{mase(ours):.3f}", f"aim < 1; {len(forecasts)} networks averaged"),
        ("one network, MASE", with_interval(alone, digits=3), "each alone, over seeds"),
        ("seasonal naive, MASE", f"{mase(season):.3f}", "baseline"),
        ("season grown as the year before, MASE", f"{mase(grown):.3f}", "baseline"),
        (
            "ours, mean absolute error",
            f"{np.abs(test - ours).mean():.1f}",
            "thousands of passengers",
        ),
        ("seconds to train a network", f"{seconds:.1f}", "mean, one thread"),
    ]


def forecast(train: pd.Series, index: pd.DatetimeIndex, seed: int, max_epochs: int) -> pd.Series:
    """Forecasts of one network for the months of `index`."""
    model = RNNForecaster(**{**SETTINGS, "max_epochs": max_epochs}, random_state=seed)
    return model.fit(None, train).predict(pd.DataFrame(index=index))


def growth(train: pd.Series) -> float:
    """The last year divided by the one before."""
    return train[-SEASON:].sum() / train[-2 * SEASON : -SEASON].sum()
