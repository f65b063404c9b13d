"""Which rows are asked for, and forecasts as the user's tables."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from sksequence.estimators._forecast_read import check_two_dimensions
from sksequence.estimators._forecast_tables import names_of
from sksequence.estimators._forecast_warnings import warn
from sksequence.inputs import TimeTable
from sksequence.inputs._table_values import Source, read_values


@dataclass(frozen=True)
class Future:
    """Rows to forecast.

    Parameters
    ----------
    series : ndarray of shape (n_rows,)
        Which series of the table each row belongs to.
    steps : ndarray of shape (n_rows,)
        How many rows after the last one of its series, from 0; negative in the past.
    index : pandas Index or None
        Of the answer; None: an array is wanted.
    numbers : ndarray of shape (n_rows, n_covariates)
    """

    series: np.ndarray
    steps: np.ndarray
    index: pd.Index | None
    numbers: np.ndarray

    @property
    def n_steps(self) -> int:
        """Steps of a forecast that reaches all rows."""
        return max(int(self.steps.max()) + 1, 1)

    def known_numbers(self, last: np.ndarray, n_steps: int, marked: tuple = ()) -> np.ndarray:
        """Covariates of all future steps, ``(n_series, n_steps, n_covariates)``.

        Steps that X does not have (a gap) keep the values before them, at first those of the
        `last` row of each series; so do missing values, but those of `marked` columns stay NaN.
        """
        n_series = len(last)
        numbers = np.full((n_series, n_steps, self.numbers.shape[1]), np.nan)
        ahead = self.steps >= 0
        numbers[self.series[ahead], self.steps[ahead]] = self.numbers[ahead]
        there = np.isfinite(numbers)
        for column in marked:
            there[self.series[ahead], self.steps[ahead], column] = True
        numbers = np.concatenate([last[:, np.newaxis], numbers], axis=1)
        there = np.concatenate([np.ones((n_series, 1, last.shape[1]), dtype=bool), there], axis=1)
        places = np.where(there, np.arange(n_steps + 1)[:, np.newaxis], 0)
        newest = np.maximum.accumulate(places, axis=1)
        return np.take_along_axis(numbers, newest, axis=1)[:, 1:]


def read_future(X: Any, table: TimeTable, gap: int, columns: Any, name: str) -> Future:
    """The rows of ``X`` that are to be forecast.

    Parameters
    ----------
    X : int, array-like of shape (n_rows, n_covariates), Series or DataFrame
        A number of rows stands for as many after the last one of each series.
    table : TimeTable
        What they follow.
    gap : int
        Rows in between, where there is no index.
    columns : tuple or int
        The covariates that ``fit`` saw: names or their number.
    name : str
        Of the estimator, for messages.
    """
    if isinstance(X, Integral) and not isinstance(X, bool):
        return _next_rows(int(X), table, gap)
    if X is None:
        raise ValueError(
            f"{name} cannot tell from X=None which rows to forecast: give their number, e.g. "
            "predict(12), or a DataFrame with their index."
        )
    if isinstance(X, str | float | complex):
        raise TypeError(
            f"{name} expected the rows to forecast, as a table or an index, or their number, such "
            f"as predict(12); got {X!r}."
        )
    clock = table.clock
    if not hasattr(X, "iloc") and clock.kind != "none":
        raise ValueError(
            f"{name} was fitted on rows with an index, but predict got a {type(X).__name__} "
            "without one, so it cannot know which rows these are. If a transformer before it made "
            'an array of a DataFrame, call set_output(transform="pandas") on that transformer or '
            "on the pipeline; or give the number of rows to forecast."
        )
    check_two_dimensions(X, name)
    source = Source(X, "X", name)
    numbers = _numbers(source, columns)
    if clock.kind == "none":
        warn(
            f"{name} was fitted on rows without an index: those of predict are taken to follow "
            "directly. Whether folds were shuffled cannot be noticed then; give a DataFrame or "
            "Series with an index to be sure."
        )
        zeros = np.zeros(len(numbers), dtype=np.int64)
        return Future(zeros, gap + np.arange(len(numbers)), source.index, numbers)
    return _placed(source, numbers, table)


def _numbers(source: Source, columns) -> np.ndarray:
    numbers = read_values(source)
    if source.is_pandas and source.data.ndim == 1 and not columns:
        return numbers[:, :0]  # a Series is only asked for its index
    n_expected = columns if isinstance(columns, int) else len(columns)
    if not numbers.shape[1] and n_expected:
        return numbers  # the caller knows whether they are needed
    if numbers.shape[1] and not n_expected:
        raise ValueError(
            f"X has {numbers.shape[1]} features, but {source.name} is expecting 0 features as "
            "input: it was fitted without covariates. Give X[[]] (its index alone) or the number "
            "of rows to forecast, or fit it with covariates."
        )
    source.check_columns(columns, numbers.shape[1])
    return numbers


def _placed(source: Source, numbers: np.ndarray, table: TimeTable) -> Future:
    index, n_levels = source.index, 1 if table.keys is None else 2
    if index.nlevels != n_levels:
        wanted = ("one level (time)", "two levels (series, time)")[n_levels - 1]
        raise ValueError(
            f"the index of X has {index.nlevels} level(s), but {source.name} was fitted on an "
            f"index of {wanted}: give the same kind."
        )
    series = np.zeros(len(index), dtype=np.int64)
    if table.keys is not None:
        keys = index.get_level_values(0)
        series = table.keys.get_indexer(keys).astype(np.int64)
        if (series < 0).any():
            raise ValueError(
                f"X has the series {keys[series < 0][0]!r}, which {source.name} has not seen: "
                "give its past, predict(X, history=y_of_the_new_series)."
            )
    if index.has_duplicates:
        row = int(np.argmax(index.duplicated()))
        raise ValueError(
            f"{source.name} got X with {source.row(row)} twice: keep one of the two rows, e.g. "
            "with X[~X.index.duplicated()]."
        )
    positions = table.clock.positions(index.get_level_values(-1) if n_levels == 2 else index)
    return Future(series, positions - table.stops[series], index, numbers)


def _next_rows(n: int, table: TimeTable, gap: int) -> Future:
    if n < 1:
        raise ValueError(f"the number of rows to forecast must be at least 1, got {n}.")
    series = np.repeat(np.arange(table.n_series), n)
    ahead = np.arange(n) + (gap if table.clock.kind == "none" else 0)
    steps = np.tile(ahead, table.n_series)
    index = None
    if table.clock.kind != "none":
        index = table.times_of(series, table.stops[series] + steps)
    return Future(series, steps, index, np.zeros((len(series), 0)))


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
    return pd.DataFrame(values, index=future.index, columns=names_of(like))


def quantile_table(
    values: np.ndarray, names: list, future: Future, like: TimeTable, one: bool
) -> Any:
    """Quantiles ``(n_rows, n_targets, n_q)`` as an array or a DataFrame."""
    if future.index is None:
        return values[:, 0] if one else values
    if one:
        return pd.DataFrame(values[:, 0], index=future.index, columns=pd.Index(names))
    columns = pd.MultiIndex.from_product([names_of(like), names])
    return pd.DataFrame(values.reshape(len(values), -1), index=future.index, columns=columns)
