"""The two sides of a sequence-to-sequence estimator: the user's types and back.

A side reads what the user gives as a SequenceArray and writes what a network gives in the
user's types. All sides have ``kind`` ("symbols" or "numeric"), ``size`` (symbols, or features of
a step), ``read`` and ``write``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from sksequence.batches import Standardizer
from sksequence.inputs import SequenceArray, SequenceSchema, check_sequences
from sksequence.inputs._vocabulary import UNKNOWN
from sksequence.preprocessing import TokenEncoder

NO_SPACE_BEFORE = re.compile(r" (?=[.,!?;:)\]}%\u2026]|['\u2019]\w)")
NO_SPACE_AFTER = re.compile(r"(?<=[(\[{]) ")


def holds_text(X: Any) -> bool:
    """Whether the first element of a collection is a text or a list of tokens."""
    if isinstance(X, SequenceArray) or X is None:
        return False
    if isinstance(X, (str, bytes)):
        return True  # TokenEncoder says what is wrong with it
    if getattr(X, "ndim", 1) == 2 and hasattr(X, "iloc"):
        X = X.iloc[:, 0]
    if hasattr(X, "iloc"):
        X = X.tolist()
    try:
        first = next(iter(X), None)
    except TypeError:
        return False
    while isinstance(first, (list, tuple, np.ndarray)) and len(first):
        first = first[0]
    return isinstance(first, str)


def learn_side(
    X: Any, what: str, encoder: TokenEncoder, estimator: Any
) -> tuple[Any, SequenceArray]:
    """The side that fits what the user gives, and what it reads.

    Parameters
    ----------
    X : texts, token lists, or sequences of numbers or symbols
    what : str
        "X" or "y", for messages.
    encoder : TokenEncoder
        Not fitted; it is fitted on texts and token lists.
    estimator : estimator
        Named in messages; of X it gets ``n_features_in_``.
    """
    if holds_text(X):
        return _learn_text(X, what, encoder)
    sequences = _check(X, what, estimator, reset=True)
    channel = sequences.only if len(sequences.channels) == 1 else None
    if channel is None or channel.kind == "numeric":
        return NumericSide(sequences, X), sequences
    return SymbolSide(sequences), sequences


def _learn_text(X, what, encoder):
    side = TextSide(encoder, X)
    with _named(what):
        sequences = encoder.fit_transform(X)
    side.size = encoder.n_tokens_
    return side, sequences


class TextSide:
    """Texts or token lists, numbered by a TokenEncoder.

    Parameters
    ----------
    encoder : TokenEncoder
    example : list, array or Series of documents
        Its container and kind of documents are those that are written.
    """

    kind = "symbols"
    size: int

    def __init__(self, encoder: TokenEncoder, example: Any):
        self.encoder = encoder
        first = next(iter(example.tolist() if hasattr(example, "iloc") else example), "")
        self.as_text = isinstance(first, str)
        self.as_list = isinstance(example, (list, tuple))

    def read(self, X: Any, what: str, estimator: Any) -> SequenceArray:
        """Ids of documents; unknown tokens share one."""
        if not holds_text(X):
            raise TypeError(
                f"{what} ({type(X).__name__}) holds no text, but {type(estimator).__name__} was "
                f"fitted on {'texts' if self.as_text else 'lists of tokens'}: give the same kind."
            )
        with _named(what):
            return self.encoder.transform(X)

    def rows(self, found: list[dict], sources: list[list[str]] | None, rank: int = 0) -> list:
        """The tokens that a search found; unknown ones replaced by those of the source."""
        rows = []
        for i, result in enumerate(found):
            tokens = self.encoder.vocabulary_.decode(result["ids"][rank])
            if sources is not None and UNKNOWN in tokens:
                looked = result["attention"][rank].argmax(axis=1)  # (n_steps,)
                tokens = [
                    sources[i][s] if token == UNKNOWN else token
                    for token, s in zip(tokens, looked, strict=True)
                ]
            rows.append(tokens)
        return rows

    def rows_of(self, X: Any, read: SequenceArray) -> list[list[str]]:
        """The tokens of documents as they stand there, also unknown ones."""
        if getattr(X, "ndim", 1) == 2:
            X = X.iloc[:, 0] if hasattr(X, "iloc") else X[:, 0]
        return list(self.encoder._tokens(X.tolist() if hasattr(X, "tolist") else list(X)))

    def labels(self, rows: list[list[str]]) -> list[list[str]]:
        """A name for each step."""
        return rows

    def write(self, rows: Sequence[list[str]]) -> Any:
        """Lists of tokens -> texts or token lists, in the container of the example."""
        written: list[Any] = [self._join(row) if self.as_text else row for row in rows]
        if self.as_list:
            return written
        result = np.empty(len(written), dtype=object)
        result[:] = written
        return result

    def _join(self, tokens: list[str]) -> str:
        analyzer = self.encoder.analyzer
        if analyzer == "char":
            return "".join(tokens)
        if analyzer == "subword":
            from sksequence.preprocessing._subwords import join_subwords

            return join_subwords(tokens)
        return NO_SPACE_AFTER.sub("", NO_SPACE_BEFORE.sub("", " ".join(tokens)))


class SymbolSide:
    """A SequenceArray of symbols.

    Parameters
    ----------
    example : SequenceArray
    """

    kind = "symbols"

    def __init__(self, example: SequenceArray):
        self.size = int(example.only.n_tokens)
        self.schema = SequenceSchema.of(example)

    def read(self, X: Any, what: str, estimator: Any) -> SequenceArray:
        """The symbols, checked to be of the same vocabulary."""
        sequences = _check(X, what, estimator, reset=False)
        self.schema.check(sequences, type(estimator).__name__, what)
        return sequences

    def rows(self, found: list[dict], sources: None, rank: int = 0) -> list:
        """The ids that a search found."""
        return [result["ids"][rank] for result in found]

    def rows_of(self, X: Any, read: SequenceArray) -> list[np.ndarray]:
        """The ids of the sequences."""
        return list(read)

    def labels(self, rows: Sequence[np.ndarray]) -> list[list[str]]:
        """A name for each step: the id."""
        return [[str(i) for i in row] for row in rows]

    def write(self, rows: Sequence[np.ndarray]) -> SequenceArray:
        """Arrays of ids -> SequenceArray."""
        return SequenceArray.from_list([np.asarray(row) for row in rows], n_tokens=self.size)


class NumericSide:
    """Numbers, standardised per feature over all steps.

    Parameters
    ----------
    sequences : SequenceArray
    example : object
        What the user gave; lists are written as lists, object arrays as such.
    """

    kind = "numeric"

    def __init__(self, sequences: SequenceArray, example: Any):
        self.schema = SequenceSchema.of(sequences)
        self.as_list = isinstance(example, (list, tuple))
        self.as_array = isinstance(example, np.ndarray) and example.dtype == object
        self.flat = self.as_list and np.ndim(example[0]) == 1
        self.size = self.schema.n_features
        self.scaling: Standardizer | None = None

    def learn_scale(self, sequences: SequenceArray, weights: np.ndarray | None) -> None:
        """Mean and deviation of each feature over all steps."""
        per_step = None if weights is None else np.repeat(weights, sequences.lengths)
        self.scaling = Standardizer.fit(_flat(sequences), per_step)

    def scaled(self, sequences: SequenceArray) -> SequenceArray:
        """The same sequences, standardised."""
        values = _flat(sequences)
        if self.scaling is not None:
            values = self.scaling.apply(values, np.float64)
        return SequenceArray(values, sequences.offsets)

    def read(self, X: Any, what: str, estimator: Any) -> SequenceArray:
        """The sequences, checked to have the same features."""
        sequences = _check(X, what, estimator, reset=False)
        self.schema.check(sequences, type(estimator).__name__, what)
        return sequences

    def rows_of(self, X: Any, read: SequenceArray) -> list[np.ndarray]:
        """The numbers of the sequences."""
        return list(read) if len(read.channels) == 1 else [np.empty((n, 0)) for n in read.lengths]

    def rows(self, found: list[dict], sources: None, rank: int = 0) -> list:
        """The numbers that were rolled out."""
        return [result["values"] for result in found]

    def labels(self, rows: Sequence[np.ndarray]) -> list[list[int]]:
        """A name for each step: its position."""
        return [list(range(len(row))) for row in rows]

    def write(self, rows: Sequence[np.ndarray]) -> Any:
        """Standardised ``(n_steps, n_features)`` -> numbers in the container of the example."""
        if self.scaling is not None:
            rows = [row * self.scaling.scale + self.scaling.mean for row in rows]
        if self.flat:
            rows = [row[:, 0] for row in rows]
        if self.as_list:
            return list(rows)
        if self.as_array:
            result = np.empty(len(rows), dtype=object)
            for i, row in enumerate(rows):
                result[i] = row
            return result
        return SequenceArray.from_list(list(rows))


class _named:
    """Put "in X: " or "in y: " before the message of an error."""

    def __init__(self, what: str):
        self.what = what

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind in (TypeError, ValueError):
            raise kind(f"in {self.what}: {error}") from error


def _check(X: Any, what: str, estimator: Any, reset: bool) -> SequenceArray:
    if what == "X":
        return check_sequences(X, estimator=estimator, reset=reset)
    with _named(what):
        return check_sequences(X)


def _flat(sequences: SequenceArray) -> np.ndarray:
    parts = [c.values.reshape(len(c.values), -1) for c in sequences.channels.values()]
    return np.concatenate(parts, axis=1)
