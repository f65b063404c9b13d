"""Any regressor of scikit-learn on windows of the past."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from sksequence.batches import WindowBatch, WindowSamples
from sksequence.estimators._fitting import unchanged_if_refused
from sksequence.estimators._forecast_ask import check_parameters, predicted, scored
from sksequence.estimators._forecast_backtest import (
    backtest,
    check_quantiles,
    model_columns,
    read_for_backtest,
)
from sksequence.estimators._forecast_data import Past, last_stretch
from sksequence.estimators._forecast_fit import learn, look_back, remember, windows_of
from sksequence.estimators._forecast_parameters import WINDOW_CONSTRAINTS
from sksequence.estimators._forecast_probable import Bounds
from sksequence.estimators._forecast_read import read_later, read_tables
from sksequence.estimators._parameters import SHARED_CONSTRAINTS
from sksequence.networks import Outputs
from sksequence.tasks import make_distribution
from sksequence.utils._random import make_generator
from sksequence.utils._sklearn import Interval, StrOptions


class WindowForecaster(Bounds, RegressorMixin, BaseEstimator):
    """Forecast with any regressor of scikit-learn that is given whole windows.

    The last `lookback` values and covariates and what is known of the next `horizon` steps stand
    side by side in one row of numbers, and the next `horizon` values are its targets. It is what
    one did before there were recurrent networks, and what these have to be better than.

    Rows, tables, panels and units of a window are those of ``RNNForecaster``, and so are
    ``predict_interval`` and ``predict_quantiles``, which are made of errors on a stretch of time
    that was held back; every interval holds the forecast. Windows are written out here: memory is
    `lookback` times that of the series.

    Parameters
    ----------
    regressor : estimator, default=None
        None: ``MLPRegressor(early_stopping=True, max_iter=1000)``. One that gives a single number
        is fitted for each step.
    lookback : int, default=24
        Rows of the past that the regressor is given.
    horizon : int, default=1
        Steps that are learned. Longer forecasts are made block after block.
    past_covariates : list of str or int, default=None
        Columns of X that are known up to the present only; ignored in ``X_future``.
    static_covariates : list of str or int, default=None
        Columns of X that do not change in a series: numbers or symbols.
    calendar : list of str, default=None
        Features of the time index, as of ``RNNForecaster``.
    seasonality : int, default=1
        Rows of a season; of the naive forecast in ``score``, and of "seasonal_difference".
    lags : list of int, default=None
        The target so many rows earlier is an input too; at least `horizon`.
    target_transform : str or list of str, default=None
        As of ``RNNForecaster``.
    missing : {"error", "ffill"}, default="error"
        What becomes of missing values: refused, or filled with the value before.
    in_sample : {"error", "one_step"}, default="error"
        What ``predict`` does for rows that ``fit`` has seen.
    gap : int, default=0
        Rows between those of ``fit`` and of ``predict``, where there is no index.
    resample : str, int or pandas offset, default=None
        A frequency, at which rows that are missing from a time index become rows of missing
        values (see `missing`). None: they are an error.
    validation_fraction : float, default=0.1
        The last stretch of time, on which a copy that was fitted on the rows before shows how
        large errors are, for intervals; the regressor itself is fitted on all rows. 0 saves the
        second fit, and there are no intervals then.
    random_state : int, RandomState, Generator or None, default=None
        Seeds every `random_state` of the regressor; None leaves them as they are.

    Attributes
    ----------
    regressor_ : estimator
        The fitted regressor.
    validation_skill_ : float or None
        Skill of the copy against the seasonal naive forecast on that stretch.
    categories_ : dict
        The symbols of each static covariate that holds some.
    tail_ : TimeTable
        The last rows of y, as many as forecasts need.
    naive_errors_ : NaiveErrors
        What the seasonal naive forecast misses by in training: the units of scaled errors
        (MASE, RMSSE).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import LinearRegression
    >>> from sksequence import WindowForecaster
    >>> days = pd.date_range("2024-01-01", periods=100, freq="D")
    >>> y = pd.Series(np.sin(np.arange(100.0)), index=days)
    >>> forecaster = WindowForecaster(LinearRegression(), lookback=4, horizon=3).fit(None, y[:97])
    >>> bool(np.allclose(forecaster.predict(3), y[97:]))
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        **WINDOW_CONSTRAINTS,
        "regressor": "no_validation",
        "missing": [StrOptions(("error", "ffill"))],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "random_state": SHARED_CONSTRAINTS["random_state"],
    }

    def __init__(
        self,
        regressor: Any = None,
        lookback: int = 24,
        horizon: int = 1,
        *,
        past_covariates: Sequence | None = None,
        static_covariates: Sequence | None = None,
        calendar: Sequence[str] | None = None,
        seasonality: int = 1,
        lags: Sequence[int] | None = None,
        target_transform: str | Sequence[str] | None = None,
        missing: str = "error",
        in_sample: str = "error",
        gap: int = 0,
        resample: Any = None,
        validation_fraction: float = 0.1,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
    ):
        self.regressor = regressor
        self.lookback = lookback
        self.horizon = horizon
        self.past_covariates = past_covariates
        self.static_covariates = static_covariates
        self.calendar = calendar
        self.seasonality = seasonality
        self.lags = lags
        self.target_transform = target_transform
        self.missing = missing
        self.in_sample = in_sample
        self.gap = gap
        self.resample = resample
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    @unchanged_if_refused
    def fit(self, X: Any, y: Any) -> Self:
        """Fit the regressor to all windows of the past.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_times, n_covariates), or None
            Covariates of each row. A DataFrame without columns brings an index only.
        y : array-like, Series or DataFrame of shape (n_times,) or (n_times, n_targets)
            The targets of the same rows, in the order of time.

        Returns
        -------
        WindowForecaster
            Itself, fitted.
        """
        check_parameters(self)
        return self._fit_tables(*read_tables(self, X, y), y)

    def _fit_tables(self, target, covariates, y):
        learn(self, target, covariates, y)
        self.distribution_ = make_distribution("squared_error")
        past = Past(self.data_, target, covariates)
        starts, series = windows_of(self, past)
        samples = WindowSamples(
            past.rows,
            starts,
            series,
            self.lookback,
            self.horizon,
            lags=self.lags_,
            dtype=torch.float64,
        )
        batch = samples.batch(np.arange(len(samples)))
        rows, wanted = one_row_each(batch), batch.targets.flatten(1).numpy()
        train, valid = last_stretch(starts, series, self.horizon, self.validation_fraction or 1.0)
        regressor = self._regressor(wanted.shape[1])
        self.spread_ = past.rows.spread
        if len(valid):
            self.network_ = _Windows(_fitted(regressor, rows[train], wanted[train]), self.horizon)
        look_back(self, past, starts[valid], series[valid], aloud=False)
        self.regressor_ = _fitted(regressor, rows, wanted)
        self.network_ = _Windows(self.regressor_, self.horizon)
        remember(self, target, covariates)
        return self

    def _regressor(self, n_outputs):
        """The regressor to fit, with seeds of its own."""
        regressor = MLPRegressor(early_stopping=True, max_iter=1000)
        if self.regressor is not None:
            regressor = clone(self.regressor)
        if self.random_state is not None:
            rng = make_generator(self.random_state)
            names = [
                name
                for name in sorted(regressor.get_params())
                if name == "random_state" or name.endswith("__random_state")
            ]
            regressor.set_params(**{name: int(rng.integers(2**31)) for name in names})
        if n_outputs > 1 and not get_tags(regressor).target_tags.multi_output:
            return MultiOutputRegressor(regressor)
        return regressor

    def predict(self, X: Any, history: Any = None, X_history: Any = None) -> Any:
        """Forecast rows that follow those of ``fit``.

        Parameters
        ----------
        X, history, X_history
            As in ``RNNForecaster.predict``.

        Returns
        -------
        ndarray, Series or DataFrame of shape (n_rows,) or (n_rows, n_targets)
            With the index of `X`.
        """
        return predicted(self, X, history, X_history)

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
        return scored(self, X, y, sample_weight)

    def update(self, X: Any, y: Any) -> Self:
        """Bring in rows that follow, without fitting: forecasts start after them.

        Parameters
        ----------
        X, y
            As in ``fit``; the rows that directly follow those that were seen.

        Returns
        -------
        WindowForecaster
            Itself.
        """
        check_is_fitted(self)
        remember(self, *read_later(self, X, y))
        return self

    def backtest(
        self,
        X: Any,
        y: Any,
        n_origins: int = 10,
        *,
        step: int = 1,
        n_steps: int | None = None,
        refit: bool | int = False,
        quantiles: Sequence[float] | None = None,
    ) -> pd.DataFrame:
        """Walk forward over the last rows, as ``RNNForecaster.backtest``.

        Parameters
        ----------
        X, y
            As in ``fit``, past and test rows together.
        n_origins, step, n_steps : int
            Forecasts for each series, rows from one origin to the next, rows of each forecast
            (None: `horizon`).
        refit : bool or int, default=False
            Whether the regressor is fitted anew at each origin, or at every so many.
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

        def fit(first, first_covariates):
            return model._fit_tables(first, first_covariates, y)

        def columns(starts, series, n):
            return model_columns(model, target, covariates, starts, series, n, wanted)

        return backtest(model, target, covariates, settings, fit, columns)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True
        return tags


class _Windows:
    """A fitted regressor in the place of a network."""

    def __init__(self, regressor: Any, horizon: int):
        self.regressor, self.horizon = regressor, horizon

    def __call__(self, batch: WindowBatch) -> Outputs:
        found = np.asarray(self.regressor.predict(one_row_each(batch)), dtype=np.float64)
        values = torch.from_numpy(found).view(len(batch), self.horizon, -1, 1)
        return Outputs(values)


def _fitted(regressor: Any, rows: np.ndarray, wanted: np.ndarray) -> Any:
    return clone(regressor).fit(rows, wanted[:, 0] if wanted.shape[1] == 1 else wanted)


def one_row_each(batch: WindowBatch) -> np.ndarray:
    """All numbers of each window side by side, ``(n_windows, n_numbers)``."""
    parts = [batch.past, batch.observed, batch.known]
    return torch.cat([*(part.flatten(1) for part in parts), batch.static], dim=1).numpy()
