"""What a fitted tagger answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sksequence.estimators._prediction import step_answers
from sksequence.estimators._stream import SequenceStream
from sksequence.estimators._tagger_decoding import label_probabilities, predicted_labels
from sksequence.estimators._tagger_labels import (
    check_lengths,
    check_order,
    read_labels,
    read_weights,
    split_by_sequence,
)
from sksequence.estimators._tagger_reading import WordByWord, WordReader
from sksequence.estimators._tagger_stream import WordStream
from sksequence.inputs import SequenceArray


class TagAnswersMixin:
    """Labels and probabilities of each step; the estimator reads X with ``_prepare``."""

    _prepare: Any

    def predict(self: Any, X: Any) -> np.ndarray:
        """The labels of each sequence.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        ndarray of object of shape (n_sequences,)
            An array of labels for each sequence, as long as it: of a softmax the most probable
            label of each step, of a chain (or with a scheme) the most probable sequence of them.
        """
        X, samples = self._prepare(X)
        found = predicted_labels(self.network_, samples, X, self.transitions_)
        return split_by_sequence(self.classes_[found], X.offsets)

    def predict_proba(self: Any, X: Any) -> np.ndarray:
        """The probability of each label at each step.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        ndarray of object of shape (n_sequences,)
            An array of shape (n_steps, n_classes) for each sequence, with columns in the order of
            ``classes_``. Of a chain they are the ``predict_marginals``.
        """
        return self.predict_marginals(X)

    def predict_marginals(self: Any, X: Any) -> np.ndarray:
        """The probability of each label at each step, whatever the other labels are.

        Parameters
        ----------
        X : sequences
            As in ``fit``.

        Returns
        -------
        ndarray of object of shape (n_sequences,)
            An array of shape (n_steps, n_classes) for each sequence. Of a chain they are the sums
            over all sequences of labels (forward-backward algorithm); its best sequence need not
            have the most probable label of each step.
        """
        X, samples = self._prepare(X)
        return split_by_sequence(label_probabilities(self.network_, samples, X), X.offsets)

    def score(self: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the steps whose label is right.

        Parameters
        ----------
        X : sequences
            As in ``fit``.
        y : labels
            As in ``fit``. A label that was never seen is one that was not found.
        sample_weight : array-like of shape (n_sequences,), or like y, default=None
            Weights of the sequences (each of their steps has it), or of the steps.

        Returns
        -------
        float
            Steps that have `ignore_label` do not count.
        """
        check_is_fitted(self)
        check_order(X, y)
        read = self.reader_.read(X, self)
        labels = read_labels(y, "y", self.ignore_label)
        check_lengths(read, labels)
        found = np.concatenate(list(self.predict(read)))
        right = _equal(found, labels.values)
        weights, steps = read_weights(sample_weight, len(read))
        weight = labels.labelled.astype(np.float64)
        if weights is not None:
            weight *= np.repeat(weights, read.lengths)
        if steps is not None:
            weight *= steps[0]
        if not weight.any():
            raise ValueError("no step of y has a label and a weight: there is nothing to score.")
        return float(np.average(right, weights=weight))

    def hidden_states(self: Any, X: Any) -> SequenceArray:
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
        X, samples = self._prepare(X)
        return step_answers(self.network_, samples, X, "steps")

    def stream(
        self: Any, n_sequences: int | None = None, *, context: Any = None, transformer: Any = None
    ) -> SequenceStream:
        """Label step by step, at a cost that does not depend on the steps before.

        Parameters
        ----------
        n_sequences : int or None, default=None
            Sequences that go on side by side; None: one, whose steps and labels come without
            an axis for it.
        context : array-like of shape (n_sequences, n_context), default=None
            The context of each, where ``fit`` was given one.
        transformer : object with ``transform``, default=None
            In a pipeline what stands before: ``pipeline[-1].stream(transformer=pipeline[:-1])``
            takes the steps that the pipeline takes. It sees the new steps alone.

        Returns
        -------
        SequenceStream
            Its ``step`` takes the next step (or word) and gives its label, which is that of
            ``predict``.

        Raises
        ------
        ValueError
            If the network is bidirectional, or labels depend on later ones: in a chain, or with a
            scheme.
        """
        check_is_fitted(self)
        if self.output == "crf" or self.transitions_ is not None:
            what = "output='crf'" if self.output == "crf" else "a scheme, or forbid_unseen=True,"
            raise ValueError(
                f"{what} finds the best labels of a whole sequence, so a later step may change "
                "the label of an earlier one and no label is final when its step comes: fit with "
                "output='softmax', scheme=None and forbid_unseen=False to label step by step, or "
                "call predict on all steps so far."
            )
        if transformer is None and isinstance(self.reader_, WordReader):
            words = WordByWord(self.reader_.features)
            return WordStream(self, n_sequences, context=context, transformer=words)
        return SequenceStream(self, n_sequences, context=context, transformer=transformer)


def _equal(found: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if (found.dtype.kind == "U") != (labels.dtype.kind == "U"):
        return np.zeros(len(found), dtype=bool)
    return found == labels
