"""Which rows are asked for, and forecasts as the user's tables."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from sksequence.inputs import TimeTable


@dataclass(frozen=True)
class Future:
    """Rows to forecast.

    Parameters
    ----------
    series : ndarray of shape (n_rows,)
        Which series of the table each row belongs to.
    positions : ndarray of shape (n_rows,)
        Its place on the clock.
    index : pandas Index or None
        Of the answer; None: an array is wanted.
    numbers : ndarray of shape (n_rows, n_covariates)
    """

    series: np.ndarray
    positions: np.ndarray
    index: pd.Index | None
    numbers: np.ndarray

    def steps(self, table: TimeTable) -> np.ndarray:
        """Steps after the last row of each series, from 0; negative in the past."""
        return self.positions - table.stops[self.series]

    def known_numbers(self, table: TimeTable, last: np.ndarray, n_steps: int) -> np.ndarray:
        """Covariates of all future steps, ``(n_series, n_steps, n_covariates)``.

        Steps that X does not have (a gap) keep the values before them.
        """
        n_series = len(table.lengths)
        numbers = np.full((n_series, n_steps, self.numbers.shape[1]), np.nan)
        steps = self.steps(table)
        ahead = steps >= 0
        numbers[self.series[ahead], steps[ahead]] = self.numbers[ahead]
        before = last
        for t in range(n_steps):
            missing = np.isnan(numbers[:, t])
            numbers[:, t] = np.where(missing, before, numbers[:, t])
            before = numbers[:, t]
        return numbers


def read_future(X: Any, table: TimeTable, gap: int, columns: tuple | None, name: str) -> Future:
    """The rows of ``X`` that are to be forecast.

    Parameters
    ----------
    X : int, array-like of shape (n_rows, n_covariates), or DataFrame
        A number of rows stands for as many after the last one of each series.
    table : TimeTable
        What they follow.
    gap : int
        Rows in between, where there is no index.
    columns : tuple or None
        Names of the covariates that ``fit`` saw.
    name : str
        Of the estimator, for messages.
    """
    if isinstance(X, Integral):
        return _next_rows(int(X), table, gap)
    clock = table.clock
    frame = X if hasattr(X, "iloc") else None
    if frame is None and clock.kind != "none":
        raise ValueError(
            f"{name} was fitted on rows with an index, but predict got a {type(X).__name__} "
            "without one, so it cannot know which rows these are. If a transformer before it made "
            'an array of a DataFrame, call set_output(transform="pandas") on that transformer or '
            "on the pipeline."
        )
    numbers = _numbers(X, name)
    if clock.kind == "none":
        warnings.warn(
            f"{name} was fitted on rows without an index: those of predict are taken to follow "
            "directly. Whether folds were shuffled cannot be noticed then; give a DataFrame or "
            "Series with an index to be sure.",
            UserWarning,
            stacklevel=4,
        )
        positions = int(table.stops[0]) + gap + np.arange(len(numbers))
        index = None if frame is None else frame.index
        return Future(np.zeros(len(numbers), dtype=np.int64), positions, index, numbers)
    _check_columns(frame, columns, name)
    index = frame.index
    if table.keys is None:
        _check_levels(index, 1, name)
        series = np.zeros(len(index), dtype=np.int64)
        return Future(series, clock.positions(index), index, numbers)
    _check_levels(index, 2, name)
    keys = index.get_level_values(0)
    series = table.keys.get_indexer(keys)
    if (series < 0).any():
        new = keys[series < 0][0]
        raise ValueError(
            f"X has the series {new!r}, which {name} has not seen: give its past, "
            "predict(X, history=y_of_the_new_series)."
        )
    return Future(series, clock.positions(index.get_level_values(1)), index, numbers)


def _next_rows(n: int, table: TimeTable, gap: int) -> Future:
    if n < 1:
        raise ValueError(f"the number of rows to forecast must be at least 1, got {n}.")
    n_series = len(table.lengths)
    series = np.repeat(np.arange(n_series), n)
    ahead = np.arange(n) + (gap if table.clock.kind == "none" else 0)
    positions = table.stops[series] + np.tile(ahead, n_series)
    index = None
    if table.clock.kind != "none":
        times = table.clock.index(positions)
        index = times
        if table.keys is not None:
            index = pd.MultiIndex.from_arrays([table.keys[series], times], names=table.index.names)
    return Future(series, positions, index, np.zeros((len(series), 0)))


def answer(values: np.ndarray, future: Future, like: TimeTable, one: bool, series_name: Any) -> Any:
    """Forecasts ``(n_rows, n_targets)`` as a Series, DataFrame or array.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_targets)
    future : Future
    like : TimeTable
        Its columns are the names of the targets.
    one : bool
        Whether y was one column without being a table.
    series_name : object
        Name of the Series that y was.
    """
    if future.index is None:
        return values[:, 0] if one else values
    if one:
        return pd.Series(values[:, 0], index=future.index, name=series_name)
    return pd.DataFrame(values, index=future.index, columns=like.columns)


def _numbers(X, name) -> np.ndarray:
    values = np.asarray(X)
    if values.ndim != 2:
        raise ValueError(
            f"{name} expected X with a row for each time to forecast and a column for each "
            f"covariate, got the shape {values.shape}."
        )
    if values.dtype == object or values.dtype.kind not in "biuf":
        values = values.astype(np.float64)
    return values.astype(np.float64, copy=False)


def _check_columns(frame, columns, name) -> None:
    if columns is None or frame.ndim == 1:
        return
    given = tuple(frame.columns)
    if given != columns:
        raise ValueError(
            f"X has the columns {list(given)}, but {name} was fitted on {list(columns)}: give the "
            "same columns in the same order (those of past_covariates may be NaN)."
        )


def _check_levels(index, n, name) -> None:
    if index.nlevels != n:
        wanted = "one level (time)" if n == 1 else "two levels (series, time)"
        raise ValueError(
            f"the index of X has {index.nlevels} level(s), but {name} was fitted on an index of "
            f"{wanted}: give the same kind."
        )


def column_positions(names: Any, columns: tuple | None, n_columns: int, what: str) -> tuple:
    """The positions of named (or counted) columns of X."""
    if names is None:
        return ()
    wanted = (names,) if isinstance(names, (str, Integral)) else tuple(names)
    found = []
    for name in wanted:
        if columns is not None and name in columns:
            found.append(columns.index(name))
        elif isinstance(name, Integral) and 0 <= name < n_columns:
            found.append(int(name))
        else:
            there = list(range(n_columns)) if columns is None else list(columns)
            raise ValueError(f"{what} names the column {name!r}, but X has only {there}.")
    return tuple(found)


def check_same_rows(target: TimeTable, covariates: TimeTable, name: str) -> None:
    """Raise ValueError unless X and y have the same rows."""
    same = len(target.values) == len(covariates.values) and (
        np.array_equal(target.offsets, covariates.offsets)
        and np.array_equal(target.starts, covariates.starts)
        and (target.keys is None) == (covariates.keys is None)
        and (target.keys is None or target.keys.equals(covariates.keys))
    )
    if not same:
        raise ValueError(
            f"X has {len(covariates.values)} rows and y has {len(target.values)}, or their times "
            f"differ, but {name} needs one row of X for each row of y: align them, e.g. "
            "X.loc[y.index]."
        )


def forward_filled(table: TimeTable, what: str) -> TimeTable:
    """The same table, missing values replaced by the last one before in the series."""
    parts = []
    for i, (first, stop) in enumerate(zip(table.offsets, table.offsets[1:], strict=False)):
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


def quantile_table(
    values: np.ndarray, quantiles: np.ndarray, future: Future, like: TimeTable, one: bool
) -> Any:
    """Quantiles ``(n_rows, n_targets, n_q)`` as an array or a DataFrame."""
    if one:
        values = values[:, 0]
    if future.index is None:
        return values
    if one:
        return pd.DataFrame(values, index=future.index, columns=pd.Index(quantiles))
    columns = pd.MultiIndex.from_product([like.columns or range(values.shape[1]), quantiles])
    return pd.DataFrame(values.reshape(len(values), -1), index=future.index, columns=columns)


def backtest_table(
    target: TimeTable,
    series: np.ndarray,
    starts: np.ndarray,
    actual: np.ndarray,
    forecast: np.ndarray,
    naive: np.ndarray,
) -> pd.DataFrame:
    """Forecasts ``(n_origins, n_steps, n_targets)`` as a long table."""
    n, n_steps, n_targets = forecast.shape
    local = target.starts[series] + starts - target.offsets[series]  # position of the first step
    origin = np.repeat(local - 1, n_steps * n_targets)
    step = np.tile(np.repeat(np.arange(1, n_steps + 1), n_targets), n)
    table = {
        "origin": target.clock.index(origin),
        "step": step,
        "actual": actual.ravel(),
        "forecast": forecast.ravel(),
        "naive": naive.ravel(),
    }
    if n_targets > 1:
        names = list(target.columns or range(n_targets))
        table["target"] = np.tile(np.array(names, dtype=object), n * n_steps)
    if target.keys is not None:
        table["series"] = target.keys[np.repeat(series, n_steps * n_targets)]
    return pd.DataFrame(table, index=target.clock.index(origin + step))
