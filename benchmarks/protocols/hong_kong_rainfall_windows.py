"""Tomorrow's rain at the Hong Kong Observatory: the last 10 years, expanding window.

Each year is forecast by networks trained on all days before it. Inputs: 14 days of rain and
the season of the day to forecast. The settings were chosen on 2006-2015, before the test years.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from protocols._shared import with_interval
from sksequence import RNNClassifier, RNNRegressor, make_windows
from sksequence.datasets import fetch_hong_kong_rainfall

LOOKBACK = 14
WET = 0.05  # mm


def run(data, seed, quick):
    """MAE of the amount and Brier score of rain, against simple forecasts."""
    series = fetch_hong_kong_rainfall(data_home=data).target.asfreq("D")
    X, y = windows(series)
    last = y.index[-1]
    starts = pd.date_range(last - pd.DateOffset(years=10) + pd.Timedelta(days=1), last, periods=11)
    forecasts = []
    for k, (start, stop) in enumerate(pairwise(starts)):
        if quick and k < 9:
            continue
        past = np.asarray(y.index < start.floor("D"))
        stop = stop + pd.Timedelta(days=1) if k == 9 else stop.floor("D")
        future = np.asarray((y.index >= start.floor("D")) & (y.index < stop))
        forecasts.append(_forecast(X, y, past, future, seed + k))
        print(f"{start:%Y-%m-%d}: {future.sum()} days", flush=True)
    return _rows(pd.concat(forecasts))


def windows(series):
    """Windows of complete days with the season of their target as context."""
    steps = pd.DataFrame({"log": np.log1p(series), "wet": 1.0 * (series >= WET)}).fillna(0.0)
    X, _ = make_windows(steps, LOOKBACK)
    y = series.iloc[LOOKBACK:]
    angle = 2 * np.pi * y.index.day_of_year.to_numpy() / 365.25
    X = X.with_context(np.column_stack([f(m * angle) for m in (1, 2) for f in (np.sin, np.cos)]))
    complete = (series.notna().rolling(LOOKBACK + 1).sum() == LOOKBACK + 1).to_numpy()[LOOKBACK:]
    return X[complete], y[complete]


def _forecast(X, y, past, future, seed):
    settings = {
        "hidden_size": 32,
        "dropout": 0.0,
        "context_at": "both",
        "batch_size": 128,
        "early_stopping": True,
        "random_state": seed,
    }
    amount = RNNRegressor(loss="absolute_error", **settings).fit(X[past], y[past])
    rain = RNNClassifier(**settings).fit(X[past], y[past] >= WET)
    day, day_past = y.index[future].day_of_year, y.index[past].day_of_year
    by_day = y[past].groupby(day_past)
    return pd.DataFrame(
        {
            "actual": y[future],
            "network": np.maximum(amount.predict(X[future]), 0.0),
            "median": by_day.median().reindex(day).to_numpy(),
            "mean": by_day.mean().reindex(day).to_numpy(),
            "persistence": y.shift(1)[future],
            "wet_network": rain.predict_proba(X[future])[:, 1],
            "wet_climatology": (y[past] >= WET).groupby(day_past).mean().reindex(day).to_numpy(),
        }
    )


def _rows(table):
    actual, wet = table["actual"], table["actual"] >= WET
    by_year = table.index.year

    def mae(forecast):
        return np.abs(forecast - actual)

    def brier(probability):
        return (probability - wet) ** 2

    gain = (mae(0.0) - mae(table["network"])).groupby(by_year).mean()
    brier_gain = (brier(table["wet_climatology"]) - brier(table["wet_network"])).groupby(by_year)
    return [
        (
            "days forecast",
            f"{len(table)}",
            f"{table.index[0]:%Y-%m-%d} to {table.index[-1]:%Y-%m-%d}",
        ),
        ("ours, MAE mm", f"{mae(table['network']).mean():.3f}", "aim: below both baselines"),
        ("always zero, MAE mm", f"{mae(0.0).mean():.3f}", "baseline"),
        ("day-of-year median, MAE mm", f"{mae(table['median']).mean():.3f}", "baseline"),
        ("day-of-year mean, MAE mm", f"{mae(table['mean']).mean():.3f}", "baseline"),
        ("persistence, MAE mm", f"{mae(table['persistence']).mean():.3f}", "baseline"),
        ("gain over always zero, mm", with_interval(gain, digits=3), "over calendar years"),
        ("ours, Brier score of rain", f"{brier(table['wet_network']).mean():.4f}", "aim: below"),
        ("climatology, Brier", f"{brier(table['wet_climatology']).mean():.4f}", "baseline"),
        ("gain in Brier", with_interval(brier_gain.mean(), digits=4), "over calendar years"),
    ]
