"""Walk forward over rows that are known: the same for all forecasters."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from sksequence.estimators._forecast_ask import N_WINDOWS, forecasts_at, origins_at
from sksequence.estimators._forecast_data import Past
from sksequence.estimators._forecast_marginals import corrected_levels, marginals
from sksequence.estimators._forecast_read import read_tables
from sksequence.estimators._forecast_tables import (
    head,
    origins_of,
    some_series,
    walk_forward,
)
from sksequence.estimators._forecast_warnings import warn
from sksequence.inputs import TimeTable


def read_for_backtest(
    forecaster: Any, X: Any, y: Any, settings: tuple
) -> tuple[TimeTable, TimeTable | None]:
    """y and X as tables; series that are too short to walk forward in are left out, aloud."""
    n_origins, step, n_steps, _ = settings
    n_steps = getattr(forecaster, "horizon", 1) if n_steps is None else n_steps
    for what, value in (("n_origins", n_origins), ("step", step), ("n_steps", n_steps)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{what} must be a whole number of at least 1, got {value!r}.")
    target, covariates = read_tables(forecaster, X, y)
    needed = n_steps + (n_origins - 1) * step
    short = np.flatnonzero(target.lengths <= needed)
    if not len(short) or len(short) == target.n_series:
        return target, covariates
    warn(
        f"{len(short)} of the {target.n_series} series of y have no more than the {needed} rows "
        f"that {n_origins} origins, {step} row(s) apart, with {n_steps} rows each forecast, and "
        f"are left out of the backtest: {some_series(target, short)}."
    )
    keys = target.keys[target.lengths > needed]
    return target.select_series(keys), covariates and covariates.select_series(keys)


def backtest(
    forecaster: Any,
    target: TimeTable,
    covariates: TimeTable | None,
    settings: tuple,
    fit: Callable,
    columns: Callable,
) -> pd.DataFrame:
    """Forecasts from one origin after the other, as a table.

    Parameters
    ----------
    forecaster : estimator
    target, covariates : TimeTable
        Past and test rows together.
    settings : tuple
        `n_origins`, `step`, `n_steps` (None: the horizon) and `refit`.
    fit : callable
        ``fit(target, covariates)`` on the first rows of each series.
    columns : callable
        ``columns(starts, series, n_steps)``: columns of the table, each
        ``(n_origins, n_steps, n_targets)``.
    """
    n_origins, step, n_steps, refit = settings
    n_steps = getattr(forecaster, "horizon", 1) if n_steps is None else n_steps
    known = origins_of(target, n_origins, step, n_steps, type(forecaster).__name__)

    def forecasts(lengths, starts, series):
        fit(head(target, lengths), head(covariates, lengths))
        return columns(starts, series, n_steps)

    return walk_forward(target, known, n_steps, forecaster.seasonality, refit, forecasts)


def check_quantiles(quantiles: Any) -> np.ndarray:
    """Levels between 0 and 1; none for None."""
    wanted = np.asarray(() if quantiles is None else quantiles, dtype=float)
    if wanted.ndim != 1 or (len(wanted) and not 0 < wanted.min() <= wanted.max() < 1):
        raise ValueError(f"quantiles must be numbers between 0 and 1, got {quantiles!r}.")
    return wanted


def model_columns(
    model: Any,
    target: TimeTable,
    covariates: TimeTable | None,
    starts: np.ndarray,
    series: np.ndarray,
    n_steps: int,
    quantiles: np.ndarray,
    calibrated: bool = True,
) -> dict:
    """Forecasts and quantiles of a fitted model from rows of known tables."""
    past = Past(model.data_, target, covariates, model.spread_)
    made = {"forecast": forecasts_at(model, past, starts, series, n_steps)}
    if not len(quantiles):
        return made
    parts = []
    for at in range(0, len(starts), N_WINDOWS):
        some = slice(at, at + N_WINDOWS)
        origins = origins_at(model, past, starts[some], series[some], n_steps)
        levels = corrected_levels(model, quantiles, origins.n_steps, calibrated)
        parts.append(marginals(model, past, origins, 0).quantile(levels)[:, :n_steps])
    found = np.concatenate(parts)
    return made | {level: found[..., q] for q, level in enumerate(quantiles.tolist())}
