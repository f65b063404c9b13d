"""Sequences in, sequences out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sksequence.cells import Cell
from sksequence.estimators._attending import StepAttentionMixin
from sksequence.estimators._containers import row_names
from sksequence.estimators._decoding import encode_all
from sksequence.estimators._encoder_decoder import (
    Pairs,
    _EncoderDecoderEstimator,
    check_same_tokens,
    make_decoder_spec,
    recurrent_source,
    share_of_truth,
    weighed,
)
from sksequence.estimators._fitting import private_generator, unchanged_if_refused
from sksequence.estimators._kinds import warn_of_new_tokens
from sksequence.estimators._parameters import (
    ANALYZERS,
    SEARCH_CONSTRAINTS,
    WRITING_CONSTRAINTS,
)
from sksequence.estimators._references import bleu_of, r2_of
from sksequence.estimators._seq2seq_reading import read_references, read_source, read_translated
from sksequence.estimators._validation import hold_back
from sksequence.estimators._writing import LikelihoodMixin, SeveralOutputsMixin
from sksequence.networks import EncoderDecoderSpec, NetworkSpec
from sksequence.utils._sklearn import SequenceOutputMixin, validate_parameter_constraints


class Seq2SeqTransformer(
    StepAttentionMixin,
    SeveralOutputsMixin,
    LikelihoodMixin,
    SequenceOutputMixin,
    TransformerMixin,
    _EncoderDecoderEstimator,
):
    r"""Write a sequence for each sequence: translate, transcribe, reverse, forecast a curve.

    A recurrent encoder reads the source; a recurrent decoder writes the target symbol by
    symbol (Sutskever, Vinyals and Le, 2014), looking back at the source through attention
    (Bahdanau, Cho and Bengio, 2015). With the states :math:`m_1 \dots m_S` of the encoder,

    .. math::

        h_t &= \mathrm{cell}([e(y_{t-1}),\ r_{t-1}],\ h_{t-1}), \qquad h_0 = \tanh(B\, s) \\
        c_t &= \textstyle\sum_s a_{ts} m_s, \qquad a_t = \mathrm{softmax}_s\, e(h_t, m_s) \\
        r_t &= \tanh(W [h_t, c_t] + b), \qquad p(y_t) = \mathrm{softmax}(V r_t + d)

    with the last states s of the encoder. The loss is the mean cross-entropy of the symbols
    and of the end of each target.

    Sources and targets may be texts, lists of tokens, a ``SequenceArray`` of symbols, or
    sequences of numbers, in any combination and of any lengths. What is written comes in the
    type of the targets that were given to ``fit``.

    Parameters
    ----------
    hidden_size : int or list of int, default=128
        Units of a recurrent layer, in the encoder (of each of its directions) and in the
        decoder. A list gives the widths of several layers.
    n_layers : int, default=1
        Recurrent layers of encoder and decoder.
    cell : str or Cell, default="lstm"
        The recurrent cell of both, by name ("lstm", "gru", "rnn" or another of
        ``sksequence.cells.CELLS``) or as an object with options. With "output_rnn" the decoder
        remembers only what it wrote: there is no input feeding, the context enters at every step,
        and all steps of training run at once.
    bidirectional : bool, default=True
        Whether the encoder reads backwards too. The decoder never does.
    residual : bool, default=False
        Whether the input of a recurrent layer is added to its output, where both have the same
        width.
    initial_state : {"zeros", "learned"}, default="zeros"
        The state before the first step: zeros, or learned, for each layer. What a context brings
        is added to it.
    attention : {"additive", "dot", "general", "location"} or None, default="additive"
        How the decoder looks at the source. "location" also sees where it looked one step
        before. None: only the last states of the encoder are passed on.
    input_feeding : bool, default=True
        Whether :math:`r_{t-1}` is an input of the next step, so that the decoder knows where it
        has looked (Luong, Pham and Manning, 2015). Without it, training is faster.
    context_at : {"state", "steps", "both"}, default="state"
        Where the encoder's last states enter the decoder: as initial state, beside the input of
        every step, or both. (A context vector of the source, ``X.with_context``, enters the
        encoder in the same places.)
    embedding_size : int, default=128
        Length of the learned vector of a symbol, on both sides.
    embedding_trainable : bool, default=True
        Whether vectors that come with the symbols of the source (from ``Word2VecEmbedder``) are
        trained further. Vectors that come with the targets are a start and always trained.
    tie_embeddings : bool, default=False
        Whether a symbol has the same vector as input of the decoder and in its softmax.
    analyzer : {"word", "char", "subword"} or callable, default="word"
        What a token of a text is, as for ``TokenEncoder``.
    source_analyzer, target_analyzer : like analyzer, or None, default=None
        Only for the sources, or the targets.
    lowercase : bool or "auto", default="auto"
        As for ``TokenEncoder``: words are lower-cased.
    min_count : int, default=1
        Tokens that occur less often are unknown.
    max_tokens : int or None, default=None
        At most so many tokens on each side. The softmax over the target's is what training
        costs.
    replace_unknown : bool, default=True
        Whether an unknown token that is written is replaced by the token of the source that got
        most attention (where both sides are text, with attention): of those that are unknown
        too, if there are any. So names are copied; ``min_count=2`` shows the network how
        unknown tokens are dealt with.
    teacher_forcing : float or (float, float), default=1.0
        Probability that a step of training is given the true target before it, and not what the
        network wrote; or its values at the start and at the end of training (scheduled
        sampling, Bengio et al., 2015).
    label_smoothing : float, default=0.0
        Share of the probability that is spread over all symbols in training.
    beam_size : int, default=1
        How many beginnings the search follows; 1 is greedy. It is read at ``transform``: no new
        fit is needed, as for the next three.
    length_penalty : float, default=0.0
        Larger values favour longer outputs (see ``sksequence.decoding.beam_search``).
    coverage_penalty : float, default=0.0
        Larger values favour outputs that looked at the whole source.
    max_steps : int or None, default=None
        Steps that are written at most. None: as many as the longest target of ``fit`` had, and
        more in proportion for a source longer than all of them. So writing always ends.
    dropout : float, default=0.2
        Share of values set to zero while training: of the vectors of symbols, between layers
        and of :math:`r_t`.
    variational_dropout : bool, default=False
        Whether dropout is the same at every step of a sequence (Gal and Ghahramani, 2016).
    normalize : bool, default=True
        Standardise numeric sources and targets per feature with the training data.
    max_epochs : int, default=50
        Passes over the training data at most.
    batch_size : int or "full", default=64
        Pairs in a batch; those of similar length go together.
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
        of the best epoch. "auto" does so from 300 pairs on.
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
        How sources and targets are read and written; of texts, ``target_side_.encoder`` is the
        fitted ``TokenEncoder``.
    source_schema_ : SequenceSchema
        Channels and sizes of the sources.
    longest_ : (int, int)
        Steps of the longest source and of the longest target of ``fit``.

    See Also
    --------
    RNNClassifier : One label a sequence.

    Notes
    -----
    Sequences stay in the type of the targets whatever ``set_output`` asks for: it is about 2-D
    tables alone. For pandas, give the targets as a Series.

    The softmax over the vocabulary is what training costs. It is computed on the symbols that
    exist and never on padding, all steps of a batch at once; targets of similar length share a
    batch. `min_count`, `max_tokens` or subwords make the vocabulary smaller.

    Examples
    --------
    >>> from sksequence import Seq2SeqTransformer
    >>> from sksequence.datasets import make_reversal
    >>> X, y = make_reversal(300, max_steps=4, n_tokens=4, random_state=0)
    >>> model = Seq2SeqTransformer(hidden_size=24, analyzer="char", random_state=0).fit(X, y)
    >>> model.transform(["abcd", "dda"])
    ['dcba', 'add']
    """

    _parameter_constraints: ClassVar[dict] = {
        **WRITING_CONSTRAINTS,
        **SEARCH_CONSTRAINTS,
        "source_analyzer": [ANALYZERS, callable, None],
        "target_analyzer": [ANALYZERS, callable, None],
        "replace_unknown": ["boolean"],
    }

    _read_pairs, _read_source = read_translated, read_source

    def __init__(
        self,
        *,
        hidden_size: int | Sequence[int] = 128,
        n_layers: int = 1,
        cell: str | Cell = "lstm",
        bidirectional: bool = True,
        residual: bool = False,
        initial_state: str = "zeros",
        attention: str | None = "additive",
        input_feeding: bool = True,
        context_at: str = "state",
        embedding_size: int = 128,
        embedding_trainable: bool = True,
        tie_embeddings: bool = False,
        analyzer: str | Callable = "word",
        source_analyzer: str | Callable | None = None,
        target_analyzer: str | Callable | None = None,
        lowercase: bool | str = "auto",
        min_count: int = 1,
        max_tokens: int | None = None,
        replace_unknown: bool = True,
        teacher_forcing: float | tuple[float, float] = 1.0,
        label_smoothing: float = 0.0,
        beam_size: int = 1,
        length_penalty: float = 0.0,
        coverage_penalty: float = 0.0,
        max_steps: int | None = None,
        dropout: float = 0.2,
        variational_dropout: bool = False,
        normalize: bool = True,
        max_epochs: int = 50,
        batch_size: int | str = 64,
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
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.bidirectional = bidirectional
        self.residual = residual
        self.initial_state = initial_state
        self.attention = attention
        self.input_feeding = input_feeding
        self.context_at = context_at
        self.embedding_size = embedding_size
        self.embedding_trainable = embedding_trainable
        self.tie_embeddings = tie_embeddings
        self.analyzer = analyzer
        self.source_analyzer = source_analyzer
        self.target_analyzer = target_analyzer
        self.lowercase = lowercase
        self.min_count = min_count
        self.max_tokens = max_tokens
        self.replace_unknown = replace_unknown
        self.teacher_forcing = teacher_forcing
        self.label_smoothing = label_smoothing
        self.beam_size = beam_size
        self.length_penalty = length_penalty
        self.coverage_penalty = coverage_penalty
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
        X : list, array or Series of texts or token lists, SequenceArray, or sequences of numbers
            The sources, of any lengths.
        y : like X, as many as X
            The targets, of any lengths. A list of strings is one target, cut into tokens; lists
            of integers are numbers: symbols are ``SequenceArray.from_list(y, n_tokens=...)``.
        sample_weight : array-like of shape (n_sequences,), default=None
            A weight of zero is the same as leaving the pair out.
        X_val, y_val : like X and y, default=None
            Pairs that decide when to stop, instead of a part of X and y.

        Returns
        -------
        Seq2SeqTransformer
            Itself, fitted.

        Raises
        ------
        ValueError
            If X or y is not usable: unequal numbers, an empty source or target, missing values
            (the message says where and what to do).
        DivergenceError
            If the loss becomes infinite.
        """
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        share_of_truth(self.teacher_forcing)  # refuses what is no share
        keep = self.warm_start and hasattr(self, "network_")
        if keep:
            check_same_tokens(self, self.source_side_, self.source_analyzer)
            check_same_tokens(self, self.target_side_, self.target_analyzer)
        weights, X, y = weighed(sample_weight, X, y)
        training = self._read_pairs(X, y, learn=not keep)._replace(weights=weights)
        if keep:
            warn_of_new_tokens(self, self.source_side_, training.source, "X")
            warn_of_new_tokens(self, self.target_side_, training.target, "y")
        validation = None
        rng = private_generator(self, keep)
        if X_val is not None or y_val is not None:
            validation = self._read_pairs(X_val, y_val, where="_val")
        else:
            parts = hold_back(self, *training[:3], None, rng)
            training, validation = (None if part is None else Pairs(*part) for part in parts)
        return self._fit_pairs(training, validation, self._make_spec, rng, self.max_epochs)

    def _make_spec(self, schema, target) -> EncoderDecoderSpec:
        source = NetworkSpec(**recurrent_source(self, schema))
        decoder = make_decoder_spec(
            self,
            target,
            attention=self.attention,
            input_feeding=self.input_feeding,
            tie_embeddings=self.tie_embeddings and self.target_side_.kind == "symbols",
        )
        return EncoderDecoderSpec(source, decoder, share_of_truth(self.teacher_forcing))

    # -- writing ----------------------------------------------------------------------------------

    def transform(self, X: Any) -> Any:
        """Write a target for each source.

        Parameters
        ----------
        X : sources
            As in ``fit``.

        Returns
        -------
        outputs
            In the type of the targets of ``fit``: texts for texts (words are joined with blanks,
            none before a full stop or comma), token lists for token lists, symbols for a
            SequenceArray of symbols, numbers for numbers; in a list, an array, a Series or
            DataFrame (with the index of `X`) or a SequenceArray. Where the targets were a table
            of numbers, in which all have the same number of steps, so do the outputs.
        """
        check_is_fitted(self)
        source, originals = self._read_source(X)
        found = self._write(source)
        if self.target_side_.kind == "numeric":
            return self.target_side_.write([row["values"] for row in found], row_names(X))
        return self.target_side_.write(self.target_side_.rows(found, originals), row_names(X))

    def encode(self, X: Any) -> np.ndarray:
        """The encoder's last states: a vector of fixed size for each source.

        Parameters
        ----------
        X : sources
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_sequences, n_units)
            ``hidden_size`` units of the last layer, twice as many if bidirectional: forward,
            then backward.
        """
        check_is_fitted(self)
        return encode_all(self.network_, self._sources(self.source_side_.read(X, "X", self)))

    # -- scores -----------------------------------------------------------------------------------

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """BLEU of what is written for texts and symbols, R2 for numbers.

        BLEU (Papineni et al., 2002) is between 0 and 100: of words and subwords on lower-cased
        texts cut as in the tokenizer "13a" of sacrebleu, of characters and token lists on the
        tokens as they are. It counts n-grams of up to four tokens; where no target has so many,
        of as many as the longest has, so that outputs equal to `y` always score 100. For R2 the
        network writes as many steps as each target has.

        Parameters
        ----------
        X : sources
            As in ``fit``.
        y : targets
            As in ``fit``; or, of texts, a list of texts for each source (of token lists, a list
            of token lists), all of which are right.
        sample_weight : array-like of shape (n_sequences,), default=None
            Only for numbers.

        Returns
        -------
        float
        """
        check_is_fitted(self)
        if self.target_side_.kind == "numeric":
            return r2_of(self, self._read_pairs(X, y), sample_weight)
        if sample_weight is not None:
            raise ValueError("sample_weight does not enter BLEU, the score of text and symbols.")
        source, references = read_references(self, X, y)
        _, originals = self._read_source(X)
        rows = self.target_side_.rows(self._write(source), originals)
        return bleu_of(self.target_side_, references, rows)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags
