"""From the rows that are asked for to forecasts of a fitted forecaster."""

from __future__ import annotations

import warnings
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted, validate_data

from sksequence.estimators._forecast_marginals import Around, Drawn, Exact, conformal_quantile
from sksequence.estimators._forecast_read import read_tables, rows_before
from sksequence.estimators._forecast_roll import Origins, Roller
from sksequence.estimators._forecast_tables import answer, at_steps, backtest_table, read_future
from sksequence.inputs import TimeTable
from sksequence.utils._random import make_generator

# Paths from which quantiles are taken, and windows that are held back at most to see errors.
N_PATHS = 500
N_HELD_BACK = 500
POINT_LOSSES = ("squared_error", "absolute_error", "huber")


def ask(forecaster, X, history, X_history):
    """The rows that are asked for, the table they follow, and its origins."""
    check_is_fitted(forecaster)
    table, covariates = forecaster.tail_, forecaster.covariate_tail_
    if history is not None:
        table, covariates = read_tables(forecaster, X_history, history)
        check_history(forecaster, table, covariates)
    name = type(forecaster).__name__
    if X is not None and not isinstance(X, Integral):
        validate_data(forecaster, X, reset=False, skip_check_array=True)
    future = read_future(X, table, forecaster.gap, forecaster.covariate_names_, name)
    steps = future.steps(table)
    if (steps < 0).any() and forecaster.in_sample == "error":
        i = int(np.argmin(steps))
        raise ValueError(
            f"row {i} of X lies {-int(steps[i])} row(s) before the end of what {name} was "
            "fitted on, but predict forecasts the rows that follow: leave the past out, or set "
            'in_sample="one_step" for forecasts of past rows from those before them.'
        )
    n_steps = max(int(steps.max()) + 1, 1)
    return future, table, origins(forecaster, table, covariates, future, n_steps)


def origins(forecaster, table, covariates, future, n_steps) -> Origins:
    """The end of each series as an origin."""
    data, n_before = forecaster.data_, rows_before(forecaster)
    rows = data.rows(table, covariates)
    ends = table.offsets[1:]
    known = np.zeros((len(ends), n_before + n_steps, data.n_known))
    back = ends[:, None] + np.arange(-n_before, 0)
    known[:, :n_before] = rows.known[back]
    if data.n_known:
        known[:, n_before:] = known_ahead(forecaster, table, covariates, future, n_steps)
    spread = rows.spread if table is not forecaster.tail_ else forecaster.spread_
    return Origins(rows.targets[back], rows.observed[back], known, rows.static, spread)


def known_ahead(forecaster, table, covariates, future, n_steps) -> np.ndarray:
    numbers = np.zeros((len(table.lengths), n_steps, 0))
    if covariates is not None and covariates.values.shape[1]:
        if forecaster.data_.known and not future.numbers.shape[1]:
            raise ValueError(
                f"{type(forecaster).__name__} was fitted with covariates that are known in advance, "
                "but X brings none for the rows to forecast: give them, or name them in "
                "past_covariates and fit again."
            )
        if future.numbers.shape[1]:
            check_future(forecaster, future, table)
        last = covariates.values[covariates.offsets[1:] - 1]
        numbers = future.known_numbers(table, last, n_steps)
    positions = table.stops[:, None] + np.arange(n_steps)
    index = None
    if forecaster.data_.calendar:
        index = table.clock.index(positions.ravel())
    flat = numbers.reshape(positions.size, numbers.shape[2])
    return forecaster.data_.future_known(index, flat).reshape(*positions.shape, -1)


def check_future(forecaster, future, table) -> None:
    known = list(forecaster.data_.known)
    bad = ~np.isfinite(future.numbers[:, known]) & (future.steps(table) >= 0)[:, None]
    if bad.any() and forecaster.missing == "error":
        row, column = np.argwhere(bad)[0]
        names = forecaster.covariate_names_
        column = known[column] if names is None else names[known[column]]
        raise ValueError(
            f"X has no number in column {column!r} of row {row}, which is known in advance: "
            "fill it, or name the column in past_covariates and fit again."
        )


def check_history(forecaster, table, covariates) -> None:
    needed = rows_before(forecaster) + forecaster.data_.n_lost
    if (table.lengths < needed).any():
        i = int(np.argmin(table.lengths))
        raise ValueError(
            f"history has {table.lengths[i]} rows of "
            f"{'the series' if table.keys is None else repr(table.keys[i])}, but forecasts "
            f"need lookback + lags = {needed}."
        )
    given = 0 if covariates is None else covariates.values.shape[1]
    wanted = len(forecaster.data_.mean)
    if given != wanted:
        raise ValueError(
            f"history came with {given} covariates (X_history), but {type(forecaster).__name__} was "
            f"fitted with {wanted}: give them for the rows of history."
        )


def roller_of(forecaster) -> Roller:
    return Roller(
        forecaster.network_,
        forecaster.distribution_,
        forecaster.lookback,
        forecaster.horizon,
        forecaster.lags_,
    )


def to_user(forecaster, values, history, series) -> np.ndarray:
    """Forecasts ``(n_origins, n_steps, n_targets)`` in the user's units.

    `history` holds the values before each origin in the user's units.
    """
    transforms = forecaster.data_.transforms
    return values if transforms is None else transforms.invert(values, history, series)


def history_of(forecaster, table: TimeTable) -> np.ndarray:
    """The last values of each series in the user's units."""
    n = max(forecaster.data_.n_lost, 1)
    return table.values[table.offsets[1:, None] + np.arange(-n, 0)]


def point_of(forecaster, parameters, table) -> np.ndarray:
    values = forecaster.distribution_.mean(parameters)
    return to_user(forecaster, values, history_of(forecaster, table), np.arange(len(values)))


def as_asked(forecaster, values, future, table) -> Any:
    steps = future.steps(table)
    rows = values[future.series, np.maximum(steps, 0)]
    if (steps < 0).any():
        past = steps < 0
        rows[past] = one_step(forecaster, future.series[past], future.positions[past])
    return answer(rows, future, table, forecaster.one_target_, forecaster.target_name_)


def one_step(forecaster, series, positions) -> np.ndarray:
    """Forecasts of past rows from those before them; the first ones see fewer."""
    table, data, n_before = forecaster.tail_, forecaster.data_, rows_before(forecaster)
    rows = data.rows(table, forecaster.covariate_tail_)
    at = table.offsets[series] + positions - table.starts[series]
    first = table.offsets[series] + data.n_lost
    back = np.maximum(at[:, None] + np.arange(-n_before, 0), first[:, None])
    ahead = np.maximum(at, first)[:, None]
    origins = Origins(
        rows.targets[back],
        rows.observed[back],
        rows.known[np.concatenate([back, ahead], axis=1)],
        rows.static[series],
        forecaster.spread_[series],
    )
    values = forecaster.distribution_.mean(roller_of(forecaster).parameters(origins))
    n = max(data.n_lost, 1)
    history = table.values[np.maximum(ahead + np.arange(-n, 0), table.offsets[series][:, None])]
    return to_user(forecaster, values, history, series)[:, 0]


def marginals(forecaster, origins, table, random_state, history=None, series=None):
    """The distribution of each future value."""
    series = np.arange(len(origins)) if series is None else series
    history = history_of(forecaster, table) if history is None else history

    def undo(values):
        return to_user(forecaster, values, history, series)

    if forecaster.loss in POINT_LOSSES:
        needs_errors(forecaster)
        errors = at_steps(forecaster.errors_, origins.n_steps)
        roller = roller_of(forecaster)
        point = forecaster.distribution_.mean(roller.parameters(origins))
        return Around(point, roller.scales(origins), errors, undo)
    transforms = forecaster.data_.transforms
    at_once = forecaster.strategy == "direct" and origins.n_steps <= forecaster.horizon
    if at_once and (transforms is None or transforms.n_lost == 0):

        def forth(values):
            return values if transforms is None else transforms.apply_windows(values, series)

        return Exact(
            forecaster.distribution_, roller_of(forecaster).parameters(origins), undo, forth
        )
    rng = make_generator(random_state)
    return Drawn(draw_paths(forecaster, origins, table, N_PATHS, rng, history, series))


def draw_paths(forecaster, origins, table, n_paths, rng, history=None, series=None) -> np.ndarray:
    series = np.arange(len(origins)) if series is None else series
    history = history_of(forecaster, table) if history is None else history
    drawn = roller_of(forecaster).paths(origins, n_paths, rng)
    return np.stack([to_user(forecaster, path, history, series) for path in drawn])


def levels_of(forecaster, wanted, n_steps, calibrated) -> np.ndarray:
    """Probabilities ``(n_steps, n_targets, n_q)``, corrected by what held before."""
    n_targets = forecaster.tail_.values.shape[1]
    levels = np.broadcast_to(wanted, (n_steps, n_targets, len(wanted)))
    if not calibrated or forecaster.loss in POINT_LOSSES or forecaster.ranks_ is None:
        return levels
    ranks = at_steps(forecaster.ranks_, n_steps)
    corrected = np.empty(levels.shape)
    for t, k, q in np.ndindex(*levels.shape):
        corrected[t, k, q] = conformal_quantile(ranks[:, t, k], wanted[q])
    return np.clip(corrected, 1e-6, 1 - 1e-6)


