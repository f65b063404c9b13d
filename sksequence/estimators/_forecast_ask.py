"""From the rows that are asked for to forecasts of a fitted forecaster."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted
from torch import nn

from sksequence.estimators._forecast_data import ForecastData, Origins, Past
from sksequence.estimators._forecast_future import Future, answer, read_future
from sksequence.estimators._forecast_read import (
    check_features,
    coded,
    columns_of,
    read_tables,
    rows_before,
    shape_of,
)
from sksequence.estimators._forecast_roll import Roller
from sksequence.estimators._forecast_tables import (
    last_values,
    names_of,
    seasonal_naive,
    skill,
)
from sksequence.estimators._forecast_warnings import warn
from sksequence.inputs import TimeTable
from sksequence.utils._sklearn import validate_parameter_constraints

# Windows that are computed at a time: none of them is kept.
N_WINDOWS = 4096


def check_parameters(forecaster: Any) -> None:
    """Raise InvalidParameterError if a parameter is not what it may be."""
    validate_parameter_constraints(
        forecaster._parameter_constraints,
        forecaster.get_params(deep=False),
        type(forecaster).__name__,
    )


def keep_form(forecaster: Any, y: Any) -> None:
    """Remember whether y was one column, and its name: forecasts get the same."""
    forecaster.one_target_ = len(shape_of(y)) == 1
    forecaster.target_name_ = getattr(y, "name", None)


def roller_of(forecaster: Any) -> Roller:
    """How the fitted network makes forecasts."""
    network = forecaster.network_
    form = {}
    if isinstance(network, nn.Module):
        weight = network.head.weight
        form = {"dtype": weight.dtype, "device": weight.device}
        form["work"] = 256 * network.spec.step_work
    return Roller(
        network,
        forecaster.distribution_,
        forecaster.lookback_,
        forecaster.horizon_,
        forecaster.lags_,
        marks=forecaster.data_.marks,
        **form,
    )


# -- which rows ---------------------------------------------------------------------------------


def future_of(forecaster: Any, X: Any, table: TimeTable) -> Future:
    """The rows that are asked for; those of the past only where they are allowed."""
    name = type(forecaster).__name__
    columns = columns_of(forecaster.covariate_tail_) or 0
    X = pd.DataFrame(index=X) if isinstance(X, pd.Index) else X
    X = with_past_columns(forecaster, X, columns)
    check_features(forecaster, X)
    future = read_future(coded(forecaster, X), table, forecaster.gap, columns, name)
    past = future.steps < 0
    if past.any() and getattr(forecaster, "in_sample", "error") == "error":
        row = int(np.argmax(past))
        where = f"row {row}" if future.index is None else f"row {row} ({future.index[row]})"
        remedy = ""
        if hasattr(forecaster, "in_sample"):
            remedy = ', or set in_sample="one_step" for forecasts of past rows from those before'
        raise ValueError(
            f"{int(past.sum())} of the {len(past)} rows of X belong to the past that {name} was "
            f"fitted on, the first is {where}, but predict forecasts the rows that follow: leave "
            f"the past out (split with TimeSeriesSplit(), which does not shuffle){remedy}."
        )
    return future


def with_past_columns(forecaster: Any, X: Any, columns: Any) -> Any:
    """X of the future with the columns that are known up to the present only, as missing."""
    if not isinstance(columns, tuple) or not hasattr(X, "columns") or not len(X.columns):
        return X
    past = [columns[i] for i in getattr(forecaster, "data_", ForecastData()).past]
    absent = [name for name in past if name not in X.columns]
    if not absent or {*X.columns, *absent} != {*columns}:
        return X
    return X.reindex(columns=list(columns))


def past_of(forecaster: Any, history: Any, X_history: Any) -> Past:
    """What to forecast from: the rows that were kept, or a history that is given."""
    check_is_fitted(forecaster)
    kept = forecaster.tail_
    if history is None:
        return Past(forecaster.data_, kept, forecaster.covariate_tail_, forecaster.spread_)
    table, covariates = read_tables(forecaster, X_history, history, forecaster)
    check_history(forecaster, table)
    series = np.zeros(table.n_series, dtype=np.int64)
    if table.keys is not None or kept.keys is not None:
        series = np.full(table.n_series, -1)
        if table.keys is not None and kept.keys is not None:
            series = kept.keys.get_indexer(table.keys).astype(np.int64)
    return Past(forecaster.data_, table, covariates, None, series)


def check_history(forecaster: Any, table: TimeTable) -> None:
    """Raise ValueError unless each series is as long as a window."""
    needed = rows_before(forecaster) + forecaster.data_.n_lost
    if (table.lengths < needed).any():
        i = int(np.argmin(table.lengths))
        which = "" if table.keys is None else f" of the series {table.keys[i]!r}"
        raise ValueError(
            f"history has {table.lengths[i]} rows{which}, but forecasts of "
            f"{type(forecaster).__name__} read {needed} (lookback and lags): give more of the past."
        )


def ask(
    forecaster: Any, X: Any, history: Any = None, X_history: Any = None, past_allowed: bool = False
) -> tuple[Future, Past, Origins]:
    """The rows that are asked for, what they follow, and the end of each series as an origin."""
    past = past_of(forecaster, history, X_history)
    future = future_of(forecaster, X, past.target)
    if not past_allowed and (future.steps < 0).any():
        raise ValueError(
            "there are forecasts of past rows, but no quantiles, intervals or paths of them: ask "
            "for rows that follow."
        )
    n_steps = roller_of(forecaster).n_known(future.n_steps)
    ends, every = past.target.offsets[1:], np.arange(past.target.n_series)
    ahead = known_ahead(forecaster, past, future, n_steps)
    return future, past, past.origins(ends, every, rows_before(forecaster), ahead)


def known_ahead(forecaster: Any, past: Past, future: Future, n_steps: int) -> np.ndarray:
    """Covariates that are known in advance, ``(n_series, n_steps, n_known)``."""
    data, table = forecaster.data_, past.target
    numbers = np.zeros((table.n_series, n_steps, 0))
    if past.covariates is not None:
        if data.known:
            check_future(forecaster, future)
        ends, marked = table.offsets[1:] - 1, list(data.marked)
        last = last_values(past.covariates)[ends]
        last[:, marked] = past.covariates.values[ends][:, marked]
        given = future
        if not future.numbers.shape[1]:
            empty = np.full((len(future.steps), last.shape[1]), np.nan)
            given = Future(future.series, future.steps, future.index, empty)
        numbers = given.known_numbers(last, n_steps, data.marked)
    times = None
    if data.calendar:
        positions = table.stops[:, None] + np.arange(n_steps)
        times = table.clock.index(positions.ravel())
    flat = numbers.reshape(table.n_series * n_steps, numbers.shape[2])
    return data.future_known(times, flat).reshape(table.n_series, n_steps, -1)


def check_future(forecaster: Any, future: Future) -> None:
    """Raise ValueError if covariates that are known in advance did not come."""
    name, known = type(forecaster).__name__, list(forecaster.data_.known)
    names = columns_of(forecaster.covariate_tail_)
    names = [k if isinstance(names, int) else names[k] for k in known]
    if not future.numbers.shape[1]:
        raise ValueError(
            f"{name} was fitted with the covariates {names}, which are known in advance, but X "
            "brings none for the rows to forecast: give them, or name them in past_covariates and "
            "fit again."
        )
    same = np.diff(future.series) == 0
    apart = np.unique(np.diff(future.steps)[same])
    if same.sum() > 1 and len(apart) == 1 and apart[0] > 1:
        warn(
            f"the rows of X are {apart[0]} steps apart, but {name} was fitted on rows one step "
            f"apart ({forecaster.tail_.clock.description}): in the rows between, the covariates "
            f"{names} are taken to stay as they are. Give all rows, and choose from the forecasts."
        )
    bad = ~np.isfinite(future.numbers[:, known]) & (future.steps >= 0)[:, None]
    if bad.any() and forecaster.missing == "error":
        row, column = np.argwhere(bad)[0]
        time = "" if future.index is None else f" ({future.index[row]})"
        raise ValueError(
            f"Input X contains NaN: column {names[column]!r} has no number in row {row}{time}, but "
            "is known in advance: fill it, or fit again with the column in past_covariates, or "
            'with missing="mask" or "ffill".'
        )


# -- forecasts ----------------------------------------------------------------------------------


def expected(forecaster: Any, past: Past, origins: Origins) -> np.ndarray:
    """Point forecasts ``(n_origins, n_steps, n_targets)`` in the user's units."""
    return past.undo(roller_of(forecaster).means(origins), origins)


