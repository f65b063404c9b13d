"""What all forecasters do with tables: columns, missing values, naive forecasts, backtests."""

from __future__ import annotations

import itertools
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from sksequence.estimators._forecast_warnings import warn
from sksequence.inputs import TimeTable
from sksequence.metrics import NaiveErrors


def as_tuple(names: Any) -> tuple:
    """A parameter that holds one or several names or numbers, or None."""
    if names is None:
        return ()
    return (names,) if isinstance(names, (str, Integral)) else tuple(names)


def names_of(table: TimeTable) -> list:
    """Names of the columns, or their numbers."""
    return list(range(table.values.shape[1]) if table.columns is None else table.columns)


def column_positions(names: Any, columns: tuple | None, n_columns: int, what: str) -> tuple:
    """The positions of named (or counted) columns of X."""
    found = []
    for name in as_tuple(names):
        if columns is not None and name in columns:
            found.append(columns.index(name))
        elif isinstance(name, Integral) and 0 <= int(name) < n_columns:
            found.append(int(name))
        else:
            there = list(range(n_columns)) if columns is None else list(columns)
            lost = isinstance(name, str) and not any(isinstance(c, str) for c in there)
            remedy = (
                'its names were lost: call set_output(transform="pandas") on the transformer '
                "before it, or give the position of the column"
                if there and lost
                else "name one of them, or give X with that column"
            )
            raise ValueError(f"{what} names the column {name!r}, but X has only {there}: {remedy}.")
    return tuple(found)


def check_static(covariates: TimeTable, positions: tuple, name: str, symbols: dict) -> None:
    """Raise ValueError if a column that is said not to change does.

    Parameters
    ----------
    covariates : TimeTable
    positions : tuple of int
    name : str
        Of the estimator, for messages.
    symbols : dict
        Those of the columns that hold numbers of symbols, by the name of the column.
    """
    for i, (first, stop) in enumerate(itertools.pairwise(covariates.offsets)):
        values = covariates.values[first:stop, list(positions)]
        same = (values == values[:1]) | (np.isnan(values) & np.isnan(values[:1]))
        changes = np.argwhere(~same)
        if len(changes):
            row, j = changes[0]
            column = names_of(covariates)[positions[j]]
            which = "" if covariates.keys is None else f" in series {covariates.keys[i]!r}"
            before, after = (_shown(values[r, j], symbols.get(column)) for r in (0, row))
            raise ValueError(
                f"static_covariates of {name} names {column!r}, but it changes{which} in row "
                f"{row}, from {before} to {after}: leave it out of static_covariates."
            )


def _shown(value: float, symbols: tuple | None) -> str:
    if symbols is None or not np.isfinite(value):
        return f"{value:g}"
    return repr(symbols[int(value)])


def check_same_rows(target: TimeTable, covariates: TimeTable, name: str) -> None:
    """Raise ValueError unless X and y have the same rows."""
    n_rows, n_targets = len(covariates.values), len(target.values)
    if n_rows != n_targets:
        raise ValueError(
            f"X has {n_rows} rows and y has {n_targets} (inconsistent numbers of samples), but "
            f"{name} needs one row of X for each row of y: align them, e.g. X.loc[y.index]."
        )
    same = (
        np.array_equal(target.offsets, covariates.offsets)
        and np.array_equal(target.starts, covariates.starts)
        and (target.keys is None) == (covariates.keys is None)
        and (target.keys is None or target.keys.equals(covariates.keys))
    )
    if not same:
        different = int(np.argmax(target.index != covariates.index))
        raise ValueError(
            f"the rows of X and y stand for other times, first in row {different}: X has "
            f"{covariates.index[different]} and y {target.index[different]}, but {name} needs one "
            "row of X for each row of y: align them, e.g. X.loc[y.index]."
        )


def check_seen(target: TimeTable, name: str) -> None:
    """Raise ValueError of a series without any value."""
    for i, (first, stop) in enumerate(itertools.pairwise(target.offsets)):
        missing = ~np.isfinite(target.values[first:stop]).any(axis=0)
        if missing.any():
            raise ValueError(
                f"Input y contains NaN alone: {_series(target, i)} has no value at all"
                f"{_in_column(target, missing)}, but {name} learns from values: leave it out."
            )


def warn_if_constant(target: TimeTable, name: str) -> None:
    """Warn of series that never change."""
    constant = []
    for i, (first, stop) in enumerate(itertools.pairwise(target.offsets)):
        values = target.values[first:stop]
        if stop - first > 1 and (np.nanmin(values, axis=0) == np.nanmax(values, axis=0)).all():
            constant.append(_series(target, i))
    if constant:
        more = f" (and {len(constant) - 1} more)" if len(constant) > 1 else ""
        warn(
            f"{constant[0]}{more} never changes, so there is nothing to learn: {name} will "
            "forecast about that value."
        )


