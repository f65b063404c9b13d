"""How probable sequences are, and new ones like them (Bengio et al., 2003; Graves, 2013)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from sksequence.batches import SequenceSamples
from sksequence.cells import Cell
from sksequence.estimators._encoder_decoder import check_same_tokens, weighed
from sksequence.estimators._fitting import private_generator, train_network, unchanged_if_refused
from sksequence.estimators._language_fit import build, learn, split, training_samples
from sksequence.estimators._language_measures import MeasuresMixin
from sksequence.estimators._language_parameters import (
    LANGUAGE_CONSTRAINTS,
    check_binary,
    go_on_with,
    has_probabilities,
    make_language_spec,
    stretch,
)
from sksequence.estimators._language_reading import (
    as_documents,
    beginning_with_zeros,
    begun,
    check_context,
    default_ends,
    ids_of_prefixes,
    read,
)
from sksequence.estimators._language_scores import (
    after_reading,
    sequence_log_likelihoods,
    states_of_steps,
)
from sksequence.estimators._language_writing import OPEN_ENDED, WritingMixin
from sksequence.estimators._lengths import LENGTH_MODELS
from sksequence.estimators._prediction import step_work
from sksequence.estimators._shifted import Shifted, shift_numbers, shift_symbols
from sksequence.estimators._with_network import NetworkMixin
from sksequence.inputs import SequenceArray
from sksequence.networks import LanguageNetwork
from sksequence.tasks import NextStep
from sksequence.utils._available import available_if
from sksequence.utils._sklearn import validate_parameter_constraints


class RNNLanguageModel(MeasuresMixin, WritingMixin, DensityMixin, NetworkMixin, BaseEstimator):
    r"""A density of sequences: each step given all steps before it.

    .. math::

        \log p(x) &= \sum_{t=1}^{T} \log p(x_t \mid x_1 \dots x_{t-1})
            + \log p(\text{end} \mid x_1 \dots x_T) \\
        p(x_t \mid x_1 \dots x_{t-1}) &= f(h_t), \qquad h_t = \mathrm{cell}(x_{t-1}, h_{t-1})

    of characters, words, symbols, on-off patterns such as piano rolls, or real values. It scores
    sequences (``score_samples``, ``perplexity``), says what comes next (``predict_proba``), and
    writes new ones (``sample``, ``complete``).

    Parameters
    ----------
    analyzer : {"char", "word", "subword"} or callable, default="char"
        What a token of a text is, as for ``TokenEncoder``.
    lowercase : bool or "auto", default="auto"
        As for ``TokenEncoder``: words are lower-cased, characters are not.
    min_count : int, default=1
        Tokens that occur less often are unknown: they share one symbol, which is scored and never
        written.
    max_tokens : int or None, default=None
        At most so many tokens, the most frequent ones.
    emission : {"auto", "softmax", "adaptive", "bernoulli", "gaussian", "mixture"}, default="auto"
        Distribution of a step. Of symbols: "softmax", or "adaptive" (Grave et al., 2017), which
        is faster and a little worse where there are very many symbols. Of numbers: each feature on
        or off ("bernoulli"), one normal distribution ("gaussian") or a "mixture" of
        `n_components`, in each of which the features of a step are independent. "auto":
        "softmax"; for numbers "bernoulli" if all are 0 or 1, else "gaussian".
    n_components : int, default=5
        Normal distributions in a mixture.
    length_model : {"auto", "end", "empirical", "poisson", "fixed", None}, default="auto"
        How a sequence ends. "end": the network says at each step whether it was the last one (an
        end symbol, or a probability beside the numbers). "empirical" and "poisson": a distribution
        of the number of steps of its own, :math:`p(x) = p(x \mid T)\, p(T)`, "empirical" with a
        geometric tail of the weight of one sequence. "fixed": all have the same number of steps,
        as the rows of a table. None: ends are not scored, as in a stretch of a long text. "auto":
        None for one long text (a `str`), else "end".
    embedding_size : int or None, default=64
        Length of the learned vector of a symbol. None stands for one-hot input.
    tie_embeddings : bool, default=False
        Whether symbols have the same vectors as inputs and in the softmax.
    hidden_size : int or list of int, default=128
        Units of a recurrent layer. A list gives the widths of several layers.
    n_layers : int, default=1
        Recurrent layers.
    cell : str or Cell, default="lstm"
        The recurrent cell.
    residual : bool, default=False
        Whether the input of a recurrent layer is added to its output, where both have the same
        width.
    initial_state : {"zeros", "learned"}, default="zeros"
        The state before the first step: zeros, or learned, for each layer. What a context brings
        is added to it.
    context_at : {"state", "steps", "both"}, default="state"
        Where the context (``X.with_context(C)``) enters: as initial state, at every step, or both.
    dropout : float, default=0.0
        Share of values set to zero while training: of the vectors of symbols, between layers and
        before the softmax.
    variational_dropout : bool, default=False
        Whether dropout is the same at every step of a sequence (Gal and Ghahramani, 2016).
    normalize : bool, default=True
        Standardise numbers per feature with the training data ("bernoulli": never).
    max_epochs : int, default=20
        Passes over the training data at most.
    batch_size : int or "full", default=32
        Sequences, or streams, in a batch.
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
    tbptt_steps : int, (int, int) or None, default=100
        Truncated backpropagation through time. With (k1, k2), sequences with more steps are
        trained in stretches of k1 steps, with an update of the weights after each; its gradient
        goes back through k2 steps, a multiple of k1, the stretch included. One number k stands
        for (k, k). States are carried on exactly. None reads whole sequences. Fewer sequences
        than `batch_size` are cut into so many contiguous streams.
    early_stopping : {"auto", True, False}, default="auto"
        Hold back a part of the data, stop when its loss no longer falls, and keep the weights of
        the best epoch. "auto" does so from 300 sequences on; of one long text, whose last part is
        held back, from 30,000 steps on.
    validation_fraction : float, default=0.1
        The part held back.
    n_iter_no_change : int, default=3
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
    symbols_ : ndarray of object
        Of symbols: their names in the order of the columns of ``predict_proba``, ``"<end>"`` last
        where ends are modelled (in more brackets if that is a token of the data).
    emission_, length_model_ : str or None
        What was chosen.
    history_ : list of dict
        A record for each epoch: ``epoch``, ``train_loss``, ``valid_loss`` (nats a step),
        ``gradients_clipped`` (share of batches), ``learning_rate``, ``seconds``.
    n_epochs_ : int
        Epochs that were run.
    best_epoch_ : int or None
        The epoch whose weights were kept; None without validation data.
    side_ : object
        How sequences are read and written; of texts, ``side_.encoder`` is the fitted
        ``TokenEncoder``.
    longest_ : int
        Steps of the longest sequence of ``fit``.
    n_features_in_ : int
        Of numbers: columns of a 2-D X, else features of a step.

    See Also
    --------
    Seq2SeqTransformer : Writes a sequence given another one.
    RNNForecaster : Distributions of what a series does next.

    Notes
    -----
    ``score_samples`` makes it a detector of anomalies (a low log-likelihood, compared among
    sequences of like length), and one model for each class a classifier by Bayes' rule.

    References
    ----------
    A. Graves, "Generating sequences with recurrent neural networks", 2013.

    W. Zaremba, I. Sutskever and O. Vinyals, "Recurrent neural network regularization", 2014.

    Examples
    --------
    >>> from sksequence import RNNLanguageModel
    >>> model = RNNLanguageModel(hidden_size=16, max_epochs=40, random_state=0)
    >>> model = model.fit(["abab", "ababab", "abababab"] * 20)
    >>> model.score_samples(["abab", "aabb"]).argmax()
    np.int64(0)
    >>> model.complete("ab")
    ['abab']
    """

    network_: LanguageNetwork
    lengths_: Any
    longest_: int
    _n_fits: int
    _parameter_constraints: ClassVar[dict] = LANGUAGE_CONSTRAINTS

    def __init__(
        self,
        *,
        analyzer: str | Callable = "char",
        lowercase: bool | str = "auto",
        min_count: int = 1,
        max_tokens: int | None = None,
        emission: str = "auto",
        n_components: int = 5,
        length_model: str | None = "auto",
        embedding_size: int | None = 64,
        tie_embeddings: bool = False,
        hidden_size: int | Sequence[int] = 128,
        n_layers: int = 1,
        cell: str | Cell = "lstm",
        residual: bool = False,
        initial_state: str = "zeros",
        context_at: str = "state",
        dropout: float = 0.0,
        variational_dropout: bool = False,
        normalize: bool = True,
        max_epochs: int = 20,
        batch_size: int | str = 32,
        optimizer: str = "adam",
        learning_rate: float = 0.002,
        learning_rate_schedule: str | Callable = "constant",
        weight_decay: float = 0.0,
        gradient_clip: float | None = 1.0,
        gradient_clip_by: str = "norm",
        tbptt_steps: int | tuple[int, int] | None = 100,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 3,
        dtype: str = "float32",
        warm_start: bool = False,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        device: str = "auto",
        verbose: int = 0,
    ):
        self.analyzer = analyzer
        self.lowercase = lowercase
        self.min_count = min_count
        self.max_tokens = max_tokens
        self.emission = emission
        self.n_components = n_components
        self.length_model = length_model
        self.embedding_size = embedding_size
        self.tie_embeddings = tie_embeddings
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.residual = residual
        self.initial_state = initial_state
        self.context_at = context_at
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
        X : str, list of texts or token lists, SequenceArray, array-like of shape \
                (n_sequences, n_steps[, n_features]), or list of arrays
            One long text; or sequences of any lengths, of symbols or numbers. With
            ``X.with_context(C)`` each sequence has a vector that it is conditioned on.
        y : None
            Ignored, so that labels may pass by in a pipeline.
        sample_weight : array-like of shape (n_sequences,), default=None
            A weight of zero is the same as leaving the sequence out.
        X_val : like X, default=None
            Sequences that decide when to stop, instead of a part of X.

        Returns
        -------
        RNNLanguageModel
            Itself, fitted.

        Raises
        ------
        ValueError
            If X is not usable: an empty sequence, missing values, a single symbol, a text that
            is shorter than a stretch of `tbptt_steps` (the message says where and what to do).
        DivergenceError
            If the loss becomes infinite.
        """
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        keep = self.warm_start and hasattr(self, "network_")
        stretch(self.tbptt_steps)
        one_text = isinstance(X, str)
        weights, documents = weighed(sample_weight, as_documents(X))
        if keep:
            check_same_tokens(self, self.side_)
            sequences = read(documents, "X", self)
        else:
            sequences = learn(self, documents, default_ends(X), weights)
        rng = private_generator(self, keep)
        training, validation = split(self, sequences, weights, one_text, X_val, rng)
        earlier = getattr(self, "history_", []) if keep else None
        if keep:
            go_on_with(self.network_, make_language_spec(self, self.network_.spec.reader.schema))
        else:
            build(self, training[0], rng)
        longest = 0 if earlier is None else self.longest_
        self.longest_ = max(longest, int(sequences.lengths.max()))
        self.open_ended_ = one_text
        train_network(
            self,
            NextStep(),
            lambda: training_samples(self, *training),
            None if validation is None else lambda: training_samples(self, *validation),
            rng,
            self.max_epochs,
            step_work(self.network_.spec.reader, self.batch_size, len(sequences)),
            earlier,
        )
        return self

    def _shift(self, sequences: SequenceArray) -> Shifted:
        """What is read at each step and what is asked for."""
        ends = self.length_model_ == "end"
        if self.side_.kind == "symbols":
            return shift_symbols(sequences, self.side_.size, ends)
        if self.emission_ == "bernoulli":
            check_binary(sequences.only.values)
        return shift_numbers(sequences, self.side_.scaled(sequences).only.values, ends)

    def _samples(self, shifted: Shifted, weights=None, batch_size=None) -> SequenceSamples:
        return SequenceSamples(
            shifted.inputs,
            weights=None if weights is None else np.asarray(weights)[shifted.owners],
            step_targets=shifted.targets,
            batch_size=batch_size or self.batch_size,
            dtype=self.network_.head.weight.dtype,
            device=self._device,
        )

    # -- how probable sequences are -----------------------------------------------------------

    def score_samples(self, X: Any) -> np.ndarray:
        """Log-likelihood of each sequence, in nats.

        Parameters
        ----------
        X : sequences, or one text
            As in ``fit``. A text of any length takes no more memory than a short one.

        Returns
        -------
        ndarray of shape (n_sequences,)
            With its end, or the probability of its number of steps, as `length_model` says
            (minus infinity of another number than a "fixed" one). Of real values it is the
            logarithm of a density in their own units. Symbols that ``fit`` did not see share one
            unknown symbol.
        """
        return self._scored(X)[0]

    def _scored(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Log-likelihoods, and how many steps (ends that are symbols count) stand for each."""
        check_is_fitted(self)
        sequences = read(X, "X", self)
        shifted = self._shift(sequences)
        found = sequence_log_likelihoods(self.network_, self._samples(shifted))
        scaling = getattr(self.side_, "scaling", None)
        if scaling is not None:
            found -= sequences.lengths * np.log(scaling.scale).sum()
        if self.length_model_ in LENGTH_MODELS:
            found += self.lengths_.log_probability(sequences.lengths)
        return found, shifted.inputs.lengths

    @available_if(has_probabilities)
    def predict_proba(self, prefixes: Any, context: Any = None) -> np.ndarray:
        """Probabilities of what comes next.

        Parameters
        ----------
        prefixes : list of sequences
            Beginnings, in the type of the sequences of ``fit``; an empty one stands for the
            start. Symbols that ``fit`` did not see are read as the unknown one.
        context : array-like of shape (n_prefixes, n_context), default=None
            Of each prefix, if the model was fitted with contexts and the prefixes have none.

        Returns
        -------
        ndarray of shape (n_prefixes, n_symbols)
            In the order of ``symbols_``; of on-off patterns, the probability of each feature to
            be on. At the start too the end has a little probability, as in ``score_samples``;
            ``sample`` leaves it out, for no sequence is empty.
        """
        check_is_fitted(self)
        samples, _ = self._prefixes(as_documents(prefixes), context)
        head = self.network_.head
        result: Any = None
        for positions, _, readouts, _ in after_reading(self.network_, samples):
            of = head.mean if self.emission_ == "bernoulli" else head.log_probs
            values = of(readouts).double()
            values = values if self.emission_ == "bernoulli" else torch.softmax(values, dim=1)
            if result is None:
                result = np.empty((len(samples), values.shape[1]))
            result[positions] = values.cpu().numpy()
        return result

    def hidden_states(self, X: Any) -> SequenceArray:
        """States of the last recurrent layer after each step.

        Parameters
        ----------
        X : sequences, or one text
            As in ``fit``.

        Returns
        -------
        SequenceArray
            As long as `X`; each step has ``hidden_size`` features.
        """
        check_is_fitted(self)
        sequences = read(X, "X", self)
        if self.side_.kind == "symbols":
            after = shift_symbols(sequences, self.side_.size, ends=True)
        else:
            after = beginning_with_zeros(self.side_.scaled(sequences), sequences)
        states = states_of_steps(self.network_, self._samples(after))
        firsts = states.offsets[:-1]
        return SequenceArray(np.delete(states.only.values, firsts, axis=0), sequences.offsets)

    # -- what writing needs -------------------------------------------------------------------

    def _prefixes(self, prefixes: Any, context: Any = None) -> tuple[SequenceSamples, list]:
        """Beginnings with what stands before them, and the beginnings alone."""
        if context is None:
            context = getattr(prefixes, "context", None)
        rows = ids_of_prefixes(self.side_, prefixes, self)
        context = check_context(context, len(rows), self)
        inputs = begun(rows, self.side_, self.network_.spec.reader.schema, context)
        shifted = Shifted(inputs, np.zeros(int(inputs.lengths.sum())), np.arange(len(rows)))
        return self._samples(shifted, batch_size="full"), rows

    def _longest_written(self) -> int:
        return OPEN_ENDED if self.open_ended_ else 2 * self.longest_

    @property
    def _device(self) -> torch.device:
        return self.network_.head.weight.device

    # -- saving ---------------------------------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags
