"""What the estimators that write sequences have in common."""

from __future__ import annotations

import warnings
from numbers import Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from sklearn.base import BaseEstimator

from sksequence.batches import InputScaling, PairSamples, SequenceSamples
from sksequence.cells import make_cell
from sksequence.decoding import Decoded, beam_search, greedy_search
from sksequence.estimators._containers import count, take
from sksequence.estimators._decoding import decoder_work, roll_out_all, search_all
from sksequence.estimators._fitting import train_network
from sksequence.estimators._kinds import check_coverage
from sksequence.estimators._parameters import layer_widths, recurrent_options, warn_of_delays
from sksequence.estimators._same_sizes import check_same_sizes
from sksequence.estimators._validation import check_same_order, refuse_booleans
from sksequence.estimators._with_network import NetworkMixin
from sksequence.inputs import SequenceArray, SequenceSchema
from sksequence.networks import (
    DecoderSpec,
    EncoderDecoder,
    EncoderDecoderSpec,
    starting_vectors,
)
from sksequence.networks._stacks import set_free_fields
from sksequence.preprocessing import TokenEncoder
from sksequence.tasks import NumericTransduction, Transduction
from sksequence.utils._random import torch_generator
from sksequence.utils._sklearn import check_sample_weight, validate_parameter_constraints


class Pairs(NamedTuple):
    """Sources and targets as they were read.

    Parameters
    ----------
    source, target : SequenceArray
    weights : ndarray of shape (n_sources,) or None
        Of the sources; a target has the weight of its source.
    positions : ndarray of shape (n_targets,) or None
        The source of each target, where a source may have several; None: side by side.
    """

    source: SequenceArray
    target: SequenceArray
    weights: np.ndarray | None = None
    positions: np.ndarray | None = None


class _EncoderDecoderEstimator(NetworkMixin, BaseEstimator):
    """One network that reads a source and writes a target, whatever the two are."""

    network_: EncoderDecoder
    target_side_: Any
    longest_: tuple[int, int]
    _n_fits: int
    _longer_sources_need_more: ClassVar[bool] = True  # steps to be written

    # -- fit ------------------------------------------------------------------------------------

    def _fit_pairs(self, training: Pairs, validation: Pairs | None, make_spec, rng, max_epochs):
        """Build the network unless it is there, then train it.

        Parameters
        ----------
        training, validation : Pairs
            The targets as ``target_side_`` read them.
        make_spec : callable
            ``make_spec(source schema, target) -> EncoderDecoderSpec``.
        rng : numpy.random.Generator
        max_epochs : int
        """
        source, target, weights, _ = training
        earlier = getattr(self, "history_", []) if hasattr(self, "network_") else None
        attention = getattr(self, "attention_", getattr(self, "attention", None))
        check_coverage(self, attention is not None)
        if earlier is None:
            self._learn_sizes(source, target, weights)
            spec = make_spec(self.source_schema_, target)
            self._build(spec, source, target, rng)
        else:
            go_on_with(self.network_, make_spec(self.source_schema_, target))
        if hasattr(self.network_.spec.source, "cell"):
            warn_of_delays(self.network_.spec.source.cell, source.lengths, "X")
        warn_of_delays(self.network_.spec.target.cell, target.lengths, "y")
        self._learn_longest(training, validation, earlier)
        task: Any = NumericTransduction()
        if self.target_side_.kind == "symbols":
            task = Transduction(getattr(self, "label_smoothing", 0.0))
        n_rows = len(target) if self.batch_size == "full" else min(self.batch_size, len(target))
        train_network(
            self,
            task,
            lambda: self._pairs(*training, batch_size=self.batch_size),
            None if validation is None else lambda: self._pairs(*validation),
            rng,
            max_epochs,
            decoder_work(self.network_, n_rows),
            earlier,
        )
        return self

    def _learn_sizes(self, source, target, weights):
        self.source_schema_ = SequenceSchema.of(source)
        self.input_scaling_ = (
            InputScaling.fit(source, weights) if self.normalize else InputScaling.none()
        )
        if self.target_side_.kind == "numeric" and self.normalize:
            self.target_side_.learn_scale(target, weights)

    def _learn_longest(self, training, validation, earlier):
        """The longest source and the longest target, its end not counted."""
        longest = [(0, 0) if earlier is None else self.longest_]
        for pairs in (training, validation):
            if pairs is not None:
                longest.append((int(pairs[0].lengths.max()), int(pairs[1].lengths.max())))
        self.longest_ = tuple(map(max, zip(*longest, strict=True)))

    def _build(self, spec: EncoderDecoderSpec, source, target, rng):
        vectors = starting_vectors(source, self.input_scaling_) if spec.embedding_trainable else {}
        self.network_ = spec.build(torch_generator(rng), vectors)
        table = table_of(target)
        if table is not None and self.network_.decoder.embedding is not None:
            scaled = torch.tensor(table / (np.sqrt(np.mean(np.square(table))) or 1.0))
            self.network_.decoder.start_vectors(scaled)
        sides = getattr(self, "source_side_", None), self.target_side_
        ignore_unknown(self.network_, *(getattr(side, "unknown_id", None) for side in sides))

    def _pairs(
        self, source, target, weights=None, positions=None, batch_size="full"
    ) -> PairSamples:
        side = self.target_side_
        if side.kind == "symbols":
            target = with_end(target, self.network_.decoder.spec.end)
        else:
            target = side.scaled(target)
        if weights is not None and positions is not None:
            weights = weights[positions]
        written = SequenceSamples(
            target, weights=weights, dtype=self.network_.head.weight.dtype, device=self._device
        )
        return PairSamples(self._sources(source), written, batch_size, positions)

    def _sources(self, source) -> SequenceSamples:
        return SequenceSamples(
            source,
            scaling=self.input_scaling_,
            look_up=not self.network_.spec.embedding_trainable,
            dtype=self.network_.head.weight.dtype,
            device=self._device,
        )

    @property
    def _device(self) -> torch.device:
        return self.network_.head.weight.device

    # -- writing ----------------------------------------------------------------------------------

    def _write(self, source: SequenceArray, n_best: int = 1) -> list[dict]:
        """What the search, or rolling out, finds for each source."""
        self._check_search()
        limits, side = self._limits(source.lengths), self.target_side_
        if side.kind == "numeric":
            lengths = None if side.n_steps is None else np.minimum(side.n_steps, limits)
            return roll_out_all(self.network_, self._sources(source), limits, lengths)
        search = self._search(n_best)
        never = side.never
        return search_all(self.network_, self._sources(source), limits, search, never)

    def _limits(self, lengths: np.ndarray) -> np.ndarray:
        """Steps that are written at most for sources of these lengths.

        As many as the longest target had; more, in proportion, for a source that is longer than
        all that was trained on.
        """
        if self.max_steps is not None:
            return np.full(len(lengths), self.max_steps, dtype=np.int64)
        longest_source, longest_target = self.longest_
        if not self._longer_sources_need_more:
            return np.full(len(lengths), longest_target, dtype=np.int64)
        factor = np.maximum(1.0, lengths / longest_source)
        if factor.max() > 1:
            warnings.warn(  # always the same words: said once, not at every transform
                f"some sources are longer than all that {type(self).__name__} was trained on (the "
                f"longest had {longest_source} steps): what it writes for them may be poor.",
                UserWarning,
                stacklevel=4,
            )
        return np.ceil(longest_target * factor).astype(np.int64)

    def _check_search(self):
        """Check the parameters that are read at prediction: they may be set after ``fit``."""
        names = ("beam_size", "length_penalty", "coverage_penalty", "max_steps")
        given = {name: getattr(self, name) for name in names if hasattr(self, name)}
        constraints = {name: self._parameter_constraints[name] for name in given}
        validate_parameter_constraints(constraints, given, type(self).__name__)
        check_coverage(self, self.network_.decoder.with_attention)

    def _search(self, n_best: int = 1):
        """The search that the parameters ask for, as ``search_all`` wants it."""
        spec = self.network_.decoder.spec
        ends = {"start": spec.start, "end": spec.end}
        beam_size = max(self.beam_size, n_best)
        penalties = {
            "length_penalty": self.length_penalty,
            "coverage_penalty": self.coverage_penalty,
        }

        def search(stepper, state, memory, max_steps) -> Decoded:
            if beam_size == 1:
                return greedy_search(stepper, state, memory, max_steps=max_steps, **ends)
            return beam_search(
                stepper,
                state,
                memory,
                beam_size=beam_size,
                max_steps=max_steps,
                n_best=n_best,
                **ends,
                **penalties,
            )

        return search


def ignore_unknown(network: EncoderDecoder, source_id: int | None, target_id: int | None) -> None:
    """Start the vectors of unknown tokens at zero.

    Where all tokens of the training data are known, they are never trained: a token that comes
    later then tells nothing, and not something that was drawn at random.
    """
    if source_id is not None:
        network.encoder.encoder.table("values").weight.data[source_id] = 0.0
    if target_id is not None and network.decoder.embedding is not None:
        network.decoder.embedding.weight.data[target_id] = 0.0