def forecast_rows(forecaster: Any, future: Future, past: Past, origins: Origins) -> np.ndarray:
    """Point forecasts of the rows that are asked for, ``(n_rows, n_targets)``."""
    values = expected(forecaster, past, origins)
    rows = values[future.series, np.maximum(future.steps, 0)]
    before = future.steps < 0
    if before.any():
        rows[before] = one_step(forecaster, past, future.series[before], future.steps[before])
    return rows


def one_step(forecaster: Any, past: Past, series: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Forecasts of past rows, each from those before it.

    Where fewer rows than a window come before, the first of them is repeated; a row that has none
    before it gets the mean of its series.
    """
    table, n_lost = past.target, past.data.n_lost
    at = table.offsets[1:][series] + steps
    first = table.offsets[:-1][series] + n_lost
    result = np.empty((len(at), table.values.shape[1]))
    with_past = at > first
    for rows in np.array_split(np.flatnonzero(with_past), -(-len(at) // N_WINDOWS)):
        if len(rows):
            result[rows] = forecasts_at(forecaster, past, at[rows], series[rows], 1)[:, 0]
    for i in np.unique(series[~with_past]):
        mean = np.nanmean(table.values[table.offsets[i] : table.offsets[i + 1]], axis=0)
        result[~with_past & (series == i)] = mean
    return result


def forecasts_at(
    forecaster: Any, past: Past, starts: np.ndarray, series: np.ndarray, n_steps: int
) -> np.ndarray:
    """Point forecasts of windows in known tables, ``(n_origins, n_steps, n_targets)``."""
    parts = []
    for at in range(0, len(starts), N_WINDOWS):
        some = slice(at, at + N_WINDOWS)
        origins = origins_at(forecaster, past, starts[some], series[some], n_steps)
        parts.append(expected(forecaster, past, origins)[:, :n_steps])
    return np.concatenate(parts)


def origins_at(
    forecaster: Any, past: Past, starts: np.ndarray, series: np.ndarray, n_steps: int
) -> Origins:
    """Origins in known tables; they may have some steps more than are asked for."""
    ahead = past.known_ahead(starts, series, n_steps, roller_of(forecaster).n_known(n_steps))
    return past.origins(starts, series, rows_before(forecaster), ahead)


def predicted(forecaster: Any, X: Any, history: Any = None, X_history: Any = None) -> Any:
    """What ``predict`` returns."""
    future, past, origins = ask(forecaster, X, history, X_history, past_allowed=True)
    rows = forecast_rows(forecaster, future, past, origins)
    return answer(rows, future, forecaster.tail_, forecaster.one_target_, forecaster.target_name_)


def scored(forecaster: Any, X: Any, y: Any, sample_weight: Any) -> float:
    """What ``score`` returns."""
    future, past, origins = ask(forecaster, rows_of(X, y), past_allowed=True)
    check_truth(y, future, past.target, type(forecaster).__name__)
    rows = forecast_rows(forecaster, future, past, origins)
    return skill(y, rows, naive_rows(past.target, future, forecaster.seasonality), sample_weight)


def rows_of(X: Any, y: Any) -> Any:
    """The rows that are scored: without X, those of y."""
    if X is not None:
        return X
    return pd.DataFrame(index=y.index) if hasattr(y, "iloc") else len(y)


def check_truth(y: Any, future: Future, table: TimeTable, name: str) -> None:
    """Raise ValueError if y stands for other times or targets than the forecasts of X."""
    if not hasattr(y, "iloc"):
        return
    if future.index is not None and len(y) == len(future.index):
        pairs = enumerate(zip(future.index, y.index, strict=True))
        row = next((i for i, (asked, came) in pairs if asked != came), None)
        if row is not None:
            raise ValueError(
                f"the rows of X and y stand for other times, first in row {row}: X asks for "
                f"{future.index[row]} and y has {y.index[row]}, but {name} compares row by row: "
                "align them, e.g. y.loc[X.index]."
            )
    wanted = names_of(table)
    if table.columns is not None and y.ndim == 2 and list(y.columns) != wanted:
        raise ValueError(
            f"{name} was fitted on the targets {wanted}, but y has {list(y.columns)}: give the "
            "same in the same order."
        )


def naive_rows(table: TimeTable, future: Future, seasonality: int) -> np.ndarray:
    """The seasonal naive forecast of the rows that are asked for; of past rows, one step ahead."""
    every, series = np.arange(table.n_series), future.series
    naive = seasonal_naive(table, table.offsets[1:], every, seasonality, future.n_steps)
    rows = naive[series, np.maximum(future.steps, 0)]
    before = np.flatnonzero(future.steps < 0)
    if len(before):
        at = table.offsets[1:][series[before]] + future.steps[before]
        rows[before] = seasonal_naive(table, at, series[before], seasonality, 1)[:, 0]
    return rows
