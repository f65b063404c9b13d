"""Rows are time steps: forecasts of one series, or of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted

from sksequence.cells import Cell
from sksequence.estimators._fitting import private_generator, unchanged_if_refused
from sksequence.estimators._forecast_ask import check_parameters, predicted, scored
from sksequence.estimators._forecast_backtest import (
    backtest,
    check_quantiles,
    model_columns,
    read_for_backtest,
)
from sksequence.estimators._forecast_fit import fit_on, learn, learn_distribution, remember
from sksequence.estimators._forecast_parameters import FORECASTER_CONSTRAINTS
from sksequence.estimators._forecast_probable import ProbabilisticForecasts
from sksequence.estimators._forecast_read import read_later, read_tables
from sksequence.estimators._with_network import NetworkMixin


class RNNForecaster(ProbabilisticForecasts, RegressorMixin, NetworkMixin, BaseEstimator):
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
        Columns of X that are known up to the present only; ignored in ``X_future``. Not for
        "recursive".
    static_covariates : list of str or int, default=None
        Columns of X that do not change in a series: numbers, or symbols (text or categories, in
        a DataFrame), each of which becomes an input of its own.
    calendar : list of str, default=None
        Features of the time index: "minute", "hour", "day_of_week", "day_of_month",
        "day_of_year", "week_of_year", "month", "quarter".
    seasonality : int, default=1
        Rows of a season; of the naive forecast in ``score``, and of "seasonal_difference".
    lags : list of int, default=None
        The target so many rows earlier is an input at every step, also of the future. For
        "direct" at least `horizon`; otherwise shorter lags read the steps forecast before (while
        training, the true values).
    target_transform : str or list of str, default=None
        "scale", "log1p", "boxcox", "difference", "returns", "seasonal_difference", in this order;
        undone exactly in all forecasts.
    loss : str, default="squared_error"
        "squared_error", "absolute_error", "huber"; or the distribution whose likelihood is
        learned: "gaussian", "student_t", "negative_binomial" (counts), "zero_inflated_gamma"
        (rain); or "quantile".
    quantiles : sequence of float, default=(0.05, 0.25, 0.5, 0.75, 0.95)
        For ``loss="quantile"``.
    missing : {"error", "mask", "ffill"}, default="error"
        What becomes of missing values: refused; masked, with a mark of what was seen and the time
        since as inputs (of targets, and of the covariates of which ``fit`` saw some missing) and
        no loss; or filled with the value before.
    in_sample : {"error", "one_step"}, default="error"
        What ``predict`` does for rows that ``fit`` has seen: refuse them, or forecast each from
        the rows before it (for ``learning_curve`` and ``return_train_score``; all rows are kept
        then).
    gap : int, default=0
        Rows between those of ``fit`` and of ``predict``, where there is no index.
    resample : str, int or pandas offset, default=None
        A frequency, at which rows that are missing from a time index become rows of missing
        values (see `missing`). None: they are an error.
    windows_per_epoch : int, default=None
        So many windows, drawn anew, make an epoch, and at most as many of those held back,
        spread over their stretch, decide when to stop; None: all.
    hidden_size : int or list of int, default=32
        Units of a recurrent layer. A list gives the widths of several layers.
    n_layers : int, default=1
        Recurrent layers one above the other.
    cell : str or Cell, default="lstm"
        The recurrent cell, by name (see ``sksequence.cells.CELLS``) or an object with options.
    residual : bool, default=False
        Whether the input of a recurrent layer is added to its output, where both have the same
        width.
    initial_state : {"zeros", "learned"}, default="zeros"
        The state before the first step: zeros, or learned, for each layer. What a context brings
        is added to it.
    dropout : float, default=0.0
        Share of values set to zero while training, between layers and before the output.
    variational_dropout : bool, default=False
        Whether dropout is the same at every step of a sequence (Gal and Ghahramani, 2016).
    teacher_forcing : float or (float, float), default=1.0
        Probability that, while training "recursive" or "seq2seq", a step is given the true value
        before it and not the forecast; or the probabilities at the start and the end of training.
    max_epochs : int, default=100
        Passes over the training data at most.
    batch_size : int or "full", default=64
        Windows in a batch.
    optimizer : str, default="adam"
        A torch optimiser: "adam", "adamw", "nadam", "radam", "adamax", "adagrad", "rmsprop",
        "sgd".
    learning_rate : float, default=0.005
        Its step size.
    learning_rate_schedule : str or callable, default="constant"
        How the step size changes: over `max_epochs` it falls to nothing evenly ("linear") or along
        a cosine ("cosine"), or rises before it falls ("one_cycle"); or it is halved after each
        epoch that did not lower the (validation) loss ("plateau"). Or a function that gives a
        factor for the share of the training that is done, in [0, 1).
    weight_decay : float, default=0.0
        Its weight decay.
    gradient_clip : float or None, default=1.0
        Largest norm of the gradient of all weights together, or largest size of each of its
        numbers.
    gradient_clip_by : {"norm", "value"}, default="norm"
        Which of the two `gradient_clip` bounds.
    tbptt_steps : int, (int, int) or None, default=None
        Truncated backpropagation through time. With (k1, k2), the gradient of each block of k1
        steps goes back through k2 steps, the block included; one number k stands for (k, k), which
        cuts sequences into chunks. States are carried on exactly. None goes back to the first step.
    early_stopping : {"auto", True, False}, default="auto"
        Hold back a part of the rows, the last stretch of time, stop when its loss no longer
        falls, and keep the weights of the best epoch. "auto" does so from 300 windows on.
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
        ``gradients_clipped`` (share of batches), ``learning_rate``, ``seconds``.
    n_epochs_ : int
        Epochs that were run.
    best_epoch_ : int or None
        The epoch whose weights were kept; None without validation data.
    tail_ : TimeTable
        The last rows of y, as many as forecasts need (all with ``in_sample="one_step"``).
    covariate_tail_ : TimeTable or None
        Those of X.
    validation_skill_ : float or None
        Skill against the seasonal naive forecast on the stretch that was held back.
    categories_ : dict
        The symbols of each static covariate that holds some.
    naive_errors_ : NaiveErrors
        What the seasonal naive forecast misses by in training: the units of scaled errors
        (MASE, RMSSE).

    See Also
    --------
    NaiveForecaster : What a forecast has to be better than.
    WindowForecaster : Any regressor of scikit-learn on the same windows.
    sksequence.model_selection.PanelTimeSeriesSplit : Folds of a panel.

    Notes
    -----
    ``direct`` gives step j of the horizon from the state after the past and all that is known of
    the horizon; where the rows that are asked for end within it, calendar features are those of
    the times that follow, and known covariates stay at their last value.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sksequence import RNNForecaster
    >>> hours = pd.date_range("2024-01-01", periods=500, freq="h")
    >>> load = pd.Series(10 + np.sin(np.arange(500) * 2 * np.pi / 24), index=hours, name="load")
    >>> forecaster = RNNForecaster(lookback=24, horizon=6, random_state=0).fit(None, load[:494])
    >>> forecast = forecaster.predict(6)
    >>> forecast.index[0]
    Timestamp('2024-01-21 14:00:00')
    >>> bool(abs(forecast - load[494:]).max() < 0.1)
    True
    """

    _parameter_constraints: ClassVar[dict] = FORECASTER_CONSTRAINTS

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
        resample: Any = None,
        windows_per_epoch: int | None = None,
        hidden_size: int | Sequence[int] = 32,
        n_layers: int = 1,
        cell: str | Cell = "lstm",
        residual: bool = False,
        initial_state: str = "zeros",
        dropout: float = 0.0,
        variational_dropout: bool = False,
        teacher_forcing: float | tuple[float, float] = 1.0,
        max_epochs: int = 100,
        batch_size: int | str = 64,
        optimizer: str = "adam",
        learning_rate: float = 0.005,
        learning_rate_schedule: str | Callable = "constant",
        weight_decay: float = 0.0,
        gradient_clip: float | None = 1.0,
        gradient_clip_by: str = "norm",
        tbptt_steps: int | tuple[int, int] | None = None,
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
        self.resample = resample
        self.windows_per_epoch = windows_per_epoch
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.residual = residual
        self.initial_state = initial_state
        self.dropout = dropout
        self.variational_dropout = variational_dropout
        self.teacher_forcing = teacher_forcing
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.weight_decay = weight_decay
        self.gradient_clip = gradient_clip
        self.gradient_clip_by = gradient_clip_by
        self.tbptt_steps = tbptt_steps
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.dtype = dtype
        self.warm_start = warm_start
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    # -- fit ------------------------------------------------------------------------------------

    @unchanged_if_refused
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
            If rows are missing, doubled or out of order, all series are too short (a short one
            among others is left out of training, with a warning), or a value is missing (the
            message says where and what to do).
        DivergenceError
            If the loss becomes infinite.
        """
        check_parameters(self)
        target, covariates = read_tables(self, X, y)
        return self._fit_tables(target, covariates, y, self.max_epochs, self.early_stopping)

    def _fit_tables(self, target, covariates, y, max_epochs, early_stopping):
        keep = self.warm_start and hasattr(self, "network_")
        if not keep:
            self.__dict__.pop("network_", None)
            learn(self, target, covariates, y)
            learn_distribution(self, target)
        rng = private_generator(self, keep)
        fit_on(self, target, covariates, rng, max_epochs, keep, early_stopping)
        return self

    # -- predict ------------------------------------------------------------------------------

    def predict(self, X: Any, history: Any = None, X_history: Any = None) -> Any:
        """Forecast rows that follow those of ``fit``.

        Parameters
        ----------
        X : DataFrame, Series, Index, array-like of shape (n_rows, n_covariates), or int
            The rows to forecast with their covariates (`past_covariates` are ignored and may be
            left out). Without an index they follow directly, after `gap` rows. A number stands
            for so many rows.
        history : like y, default=None
            The past of other series, or a newer past, to forecast from instead.
        X_history : like X, default=None
            The covariates of `history`.

        Returns
        -------
        ndarray, Series or DataFrame of shape (n_rows,) or (n_rows, n_targets)
            With the index of `X`.
        """
        return predicted(self, X, history, X_history)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Skill against the seasonal naive forecast.

        ``1 - MAE / MAE of the naive forecast``, the mean over several targets: 1 is perfect, 0 as
        good as repeating the last season (``seasonality=1``: the last value), below 0 worse.

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
        remember(self, *read_later(self, X, y))
        return self

    @unchanged_if_refused
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
        check_parameters(self)
        if not hasattr(self, "network_"):
            return self._fit_tables(*read_tables(self, X, y), y, n_epochs, False)
        target, covariates = read_later(self, X, y)
        old = self.tail_.lengths
        rng = private_generator(self, True)
        first_rows = target.offsets[:-1] + old
        fit_on(self, target, covariates, rng, n_epochs, True, False, first_rows)
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
        calibrated: bool = True,
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
        quantiles : sequence of float, default=None
            Columns of these quantiles too.
        calibrated : bool, default=True
            Whether their probabilities are corrected, as in ``predict_quantiles``.

        Returns
        -------
        DataFrame
            A row for each forecast value, with ``origin`` (time of the last row that was known),
            ``step`` (1 is the row after it), ``actual``, ``forecast``, the quantiles by their
            probability, and ``naive`` (the seasonal naive forecast); ``series`` and ``target``
            where there are several. The index is the time of the value.
        """
        check_parameters(self)
        model = clone(self)
        model.warm_start = False
        wanted, settings = check_quantiles(quantiles), (n_origins, step, n_steps, refit)
        target, covariates = read_for_backtest(model, X, y, settings)

        def fit(first, first_covariates):
            model._fit_tables(first, first_covariates, y, self.max_epochs, self.early_stopping)
            return model

        def columns(starts, series, n):
            return model_columns(model, target, covariates, starts, series, n, wanted, calibrated)

        return backtest(model, target, covariates, settings, fit, columns)

    # -- saving -------------------------------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True
        return tags
