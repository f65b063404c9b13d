"""What a forecaster says about its own uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sksequence.estimators._forecast_ask import ask
from sksequence.estimators._forecast_future import quantile_table
from sksequence.estimators._forecast_marginals import (
    corrected_levels,
    drawn_paths,
    marginals,
    needs_distribution,
)


class Bounds:
    """Quantiles and intervals of a fitted forecaster."""

    def predict_quantiles(
        self,
        X: Any,
        quantiles: Sequence[float] = (0.05, 0.5, 0.95),
        *,
        calibrated: bool = True,
        history: Any = None,
        X_history: Any = None,
        random_state: Any = 0,
    ) -> Any:
        """Values that the future lies below with given probabilities.

        Of a distribution they come in closed form where all steps are given at once, else from
        500 drawn paths. Of a point forecast they come from the errors on the stretch of time that
        was held back; where these were all on one side, the quantiles are shifted, but no further
        than to the forecast: those below the median are at most that, those above it at least.

        Parameters
        ----------
        X, history, X_history
            As in ``predict``; rows of the future only.
        quantiles : sequence of float, default=(0.05, 0.5, 0.95)
            Between 0 and 1.
        calibrated : bool, default=True
            Correct the probabilities by how often they held on the stretch of time that was held
            back (Kuleshov, Fenner and Ermon, 2018), step by step. Of a point forecast, bounds are
            always made of what was held back.
        random_state : int, RandomState, Generator or None, default=0
            Of the paths. By default two calls give the same answer.

        Returns
        -------
        ndarray of shape (n_rows, n_quantiles) or (n_rows, n_targets, n_quantiles), or DataFrame
            A column for each quantile; of several targets two levels of columns.
        """
        wanted = np.asarray(quantiles, dtype=float)
        if wanted.ndim != 1 or not len(wanted) or wanted.min() <= 0 or wanted.max() >= 1:
            raise ValueError(f"quantiles must be numbers between 0 and 1, got {quantiles!r}.")
        asked = calibrated, history, X_history, random_state
        return self._bounds(X, wanted, wanted.tolist(), *asked)

    def predict_interval(
        self,
        X: Any,
        coverage: float = 0.9,
        *,
        calibrated: bool = True,
        history: Any = None,
        X_history: Any = None,
        random_state: Any = 0,
    ) -> Any:
        """Bounds between which the future lies with a given probability.

        Parameters
        ----------
        X, calibrated, history, X_history, random_state
            As in ``predict_quantiles``.
        coverage : float, default=0.9
            The probability; as much is left below as above.

        Returns
        -------
        ndarray of shape (n_rows, 2) or (n_rows, n_targets, 2), or DataFrame
            Lower and upper bound.
        """
        if not 0 < coverage < 1:
            raise ValueError(f"coverage must lie between 0 and 1, got {coverage!r}.")
        levels, names = np.array([1 - coverage, 1 + coverage]) / 2, ["lower", "upper"]
        return self._bounds(X, levels, names, calibrated, history, X_history, random_state)

    def _bounds(self, X, levels, names, calibrated, history, X_history, random_state):
        forecaster: Any = self
        future, past, origins = ask(forecaster, X, history, X_history)
        corrected = corrected_levels(forecaster, levels, origins.n_steps, calibrated)
        found = marginals(forecaster, past, origins, random_state).quantile(corrected)
        rows = found[future.series, future.steps]  # (n_rows, n_targets, n_q)
        return quantile_table(rows, names, future, forecaster.tail_, forecaster.one_target_)


class ProbabilisticForecasts(Bounds):
    """Quantiles, intervals and paths of a fitted forecaster."""

    def sample_paths(
        self,
        X: Any,
        n_paths: int = 100,
        *,
        history: Any = None,
        X_history: Any = None,
        random_state: Any = None,
    ) -> np.ndarray:
        """Draw possible futures; each step is drawn given the one before.

        The steps of one block of ``strategy="direct"`` are drawn independently of each other:
        take "recursive" or "seq2seq" where their dependence matters. Paths are of the distribution
        as it was learned, without the correction that `calibrated` stands for elsewhere.

        Parameters
        ----------
        X, history, X_history
            As in ``predict``; rows of the future only.
        n_paths : int, default=100
        random_state : int, RandomState, Generator or None, default=None

        Returns
        -------
        ndarray of shape (n_paths, n_rows) or (n_paths, n_rows, n_targets)
        """
        future, past, origins = ask(self, X, history, X_history)
        needs_distribution(self, "sample_paths")
        paths = drawn_paths(self, past, origins, n_paths, random_state)
        rows = paths[:, future.series, future.steps]
        return rows[:, :, 0] if self.one_target_ else rows  # type: ignore[attr-defined]
