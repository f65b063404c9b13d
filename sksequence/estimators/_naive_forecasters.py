"""Forecasts that cost nothing: what any other has to be better than."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted

from sksequence.estimators._fitting import unchanged_if_refused
from sksequence.estimators._forecast_ask import (
    check_parameters,
    check_truth,
    future_of,
    keep_form,
    naive_rows,
    rows_of,
)
from sksequence.estimators._forecast_backtest import backtest, check_quantiles, read_for_backtest
from sksequence.estimators._forecast_future import answer, quantile_table
from sksequence.estimators._forecast_naive_errors import (
    errors_in_sample,
    growth,
    quantiles_of_errors,
    warn_if_too_short,
)
from sksequence.estimators._forecast_parameters import TABLE_CONSTRAINTS
from sksequence.estimators._forecast_probable import Bounds
from sksequence.estimators._forecast_read import read_later, read_tables
from sksequence.estimators._forecast_tables import (
    check_seen,
    last_values,
    naive_errors_of,
    seasonal_naive,
    skill,
)
from sksequence.inputs import TimeTable
from sksequence.utils._sklearn import StrOptions


class NaiveForecaster(Bounds, RegressorMixin, BaseEstimator):
    r"""Repeat the last value, the last season, the trend or the climate.

    ===============  ==============================================================
    "last"           :math:`\hat y_{T+j} = y_T` (persistence)
    "seasonal"       the value of the same step in the last season
    "drift"          :math:`\hat y_{T+j} = y_T + j\, (y_T - y_1) / (T - 1)`
    "climatology"    the mean of all values of the same step of a season
    ===============  ==============================================================

    Rows, tables and panels are read as by ``RNNForecaster``; covariates are ignored and values
    may be missing. ``predict_interval`` and ``predict_quantiles`` are made of the errors of one
    step (with "seasonal" one season) in the series itself, which grow as those of a random walk
    (with "climatology" they stay); of a series in which there were none, bounds are NaN.

    In a strong trend these errors are all on one side, for what is repeated lags behind. One step
    (one season) ahead the band then reaches from the forecast to where the values came to lie:
    quantiles below the median are at most the forecast, those above it at least, so an interval
    always holds the forecast; the median itself lies where the errors say. Further on the trend
    leaves the band: what is repeated lags by k times as much after k steps (seasons), and the band
    has grown only :math:`\sqrt k` times. With "climatology" the trend is at the edge of the band
    from the first step, for the forecast is the mean of the whole past, and goes on beyond it.
    Where the trend goes on, "drift" follows it, and so do, with a season,
    ``WindowForecaster`` and ``RNNForecaster`` with ``target_transform="seasonal_difference"``.

    Only "climatology" keeps the quantiles of the values as they were: around the mean of lopsided
    ones, such as rain, a narrow interval may lie beside it.

    Parameters
    ----------
    strategy : {"last", "seasonal", "drift", "climatology"}, default="last"
        What is repeated.
    seasonality : int, default=1
        Rows of a season, for "seasonal", "climatology" and ``score``.
    gap : int, default=0
        Rows between those of ``fit`` and of ``predict``, where there is no index.
    resample : str, int or pandas offset, default=None
        A frequency, at which rows that are missing from a time index become rows of missing
        values. None: they are an error.

    Attributes
    ----------
    tail_ : TimeTable
        The last season of y.
    slope_ : ndarray of shape (n_series, n_targets)
        Mean change from a row to the next, for "drift".
    climate_ : ndarray of shape (n_series, seasonality, n_targets)
        Means of the steps of a season, for "climatology".
    naive_errors_ : NaiveErrors
        What the seasonal naive forecast misses by in training: the units of scaled errors
        (MASE, RMSSE).

    Examples
    --------
    >>> import pandas as pd
    >>> from sksequence import NaiveForecaster
    >>> days = pd.date_range("2024-01-01", periods=6, freq="D")
    >>> y = pd.Series([1.0, 5.0, 3.0, 2.0, 6.0, 4.0], index=days)
    >>> NaiveForecaster("seasonal", seasonality=3).fit(None, y).predict(2)
    2024-01-07    2.0
    2024-01-08    6.0
    Freq: D, dtype: float64
    """

    _parameter_constraints: ClassVar[dict] = {
        **TABLE_CONSTRAINTS,
        "strategy": [StrOptions(("last", "seasonal", "drift", "climatology"))],
    }

    def __init__(
        self,
        strategy: str = "last",
        *,
        seasonality: int = 1,
        gap: int = 0,
        resample: Any = None,
    ):
        self.strategy = strategy
        self.seasonality = seasonality
        self.gap = gap
        self.resample = resample

    @unchanged_if_refused
    def fit(self, X: Any, y: Any) -> Self:
        """Learn what is repeated.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_times, n_covariates), or None
            Its index counts where y has none; columns are ignored.
        y : array-like, Series or DataFrame of shape (n_times,) or (n_times, n_targets)
            The targets, in the order of time; NaN where missing.

        Returns
        -------
        NaiveForecaster
            Itself, fitted.

        Warns
        -----
        UserWarning
            If series have fewer rows than "seasonal" (a season), "climatology" (one more) or
            "drift" (three) learn from: what their forecasts and intervals are then.
        """
        check_parameters(self)
        target, covariates = read_tables(self, X, y)
        check_seen(target, type(self).__name__)
        warn_if_too_short(target, self.strategy, self.seasonality)
        self.naive_errors_ = naive_errors_of(target, self.seasonality)
        keep_form(self, y)
        return self._learn(target, covariates)

    def _learn(self, target, covariates):
        self.slope_ = slopes(target) if self.strategy == "drift" else None
        self.climate_ = None
        if self.strategy == "climatology":
            self.climate_ = climate(target, self.seasonality)
        learned = self.strategy, self.seasonality, self.slope_, self.climate_
        self.errors_ = errors_in_sample(target, *learned)
        self.n_rows_ = target.lengths
        self._keep(target, covariates)
        return self

    def _keep(self, target, covariates):
        values, ends = target.values.copy(), target.offsets[1:] - 1
        values[ends] = last_values(target)[ends]  # the newest that was seen may be long ago
        self.tail_ = replace(target, values=values).tail(self.seasonality)
        self.covariate_tail_ = None if covariates is None else covariates.tail(1)

    def predict(self, X: Any, history: Any = None, X_history: Any = None) -> Any:
        """Forecast rows that follow those of ``fit``.

        Parameters
        ----------
        X : DataFrame, Series, array-like of shape (n_rows, n_covariates), or int
            The rows to forecast. A number stands for so many rows.
        history, X_history : like y and X of ``fit``, default=None
            The past of other series, or a newer past, to forecast from instead; slope and climate
            are those of it.

        Returns
        -------
        ndarray, Series or DataFrame of shape (n_rows,) or (n_rows, n_targets)
            With the index of `X`.
        """
        future, rows = self._from(history, X_history)._ask(X)
        return answer(rows, future, self.tail_, self.one_target_, self.target_name_)

    def _from(self, history, X_history):
        """The forecaster of these rows; itself without any."""
        check_is_fitted(self)
        if history is None:
            return self
        target, covariates = read_tables(self, X_history, history, self)
        warn_if_too_short(target, self.strategy, self.seasonality, "history")
        return copy.copy(self)._learn(target, covariates)

    def _bounds(self, X, levels, names, calibrated, history, X_history, random_state):
        """In-sample errors of one step around the forecast, growing with the steps."""
        model = self._from(history, X_history)
        future, rows = model._ask(X)
        around = model._around(future.series, future.steps + 1, levels)
        rows = rows[..., np.newaxis] + around  # (n_rows, n_targets, n_q)
        return quantile_table(rows, names, future, self.tail_, self.one_target_)

    def _around(self, series, steps, levels) -> np.ndarray:
        """Quantiles of errors, the shape of `series` and `steps` then ``(n_targets, n_q)``."""
        found = quantiles_of_errors(self.errors_, levels, self.strategy)
        grown = growth(steps, self.strategy, self.seasonality, self.n_rows_[series])
        return grown[..., np.newaxis, np.newaxis] * found[series]

    def _ask(self, X):
        check_is_fitted(self)
        future = future_of(self, X, self.tail_)
        ends, every = self.tail_.offsets[1:], np.arange(self.tail_.n_series)
        values = self._values(self.tail_, ends, every, future.n_steps)
        return future, values[future.series, future.steps]

    def _values(self, table: TimeTable, starts, series, n_steps) -> np.ndarray:
        """Forecasts ``(n_origins, n_steps, n_targets)`` from rows of a table."""
        m = self.seasonality if self.strategy == "seasonal" else 1
        values = seasonal_naive(table, starts, series, m, n_steps)
        if self.strategy == "drift":
            return values + self.slope_[series][:, None] * np.arange(1, n_steps + 1)[:, None]
        if self.strategy == "climatology":
            first = table.starts[series] + starts - table.offsets[series]
            place = (first[:, None] + np.arange(n_steps)) % self.seasonality
            return self.climate_[series[:, None], place]
        return values

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Skill against the seasonal naive forecast, as that of ``RNNForecaster``.

        Parameters
        ----------
        X : as in ``predict``, or None
            None: the rows of y, where there are no covariates.
        y : like y of ``fit``
            What happened; missing values do not count.
        sample_weight : array-like of shape (n_rows,), default=None

        Returns
        -------
        float
        """
        future, rows = self._ask(rows_of(X, y))
        check_truth(y, future, self.tail_, type(self).__name__)
        return skill(y, rows, naive_rows(self.tail_, future, self.seasonality), sample_weight)

    def update(self, X: Any, y: Any) -> Self:
        """Bring in rows that follow: forecasts start after them, slope and climate stay.

        Parameters
        ----------
        X, y
            As in ``fit``; the rows that directly follow those that were seen.

        Returns
        -------
        NaiveForecaster
            Itself.
        """
        check_is_fitted(self)
        self._keep(*read_later(self, X, y))
        return self

    def backtest(
        self,
        X: Any,
        y: Any,
        n_origins: int = 10,
        *,
        step: int = 1,
        n_steps: int = 1,
        refit: bool | int = False,
        quantiles: Sequence[float] | None = None,
    ) -> pd.DataFrame:
        """Walk forward over the last rows, as ``RNNForecaster.backtest``.

        Parameters
        ----------
        X, y
            As in ``fit``, past and test rows together.
        n_origins, step, n_steps : int
            Forecasts for each series, rows from one origin to the next, rows of each forecast.
        refit : bool or int, default=False
            Whether slope and climate are learned anew at each origin, or at every so many.
        quantiles : sequence of float, default=None
            Columns of these quantiles too.

        Returns
        -------
        DataFrame
        """
        check_parameters(self)
        model = clone(self)
        wanted, settings = check_quantiles(quantiles), (n_origins, step, n_steps, refit)
        target, covariates = read_for_backtest(model, X, y, settings)

        def columns(starts, series, n):
            values = model._values(target, starts, series, n)
            around = model._around(series[:, None], np.arange(1, n + 1), wanted)
            found = values[..., np.newaxis] + around
            return {"forecast": values} | {q: found[..., i] for i, q in enumerate(wanted.tolist())}

        return backtest(model, target, covariates, settings, model._learn, columns)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True
        return tags


def slopes(table: TimeTable) -> np.ndarray:
    """Mean change from a row to the next between the first and the last value that were seen."""
    result = np.zeros((table.n_series, table.values.shape[1]))
    for i, (first, stop) in enumerate(itertools.pairwise(table.offsets)):
        for j, column in enumerate(table.values[first:stop].T):
            seen = np.flatnonzero(np.isfinite(column))
            if len(seen) > 1:
                rise = column[seen[-1]] - column[seen[0]]
                result[i, j] = rise / (seen[-1] - seen[0])
    return result


def climate(table: TimeTable, m: int) -> np.ndarray:
    """Means of the steps of a season; of a step that was never seen, the mean of all."""
    result = np.empty((table.n_series, m, table.values.shape[1]))
    for i, (first, stop) in enumerate(itertools.pairwise(table.offsets)):
        values = pd.DataFrame(table.values[first:stop])
        place = (table.starts[i] + np.arange(stop - first)) % m
        means = values.groupby(place).mean().reindex(range(m))
        result[i] = means.fillna(values.mean()).to_numpy()
    return result
