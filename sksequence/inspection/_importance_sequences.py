"""Exchanging parts of sequences of different lengths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline

from sksequence.inputs import SequenceArray, check_sequences
from sksequence.utils._sklearn import safe_indexing


@dataclass(frozen=True)
class Feature:
    """What is exchanged of a step: a column of a channel, or the whole of it.

    Parameters
    ----------
    name : str
    channel : str or None
        None: the context, side data of the whole sequence.
    column : int or None
        None: the whole channel.
    """

    name: str
    channel: str | None
    column: int | None = None


@dataclass(frozen=True)
class SequenceExchange:
    """Sequences whose parts are exchanged, and the estimator that scores them.

    Parameters
    ----------
    score_of : callable
        ``score_of(X)`` of sequences in the container that the estimator reads.
    sequences : SequenceArray
    features : list of Feature
    blocks : ndarray of shape (n_steps,)
        The block of each step.
    block_names : list of str
    align : str
    score_name : str
    """

    score_of: Callable
    sequences: SequenceArray
    features: list[Feature]
    blocks: np.ndarray
    block_names: list[str]
    align: str
    score_name: str

    @classmethod
    def read(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        scoring: Any,
        n_blocks: int,
        align: str,
        drawn: Callable,
        sample_weight: Any,
    ) -> SequenceExchange:
        """Of a fitted estimator and its input, in any container."""
        estimator, X, scorer = _entrance(estimator, X, scoring)
        sequences = check_sequences(X, allow_nan=True)
        rows = drawn(len(sequences))
        if len(rows) < len(sequences):
            sequences, X = sequences[rows], safe_indexing(X, rows)
            y, sample_weight = (
                None if part is None else safe_indexing(part, rows) for part in (y, sample_weight)
            )
        rebuild = _rebuilder(X)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}

        def score_of(exchanged):
            return scorer(estimator, rebuild(exchanged), y, **weights)

        blocks, names = _blocks(sequences.lengths, n_blocks, align)
        score_name = scoring if isinstance(scoring, str) else "score"
        return cls(score_of, sequences, _features(sequences), blocks, names, align, score_name)

    @property
    def n_samples(self) -> int:
        """How many sequences there are."""
        return len(self.sequences)

    @property
    def feature_names(self) -> list[str]:
        """Of all features, those of the context last."""
        return [feature.name for feature in self.features]

    @property
    def timed(self) -> list[int]:
        """Features that have a value at each step."""
        return [i for i, feature in enumerate(self.features) if feature.channel is not None]

    def score(
        self, order: np.ndarray | None = None, feature: int | None = None, block: int | None = None
    ) -> Any:
        """The score when sequence i has the part of sequence ``order[i]``."""
        if order is None:
            return self.score_of(self.sequences)
        return self.score_of(self._exchanged(order, feature, block))

    def _exchanged(self, order, feature, block) -> SequenceArray:
        X = self.sequences
        wanted = [self.features[i] for i in (self.timed if feature is None else [feature])]
        if wanted[0].channel is None:
            context = X.context.copy()
            context[:, wanted[0].column] = context[order, wanted[0].column]
            return X.with_context(context)
        rows = donors(X.offsets, order, self.align)
        if block is not None:
            rows = np.where(self.blocks == block, rows, np.arange(len(rows)))
        for part in wanted:
            channel = X.channels[part.channel]
            if part.column is None:
                X = X.with_channel(part.channel, channel.take(rows))
            else:
                values = channel.values.copy()
                values[:, part.column] = values[rows, part.column]
                X = X.with_channel(part.channel, replace(channel, values=values))
        return X


def donors(offsets: np.ndarray, order: np.ndarray, align: str) -> np.ndarray:
    """For each step of all sequences, the step whose value it gets.

    At each distance from the end (or the start) the given permutation of all sequences is
    replaced by the one that it induces on those that reach as far: who is too short hands on to
    its own donor. Of a uniform permutation that is uniform again.

    Parameters
    ----------
    offsets : ndarray of shape (n_sequences + 1,)
    order : ndarray of shape (n_sequences,)
        Which sequence each one receives from.
    align : {"end", "start", "relative"}

    Returns
    -------
    ndarray of shape (n_steps,)
    """
    lengths = np.diff(offsets)
    sequence = np.repeat(np.arange(len(lengths)), lengths)
    step = np.arange(offsets[-1]) - offsets[sequence]
    donor = order[sequence]
    if align == "relative":
        at = (2 * step + 1) * lengths[donor] // (2 * lengths[sequence])
        return offsets[donor] + at
    distance = lengths[sequence] - 1 - step if align == "end" else step
    short = np.flatnonzero(lengths[donor] <= distance)
    while len(short):
        donor[short] = order[donor[short]]
        short = short[lengths[donor[short]] <= distance[short]]
    return offsets[donor] + (lengths[donor] - 1 - distance if align == "end" else distance)


def _blocks(lengths: np.ndarray, n_blocks: int, align: str) -> tuple[np.ndarray, list[str]]:
    """The block of each step, in the order of time, and the names of the blocks."""
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    step = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    length = np.repeat(lengths, lengths)
    if align == "relative":
        edges = np.linspace(0, 100, n_blocks + 1)
        names = [f"{a:.0f} to {b:.0f} %" for a, b in pairwise(edges)]
        return (2 * step + 1) * n_blocks // (2 * length), names
    longest = int(lengths.max())
    cuts = np.unique(np.arange(n_blocks + 1) * longest // n_blocks)
    place = step + longest - length if align == "end" else step
    shift = longest if align == "end" else 0
    return np.searchsorted(cuts, place, side="right") - 1, span_names(cuts - shift)


def span_names(cuts: np.ndarray) -> list[str]:
    """Names of the rows between neighbouring cuts."""
    spans = [(first, stop - 1) for first, stop in pairwise(cuts.tolist())]
    return [f"{first}" if first == last else f"{first} to {last}" for first, last in spans]


def _features(X: SequenceArray) -> list[Feature]:
    """Columns of numeric channels, other channels as they are, columns of the context."""
    found, several = [], len(X.channels) > 1
    for name, channel in X.channels.items():
        columns = channel.values.shape[1:]
        if channel.kind != "numeric" or len(columns) > 1 or channel.item_offsets is not None:
            found.append(Feature(name, name))
            continue
        names = channel.feature_names
        if names is None:
            names = tuple(f"{name}_{j}" if several else f"x{j}" for j in range(columns[0]))
        found += [Feature(str(label), name, j) for j, label in enumerate(names)]
    if X.context is not None:
        found += [Feature(f"context {j}", None, j) for j in range(X.context.shape[1])]
    return found


# -- containers ---------------------------------------------------------------------------------


def _entrance(estimator: Any, X: Any, scoring: Any) -> tuple[Any, Any, Callable]:
    """What reads sequences, the sequences that it reads, and the scorer.

    Texts go through the first steps of a pipeline, until one makes symbols of them.
    """
    if not _holds_text(X):
        return estimator, X, check_scoring(estimator, scoring=scoring)
    whole = estimator
    if hasattr(estimator, "best_estimator_"):
        scoring = getattr(estimator, "scorer_", None) if scoring is None else scoring
        estimator = estimator.best_estimator_
    while not isinstance(X, SequenceArray):
        if not isinstance(estimator, Pipeline) or len(estimator) < 2:
            raise TypeError(
                "permutation_importance exchanges steps, but X holds texts and no step of "
                f"{type(whole).__name__} makes a SequenceArray of them: give a pipeline that "
                "begins with TokenEncoder() or Word2VecEmbedder(). Of a table of text features, "
                "take sklearn.inspection.permutation_importance on the table."
            )
        step, estimator = estimator[0], estimator[1:]
        X = X if step in (None, "passthrough") else step.transform(X)
    return estimator, X, check_scoring(estimator, scoring=scoring)


def _holds_text(X: Any) -> bool:
    if isinstance(X, SequenceArray) or getattr(X, "ndim", 1) != 1 or not hasattr(X, "__len__"):
        return False
    if isinstance(X, (str, bytes, dict)) or not len(X):
        return False  # no container of sequences, which is said where it is read
    first = X.iloc[0] if hasattr(X, "iloc") else X[0]
    if isinstance(first, (list, tuple, np.ndarray)) and len(first):
        first = first[0]
    return isinstance(first, (str, bytes))


def _rebuilder(X: Any) -> Callable[[SequenceArray], Any]:
    """From exchanged sequences back to the container that came; others stay a SequenceArray."""
    if isinstance(X, np.ndarray) and X.dtype != object:
        return lambda exchanged: exchanged.values.reshape(X.shape)
    if isinstance(X, (list, tuple)):
        shapes = [np.shape(one) for one in X]
        return lambda exchanged: [
            one.reshape(shape) for one, shape in zip(exchanged, shapes, strict=True)
        ]
    wide = hasattr(X, "iloc") and X.ndim == 2 and X.index.nlevels == 1
    if wide and all(dtype.kind != "O" for dtype in X.dtypes):
        return lambda exchanged: type(X)(
            exchanged.values.reshape(X.shape), index=X.index, columns=X.columns
        )
    return lambda exchanged: exchanged
