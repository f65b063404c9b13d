"""Sequences in, sequences out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import TransformerMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from sksequence.cells import Cell, make_cell
from sksequence.decoding import sample_search
from sksequence.estimators._decoding import (
    encode_all,
    log_likelihoods,
    roll_out_all,
    search_all,
    taught_attention,
)
from sksequence.estimators._encoder_decoder import _EncoderDecoderEstimator
from sksequence.estimators._fitting import private_generator
from sksequence.estimators._parameters import (
    POSITIVE_INTEGER,
    SHARED_CONSTRAINTS,
    layer_widths,
)
from sksequence.estimators._sides import TextSide, learn_side
from sksequence.estimators._validation import check_one_target_each, hold_back
from sksequence.inputs import SequenceArray
from sksequence.networks import DecoderSpec, EncoderDecoderSpec, NetworkSpec
from sksequence.preprocessing import TokenEncoder
from sksequence.utils._available import available_if
from sksequence.utils._random import make_generator, torch_generator
from sksequence.utils._sklearn import (
    Interval,
    SequenceOutputMixin,
    StrOptions,
    check_sample_weight,
    safe_indexing,
    validate_parameter_constraints,
)

ANALYZERS = StrOptions({"word", "char", "subword"})


def _attends(estimator) -> None:
    if estimator.attention is None:
        raise AttributeError(
            f"align of {type(estimator).__name__} needs attention, but attention=None: set it, "
            "e.g. attention='additive', and fit again."
        )


class Seq2SeqTransformer(SequenceOutputMixin, TransformerMixin, _EncoderDecoderEstimator):
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
    cell : {"lstm", "gru", "rnn"} or Cell, default="lstm"
        The recurrent cell of both.
    bidirectional : bool, default=True
        Whether the encoder reads backwards too. The decoder never does.
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
        most attention (where both sides are text, with attention).
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
    weight_decay : float, default=0.0
        Its weight decay.
    gradient_clip : float or None, default=1.0
        Largest norm of the gradient of all weights together.
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
        ``gradients_clipped`` (share of batches), ``seconds``.
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
    The softmax over the vocabulary is what training costs. It is computed on the symbols that
    exist and never on padding, all steps of a batch at once; targets of similar length share a
    batch. `min_count`, `max_tokens` or subwords make the vocabulary smaller.

    Examples
    --------
    >>> from sksequence import Seq2SeqTransformer
    >>> from sksequence.datasets import make_reversal
    >>> X, y = make_reversal(300, min_length=2, max_length=4, n_symbols=4, random_state=0)
    >>> model = Seq2SeqTransformer(hidden_size=24, analyzer="char", random_state=0).fit(X, y)
    >>> model.transform(["abcd", "dda"])
    ['dcba', 'add']
    """

    _parameter_constraints: ClassVar[dict] = {
        **{
            name: SHARED_CONSTRAINTS[name]
            for name in SHARED_CONSTRAINTS
            if name not in ("pooling", "conv_size", "conv_width", "embedding_size", "dropout")
        },
        "attention": [StrOptions({"additive", "dot", "general", "location"}), None],
        "input_feeding": ["boolean"],
        "embedding_size": [POSITIVE_INTEGER],
        "tie_embeddings": ["boolean"],
        "analyzer": [ANALYZERS, callable],
        "source_analyzer": [ANALYZERS, callable, None],
        "target_analyzer": [ANALYZERS, callable, None],
        "lowercase": ["boolean", StrOptions({"auto"})],
        "min_count": [POSITIVE_INTEGER],
        "max_tokens": [POSITIVE_INTEGER, None],
        "replace_unknown": ["boolean"],
        "teacher_forcing": [Interval(Real, 0, 1, closed="both"), tuple, list],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "beam_size": [POSITIVE_INTEGER],
        "length_penalty": [Interval(Real, 0, None, closed="left")],
        "coverage_penalty": [Interval(Real, 0, None, closed="left")],
        "max_steps": [Interval(Integral, 1, None, closed="left"), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        *,
        hidden_size: int | Sequence[int] = 128,
        n_layers: int = 1,
        cell: str | Cell = "lstm",
        bidirectional: bool = True,
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
        normalize: bool = True,
        max_epochs: int = 50,
        batch_size: int | str = 64,
        optimizer: str = "adam",
        learning_rate: float = 0.002,
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
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.bidirectional = bidirectional
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
        self.normalize = normalize
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
            The targets, of any lengths.
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
        keep = self.warm_start and hasattr(self, "network_")
        X, y, weights = _weighed(X, y, sample_weight)
        source, target = self._read(X, y, learn=not keep)
        training, validation = (source, target, weights), None
        rng = private_generator(self, keep)
        if X_val is not None or y_val is not None:
            validation = (*self._read(X_val, y_val, learn=False, where="_val"), None)
        else:
            training, validation = hold_back(self, *training, None, rng)
        return self._fit_pairs(training, validation, self._make_spec, rng, self.max_epochs)

    def _read(self, X, y, learn: bool, where: str = "") -> tuple[SequenceArray, SequenceArray]:
        """Sources and targets as SequenceArrays; with `learn`, their sides are learned."""
        if X is None or y is None:
            raise ValueError(f"X{where} and y{where} go together: one of them is missing.")
        if learn:
            self.__dict__.pop("network_", None)
            encoders = self._encoder(self.source_analyzer), self._encoder(self.target_analyzer)
            self.source_side_, source = learn_side(X, "X", encoders[0], self)
            self.target_side_, target = learn_side(y, "y", encoders[1], self)
        else:
            source = self.source_side_.read(X, f"X{where}", self)
            target = self.target_side_.read(y, f"y{where}", self)
        check_one_target_each(source, target, f"X{where}", f"y{where}")
        return source, target

    def _encoder(self, analyzer) -> TokenEncoder:
        return TokenEncoder(
            self.analyzer if analyzer is None else analyzer,
            lowercase=self.lowercase,
            min_count=self.min_count,
            max_tokens=self.max_tokens,
        )

    def _make_spec(self, schema, target) -> EncoderDecoderSpec:
        cell, widths = make_cell(self.cell), layer_widths(self.hidden_size, self.n_layers)
        share = self.teacher_forcing
        table = target.only.vectors if len(target.channels) == 1 else None
        source = NetworkSpec(
            schema=schema,
            n_outputs=0,
            cell=cell,
            widths=widths,
            bidirectional=self.bidirectional,
            dropout=self.dropout,
            embedding_size=self.embedding_size,
            embedding_trainable=self.embedding_trainable,
            context_at=self.context_at,
        )
        decoder = DecoderSpec(
            kind=self.target_side_.kind,
            size=self.target_side_.size,
            cell=cell,
            widths=widths,
            embedding_size=self.embedding_size if table is None else table.shape[1],
            attention=self.attention,
            input_feeding=self.input_feeding,
            tie_embeddings=self.tie_embeddings and self.target_side_.kind == "symbols",
            context_at=self.context_at,
            dropout=self.dropout,
        )
        first, last = share if isinstance(share, (tuple, list)) else (share, share)
        return EncoderDecoderSpec(source, decoder, (float(first), float(last)))

    # -- writing ----------------------------------------------------------------------------------

    def transform(self, X: Any) -> Any:
        """Write a target for each source.

        Parameters
        ----------
        X : sources
            As in ``fit``.

        Returns
        -------
        list of str, list of list of str, SequenceArray, list of arrays, or object array
            In the type of the targets of ``fit``: texts for texts (words are joined with blanks,
            none before a full stop or comma), token lists for token lists, a SequenceArray of
            symbols for such a one, numbers for numbers.
        """
        check_is_fitted(self)
        source, tokens = self._read_source(X)
        found = self._write(source)
        if self.target_side_.kind == "numeric":
            return self.target_side_.write([row["values"] for row in found])
        return self.target_side_.write(self.target_side_.rows(found, tokens))

    def transform_n_best(self, X: Any, n_best: int = 5) -> tuple[list, np.ndarray]:
        """The best outputs of a beam search, for symbols.

        Parameters
        ----------
        X : sources
            As in ``fit``.
        n_best : int, default=5
            How many; the beam is at least as wide.

        Returns
        -------
        outputs : list of length n_sequences
            For each source its `n_best` outputs, the best first.
        scores : ndarray of shape (n_sequences, n_best)
            Log-probabilities with the penalties of the search; minus infinity where there are
            fewer outputs.
        """
        check_is_fitted(self)
        self._needs_symbols("transform_n_best")
        source, tokens = self._read_source(X)
        found = self._write(source, n_best)
        scores = np.array([row["scores"] for row in found])
        side = self.target_side_
        ranks = [side.write(side.rows(found, tokens, k)) for k in range(n_best)]
        return [[rank[i] for rank in ranks] for i in range(len(found))], scores

    def sample(
        self,
        X: Any,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        max_steps: int | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
    ) -> Any:
        """Draw a target for each source, symbol by symbol.

        Parameters
        ----------
        X : sources
            As in ``fit``.
        temperature : float, default=1.0
            Below one makes probable symbols more probable.
        top_k : int, default=None
            Draw only among the `top_k` most probable symbols.
        top_p : float, default=None
            Draw only among the most probable symbols that together have the probability
            `top_p` (Holtzman et al., 2020).
        max_steps : int, default=None
            Steps at most; None: as for ``transform``.
        random_state : int, RandomState, Generator or None, default=None
            Of the draws.

        Returns
        -------
        outputs
            As ``transform``.
        """
        check_is_fitted(self)
        self._needs_symbols("sample")
        source, tokens = self._read_source(X)
        generator = torch_generator(make_generator(random_state), self._device)
        spec = self.network_.decoder.spec

        def search(stepper, state, memory, limits):
            return sample_search(
                stepper,
                state,
                memory,
                start=spec.start,
                end=spec.end,
                max_steps=limits,
                temperature=temperature,
                top_k=top_k,
                top_p=top_p,
                generator=generator,
            )

        limits = self._limits(source.lengths)
        if max_steps is not None:
            limits = np.full_like(limits, max_steps)
        found = search_all(self.network_, self._sources(source), limits, search)
        return self.target_side_.write(self.target_side_.rows(found, tokens))

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

    @available_if(_attends)
    def align(self, X: Any, y: Any = None, as_frame: bool = False) -> list:
        """Where the decoder looked: the weights of the attention.

        Parameters
        ----------
        X : sources
            As in ``fit``.
        y : targets, default=None
            What is written; None: what ``transform`` writes.
        as_frame : bool, default=False
            Give DataFrames, whose index is the target and whose columns are the source.

        Returns
        -------
        list of ndarray of shape (n_target_steps, n_source_steps), or of DataFrame
            Every row adds up to one.
        """
        check_is_fitted(self)
        side = self.target_side_
        if y is None:
            source, tokens = self._read_source(X)
            found = self._write(source)
            weights = [row["attention"][0] for row in found]
            labels = side.labels(side.rows(found, tokens))
        else:
            source, target = self._read(X, y, learn=False)
            weights = taught_attention(self.network_, self._pairs(source, target))
            if side.kind == "symbols":
                weights = [rows[:-1] for rows in weights]  # not that of the end symbol
            labels = side.labels(side.rows_of(y, target))
        if not as_frame:
            return weights
        columns = self.source_side_.labels(self.source_side_.rows_of(X, source))
        return [
            pd.DataFrame(rows, index=index, columns=names)
            for rows, index, names in zip(weights, labels, columns, strict=True)
        ]

    # -- scores -----------------------------------------------------------------------------------

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """BLEU of what is written for texts and symbols, R2 for numbers.

        BLEU (Papineni et al., 2002) is between 0 and 100: of words and subwords on lower-cased
        texts cut as in the tokenizer "13a" of sacrebleu, of characters and token lists on the
        tokens as they are. For R2 the network writes as many steps as each target has.

        Parameters
        ----------
        X, y : sources and targets
            As in ``fit``.
        sample_weight : array-like of shape (n_sequences,), default=None
            Only for numbers.

        Returns
        -------
        float
        """
        check_is_fitted(self)
        source, target = self._read(X, y, learn=False)
        side = self.target_side_
        if side.kind == "numeric":
            lengths = target.lengths
            found = roll_out_all(self.network_, self._sources(source), lengths, lengths)
            truth = side.scaled(target).only.values
            weights = None if sample_weight is None else np.repeat(sample_weight, lengths)
            written = np.concatenate([row["values"] for row in found])
            return float(r2_score(truth, written, sample_weight=weights))
        from sksequence.metrics import bleu_score

        if isinstance(side, TextSide) and side.as_text and side.encoder.analyzer != "char":
            return bleu_score(list(y), list(self.transform(X)), lowercase=True)
        _, tokens = self._read_source(X)
        rows = side.labels(side.rows(self._write(source), tokens))
        return bleu_score(side.labels(side.rows_of(y, target)), rows)

    def score_samples(self, X: Any, y: Any) -> np.ndarray:
        """Log-likelihood of each target with its end, given its source, in nats.

        Parameters
        ----------
        X, y : sources and targets
            As in ``fit``; targets of symbols.

        Returns
        -------
        ndarray of shape (n_sequences,)
        """
        check_is_fitted(self)
        self._needs_symbols("score_samples")
        source, target = self._read(X, y, learn=False)
        return log_likelihoods(self.network_, self._pairs(source, target))

    def perplexity(self, X: Any, y: Any) -> float:
        r"""The exponential of the mean negative log-likelihood of a symbol (the ends count).

        Parameters
        ----------
        X, y : sources and targets
            As in ``fit``; targets of symbols.

        Returns
        -------
        float
            At least 1; a uniform guess has the size of the vocabulary.
        """
        check_is_fitted(self)
        self._needs_symbols("perplexity")
        source, target = self._read(X, y, learn=False)
        total = log_likelihoods(self.network_, self._pairs(source, target)).sum()
        return float(np.exp(-total / (target.lengths + 1).sum()))

    def _write(self, source, n_best: int = 1) -> list[dict]:
        limits = self._limits(source.lengths)
        if self.target_side_.kind == "numeric":
            return roll_out_all(self.network_, self._sources(source), limits)
        return search_all(self.network_, self._sources(source), limits, self._search(n_best))

    def _read_source(self, X):
        """Sources, and their tokens where those may replace unknown ones."""
        source = self.source_side_.read(X, "X", self)
        text = isinstance(self.source_side_, TextSide) and isinstance(self.target_side_, TextSide)
        if not (text and self.replace_unknown and self.attention is not None):
            return source, None
        return source, self.source_side_.rows_of(X, source)

    def _needs_symbols(self, what: str) -> None:
        if self.target_side_.kind != "symbols":
            raise ValueError(
                f"{what} needs targets of symbols (text, token lists, a SequenceArray of ids), "
                f"but {type(self).__name__} was fitted on numbers: use transform and score."
            )


def _weighed(X, y, sample_weight):
    """Sources, targets and weights without the pairs that have no weight."""
    if sample_weight is None:
        return X, y, None
    weights = check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    kept = np.flatnonzero(weights > 0)
    if len(kept) == len(weights):
        return X, y, weights
    return safe_indexing(X, kept), safe_indexing(y, kept), weights[kept]
