"""What the estimators that write sequences have in common."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator

from sksequence.batches import InputScaling, PairSamples, SequenceSamples
from sksequence.decoding import Decoded, beam_search, greedy_search
from sksequence.estimators._decoding import decoder_work
from sksequence.estimators._fitting import train_network
from sksequence.inputs import SequenceArray, SequenceSchema
from sksequence.networks import (
    EncoderDecoder,
    EncoderDecoderSpec,
    pack_network,
    starting_vectors,
    unpack_network,
)
from sksequence.tasks import NumericTransduction, Transduction
from sksequence.utils._random import torch_generator

Pairs = tuple[SequenceArray, SequenceArray, np.ndarray | None]


class _EncoderDecoderEstimator(BaseEstimator):
    """One network that reads a source and writes a target, whatever the two are."""

    network_: EncoderDecoder
    _n_fits: int

    # -- fit ------------------------------------------------------------------------------------

    def _fit_pairs(self, training: Pairs, validation: Pairs | None, make_spec, rng, max_epochs):
        """Build the network unless it is there, then train it.

        Parameters
        ----------
        training, validation : tuple
            Sources, targets (as ``target_side_`` read them) and weights.
        make_spec : callable
            ``make_spec(source schema, target) -> EncoderDecoderSpec``.
        rng : numpy.random.Generator
        max_epochs : int
        """
        source, target, weights = training
        earlier = getattr(self, "history_", []) if hasattr(self, "network_") else None
        if earlier is None:
            self._learn_sizes(source, target, weights)
            spec = make_spec(self.source_schema_, target)
            self._build(spec, source, target, rng)
        task: Any = NumericTransduction()
        if self.target_side_.kind == "symbols":
            task = Transduction(self.label_smoothing)
        n_rows = len(target) if self.batch_size == "full" else min(self.batch_size, len(target))
        train_network(
            self,
            task,
            lambda: self._pairs(*training, self.batch_size),
            None if validation is None else lambda: self._pairs(*validation, self.batch_size),
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
        # the longest source and the longest target, its end not counted
        self.longest_ = int(source.lengths.max()), int(target.lengths.max())

    def _build(self, spec: EncoderDecoderSpec, source, target, rng):
        vectors = starting_vectors(source, self.input_scaling_) if spec.embedding_trainable else {}
        self.network_ = spec.build(torch_generator(rng), vectors)
        table = target.only.vectors if len(target.channels) == 1 else None
        if table is not None:
            scaled = torch.tensor(table / (np.sqrt(np.mean(np.square(table))) or 1.0))
            with torch.no_grad():  # start and end have no vector of their own
                self.network_.decoder.embedding.weight[: len(scaled)] = scaled

    def _pairs(self, source, target, weights=None, batch_size="full") -> PairSamples:
        side = self.target_side_
        if side.kind == "symbols":
            target = with_end(target, self.network_.decoder.spec.end)
        else:
            target = side.scaled(target)
        written = SequenceSamples(
            target, weights=weights, dtype=self.network_.head.weight.dtype, device=self._device
        )
        return PairSamples(self._sources(source), written, batch_size)

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

    def _limits(self, lengths: np.ndarray) -> np.ndarray:
        """Steps that are written at most for sources of these lengths.

        As many as the longest target had; more, in proportion, for a source that is longer than
        all that was trained on.
        """
        if self.max_steps is not None:
            return np.full(len(lengths), self.max_steps, dtype=np.int64)
        longest_source, longest_target = self.longest_
        factor = np.maximum(1.0, lengths / longest_source)
        if factor.max() > 1:
            warnings.warn(
                f"{int((factor > 1).sum())} of {len(lengths)} sources are longer than all that "
                f"{type(self).__name__} was trained on ({int(lengths.max())} steps, the longest "
                f"had {longest_source}): what it writes for them may be poor.",
                UserWarning,
                stacklevel=4,
            )
        return np.ceil(longest_target * factor).astype(np.int64)

    def _search(self, n_best: int = 1):
        """The search that the parameters ask for, as ``search_all`` wants it."""
        spec = self.network_.decoder.spec
        ends = {"start": spec.start, "end": spec.end}
        coverage = self.coverage_penalty if self.attention is not None else 0.0
        beam_size = max(self.beam_size, n_best)
        penalties = {"length_penalty": self.length_penalty, "coverage_penalty": coverage}

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

    # -- saving -------------------------------------------------------------------------------

    def __getstate__(self):
        state = dict(super().__getstate__())
        if "network_" in state:
            state["network_"] = pack_network(state["network_"])
        return state

    def __setstate__(self, state):
        if "network_" in state:
            state = {**state, "network_": unpack_network(state["network_"])}
        super().__setstate__(state)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "network_")


def with_end(target: SequenceArray, end: int) -> SequenceArray:
    """The same symbols with the end symbol after each sequence."""
    ids = np.insert(target.only.values, target.offsets[1:], end)
    offsets = target.offsets + np.arange(len(target.offsets))
    return SequenceArray(ids, offsets, n_tokens=end + 1)
