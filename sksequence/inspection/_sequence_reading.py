"""A set of sequences as it is looked at: how long they are, and some of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.estimators._containers import holds_text
from sksequence.inputs import Channel, SequenceArray, Vocabulary, check_sequences
from sksequence.inspection._gradient_flow_display import COLORS
from sksequence.preprocessing._analyzers import check_documents

KINDS = ("numbers", "frames", "symbols", "text")
MOST_CLASSES = 8  # with a colour each; of more, as many as there are colours
DIGITS = re.compile(r"(\d+)")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Contents:
    """Sequences of one kind.

    Parameters
    ----------
    kind : {"numbers", "frames", "symbols", "text"}
        Numbers of shape ``(n_steps, n_features)``, frames of shape ``(n_steps, *frame_shape)``,
        lists of symbols, or texts that are cut into words.
    lengths : ndarray of shape (n_sequences,)
    unit : str
        What is counted: "steps", "words" or "characters".
    sequences : sequence
        Anything that gives a sequence by its position.
    feature_names : tuple of str
        Of numbers.
    n_missing : int
        Missing numbers.
    title : str
        What else there is to say.
    """

    kind: str
    lengths: np.ndarray
    unit: str
    sequences: Any
    feature_names: tuple[str, ...] = ()
    n_missing: int = 0
    title: str = ""

    def sequence(self, i: int) -> Any:
        """Sequence `i`: an array, or a list of str."""
        return self.sequences[i]


def read_contents(X: Any, channel: str | None, vocabulary: Any, what: str) -> Contents:
    """What there is in any container of sequences.

    Raises
    ------
    TypeError, ValueError
        If it is no set of sequences, or has no such channel.
    """
    if isinstance(X, str):
        raise TypeError(
            f"{what} looks at a set of sequences, but X is one text of {len(X)} characters: put it "
            "in a list, or give a list of texts."
        )
    if not isinstance(X, SequenceArray) and holds_text(X):
        return _of_texts(check_documents(X, _Named(what)))
    if not isinstance(X, SequenceArray):
        X = check_sequences(X, allow_nan=True)
    if len(X) == 0:
        raise ValueError(f"{what} got 0 sequences: give at least one.")
    name = _chosen_channel(X, channel, what)
    return _of_channel(X, name, X.channels[name], vocabulary, what)


class _Named:
    """Stands for an estimator in messages of checks that name one."""

    def __new__(cls, name: str) -> Any:
        return type(name, (), {})()


# -- texts ----------------------------------------------------------------------------------------


class _Cut:
    """Texts that are cut into words or characters when they are asked for."""

    def __init__(self, documents: Sequence[Any], in_words: bool):
        self.documents, self.in_words = documents, in_words

    def __getitem__(self, i: int) -> list[str]:
        document = self.documents[i]
        if not isinstance(document, str):
            return list(map(str, document))
        return document.split() if self.in_words else list(document)


def _of_texts(documents: Any) -> Contents:
    documents = list(documents)
    texts = isinstance(documents[0], str)
    in_words = texts and any(any(map(str.isspace, text.strip())) for text in documents)
    counted = ((d.split() if in_words and isinstance(d, str) else d) for d in documents)
    lengths = np.fromiter(map(len, counted), dtype=np.int64, count=len(documents))
    unit = "words" if in_words else "characters" if texts else "tokens"
    kind = "text" if in_words or not texts else "symbols"
    return Contents(kind, lengths, unit, _Cut(documents, in_words))


# -- arrays ---------------------------------------------------------------------------------------


def _chosen_channel(X: SequenceArray, channel: str | None, what: str) -> str:
    if channel is None:
        plain = [k for k, c in X.channels.items() if c.item_offsets is None]
        return (plain or list(X.channels))[0]
    if channel not in X.channels:
        raise ValueError(
            f"{what} has no channel {channel!r}: known are {', '.join(map(repr, X.channels))}."
        )
    return channel


def _of_channel(
    X: SequenceArray, name: str, channel: Channel, vocabulary: Any, what: str
) -> Contents:
    title = "" if len(X.channels) == 1 else f"channel {name!r} of {len(X.channels)}"
    if channel.item_offsets is not None:
        raise ValueError(
            f"channel {name!r} has several items in a step, which {what} does not draw: choose "
            "another with channel=...."
        )
    if channel.n_tokens is not None:
        tokens = _tokens_of(vocabulary, channel, what)
        kind = "text" if tokens is not None and max(map(len, tokens)) > 1 else "symbols"
        return Contents(kind, X.lengths, "steps", _Decoded(X, channel, tokens), title=title)
    values = channel.values if channel.values.ndim > 1 else channel.values[:, None]
    kind = "numbers" if values.ndim == 2 else "frames"
    names = tuple(map(str, channel.feature_names or ()))
    if kind == "numbers" and not names:
        names = tuple(f"x{j}" for j in range(values.shape[1]))
    n_missing = int(np.isnan(values).sum()) if values.dtype.kind == "f" else 0
    return Contents(kind, X.lengths, "steps", _Parts(X, values), names, n_missing, title)


class _Parts:
    """The values of a channel, sequence by sequence."""

    def __init__(self, X: SequenceArray, values: np.ndarray):
        self.offsets, self.values = X.offsets, values

    def __getitem__(self, i: int) -> np.ndarray:
        return self.values[self.offsets[i] : self.offsets[i + 1]]


class _Decoded:
    """Symbols by their names, or their numbers."""

    def __init__(self, X: SequenceArray, channel: Channel, tokens: Sequence[str] | None):
        self.ids, self.tokens = _Parts(X, channel.values), tokens

    def __getitem__(self, i: int) -> list[str]:
        ids = self.ids[i].tolist()
        return [str(k) if self.tokens is None else self.tokens[k] for k in ids]


def _tokens_of(vocabulary: Any, channel: Channel, what: str) -> Sequence[str] | None:
    """The names of the symbols, of a Vocabulary or of a fitted encoder that has one."""
    found = getattr(vocabulary, "vocabulary_", vocabulary)
    if found is None:
        return None
    if not isinstance(found, Vocabulary):
        raise TypeError(
            f"{what} reads names of symbols from a fitted TokenEncoder or Word2VecEmbedder, or a "
            f"Vocabulary, got {type(vocabulary).__name__}."
        )
    known = None in (channel.vocabulary_id, found.fingerprint)
    if channel.n_tokens != len(found) or not (known or channel.vocabulary_id == found.fingerprint):
        raise ValueError(
            f"{what} got a vocabulary of {len(found)} tokens that is not the one with which these "
            f"symbols ({channel.n_tokens}) were numbered: give the encoder that made them."
        )
    return found.tokens


# -- targets --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """The targets of the sequences.

    Parameters
    ----------
    kind : {"classes", "numbers", "labels", "step labels"}
        One class each; numbers; several labels each; a label for each step.
    names : list of str
        Of the classes or labels, the most frequent first, numbers in their order; of numbers
        their columns.
    counts : ndarray of shape (n_names,)
        How many sequences (or steps) have each.
    codes : ndarray of shape (n_sequences,)
        The class of each sequence as a place in `names`; -1 where it has none or several.
    values : ndarray of shape (n_sequences, n_columns)
        Of numbers.
    """

    kind: str
    names: list[str]
    counts: np.ndarray
    codes: np.ndarray
    values: np.ndarray


def read_answers(y: Any, n_sequences: int, what: str) -> Answers | None:
    """What y is; None if there is none.

    Raises
    ------
    ValueError
        If it has not one entry for each sequence.
    """
    if y is None:
        return None
    counted = hasattr(y, "__len__") and not isinstance(y, (str, bytes))
    if not counted or len(y) != n_sequences:
        given = f"{len(y)} in y" if counted else f"y={y!r}"
        raise ValueError(
            f"{what} needs one target for each of the {n_sequences} sequences, got {given}."
        )
    if _has_rows_of_labels(y):
        return _counted([label for row in y for label in row], n_sequences)
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    none = np.full(n_sequences, -1)
    if values.ndim == 2:
        names = [str(name) for name in getattr(y, "columns", range(values.shape[1]))]
        if np.isin(values, (0, 1)).all():
            counts = values.sum(axis=0).astype(np.int64)
            order = np.argsort(-counts, kind="stable")
            return Answers("labels", [names[i] for i in order], counts[order], none, values)
        return Answers("numbers", names, np.zeros(0), none, values.astype(float))
    if _are_numbers(values):
        return Answers("numbers", ["y"], np.zeros(0), none, values.astype(float)[:, None])
    return _classes(values)


def _has_rows_of_labels(y: Any) -> bool:
    """Whether each entry is a list of labels, of any length."""
    first = next(iter(y), None)
    if isinstance(first, (list, tuple)) and isinstance(y, (list, tuple)):
        return not all(isinstance(v, (int, float)) for v in first)
    holds_objects = str(getattr(y, "dtype", "")) == "object"
    return holds_objects and isinstance(first, (list, tuple, np.ndarray))


def _are_numbers(values: np.ndarray) -> bool:
    """Whether y is measured and not named: fractions, or many different whole numbers."""
    if values.dtype.kind not in "iuf":
        return False
    there = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    different = len(np.unique(there))
    return bool((there != np.floor(there)).any()) or different > max(20, len(values) ** 0.5)


def natural(name: str) -> tuple:
    """A key that sorts numbers in names as numbers: "2" before "10", "week 9" before "week 10"."""
    parts = DIGITS.split(name)
    return tuple((0, float(p), "") if i % 2 else (1, 0.0, p) for i, p in enumerate(parts) if p)


def _classes(values: np.ndarray) -> Answers:
    names, codes, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)
    order = _order_of_classes(names.tolist(), counts)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    found = [str(names[i]) for i in order]
    return Answers("classes", found, counts[order], place[codes], np.zeros((len(values), 0)))


def _order_of_classes(names: list[str], counts: np.ndarray) -> np.ndarray:
    """The most frequent first, of equally frequent ones in natural order; numbers as numbers.

    Of more numbers than are shown, the most frequent ones come first, in their order.
    """
    order = sorted(range(len(names)), key=lambda i: (-counts[i], natural(names[i])))
    if all(NUMBER.fullmatch(name) for name in names):
        first = n_shown(len(names))
        order[:first] = sorted(order[:first], key=lambda i: float(names[i]))
    return np.array(order, dtype=np.int64)


def n_shown(n_classes: int) -> int:
    """How many classes have a colour of their own."""
    return n_classes if n_classes <= MOST_CLASSES else len(COLORS)


def _counted(labels: list, n_sequences: int) -> Answers:
    found = _classes(np.array([str(label) for label in labels]))
    none = np.full(n_sequences, -1)
    return Answers("step labels", found.names, found.counts, none, np.zeros((n_sequences, 0)))


def spread(lengths: np.ndarray, answers: Answers | None, n: int) -> np.ndarray:
    """Positions of `n` sequences, as many of each class as can be, short and long ones.

    The most frequent classes come first; targets that are numbers are a low, a middle and a high
    class. Within a class sequences are evenly spaced in the order of length, from the tenth to
    the ninetieth percentile.
    """
    n = max(1, min(n, len(lengths)))
    codes = np.full(len(lengths), -1)
    if answers is not None:
        codes = _thirds(answers.values[:, 0]) if answers.kind == "numbers" else answers.codes
    classes, counts = np.unique(codes, return_counts=True)
    classes = np.sort(classes[np.argsort(-counts, kind="stable")][:n])
    shares = [n // len(classes) + (i < n % len(classes)) for i in range(len(classes))]
    chosen: list[int] = []
    for label, share in zip(classes, shares, strict=True):
        members = np.flatnonzero(codes == label)
        ordered = members[np.argsort(lengths[members], kind="stable")]
        edge, last = len(ordered) // 10, len(ordered) - 1
        places = [last / 2] if share == 1 else np.linspace(edge, last - edge, share)
        chosen += [int(ordered[p]) for p in np.unique(np.round(places).astype(int))]
    return np.array(chosen, dtype=np.int64)


def _thirds(values: np.ndarray) -> np.ndarray:
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return ranks * 3 // len(values)
