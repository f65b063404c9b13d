"""The sequences that an estimator is put to the test with, and what can be done to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from unittest import SkipTest

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.utils import get_tags

from sksequence.inputs import SequenceArray

N_SEQUENCES = 24
TEXTS = (
    "the soup was cold",
    "a kind waiter",
    "the waiter was cold and the soup was kind",
    "cold",
    "we waited for the soup",
    "kind",
    "was the waiter kind or cold",
    "soup and waiter and soup",
)


@dataclass(frozen=True)
class Examples:
    """Sequences with their targets.

    Parameters
    ----------
    X : SequenceArray, list of arrays, or list of str
    y : array-like, list of str, SequenceArray or None
    """

    X: Any
    y: Any

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, index: Any) -> Examples:
        return Examples(pick(self.X, index), pick(self.y, index))

    def first_steps(self, lengths: Any) -> Examples:
        """Only the first `lengths[i]` steps of sequence i, and as many labels of steps."""
        y = self.y
        if _are_labels_of_steps(y, self.X):
            y = [row[:n] for row, n in zip(y, lengths, strict=True)]
        return Examples(cut(self.X, lengths), y)


def examples_for(estimator: Any, X: Any = None, y: Any = None) -> Examples:
    """The user's own examples, or small ones that suit the tags of the estimator."""
    if X is not None:
        if y is not None and not isinstance(y, (list, SequenceArray)):
            y = np.asarray(y)
        return Examples(X if isinstance(X, SequenceArray) else list(X), y)
    tags = get_tags(estimator).input_tags
    if tags.string and not tags.two_d_array:
        return Examples(list(TEXTS * (N_SEQUENCES // len(TEXTS))), _targets(estimator, None))
    rng = np.random.default_rng(0)
    if _writes(estimator) and not tags.string:
        return _captioned(rng)
    lengths = rng.integers(1, 9, size=N_SEQUENCES)
    lengths[[3, 11]] = 1
    lengths[[5, 6, 7, 8]] = 6
    values = rng.normal(size=(lengths.sum(), 2))
    made = SequenceArray(values, np.concatenate([[0], np.cumsum(lengths)]))
    if _writes(estimator):
        return Examples(made, SequenceArray(values[:, :1] + 2 * values[:, 1:], made.offsets))
    if _labels_steps(estimator):
        return Examples(made, [np.where(x[:, 0] > 0, "up", "down") for x in made])
    return Examples(made, _targets(estimator, made))


def _are_labels_of_steps(y: Any, X: Any) -> bool:
    """Whether there is a list of labels for each sequence, as long as the sequence."""
    if not isinstance(y, list) or is_text(X) or any(np.ndim(row) != 1 for row in y):
        return False
    return np.array_equal([len(row) for row in y], lengths_of(X))


def _labels_steps(estimator: Any) -> bool:
    """Whether each step has a target: it then has a parameter for steps without one."""
    if is_classifier(estimator) or is_regressor(estimator):
        return False
    return any(name.split("__")[-1] == "ignore_label" for name in estimator.get_params())


def _writes(estimator: Any) -> bool:
    """Whether the targets are texts or sequences: scikit-learn has no tag for them.

    They are those of a transformer that needs targets, has a parameter ``analyzer`` to read
    texts with, and (unlike a pipeline that ends in one) is no classifier or regressor.
    """
    if is_classifier(estimator) or is_regressor(estimator):
        return False
    names = [name.split("__")[-1] for name in estimator.get_params()]
    return get_tags(estimator).target_tags.required and "analyzer" in names


def _captioned(rng: np.random.Generator) -> Examples:
    """A vector each, as a sequence of one step, and what can be said about it."""
    vectors = rng.normal(size=(N_SEQUENCES, 3))
    words = np.where(vectors[:, :2] > 0, ["high", "wide"], ["low", "narrow"])
    captions = [f"{first} and {second}" for first, second in words]
    return Examples(SequenceArray(vectors, np.arange(N_SEQUENCES + 1)), captions)


def _targets(estimator: Any, X: Any) -> np.ndarray | None:
    if X is None:
        numbers = np.arange(N_SEQUENCES) % 4
    else:  # the order of the steps counts, and so does each of them
        numbers = np.array([x[:, 0].mean() + 0.5 * x[-1, 1] for x in X])
    if is_classifier(estimator):
        return (numbers > np.median(numbers)).astype(int)
    if is_regressor(estimator) or get_tags(estimator).target_tags.required:
        return 8.0 + numbers  # positive, for losses that ask for it
    return None


def is_text(X: Any) -> bool:
    """Whether the sequences are texts."""
    return isinstance(X, list) and isinstance(X[0], str)


def is_numeric(X: Any) -> bool:
    """Whether the steps are numbers, and nothing stands beside them."""
    if isinstance(X, SequenceArray):
        channels = list(X.channels.values())
        return len(channels) == 1 and channels[0].kind == "numeric" and X.context is None
    return not is_text(X)


def lengths_of(X: Any) -> np.ndarray:
    """Steps of each sequence."""
    return np.array([len(x) for x in X]) if isinstance(X, list) else X.lengths


def pick(X: Any, index: Any) -> Any:
    """The sequences (or targets) at `index`, an array of integers or a slice."""
    if X is None:
        return None
    if isinstance(X, list) and not isinstance(index, slice):
        return [X[i] for i in index]
    return X[index]


def join(first: Any, second: Any) -> Any:
    """The sequences of both, one after the other."""
    return first + second if isinstance(first, list) else np.concatenate([first, second])


def cut(X: Any, lengths: Any) -> Any:
    """Only the first `lengths[i]` steps of sequence i."""
    if isinstance(X, list):
        return [x[:n] for x, n in zip(X, lengths, strict=True)]
    spans = zip(X.offsets[:-1], lengths, strict=True)
    steps = np.concatenate([np.arange(start, start + n) for start, n in spans])
    channels = {name: channel.take(steps) for name, channel in X.channels.items()}
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return SequenceArray(channels, offsets, context=X.context, names=X.names)


def change(X: Any, i: int, t: int, value: float | None = None) -> Any:
    """A copy in which step t of sequence i is `value`, or just another one (None)."""
    if is_text(X):
        raise SkipTest("texts have no numeric steps")
    if isinstance(X, list):
        changed = np.array(X[i], dtype=float)
        changed[t] = changed[t] + 3.0 if value is None else value
        return [*X[:i], changed, *X[i + 1 :]]
    at = X.offsets[i] + t
    for name, channel in X.channels.items():
        if channel.kind == "numeric" and channel.item_offsets is None:
            values = channel.values.copy()
            values[at] = values[at] + 3.0 if value is None else value
            return X.with_channel(name, values)
    if value is not None:
        raise SkipTest("the examples have no numeric steps")
    name, channel = next(iter(X.channels.items()))
    ids = channel.values.copy()
    ids[at] = (ids[at] + 1) % channel.n_tokens
    renamed = SequenceArray(ids, X.offsets, n_tokens=channel.n_tokens, vectors=channel.vectors)
    return X.with_channel(name, renamed.only)


def widen(X: Any) -> tuple[Any, int, int]:
    """The same with one more feature in each step (or symbol): X, then both numbers."""
    if is_text(X):
        raise SkipTest("texts have no features")
    if isinstance(X, list):
        arrays = [np.asarray(x, dtype=float) for x in X]
        arrays = [x[:, np.newaxis] if x.ndim == 1 else x for x in arrays]
        n = arrays[0].shape[1]
        return [np.concatenate([x, x[:, :1]], axis=1) for x in arrays], n, n + 1
    for name, channel in X.channels.items():
        if channel.kind == "numeric":
            values = np.concatenate([channel.values, channel.values[:, :1]], axis=1)
            wide = X.with_channel(name, values)
            return wide, channel.n_features, wide.channels[name].n_features
    name, channel = next(iter(X.channels.items()))
    n = channel.n_tokens
    vectors = channel.vectors
    if vectors is not None:
        vectors = np.concatenate([vectors, vectors[:1]])
    more = SequenceArray(channel.values, X.offsets, n_tokens=n + 1, vectors=vectors)
    return X.with_channel(name, more.only), n, n + 1


def longest(X: Any, n_steps: int) -> Any:
    """One sequence of `n_steps` steps, made of the steps of X one after the other."""
    if is_text(X):
        return [" ".join(X * (1 + n_steps // len(X)))]
    if isinstance(X, list):
        flat = np.concatenate(X * (1 + n_steps // max(1, sum(map(len, X)))))
        return [flat[:n_steps]]
    steps = np.arange(n_steps) % X.offsets[-1]
    channels = {name: channel.take(steps) for name, channel in X.channels.items()}
    context = None if X.context is None else X.context[:1]
    return SequenceArray(channels, [0, n_steps], context=context)


def scramble(X: Any) -> Any:
    """Sequences of the same lengths with other steps."""
    if is_text(X):
        return X[::-1]
    if isinstance(X, list):
        flat = np.roll(np.concatenate(X), 7, axis=0)
        return np.split(flat, np.cumsum(lengths_of(X))[:-1])
    steps = np.roll(np.arange(X.offsets[-1]), 7)
    channels = {name: channel.take(steps) for name, channel in X.channels.items()}
    context = None if X.context is None else X.context[::-1]
    return SequenceArray(channels, X.offsets, context=context)
