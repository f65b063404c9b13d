"""Something seen in, a sentence about it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sksequence.cells import Cell
from sksequence.estimators._attending import LocationAttentionMixin
from sksequence.estimators._captioner_reading import hold_back_samples, read_captioned, read_seen
from sksequence.estimators._containers import row_names
from sksequence.estimators._decoding import encode_all
from sksequence.estimators._encoder_decoder import (
    _EncoderDecoderEstimator,
    check_same_tokens,
    make_decoder_spec,
    share_of_truth,
)
from sksequence.estimators._fitting import private_generator, unchanged_if_refused
from sksequence.estimators._kinds import warn_of_new_tokens
from sksequence.estimators._parameters import (
    POSITIVE_INTEGER,
    SEARCH_CONSTRAINTS,
    WRITING_CONSTRAINTS,
)
from sksequence.estimators._references import bleu_of
from sksequence.estimators._scenes import list_captions
from sksequence.estimators._writing import LikelihoodMixin, SeveralOutputsMixin
from sksequence.networks import EncoderDecoderSpec, GridSpec
from sksequence.utils._sklearn import (
    SequenceOutputMixin,
    StrOptions,
    validate_parameter_constraints,
)


class SequenceCaptioner(
    LocationAttentionMixin,
    SeveralOutputsMixin,
    LikelihoodMixin,
    SequenceOutputMixin,
    TransformerMixin,
    _EncoderDecoderEstimator,
):
    r"""Write a caption for each vector, grid of vectors or image.

    A recurrent decoder is given what was seen, as one vector s (Vinyals, Toshev, Bengio and
    Erhan, 2015, "Show and tell"), or looks at the locations of a grid word by word through
    attention (Xu et al., 2015, "Show, attend and tell"). With the features :math:`x_l` of the
    locations,

    .. math::

        m_l &= \tanh(W x_l + b), \qquad s = \tfrac1L \textstyle\sum_l m_l \\
        h_t &= \mathrm{cell}([e(y_{t-1}),\ r_{t-1}],\ h_{t-1}), \qquad h_0 = \tanh(B\, s) \\
        c_t &= \textstyle\sum_l a_{tl} m_l, \qquad a_t = \mathrm{softmax}_l\, e(h_t, m_l) \\
        r_t &= \tanh(U [h_t, c_t] + d), \qquad p(y_t) = \mathrm{softmax}(V r_t + f)

    or, with ``image_encoder="cnn"``, the :math:`m_l` that a small convolutional network gives.
    The loss is the mean cross-entropy of the words and the end of each caption; of several
    captions of one sample, each is a target.

    Parameters
    ----------
    image_encoder : {"cnn"} or None, default=None
        "cnn": X holds images, read by a convolutional network that is trained with the rest.
        None: X holds vectors or grids of vectors, e.g. from ``ImageFeaturizer``.
    encoding_size : int, default=128
        Length of the vector :math:`m_l`.
    hidden_size : int or list of int, default=128
        Units of a recurrent layer of the decoder. A list gives the widths of several layers.
    n_layers : int, default=1
        Recurrent layers of the decoder.
    cell : str or Cell, default="lstm"
        The recurrent cell, by name ("lstm", "gru", "rnn" or another of ``sksequence.cells.CELLS``)
        or as an object with options. With "output_rnn" the decoder
        remembers only what it wrote: there is no input feeding, the context enters at every step,
        and all steps of training run at once.
    residual : bool, default=False
        Whether the input of a recurrent layer is added to its output, where both have the same
        width.
    initial_state : {"zeros", "learned"}, default="zeros"
        The state before the first step: zeros, or learned, for each layer. What a context brings
        is added to it.
    attention : {"auto", "additive", "dot", "general", "location"} or None, default="auto"
        How the decoder looks at the locations. "location" also sees where it looked one step
        before. None: only their mean is passed on. "auto": "additive" where a sample has several
        locations, None where all are one vector each.
    input_feeding : bool, default=True
        Whether :math:`r_{t-1}` is an input of the next step, so that the decoder knows where it
        has looked (Luong, Pham and Manning, 2015). Without it, training is faster.
    context_at : {"state", "first", "steps", "both"}, default="state"
        Where the mean s enters the decoder: as initial state, as input before the first word,
        beside the input of every step, or as state and at every step.
    embedding_size : int, default=128
        Length of the learned vector of a symbol.
    tie_embeddings : bool, default=False
        Whether a symbol has the same vector as input of the decoder and in its softmax.
    analyzer : {"word", "char", "subword"} or callable, default="word"
        What a token of a text is, as for ``TokenEncoder``.
    lowercase : bool or "auto", default="auto"
        As for ``TokenEncoder``: words are lower-cased.
    min_count : int, default=1
        Tokens that occur less often are unknown.
    max_tokens : int or None, default=None
        At most so many tokens. The softmax over them is what training costs. Unknown tokens are
        never written.
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
        Larger values favour outputs that looked at all locations.
    max_steps : int or None, default=None
        Steps that are written at most. None: as many as the longest caption of ``fit`` had. So
        writing always ends.
    dropout : float, default=0.2
        Share of values set to zero while training: of the vectors of locations and of symbols,
        between layers and of :math:`r_t`.
    variational_dropout : bool, default=False
        Whether dropout is the same at every step of a sequence (Gal and Ghahramani, 2016).
    normalize : bool, default=True
        Standardise the features with the training data; of images, all pixels together.
    max_epochs : int, default=50
        Passes over the training data at most.
    batch_size : int or "full", default=64
        Captions in a batch; those of similar length go together.
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
        Hold back a part of the samples with their captions, stop when its loss no longer falls,
        and keep the weights of the best epoch. "auto" does so from 300 samples on.
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
    attention_ : str or None
        The attention in use.
    grid_shape_ : (int, int) or None
        Rows and columns of the grid that the image encoder gives; None where X holds vectors.
    history_ : list of dict
        A record for each epoch: ``epoch``, ``train_loss``, ``valid_loss``,
        ``gradients_clipped`` (share of batches), ``learning_rate``, ``seconds``.
    n_epochs_ : int
        Epochs that were run.
    best_epoch_ : int or None
        The epoch whose weights were kept; None without validation data.
    target_side_ : object
        How captions are read and written; its ``encoder`` is the fitted ``TokenEncoder``.
    source_schema_ : SequenceSchema
        Sizes of what is seen.
    longest_ : (int, int)
        Most locations (of images: 1), and steps of the longest caption of ``fit``.
    n_features_in_ : int
        Features of a location.

    See Also
    --------
    Seq2SeqTransformer : Where the order of the input counts: texts, frames of a video.
    ImageFeaturizer : Vectors and grids of images by a network that was trained elsewhere.
    sksequence.metrics.cider_score : How far captions agree with those of people.

    Notes
    -----
    ``y`` may hold several captions a sample, not necessarily as many for each. A list of texts is
    taken as a list of captions where one of all those texts has a blank, or where another sample
    has a bare text; else as the tokens of one caption. Training, ``score_samples``,
    ``perplexity`` and ``score`` use all captions; an image stands in memory once.

    Captions stay in the container of ``y`` whatever ``set_output`` asks for: it is about 2-D
    tables alone.

    References
    ----------
    O. Vinyals, A. Toshev, S. Bengio and D. Erhan, "Show and tell: a neural image caption
    generator", CVPR 2015.

    K. Xu et al., "Show, attend and tell: neural image caption generation with visual attention",
    ICML 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import SequenceCaptioner
    >>> rng = np.random.default_rng(0)
    >>> colours, places = np.array(["red", "blue"]), np.array(["left", "right"])
    >>> which, where = rng.integers(0, 2, size=(2, 60))
    >>> X = np.zeros((60, 2, 3))  # 60 samples of 2 locations with 3 features
    >>> X[np.arange(60), where, which] = 1.0
    >>> X[:, 1, 2] = 1.0  # marks the right one
    >>> y = [f"a {colours[c]} dot on the {places[p]}" for c, p in zip(which, where)]
    >>> captioner = SequenceCaptioner(hidden_size=32, random_state=0).fit(X, y)
    >>> captioner.transform(X[:2]) == y[:2]
    True
    """

    _longer_sources_need_more = False
    _parameter_constraints: ClassVar[dict] = {
        **{
            name: constraint
            for name, constraint in WRITING_CONSTRAINTS.items()
            if name not in ("bidirectional", "embedding_trainable")
        },
        **SEARCH_CONSTRAINTS,
        "image_encoder": [StrOptions({"cnn"}), None],
        "encoding_size": [POSITIVE_INTEGER],
        "attention": [*SEARCH_CONSTRAINTS["attention"], StrOptions({"auto"})],
        "context_at": [StrOptions({"state", "first", "steps", "both"})],
    }

    _read_pairs, _read_source = read_captioned, read_seen

    def __init__(
        self,
        *,
        image_encoder: str | None = None,
        encoding_size: int = 128,
        hidden_size: int | Sequence[int] = 128,
        n_layers: int = 1,
        cell: str | Cell = "lstm",
        residual: bool = False,
        initial_state: str = "zeros",
        attention: str | None = "auto",
        input_feeding: bool = True,
        context_at: str = "state",
        embedding_size: int = 128,
        tie_embeddings: bool = False,
        analyzer: str | Callable = "word",
        lowercase: bool | str = "auto",
        min_count: int = 1,
        max_tokens: int | None = None,
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
        self.image_encoder = image_encoder
        self.encoding_size = encoding_size
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.residual = residual
        self.initial_state = initial_state
        self.attention = attention
        self.input_feeding = input_feeding
        self.context_at = context_at
        self.embedding_size = embedding_size
        self.tie_embeddings = tie_embeddings
        self.analyzer = analyzer
        self.lowercase = lowercase
        self.min_count = min_count
        self.max_tokens = max_tokens
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
        X : array-like of shape (n_samples, n_features), (n_samples, n_locations, n_features) or \
                (n_samples, n_rows, n_columns, n_channels), list of arrays, SequenceArray or \
                DataFrame
            A vector a sample, a grid of vectors (a list of arrays where the numbers of locations
            differ), or images of one size with ``image_encoder="cnn"``. Bytes (0 to 255) and
            numbers from 0 to 1 are brought to the scale of ``fit`` afterwards.
        y : list, array or Series of n_samples captions, or of lists of captions, or DataFrame
            Texts or token lists: one caption a sample, or several. A DataFrame has a column for
            each caption of a sample; what is written comes in a Series then.
        sample_weight : array-like of shape (n_samples,), default=None
            Of all captions of a sample. A weight of zero is the same as leaving the sample out.
        X_val, y_val : like X and y, default=None
            Samples that decide when to stop, instead of a part of X and y.

        Returns
        -------
        SequenceCaptioner
            Itself, fitted.

        Raises
        ------
        ValueError
            If X or y is not usable: unequal numbers, an empty caption, missing values, attention
            where there is one location (the message says where and what to do).
        DivergenceError
            If the loss becomes infinite.
        """
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        share_of_truth(self.teacher_forcing)  # refuses what is no share
        keep = self.warm_start and hasattr(self, "network_")
        if keep:
            check_same_tokens(self, self.target_side_)
        training = self._read_pairs(X, y, not keep, "", sample_weight)
        if keep:
            warn_of_new_tokens(self, self.target_side_, training.target, "y")
        validation = None
        rng = private_generator(self, keep)
        if X_val is not None or y_val is not None:
            validation = self._read_pairs(X_val, y_val, where="_val")
        else:
            training, validation = hold_back_samples(self, training, rng)
        return self._fit_pairs(training, validation, self._make_spec, rng, self.max_epochs)

    def _make_spec(self, schema, target) -> EncoderDecoderSpec:
        source = GridSpec(schema.channels["values"].shape, self.encoding_size, self.dropout)
        decoder = make_decoder_spec(
            self,
            target,
            attention=self.attention_,
            input_feeding=self.input_feeding,
            tie_embeddings=self.tie_embeddings,
        )
        return EncoderDecoderSpec(source, decoder, share_of_truth(self.teacher_forcing))

    @property
    def grid_shape_(self) -> tuple[int, int] | None:
        return self.network_.encoder.grid_shape

    # -- writing ----------------------------------------------------------------------------------

    def transform(self, X: Any) -> Any:
        """Write a caption for each sample.

        Parameters
        ----------
        X : samples
            As in ``fit``.

        Returns
        -------
        captions
            Texts, or token lists, as in ``fit``; in a list, an array or a Series, as there. Words
            are joined with blanks, none before a full stop or comma.
        """
        check_is_fitted(self)
        found = self._write(self._read_source(X)[0])
        side = self.target_side_
        return side.write(side.rows(found, None), row_names(X))

    def encode(self, X: Any) -> np.ndarray:
        """The mean of the vectors of all locations: a vector of fixed size for each sample.

        Parameters
        ----------
        X : samples
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, encoding_size)
        """
        check_is_fitted(self)
        return encode_all(self.network_, self._sources(self._read_source(X)[0]))

    # -- scores -----------------------------------------------------------------------------------

    def score(self, X: Any, y: Any) -> float:
        """BLEU-4 of what is written, with all captions of a sample as references.

        BLEU (Papineni et al., 2002) is between 0 and 100: of words and subwords on lower-cased
        texts cut as in the tokenizer "13a" of sacrebleu, of characters and token lists on the
        tokens as they are. Where no reference has four tokens, n-grams are counted up to the
        length of the longest, so that captions equal to `y` always score 100.

        Parameters
        ----------
        X : samples
            As in ``fit``.
        y : captions
            As in ``fit``, one or several a sample.

        Returns
        -------
        float
        """
        check_is_fitted(self)
        pairs = self._read_pairs(X, y)
        side = self.target_side_
        references, _ = list_captions(y, "y", side.as_text)
        return bleu_of(side, references, side.rows(self._write(pairs.source), None))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags
