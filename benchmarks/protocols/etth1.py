"""Temperature of a transformer's oil, univariate, by Informer's protocol: 12 / 4 / 4 months.

For each horizon a network learns from the first 12 months, stops by the next 4, and forecasts all
of the next 24, 48 or 168 hours from every hour of the last 4. The scale is that of the first 12
months. The settings were chosen on the second part, by networks that had seen the first alone.
Forecasts are means over networks that differ in their seed only.
"""

from __future__ import annotations

import time

import numpy as np

from protocols._forecasting_baselines import ETTH1_HORIZONS, etth1_scaled
from protocols._shared import with_interval
from sksequence import RNNForecaster

N_NETWORKS = 5
SETTINGS = {
    "lookback": 48,
    "lags": [168],
    "hidden_size": 32,
    "max_epochs": 12,
    "batch_size": 128,
    "windows_per_epoch": 6000,
    "learning_rate": 0.002,
    "early_stopping": True,
    "n_iter_no_change": 3,
    "validation_fraction": 0.25,  # of the first 16 months: nearly the second part
}
PUBLISHED = {
    24: "LSTMa .114, DeepAR .107, Informer .098",
    48: "LSTMa .193, DeepAR .162, Informer .158",
    168: "LSTMa .236, DeepAR .239, Informer .183",
}


def run(data, seed, quick):
    """Mean squared error for each horizon, beside persistence."""
    y, _, start = etth1_scaled(data)
    rows, started = [], time.perf_counter()
    n_networks = 2 if quick else N_NETWORKS
    settings = {**SETTINGS, "max_epochs": 1} if quick else SETTINGS
    for horizon in ETTH1_HORIZONS[: 1 if quick else None]:
        tables = [forecasts(y, start, horizon, settings, seed + k) for k in range(n_networks)]
        rows += _rows(tables, horizon)
        print(f"horizon {horizon}: {rows[-4][1]}", flush=True)
    seconds = (time.perf_counter() - started) * 4 / (len(rows) * n_networks)
    return [*rows, ("seconds to train a network", f"{seconds:.1f}", "mean, one thread")]


def forecasts(y, start, horizon, settings, seed):
    """A row for each origin and hour ahead: actual, forecast and naive."""
    model = RNNForecaster(horizon=horizon, random_state=seed, **settings)
    return model.backtest(None, y, n_origins=len(y) - start - horizon + 1, n_steps=horizon)


def _rows(tables, horizon):
    actual = tables[0]["actual"].to_numpy()

    def mse(forecast):
        return float(np.square(actual - np.asarray(forecast)).mean())

    alone = [mse(table["forecast"]) for table in tables]
    ours = mse(np.mean([table["forecast"].to_numpy() for table in tables], axis=0))
    return [
        (f"h={horizon}: ours, MSE", f"{ours:.4f}", f"{len(tables)} networks averaged"),
        (
            f"h={horizon}: one network, MSE",
            with_interval(alone, digits=4),
            "each alone, over seeds",
        ),
        (f"h={horizon}: persistence, MSE", f"{mse(tables[0]['naive']):.4f}", "baseline, to beat"),
        (f"h={horizon}: published, MSE", PUBLISHED[horizon], ""),
    ]
