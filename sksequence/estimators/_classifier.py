"""Sequences in, labels out."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from sksequence.estimators._family import _SequenceEstimator
from sksequence.estimators._parameters import SHARED_CONSTRAINTS
from sksequence.tasks import Classification, MultilabelClassification
from sksequence.utils._random import make_generator
from sksequence.utils._sklearn import StrOptions


class RNNClassifier(ClassifierMixin, _SequenceEstimator):
    """Classify sequences.

    DOC

    Examples
    --------
    >>> from sksequence import RNNClassifier
    >>> X = [[1.0, 2.0, 3.0], [2.0, 3.0], [3.0, 2.0, 1.0, 0.0], [2.0, 1.0]]
    >>> y = ["up", "up", "down", "down"]
    >>> classifier = RNNClassifier(hidden_size=8, random_state=0).fit(X, y)
    >>> classifier.predict([[4.0, 5.0, 6.0, 7.0], [5.0, 4.0]])
    array(['up', 'down'], dtype='<U4')
    """

    _parameter_constraints: ClassVar[dict] = {
        **SHARED_CONSTRAINTS,
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
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
        class_weight=None,
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
        self.class_weight = class_weight
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
        y : array-like of shape (n_sequences,) or (n_sequences, n_labels)
            Labels of any type, or an indicator matrix of labels that may hold together.
        sample_weight : array-like of shape (n_sequences,), default=None
            A weight of zero is the same as leaving the sequence out.
        X_val, y_val : like X and y, default=None
            Data that decide when to stop, instead of a part of X.

        Returns
        -------
        RNNClassifier
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
        task = self._choose_task(y, keep)
        rng = make_generator(self.random_state)
        validation = self._check_validation(X_val, y_val)
        if validation is None:
            (X, y, weights), validation = self._hold_back(X, y, weights, y, rng)
        if validation is not None:
            validation = (validation[0], task.encode(self._known(validation[1])), None)
        weights = self._with_class_weight(y, weights)
        return self._fit(X, task.encode(y), weights, task, validation, rng, self.max_epochs)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one epoch on X and y, from where the network stands.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed in the first call.

        Returns
        -------
        RNNClassifier
            Itself.
        """
        keep = hasattr(self, "network_")
        if not keep and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        X, y, weights = self._start(X, y, sample_weight, keep)
        if not keep:
            self.task_ = Classification(np.unique(classes))
            self.classes_ = self.task_.classes
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={np.unique(classes)} is not what the first call was given: "
                f"{self.classes_}."
            )
        y = self.task_.encode(self._known(y))
        weights = self._with_class_weight(self.classes_[y] if y.ndim == 1 else y, weights)
        rng = make_generator(self.random_state)
        return self._fit(X, y, weights, self.task_, None, rng, 1)

    def predict(self, X):
        """The most probable label of each sequence.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_sequences,) or (n_sequences, n_labels)
        """
        probabilities = self.predict_proba(X)  # first: it checks that this is fitted
        return self.task_.decode(probabilities)

    def predict_proba(self, X):
        """Probability of each label.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_sequences, n_classes)
            In the order of ``classes_``; of labels that may hold together, the probability of
            each.
        """
        check_is_fitted(self)
        return self._values(X, self.task_.probabilities)

    def predict_log_proba(self, X):
        """Logarithms of the probabilities, as ``predict_proba``."""
        return np.log(self.predict_proba(X))

    def _check_y(self, y):
        check_classification_targets(y)
        if type_of_target(y).startswith("multilabel"):
            y = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
            return y
        return column_or_1d(y, warn=True)

    def _choose_task(self, y, keep):
        if keep:
            self._known(y)
            return self.task_
        if y.ndim == 2:
            self.task_ = MultilabelClassification(y.shape[1])
        else:
            self.task_ = Classification(_classes_of(y))
        self.classes_ = self.task_.classes
        return self.task_

    def _known(self, y):
        """`y`, if all its labels are in ``classes_``."""
        if y.ndim == 1:
            unknown = np.setdiff1d(y, self.classes_)
            if len(unknown):
                raise ValueError(
                    f"y has labels that the classifier was not fitted on: {list(unknown[:5])}. "
                    f"Known are {list(self.classes_[:10])}: give all of them as classes= in the "
                    "first call of partial_fit, or fit again."
                )
        return y

    def _with_class_weight(self, y, weights):
        if self.class_weight is None:
            return weights
        by_class = compute_sample_weight(self.class_weight, y)
        return by_class if weights is None else by_class * weights

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _classes_of(y):
    classes = np.unique(y)
    if len(classes) == 1:
        raise ValueError(
            f"y has only one class, {classes[0]!r}: a classifier needs at least two. Check the "
            "labels, or the fold."
        )
    if len(classes) == len(y) > 2:
        raise ValueError(
            f"every one of the {len(y)} sequences has a class of its own, so nothing can be "
            "learned: for numbers use RNNRegressor."
        )
    return classes