def look_back(forecaster, rows, target, starts, series) -> None:
    """What the stretch that was held back says: errors, ranks, skill against naive."""
    forecaster.errors_ = forecaster.ranks_ = forecaster.validation_skill_ = None
    if not len(starts):
        return
    if len(starts) > N_HELD_BACK:
        kept = np.linspace(0, len(starts) - 1, N_HELD_BACK).astype(int)
        starts, series = starts[kept], series[kept]
    origins = Origins.at(rows, starts, series, rows_before(forecaster), forecaster.horizon)
    origins = replace(origins, spread=forecaster.spread_[series])
    roller = roller_of(forecaster)
    steps = starts[:, None] + np.arange(forecaster.horizon)
    truth = rows.targets[steps]
    point = forecaster.distribution_.mean(roller.parameters(origins))
    if forecaster.loss in POINT_LOSSES:
        forecaster.errors_ = (truth - point) / roller.scales(origins)
    else:
        n = max(forecaster.data_.n_lost, 1)
        history = target.values[starts[:, None] + np.arange(-n, 0)]
        found = marginals(forecaster, origins, target, 0, history, series)
        seen = np.isfinite(target.values[steps])
        ranks = found.cdf(np.nan_to_num(target.values[steps]))
        forecaster.ranks_ = np.where(seen, ranks, np.nan)
    m = forecaster.seasonality
    enough = starts - m >= target.offsets[series] + forecaster.data_.n_lost
    naive = rows.targets[steps - m * (1 + np.arange(forecaster.horizon) // m)]
    errors = [np.nanmean(np.abs(truth - f)[enough]) for f in (point, naive)] if enough.any() else []
    if errors and errors[1] > 0:
        forecaster.validation_skill_ = float(1 - errors[0] / errors[1])
        warn_if_naive_wins(forecaster, *errors)


def warn_if_naive_wins(forecaster, error, naive_error) -> None:
    if error < naive_error:
        return
    what = "the last value" if forecaster.seasonality == 1 else "the last season"
    warnings.warn(
        f"{type(forecaster).__name__} does not beat the naive forecast: on the last stretch of time, "
        f"held back from training, its mean absolute error is {error / naive_error:.2f} times "
        f"that of repeating {what}. Forecasts may be worth no more than that; more data, "
        "covariates, another lookback, seasonality or target_transform may help.",
        UserWarning,
        stacklevel=5,
    )


def naive_forecast(forecaster, table, n_steps) -> np.ndarray:
    """The seasonal naive forecast ``(n_series, n_steps, n_targets)``."""
    m = int(min(forecaster.seasonality, table.lengths.min()))
    at = table.offsets[1:, None] - m + np.arange(n_steps) % m
    return table.values[at]


def forecast_at(forecaster, target, covariates, ends, n_steps) -> pd.DataFrame:
    """Forecasts from origins in known tables; `ends` are rows of each series before them."""
    data, n_before = forecaster.data_, rows_before(forecaster)
    rows = data.rows(target, covariates)
    series = np.repeat(np.arange(len(ends)), ends.shape[1])
    starts = target.offsets[series] + ends.ravel()
    origins = Origins.at(rows, starts, series, n_before, n_steps)
    origins = replace(origins, spread=forecaster.spread_[series])
    n = max(data.n_lost, 1)
    history = target.values[starts[:, None] + np.arange(-n, 0)]
    values = forecaster.distribution_.mean(roller_of(forecaster).parameters(origins))
    forecast = to_user(forecaster, values, history, series)
    ahead = starts[:, None] + np.arange(n_steps)
    m = forecaster.seasonality
    before = np.maximum(ahead - m * (1 + np.arange(n_steps) // m), target.offsets[series][:, None])
    return backtest_table(
        target, series, starts, target.values[ahead], forecast, target.values[before]
    )


def needs_distribution(forecaster, what: str) -> None:
    if forecaster.loss in POINT_LOSSES or forecaster.loss == "quantile":
        raise ValueError(
            f"{what} draws from a distribution, but loss={forecaster.loss!r} learns none: take "
            '"gaussian", "student_t", "negative_binomial" or "zero_inflated_gamma".'
        )


def needs_errors(forecaster) -> None:
    if forecaster.errors_ is None:
        raise ValueError(
            f"bounds around a point forecast (loss={forecaster.loss!r}) come from errors on a "
            "stretch of time that was held back, but there was none: set early_stopping=True, "
            'or learn a distribution, e.g. loss="gaussian".'
        )
