"""Daily exchange rates of eight countries, by LSTNet's protocol: 60 / 20 / 20 %.

For each horizon one network for all countries learns from the first 60 % of the days, stops by the
next 20 %, and forecasts the last 20 %, each day from the days up to `horizon` days before it.
The settings were chosen on the second part, by networks that had seen the first alone.
Forecasts are means over networks that differ in their seed only.
"""

from __future__ import annotations

import time
import warnings

import numpy as np

from protocols._forecasting_baselines import (
    EXCHANGE_HORIZONS,
    exchange_rate_borders,
    relative_squared_error,
)
from protocols._shared import with_interval
from sksequence import RNNForecaster
from sksequence.datasets import fetch_exchange_rate

N_NETWORKS = 5
SETTINGS = {
    "lookback": 24,
    "hidden_size": 16,
    "max_epochs": 8,
    "batch_size": 256,
    "windows_per_epoch": 8000,
    "learning_rate": 3e-4,
    "early_stopping": True,
    "n_iter_no_change": 3,
    "validation_fraction": 0.25,  # of the first 80 %: nearly the second part
}
PUBLISHED = {
    3: "LSTNet .0226, RNN-GRU .0192",
    6: "LSTNet .0280, RNN-GRU .0264",
    12: "LSTNet .0356, RNN-GRU .0408",
    24: "LSTNet .0449, RNN-GRU .0626",
}


def run(data, seed, quick):
    """RSE for each horizon, beside persistence."""
    rates = fetch_exchange_rate(data_home=data).target
    rows, started = [], time.perf_counter()
    n_networks = 2 if quick else N_NETWORKS
    settings = {**SETTINGS, "max_epochs": 1} if quick else SETTINGS
    for horizon in EXCHANGE_HORIZONS[: 1 if quick else None]:
        tables = [forecasts(rates, horizon, settings, seed + k) for k in range(n_networks)]
        rows += _rows(tables, horizon)
        print(f"horizon {horizon}: {rows[-4][1]}", flush=True)
    seconds = (time.perf_counter() - started) * 4 / (len(rows) * n_networks)
    return [*rows, ("seconds to train a network", f"{seconds:.1f}", "mean, one thread")]


def forecasts(rates, horizon, settings, seed):
    """A row for each country and test day: actual, forecast and naive, `horizon` days ahead."""
    _, start = exchange_rate_borders(len(rates))
    panel = rates.T.stack().rename_axis(["country", "day"]).rename("rate")
    model = RNNForecaster(horizon=horizon, random_state=seed, **settings)
    with warnings.catch_warnings():  # that it is no better than the last value, as expected
        warnings.filterwarnings("ignore", message=".*does not beat the naive")
        table = model.backtest(None, panel, n_origins=len(rates) - start, n_steps=horizon)
    return table[table["step"] == horizon]


def _rows(tables, horizon):
    actual, naive = (tables[0][name].to_numpy() for name in ("actual", "naive"))
    ours = np.mean([table["forecast"].to_numpy() for table in tables], axis=0)
    score, persistence = (relative_squared_error(actual, values) for values in (ours, naive))
    alone = [relative_squared_error(actual, table["forecast"].to_numpy()) for table in tables]
    ratios = np.array(alone) / persistence
    return [
        (f"h={horizon}: ours, RSE", f"{score:.4f}", f"{len(tables)} networks averaged"),
        (f"h={horizon}: persistence, RSE", f"{persistence:.4f}", "baseline"),
        (
            f"h={horizon}: one network / persistence",
            with_interval(ratios, digits=4),
            f"aim <= 1.01; the average {score / persistence:.4f}",
        ),
        (f"h={horizon}: published, RSE", PUBLISHED[horizon], ""),
    ]
