"""Many series, one network: hourly series of the M4 competition, two days ahead.

    python examples/forecast_m4.py [--generated] [--series N]

Reads 60 of the 414 hourly series (loads, sales, traffic: nobody says which) where they are on this
machine; else, or with --generated, draws series with days and weeks of their own shape. Under a
minute on one core. One network learns from all of them at once, each window in units of its own.
Its forecasts are compared with the day before, repeated, which is hard to beat on such series, and
with the week before and a linear model on the same windows.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib import ticker
from scipy import stats
from sklearn.linear_model import Ridge

from sksequence import ForecastDisplay, NaiveForecaster, RNNForecaster, WindowForecaster
from sksequence.datasets import fetch_m4
from sksequence.metrics import (
    interval_coverage,
    mean_absolute_scaled_error,
    symmetric_mean_absolute_percentage_error,
)

PICTURES = Path("demo_pictures")
DAY, WEEK, N_AHEAD = 24, 168, 48
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
N_DRAWN = 6


def generated(n_series, n_hours=700, random_state=0):
    """Series with a daily and a weekly course of their own and noise that lasts some hours."""
    rng = np.random.default_rng(random_state)
    hour = np.arange(n_hours + N_AHEAD)
    parts = {}
    for i in range(n_series):
        day, week = rng.normal(size=(3, 2)) / [[1], [2], [3]], 0.5 * rng.normal(size=7)
        angle = 2 * np.pi * np.outer(hour, np.arange(1, 4)) / DAY
        course = (np.sin(angle) @ day[:, 0] + np.cos(angle) @ day[:, 1]) / 3
        shift = rng.integers(WEEK)
        course += week[(hour + shift) // DAY % 7] / 3
        noise = stats.norm.ppf(rng.uniform(size=len(hour)))
        lasting = pd.Series(noise).ewm(alpha=0.15, adjust=False).mean().to_numpy()
        level = 10 ** rng.uniform(1, 4)
        values = level * np.exp(0.5 * course + 0.15 * lasting + 0.02 * rng.normal(size=len(hour)))
        parts[f"S{i + 1}"] = pd.Series(values, index=hour - n_hours + 1, name="value")
    return pd.concat(parts, names=["series", "step"])


def read(draw, n_series):
    """Past and future of some series: their steps end at 0, and begin at 1."""
    if not draw:
        try:
            m4 = fetch_m4(subset="Hourly", download_if_missing=False)
            return tuple(part.loc[some(part, n_series)] for part in (m4.train, m4.test))
        except (OSError, ImportError) as error:
            print(f"{error}\n\nSo series are drawn.\n")
    both = generated(n_series)
    step = both.index.get_level_values("step")
    return both[step <= 0], both[step > 0]


def some(panel, n):
    """The names of `n` series, evenly spaced, as they stand in the files."""
    names = panel.index.get_level_values("series").unique()
    return list(names[np.linspace(0, len(names) - 1, min(n, len(names))).astype(int)])


def by_series(past, future, forecast):
    """sMAPE (%) and MASE of each series."""
    rows = {}
    for name, actual in future.groupby(level="series", sort=False):
        made = forecast[actual.index]
        rows[name] = {
            "sMAPE": symmetric_mean_absolute_percentage_error(actual, made),
            "MASE": mean_absolute_scaled_error(actual, made, y_train=past[[name]], seasonality=DAY),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def forecasters():
    """The network, and what it has to be better than."""
    windows = {
        "lookback": 2 * DAY,
        "horizon": N_AHEAD,
        "lags": [2 * DAY, WEEK],
        "target_transform": "log1p",
    }
    network = RNNForecaster(  # settings chosen on the last 48 hours of the past
        **windows,
        seasonality=DAY,
        loss="quantile",
        quantiles=LEVELS,
        hidden_size=64,
        batch_size=128,
        learning_rate=0.002,
        windows_per_epoch=4000,
        max_epochs=30,
        early_stopping=False,  # the last days of all series are learned from
        random_state=0,
    )
    return {
        "one network": network,
        "linear model on the same windows": WindowForecaster(Ridge(), **windows),
        "the day before": NaiveForecaster("seasonal", seasonality=DAY),
        "the week before": NaiveForecaster("seasonal", seasonality=WEEK),
    }


def main():
    """Learn, forecast, judge, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generated", action="store_true", help="even where the series are there")
    parser.add_argument("--series", type=int, default=60, help="at most 414")
    arguments = parser.parse_args()
    past, future = read(arguments.generated, arguments.series)
    n_series = past.index.get_level_values("series").nunique()
    print(
        f"{n_series} series, {len(past):,} hours to learn from, {N_AHEAD} of each to forecast. "
        f"Their means lie between {low_and_high(past)}.\n"
    )
    models, scores, seconds = forecasters(), {}, {}
    for name, model in models.items():
        started = time.perf_counter()
        model.fit(None, past)
        seconds[name] = time.perf_counter() - started
        scores[name] = by_series(past, future, model.predict(N_AHEAD))
    write(scores, seconds)
    network = models["one network"]
    bounds = network.predict_interval(N_AHEAD, 0.9)
    covered = interval_coverage(future, bounds["lower"], bounds["upper"])
    print(f"Its 90 % intervals held {100 * covered:.0f} % of what came.\n")
    PICTURES.mkdir(exist_ok=True)
    draw_series(network, past, future)
    draw_scores(scores)


def write(scores, seconds):
    """A row for each way, and how sure the gain is."""
    before, n_series = scores["the day before"], len(scores["the day before"])
    head = (
        f"{'sMAPE (%)':>12}{'MASE':>8}{'series better than the day before':>36}{'trained in':>13}"
    )
    print(" " * 34 + head)
    for name, found in scores.items():
        print(f"  {name:<32}{found['sMAPE'].mean():12.2f}{found['MASE'].mean():8.3f}", end="")
        print(f"{(found['MASE'] < before['MASE']).sum():>30} of {n_series}", end="")
        print(f"{seconds[name]:>11.1f} s")
    gain = before["sMAPE"] - scores["one network"]["sMAPE"]
    half = stats.t.ppf(0.975, n_series - 1) * gain.sem()
    print(
        f"\nThe network gains {gain.mean():.2f} ± {half:.2f} points of sMAPE on the day before "
        "(95 %, over series)."
    )


def low_and_high(past):
    """The smallest and the largest mean of a series."""
    means = past.groupby(level="series").mean()
    return f"{means.min():,.0f} and {means.max():,.0f}"


def draw_series(network, past, future):
    """Some series, evenly spaced, whatever their scores."""
    names = some(past, N_DRAWN)
    asked = pd.DataFrame(index=future.loc[names].index)
    both = {name: pd.concat([past[name], future[name]]) for name in names}
    display = ForecastDisplay.from_estimator(
        network,
        asked,
        pd.concat(both, names=past.index.names),
        levels=(0.5, 0.9),
        n_history=4 * DAY,
    )
    save(display.figure_, "forecast_m4.png")


def draw_scores(scores):
    """Each series: the error of the network beside that of the day before."""
    x, y = (scores[name]["MASE"] for name in ("the day before", "one network"))
    figure, ax = plt.subplots(figsize=(5, 4.8), layout="constrained")
    ends = [0.8 * min(x.min(), y.min()), 1.25 * max(x.max(), y.max())]
    ax.plot(ends, ends, color="0.7", linewidth=1, zorder=0)
    ax.scatter(x, y, s=28, color="#1f5f99", edgecolor="white", linewidth=0.6)
    ax.set(
        xscale="log",
        yscale="log",
        xlim=ends,
        ylim=ends,
        aspect="equal",
        xlabel="MASE of the day before, repeated",
        ylabel="MASE of the network",
        title="a point for each series; below the line the network is better",
    )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(ticker.NullFormatter())
    ax.title.set_size(10)
    ax.spines[["top", "right"]].set_visible(False)
    save(figure, "series_m4.png")


def save(figure, name):
    """Save a picture and say where."""
    path = PICTURES / name
    figure.savefig(path, dpi=120)
    print(f"picture: {path.resolve()}")


if __name__ == "__main__":
    main()
