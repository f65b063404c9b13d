"""Exchanging parts of the windows that a forecaster reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline

from sksequence.batches import WindowRows, WindowSamples
from sksequence.estimators import NaiveForecaster, RNNForecaster, WindowForecaster
from sksequence.estimators._forecast_ask import expected, origins_at, past_of
from sksequence.estimators._forecast_data import Origins, window_starts
from sksequence.estimators._forecast_read import rows_before
from sksequence.estimators._forecast_tables import names_of, seasonal_naive, skill
from sksequence.inspection._importance_sequences import span_names
from sksequence.inspection._time_axes import last_step


def is_forecaster(estimator: Any) -> bool:
    """Whether the last step reads tables whose rows are time steps."""
    while isinstance(estimator, Pipeline) or hasattr(estimator, "best_estimator_"):
        estimator = estimator[-1] if isinstance(estimator, Pipeline) else estimator.best_estimator_
    if isinstance(estimator, NaiveForecaster):
        raise TypeError(
            "permutation_importance needs a forecaster that reads windows, such as RNNForecaster "
            "or WindowForecaster; NaiveForecaster repeats what was there."
        )
    return isinstance(estimator, (RNNForecaster, WindowForecaster))


@dataclass(frozen=True)
class WindowExchange:
    """Windows whose parts are exchanged, and the forecaster that reads them.

    Parameters
    ----------
    forecast : callable
        From Origins to forecasts ``(n_windows, horizon, n_targets)``.
    score_of : callable
        From such forecasts to a score.
    origins : Origins
        With all steps of the horizon.
    level, scale : ndarray of shape (n_windows, 1, n_targets)
        The units of each window.
    in_logs : bool
        Whether these are units of log(1 + value).
    features : list of (str, str, list of int)
        Name, the field of the origins, and its columns.
    block_of : ndarray of shape (n_before + n_steps,)
        The block of each row of a window.
    block_names : list of str
    score_name : str
    """

    forecast: Callable
    score_of: Callable
    origins: Origins
    level: np.ndarray
    scale: np.ndarray
    in_logs: bool
    features: list[tuple[str, str, list[int]]]
    block_of: np.ndarray
    block_names: list[str]
    score_name: str
    align: str = "forecast"

    @classmethod
    def read(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        scoring: Any,
        n_blocks: int,
        align: str,
        drawn: Callable,
        sample_weight: Any,
    ) -> WindowExchange:
        """Of a fitted forecaster and rows of time."""
        if y is None:
            raise ValueError(
                "permutation_importance of a forecaster needs the rows that it forecasts from and "
                "those that came: give them as y, got None."
            )
        forecaster, (X,) = last_step(estimator, X)
        past = past_of(forecaster, y, X)
        starts, series = _windows(forecaster, past)
        rows = drawn(len(starts))
        starts, series = starts[rows], series[rows]
        horizon = forecaster.horizon_
        origins = origins_at(forecaster, past, starts, series, horizon)
        steps = starts[:, None] + np.arange(horizon)
        truth = past.target.values[steps]
        naive = seasonal_naive(past.target, starts, series, forecaster.seasonality, horizon)
        weights = _weights(sample_weight, past.target.values, steps)
        level, scale = _units(forecaster, origins)
        blocks = _blocks(origins, n_blocks)

        def forecast(exchanged):
            return expected(forecaster, past, exchanged)[:, :horizon]

        return cls(
            forecast,
            _scored(scoring, truth, naive, weights),
            origins,
            level,
            scale,
            forecaster.distribution_.scaling == "log",
            _features(forecaster, past),
            *blocks,
            scoring if isinstance(scoring, str) else "skill" if scoring is None else "score",
        )

    @property
    def n_samples(self) -> int:
        """How many windows there are."""
        return len(self.origins)

    @property
    def feature_names(self) -> list[str]:
        """Pasts of targets, covariates, calendar."""
        return [name for name, _, _ in self.features]

    @property
    def timed(self) -> list[int]:
        """Features that have a value at each step."""
        return [i for i, (_, field, _) in enumerate(self.features) if field != "static"]

    def score(
        self, order: np.ndarray | None = None, feature: int | None = None, block: int | None = None
    ) -> Any:
        """The score when window i has the part of window ``order[i]``."""
        origins = self.origins
        if order is not None:
            for i in self.timed if feature is None else [feature]:
                origins = self._exchanged(origins, order, i, block)
        return self.score_of(self.forecast(origins))

    def _exchanged(self, origins, order, feature, block) -> Origins:
        _, field, columns = self.features[feature]
        values = getattr(origins, field).copy()
        if field == "static":
            values[:, columns] = values[order][:, columns]
            return replace(origins, static=values)
        rows = np.arange(values.shape[1])
        if block is not None:
            rows = np.flatnonzero(self.block_of[: values.shape[1]] == block)
        at = np.ix_(np.arange(len(values)), rows, columns)
        if field == "targets":  # (n_windows, n_rows, n_columns), in units of the windows
            level, scale = self.level[:, :, columns], self.scale[:, :, columns]
            there, back = (np.log1p, np.expm1) if self.in_logs else (np.asarray, np.asarray)
            values[at] = back(level + scale * ((there(values[at]) - level) / scale)[order])
        else:
            values[at] = values[at][order]
        return replace(origins, **{field: values})


def _windows(forecaster, past) -> tuple[np.ndarray, np.ndarray]:
    """First row to forecast of each window with a value that came, and its series."""
    horizon, n_before = forecaster.horizon_, past.data.n_lost + rows_before(forecaster)
    starts, series = window_starts(past.target.offsets, n_before, horizon)
    steps = starts[:, None] + np.arange(horizon)
    seen = np.isfinite(past.target.values[steps]).any(axis=(1, 2))
    if not seen.any():
        raise ValueError(
            f"y has no window of {type(forecaster).__name__} with its future: give at least "
            f"lookback + horizon + 1 = {n_before + horizon + 1} rows (lags and rows lost to "
            "target_transform included), those before the first forecast too."
        )
    return starts[seen], series[seen]


def _weights(sample_weight, values, steps) -> np.ndarray | None:
    """Of each forecast row, ``(n_windows * horizon,)``."""
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=float)
    if weights.shape != (len(values),):
        raise ValueError(
            f"sample_weight has the shape {weights.shape}, but y has {len(values)} rows: give one "
            "weight for each row."
        )
    return weights[steps].ravel()


def _units(forecaster, origins: Origins) -> tuple[np.ndarray, np.ndarray]:
    """Level and scale of the windows, as the network takes them off."""
    n, n_before, n_targets = origins.targets.shape
    rows = WindowRows(
        origins.targets.reshape(n * n_before, n_targets),
        np.zeros((n * n_before, 0)),
        np.zeros((n * n_before, 0)),
        np.zeros((n, 0)),
        origins.spread,
    )
    samples = WindowSamples(
        rows,
        np.arange(1, n + 1) * n_before,
        np.arange(n),
        forecaster.lookback_,
        1,
        scaling=forecaster.distribution_.scaling,
        with_targets=False,
    )
    batch = samples.batch(np.arange(n))
    return batch.level.numpy(), batch.scale.numpy()


def _blocks(origins: Origins, n_blocks: int) -> tuple[np.ndarray, list[str]]:
    """The block of each row of a window; one more for what is known of the future."""
    n_before, n_steps = origins.targets.shape[1], origins.n_steps
    cuts = np.unique(np.arange(n_blocks + 1) * n_before // n_blocks)
    block_of = np.searchsorted(cuts, np.arange(n_before + n_steps), side="right") - 1
    names = span_names(cuts - n_before)
    if origins.known.shape[2]:
        names.append("+1" if n_steps == 1 else f"+1 to +{n_steps}")
    return block_of, names


def _features(forecaster, past) -> list[tuple[str, str, list[int]]]:
    """Names, fields of the origins and columns of all that the network reads."""
    data, target = past.data, past.target
    names = names_of(target)
    if forecaster.one_target_ and target.columns is None:
        names = ["y" if forecaster.target_name_ is None else forecaster.target_name_]
    features = [(f"past of {name}", "targets", [k]) for k, name in enumerate(names)]
    columns = [] if past.covariates is None else [str(name) for name in names_of(past.covariates)]
    if past.covariates is not None and past.covariates.columns is None:
        columns = [f"x{name}" for name in columns]
    for field, positions in (("observed", data.past), ("known", data.known)):
        features += [(columns[at], field, _with_mark(data, positions, at)) for at in positions]
    features += [(columns[at], "static", _of_static(data, at)) for at in data.static]
    first = data.n_known - 2 * len(data.calendar)
    for j, name in enumerate(data.calendar):  # sine and cosine
        features.append((name, "known", [first + 2 * j, first + 2 * j + 1]))
    return features


def _with_mark(data, positions, at) -> list[int]:
    """Where a covariate stands among those of its kind, and its mark of what was seen."""
    marked = [column for column in positions if column in data.marked]
    found = [positions.index(at)]
    return [*found, len(positions) + marked.index(at)] if at in marked else found


def _of_static(data, at) -> list[int]:
    """Where a static covariate stands: one column, or one for each of its symbols."""
    widths = [data.categories.get(column, 1) for column in data.static]
    i = data.static.index(at)
    return list(range(sum(widths[:i]), sum(widths[: i + 1])))


# -- scores -------------------------------------------------------------------------------------


def _scored(scoring, truth, naive, weights) -> Callable:
    """From forecasts ``(n_windows, horizon, n_targets)`` to a score."""
    n_targets = truth.shape[2]
    truth, naive = truth.reshape(-1, n_targets), naive.reshape(-1, n_targets)
    if scoring is None:
        return lambda found: skill(truth, found.reshape(-1, n_targets), naive, weights)
    scorer = check_scoring(_Given().fit(), scoring=scoring)
    seen = np.isfinite(truth).all(axis=1)
    truth = truth[seen, 0] if n_targets == 1 else truth[seen]
    options = {} if weights is None else {"sample_weight": weights[seen]}

    def score(found):
        found = found.reshape(-1, n_targets)[seen]
        return scorer(_Given().fit(), found, truth, **options)

    return score


class _Given(RegressorMixin, BaseEstimator):
    """Predicts what it is given: so scorers see forecasts that were made elsewhere."""

    def fit(self, X=None, y=None):
        self.n_features_in_ = 0
        return self

    def predict(self, X):
        return X[:, 0] if X.shape[1] == 1 else X
