"""Sequences in, numbers out."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np
import torch
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array, check_is_fitted

from sksequence.estimators._family import _SequenceEstimator
from sksequence.estimators._parameters import SHARED_CONSTRAINTS
from sksequence.tasks import LOSSES, POSITIVE, Regression
from sksequence.utils._random import make_generator
from sksequence.utils._sklearn import Interval, StrOptions


class RNNRegressor(RegressorMixin, _SequenceEstimator):
    """Predict one or more numbers from each sequence.

    DOC

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

    _parameter_constraints: ClassVar[dict] = {
        **SHARED_CONSTRAINTS,
        "loss": [StrOptions(set(LOSSES))],
        "quantile": [Interval(Real, 0, 1, closed="neither"), "array-like"],
    }

    def __init__(
        self,
        *,
        hidden_size=64,
        n_layers=1,
        cell="lstm",
        bidirectional=False,
        dropout=0.0,
        pooling="last",
        embedding_size=64,
        embedding_trainable=True,
        context_at="state",
        conv_size=None,
        conv_width=3,
        normalize=True,
        loss="squared_error",
        quantile=0.5,
        max_epochs=100,
        batch_size=32,
        optimizer="adam",
        learning_rate=0.005,
        weight_decay=0.0,
        gradient_clip=1.0,
        early_stopping="auto",
        validation_fraction=0.1,
        n_iter_no_change=5,
        dtype="float32",
        warm_start=False,
        random_state=None,
        device="auto",
        verbose=0,
    ):
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.pooling = pooling
        self.embedding_size = embedding_size
        self.embedding_trainable = embedding_trainable
        self.context_at = context_at
        self.conv_size = conv_size
        self.conv_width = conv_width
        self.normalize = normalize
        self.loss = loss
        self.quantile = quantile
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


    def fit(self, X, y, sample_weight=None, X_val=None, y_val=None):
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
        X, y, weights = self._start(X, y, sample_weight, keep)
        rng = make_generator(self.random_state)
        task = self._choose_task(y, weights, keep)
        validation = self._check_validation(X_val, y_val)
        if validation is None:
            (X, y, weights), validation = self._hold_back(X, y, weights, None, rng)
        if validation is not None:
            validation = (validation[0], task.encode(_columns(validation[1])), *validation[2:])
        y = task.encode(_columns(y))
        return self._fit(X, y, weights, task, validation, rng, self.max_epochs)

    def partial_fit(self, X, y, sample_weight=None):
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
        X, y, weights = self._start(X, y, sample_weight, keep)
        task = self._choose_task(y, weights, keep)
        rng = make_generator(self.random_state)
        return self._fit(X, task.encode(_columns(y)), weights, task, None, rng, 1)

    def predict(self, X):
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

    def _check_y(self, y):
        y = check_array(
            y,
            dtype=np.float64,
            ensure_2d=False,
            ensure_all_finite=True,
            input_name="y",
            estimator=self,
        )
        if y.ndim > 2:
            raise ValueError(
                f"y must have shape (n_sequences,) or (n_sequences, n_targets), got {y.shape}."
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
                raise ValueError("y has another number of targets than in the first fit.")
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


def _columns(y):
    return y[:, np.newaxis] if y.ndim == 1 else y
