"""How well a sequence is written again from its vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from sksequence.decoding import greedy_search
from sksequence.estimators._containers import row_names
from sksequence.estimators._decoding import Sources, log_likelihoods, roll_out_all, search_all
from sksequence.inputs import SequenceArray


class ReconstructionMixin:
    """Sequences written again by an ``_EncoderDecoderEstimator`` that is its own target."""

    def reconstruct(self: Any, X: Any) -> Any:
        """Write each sequence again, from its vector alone.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        sequences
            In the type of `X`. Numbers have as many steps as in `X`; of symbols, the decoder
            says where a sequence ends.
        """
        check_is_fitted(self)
        sequences = self.source_side_.read(X, "X", self)
        side = self.target_side_.like(X)
        return side.write(side.rows(_reconstructed(self, sequences), None), row_names(X))

    def reconstruction_error(self: Any, X: Any) -> np.ndarray:
        """How badly each sequence is written again.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_sequences,)
            Of numbers: the mean squared error over steps and features, in units of each
            feature's variance in the training data (with ``normalize=False``, in its own units
            squared). Of symbols: the mean negative log-likelihood of a symbol given those before
            it (the end counts), in nats.
        """
        check_is_fitted(self)
        sequences = self.source_side_.read(X, "X", self)
        if self.target_side_.kind == "symbols":
            totals = log_likelihoods(self.network_, self._pairs(sequences, sequences))
            return -totals / (sequences.lengths + 1)
        found = _reconstructed(self, sequences)
        truth = self.target_side_.scaled(sequences)
        pairs = zip(truth, found, strict=True)
        return np.array([np.mean((steps - row["values"]) ** 2) for steps, row in pairs])

    def score(self: Any, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """How well sequences are written again: R2 of numbers, the share of right symbols.

        Parameters
        ----------
        X : sequences
            As in ``fit``.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weights of the sequences.

        Returns
        -------
        float
            Of numbers, the mean coefficient of determination of the features, over all steps;
            at most 1. Of symbols, the share that stands in ``reconstruct`` at the same place;
            between 0 and 1.
        """
        check_is_fitted(self)
        sequences = self.source_side_.read(X, "X", self)
        weights = None
        if sample_weight is not None:
            weights = np.repeat(np.asarray(sample_weight, dtype=np.float64), sequences.lengths)
        found = _reconstructed(self, sequences)
        if self.target_side_.kind == "numeric":
            truth = self.target_side_.scaled(sequences).only.values
            values = np.concatenate([row["values"] for row in found])
            return float(r2_score(truth, values, sample_weight=weights))
        pairs = zip(sequences, found, strict=True)
        right = [_same_places(ids, row["ids"][0]) for ids, row in pairs]
        return float(np.average(np.concatenate(right), weights=weights))


def written(
    estimator: Any, sources: Sources, limits: np.ndarray, lengths: Any = None
) -> list[dict[str, Any]]:
    """What is written for each source: ids, or standardised values.

    Parameters
    ----------
    estimator : SequenceAutoencoder
    sources : SequenceSamples, or ndarray of shape (n_sequences, n_units)
        The sequences, or their vectors.
    limits : ndarray of shape (n_sequences,)
        Steps at most.
    lengths : int or ndarray of shape (n_sequences,), default=None
        Of numbers: steps exactly.
    """
    network = estimator.network_
    spec = network.decoder.spec
    if spec.kind == "numeric":
        if lengths is not None:
            lengths = np.broadcast_to(lengths, limits.shape).astype(np.int64)
        return roll_out_all(network, sources, limits, lengths)

    def search(stepper, state, memory, max_steps):
        ends = {"start": spec.start, "end": spec.end}
        return greedy_search(stepper, state, memory, max_steps=max_steps, **ends)

    return search_all(network, sources, limits, search)


def _reconstructed(estimator: Any, sequences: SequenceArray) -> list[dict[str, Any]]:
    """What is written for each sequence; of numbers, as many steps as it has."""
    lengths = None
    if estimator.target_side_.kind == "numeric":
        lengths = sequences.lengths
    limits = estimator._limits(sequences.lengths)
    return written(estimator, estimator._sources(sequences), limits, lengths)


def _same_places(ids: np.ndarray, written: np.ndarray) -> np.ndarray:
    """For each of `ids` whether it is written at the same place."""
    n = min(len(ids), len(written))
    return np.concatenate([ids[:n] == written[:n], np.zeros(len(ids) - n, dtype=bool)])
