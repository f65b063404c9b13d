"""Sequences in, labels out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from sksequence.cells import Cell
from sksequence.estimators._family import _SequenceEstimator
from sksequence.estimators._fitting import private_generator, unchanged_if_refused
from sksequence.estimators._parameters import SHARED_CONSTRAINTS
from sksequence.estimators._validation import (
    check_class_weight_numbers,
    check_no_missing_label,
    check_same_order,
    hold_back,
)
from sksequence.tasks import Classification, MultilabelClassification
from sksequence.utils._sklearn import StrOptions


class RNNClassifier(ClassifierMixin, _SequenceEstimator):
    r"""Classify sequences.

    A recurrent network reads each sequence and gives the probability of each class,

    .. math:: p = \mathrm{softmax}(W\, \mathrm{pool}(h_1, \dots, h_T) + b),

    trained on the cross-entropy :math:`-\log p_y`. Sequences may have any lengths; the answer
    for one depends neither on the others nor on padding.

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
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weights of the classes, as in scikit-learn.
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
        Which part is held back: one drawn at random (stratified: of each class as large a share as
        of the whole; and whole `groups`), or the last sequences, where they come in the order of
        time.
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
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
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
    RNNRegressor : Numbers instead of labels.
    TokenEncoder, Word2VecEmbedder : Turn text into sequences.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import RNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=n).cumsum() for n in rng.integers(3, 9, size=80)]
    >>> y = ["up" if x[-1] > x[0] else "down" for x in X]
    >>> classifier = RNNClassifier(hidden_size=8, random_state=0).fit(X, y)
    >>> classifier.predict([[1.0, 2.0, 3.0, 4.0], [1.0, -1.0]])
    array(['up', 'down'], dtype='<U4')
    """

    task_: Classification | MultilabelClassification
    classes_: np.ndarray

    _parameter_constraints: ClassVar[dict] = {
        **SHARED_CONSTRAINTS,
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
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
        class_weight: dict | list[dict] | str | None = None,
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
        self.class_weight = class_weight
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
        y : array-like of shape (n_sequences,) or (n_sequences, n_labels)
            Labels of any type, or an indicator matrix of labels that may hold together.
        sample_weight : array-like of shape (n_sequences,), default=None
            A weight of zero is the same as leaving the sequence out.
        X_val, y_val : like X and y, default=None
            Data that decide when to stop, instead of a part of X.
        groups : array-like of shape (n_sequences,), default=None
            Which sequences belong together, as those of one patient: the part that is held back
            to decide when to stop consists of whole groups. Unused where nothing is held back.

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
        X, y, weights, groups = self._start(X, y, sample_weight, keep, groups)
        task = self._choose_task(y, keep)
        rng = private_generator(self, keep)
        validation = self._check_validation(X_val, y_val)
        if validation is None:
            (X, y, weights), validation = hold_back(self, X, y, weights, y, rng, groups)
        if validation is not None:
            X_val, y_val, val_weights = validation
            val_weights = self._with_class_weight(self._known(y_val, "y_val"), val_weights)
            validation = X_val, task.encode(y_val), val_weights
        weights = self._with_class_weight(y, weights)
        return self._fit(X, task.encode(y), weights, task, validation, rng, self.max_epochs)

    @unchanged_if_refused
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
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
        X, y, weights, _ = self._start(X, y, sample_weight, keep)
        if not keep:
            self.task_ = Classification(np.unique(classes))
            self.classes_ = self.task_.classes
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={np.unique(classes).tolist()} is not what the first call was given, "
                f"{self.classes_.tolist()}: leave classes out from the second call on."
            )
        y = self.task_.encode(self._known(y))
        weights = self._with_class_weight(self.classes_[y] if y.ndim == 1 else y, weights)
        rng = private_generator(self, keep)
        return self._fit(X, y, weights, self.task_, None, rng, 1)

    def predict(self, X: Any) -> np.ndarray:
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

    def predict_proba(self, X: Any) -> np.ndarray:
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

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithms of the probabilities, as ``predict_proba``."""
        with np.errstate(divide="ignore"):  # the logarithm of 0 is -inf
            return np.log(self.predict_proba(X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the sequences whose label is right (of labels that may hold together: all).

        Parameters
        ----------
        X : sequences
            As in ``fit``.
        y : array-like of shape (n_sequences,) or (n_sequences, n_labels)
            The true labels.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weights of the sequences.

        Returns
        -------
        float
        """
        check_same_order(X, y)
        return super().score(X, y, sample_weight)

    def _check_y(self, y):
        check_no_missing_label(y)
        check_classification_targets(y)
        kind = type_of_target(y)
        if kind.startswith("multilabel"):
            y = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
            if not np.isin(y, (0, 1)).all():
                raise ValueError(
                    "y with several columns must hold 0 and 1 (does the label hold or not), got "
                    f"{np.unique(y)[:5].tolist()}: use MultiLabelBinarizer."
                )
            return y
        if kind == "multiclass-multioutput":
            raise ValueError(
                f"y has {np.shape(y)[1]} columns of several classes each: use "
                f"MultiOutputClassifier({type(self).__name__}()), or give a matrix of zeros and "
                "ones, a column for each label."
            )
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

    def _known(self, y, name="y"):
        """`y`, if all its labels are in ``classes_``."""
        unknown = np.setdiff1d(y if y.ndim == 1 else (), self.classes_)
        if len(unknown):
            remedy = "give all of them as classes= in the first call of partial_fit, or fit again."
            if name != "y":
                remedy = f"drop their sequences from {name}, or give some of them with y."
            raise ValueError(
                f"{name} has labels that the classifier was not fitted on: "
                f"{unknown[:5].tolist()}. Known are {self.classes_[:10].tolist()}: {remedy}"
            )
        return y

    def _with_class_weight(self, y, weights):
        if self.class_weight is None:
            return weights
        check_class_weight_numbers(self.class_weight, type(self).__name__)
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
            f"y has only one class, {classes.tolist()[0]!r}: a classifier needs at least two. "
            "Check the labels, or the fold."
        )
    if len(classes) == len(y) > 2:
        raise ValueError(
            f"every one of the {len(y)} sequences has a class of its own, so nothing can be "
            "learned: for numbers use RNNRegressor."
        )
    return classes
