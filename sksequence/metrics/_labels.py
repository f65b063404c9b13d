"""A label for each step, as users give them -> pairs of lists of the same lengths."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Labels = list[Hashable]


@dataclass(frozen=True, eq=False)
class LabelPairs:
    """The labels of each sequence on both sides, without ignored steps, and its weight."""

    true: list[Labels]
    pred: list[Labels]
    weights: np.ndarray  # (n_sequences,)

    def __iter__(self):
        return zip(self.true, self.pred, self.weights.tolist(), strict=True)


def check_labels(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, ignore_label: Hashable = None
) -> LabelPairs:
    """Return both sides as lists of lists.

    Parameters
    ----------
    y_true, y_pred : sequence of length n_sequences
        Lists, arrays or an object array of them, a SequenceArray of symbols, or a Series or
        one-column DataFrame of lists, or of labels with an index (sequence, step).
    sample_weight : array-like of shape (n_sequences,), default=None
    ignore_label : label, default=None
        Steps that have it in `y_true` are left out on both sides.

    Raises
    ------
    TypeError
        When a side holds no lists of labels, or text stands beside numbers.
    ValueError
        When the sides differ in length (the sequence is named), or nothing is left to score.
    """
    true, pred = read_labels("y_true", y_true), read_labels("y_pred", y_pred)
    if len(true) != len(pred):
        raise ValueError(
            f"y_true has {len(true)} sequences and y_pred has {len(pred)}: give the labels of "
            "the same sequences on both sides."
        )
    for i, (one, other) in enumerate(zip(true, pred, strict=True)):
        if len(one) != len(other):
            raise ValueError(
                f"sequence {i} has {len(one)} labels in y_true and {len(other)} in y_pred: give "
                "a label for each step on both sides."
            )
    weights = _weights(sample_weight, len(true))
    if ignore_label is not None:
        kept = [[not _same(label, ignore_label) for label in row] for row in true]
        true, pred = _chosen(true, kept), _chosen(pred, kept)
    if not any(true):
        what = "" if ignore_label is None else f" but ignore_label={ignore_label!r}"
        raise ValueError(f"There is nothing to score: y_true has no labels{what}.")
    _check_kinds(true, pred)
    return LabelPairs(true, pred, weights)


def read_labels(name: str, given: Any) -> list[Labels]:
    """One side as lists of hashable labels."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(
            f"{name} must be a list with the labels of each sequence, got {_short(given)}."
        )
    return [_row(row, f"{name}[{i}]") for i, row in enumerate(_rows(given))]


def _rows(given: Any) -> Iterable:
    """The sequences of a table: a list in each row, or a step in each, (sequence, step)."""
    if hasattr(given, "iloc"):
        if given.ndim == 2 and given.shape[1] == 1:
            given = given.iloc[:, 0]
        if given.ndim == 1 and given.index.nlevels == 2 and not _lists(given):
            # to import scores alone takes neither pandas nor scikit-learn
            from sksequence.inputs._long_index import rows_by_sequence

            return rows_by_sequence(given)
        return given.to_numpy()
    return given


def _lists(column: Any) -> bool:
    return any(isinstance(row, (list, tuple, np.ndarray)) for row in column.iloc[:1])


def _same(label: Any, other: Any) -> bool:
    return label == other or (label != label and other != other)


def _row(row: Any, where: str) -> Labels:
    series = hasattr(row, "tolist") and hasattr(row, "__len__")  # of numpy and pandas
    if isinstance(row, (str, bytes)) or not (series or isinstance(row, Sequence)):
        raise TypeError(
            f"{where} is {_short(row)}, but a list with a label for each step is expected: "
            "of one sequence give [labels]."
        )
    labels = row.tolist() if hasattr(row, "tolist") else list(row)
    for t, label in enumerate(labels):
        if not isinstance(label, (str, int, float, np.generic)):
            raise TypeError(
                f"{where}[{t}] is {_short(label)}: a label is a str or a number. Labels of a "
                "SequenceArray are its symbols, one channel without vectors."
            )
    return labels


def _weights(sample_weight: Any, n_sequences: int) -> np.ndarray:
    if sample_weight is None:
        return np.ones(n_sequences)
    weights = np.asarray(sample_weight, dtype=float)
    if weights.shape != (n_sequences,) or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(
            f"sample_weight must hold a finite weight of at least 0 for each of the {n_sequences} "
            f"sequences, got an array of shape {weights.shape}."
        )
    return weights


def _chosen(rows: list[Labels], kept: list[list[bool]]) -> list[Labels]:
    return [
        [label for label, keep in zip(row, keeps, strict=True) if keep]
        for row, keeps in zip(rows, kept, strict=True)
    ]


def _check_kinds(true: list[Labels], pred: list[Labels]) -> None:
    """Text on one side and numbers on the other never agree, which no score should hide."""
    kinds = [{isinstance(label, str) for row in side for label in row} for side in (true, pred)]
    if kinds[0].isdisjoint(kinds[1]):
        names = ["text" if True in kind else "numbers" for kind in kinds]
        raise TypeError(
            f"The labels of y_true are {names[0]} and those of y_pred are {names[1]}: give the "
            "same labels on both sides."
        )


def _short(value: Any) -> str:
    shown = repr(value)
    return f"{shown if len(shown) <= 60 else shown[:57] + '...'} ({type(value).__name__})"