def warn_of_covariates(target: TimeTable, covariates: TimeTable, known: tuple, name: str) -> None:
    """Warn of columns of X that hold nothing, or, although known in advance, the answer."""
    for i, (column, values) in enumerate(
        zip(names_of(covariates), covariates.values.T, strict=True)
    ):
        if not np.isfinite(values).any():
            warn(
                f"column {column!r} of X has no value at all, so there is nothing to learn of it: "
                "leave it out."
            )
        elif i in known and any(_same(values, truth) for truth in target.values.T):
            warn(
                f"column {column!r} of X is y itself, and taken as known in advance: {name} reads "
                "the answer from it, and its score means nothing. Leave it out (without other "
                "covariates, give X=None, or a DataFrame that has an index alone), or name it in "
                "past_covariates."
            )


def _same(values, truth):
    return np.array_equal(values, truth, equal_nan=True) and np.nanmin(truth) < np.nanmax(truth)


def _series(target, i):
    return "y" if target.keys is None else f"the series {target.keys[i]!r} of y"


def some_series(target: TimeTable, numbers: np.ndarray, n: int = 5) -> str:
    """The names and lengths of some series, the first of them, and how many more there are."""
    names = ["y" if target.keys is None else repr(target.keys[i]) for i in numbers[:n]]
    lengths = target.lengths[numbers[:n]]
    shown = ", ".join(f"{k} ({rows} rows)" for k, rows in zip(names, lengths, strict=True))
    return shown + (f" and {len(numbers) - n} more" if len(numbers) > n else "")


def _in_column(target, missing):
    if len(missing) == 1:
        return ""
    return f" in column {names_of(target)[int(np.argmax(missing))]!r}"


def forward_filled(table: TimeTable, what: str) -> TimeTable:
    """The same table, missing values replaced by the last one before in the series."""
    parts = []
    for i, (first, stop) in enumerate(itertools.pairwise(table.offsets)):
        filled = pd.DataFrame(table.values[first:stop]).ffill().to_numpy()
        if np.isnan(filled).any():
            which = "" if table.keys is None else f" of series {table.keys[i]!r}"
            raise ValueError(
                f"the first row{which} of {what} is missing, so there is nothing to fill it from: "
                'drop the rows before the first value, or set missing="mask".'
            )
        parts.append(filled)
    return replace(table, values=np.concatenate(parts))


def head(table: TimeTable | None, lengths: np.ndarray) -> TimeTable | None:
    """The first rows of each series."""
    if table is None:
        return None
    rows = np.concatenate(
        [np.arange(a, a + n) for a, n in zip(table.offsets[:-1], lengths, strict=True)]
    )
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return replace(table, values=table.values[rows], offsets=offsets)


def at_steps(values: np.ndarray, n_steps: int) -> np.ndarray:
    """``(n, horizon, n_targets)`` for `n_steps` steps: beyond the horizon, its last step."""
    return values[:, np.minimum(np.arange(n_steps), values.shape[1] - 1)]


def rows_since_seen(table: TimeTable, m: int = 1) -> int:
    """The most rows that it takes to reach back to the last value of each series and target.

    With `m`, of each of the `m` places in a season.
    """
    there = np.isfinite(table.values)
    if there.all():
        return 1
    series = np.repeat(np.arange(table.n_series), table.lengths)
    rows = np.arange(len(series))
    newest = np.full((table.n_series * m, there.shape[1]), -1)
    np.maximum.at(
        newest, series * m + (rows - table.offsets[series]) % m, np.where(there, rows[:, None], -1)
    )
    since = np.repeat(table.offsets[1:], m)[:, None] - newest
    return int(since[newest >= 0].max(initial=1))


def seasonal_naive(
    table: TimeTable, starts: np.ndarray, series: np.ndarray, m: int, n_steps: int
) -> np.ndarray:
    """The value of the same step in the last season, ``(n_origins, n_steps, n_targets)``.

    Where it is missing, or before the first row, the newest value that was seen before the
    origin takes its place; NaN if there is none.
    """
    first = table.offsets[series][:, None]
    at = starts[:, None] - m + np.arange(n_steps) % m
    naive = np.where((at >= first)[..., None], table.values[np.maximum(at, first)], np.nan)
    missing = np.isnan(naive)
    if missing.any():
        newest = last_values(table)[np.maximum(starts - 1, first[:, 0])][:, None]
        newest = np.where((starts > first[:, 0])[:, None, None], newest, np.nan)
        naive = np.where(missing, newest, naive)
    return naive


def naive_errors_of(table: TimeTable, seasonality: int) -> NaiveErrors:
    """What the seasonal naive forecast misses by in training: the units of scaled errors.

    Series without two values a season apart have none and are left out.
    """
    labels, absolute, squared = [], [], []
    names = [None] if table.keys is None else table.keys.tolist()
    for name, (first, stop) in zip(names, itertools.pairwise(table.offsets), strict=True):
        values = table.values[first:stop]
        changes = values[seasonality:] - values[:-seasonality]
        if np.isfinite(changes).any(axis=0).all():
            labels.append(name)
            absolute.append(np.nanmean(np.abs(changes), axis=0))
            squared.append(np.nanmean(changes**2, axis=0))
    shape = len(labels), table.values.shape[1]
    units = (np.reshape(each, shape) for each in (absolute, squared))
    return NaiveErrors(tuple(labels), int(seasonality), *units)


