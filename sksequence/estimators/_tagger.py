"""Sequences in, a label for each step out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sksequence.batches import InputScaling, SequenceSamples
from sksequence.cells import Cell
from sksequence.estimators._fitting import private_generator, train_network, unchanged_if_refused
from sksequence.estimators._parameters import warn_of_delays
from sksequence.estimators._prediction import step_work
from sksequence.estimators._tagger_answers import TagAnswersMixin
from sksequence.estimators._tagger_decoding import Transitions
from sksequence.estimators._tagger_fit import (
    classes_of,
    encode,
    learn_transitions,
    read_training,
    split,
)
from sksequence.estimators._tagger_labels import Tagged
from sksequence.estimators._tagger_parameters import (
    TAGGER_CONSTRAINTS,
    build_tagging_network,
    go_on_tagging,
)
from sksequence.estimators._with_network import NetworkMixin
from sksequence.inputs import SequenceArray
from sksequence.networks import TaggingNetwork
from sksequence.tasks import Tagging
from sksequence.tasks._tagging import UNLABELLED
from sksequence.training import explained_memory
from sksequence.utils._random import torch_generator
from sksequence.utils._sklearn import validate_parameter_constraints


class RNNTagger(TagAnswersMixin, NetworkMixin, BaseEstimator):
    r"""Label each step of sequences.

    A recurrent network reads a sequence, words with their casing and characters among others, and
    gives each step a score of each label, :math:`e_t = W h_t + b`. Labels are then independent of
    one another, or a linear chain,

    .. math::

        p(y_1 \dots y_T) &= \prod_t \mathrm{softmax}(e_t)_{y_t}
            & \text{(softmax)} \\
        p(y_1 \dots y_T) &\propto \exp\Bigl(a_{y_1} + \sum_t e_t(y_t)
            + \sum_t A_{y_{t-1} y_t} + b_{y_T}\Bigr) & \text{(crf)}

    of which the best sequence of labels and all probabilities are exact (Viterbi and
    forward-backward algorithm). Words are lists of strings; sequences of symbols or numbers, with
    any channels, do as well.

    Parameters
    ----------
    output : {"softmax", "crf"}, default="softmax"
        "softmax": each step has its label by itself. "crf": labels make a linear chain
        (conditional random field) with learned scores of one after the other, of the first and of
        the last one.
    scheme : {"BIO", "IOBES", "IOB1", None}, default=None
        The scheme of the labels, such as "B-PER", "I-PER", "O": labels that violate it are an
        error in ``fit`` and are never predicted.
    forbid_unseen : bool, default=False
        Whether a label may only follow those, and stand first and last only where, it does in
        `y`.
    lowercase : bool, default=True
        Whether words are lower-cased before they are numbered; casing and characters are those of
        the words as they stand there. This and what follows up to `character_size` is for lists
        of words.
    zero_digits : bool, default=False
        Whether all digits are read as 0.
    min_count : int, default=1
        Words that occur less often are unknown: they share one vector.
    max_tokens : int or None, default=None
        At most so many words, the most frequent ones.
    casing : bool, default=True
        Whether it is read how a word is written ("lower", "title", "upper", "mixed", "number",
        "with digits" or "other").
    word_vectors : path, gensim KeyedVectors, mapping, fitted Word2VecEmbedder or None, default=None
        Vectors to start from. With ``embedding_trainable=False`` they stay as they are, and all
        words that they have are known.
    word_dropout : float, default=0.25
        While training, a word that occurs n times in `X` is taken for an unknown one with the
        probability ``word_dropout / (word_dropout + n)``, so that unknown words get a vector of
        use (Kiperwasser and Goldberg, 2016).
    character_network : {"cnn", "rnn", None}, default="cnn"
        What makes a vector of the characters of a word: a convolution with the largest value of
        each filter (Ma and Hovy, 2016), or an LSTM in both directions (Lample et al., 2016).
        Also of any channel of a SequenceArray with several symbols in a step.
    character_size : int, default=30
        Length of that vector, and of the learned vector of a character.
    hidden_size : int or list of int, default=100
        Units of a recurrent layer (of each of its directions). A list gives the widths of
        several layers.
    n_layers : int, default=1
        Recurrent layers one above the other.
    cell : str or Cell, default="lstm"
        The recurrent cell, by name ("lstm", "gru", "rnn" or another of ``sksequence.cells.CELLS``)
        or as an object with options such as ``RNN(activation="relu")`` (searched as
        ``cell__activation``).
    bidirectional : bool, default=True
        Read each sequence backwards too, so that a label depends on what follows. A forward-only
        network never looks ahead, and can label a stream.
    residual : bool, default=False
        Whether the input of a recurrent layer is added to its output, where both have the same
        width.
    initial_state : {"zeros", "learned"}, default="zeros"
        The state before the first step: zeros, or learned, for each layer. What a context brings
        is added to it.
    dropout : float or "auto", default="auto"
        Share of values set to zero while training: of the vectors of symbols, words and
        characters, between layers and before the output. Plain numbers are not touched. "auto" is
        0.4 for symbols, and 0 where all channels are numeric.
    variational_dropout : bool, default=False
        Whether dropout is the same at every step of a sequence (Gal and Ghahramani, 2016).
    embedding_size : int or None, default=100
        Length of the learned vector of a symbol. A channel of no more symbols than that is one-hot
        input, and None stands for one-hot input of all.
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
    class_weight : dict, "balanced" or None, default=None
        Weights of the labels, as in scikit-learn; each step counts as its label does.
    ignore_label : object, default=None
        What stands in `y` at steps without a label: they are read, but nothing is learned from
        them, and they do not count in ``score``. A chain sums over all labels that they may have.
    max_epochs : int, default=50
        Passes over the training data at most.
    batch_size : int or "full", default=32
        Sequences in a batch; those of similar length go together.
    optimizer : str, default="adam"
        A torch optimiser: "adam", "adamw", "nadam", "radam", "adamax", "adagrad", "rmsprop",
        "sgd".
    learning_rate : float, default=0.003
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
        The trained network; of a chain, ``network_.head.transitions`` are its scores, from a row
        to a column.
    history_ : list of dict
        A record for each epoch: ``epoch``, ``train_loss``, ``valid_loss`` (a step),
        ``gradients_clipped`` (share of batches), ``learning_rate``, ``seconds``.
    n_epochs_ : int
        Epochs that were run.
    best_epoch_ : int or None
        The epoch whose weights were kept; None without validation data.
    reader_ : object
        How X is read; of lists of words, ``reader_.features`` is the fitted ``WordFeatures``.
    transitions_ : object or None
        Which labels may follow which (``follows``, ``first``, ``last``); None: any.
    sequence_schema_ : SequenceSchema
        Channels and sizes of the sequences of ``fit``.
    input_scaling_ : InputScaling
        How inputs are standardised.
    n_features_in_ : int
        Of numbers: columns of a 2-D X, else features of a step.

    See Also
    --------
    RNNClassifier : One label for a sequence.
    WordFeatures : What lists of words are read as.

    Notes
    -----
    It is no classifier in scikit-learn's sense, whose checks refuse targets of unequal lengths:
    ``cv=5`` is a plain KFold. Folds, searches and pipelines take lists of lists as they are.

    References
    ----------
    J. Lafferty, A. McCallum and F. Pereira, "Conditional random fields", 2001.

    Z. Huang, W. Xu and K. Yu, "Bidirectional LSTM-CRF models for sequence tagging", 2015.

    Examples
    --------
    >>> from sksequence import RNNTagger
    >>> X = [["Ada", "lives", "in", "Rome"], ["Rome", "is", "old"], ["Ada", "Rome", "is", "old"]]
    >>> y = [["PER", "O", "O", "LOC"], ["LOC", "O", "O"], ["PER", "PER", "O", "O"]]
    >>> tagger = RNNTagger(output="crf", hidden_size=16, random_state=0).fit(X * 10, y * 10)
    >>> tagger.predict([["Rome", "is", "Rome"]])[0]
    array(['LOC', 'O', 'LOC'], dtype='<U3')
    """

    network_: TaggingNetwork
    task_: Tagging
    transitions_: Transitions | None
    _n_fits: int
    _parameter_constraints: ClassVar[dict] = TAGGER_CONSTRAINTS

    def __init__(
        self,
        *,
        output: str = "softmax",
        scheme: str | None = None,
        forbid_unseen: bool = False,
        lowercase: bool = True,
        zero_digits: bool = False,
        min_count: int = 1,
        max_tokens: int | None = None,
        casing: bool = True,
        word_vectors: Any = None,
        word_dropout: float = 0.25,
        character_network: str | None = "cnn",
        character_size: int = 30,
        hidden_size: int | Sequence[int] = 100,
        n_layers: int = 1,
        cell: str | Cell = "lstm",
        bidirectional: bool = True,
        residual: bool = False,
        initial_state: str = "zeros",
        dropout: float | str = "auto",
        variational_dropout: bool = False,
        embedding_size: int | None = 100,
        embedding_trainable: bool = True,
        context_at: str = "state",
        frame_encoder: str | None = None,
        conv_size: int | None = None,
        conv_width: int = 3,
        normalize: bool = True,
        class_weight: dict | str | None = None,
        ignore_label: Any = None,
        max_epochs: int = 50,
        batch_size: int | str = 32,
        optimizer: str = "adam",
        learning_rate: float = 0.003,
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
        self.output = output
        self.scheme = scheme
        self.forbid_unseen = forbid_unseen
        self.lowercase = lowercase
        self.zero_digits = zero_digits
        self.min_count = min_count
        self.max_tokens = max_tokens
        self.casing = casing
        self.word_vectors = word_vectors
        self.word_dropout = word_dropout
        self.character_network = character_network
        self.character_size = character_size
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.bidirectional = bidirectional
        self.residual = residual
        self.initial_state = initial_state
        self.dropout = dropout
        self.variational_dropout = variational_dropout
        self.embedding_size = embedding_size
        self.embedding_trainable = embedding_trainable
        self.context_at = context_at
        self.frame_encoder = frame_encoder
        self.conv_size = conv_size
        self.conv_width = conv_width
        self.normalize = normalize
        self.class_weight = class_weight
        self.ignore_label = ignore_label
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

    @unchanged_if_refused
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : list of lists of words, SequenceArray, array-like of shape \
                (n_sequences, n_steps[, n_features]), list of arrays, or DataFrame
            The sequences, of any lengths; in a table with the index (sequence, step) a step a row.
        y : list of lists or arrays, object array, 2-D array, SequenceArray, or Series with the \
                index (sequence, step)
            A label, a string or a whole number, for each step of each sequence.
        sample_weight : array-like of shape (n_sequences,), or like y, default=None
            Weights of sequences, or of steps. A sequence of weight zero is left out, a step of
            weight zero has no label.
        X_val, y_val : like X and y, default=None
            Data that decide when to stop, instead of a part of X.

        Returns
        -------
        RNNTagger
            Itself, fitted.

        Raises
        ------
        ValueError
            If X or y is not usable (the message says where and what to do): a sequence with
            another number of labels than steps, a missing label, a violated scheme, no label.
        DivergenceError
            If the loss becomes infinite.
        """
        keep = self._check_parameters() and self.warm_start and hasattr(self, "network_")
        X, labels, weights, steps = read_training(self, X, y, sample_weight, keep)
        if not keep:
            self._set_classes(classes_of(labels, steps))
        rng = private_generator(self, keep)
        tagged = encode(self, self.task_, X, labels, weights, steps)
        training, validation = split(self, tagged, X_val, y_val, rng)
        if not keep:
            known = [tagged, *([] if X_val is None else [validation])]
            self.transitions_ = learn_transitions(self, known)
        return self._train(training, validation, rng, self.max_epochs)

    @unchanged_if_refused
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one epoch on X and y, from where the network stands.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``. The words of the first call are the ones that are known.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed in the first call.

        Returns
        -------
        RNNTagger
            Itself.
        """
        self._check_parameters()
        keep = hasattr(self, "network_")
        if not keep and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if keep and classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={np.unique(classes).tolist()} is not what the first call was given, "
                f"{self.classes_.tolist()}: leave classes out from the second call on."
            )
        X, labels, weights, steps = read_training(self, X, y, sample_weight, keep)
        if not keep:
            self._set_classes(np.unique(classes))
        tagged = encode(self, self.task_, X, labels, weights, steps)
        if not keep:
            self.transitions_ = learn_transitions(self, [tagged])
        return self._train(tagged, None, private_generator(self, keep), 1)

    def _check_parameters(self) -> bool:
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        return True

    def _set_classes(self, classes: np.ndarray) -> None:
        self.task_ = Tagging(classes, self.output == "crf")
        self.classes_ = classes

    def _train(self, training: Tagged, validation: Tagged | None, rng, max_epochs: int) -> Self:
        earlier = getattr(self, "history_", []) if hasattr(self, "network_") else None
        if earlier is None:
            self._build(training, rng)
        else:
            go_on_tagging(self)
        warn_of_delays(self.network_.spec.cell, training.X.lengths, "X")
        parts = [part for part in (training, validation) if part is not None]
        task = Tagging(
            self.classes_, self.output == "crf", any((p.labels == UNLABELLED).any() for p in parts)
        )
        train_network(
            self,
            task,
            lambda: self._samples(training, self.batch_size),
            None if validation is None else lambda: self._samples(validation, self.batch_size),
            rng,
            max_epochs,
            step_work(self.network_.spec, self.batch_size, len(training)),
            earlier,
        )
        return self

    def _build(self, training: Tagged, rng) -> None:
        self.sequence_schema_ = self.reader_.schema(training.X)
        self.input_scaling_ = (
            InputScaling.fit(training.X, training.weights)
            if self.normalize
            else InputScaling.none()
        )
        generator = torch_generator(rng)
        self.network_ = build_tagging_network(self, training.X, len(self.classes_), generator)
        if self.output == "crf" and self.transitions_ is not None:
            self.transitions_.forbid(self.network_.head)

    def _samples(self, tagged: Tagged, batch_size="full") -> SequenceSamples:
        return SequenceSamples(
            tagged.X,
            weights=tagged.weights,
            step_targets=tagged.labels,
            step_weights=tagged.step_weights,
            batch_size=batch_size,
            scaling=self.input_scaling_,
            look_up=not self.network_.spec.embedding_trainable,
            ragged=True,
            dtype=self.network_.head.weight.dtype,
            device=self.network_.head.weight.device,
        )

    def _prepare(self, X: Any) -> tuple[SequenceArray, SequenceSamples]:
        check_is_fitted(self)
        X = self.reader_.read(X, self)
        with explained_memory(None, self.network_.head.weight.device):
            return X, self._samples(Tagged(X, None))

    # -- saving ---------------------------------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags
