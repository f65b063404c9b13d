"""Rows are time steps: forecasts of one series, or of many."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from sksequence.batches import WindowSamples
from sksequence.cells import Cell, make_cell
from sksequence.estimators._fitting import private_generator, train_network
from sksequence.estimators._forecast_data import (
    CALENDAR,
    ForecastData,
    last_stretch,
    window_starts,
)
from sksequence.estimators._forecast_marginals import Around, Drawn, Exact, conformal_quantile
from sksequence.estimators._forecast_roll import Origins, Roller
from sksequence.estimators._forecast_tables import (
    answer,
    at_steps,
    backtest_table,
    check_same_rows,
    column_positions,
    forward_filled,
    head,
    quantile_table,
    read_future,
)
from sksequence.estimators._parameters import (
    POSITIVE_INTEGER,
    SHARED_CONSTRAINTS,
    layer_widths,
)
from sksequence.estimators._validation import AUTO_FROM
from sksequence.inputs import TimeTable, read_time_table
from sksequence.networks import ForecastSpec, pack_network, unpack_network
from sksequence.preprocessing._target_transforms import TargetTransforms
from sksequence.tasks import Forecasting, make_distribution
from sksequence.utils._random import make_generator, torch_generator
from sksequence.utils._sklearn import Interval, StrOptions, validate_parameter_constraints

# Paths from which quantiles are taken, and windows that are held back at most to see errors.
N_PATHS = 500
N_HELD_BACK = 500
POINT_LOSSES = ("squared_error", "absolute_error", "huber")
DISTRIBUTIONS = ("gaussian", "student_t", "negative_binomial", "zero_inflated_gamma", "quantile")


class RNNForecaster(RegressorMixin, BaseEstimator):
    r"""Forecast the rows that follow.

    Rows are time steps. ``fit(X, y)`` learns from all windows of the past; ``predict(X_future)``
    forecasts the rows of ``X_future``, which come after those of ``fit``. So scikit-learn's own
    ``cross_val_score(forecaster, X, y, cv=TimeSeriesSplit())`` is cross-validated forecasting of
    many steps.

    A recurrent network reads the last `lookback` values of the target and its covariates, in
    units of the window (the last value is taken off, then divided by the deviation in the
    window), and gives the parameters of the distribution of each of the next steps.

    y may be one series or several columns; a DataFrame or Series with an index of two levels
    (series, time) holds a panel, for which one network is learned.

    Parameters
    ----------
    lookback : int, default=24
        Rows of the past that the network reads.
    horizon : int, default=1
        Steps that are learned. Longer forecasts are made block after block.
    strategy : {"direct", "recursive", "seq2seq"}, default="direct"
        "direct": all steps of the horizon at once. "recursive": one step after the other, its
        own output fed back. "seq2seq": the same, by a decoder with weights of its own.
    past_covariates : list of str or int, default=None
        Columns of X that are known up to the present only; ignored in ``X_future``.
    static_covariates : list of str or int, default=None
        Columns of X that do not change in a series.
    calendar : list of str, default=None
        Features of the time index: "minute", "hour", "day_of_week", "day_of_month",
        "day_of_year", "week_of_year", "month", "quarter".
    seasonality : int, default=1
        Rows of a season; of the naive forecast in ``score``, and of "seasonal_difference".
    lags : list of int, default=None
        The target so many rows earlier is an input at every step, also of the future; at least
        `horizon`.
    target_transform : str or list of str, default=None
        "log1p", "boxcox", "difference", "returns", "seasonal_difference", in this order; undone
        exactly in all forecasts.
    loss : str, default="squared_error"
        "squared_error", "absolute_error", "huber"; or the distribution whose likelihood is
        learned: "gaussian", "student_t", "negative_binomial" (counts), "zero_inflated_gamma"
        (rain); or "quantile".
    quantiles : sequence of float, default=(0.05, 0.25, 0.5, 0.75, 0.95)
        For ``loss="quantile"``.
    missing : {"error", "mask", "ffill"}, default="error"
        What becomes of missing values: refused; masked, with a mark of what was seen as input
        and no loss; or filled with the value before.
    in_sample : {"error", "one_step"}, default="error"
        What ``predict`` does for rows that ``fit`` has seen: refuse them, or forecast each from
        the rows before it (for ``learning_curve`` and ``return_train_score``; all rows are kept
        then).
    gap : int, default=0
        Rows between those of ``fit`` and of ``predict``, where there is no index.
    windows_per_epoch : int, default=None
        So many windows, drawn anew, make an epoch; None: all.
    hidden_size : int or list of int, default=32
        Units of a recurrent layer. A list gives the widths of several layers.
    n_layers : int, default=1
        Recurrent layers one above the other.
    cell : {"lstm", "gru", "rnn"} or Cell, default="lstm"
        The recurrent cell, by name or as an object with options.
    dropout : float, default=0.0
        Share of values set to zero while training, between layers and before the output.
    teacher_forcing : float or (float, float), default=1.0
        For "recursive" and "seq2seq": probability that a step of training is given the true
        value before it and not the forecast; or its values at the start and the end of training.
    max_epochs : int, default=100
        Passes over the training data at most.
    batch_size : int or "full", default=64
        Windows in a batch.
    optimizer : str, default="adam"
        A torch optimiser: "adam", "adamw", "nadam", "radam", "adamax", "adagrad", "rmsprop",
        "sgd".
    learning_rate : float, default=0.005
        Its step size.
    weight_decay : float, default=0.0
        Its weight decay.
    gradient_clip : float or None, default=1.0
        Largest norm of the gradient of all weights together.
    early_stopping : {"auto", True, False}, default="auto"
        Hold back the last stretch of time, stop when its loss no longer falls, and keep the
        weights of the best epoch. "auto" does so from 300 windows on.
    validation_fraction : float, default=0.1
        The part held back.
    n_iter_no_change : int, default=5
        Epochs without a better validation loss before training stops.
    dtype : {"float32", "float64", "mixed"}, default="float32"
        Precision of training; "mixed" is bfloat16 where it is safe, on CUDA only.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the network of the fit before.
    random_state : int, RandomState, Generator or None, default=None
        With an int, two fits give the same weights. Global generators are never used.
    device : str, default="auto"
        "auto" takes CUDA where there is one, else the CPU; or "cpu", "cuda", "cuda:1", "mps".
    verbose : int, default=0
        1 shows a progress bar with the time left, 2 a line for each epoch.

    Attributes
    ----------
    network_ : torch.nn.Module
        The trained network.
    history_ : list of dict
        A record for each epoch: ``epoch``, ``train_loss``, ``valid_loss``,
        ``gradients_clipped`` (share of batches), ``seconds``.
    n_epochs_ : int
        Epochs that were run.
    best_epoch_ : int or None
        The epoch whose weights were kept; None without validation data.
    tail_ : TimeTable
        The last rows of y, as many as forecasts need (all with ``in_sample="one_step"``).
    validation_skill_ : float or None
        Skill against the seasonal naive forecast on the stretch that was held back.
    """

    _parameter_constraints: ClassVar[dict] = {
        **{
            name: SHARED_CONSTRAINTS[name]
            for name in SHARED_CONSTRAINTS
            if name
            not in (
                "pooling",
                "conv_size",
                "conv_width",
                "embedding_size",
                "embedding_trainable",
                "context_at",
                "bidirectional",
                "normalize",
                "dropout",
            )
        },
        "lookback": [POSITIVE_INTEGER],
        "horizon": [POSITIVE_INTEGER],
        "strategy": [StrOptions({"direct", "recursive", "seq2seq"})],
        "past_covariates": ["array-like", str, Integral, None],
        "static_covariates": ["array-like", str, Integral, None],
        "calendar": ["array-like", StrOptions(set(CALENDAR)), None],
        "seasonality": [POSITIVE_INTEGER],
        "lags": ["array-like", POSITIVE_INTEGER, None],
        "target_transform": [str, "array-like", None],
        "loss": [StrOptions({*POINT_LOSSES, *DISTRIBUTIONS})],
        "quantiles": ["array-like"],
        "missing": [StrOptions({"error", "mask", "ffill"})],
        "in_sample": [StrOptions({"error", "one_step"})],
        "gap": [Interval(Integral, 0, None, closed="left")],
        "windows_per_epoch": [POSITIVE_INTEGER, None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "teacher_forcing": [Interval(Real, 0, 1, closed="both"), tuple, list],
    }

    def __init__(
        self,
        lookback: int = 24,
        horizon: int = 1,
        *,
        strategy: str = "direct",
        past_covariates: Sequence | None = None,
        static_covariates: Sequence | None = None,
        calendar: Sequence[str] | None = None,
        seasonality: int = 1,
        lags: Sequence[int] | None = None,
        target_transform: str | Sequence[str] | None = None,
        loss: str = "squared_error",
        quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
        missing: str = "error",
        in_sample: str = "error",
        gap: int = 0,
        windows_per_epoch: int | None = None,
        hidden_size: int | Sequence[int] = 32,
        n_layers: int = 1,
        cell: str | Cell = "lstm",
        dropout: float = 0.0,
        teacher_forcing: float | tuple[float, float] = 1.0,
        max_epochs: int = 100,
        batch_size: int | str = 64,
        optimizer: str = "adam",
        learning_rate: float = 0.005,
        weight_decay: float = 0.0,
        gradient_clip: float | None = 1.0,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        dtype: str = "float32",
        warm_start: bool = False,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        device: str = "auto",
        verbose: int = 0,
    ):
        self.lookback = lookback
        self.horizon = horizon
        self.strategy = strategy
        self.past_covariates = past_covariates
        self.static_covariates = static_covariates
        self.calendar = calendar
        self.seasonality = seasonality
        self.lags = lags
        self.target_transform = target_transform
        self.loss = loss
        self.quantiles = quantiles
        self.missing = missing
        self.in_sample = in_sample
        self.gap = gap
        self.windows_per_epoch = windows_per_epoch
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.dropout = dropout
        self.teacher_forcing = teacher_forcing
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.gradient_clip = gradient_clip
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.dtype = dtype
        self.warm_start = warm_start
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    # -- fit ------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from all windows of the past.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_times, n_covariates), or None
            Covariates of each row. A DataFrame without columns brings an index only.
        y : array-like, Series or DataFrame of shape (n_times,) or (n_times, n_targets)
            The targets of the same rows, in the order of time.

        Returns
        -------
        RNNForecaster
            Itself, fitted.

        Raises
        ------
        ValueError
            If rows are missing, doubled or out of order, a series is too short, or a value is
            missing (the message says where and what to do).
        DivergenceError
            If the loss becomes infinite.
        """
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        keep = self.warm_start and hasattr(self, "network_")
        return self._fit(X, y, keep, self.max_epochs, self.early_stopping)

    def _fit(self, X, y, keep, max_epochs, early_stopping):
        target, covariates = self._read_tables(X, y)
        return self._fit_tables(target, covariates, y, keep, max_epochs, early_stopping)

    def _fit_tables(self, target, covariates, y, keep=False, max_epochs=None, early_stopping=None):
        if not keep:
            self.__dict__.pop("network_", None)
            self._learn(target, covariates, y)
        rng = private_generator(self, keep)
        epochs = self.max_epochs if max_epochs is None else max_epochs
        stopping = self.early_stopping if early_stopping is None else early_stopping
        return self._train(target, covariates, rng, epochs, keep, stopping)

    def _learn(self, target: TimeTable, covariates: TimeTable | None, y: Any) -> None:
        """Everything but the weights."""
        columns = None if covariates is None else covariates.columns
        n_columns = 0 if covariates is None else covariates.values.shape[1]
        past = column_positions(self.past_covariates, columns, n_columns, "past_covariates")
        static = column_positions(self.static_covariates, columns, n_columns, "static_covariates")
        names = () if self.target_transform is None else self.target_transform
        names = (names,) if isinstance(names, str) else tuple(names)
        calendar = (self.calendar,) if isinstance(self.calendar, str) else self.calendar or ()
        self._check_calendar(calendar, target)
        self.data_ = ForecastData(
            calendar=tuple(calendar),
            past=past,
            static=static,
            known=tuple(i for i in range(n_columns) if i not in past + static),
            transforms=TargetTransforms(names, self.seasonality) if names else None,
            missing=self.missing,
        )
        self.data_.learn(target, covariates)
        self.distribution_ = make_distribution(self.loss, self.quantiles)
        self.lags_ = self._check_lags()
        self.one_target_ = getattr(y, "ndim", np.ndim(y)) == 1
        self.target_name_ = getattr(y, "name", None)
        self.covariate_names_ = columns

    def _train(self, target, covariates, rng, max_epochs, keep, early_stopping):
        rows = self.data_.rows(target, covariates)
        starts, series = self._windows_of(rows, target)
        wanted = len(starts) >= AUTO_FROM if early_stopping == "auto" else early_stopping
        train, valid = np.arange(len(starts)), np.zeros(0, dtype=np.int64)
        if wanted:
            train, valid = last_stretch(starts, series, self.horizon, self.validation_fraction)
        earlier = getattr(self, "history_", []) if keep else None
        if earlier is None:
            self.network_ = self._make_spec(rows).build(torch_generator(rng))

        def samples(at):
            return lambda: WindowSamples(
                rows,
                starts[at],
                series[at],
                self.lookback,
                self.horizon,
                lags=self.lags_,
                batch_size=self.batch_size,
                windows_per_epoch=self.windows_per_epoch,
                scaling=self.distribution_.scaling,
                dtype=self.network_.head.weight.dtype,
                device=self.network_.head.weight.device,
            )

        width = max(self.network_.spec.widths)
        n_rows = len(train) if self.batch_size == "full" else min(self.batch_size, len(train))
        train_network(
            self,
            Forecasting(self.distribution_),
            samples(train),
            samples(valid) if len(valid) else None,
            rng,
            max_epochs,
            n_rows * self.network_.spec.cell.n_gates * 2 * width * width,
            earlier,
        )
        if earlier is None:
            self.spread_ = rows.spread
        self._remember(target, covariates)
        self._look_back(rows, target, starts[valid], series[valid])
        return self

    def _windows_of(self, rows, target: TimeTable):
        n_before = self.data_.n_lost + self._n_before
        needed = n_before + self.horizon
        if (target.lengths < needed).any():
            i = int(np.argmin(target.lengths))
            which = "y" if target.keys is None else f"the series {target.keys[i]!r} of y"
            raise ValueError(
                f"{which} has {target.lengths[i]} rows, but one window needs lookback + lags + "
                f"horizon = {needed}: shorten them, or leave that series out."
            )
        starts, series = window_starts(target.offsets, n_before, self.horizon)
        steps = np.arange(self.horizon)
        seen = np.isfinite(rows.targets[starts[:, None] + steps]).any(axis=(1, 2))
        return starts[seen], series[seen]

    def _make_spec(self, rows) -> ForecastSpec:
        share = self.teacher_forcing
        first, last = share if isinstance(share, (tuple, list)) else (share, share)
        n_targets = rows.targets.shape[1]
        return ForecastSpec(
            strategy=self.strategy,
            horizon=self.horizon,
            n_targets=n_targets,
            n_observed=rows.observed.shape[1],
            n_known=rows.known.shape[1] + n_targets * len(self.lags_),
            n_static=rows.static.shape[1],
            n_parameters=self.distribution_.n_parameters,
            with_missing=self.missing == "mask",
            cell=make_cell(self.cell),
            widths=layer_widths(self.hidden_size, self.n_layers),
            dropout=self.dropout,
            teacher_forcing=(float(first), float(last)),
        )

    def _read_tables(self, X, y, clock=None, like=None) -> tuple[TimeTable, TimeTable | None]:
        """y and X as tables on the same clock, with the same rows."""
        name = type(self).__name__
        if y is None:
            raise ValueError(
                f"This {name} estimator requires y to be passed, but the target y is None."
            )
        if X is not None and like is None:
            validate_data(self, X, skip_check_array=True)
        indexed = [part for part in (y, X) if hasattr(part, "iloc")]
        if X is not None and hasattr(X, "iloc") and not hasattr(y, "iloc"):
            y = _with_index(y, X.index, name)
        elif X is not None and indexed and not hasattr(X, "iloc"):
            X = _with_index(X, y.index, name, "X")
        columns = None if like is None else like.columns
        target = read_time_table(y, "y", self, clock=clock, columns=columns)
        covariates = None
        if X is not None:
            covariates = read_time_table(X, "X", self, clock=target.clock)
            check_same_rows(target, covariates, name)
        return self._without_missing(target, "y"), self._without_missing(covariates, "X")

    def _without_missing(self, table: TimeTable | None, what: str) -> TimeTable | None:
        """The table after the policy of `missing`."""
        if table is None or not np.isnan(table.values).any() or self.missing == "mask":
            return table
        if self.missing == "error":
            row, column = np.argwhere(np.isnan(table.values))[0]
            named = "" if table.columns is None else f" of {table.columns[column]!r}"
            raise ValueError(
                f"Input {what} contains NaN: the value{named} at {table.index[row]!r} is missing. "
                'Fill it, or set missing="mask" (a mark of what was seen, no loss) or "ffill" '
                "(the value before)."
            )
        return forward_filled(table, what)

    def _check_calendar(self, names, target: TimeTable) -> None:
        unknown = [name for name in names if name not in CALENDAR]
        if unknown:
            raise ValueError(
                f"calendar has {unknown[0]!r}, but knows only {', '.join(map(repr, CALENDAR))}."
            )
        if names and target.clock.kind != "time":
            raise ValueError(
                "calendar features need a DatetimeIndex or PeriodIndex, but the rows of y have "
                "none: give y as a Series or DataFrame with one."
            )

    def _check_lags(self) -> tuple[int, ...]:
        lags = (self.lags,) if isinstance(self.lags, Integral) else tuple(self.lags or ())
        for lag in lags:
            if not isinstance(lag, Integral) or lag < self.horizon:
                raise ValueError(
                    f"lags must be whole numbers of at least horizon={self.horizon}, so that the "
                    f"value is known when the last step is forecast; got {lag!r}."
                )
        return tuple(int(lag) for lag in lags)

    @property
    def _n_before(self) -> int:
        """Rows before the first step of a forecast that the network needs."""
        return self.lookback + max(self.lags_, default=0)

    def _remember(self, target: TimeTable, covariates: TimeTable | None) -> None:
        """Keep the last rows only."""
        n = self._n_before + self.data_.n_lost
        n = max(n, self.seasonality)
        whole = self.in_sample == "one_step"
        self.tail_ = target if whole else target.tail(n)
        self.covariate_tail_ = covariates
        if covariates is not None and not whole:
            self.covariate_tail_ = covariates.tail(n)

    # -- predict ------------------------------------------------------------------------------

    def predict(self, X: Any, history: Any = None, X_history: Any = None) -> Any:
        """Forecast rows that follow those of ``fit``.

        Parameters
        ----------
        X : DataFrame, array-like of shape (n_rows, n_covariates), or int
            The rows to forecast with their covariates (`past_covariates` are ignored). Without
            an index they follow directly, after `gap` rows. A number stands for so many rows.
        history : like y, default=None
            The past of other series, or a newer past, to forecast from instead.
        X_history : like X, default=None
            The covariates of `history`.

        Returns
        -------
        ndarray, Series or DataFrame of shape (n_rows,) or (n_rows, n_targets)
            With the index of `X`.
        """
        future, table, origins = self._ask(X, history, X_history)
        values = self._point(self._roller.parameters(origins), table)
        return self._answer(values, future, table)

    def predict_quantiles(
        self,
        X: Any,
        quantiles: Sequence[float] = (0.05, 0.5, 0.95),
        *,
        calibrated: bool = True,
        history: Any = None,
        X_history: Any = None,
        random_state: Any = None,
    ) -> Any:
        """Values that the future lies below with given probabilities.

        Of a distribution they come in closed form where all steps are given at once, else from
        500 drawn paths. Of a point forecast they come from the errors on the stretch of time that
        was held back.

        Parameters
        ----------
        X, history, X_history
            As in ``predict``.
        quantiles : sequence of float, default=(0.05, 0.5, 0.95)
            In (0, 1).
        calibrated : bool, default=True
            Correct the probabilities by how often they held on the stretch of time that was held
            back (Kuleshov, Fenner and Ermon, 2018), step by step.
        random_state : int, RandomState, Generator or None, default=None
            Of the paths.

        Returns
        -------
        ndarray of shape (n_rows, n_quantiles) or (n_rows, n_targets, n_quantiles), or DataFrame
            A column for each quantile; of several targets two levels of columns.
        """
        wanted = np.asarray(quantiles, dtype=float)
        if wanted.ndim != 1 or not len(wanted) or wanted.min() <= 0 or wanted.max() >= 1:
            raise ValueError(f"quantiles must be numbers between 0 and 1, got {quantiles!r}.")
        future, table, origins = self._ask(X, history, X_history)
        levels = self._levels(wanted, origins.n_steps, calibrated)
        found = self._marginals(origins, table, random_state).quantile(levels)
        rows = found[future.series, future.steps(table)]  # (n_rows, n_targets, n_q)
        return quantile_table(rows, wanted, future, table, self.one_target_)

    def predict_interval(
        self,
        X: Any,
        coverage: float = 0.9,
        *,
        calibrated: bool = True,
        history: Any = None,
        X_history: Any = None,
        random_state: Any = None,
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
        levels = ((1 - coverage) / 2, (1 + coverage) / 2)
        bounds = self.predict_quantiles(
            X,
            levels,
            calibrated=calibrated,
            history=history,
            X_history=X_history,
            random_state=random_state,
        )
        if isinstance(bounds, pd.DataFrame):
            names = {level: name for level, name in zip(levels, ("lower", "upper"), strict=True)}
            return bounds.rename(columns=names, level=bounds.columns.nlevels - 1)
        return bounds

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
        take "recursive" or "seq2seq" where their dependence matters.

        Parameters
        ----------
        X, history, X_history
            As in ``predict``.
        n_paths : int, default=100
        random_state : int, RandomState, Generator or None, default=None

        Returns
        -------
        ndarray of shape (n_paths, n_rows) or (n_paths, n_rows, n_targets)
        """
        future, table, origins = self._ask(X, history, X_history)
        self._needs_distribution("sample_paths")
        paths = self._paths(origins, table, n_paths, make_generator(random_state))
        rows = paths[:, future.series, future.steps(table)]
        return rows[:, :, 0] if self.one_target_ else rows

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Skill against the seasonal naive forecast.

        ``1 - MAE / MAE of the naive forecast``: 1 is perfect, 0 as good as repeating the last
        season (``seasonality=1``: the last value), below 0 worse.

        Parameters
        ----------
        X : as in ``predict``
        y : like y of ``fit``
            What happened.
        sample_weight : array-like of shape (n_rows,), default=None

        Returns
        -------
        float
        """
        future, table, origins = self._ask(X, None, None)
        forecast = np.asarray(self.predict(X), dtype=float).reshape(len(future.series), -1)
        naive = self._naive(table, origins.n_steps)[future.series, future.steps(table)]
        truth = np.asarray(y, dtype=float).reshape(len(forecast), -1)
        errors, naive_errors = (
            np.average(np.nanmean(np.abs(truth - f), axis=1), weights=sample_weight)
            for f in (forecast, naive)
        )
        return float(1 - errors / naive_errors) if naive_errors > 0 else float(errors == 0)

    # -- more rows ------------------------------------------------------------------------------

    def update(self, X: Any, y: Any) -> Self:
        """Bring in rows that follow, without training: forecasts start after them.

        Parameters
        ----------
        X, y
            As in ``fit``; the rows that directly follow those that were seen.

        Returns
        -------
        RNNForecaster
            Itself.
        """
        check_is_fitted(self)
        target, covariates = self._read_later(X, y)
        self._remember(target, covariates)
        return self

    def partial_fit(self, X: Any, y: Any, n_epochs: int = 1) -> Self:
        """Bring in rows that follow and train on the windows that end in them.

        Parameters
        ----------
        X, y
            As in ``update``; in the first call as in ``fit``.
        n_epochs : int, default=1
            Passes over the new windows.

        Returns
        -------
        RNNForecaster
            Itself.
        """
        if not hasattr(self, "network_"):
            validate_parameter_constraints(
                self._parameter_constraints, self.get_params(deep=False), type(self).__name__
            )
            return self._fit(X, y, False, n_epochs, False)
        target, covariates = self._read_later(X, y)
        rng = private_generator(self, True)
        return self._train(target, covariates, rng, n_epochs, True, False)

    def backtest(
        self,
        X: Any,
        y: Any,
        n_origins: int = 10,
        *,
        step: int = 1,
        n_steps: int | None = None,
        refit: bool | int = False,
    ) -> pd.DataFrame:
        """Walk forward over the last rows: forecast from one origin after the other.

        A copy is fitted on the rows before the first origin; this estimator stays as it is.

        Parameters
        ----------
        X, y
            As in ``fit``, past and test rows together.
        n_origins : int, default=10
            Forecasts for each series; the last one ends with the last row.
        step : int, default=1
            Rows from one origin to the next.
        n_steps : int, default=None
            Rows that each forecasts; None: `horizon`.
        refit : bool or int, default=False
            False: the weights stay, and all origins are forecast in batches. True: a new fit at
            each origin; an int: at every so many.

        Returns
        -------
        DataFrame
            A row for each forecast value, with ``origin`` (time of the last row that was known),
            ``step`` (1 is the row after it), ``actual``, ``forecast`` and ``naive`` (the seasonal
            naive forecast); ``series`` and ``target`` where there are several. The index is the
            time of the value.
        """
        n_steps = n_steps or self.horizon
        target, covariates = self._read_tables(X, y)
        first = target.lengths - n_steps - (n_origins - 1) * step  # rows before the first origin
        if (first < 1).any():
            raise ValueError(
                f"y has {int(target.lengths.min())} rows in its shortest series, but "
                f"{n_origins} origins, {step} row(s) apart, each with {n_steps} rows to forecast, "
                f"need more than {n_steps + (n_origins - 1) * step}: lower n_origins or step."
            )
        every = n_origins if refit is False else 1 if refit is True else int(refit)
        parts = []
        for start in range(0, n_origins, every):
            known = first + start * step
            model = clone(self)
            model._fit_tables(head(target, known), head(covariates, known), y)
            at = np.arange(start, min(start + every, n_origins))
            parts.append(
                model._forecast_at(target, covariates, first[:, None] + at * step, n_steps)
            )
        return pd.concat(parts)

    # -- pieces ---------------------------------------------------------------------------------

    def _ask(self, X, history, X_history):
        """The rows that are asked for, the table they follow, and its origins."""
        check_is_fitted(self)
        table, covariates = self.tail_, self.covariate_tail_
        if history is not None:
            table, covariates = self._read_tables(X_history, history)
            self._check_history(table, covariates)
        name = type(self).__name__
        if X is not None and not isinstance(X, Integral):
            validate_data(self, X, reset=False, skip_check_array=True)
        future = read_future(X, table, self.gap, self.covariate_names_, name)
        steps = future.steps(table)
        if (steps < 0).any() and self.in_sample == "error":
            i = int(np.argmin(steps))
            raise ValueError(
                f"row {i} of X lies {-int(steps[i])} row(s) before the end of what {name} was "
                "fitted on, but predict forecasts the rows that follow: leave the past out, or set "
                'in_sample="one_step" for forecasts of past rows from those before them.'
            )
        n_steps = max(int(steps.max()) + 1, 1)
        return future, table, self._origins(table, covariates, future, n_steps)

    def _origins(self, table, covariates, future, n_steps) -> Origins:
        """The end of each series as an origin."""
        data, n_before = self.data_, self._n_before
        rows = data.rows(table, covariates)
        ends = table.offsets[1:]
        known = np.zeros((len(ends), n_before + n_steps, data.n_known))
        back = ends[:, None] + np.arange(-n_before, 0)
        known[:, :n_before] = rows.known[back]
        if data.n_known:
            known[:, n_before:] = self._known_ahead(table, covariates, future, n_steps)
        spread = rows.spread if table is not self.tail_ else self.spread_
        return Origins(rows.targets[back], rows.observed[back], known, rows.static, spread)

    def _known_ahead(self, table, covariates, future, n_steps) -> np.ndarray:
        numbers = np.zeros((len(table.lengths), n_steps, 0))
        if covariates is not None and covariates.values.shape[1]:
            if self.data_.known and not future.numbers.shape[1]:
                raise ValueError(
                    f"{type(self).__name__} was fitted with covariates that are known in advance, "
                    "but X brings none for the rows to forecast: give them, or name them in "
                    "past_covariates and fit again."
                )
            if future.numbers.shape[1]:
                self._check_future(future, table)
            last = covariates.values[covariates.offsets[1:] - 1]
            numbers = future.known_numbers(table, last, n_steps)
        positions = table.stops[:, None] + np.arange(n_steps)
        index = None
        if self.data_.calendar:
            index = table.clock.index(positions.ravel())
        flat = numbers.reshape(positions.size, numbers.shape[2])
        return self.data_.future_known(index, flat).reshape(*positions.shape, -1)

    def _check_future(self, future, table) -> None:
        known = list(self.data_.known)
        bad = ~np.isfinite(future.numbers[:, known]) & (future.steps(table) >= 0)[:, None]
        if bad.any() and self.missing == "error":
            row, column = np.argwhere(bad)[0]
            names = self.covariate_names_
            column = known[column] if names is None else names[known[column]]
            raise ValueError(
                f"X has no number in column {column!r} of row {row}, which is known in advance: "
                "fill it, or name the column in past_covariates and fit again."
            )

    def _check_history(self, table, covariates) -> None:
        needed = self._n_before + self.data_.n_lost
        if (table.lengths < needed).any():
            i = int(np.argmin(table.lengths))
            raise ValueError(
                f"history has {table.lengths[i]} rows of "
                f"{'the series' if table.keys is None else repr(table.keys[i])}, but forecasts "
                f"need lookback + lags = {needed}."
            )
        given = 0 if covariates is None else covariates.values.shape[1]
        wanted = len(self.data_.mean)
        if given != wanted:
            raise ValueError(
                f"history came with {given} covariates (X_history), but {type(self).__name__} was "
                f"fitted with {wanted}: give them for the rows of history."
            )

    @property
    def _roller(self) -> Roller:
        return Roller(self.network_, self.distribution_, self.lookback, self.horizon, self.lags_)

    def _to_user(self, values, history, series) -> np.ndarray:
        """Forecasts ``(n_origins, n_steps, n_targets)`` in the user's units.

        `history` holds the values before each origin in the user's units.
        """
        transforms = self.data_.transforms
        return values if transforms is None else transforms.invert(values, history, series)

    def _history(self, table: TimeTable) -> np.ndarray:
        """The last values of each series in the user's units."""
        n = max(self.data_.n_lost, 1)
        return table.values[table.offsets[1:, None] + np.arange(-n, 0)]

    def _point(self, parameters, table) -> np.ndarray:
        values = self.distribution_.mean(parameters)
        return self._to_user(values, self._history(table), np.arange(len(values)))

    def _answer(self, values, future, table) -> Any:
        steps = future.steps(table)
        rows = values[future.series, np.maximum(steps, 0)]
        if (steps < 0).any():
            past = steps < 0
            rows[past] = self._one_step(future.series[past], future.positions[past])
        return answer(rows, future, table, self.one_target_, self.target_name_)

    def _one_step(self, series, positions) -> np.ndarray:
        """Forecasts of past rows from those before them; the first ones see fewer."""
        table, data, n_before = self.tail_, self.data_, self._n_before
        rows = data.rows(table, self.covariate_tail_)
        at = table.offsets[series] + positions - table.starts[series]
        first = table.offsets[series] + data.n_lost
        back = np.maximum(at[:, None] + np.arange(-n_before, 0), first[:, None])
        ahead = np.maximum(at, first)[:, None]
        origins = Origins(
            rows.targets[back],
            rows.observed[back],
            rows.known[np.concatenate([back, ahead], axis=1)],
            rows.static[series],
            self.spread_[series],
        )
        values = self.distribution_.mean(self._roller.parameters(origins))
        n = max(data.n_lost, 1)
        history = table.values[np.maximum(ahead + np.arange(-n, 0), table.offsets[series][:, None])]
        return self._to_user(values, history, series)[:, 0]

    def _marginals(self, origins, table, random_state, history=None, series=None):
        """The distribution of each future value."""
        series = np.arange(len(origins)) if series is None else series
        history = self._history(table) if history is None else history

        def undo(values):
            return self._to_user(values, history, series)

        if self.loss in POINT_LOSSES:
            self._needs_errors()
            errors = at_steps(self.errors_, origins.n_steps)
            roller = self._roller
            point = self.distribution_.mean(roller.parameters(origins))
            return Around(point, roller.scales(origins), errors, undo)
        transforms = self.data_.transforms
        at_once = self.strategy == "direct" and origins.n_steps <= self.horizon
        if at_once and (transforms is None or transforms.n_lost == 0):

            def forth(values):
                return values if transforms is None else transforms.apply_windows(values, series)

            return Exact(self.distribution_, self._roller.parameters(origins), undo, forth)
        rng = make_generator(random_state)
        return Drawn(self._paths(origins, table, N_PATHS, rng, history, series))

    def _paths(self, origins, table, n_paths, rng, history=None, series=None) -> np.ndarray:
        series = np.arange(len(origins)) if series is None else series
        history = self._history(table) if history is None else history
        drawn = self._roller.paths(origins, n_paths, rng)
        return np.stack([self._to_user(path, history, series) for path in drawn])

    def _levels(self, wanted, n_steps, calibrated) -> np.ndarray:
        """Probabilities ``(n_steps, n_targets, n_q)``, corrected by what held before."""
        n_targets = self.tail_.values.shape[1]
        levels = np.broadcast_to(wanted, (n_steps, n_targets, len(wanted)))
        if not calibrated or self.loss in POINT_LOSSES or self.ranks_ is None:
            return levels
        ranks = at_steps(self.ranks_, n_steps)
        corrected = np.empty(levels.shape)
        for t, k, q in np.ndindex(*levels.shape):
            corrected[t, k, q] = conformal_quantile(ranks[:, t, k], wanted[q])
        return np.clip(corrected, 1e-6, 1 - 1e-6)

    def _look_back(self, rows, target, starts, series) -> None:
        """What the stretch that was held back says: errors, ranks, skill against naive."""
        self.errors_ = self.ranks_ = self.validation_skill_ = None
        if not len(starts):
            return
        if len(starts) > N_HELD_BACK:
            kept = np.linspace(0, len(starts) - 1, N_HELD_BACK).astype(int)
            starts, series = starts[kept], series[kept]
        origins = Origins.at(rows, starts, series, self._n_before, self.horizon)
        origins = replace(origins, spread=self.spread_[series])
        roller = self._roller
        steps = starts[:, None] + np.arange(self.horizon)
        truth = rows.targets[steps]
        point = self.distribution_.mean(roller.parameters(origins))
        if self.loss in POINT_LOSSES:
            self.errors_ = (truth - point) / roller.scales(origins)
        else:
            n = max(self.data_.n_lost, 1)
            history = target.values[starts[:, None] + np.arange(-n, 0)]
            marginals = self._marginals(origins, target, 0, history, series)
            seen = np.isfinite(target.values[steps])
            ranks = marginals.cdf(np.nan_to_num(target.values[steps]))
            self.ranks_ = np.where(seen, ranks, np.nan)
        m = self.seasonality
        enough = starts - m >= target.offsets[series] + self.data_.n_lost
        naive = rows.targets[steps - m * (1 + np.arange(self.horizon) // m)]
        errors = (
            [np.nanmean(np.abs(truth - f)[enough]) for f in (point, naive)] if enough.any() else []
        )
        if errors and errors[1] > 0:
            self.validation_skill_ = float(1 - errors[0] / errors[1])
            self._warn_if_naive_wins(*errors)

    def _warn_if_naive_wins(self, error, naive_error) -> None:
        if error < naive_error:
            return
        what = "the last value" if self.seasonality == 1 else "the last season"
        warnings.warn(
            f"{type(self).__name__} does not beat the naive forecast: on the last stretch of time, "
            f"held back from training, its mean absolute error is {error / naive_error:.2f} times "
            f"that of repeating {what}. Forecasts may be worth no more than that; more data, "
            "covariates, another lookback, seasonality or target_transform may help.",
            UserWarning,
            stacklevel=5,
        )

    def _naive(self, table, n_steps) -> np.ndarray:
        """The seasonal naive forecast ``(n_series, n_steps, n_targets)``."""
        m = int(min(self.seasonality, table.lengths.min()))
        at = table.offsets[1:, None] - m + np.arange(n_steps) % m
        return table.values[at]

    def _read_later(self, X, y) -> tuple[TimeTable, TimeTable | None]:
        """What was kept, followed by the new rows."""
        if X is not None and not hasattr(X, "iloc") and not hasattr(y, "iloc"):
            validate_data(self, X, reset=False, skip_check_array=True)
        target, covariates = self._read_tables(X, y, self.tail_.clock, self.tail_)
        if (covariates is None) != (self.covariate_tail_ is None):
            raise ValueError(
                f"{type(self).__name__} was fitted {'without' if covariates is not None else 'with'}"
                " X: give new rows in the same way."
            )
        if covariates is not None:
            covariates = self.covariate_tail_.concat(covariates)
        return self.tail_.concat(target), covariates

    def _forecast_at(self, target, covariates, ends, n_steps) -> pd.DataFrame:
        """Forecasts from origins in known tables; `ends` are rows of each series before them."""
        data, n_before = self.data_, self._n_before
        rows = data.rows(target, covariates)
        series = np.repeat(np.arange(len(ends)), ends.shape[1])
        starts = target.offsets[series] + ends.ravel()
        origins = Origins.at(rows, starts, series, n_before, n_steps)
        origins = replace(origins, spread=self.spread_[series])
        n = max(data.n_lost, 1)
        history = target.values[starts[:, None] + np.arange(-n, 0)]
        values = self.distribution_.mean(self._roller.parameters(origins))
        forecast = self._to_user(values, history, series)
        ahead = starts[:, None] + np.arange(n_steps)
        m = self.seasonality
        before = np.maximum(
            ahead - m * (1 + np.arange(n_steps) // m), target.offsets[series][:, None]
        )
        return backtest_table(
            target, series, starts, target.values[ahead], forecast, target.values[before]
        )

    def _needs_distribution(self, what: str) -> None:
        if self.loss in POINT_LOSSES or self.loss == "quantile":
            raise ValueError(
                f"{what} draws from a distribution, but loss={self.loss!r} learns none: take "
                '"gaussian", "student_t", "negative_binomial" or "zero_inflated_gamma".'
            )

    def _needs_errors(self) -> None:
        if self.errors_ is None:
            raise ValueError(
                f"bounds around a point forecast (loss={self.loss!r}) come from errors on a "
                "stretch of time that was held back, but there was none: set early_stopping=True, "
                'or learn a distribution, e.g. loss="gaussian".'
            )

    # -- saving -------------------------------------------------------------------------------

    def __getstate__(self):
        state = dict(super().__getstate__())
        if "network_" in state:
            state["network_"] = pack_network(state["network_"])
        return state

    def __setstate__(self, state):
        if "network_" in state:
            state = {**state, "network_": unpack_network(state["network_"])}
        super().__setstate__(state)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "network_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True
        return tags


def _with_index(data, index, name, what="y"):
    """Bare rows with the index that the other table has."""
    array = np.asarray(data)
    if len(array) != len(index):
        raise ValueError(
            f"{what} has {len(array)} rows, but the other table of {name} has {len(index)}: give "
            "one for each row."
        )
    if array.ndim == 1:
        return pd.Series(array, index=index)
    return pd.DataFrame(array, index=index)
