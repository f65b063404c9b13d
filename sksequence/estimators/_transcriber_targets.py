"""Label strings as users give them: texts, lists of labels, or symbols."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np

from sksequence.estimators._containers import is_missing
from sksequence.estimators._sides import TextSide
from sksequence.inputs import Channel, SequenceArray
from sksequence.inputs._channel import offsets_from_lengths
from sksequence.preprocessing import TokenEncoder


class TargetLabels:
    """The labels of the targets of ``fit``, and the way from the user's types and back.

    Parameters
    ----------
    y : list, array or Series of texts or of lists of labels; or SequenceArray of symbols
        An empty text or list is a sequence in which nothing is said.
    encoder : TokenEncoder
        Not fitted; it says what a label of a text is, and is not used for others.
    name : str
        Of the estimator, for messages.

    Attributes
    ----------
    kind : {"texts", "lists", "symbols"}
    labels : ndarray of shape (n_labels,)
        All labels; the place of each is its number.
    """

    def __init__(self, y: Any, encoder: TokenEncoder, name: str):
        self.name = name
        self.kind, rows = _rows(y, "y", name)
        self.channel: Channel | None = None
        self.text: TextSide | None = None
        if self.kind == "symbols":
            self.channel = y.only
            self.labels = np.arange(self.channel.n_tokens)
        elif self.kind == "texts":
            spoken = [row for row in rows if row.strip()]
            _check_some(spoken, name)
            self.text = TextSide(encoder.fit(spoken), spoken)
            self.labels = _array(sorted(encoder.vocabulary_.tokens[1:]))  # but the unknown
        else:
            found = set().union(*map(set, rows))
            _check_some(found, name)
            self.labels = _array(sorted(found))
        self._numbers = {label: i for i, label in enumerate(self.labels.tolist())}

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, y: Any, what: str) -> list[list]:
        """The labels of each target, also those that are not known.

        Raises
        ------
        TypeError
            If `y` is no such collection, or of another kind than in ``fit``.
        ValueError
            If a target is missing, or symbols have another vocabulary.
        """
        kind, rows = _rows(y, what, self.name)
        if kind != self.kind and any(map(len, rows)):
            raise TypeError(
                f"{what} holds {kind}, but {self.name} was fitted on {self.kind}: give the same "
                "kind."
            )
        if self.channel is not None:
            _check_vocabulary(y, self.channel, what, self.name)
        if self.text is None:
            return [list(row) for row in rows]
        cut = self.text.encoder._tokens
        return [next(cut([row])) if row.strip() else [] for row in rows]

    def read(self, y: Any, what: str) -> list[np.ndarray]:
        """The numbers of the labels of each target.

        Raises
        ------
        ValueError
            If a label was not in ``fit``.
        """
        rows = self.split(y, what)
        for i, row in enumerate(rows):
            for label in row:
                if label not in self._numbers:
                    raise ValueError(
                        f"{what}[{i}] has the label {label!r}, which {self.name} was not fitted "
                        f"on (known are {len(self)}: {_some(self.labels)}): fit on targets that "
                        "hold it, or leave that sequence out."
                    )
        return [np.array([self._numbers[label] for label in row], dtype=np.int64) for row in rows]

    def write(self, strings: list[np.ndarray]) -> Any:
        """Numbers of labels -> object array of texts or of arrays of labels, or symbols."""
        if self.channel is not None:
            offsets = offsets_from_lengths(np.array([len(row) for row in strings], dtype=np.int64))
            ids = np.concatenate([np.empty(0, dtype=np.int64), *strings])
            return SequenceArray(
                {
                    "values": Channel(
                        ids,
                        n_tokens=self.channel.n_tokens,
                        vocabulary_id=self.channel.vocabulary_id,
                        unknown_id=self.channel.unknown_id,
                    )
                },
                offsets,
            )
        result = np.empty(len(strings), dtype=object)
        for i, row in enumerate(strings):
            result[i] = self.labels[row]
        return result if self.text is None else self.join(result)

    def join(self, rows: Iterable) -> np.ndarray:
        """Labels of texts -> texts."""
        rows = list(rows)
        result = np.empty(len(rows), dtype=object)
        for i, row in enumerate(rows):
            result[i] = self.text._join(list(row))
        return result

    def names(self, string: np.ndarray) -> list[str]:
        """What each label is called."""
        return [str(label) for label in self.labels[string]]


def _rows(y: Any, what: str, name: str) -> tuple[str, list]:
    """The kind of the targets, and each of them as a text or a list."""
    if isinstance(y, SequenceArray):
        if len(y.channels) != 1 or y.only.kind == "numeric" or y.only.item_offsets is not None:
            raise TypeError(
                f"{what} is {y!r}, but {name} writes labels: give texts, lists of labels, or a "
                "SequenceArray of symbols."
            )
        return "symbols", [row.tolist() for row in y]
    if isinstance(y, (str, bytes)) or not isinstance(y, Iterable):
        raise TypeError(
            f"{what} is {y!r} ({type(y).__name__}), but {name} expected a list with a text or a "
            "list of labels for each sequence."
        )
    given: Any = y
    if hasattr(given, "iloc"):
        column = given.ndim == 2 and given.shape[1] == 1
        given = (given.iloc[:, 0] if column else given).to_numpy()
    rows = [row.tolist() if isinstance(row, np.ndarray) else row for row in given]
    for i, row in enumerate(rows):
        _check_target(row, f"{what}[{i}]", name)
    kinds = {isinstance(row, str) for row in rows}
    if len(kinds) > 1:
        raise TypeError(f"{what} mixes texts and lists of labels: give one or the other.")
    return ("texts" if kinds == {True} else "lists"), rows


def _check_target(row: Any, where: str, name: str) -> None:
    if is_missing(row):
        raise ValueError(
            f"{where} is missing ({row!r}): drop the sequence; one in which nothing is said has "
            "an empty text or list."
        )
    if isinstance(row, str):
        return
    if not isinstance(row, (list, tuple)):
        raise TypeError(
            f"{where} is {row!r} ({type(row).__name__}), but {name} expected a text or a list of "
            "labels for each sequence. For one label a sequence use RNNClassifier."
        )
    for label in row:
        if not isinstance(label, (str, Integral)):
            raise TypeError(
                f"{where} holds {label!r} ({type(label).__name__}): a label is a str or an int. "
                "For sequences of numbers use Seq2SeqTransformer."
            )


def _check_some(found: Any, name: str) -> None:
    if not found:
        raise ValueError(
            f"no target in y has a label, so {name} has nothing to learn: check y, or the fold."
        )


def _check_vocabulary(y: Any, channel: Channel, what: str, name: str) -> None:
    if not isinstance(y, SequenceArray):
        return
    ids = y.only.vocabulary_id, channel.vocabulary_id
    if y.only.n_tokens != channel.n_tokens or (None not in ids and ids[0] != ids[1]):
        raise ValueError(
            f"{what} has {y.only.n_tokens} different symbols, but {name} was fitted on another "
            f"vocabulary of {channel.n_tokens}: encode both with one fitted encoder."
        )


def _array(labels: list) -> np.ndarray:
    """An array of labels; of strings an object array, so that no string takes others' room."""
    if any(isinstance(label, str) for label in labels):
        result = np.empty(len(labels), dtype=object)
        result[:] = labels
        return result
    return np.array(labels)


def _some(labels: np.ndarray) -> str:
    shown = ", ".join(repr(label) for label in labels[:8].tolist())
    return shown + (", ..." if len(labels) > 8 else "")
