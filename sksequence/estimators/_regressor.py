"""Sequences in, numbers out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import RegressorMixin
from sklearn.metrics import d2_pinball_score, r2_score
from sklearn.utils.validation import check_array, check_is_fitted

from sksequence.cells import Cell
from sksequence.estimators._family import _SequenceEstimator
from sksequence.estimators._fitting import private_generator, unchanged_if_refused
from sksequence.estimators._parameters import SHARED_CONSTRAINTS
from sksequence.estimators._validation import check_same_columns, check_same_order, hold_back
from sksequence.tasks import LOSSES, POSITIVE, Regression
from sksequence.utils._sklearn import Interval, StrOptions

LARGEST = 1e150  # its square is finite


class RNNRegressor(RegressorMixin, _SequenceEstimator):
    r"""Predict one or more numbers from each sequence.

    A recurrent network reads each sequence and gives
    :math:`f = W\, \mathrm{pool}(h_1, \dots, h_T) + b` in units of the standardised target.
    Sequences may have any lengths; the answer for one depends neither on the others nor on
    padding.

    Parameters
    ----------
    hidden_size : int or list of int, default=64
        Units of a recurrent layer (of each of its directions). A list gives the widths of
        several layers.
    n_layers : int, default=1
        Recurrent layers one above the other.
    cell : str or Cell, default="lstm"
        The recurrent cell, by name ("lstm", "gru", "rnn" or another of ``sksequence.cells.CELLS``)
        or as an object with options such as ``RNN(activation="relu")`` (searched as
        ``cell__activation``).
    bidirectional : bool, default=False
        Read each sequence backwards too. A forward-only network never looks ahead.
    residual : bool, default=False
        Whether the input of a recurrent layer is added to its output, where both have the same
        width.
    initial_state : {"zeros", "learned"}, default="zeros"
        The state before the first step: zeros, or learned, for each layer. What a context brings
        is added to it.
    dropout : float or "auto", default="auto"
        Share of values set to zero while training: of the vectors of symbols, between layers
        and before the output. Plain numbers are not touched. "auto" is 0.2 for symbols, and 0
        where all channels are numeric.
    variational_dropout : bool, default=False
        Whether dropout is the same at every step of a sequence (Gal and Ghahramani, 2016).
    pooling : {"last", "mean", "max", "attention"}, default="last"
        How the states of all steps become one vector: the state after the last step, their
        mean, their largest values, or a learned weighted mean (``attention_weights`` shows
        the weights).
    embedding_size : int or None, default=64
        Length of the learned vector of a symbol. None stands for one-hot input.
    embedding_trainable : bool, default=True
        Whether vectors that come with the symbols (from ``Word2VecEmbedder``) are trained
        further. If not, they are looked up in X and are no part of the model.
    context_at : {"state", "steps", "both"}, default="state"
        Where the context vector of a sequence (``X.with_context``) enters: as initial state,
        beside the values of every step, or both.
    frame_encoder : {"cnn"} or None, default=None
        What reads a step that is an image, of shape (n_rows, n_columns) or (n_rows, n_columns,
        n_channels): a small convolutional network, trained with the rest. None takes its pixels
        as they are.
    conv_size : int or None, default=None
        Filters of a convolution over time before the recurrence; None for no convolution.
    conv_width : int, default=3
        Steps that a filter sees: centred if `bidirectional`, else only past ones.
    normalize : bool, default=True
        Standardise numeric inputs (and the context) per feature with the training data; give
        a table of vectors unit root mean square.
    missing : {"error", "mask"}, default="error"
        What becomes of missing values (NaN) of numeric features: refused; or masked, with a mark
        of what was seen and the time since as inputs. In their place stands the last value of the
        feature, which decays towards its mean at a learned rate (Che et al., 2018).
    time : str or None, default=None
        With ``missing="mask"``, the channel of one number, or the feature, that holds the time
        of each step, in which the time since is measured; what is read of it is the time since
        the step before. None: in steps.
    loss : str, default="squared_error"
        "squared_error" (estimates the mean), "absolute_error" (the median), "huber" (robust),
        "quantile", "poisson" (counts and other y >= 0) or "gamma" (y > 0); the last two
        predict through the exponential function. ``sksequence.tasks.Regression`` has the
        equations.
    quantile : float or list of float, default=0.5
        For ``loss="quantile"``: which one, or several at once.
    max_epochs : int, default=100
        Passes over the training data at most.
    batch_size : int or "full", default=32
        Sequences in a batch; those of similar length go together.
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
        Hold back a part of the data, stop when its loss no longer falls, and keep the weights
        of the best epoch. "auto" does so from 300 sequences on.
    validation : {"random", "last"}, default="random"
        Which part is held back: one drawn at random (of whole `groups`), or the last sequences,
        where they come in the order of time.
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
        ``pd.DataFrame(history_)`` is a table of it.
    n_epochs_ : int
        Epochs that were run.
    best_epoch_ : int or None
        The epoch whose weights were kept; None without validation data.
    sequence_schema_ : SequenceSchema
        Channels and sizes of the sequences of ``fit``.
    input_scaling_ : InputScaling
        How inputs are standardised.
    n_features_in_ : int
        Columns of a 2-D X, else features of a step.
    feature_names_in_ : ndarray of str
        Names of the columns, where a wide DataFrame had them.

    See Also
    --------
    RNNClassifier : Labels instead of numbers.
    make_windows : Turn a long series into sequences with targets.

    Notes
    -----
    Predictions are computed in 64 bits from the trained 32-bit weights.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import RNNRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.uniform(size=n) for n in rng.integers(2, 6, size=60)]
    >>> y = [x.mean() for x in X]
    >>> regressor = RNNRegressor(hidden_size=8, random_state=0).fit(X, y)
    >>> bool(regressor.score(X, y) > 0.9)
    True
    """

    # 64 bits: a prediction must not move when a sequence is alone in its batch, and in 32 bits
    # the last digit does, magnified by the scale of y.
    _inference_dtype = torch.float64

    task_: Regression
    _one_target: bool

    _parameter_constraints: ClassVar[dict] = {
        **SHARED_CONSTRAINTS,
        "loss": [StrOptions(set(LOSSES))],
        "quantile": [Interval(Real, 0, 1, closed="neither"), "array-like"],
    }

    def __init__(
        self,
        *,
        hidden_size: int | Sequence[int] = 64,
        n_layers: int = 1,
        cell: str | Cell = "lstm",
        bidirectional: bool = False,
        residual: bool = False,
        initial_state: str = "zeros",
        dropout: float | str = "auto",
        variational_dropout: bool = False,
        pooling: str = "last",
        embedding_size: int | None = 64,
        embedding_trainable: bool = True,
        context_at: str = "state",
        frame_encoder: str | None = None,
        conv_size: int | None = None,
        conv_width: int = 3,
        normalize: bool = True,
        missing: str = "error",
        time: str | None = None,
        loss: str = "squared_error",
        quantile: float | Sequence[float] = 0.5,
        max_epochs: int = 100,
        batch_size: int | str = 32,
        optimizer: str = "adam",
        learning_rate: float = 0.005,
        learning_rate_schedule: str | Callable = "constant",
        weight_decay: float = 0.0,
        gradient_clip: float | None = 1.0,
        gradient_clip_by: str = "norm",
        tbptt_steps: int | tuple[int, int] | None = None,
        early_stopping: bool | str = "auto",
        validation: str = "random",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        dtype: str = "float32",
        warm_start: bool = False,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        device: str = "auto",
        verbose: int = 0,
    ):
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.bidirectional = bidirectional
        self.residual = residual
        self.initial_state = initial_state
        self.dropout = dropout
        self.variational_dropout = variational_dropout
        self.pooling = pooling
        self.embedding_size = embedding_size
        self.embedding_trainable = embedding_trainable
        self.context_at = context_at
        self.frame_encoder = frame_encoder
        self.conv_size = conv_size
        self.conv_width = conv_width
        self.normalize = normalize
        self.missing = missing
        self.time = time
        self.loss = loss
        self.quantile = quantile
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
        self.validation = validation
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.dtype = dtype
        self.warm_start = warm_start
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    @unchanged_if_refused
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        groups: Any = None,
    ) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : SequenceArray, array-like of shape (n_sequences, n_steps[, n_features]), list of \
                arrays, or DataFrame
            The sequences, of any lengths.
        y : array-like of shape (n_sequences,) or (n_sequences, n_targets)
            Numbers, in any units: they are standardised inside.
        sample_weight : array-like of shape (n_sequences,), default=None
            A weight of zero is the same as leaving the sequence out.
        X_val, y_val : like X and y, default=None
            Data that decide when to stop, instead of a part of X.
        groups : array-like of shape (n_sequences,), default=None
            Which sequences belong together, as those of one patient: the part that is held back
            to decide when to stop consists of whole groups. Unused where nothing is held back.

        Returns
        -------
        RNNRegressor
            Itself, fitted.

        Raises
        ------
        ValueError
            If X or y is not usable (the message says where and what to do).
        DivergenceError
            If the loss becomes infinite.
        """
        keep = self.warm_start and hasattr(self, "network_")
        X, y, weights, groups = self._start(X, y, sample_weight, keep, groups)
        rng = private_generator(self, keep)
        task = self._choose_task(y, weights, keep)
        validation = self._check_validation(X_val, y_val)
        if validation is None:
            (X, y, weights), validation = hold_back(self, X, y, weights, None, rng, groups)
        if validation is not None:
            X_val, y_val, val_weights = validation
            check_same_columns(_columns(y), _columns(y_val))  # one column would broadcast
            validation = X_val, task.encode(_columns(y_val)), val_weights
        y = task.encode(_columns(y))
        return self._fit(X, y, weights, task, validation, rng, self.max_epochs)

    @unchanged_if_refused
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch on X and y, from where the network stands.

        The scale of the targets and of the inputs is learned in the first call.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        RNNRegressor
            Itself.
        """
        keep = hasattr(self, "network_")
        X, y, weights, _ = self._start(X, y, sample_weight, keep)
        task = self._choose_task(y, weights, keep)
        rng = private_generator(self, keep)
        return self._fit(X, task.encode(_columns(y)), weights, task, None, rng, 1)

    def predict(self, X: Any) -> np.ndarray:
        """The predicted numbers.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_sequences,) or (n_sequences, n_targets)
            In the units of y; with several quantiles these are the last axis.
        """
        check_is_fitted(self)
        values = self.task_.decode(self._values(X))
        return values[:, 0] if self._one_target else values

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        r"""How much better the predictions are than a constant, at best 1.

        The coefficient of determination :math:`R^2`; with several quantiles the mean of their
        :math:`D^2` pinball scores, the share of the pinball loss of the constant quantile that
        is saved.

        Parameters
        ----------
        X : sequences
            As in ``fit``.
        y : array-like of shape (n_sequences,) or (n_sequences, n_targets)
            What should have been predicted.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weights of the sequences.

        Returns
        -------
        float
        """
        check_same_order(X, y)
        predicted = self.predict(X)
        quantiles = self.task_.quantiles
        if len(quantiles) < 2:
            return r2_score(y, predicted, sample_weight=sample_weight)
        scores = [
            d2_pinball_score(y, predicted[..., i], sample_weight=sample_weight, alpha=quantile)
            for i, quantile in enumerate(quantiles)
        ]
        return float(np.mean(scores))

    def _check_y(self, y):
        if np.asarray(y).dtype.kind in "US" or _holds_text(y):
            raise ValueError(
                f"y holds text, but {type(self).__name__} predicts numbers: use RNNClassifier for "
                "labels."
            )
        y = check_array(
            y,
            dtype=np.float64,
            ensure_2d=False,
            ensure_all_finite=True,
            input_name="y",
            estimator=self,
        )
        if np.abs(y).max(initial=0.0) > LARGEST:
            raise ValueError(
                f"y holds a number as large as {np.abs(y).max():.0e}, whose square overflows: give "
                "y in another unit."
            )
        if self.loss in POSITIVE and (y.min() < 0 or (self.loss == "gamma" and y.min() == 0)):
            bound = "> 0" if self.loss == "gamma" else ">= 0"
            raise ValueError(
                f"loss={self.loss!r} needs targets {bound}, got a smallest y of {y.min():g}."
            )
        return y

    def _choose_task(self, y, weights, keep):
        if keep:
            if y.shape[1:] != (() if self._one_target else (len(self.task_.shift),)):
                raise ValueError(
                    f"y has shape {y.shape}, but the network that training goes on from has "
                    f"{len(self.task_.shift)} target(s): give the same targets, or fit anew."
                )
            return self.task_
        quantiles = np.atleast_1d(np.asarray(self.quantile, dtype=float))
        if ((quantiles <= 0) | (quantiles >= 1)).any():
            raise ValueError(f"quantile must lie strictly between 0 and 1, got {self.quantile!r}.")
        self._one_target = y.ndim == 1
        self.task_ = Regression(self.loss, tuple(quantiles.tolist()))
        return self.task_.fit(_columns(y), weights)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _holds_text(y) -> bool:
    kind = getattr(getattr(y, "dtype", None), "kind", "")
    return kind == "O" and any(isinstance(value, str) for value in np.ravel(y))


def _columns(y):
    return y[:, np.newaxis] if y.ndim == 1 else y
