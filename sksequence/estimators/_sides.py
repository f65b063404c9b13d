"""The two sides of a sequence-to-sequence estimator: the user's types and back.

A side reads what the user gives as a SequenceArray and writes what a network gives in the
user's types. All sides have ``kind`` ("symbols" or "numeric"), ``size`` (symbols, or features of
a step), ``unknown_id`` (that of all unknown tokens, or None), ``unwritten`` (the same, also where
somebody else's encoder numbered them), ``read`` and ``write``; those of symbols have ``never``, an
id that a search must not find, or None.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from sksequence.batches import Standardizer
from sksequence.estimators._containers import Container, holds_text, is_missing
from sksequence.estimators._kinds import (
    check_one_kind,
    check_sequences_not_values,
    warn_of_integer_tokens,
    warn_of_texts_in_lists,
)
from sksequence.inputs import Channel, SequenceArray, SequenceSchema, check_sequences
from sksequence.inputs._vocabulary import UNKNOWN
from sksequence.preprocessing import TokenEncoder

NO_SPACE_BEFORE = re.compile(r" (?=[.,!?;:)\]}%\u2026]|['\u2019]\w)")
NO_SPACE_AFTER = re.compile(r"(?<=[(\[{]) ")


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
        return _learn_text(X, what, encoder, estimator)
    if what == "y":
        warn_of_integer_tokens(X)
    sequences = _check(X, what, estimator, reset=True)
    if what == "y" and len(sequences.channels) > 1:
        raise ValueError(
            f"y has the channels {list(sequences.channels)}, but {type(estimator).__name__} writes "
            "one: choose it, or put numeric ones side by side as features of a step."
        )
    schema = SequenceSchema.of(sequences)
    if what == "y" or getattr(estimator, "embedding_trainable", True):
        schema = schema.with_any_vectors()  # tables are a start: another one will do
    if len(sequences.channels) > 1 or sequences.only.kind == "numeric":
        return NumericSide(schema, X), sequences
    return SymbolSide(schema), sequences


def _learn_text(X, what, encoder, estimator):
    with _named(what, estimator):
        sequences = encoder.fit_transform(X)
    check_one_kind(documents(X), what)
    if what == "y":
        warn_of_texts_in_lists(documents(X), what)
    side = TextSide(encoder, X)
    if side.unknown_id is not None:
        side.unknown_share = float(np.mean(sequences.only.values == side.unknown_id))
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
    never: int | None = None
    unknown_share = 0.0  # of the tokens of the first fit

    def __init__(self, encoder: TokenEncoder, example: Any):
        self.encoder = encoder
        self.size = encoder.n_tokens_
        self.unknown_id = encoder.vocabulary_.unknown_id
        self.container = Container.of(example)
        self.as_text = isinstance(next(iter(documents(example))), str)

    @property
    def unwritten(self) -> int | None:
        """The id of the tokens that are not known, which stands for none of them."""
        return self.unknown_id

    def like(self, X: Any) -> TextSide:
        """The same, but it writes documents such as `X`."""
        return TextSide(self.encoder, X)

    def read(self, X: Any, what: str, estimator: Any) -> SequenceArray:
        """Ids of documents; unknown tokens share one."""
        if not holds_text(X) and not _says_nothing(X):
            raise TypeError(
                f"{what} ({type(X).__name__}) holds no text, but {type(estimator).__name__} was "
                f"fitted on {'texts' if self.as_text else 'lists of tokens'}: give the same kind."
            )
        with _named(what, estimator):
            sequences = self.encoder.transform(X)
        check_one_kind(documents(X), what, self.as_text if what.startswith("y") else None)
        return sequences

    def rows(self, found: list[dict], originals: Originals | None, rank: int = 0) -> list:
        """The tokens that a search found; unknown ones replaced by those of the source."""
        rows = []
        for i, result in enumerate(found):
            tokens = self.encoder.vocabulary_.decode(result["ids"][rank])
            if originals is not None and UNKNOWN in tokens:
                copied = originals.looked_at(i, result["attention"][rank])
                tokens = [
                    copy if token == UNKNOWN else token
                    for token, copy in zip(tokens, copied, strict=True)
                ]
            rows.append(tokens)
        return rows

    def rows_of(self, X: Any, read: SequenceArray) -> list[list[str]]:
        """The tokens of documents as they stand there, also unknown ones."""
        return list(self.encoder._tokens(documents(X)))

    def labels(self, rows: list[list[str]]) -> list[list[str]]:
        """A name for each step."""
        return rows

    def write(self, rows: Sequence[list[str]], index: Any = None) -> Any:
        """Lists of tokens -> texts or token lists, in the container of the example."""
        return self.container.fill([self._join(r) if self.as_text else r for r in rows], index)

    def _join(self, tokens: list[str]) -> str:
        analyzer = self.encoder.analyzer
        if analyzer == "char":
            return "".join(tokens)
        if analyzer == "subword":
            from sksequence.preprocessing._subwords import join_subwords

            return join_subwords(tokens)
        return NO_SPACE_AFTER.sub("", NO_SPACE_BEFORE.sub("", " ".join(tokens)))


class Originals:
    """Sources as they stand there, of which tokens are copied.

    Parameters
    ----------
    side : TextSide
        That of the sources.
    X : collection of documents
    read : SequenceArray
        What the side reads in them.
    """

    def __init__(self, side: TextSide, X: Any, read: SequenceArray):
        self.side, self.read = side, read
        self.documents = list(documents(X))

    def looked_at(self, i: int, weights: np.ndarray) -> list[str]:
        """The tokens of source i with most attention, one for each row of `weights`.

        Where the source has unknown tokens, only they come into question: an unknown token of
        a target stands for one of them rather than for a word that all know.
        """
        unknown = np.asarray(self.read[i]) == self.side.unknown_id
        if unknown.any():
            weights = np.where(unknown, weights, -1.0)
        (tokens,) = self.side.encoder._tokens([self.documents[i]])
        return [tokens[s] for s in weights.argmax(axis=1)]


class SymbolSide:
    """A SequenceArray of symbols.

    Parameters
    ----------
    schema : SequenceSchema
    """

    kind = "symbols"
    unknown_id = None
    never = None

    def __init__(self, schema: SequenceSchema):
        self.schema = schema
        self.channel = next(iter(schema.channels.values()))
        self.size = int(self.channel.n_tokens)

    @property
    def unwritten(self) -> int | None:
        """The id of the symbols that an encoder did not know, which stands for none of them."""
        return self.channel.unknown_id

    def like(self, X: Any) -> SymbolSide:
        """The same: it writes a SequenceArray always."""
        return self

    def read(self, X: Any, what: str, estimator: Any) -> SequenceArray:
        """The symbols, checked to be of the same vocabulary."""
        return _read_alike(self, X, what, estimator)

    def rows(self, found: list[dict], originals: None, rank: int = 0) -> list:
        """The ids that a search found."""
        return [result["ids"][rank] for result in found]

    def rows_of(self, X: Any, read: SequenceArray) -> list[np.ndarray]:
        """The ids of the sequences."""
        return list(read)

    def labels(self, rows: Sequence[np.ndarray]) -> list[list[str]]:
        """A name for each step: the id."""
        return [[str(i) for i in row] for row in rows]

    def write(self, rows: Sequence[np.ndarray], index: Any = None) -> SequenceArray:
        """Arrays of ids -> SequenceArray."""
        ids = np.concatenate(rows) if len(rows) else np.empty(0, dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
        channel = Channel(
            ids,
            n_tokens=self.size,
            vocabulary_id=self.channel.vocabulary_id,
            unknown_id=self.channel.unknown_id,
        )
        return SequenceArray({"values": channel}, offsets)


class NumericSide:
    """Numbers, standardised per feature over all steps.

    Parameters
    ----------
    schema : SequenceSchema
    example : object
        What the user gave; numbers are written in the same container.
    """

    kind = "numeric"
    unknown_id = None
    unwritten = None

    def __init__(self, schema: SequenceSchema, example: Any):
        self.schema = schema
        self.container = Container.of(example)
        self.size = schema.n_features
        shape = next(iter(schema.channels.values())).shape
        self.shape = () if _is_flat(example, self.container) else shape
        self.scaling: Standardizer | None = None

    @property
    def n_steps(self) -> int | None:
        """The steps that all sequences have, where they came in a table."""
        return self.container.n_steps

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

    def like(self, X: Any) -> NumericSide:
        """The same, but it writes numbers in the container of `X`."""
        side = NumericSide(self.schema, X)
        side.scaling = self.scaling
        return side

    def read(self, X: Any, what: str, estimator: Any) -> SequenceArray:
        """The sequences, checked to have the same features."""
        return _read_alike(self, X, what, estimator)

    def rows_of(self, X: Any, read: SequenceArray) -> list[np.ndarray]:
        """The numbers of the sequences."""
        return list(read) if len(read.channels) == 1 else [np.empty((n, 0)) for n in read.lengths]

    def rows(self, found: list[dict], originals: None, rank: int = 0) -> list:
        """The numbers that were rolled out."""
        return [result["values"] for result in found]

    def labels(self, rows: Sequence[np.ndarray]) -> list[list[int]]:
        """A name for each step: its position."""
        return [list(range(len(row))) for row in rows]

    def write(self, rows: Sequence[np.ndarray], index: Any = None) -> Any:
        """Standardised ``(n_steps, n_features)`` -> numbers in the container of the example."""
        if self.scaling is not None:
            rows = [row * self.scaling.scale + self.scaling.mean for row in rows]
        return self.container.fill([row.reshape(len(row), *self.shape) for row in rows], index)


def _is_flat(example: Any, container: Container) -> bool:
    """Whether a step is a number, not an array of one."""
    if container.kind in ("list", "array", "series", "column"):
        return np.ndim(next(iter(documents(example)))) == 1
    return container.kind == "wide" or (container.kind == "table" and np.asarray(example).ndim == 2)


def documents(X: Any) -> Any:
    """The sequences of a list, an array, a Series or a column, one after the other."""
    if getattr(X, "ndim", 1) == 2:
        X = X.iloc[:, 0] if hasattr(X, "iloc") else X[:, 0]
    return X


def _says_nothing(X: Any) -> bool:
    """Whether there is nothing in a collection that tells texts from numbers."""
    if isinstance(X, (SequenceArray, dict)) or X is None or hasattr(X, "__next__"):
        return False
    return hasattr(X, "__iter__") and all(map(is_missing, documents(X)))


class _named:
    """Put "in X: " or "in y: " before the message of an error."""

    def __init__(self, what: str, estimator: Any):
        self.what, self.name = what, type(estimator).__name__

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind not in (TypeError, ValueError):
            return
        message = str(error)
        for verb in ("got", "expected", "needs"):  # nobody who reads it asked for an encoder
            message = message.replace(f"TokenEncoder {verb}", f"{self.name} {verb}")
        if message.startswith("Input X "):
            raise kind(message.replace("Input X", f"Input {self.what}", 1)) from error
        raise kind(f"in {self.what}: {message}") from error


def _check(X: Any, what: str, estimator: Any, reset: bool) -> SequenceArray:
    check_sequences_not_values(X, what, type(estimator).__name__)
    if what == "X":
        return check_sequences(X, estimator=estimator, reset=reset)
    with _named(what, estimator):  # the clone gives its name; what is remembered of X stays
        return check_sequences(X, estimator=clone(estimator), reset=True)


def _read_alike(side: Any, X: Any, what: str, estimator: Any) -> SequenceArray:
    name = type(estimator).__name__
    if holds_text(X) and not isinstance(X, (str, bytes)):
        kind = "numbers" if side.kind == "numeric" else "a SequenceArray of symbols"
        raise TypeError(
            f"{what} ({type(X).__name__}) holds text, but {name} was fitted on {kind}: give the "
            "same kind, or fit on texts."
        )
    sequences = _check(X, what, estimator, reset=False)
    side.schema.check(sequences, name, what)
    return sequences


def _flat(sequences: SequenceArray) -> np.ndarray:
    parts = [c.values.reshape(len(c.values), -1) for c in sequences.channels.values()]
    return np.concatenate(parts, axis=1)