def last_values(table: TimeTable) -> np.ndarray:
    """The newest value up to each row of its series; NaN before the first."""
    parts = [
        pd.DataFrame(table.values[first:stop]).ffill().to_numpy()
        for first, stop in itertools.pairwise(table.offsets)
    ]
    return np.concatenate(parts)


def skill(truth: Any, forecast: np.ndarray, naive: np.ndarray, sample_weight: Any = None) -> float:
    """``1 - MAE / MAE of naive``, the mean over the targets; missing values do not count.

    Parameters
    ----------
    truth : array-like of shape (n_rows,) or (n_rows, n_targets)
    forecast, naive : ndarray of shape (n_rows, n_targets)
    sample_weight : array-like of shape (n_rows,), default=None
    """
    truth = np.asarray(truth, dtype=float)
    if len(truth) != len(forecast):
        raise ValueError(f"X has {len(forecast)} rows, but y has {len(truth)}: give one for each.")
    truth = truth.reshape(len(forecast), -1)
    if truth.shape != forecast.shape:
        raise ValueError(
            f"y has {truth.shape[1]} target(s), but {forecast.shape[1]} were fitted: give the same."
        )
    weights = np.ones(len(truth)) if sample_weight is None else np.asarray(sample_weight, float)
    there = np.isfinite(truth) & np.isfinite(naive)
    errors, naive_errors = (
        np.where(there, np.abs(truth - made), 0.0).T @ weights for made in (forecast, naive)
    )
    if not (there.T @ weights > 0).all():
        raise ValueError("y has no value to compare a forecast with: give rows that were seen.")
    perfect = np.where(errors == 0, 1.0, 0.0)
    safe = np.where(naive_errors > 0, naive_errors, 1.0)
    return float(np.where(naive_errors > 0, 1 - errors / safe, perfect).mean())


def origins_of(target: TimeTable, n_origins: int, step: int, n_steps: int, name: str) -> np.ndarray:
    """Rows of each series before each origin of a backtest, ``(n_series, n_origins)``."""
    needed = n_steps + (n_origins - 1) * step
    first = target.lengths - needed
    if (first < 1).any():
        panel = "" if target.keys is None else " in its longest series"
        raise ValueError(
            f"y has {int(target.lengths.max())} rows{panel}, but {n_origins} "
            f"origins, {step} row(s) apart, each with {n_steps} rows to forecast, leave {name} "
            f"none to learn from: lower n_origins, step or n_steps ({needed} rows now)."
        )
    return first[:, None] + np.arange(n_origins) * step


def walk_forward(
    target: TimeTable, known: np.ndarray, n_steps: int, m: int, refit: bool | int, forecasts: Any
) -> pd.DataFrame:
    """Forecasts from one origin after the other, as a table.

    Parameters
    ----------
    target : TimeTable
    known : ndarray of shape (n_series, n_origins)
        Rows of each series before each origin.
    n_steps : int
    m : int
        Steps of a season, for the naive forecast beside.
    refit : bool or int
    forecasts : callable
        ``forecasts(lengths, starts, series)`` fits on the first rows of each series and returns
        columns of the table, each ``(n_origins, n_steps, n_targets)``.
    """
    n_origins = known.shape[1]
    every = int(refit) if isinstance(refit, Integral) else 0
    if isinstance(refit, bool | np.bool_):
        every = 1 if refit else n_origins
    if every < 1:
        raise ValueError(f"refit must be True, False or a positive whole number, got {refit!r}.")
    parts = []
    for at in range(0, n_origins, every):
        ends = known[:, at : at + every]
        series = np.repeat(np.arange(len(ends)), ends.shape[1])
        starts = target.offsets[series] + ends.ravel()
        made = forecasts(known[:, at], starts, series)
        steps = starts[:, None] + np.arange(n_steps)
        naive = seasonal_naive(target, starts, series, m, n_steps)
        columns = {"actual": target.values[steps], **made, "naive": naive}
        parts.append(_backtest_table(target, series, starts, columns))
    return pd.concat(parts)


def _backtest_table(
    target: TimeTable, series: np.ndarray, starts: np.ndarray, columns: dict
) -> pd.DataFrame:
    n, n_steps, n_targets = columns["actual"].shape
    local = target.starts[series] + starts - target.offsets[series]  # position of the first step
    origin = np.repeat(local - 1, n_steps * n_targets)
    step = np.tile(np.repeat(np.arange(1, n_steps + 1), n_targets), n)
    table: dict[Any, Any] = {}
    if target.keys is not None:
        table["series"] = target.keys[np.repeat(series, n_steps * n_targets)]
    if n_targets > 1:
        table["target"] = np.tile(np.array(names_of(target), dtype=object), n * n_steps)
    table |= {"origin": target.clock.index(origin), "step": step}
    table |= {name: values.ravel() for name, values in columns.items()}
    return pd.DataFrame(table, index=target.clock.index(origin + step))
