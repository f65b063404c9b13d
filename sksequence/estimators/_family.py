"""What the estimators with one answer a sequence have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sksequence.batches import InputScaling, SequenceSamples
from sksequence.estimators._fitting import train_network
from sksequence.estimators._missing import (
    check_all_seen,
    check_name_of_time,
    mean_time_step,
    read_sequences,
)
from sksequence.estimators._parameters import (
    check_same_network,
    go_on,
    make_spec,
    warn_of_delays,
)
from sksequence.estimators._prediction import answers, step_answers, step_work
from sksequence.estimators._stream import SequenceStream
from sksequence.estimators._validation import (
    check_answers,
    check_groups,
    check_one_target_each,
    check_same_columns,
    check_same_order,
    check_way_of_holding_back,
    is_column,
    refuse_booleans,
)
from sksequence.estimators._with_network import NetworkMixin
from sksequence.inputs import SequenceArray, SequenceSchema
from sksequence.networks import (
    build_sequence_network,
    starting_vectors,
)
from sksequence.training import explained_memory
from sksequence.utils._available import available_if
from sksequence.utils._random import torch_generator
from sksequence.utils._sklearn import check_sample_weight, validate_parameter_constraints


def _pools_by_attention(estimator) -> None:
    if estimator.pooling != "attention":
        raise AttributeError(
            f"attention_weights of {type(estimator).__name__} needs pooling='attention', but "
            f"pooling is {estimator.pooling!r}: set it and fit again."
        )


class _SequenceEstimator(NetworkMixin, BaseEstimator):
    """Many-to-one: a recurrent network that gives one answer for each sequence."""

    _inference_dtype: torch.dtype | None = None
    _n_fits: int

    def hidden_states(self, X: Any) -> SequenceArray:
        """States of the last recurrent layer at every step.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        SequenceArray
            As long as `X`; each step has ``hidden_size`` features (twice as many if
            bidirectional: forward, then backward units).
        """
        check_is_fitted(self)
        X, samples = self._prepare(X)
        return step_answers(self.network_, samples, X, "steps")

    def stream(
        self, n_sequences: int | None = None, *, context: Any = None, transformer: Any = None
    ) -> SequenceStream:
        """Answer step by step, at a cost that does not depend on the steps before.

        Parameters
        ----------
        n_sequences : int or None, default=None
            Sequences that go on side by side; None: one, whose steps and answers come without
            an axis for it.
        context : array-like of shape (n_sequences, n_context), default=None
            The context of each, where ``fit`` was given one.
        transformer : object with ``transform``, default=None
            In a pipeline what stands before: ``pipeline[-1].stream(transformer=pipeline[:-1])``
            takes the steps that the pipeline takes. It sees the new steps alone.

        Returns
        -------
        SequenceStream
            With ``step``, ``predict``, ``predict_proba``, ``state`` and ``reset``. It keeps the
            network as it is now; the estimator is not changed.

        Raises
        ------
        ValueError
            If the network is bidirectional, or the context does not fit.
        """
        check_is_fitted(self)
        return SequenceStream(self, n_sequences, context=context, transformer=transformer)

    @available_if(_pools_by_attention)
    def attention_weights(self, X: Any) -> SequenceArray:
        """How much each step counted; the weights of a sequence sum to one.

        Available with ``pooling="attention"``.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        SequenceArray
            As long as `X`, one feature a step.
        """
        check_is_fitted(self)
        X, samples = self._prepare(X)
        return step_answers(self.network_, samples, X, "attention")

    # -- fit ------------------------------------------------------------------------------

    def _start(self, X, y, sample_weight, keep, groups=None):
        """Check parameters, X, y, weights and groups; drop what has no weight.

        With `keep`, X must fit the network that is there; else everything starts anew.
        """
        check_way_of_holding_back(self)
        check_name_of_time(self)
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )
        given, X = X, read_sequences(self, X, reset=not keep)
        rows = given if is_column(given) else X
        if keep:
            self.sequence_schema_.check(X, type(self).__name__)
            check_same_network(self)
        else:
            self.__dict__.pop("network_", None)
        check_same_order(rows, y)
        y = self._check_y(y)
        check_one_target_each(X, y)
        check_same_order(rows, sample_weight, "sample_weight")
        refuse_booleans(sample_weight)
        groups = check_groups(X, groups, rows)
        if sample_weight is None:
            return X, y, None, groups
        weights = check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        kept = weights > 0
        if kept.all():
            return X, y, weights, groups
        return X[kept], y[kept], weights[kept], None if groups is None else groups[kept]

    def _check_validation(self, X_val, y_val):
        """The user's own validation data, checked like X and y; None if there are none."""
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError("X_val and y_val go together: one of them is missing.")
        given, X_val = X_val, read_sequences(self, X_val, reset=False)
        check_same_order(given if is_column(given) else X_val, y_val, "y_val", "X_val")
        try:
            y_val = self._check_y(y_val)
        except ValueError as error:
            raise ValueError(f"y_val cannot be used: {error}") from error
        check_one_target_each(X_val, y_val, "X_val", "y_val")
        return X_val, y_val, None

    def _fit(self, X, y, weights, task, valid, rng, max_epochs):
        """Build the network unless it is there, then train it on encoded targets `y`."""
        earlier = getattr(self, "history_", []) if hasattr(self, "network_") else None
        if earlier is None:
            self._build(X, weights, task.n_outputs, rng)
        else:
            go_on(self)
        warn_of_delays(self.network_.spec.cell, X.lengths, "X")

        def valid_samples():
            X_val, y_val, val_weights = valid
            self.sequence_schema_.check(X_val, type(self).__name__, "X_val")
            check_same_columns(y, y_val)
            return self._samples(X_val, y_val, val_weights, self.batch_size)

        train_network(
            self,
            task,
            lambda: self._samples(X, y, weights, self.batch_size),
            None if valid is None else valid_samples,
            rng,
            max_epochs,
            step_work(self.network_.spec, self.batch_size, len(X)),
            earlier,
            self._inference_dtype,
        )
        return self

    def _build(self, X, weights, n_outputs, rng):
        schema = SequenceSchema.of(X)
        self.sequence_schema_ = schema.with_any_vectors() if self.embedding_trainable else schema
        self.input_scaling_ = (
            InputScaling.fit(X, weights) if self.normalize else InputScaling.none()
        )
        spec = make_spec(self, self.sequence_schema_, n_outputs)
        vectors = starting_vectors(X, self.input_scaling_) if self.embedding_trainable else {}
        if self.missing == "mask":
            check_all_seen(X)
        self.network_ = build_sequence_network(spec, torch_generator(rng), vectors)
        if spec.time is not None:
            scaling = self.input_scaling_.channels.get(spec.time[0])
            scale = 1.0 if scaling is None else scaling.scale[spec.time[1]]
            self.network_.encoder.fill.unit.fill_(mean_time_step(X, spec.time, weights) / scale)

    def _samples(self, X, y=None, weights=None, batch_size="full") -> SequenceSamples:
        return SequenceSamples(
            X,
            y,
            weights,
            batch_size=batch_size,
            scaling=self.input_scaling_,
            look_up=not self.network_.spec.embedding_trainable,
            dtype=self.network_.head.weight.dtype,
            device=self._device,
        )

    # -- prediction -----------------------------------------------------------------------

    def _prepare(self, X):
        X = read_sequences(self, X, reset=False)
        self.sequence_schema_.check(X, type(self).__name__)
        with explained_memory(None, self._device):
            return X, self._samples(X)

    @property
    def _device(self) -> torch.device:
        return self.network_.head.weight.device

    def _values(self, X, transform=None) -> np.ndarray:
        """Outputs of the network, ``(n_sequences, n_outputs)``, in the order of `X`."""
        X, samples = self._prepare(X)
        result = answers(self.network_, samples, transform)
        check_answers(result, X)
        return result

    # -- saving ---------------------------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "mask"
        tags.target_tags.required = True
        return tags
