"""Label strings from sequences without alignment (Graves et al., 2006)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sksequence.cells import Cell
from sksequence.estimators._encoder_decoder import weighed
from sksequence.estimators._fitting import private_generator, unchanged_if_refused
from sksequence.estimators._transcriber_answers import best_strings, probabilities, states
from sksequence.estimators._transcriber_fitting import _AlignmentEstimator
from sksequence.estimators._transcriber_known import KnownStringsMixin
from sksequence.estimators._transcriber_parameters import TRANSCRIBER_CONSTRAINTS, check_stride
from sksequence.estimators._transcriber_stream import TranscriberStream
from sksequence.estimators._validation import check_same_order, hold_back
from sksequence.inputs import SequenceArray
from sksequence.tasks import encode_strings
from sksequence.utils._sklearn import validate_parameter_constraints


class CTCTranscriber(KnownStringsMixin, _AlignmentEstimator):
    r"""Write what was said: feature sequences in, shorter label strings out.

    A recurrent network gives, at each step, the probability of each label and of a blank. A path
    :math:`\pi` with one of them at each step stands for the string :math:`B(\pi)` that is left
    when equal neighbours are taken once and blanks are dropped; a label string has the
    probability of all its paths,

    .. math:: p(l \mid x) = \sum_{\pi : B(\pi) = l} \prod_t p_t(\pi_t),

    and its negative logarithm is minimised (connectionist temporal classification; Graves et al.,
    2006). So nobody has to say when each label was spoken, written or signed.

    Parameters
    ----------
    analyzer : {"char", "word", "subword"} or callable, default="char"
        What a label of a text is, as for ``TokenEncoder``. Lists of labels are taken as they are.
    lowercase : bool or "auto", default="auto"
        As for ``TokenEncoder``: words are lower-cased, characters are not.
    hidden_size : int or list of int, default=128
        Units of a recurrent layer (of each of its directions). A list gives the widths of
        several layers.
    n_layers : int, default=1
        Recurrent layers one above the other.
    cell : str or Cell, default="lstm"
        The recurrent cell, by name ("lstm", "gru", "rnn" or another of ``sksequence.cells.CELLS``)
        or as an object with options such as ``RNN(activation="relu")`` (searched as
        ``cell__activation``).
    bidirectional : bool, default=True
        Read each sequence backwards too. A forward-only network never looks ahead, and can
        ``stream``.
    residual : bool, default=False
        Whether the input of a recurrent layer is added to its output, where both have the same
        width.
    initial_state : {"zeros", "learned"}, default="zeros"
        The state before the first step: zeros, or learned, for each layer. What a context brings
        is added to it.
    dropout : float, default=0.2
        Share of values set to zero while training: of the vectors of symbols, between layers
        and before the output. Plain numbers are not touched.
    variational_dropout : bool, default=False
        Whether dropout is the same at every step of a sequence (Gal and Ghahramani, 2016).
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
    stride : int, default=1
        The convolution goes on by so many steps at a time, so that the recurrence has as many
        times fewer of them.
    normalize : bool, default=True
        Standardise numeric inputs (and the context) per feature with the training data; give
        a table of vectors unit root mean square.
    beam_size : int, default=1
        Strings that the prefix beam search keeps; it adds up all paths of a string. 1 takes the
        most probable path. Read at prediction, as are the next three.
    language_model : RNNLanguageModel or None, default=None
        Weighs the strings of the beam; fitted, on texts or lists of the same labels. Where the
        transcriber is cloned (in a search), ``sklearn.frozen.FrozenEstimator(model)``.
    language_weight : float, default=0.5
        Factor of its log-probability.
    insertion_bonus : float, default=0.0
        What each label adds to the log-probability of a string: a language model makes strings
        short.
    max_epochs : int, default=100
        Passes over the training data at most.
    batch_size : int or "full", default=32
        Sequences in a batch; those of similar length go together.
    optimizer : str, default="adam"
        A torch optimiser: "adam", "adamw", "nadam", "radam", "adamax", "adagrad", "rmsprop",
        "sgd".
    learning_rate : float, default=0.002
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
    labels_ : ndarray of shape (n_labels,)
        The labels, in the order of the columns of ``predict_proba``; the blank comes after them.
    network_ : torch.nn.Module
        The trained network.
    history_ : list of dict
        A record for each epoch: ``epoch``, ``train_loss``, ``valid_loss`` (nats a label),
        ``gradients_clipped`` (share of batches), ``learning_rate``, ``seconds``.
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
    LogMelSpectrogram : Recordings to sequences.
    Seq2SeqTransformer : Where the order of the output is another one than that of the input.
    RNNTagger : Where each step has a label.

    Notes
    -----
    A string of n labels, k of which repeat the one before, needs n + k steps (after `stride`) at
    least, with a blank between equal neighbours. Targets for which a sequence is too short are
    refused before training, by name.

    On a GPU torch's gradient of this loss adds up in no fixed order: there two fits with the same
    `random_state` agree only to rounding.

    References
    ----------
    A. Graves, S. Fernandez, F. Gomez and J. Schmidhuber, "Connectionist temporal classification:
    labelling unsegmented sequence data with recurrent neural networks", ICML 2006.

    A. Y. Hannun, A. L. Maas, D. Jurafsky and A. Y. Ng, "First-pass large vocabulary continuous
    speech recognition using bi-directional recurrent DNNs", 2014.

    Examples
    --------
    Each label lasts for some steps, nobody says which.

    >>> import numpy as np
    >>> from sksequence import CTCTranscriber
    >>> rng = np.random.default_rng(0)
    >>> y = ["".join(rng.choice(list("abc"), size=n)) for n in rng.integers(1, 4, size=120)]
    >>> heights = {"a": 1.0, "b": 2.0, "c": 3.0}
    >>> def say(text):
    ...     parts = [[0.0] + [heights[c]] * rng.integers(1, 4) for c in text]
    ...     return np.concatenate([*parts, [0.0]])
    >>> X = [say(text) for text in y]
    >>> transcriber = CTCTranscriber(
    ...     hidden_size=16, learning_rate=0.02, max_epochs=25, batch_size=16, random_state=0
    ... ).fit(X, y)
    >>> transcriber.predict([[0, 3, 3, 0, 1, 0], [0, 2, 0, 2, 2, 0]])
    array(['ca', 'bb'], dtype=object)
    """

    labels_: np.ndarray

    _parameter_constraints: ClassVar[dict] = TRANSCRIBER_CONSTRAINTS

    def __init__(
        self,
        *,
        analyzer: str | Callable = "char",
        lowercase: bool | str = "auto",
        hidden_size: int | Sequence[int] = 128,
        n_layers: int = 1,
        cell: str | Cell = "lstm",
        bidirectional: bool = True,
        residual: bool = False,
        initial_state: str = "zeros",
        dropout: float = 0.2,
        variational_dropout: bool = False,
        embedding_size: int | None = 64,
        embedding_trainable: bool = True,
        context_at: str = "state",
        frame_encoder: str | None = None,
        conv_size: int | None = None,
        conv_width: int = 3,
        stride: int = 1,
        normalize: bool = True,
        beam_size: int = 1,
        language_model: Any = None,
        language_weight: float = 0.5,
        insertion_bonus: float = 0.0,
        max_epochs: int = 100,
        batch_size: int | str = 32,
        optimizer: str = "adam",
        learning_rate: float = 0.002,
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
        self.analyzer = analyzer
        self.lowercase = lowercase
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
        self.stride = stride
        self.normalize = normalize
        self.beam_size = beam_size
        self.language_model = language_model
        self.language_weight = language_weight
        self.insertion_bonus = insertion_bonus
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
        X : SequenceArray, array-like of shape (n_sequences, n_steps[, n_features]), list of \
                arrays, or DataFrame
            The sequences, of any lengths: features of sound, pen strokes, symbols, frames.
        y : list, array or Series of str or of lists of labels, or SequenceArray of symbols
            What was said in each. An empty one stands for nothing.
        sample_weight : array-like of shape (n_sequences,), default=None
            A weight of zero is the same as leaving the sequence out.
        X_val, y_val : like X and y, default=None
            Data that decide when to stop, instead of a part of X.

        Returns
        -------
        CTCTranscriber
            Itself, fitted.

        Raises
        ------
        ValueError
            If X or y is not usable, such as a target that is too long for its sequence (the
            message says where and what to do).
        TypeError
            If y holds no label strings.
        DivergenceError
            If the loss becomes infinite.
        """
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        check_stride(self)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None: give a "
                "text or a list of labels for each sequence."
            )
        keep = self.warm_start and hasattr(self, "network_")
        check_same_order(X, sample_weight, "sample_weight")
        weights, X, y = weighed(sample_weight, X, y)
        X, strings = self._read(X, y, learn=not keep)
        rng = private_generator(self, keep)
        training = X, encode_strings(strings), weights
        if X_val is not None or y_val is not None:
            if X_val is None or y_val is None:
                raise ValueError("X_val and y_val go together: one of them is missing.")
            X_val, val_strings = self._read(X_val, y_val, where="_val")
            validation = X_val, encode_strings(val_strings), None
        else:
            training, validation = hold_back(self, *training, None, rng)
        self._fit_strings(training, validation, rng, self.history_ if keep else None)
        return self

    # -- writing ----------------------------------------------------------------------------------

    def predict(self, X: Any) -> Any:
        """Write what was said in each sequence.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        ndarray of object of shape (n_sequences,), or SequenceArray
            In the type of the targets of ``fit``: texts (words are joined with blanks), arrays
            of labels, or symbols.
        """
        check_is_fitted(self)
        return self.target_.write([ranks[0].labels for ranks in best_strings(self, X, 1)])

    def predict_n_best(self, X: Any, n_best: int = 5) -> tuple[list, list[np.ndarray]]:
        """The best strings of a beam search.

        Parameters
        ----------
        X : sequences
            As in ``fit``.
        n_best : int, default=5
            How many; the beam is at least as wide.

        Returns
        -------
        strings : list of length n_sequences
            For each sequence its best strings in the type of ``predict``, the best first; fewer
            than `n_best` where a sequence has not room for as many.
        scores : list of ndarray of shape (n_strings,)
            Their log-probabilities, with what a language model and the bonus add.
        """
        check_is_fitted(self)
        _check_n_best(n_best)
        found = best_strings(self, X, int(n_best))
        strings = [self.target_.write([one.labels for one in ranks]) for ranks in found]
        return strings, [np.array([one.score for one in ranks]) for ranks in found]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the labels and the blank at each step.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        ndarray of object of shape (n_sequences,)
            Arrays of shape (n_steps, n_labels + 1), in the order of ``labels_``, the blank last.
            With `stride` there is a row for each `stride` steps (rounded up).
        """
        check_is_fitted(self)
        return probabilities(self, self._checked(X))

    def hidden_states(self, X: Any) -> SequenceArray:
        """States of the last recurrent layer at every step.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        SequenceArray
            Each step has ``hidden_size`` features (twice as many if bidirectional: forward, then
            backward units). As long as `X`, or shorter by `stride`.
        """
        check_is_fitted(self)
        return states(self, self._checked(X))

    def stream(self) -> TranscriberStream:
        """Write while the steps arrive, at a cost that does not depend on those before.

        Returns
        -------
        TranscriberStream
            With ``step``, ``written`` and ``reset``. It takes the most probable path.

        Raises
        ------
        ValueError
            If the network is bidirectional, has a `stride`, or reads contexts.
        """
        check_is_fitted(self)
        return TranscriberStream(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags


def _check_n_best(n_best: Any) -> None:
    if isinstance(n_best, bool) or not isinstance(n_best, Integral) or n_best < 1:
        raise ValueError(f"n_best must be a whole number of at least 1, got {n_best!r}.")