def go_on_with(network: EncoderDecoder, spec: EncoderDecoderSpec) -> None:
    """Let training go on by `spec`, which may change what is no size: forcing and dropout.

    Raises
    ------
    ValueError
        If `spec` is that of another network.
    """
    check_same_sizes((network.spec.source, spec.source), (network.spec.target, spec.target))
    network.spec, network.decoder.spec, network.encoder.spec = spec, spec.target, spec.source
    set_free_fields(network.encoder, spec.source)
    set_free_fields(network.decoder, spec.target)


def make_encoder(estimator: Any, analyzer: Any = None) -> TokenEncoder:
    """An encoder of texts by the parameters of an estimator, or by another `analyzer`."""
    return TokenEncoder(
        estimator.analyzer if analyzer is None else analyzer,
        lowercase=estimator.lowercase,
        min_count=estimator.min_count,
        max_tokens=estimator.max_tokens,
    )


def check_same_tokens(estimator: Any, side: Any, analyzer: Any = None) -> None:
    """Raise ValueError if parameters now ask for another vocabulary than that of a text side."""
    if not hasattr(side, "encoder"):
        return
    fitted = side.encoder.get_params()
    wanted = make_encoder(estimator, analyzer).get_params()
    changed = [name for name, value in wanted.items() if fitted[name] != value]
    if changed:
        raise ValueError(
            f"{', '.join(changed)} changed since the first fit, but training goes on with the "
            "vocabulary that is there: set it back, or fit anew with warm_start=False."
        )


def recurrent_source(estimator: Any, schema: SequenceSchema) -> dict[str, Any]:
    """The sizes of a recurrent encoder of an estimator's parameters, as fields of a spec."""
    return {
        "schema": schema,
        "n_outputs": 0,
        "cell": make_cell(estimator.cell),
        "widths": layer_widths(estimator.hidden_size, estimator.n_layers),
        "bidirectional": estimator.bidirectional,
        "dropout": estimator.dropout,
        "embedding_size": estimator.embedding_size,
        "embedding_trainable": estimator.embedding_trainable,
        "context_at": estimator.context_at,
        **recurrent_options(estimator),
    }


def make_decoder_spec(estimator: Any, target: SequenceArray, **special) -> DecoderSpec:
    """The sizes of the decoder of an estimator's parameters; `special` are its own."""
    side, table = estimator.target_side_, table_of(target)
    return DecoderSpec(
        kind=side.kind,
        size=side.size,
        cell=make_cell(estimator.cell),
        widths=layer_widths(estimator.hidden_size, estimator.n_layers),
        embedding_size=estimator.embedding_size if table is None else table.shape[1],
        context_at=estimator.context_at,
        dropout=estimator.dropout,
        **recurrent_options(estimator),
        **special,
    )


def share_of_truth(teacher_forcing) -> tuple[float, float]:
    """The shares at the start and at the end of training."""
    several = isinstance(teacher_forcing, (tuple, list))
    shares = tuple(teacher_forcing) if several else (teacher_forcing,) * 2
    good = all(isinstance(share, Real) and 0 <= float(share) <= 1 for share in shares)
    if len(shares) != 2 or not good:
        raise ValueError(
            "teacher_forcing must be a number in [0, 1], or two of them (for the start and the "
            f"end of training), got {teacher_forcing!r}."
        )
    return float(shares[0]), float(shares[1])


def table_of(target: SequenceArray) -> np.ndarray | None:
    """The vectors that come with the symbols of targets."""
    return target.only.vectors if len(target.channels) == 1 else None


def weighed(sample_weight: Any, *data: Any) -> tuple:
    """The weights, and each of `data`, without the samples of weight zero."""
    if sample_weight is None or any(rows is None for rows in data):
        return None, *data
    n = count(data[0])
    check_same_order(data[0], sample_weight, "sample_weight")
    refuse_booleans(sample_weight)
    weights = check_sample_weight(
        sample_weight, np.empty(n), dtype=np.float64, ensure_non_negative=True
    )
    kept = np.flatnonzero(weights > 0)
    if len(kept) == n or any(count(rows) != n for rows in data):  # which is an error, later
        return weights, *data
    return weights[kept], *(take(rows, kept) for rows in data)


def with_end(target: SequenceArray, end: int) -> SequenceArray:
    """The same symbols with the end symbol after each sequence."""
    ids = np.insert(target.only.values, target.offsets[1:], end)
    offsets = target.offsets + np.arange(len(target.offsets))
    return SequenceArray(ids, offsets, n_tokens=end + 1)
