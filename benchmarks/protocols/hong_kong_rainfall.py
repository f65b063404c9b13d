"""Tomorrow's rain at the Hong Kong Observatory as a distribution: last 10 years, expanding window.

Each year is forecast, day by day, by networks that have seen the days before it alone, from 1947
on, after the gap of the war; forecasts are means of their quantiles. Beside them stands
climatology: what fell around the same day in all the years before, from 1884 on, in the same run.
The settings were chosen on 2006-2015, before the test years.

A dry day has a probability of its own, so that it is no point of the interval between the 5 % and
the 95 % quantile: it lies anywhere between probability 0 and that of staying dry, and counts with
the share of that stretch between 5 and 95 % (the mean of randomised ranks). Counting all dry days
as inside would make 90 % intervals hold about 95 %.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd

from protocols._shared import with_interval
from sksequence import RNNForecaster
from sksequence.datasets import fetch_hong_kong_rainfall

WET = 0.05  # mm; what is less, a "trace", is 0 here
YEARS = 10
FIRST = "1947"
N_NETWORKS = 3
REFIT = 366  # origins; so ten fits
LEVELS = np.arange(1, 200) / 200  # of the quantiles that stand for a distribution
SETTINGS = {
    "lookback": 14,
    "calendar": ["day_of_year"],
    "past_covariates": ["log", "wet"],
    "loss": "zero_inflated_gamma",
    "hidden_size": 32,
    "batch_size": 256,
    "learning_rate": 0.003,
    "max_epochs": 40,
    "early_stopping": True,
}


def run(data, seed, quick):
    """MAE of the median, Brier score of rain, CRPS and coverage, beside climatology."""
    rain = fetch_hong_kong_rainfall(trace=0.0, data_home=data).target.asfreq("D")
    last = rain.index[-1]
    n_origins = 366 if quick else (last - (last - pd.DateOffset(years=YEARS))).days
    settings = {**SETTINGS, "max_epochs": 1} if quick else SETTINGS
    tables, seconds = [], []
    for k in range(1 if quick else N_NETWORKS):
        started = time.perf_counter()
        tables.append(forecasts(rain[FIRST:], n_origins, settings, seed + k))
        seconds.append((time.perf_counter() - started) / np.ceil(n_origins / REFIT))
        print(f"seed {seed + k}: {seconds[-1]:.0f} seconds a fit", flush=True)
    actual = tables[0]["actual"]
    each = [table[list(LEVELS)].to_numpy() for table in tables]
    climates = {width: climatology(rain, actual.index, width) for width in (0, 10)}
    return [*_rows(actual, each, climates), ("seconds of a fit", f"{np.mean(seconds):.0f}", "mean")]


def forecasts(rain, n_origins, settings, seed):
    """A row for each test day with its quantiles; the network is fitted anew each year."""
    model = RNNForecaster(horizon=1, random_state=seed, **settings)
    with warnings.catch_warnings():  # it is of point forecasts; here distributions are compared
        warnings.filterwarnings("ignore", message=".*does not beat the naive")
        return model.backtest(
            covariates(rain), rain, n_origins=n_origins, refit=REFIT, quantiles=LEVELS
        )


def covariates(rain):
    """Rain in logarithms and whether it was wet, known up to today; two waves of the year."""
    angle = 4 * np.pi * rain.index.day_of_year.to_numpy() / 365.25
    steps = {"log": np.log1p(rain), "wet": 1.0 * (rain >= WET)}
    columns = {**steps, "sin": np.sin(angle), "cos": np.cos(angle)}
    return pd.DataFrame(columns, index=rain.index)


def climatology(rain, days, width):
    """Quantiles of what fell within `width` days of the same day of the year, in years before."""
    result = np.empty((len(days), len(LEVELS)))
    for year in days.year.unique():
        past = rain[: f"{year - 1}-12-31"].dropna()
        there, values = past.index.day_of_year.to_numpy(), past.to_numpy()
        for row in np.flatnonzero(days.year == year):
            distance = np.abs(there - days[row].day_of_year)
            near = np.minimum(distance, 366 - distance) <= width
            result[row] = np.quantile(values[near], LEVELS)
    return result


def scores(actual, quantiles):
    """Of each day: absolute error of the median, Brier, CRPS, coverage, and with dry days in."""
    y, levels = actual.to_numpy()[:, np.newaxis], LEVELS
    wet = (quantiles >= WET).mean(axis=1)
    low, high = (quantiles[:, np.argmin(np.abs(levels - level))] for level in (0.05, 0.95))
    inside = (low <= y[:, 0]) & (y[:, 0] <= high)
    dry = 1 - wet  # its probability
    share = np.maximum(np.minimum(dry, 0.95) - 0.05, 0) / np.maximum(dry, 1 / len(levels))
    pinball = np.maximum(levels * (y - quantiles), (levels - 1) * (y - quantiles))
    return pd.DataFrame(
        {
            "error": np.abs(quantiles[:, len(levels) // 2] - y[:, 0]),
            "brier": (wet - (y[:, 0] >= WET)) ** 2,
            "crps": 2 * pinball.mean(axis=1),
            "covered": np.where(y[:, 0] >= WET, inside, share),
            "closed": inside,
        },
        index=actual.index,
    )


def _rows(actual, each, climates):
    ours = scores(actual, np.mean(each, axis=0))
    alone = pd.DataFrame([scores(actual, one).mean() for one in each])
    day, around = (scores(actual, quantiles) for quantiles in climates.values())
    zero = actual.abs()

    def by_year(values, **options):
        return with_interval(values.groupby(values.index.year).mean(), **options)

    def score(what, column, unit, digits, aim):
        gain = by_year(around[column] - ours[column], digits=digits)
        single = with_interval(alone[column], digits=digits)
        means = [f"{table[column].mean():.{digits}f}" for table in (ours, day, around)]
        return [
            (f"ours, {what}{unit}", means[0], aim),
            (f"one network, {what}{unit}", single, "each alone, over seeds"),
            (f"climatology of the day, {what}{unit}", means[1], "baseline"),
            (f"climatology within 10 days, {what}{unit}", means[2], "baseline"),
            (f"gain over the latter{unit}", gain, "over calendar years"),
        ]

    span = f"{actual.index[0]:%Y-%m-%d} to {actual.index[-1]:%Y-%m-%d}"
    return [
        ("days forecast", f"{len(actual)}", f"{span}; {len(each)} networks averaged"),
        *score("MAE of the median", "error", ", mm", 3, "aim: below all baselines"),
        ("always zero, MAE, mm", f"{zero.mean():.3f}", "baseline"),
        ("gain over always zero, mm", by_year(zero - ours["error"], digits=3), "over years"),
        *score("Brier score of rain", "brier", "", 4, "aim: below"),
        *score("CRPS", "crps", ", mm", 3, "aim: below"),
        ("in 90 % intervals, %", by_year(ours["covered"], scale=100), "aim 88 to 92, over years"),
        ("one network", with_interval(alone["covered"] * 100), "each alone, over seeds"),
        ("dry days counted as inside", f"{100 * ours['closed'].mean():.2f}", ""),
    ]
