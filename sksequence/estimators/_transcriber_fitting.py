"""How a transcriber reads its data, is trained and gives the probabilities of each step."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator

from sksequence.batches import InputScaling, SequenceSamples
from sksequence.estimators._fitting import train_network
from sksequence.estimators._parameters import warn_of_delays
from sksequence.estimators._prediction import step_work
from sksequence.estimators._same_sizes import check_same_sizes
from sksequence.estimators._transcriber_parameters import make_alignment_spec
from sksequence.estimators._transcriber_targets import TargetLabels
from sksequence.estimators._validation import check_one_target_each, check_same_order
from sksequence.estimators._with_network import NetworkMixin
from sksequence.inputs import SequenceArray, SequenceSchema, check_sequences
from sksequence.networks import AlignmentNetwork, starting_vectors
from sksequence.networks._stacks import set_free_fields
from sksequence.preprocessing import TokenEncoder
from sksequence.tasks import Alignment, steps_needed
from sksequence.utils._random import torch_generator


class _AlignmentEstimator(NetworkMixin, BaseEstimator):
    """A network that gives the probabilities of labels at each step, and what surrounds it."""

    network_: AlignmentNetwork
    target_: TargetLabels
    _n_fits: int

    def _read(self, X, y, learn: bool = False, where: str = "") -> tuple[SequenceArray, list]:
        """Sequences and the numbers of the labels of their targets; with `learn`, what both are."""
        name = type(self).__name__
        if learn:
            for attribute in ("network_", "n_features_in_", "feature_names_in_", "_n_steps_in"):
                self.__dict__.pop(attribute, None)
        sequences = check_sequences(X, estimator=self, reset=learn)
        if learn:
            schema = SequenceSchema.of(sequences)
            schema = schema.with_any_vectors() if self.embedding_trainable else schema
            self.sequence_schema_ = schema
            encoder = TokenEncoder(self.analyzer, lowercase=self.lowercase)
            self.target_ = TargetLabels(y, encoder, name)
            self.labels_ = self.target_.labels
        else:
            self.sequence_schema_.check(sequences, name, f"X{where}")
        check_same_order(X, y, f"y{where}", f"X{where}")
        strings = self.target_.read(y, f"y{where}")
        check_one_target_each(sequences, strings, f"X{where}", f"y{where}")
        check_possible(strings, sequences.lengths, self.stride, where)
        return sequences, strings

    def _checked(self, X: Any) -> SequenceArray:
        """Sequences such as those of ``fit``."""
        X = check_sequences(X, estimator=self, reset=False)
        self.sequence_schema_.check(X, type(self).__name__)
        return X

    def _fit_strings(self, training, validation, rng, earlier) -> None:
        """Build the network unless it is there, then train it on (X, encoded strings, weights)."""
        X, targets, weights = training
        if earlier is None:
            self._build(X, weights, rng)
        else:
            self._go_on()
        warn_of_delays(self.network_.spec.cell, X.lengths, "X")
        train_network(
            self,
            Alignment(),
            lambda: self._samples(X, targets, weights, self.batch_size),
            None if validation is None else lambda: self._samples(*validation),
            rng,
            self.max_epochs,
            step_work(self.network_.spec, self.batch_size, len(X)),
            earlier,
        )

    def _build(self, X: SequenceArray, weights, rng) -> None:
        self.input_scaling_ = (
            InputScaling.fit(X, weights) if self.normalize else InputScaling.none()
        )
        vectors = starting_vectors(X, self.input_scaling_) if self.embedding_trainable else {}
        spec = make_alignment_spec(self, self.sequence_schema_)
        self.network_ = spec.build(torch_generator(rng), vectors)

    def _go_on(self) -> None:
        """Let the network go on by the parameters as they are now."""
        network = self.network_
        spec = make_alignment_spec(self, network.spec.schema)
        check_same_sizes((network.spec, spec))
        network.spec = spec
        set_free_fields(network, spec)

    def _samples(self, X, targets=None, weights=None, batch_size="full") -> SequenceSamples:
        return SequenceSamples(
            X,
            targets,
            weights,
            batch_size=batch_size,
            scaling=self.input_scaling_,
            look_up=not self.network_.spec.embedding_trainable,
            dtype=self.network_.head.weight.dtype,
            device=self._device,
        )

    @property
    def _device(self) -> torch.device:
        return self.network_.head.weight.device


def check_possible(strings: list, lengths: np.ndarray, stride: int, where: str = "") -> None:
    """Raise ValueError for the first target that its sequence has too few steps for.

    Such a target has the probability zero, whatever the network.
    """
    n_outputs = -(-lengths // stride)
    for i, (labels, n_steps) in enumerate(zip(strings, n_outputs, strict=True)):
        needed = steps_needed(labels)
        if needed <= n_steps:
            continue
        doubled = needed - len(labels)
        because = f" ({doubled} of them repeat the one before, with a blank between)"
        because = because if doubled else ""
        after = f" after stride={stride}" if stride > 1 else ""
        raise ValueError(
            f"y{where}[{i}] has {len(labels)} labels and needs {needed} steps{because}, but "
            f"X{where}[{i}] has {n_steps}{after}: check that they belong together, leave the "
            f"sequence out, or give shorter steps{' or a smaller stride' if stride > 1 else ''}."
        )
