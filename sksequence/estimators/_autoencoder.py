"""Sequences in, vectors of fixed size out, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from sksequence.cells import Cell
from sksequence.estimators._containers import row_names
from sksequence.estimators._decoding import encode_all
from sksequence.estimators._encoder_decoder import (
    Pairs,
    _EncoderDecoderEstimator,
    check_same_tokens,
    make_decoder_spec,
    make_encoder,
    recurrent_source,
    weighed,
)
from sksequence.estimators._fitting import private_generator, unchanged_if_refused
from sksequence.estimators._parameters import POSITIVE_INTEGER, WRITING_CONSTRAINTS
from sksequence.estimators._reconstruction import ReconstructionMixin, written
from sksequence.estimators._sides import learn_side
from sksequence.estimators._validation import hold_back
from sksequence.inputs import SequenceArray
from sksequence.networks import BottleneckSpec, EncoderDecoderSpec
from sksequence.utils._sklearn import (
    SequenceOutputMixin,
    StrOptions,
    validate_parameter_constraints,
    wrap_table,
)


class SequenceAutoencoder(
    ReconstructionMixin,
    ClassNamePrefixFeaturesOutMixin,
    SequenceOutputMixin,
    TransformerMixin,
    _EncoderDecoderEstimator,
):
    r"""Learn a vector of fixed size for each sequence, without labels.

    A recurrent encoder reads a sequence; its last states are all that a recurrent decoder gets
    to write the same sequence again (Sutskever, Vinyals and Le, 2014; Srivastava, Mansimov and
    Salakhutdinov, 2015),

    .. math::

        c &= \mathrm{encoder}(x_1, \dots, x_T) \\
        h_t &= \mathrm{cell}([\hat x_{t-1},\ c],\ h_{t-1}), \qquad \hat x_t = V h_t + d

    so the vector c must hold what tells one sequence from another. The loss is the squared error
    of the standardised numbers, or the cross-entropy of the symbols, and the cross-entropy of
    where the sequence ends.

    ``transform`` gives the vectors, a table for any estimator of scikit-learn; labels are never
    looked at.

    Parameters
    ----------
    encoding_size : int or None, default=None
        Length of the vector c: so many linear combinations of the encoder's last states. None:
        these states themselves.
    hidden_size : int or list of int, default=64
        Units of a recurrent layer, in the encoder (of each of its directions) and in the
        decoder. A list gives the widths of several layers.
    n_layers : int, default=1
        Recurrent layers of encoder and decoder.
    cell : str or Cell, default="lstm"
        The recurrent cell of both, by name ("lstm", "gru", "rnn" or another of
        ``sksequence.cells.CELLS``) or as an object with options.
    bidirectional : bool, default=False
        Whether the encoder reads backwards too. The decoder never does.
    residual : bool, default=False
        Whether the input of a recurrent layer is added to its output, where both have the same
        width.
    initial_state : {"zeros", "learned"}, default="zeros"
        The state before the first step: zeros, or learned, for each layer. What a context brings
        is added to it.
    conditional : bool or "auto", default="auto"
        Whether the decoder is given what it wrote at the step before, :math:`\hat x_{t-1}` (in
        training: what it should have written). Without, all that it knows is in c, and training
        is faster. "auto" does so for symbols and not for numbers.
    context_at : {"state", "steps", "both"}, default="both"
        Where c enters the decoder: as initial state, beside the input of every step, or both. (A
        context vector of the source, ``X.with_context``, enters the encoder in the same places.)
    embedding_size : int, default=64
        Length of the learned vector of a symbol, on both sides.
    embedding_trainable : bool, default=True
        Whether vectors that come with the symbols of the source (from ``Word2VecEmbedder``) are
        trained further. The decoder's are a start and always trained.
    analyzer : {"word", "char", "subword"} or callable, default="word"
        What a token of a text is, as for ``TokenEncoder``.
    lowercase : bool or "auto", default="auto"
        As for ``TokenEncoder``: words are lower-cased.
    min_count : int, default=1
        Tokens that occur less often are unknown.
    max_tokens : int or None, default=None
        At most so many tokens. The softmax over them is what training costs.
    max_steps : int or None, default=None
        Steps that are written at most where the decoder says where a sequence ends. None: as
        many as the longest sequence of ``fit`` had. So writing always ends.
    dropout : float, default=0.0
        Share of values set to zero while training: of the vectors of symbols, between layers
        and of :math:`h_t`.
    variational_dropout : bool, default=False
        Whether dropout is the same at every step of a sequence (Gal and Ghahramani, 2016).
    normalize : bool, default=True
        Standardise numbers per feature with the training data.
    max_epochs : int, default=100
        Passes over the training data at most.
    batch_size : int or "full", default=32
        Sequences in a batch; those of similar length go together.
    optimizer : str, default="adam"
        A torch optimiser: "adam", "adamw", "nadam", "radam", "adamax", "adagrad", "rmsprop",
        "sgd".
    learning_rate : float, default=0.01
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
    network_ : torch.nn.Module
        The trained network.
    history_ : list of dict
        A record for each epoch: ``epoch``, ``train_loss``, ``valid_loss``,
        ``gradients_clipped`` (share of batches), ``learning_rate``, ``seconds``.
    n_epochs_ : int
        Epochs that were run.
    best_epoch_ : int or None
        The epoch whose weights were kept; None without validation data.
    source_side_, target_side_ : object
        How sequences are read and written, the same object; of texts, its ``encoder`` is the
        fitted ``TokenEncoder``.
    source_schema_ : SequenceSchema
        Channels and sizes of the sequences.
    longest_ : (int, int)
        Steps of the longest sequence of ``fit``, twice.
    n_features_in_ : int
        Of numbers: columns of a 2-D X, else features of a step.
    feature_names_in_ : ndarray of str
        Names of the columns, where a wide DataFrame had them.

    See Also
    --------
    Seq2SeqTransformer : Writes another sequence.
    RNNClassifier : Learns from labels.

    Notes
    -----
    A sequence that is unlike those of ``fit`` is written again badly: large values of
    ``reconstruction_error`` point to anomalies.

    References
    ----------
    N. Srivastava, E. Mansimov and R. Salakhutdinov, "Unsupervised learning of video
    representations using LSTMs", ICML 2015.

    I. Sutskever, O. Vinyals and Q. V. Le, "Sequence to sequence learning with neural networks",
    NeurIPS 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import SequenceAutoencoder
    >>> rng = np.random.default_rng(0)
    >>> X = [np.sin(rng.uniform(0, 6) + np.arange(n)) for n in rng.integers(4, 9, size=60)]
    >>> model = SequenceAutoencoder(encoding_size=3, hidden_size=16, random_state=0).fit(X)
    >>> model.transform(X).shape
    (60, 3)
    >>> model.reconstruct(X)[0].shape == X[0].shape
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        **WRITING_CONSTRAINTS,
        "encoding_size": [POSITIVE_INTEGER, None],
        "conditional": ["boolean", StrOptions({"auto"})],
    }

    def __init__(
        self,
        *,
        encoding_size: int | None = None,
        hidden_size: int | Sequence[int] = 64,
        n_layers: int = 1,
        cell: str | Cell = "lstm",
        bidirectional: bool = False,
        residual: bool = False,
        initial_state: str = "zeros",
        conditional: bool | str = "auto",
        context_at: str = "both",
        embedding_size: int = 64,
        embedding_trainable: bool = True,
        analyzer: str | Callable = "word",
        lowercase: bool | str = "auto",
        min_count: int = 1,
        max_tokens: int | None = None,
        max_steps: int | None = None,
        dropout: float = 0.0,
        variational_dropout: bool = False,
        normalize: bool = True,
        max_epochs: int = 100,
        batch_size: int | str = 32,
        optimizer: str = "adam",
        learning_rate: float = 0.01,
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
        self.encoding_size = encoding_size
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.bidirectional = bidirectional
        self.residual = residual
        self.initial_state = initial_state
        self.conditional = conditional
        self.context_at = context_at
        self.embedding_size = embedding_size
        self.embedding_trainable = embedding_trainable
        self.analyzer = analyzer
        self.lowercase = lowercase
        self.min_count = min_count
        self.max_tokens = max_tokens
        self.max_steps = max_steps
        self.dropout = dropout
        self.variational_dropout = variational_dropout
        self.normalize = normalize
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
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, X_val: Any = None) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : SequenceArray, array-like of shape (n_sequences, n_steps[, n_features]), list of \
                arrays, DataFrame, or list of texts or token lists
            The sequences, of any lengths.
        y : None
            Ignored, so that labels may pass by in a pipeline.
        sample_weight : array-like of shape (n_sequences,), default=None
            A weight of zero is the same as leaving the sequence out.
        X_val : like X, default=None
            Sequences that decide when to stop, instead of a part of X.

        Returns
        -------
        SequenceAutoencoder
            Itself, fitted.

        Raises
        ------
        ValueError
            If X is not usable: an empty sequence, missing values (the message says where and
            what to do).
        DivergenceError
            If the loss becomes infinite.
        """
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        keep = self.warm_start and hasattr(self, "network_")
        weights, X = weighed(sample_weight, X)
        if keep:
            check_same_tokens(self, self.target_side_)
            sequences = self.source_side_.read(X, "X", self)
        else:
            sequences = self._learn(X)
        rng = private_generator(self, keep)
        training, validation = Pairs(sequences, sequences, weights), None
        if X_val is not None:
            held = self.source_side_.read(X_val, "X_val", self)
            validation = Pairs(held, held)
        else:
            parts = hold_back(self, *training[:3], None, rng)
            training, validation = (None if part is None else Pairs(*part) for part in parts)
        self._fit_pairs(training, validation, self._make_spec, rng, self.max_epochs)
        # in 32 bits, a vector would differ a little between one row and many
        self.network_.to(dtype=torch.float64)
        return self

    def _learn(self, X) -> SequenceArray:
        """The sequences; their side is learned."""
        for name in ("network_", "n_features_in_", "feature_names_in_", "_n_steps_in"):
            self.__dict__.pop(name, None)
        side, sequences = learn_side(X, "X", make_encoder(self), self)
        if len(sequences.channels) > 1:
            raise ValueError(
                f"X has the channels {list(sequences.channels)}, but {type(self).__name__} reads "
                "and writes one: choose it, or put numeric ones side by side as features of a "
                "step."
            )
        self.source_side_ = self.target_side_ = side
        return sequences

    def _make_spec(self, schema, target) -> EncoderDecoderSpec:
        conditional = self.conditional
        if conditional == "auto":
            conditional = self.target_side_.kind == "symbols"
        source = BottleneckSpec(**recurrent_source(self, schema), encoding_size=self.encoding_size)
        decoder = make_decoder_spec(self, target, conditional=bool(conditional))
        return EncoderDecoderSpec(source, decoder)

    # -- vectors --------------------------------------------------------------------------------

    def transform(self, X: Any) -> Any:
        """The vector of each sequence.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_sequences, n_units), or as ``set_output`` says
            `encoding_size` numbers; else ``hidden_size`` units of the last layer, twice as many
            if bidirectional: forward, then backward.
        """
        check_is_fitted(self)
        sequences = self.source_side_.read(X, "X", self)
        codes = encode_all(self.network_, self._sources(sequences)).astype(np.float64, copy=False)
        return wrap_table(codes, _one_row_each(X), self)

    def inverse_transform(self, X: Any) -> Any:
        """Write a sequence for each vector.

        Parameters
        ----------
        X : array-like of shape (n_sequences, n_units)
            Vectors as ``transform`` gives them, or others, such as the mean of two.

        Returns
        -------
        sequences
            In the type of the sequences of ``fit``. Where they came in a table, in which all
            have the same number of steps, so do these; else the decoder says where they end.
        """
        check_is_fitted(self)
        codes = check_array(X, dtype=np.float64, input_name="X")
        if codes.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {codes.shape[1]} columns, but the vectors of this {type(self).__name__} "
                f"have {self._n_features_out}: give what transform made."
            )
        side = self.target_side_
        limits = np.full(len(codes), self.max_steps or self.longest_[1], dtype=np.int64)
        found = written(self, codes, limits, getattr(side, "n_steps", None))
        return side.write(side.rows(found, None), row_names(X))

    @property
    def _n_features_out(self) -> int:
        return self.network_.encoder.n_summary

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags


def _one_row_each(X: Any) -> Any:
    """`X`, or the index of its sequences, from which a table takes its index."""
    names = row_names(X)
    return X if names is None else pd.DataFrame(index=names)
