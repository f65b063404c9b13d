"""What a transcriber says of strings that are known."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sksequence.estimators._transcriber_answers import (
    as_table,
    best_strings,
    emitted,
    log_likelihoods,
)
from sksequence.estimators._validation import check_same_order
from sksequence.metrics import character_error_rate, word_error_rate


class KnownStringsMixin:
    """Times, likelihoods and errors of strings, for an ``_AlignmentEstimator``."""

    def align(
        self: Any,
        X: Any,
        y: Any = None,
        *,
        step_seconds: float | None = None,
        as_frame: bool = False,
    ) -> list:
        """When each label was emitted: the most probable path of a string (Viterbi).

        The network is free to emit a label late, or for one step of many: where a label is, is
        known better than how long it lasts.

        Parameters
        ----------
        X : sequences
            As in ``fit``.
        y : targets, default=None
            What was said; None: what ``predict`` writes.
        step_seconds : float, default=None
            Seconds from a step of X to the next, such as ``LogMelSpectrogram.hop / 1000``.
        as_frame : bool, default=False
            Give DataFrames, with a row for each label.

        Returns
        -------
        list of ndarray of int of shape (n_labels, 2), or of DataFrame
            The first step of X at which each label is emitted, and the one after its last; of
            floats, in seconds, with `step_seconds`. A DataFrame has the columns ``label``,
            ``start``, ``stop`` and, with `step_seconds`, ``start_seconds`` and ``stop_seconds``.

        Raises
        ------
        ValueError
            If a target has a label that was not in ``fit``, or needs more steps than its
            sequence has.
        """
        check_is_fitted(self)
        if y is None:
            X, strings = self._checked(X), [ranks[0].labels for ranks in best_strings(self, X, 1)]
        else:
            X, strings = self._read(X, y)
        spans = emitted(self, X, strings)
        if not as_frame:
            return spans if step_seconds is None else [span * step_seconds for span in spans]
        return [
            as_table(self.target_.names(string), span, step_seconds)
            for string, span in zip(strings, spans, strict=True)
        ]

    def score_samples(self: Any, X: Any, y: Any) -> np.ndarray:
        """Log-likelihood of each target, over all of its paths.

        Parameters
        ----------
        X : sequences
            As in ``fit``.
        y : targets
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_sequences,)
            In nats.

        Raises
        ------
        ValueError
            If a target has a label that was not in ``fit``, or needs more steps than its
            sequence has.
        """
        check_is_fitted(self)
        return log_likelihoods(self, *self._read(X, y))

    def score(self: Any, X: Any, y: Any) -> float:
        """One minus the character error rate of texts, or the label error rate of label lists.

        Parameters
        ----------
        X : sequences
            As in ``fit``.
        y : targets
            What was said. Labels that were not in ``fit`` count as errors.

        Returns
        -------
        float
            At most 1; negative where more is wrong than there are labels.
        """
        check_is_fitted(self)
        written, known = self.predict(X), self.target_.split(y, "y")
        check_same_order(X, y)
        if self.target_.kind == "texts":
            return 1.0 - character_error_rate(self.target_.join(known), written)
        return 1.0 - word_error_rate(known, [row.tolist() for row in written])
