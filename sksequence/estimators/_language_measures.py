"""One number for how well a language model knows some sequences."""

from __future__ import annotations

from typing import Any

import numpy as np


class MeasuresMixin:
    """Measures of an estimator that has ``_scored(X)``: log-likelihoods and numbers of steps."""

    def score(self: Any, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Mean log-likelihood of a step, in nats.

        Parameters
        ----------
        X : sequences, or one text
            As in ``fit``.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weights of the sequences.

        Returns
        -------
        float
            The higher the better. Where the end is a symbol, it counts as a step.
        """
        totals, n_steps = self._scored(X)
        weights = np.ones(len(totals)) if sample_weight is None else np.asarray(sample_weight)
        return float(weights @ totals / (weights @ n_steps))

    def perplexity(self: Any, X: Any) -> float:
        r"""The exponential of the mean negative log-likelihood of a step.

        Parameters
        ----------
        X : sequences, or one text
            As in ``fit``.

        Returns
        -------
        float
            Of symbols at least 1; a uniform guess has the number of symbols.
        """
        return float(np.exp(-self.score(X)))

    def bits_per_step(self: Any, X: Any) -> float:
        """Mean negative log-likelihood of a step, in bits.

        Parameters
        ----------
        X : sequences, or one text
            As in ``fit``.

        Returns
        -------
        float
            What an ideal coder would need for a step.
        """
        return -self.score(X) / float(np.log(2))
