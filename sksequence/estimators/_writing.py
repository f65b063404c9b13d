"""What estimators can say about written symbols beside the best output.

The classes here are mixins of ``_EncoderDecoderEstimator``s, which have ``_read_source(X)``
(the sources, and their Originals or None) and ``_read_pairs(X, y) -> Pairs``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sksequence.decoding import sample_search
from sksequence.estimators._containers import row_names
from sksequence.estimators._decoding import log_likelihoods, search_all
from sksequence.estimators._parameters import check_positive
from sksequence.estimators._sides import documents
from sksequence.utils._random import make_generator, torch_generator


class SeveralOutputsMixin:
    """The best output under another name, and outputs beside it."""

    def predict(self: Any, X: Any) -> Any:
        """What ``transform`` gives: ``cross_val_predict`` asks for a method of this name.

        Parameters
        ----------
        X : sources
            As in ``fit``.

        Returns
        -------
        outputs
            As ``transform``.
        """
        return self.transform(X)

    def transform_n_best(self: Any, X: Any, n_best: int = 5) -> tuple[list, np.ndarray]:
        """The best outputs of a beam search, for symbols.

        Parameters
        ----------
        X : sources
            As in ``fit``.
        n_best : int, default=5
            How many; the beam is at least as wide.

        Returns
        -------
        outputs : list of length n_sequences
            For each source its `n_best` outputs, the best first.
        scores : ndarray of shape (n_sequences, n_best)
            Log-probabilities with the penalties of the search; minus infinity where there are
            fewer outputs.
        """
        check_is_fitted(self)
        _needs_symbols(self, "transform_n_best")
        check_positive("n_best", n_best)
        source, originals = self._read_source(X)
        found = self._write(source, n_best)
        scores = np.array([row["scores"] for row in found])
        side = self.target_side_
        ranks = [documents(side.write(side.rows(found, originals, k))) for k in range(n_best)]
        return [list(outputs) for outputs in zip(*ranks, strict=True)], scores

    def sample(
        self: Any,
        X: Any,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        max_steps: int | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
    ) -> Any:
        """Draw a target for each source, symbol by symbol.

        Parameters
        ----------
        X : sources
            As in ``fit``.
        temperature : float, default=1.0
            Below one makes probable symbols more probable.
        top_k : int, default=None
            Draw only among the `top_k` most probable symbols.
        top_p : float, default=None
            Draw only among the most probable symbols that together have the probability
            `top_p` (Holtzman et al., 2020).
        max_steps : int, default=None
            Steps at most; None: as for ``transform``.
        random_state : int, RandomState, Generator or None, default=None
            Of the draws.

        Returns
        -------
        outputs
            As ``transform``.
        """
        check_is_fitted(self)
        _needs_symbols(self, "sample")
        if max_steps is not None:
            check_positive("max_steps", max_steps)
        source, originals = self._read_source(X)
        generator = torch_generator(make_generator(random_state), self._device)
        spec, side = self.network_.decoder.spec, self.target_side_

        def search(stepper, state, memory, limits):
            return sample_search(
                stepper,
                state,
                memory,
                start=spec.start,
                end=spec.end,
                max_steps=limits,
                temperature=temperature,
                top_k=top_k,
                top_p=top_p,
                generator=generator,
            )

        limits = self._limits(source.lengths)
        if max_steps is not None:
            limits = np.full_like(limits, max_steps)
        never = side.never
        found = search_all(self.network_, self._sources(source), limits, search, never)
        return side.write(side.rows(found, originals), row_names(X))


class LikelihoodMixin:
    """How probable given targets are."""

    def score_samples(self: Any, X: Any, y: Any) -> np.ndarray:
        """Log-likelihood of each target with its end, given its source, in nats.

        Parameters
        ----------
        X, y : sources and targets
            As in ``fit``; targets of symbols.

        Returns
        -------
        ndarray of shape (n_sequences,)
            Where a source has several targets, their mean.
        """
        check_is_fitted(self)
        _needs_symbols(self, "score_samples")
        pairs = self._read_pairs(X, y)
        found = log_likelihoods(self.network_, self._pairs(*pairs))
        if pairs.positions is None:
            return found
        return np.bincount(pairs.positions, found) / np.bincount(pairs.positions)

    def perplexity(self: Any, X: Any, y: Any) -> float:
        r"""The exponential of the mean negative log-likelihood of a symbol (the ends count).

        Parameters
        ----------
        X, y : sources and targets
            As in ``fit``; targets of symbols.

        Returns
        -------
        float
            At least 1; a uniform guess has the size of the vocabulary.
        """
        check_is_fitted(self)
        _needs_symbols(self, "perplexity")
        pairs = self._read_pairs(X, y)
        total = log_likelihoods(self.network_, self._pairs(*pairs)).sum()
        return float(np.exp(-total / (pairs.target.lengths + 1).sum()))


def _needs_symbols(estimator: Any, what: str) -> None:
    if estimator.target_side_.kind != "symbols":
        raise ValueError(
            f"{what} needs targets of symbols (text, token lists, a SequenceArray of ids), "
            f"but {type(estimator).__name__} was fitted on numbers: use transform and score."
        )
