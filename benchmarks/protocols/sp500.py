"""Tomorrow's return of the S&P 500: last 10 years, expanding window.

Logarithmic returns from close to close, in per cent. Each year of 252 trading days is forecast,
day by day, by networks that have learned from all days before it; they stop by the last fifth of
those. Nothing was tuned. No skill is expected: that the forecast of such returns is a constant is
the usual finding. Skill is 1 - MSE / MSE of the rule, for all days at once, and as a mean over
calendar years, in which a wild year counts no more than a calm one.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd

from protocols._shared import with_interval
from sksequence import RNNForecaster
from sksequence.datasets import fetch_sp500

YEARS = 10
N_NETWORKS = 3
REFIT = 252  # origins
SETTINGS = {
    "lookback": 21,
    "hidden_size": 16,
    "max_epochs": 30,
    "batch_size": 256,
    "learning_rate": 1e-3,
    "early_stopping": True,
    "validation_fraction": 0.2,
}


def run(data, seed, quick):
    """Skill against zero, the mean so far and today's return; days with the right sign."""
    price = fetch_sp500(data_home=data).target
    returns = (100 * np.log(price)).diff().dropna().rename("return")
    days = returns.index
    n_origins = int((days > days[-1] - pd.DateOffset(years=1 if quick else YEARS)).sum())
    forecasts, seconds = [], []
    for k in range(1 if quick else N_NETWORKS):
        started = time.perf_counter()
        forecasts.append(_walk(returns, n_origins, seed + k))
        seconds.append((time.perf_counter() - started) / np.ceil(n_origins / REFIT))
        print(f"seed {seed + k}: {seconds[-1]:.1f} seconds a fit", flush=True)
    return [
        *_rows(returns, np.array(forecasts)),
        ("seconds of a fit", f"{np.mean(seconds):.1f}", "mean, one thread"),
    ]


def _walk(returns, n_origins, seed):
    """The forecast of each test day, made the evening before."""
    model = RNNForecaster(random_state=seed, **SETTINGS)
    rows = returns.reset_index(drop=True)  # trading days, counted: exchanges close on holidays
    with warnings.catch_warnings():  # that it is no better than today's return, as may be
        warnings.filterwarnings("ignore", message=".*does not beat the naive")
        table = model.backtest(None, rows, n_origins=n_origins, refit=REFIT)
    return table["forecast"].to_numpy()


def _rows(returns, forecasts):
    test = returns.iloc[-forecasts.shape[1] :]
    actual, years = test.to_numpy(), test.index.year
    rules = {
        "zero": np.zeros(len(test)),
        "the mean so far": returns.expanding().mean().shift()[test.index].to_numpy(),
        "today's return": returns.shift()[test.index].to_numpy(),
    }
    ours = forecasts.mean(axis=0)
    rows = [
        ("days forecast", f"{len(test)}", f"{test.index[0]:%Y-%m-%d} to {test.index[-1]:%Y-%m-%d}"),
        (
            "ours, root mean squared error, %",
            f"{_mse(actual, ours) ** 0.5:.4f}",
            _averaged(forecasts),
        ),
    ]
    for name, values in rules.items():
        alone = [_skill(actual, one, values) for one in forecasts]
        by_year = [_skill(*(a[years == y] for a in (actual, ours, values))) for y in set(years)]
        rows += [
            (f"{name}, root mean squared error, %", f"{_mse(actual, values) ** 0.5:.4f}", "rule"),
            (f"skill against {name}, %", f"{100 * _skill(actual, ours, values):.2f}", "all days"),
            ("the same, mean of calendar years, %", with_interval(by_year, 100), "over years"),
            ("the same, one network, %", with_interval(alone, 100), "all days, over seeds"),
        ]
    right = pd.Series(np.sign(ours) == np.sign(actual)).groupby(years).mean()
    up = pd.Series(actual > 0).groupby(years).mean()
    correlation = np.corrcoef(ours, actual)[0, 1]
    return [
        *rows,
        ("days with the right sign, %", with_interval(right, 100), "over years"),
        ("days that rose, %", with_interval(up, 100), "right for who always says so"),
        ("correlation with what came", f"{correlation:.3f}", "of all days"),
        ("spread of the forecasts, %", f"{ours.std():.3f}", f"of the returns {actual.std():.3f}"),
    ]


def _averaged(forecasts):
    return f"{len(forecasts)} networks averaged"


def _mse(actual, forecast):
    return float(np.mean((actual - forecast) ** 2))


def _skill(actual, forecast, rule):
    return 1 - _mse(actual, forecast) / _mse(actual, rule)
