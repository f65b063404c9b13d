"""A label for each step, as users give them: flat arrays beside the flat steps."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import chain, pairwise
from numbers import Number, Real
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from sksequence.estimators._containers import is_missing
from sksequence.estimators._validation import (
    check_class_weight_numbers,
    check_same_order,
    check_same_rows,
    refuse_booleans,
)
from sksequence.inputs import SequenceArray
from sksequence.inputs._channel import offsets_from_lengths, ragged_positions
from sksequence.inputs._long_index import order_of_steps
from sksequence.tasks._tagging import UNLABELLED


@dataclass(frozen=True)
class StepLabels:
    """Labels of all steps, sequence after sequence.

    Parameters
    ----------
    values : ndarray of shape (n_steps,)
        What stands at unlabelled steps has no meaning.
    labelled : ndarray of bool of shape (n_steps,)
    lengths : ndarray of int of shape (n_sequences,)
    """

    values: np.ndarray
    labelled: np.ndarray
    lengths: np.ndarray


@dataclass(frozen=True)
class Tagged:
    """Sequences with encoded labels and weights.

    Parameters
    ----------
    X : SequenceArray
    labels : ndarray of int of shape (n_steps,), or None
        -1 at unlabelled steps; None: there are no labels.
    weights : ndarray of shape (n_sequences,) or None
    step_weights : ndarray of shape (n_steps,) or None
    """

    X: SequenceArray
    labels: Any
    weights: np.ndarray | None = None
    step_weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, positions: np.ndarray) -> Tagged:
        steps = ragged_positions(self.X.offsets[:-1][positions], self.X.lengths[positions])
        return Tagged(
            self.X[positions],
            self.labels[steps],
            None if self.weights is None else self.weights[positions],
            None if self.step_weights is None else self.step_weights[steps],
        )


def read_labels(y: Any, name: str, ignore_label: Any = None) -> StepLabels:
    """Labels in any container.

    Parameters
    ----------
    y : list, tuple, object array or Series of lists or arrays, 2-D array, SequenceArray of one \
            channel, or Series or one-column DataFrame with an index (sequence, step)
        A label for each step of each sequence.
    name : str
        "y", for messages.
    ignore_label : object, default=None
        What stands at unlabelled steps; None: all have a label.

    Raises
    ------
    TypeError, ValueError
        If y is not that: a label a sequence, a missing label, strings beside numbers.
    """
    if isinstance(y, SequenceArray):
        return _of_array(_channel_values(y, name), y.lengths, name, ignore_label)
    if hasattr(y, "iloc") and y.index.nlevels == 2:
        return _of_array(*_long(y, name), name, ignore_label)
    rows = _rows(y)
    for i, row in enumerate(rows):
        if isinstance(row, (str, bytes, dict, set)) or np.ndim(row[:1] if _sized(row) else 0) == 0:
            raise ValueError(_flat(row, i, name))
        if np.ndim(row[:1]) > 1:
            raise ValueError(_wide(row, i, name))
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    kinds = {row.dtype.kind if isinstance(row, np.ndarray) else "O" for row in rows}
    if rows and len(kinds) == 1 and kinds <= set("iubfU"):
        return _of_array(np.concatenate(rows), lengths, name, ignore_label)
    plain = (row.tolist() if isinstance(row, np.ndarray) else row for row in rows)
    return _of_list(list(chain.from_iterable(plain)), lengths, name, ignore_label)


def _sized(row: Any) -> bool:
    return row.ndim > 0 if isinstance(row, np.ndarray) else hasattr(row, "__len__")


def _rows(y: Any) -> list:
    if not hasattr(y, "iloc"):
        return list(y)
    column = y.ndim == 2 and y.shape[1] == 1 and len(y)
    if column and isinstance(y.iloc[0, 0], (list, tuple, np.ndarray)):
        y = y.iloc[:, 0]
    return list(y.to_numpy())


def _channel_values(y: SequenceArray, name: str) -> np.ndarray:
    if len(y.channels) != 1 or y.only.item_offsets is not None or y.only.values.ndim > 2:
        raise ValueError(f"{name} must have one channel with one label a step, got {y!r}.")
    values = y.only.values
    if values.ndim == 2:
        if values.shape[1] != 1:
            raise ValueError(f"{name} has {values.shape[1]} columns a step: give one label a step.")
        values = values[:, 0]
    whole = values.dtype.kind == "f" and np.isfinite(values).all() and (values % 1 == 0).all()
    return values.astype(np.int64) if whole else values


def _long(y: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The values in the order in which ``SequenceArray.from_frame`` has the steps."""
    if y.ndim == 2:
        if y.shape[1] != 1:
            raise ValueError(f"{name} has the columns {list(y.columns)}: give one, of labels.")
        y = y.iloc[:, 0]
    order, lengths = order_of_steps(y.index)
    return y.to_numpy()[order], lengths


def _of_array(values: np.ndarray, lengths, name: str, ignore_label: Any) -> StepLabels:
    if values.dtype.kind not in "iubfU":
        return _of_list(list(values), lengths, name, ignore_label)
    labelled = np.ones(len(values), dtype=bool)
    text = isinstance(ignore_label, str)
    if ignore_label is not None and text == (values.dtype.kind == "U"):
        nan = values.dtype.kind == "f" and ignore_label != ignore_label
        labelled = values == values if nan else values != ignore_label
    known = values[labelled]
    if known.dtype.kind == "f":
        if np.isnan(known).any():
            raise ValueError(_missing(int(np.argmax(labelled & np.isnan(values))), lengths, name))
        if (known % 1 != 0).any():
            raise ValueError(_numbers(known[known % 1 != 0][0], name))
    return StepLabels(values, labelled, np.asarray(lengths))


def _of_list(flat: list, lengths: np.ndarray, name: str, ignore_label: Any) -> StepLabels:
    labelled = np.ones(len(flat), dtype=bool)
    if ignore_label is not None:
        labelled[:] = [not _same(value, ignore_label) for value in flat]
    at = np.flatnonzero(labelled)
    if not len(at):
        return StepLabels(np.zeros(len(flat), dtype=np.int64), labelled, lengths)
    known = [flat[i] for i in at.tolist()]
    _check_kinds(known, at, lengths, name)
    values = np.array(known)
    if values.dtype.kind == "f" and (values % 1 != 0).any():
        raise ValueError(_numbers(values[values % 1 != 0][0], name))
    full = np.full(len(flat), values[0], dtype=values.dtype)
    full[labelled] = values
    return StepLabels(full, labelled, lengths)


def _check_kinds(known: list, at: np.ndarray, lengths: np.ndarray, name: str) -> None:
    """Raise ValueError unless all labels are strings, or all are numbers that are there."""
    kinds = set(map(type, known))
    strange = tuple(kind for kind in kinds if not issubclass(kind, (str, Number, np.bool_)))
    if strange or any(issubclass(kind, (float, np.floating)) for kind in kinds):
        for i, value in zip(at.tolist(), known, strict=True):
            if is_missing(value):
                raise ValueError(_missing(i, lengths, name))
            if isinstance(value, strange):
                where = _place(i, lengths, name)
                raise ValueError(f"{where} is {value!r}: a label is a string or a whole number.")
    if len({issubclass(kind, str) for kind in kinds}) > 1:
        text = next(value for value in known if isinstance(value, str))
        number = next(value for value in known if not isinstance(value, str))
        raise ValueError(
            f"{name} has strings beside numbers ({text!r} and {number!r}): make all of them "
            "strings, or set ignore_label to what stands at unlabelled steps."
        )


def _same(value: Any, other: Any) -> bool:
    if value is other:
        return True
    if other != other:
        return bool(value != value)
    return isinstance(value, str) == isinstance(other, str) and bool(value == other)


def check_order(X: Any, y: Any, y_name: str = "y", X_name: str = "X") -> None:
    """Raise ValueError if labels name the sequences in another order, also in Series of lists."""
    check_same_order(X, y, y_name, X_name)
    if hasattr(X, "iloc") and X.index.nlevels == 1:
        check_same_rows(X, y, y_name, X_name)


def check_lengths(X: SequenceArray, labels: StepLabels, X_name: str = "X", y_name: str = "y"):
    """Raise ValueError unless each sequence has as many labels as steps."""
    n, found = len(X), len(labels.lengths)
    if n != found:
        raise ValueError(
            f"{X_name} has {n} sequences, but {y_name} has labels of {found}: give a list of "
            "labels for each sequence, in the same order."
        )
    wrong = np.flatnonzero(X.lengths != labels.lengths)
    if len(wrong):
        i = int(wrong[0])
        more = f" ({len(wrong)} sequences in all)" if len(wrong) > 1 else ""
        raise ValueError(
            f"{y_name}[{i}] has {labels.lengths[i]} labels, but sequence {i} of {X_name} has "
            f"{X.lengths[i]} steps{more}: give one label for each step."
        )


def split_by_sequence(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """An object array with the rows of each sequence."""
    result = np.empty(len(offsets) - 1, dtype=object)
    for i, (start, stop) in enumerate(pairwise(offsets.tolist())):
        result[i] = values[start:stop]
    return result


# -- weights ------------------------------------------------------------------------------------


def read_weights(
    sample_weight: Any, n_sequences: int
) -> tuple[np.ndarray | None, tuple[np.ndarray, np.ndarray] | None]:
    """Weights of sequences, or those of steps with their lengths; one of the two is None.

    Raises
    ------
    ValueError
        If a weight is negative or no number, or there are too many or too few.
    """
    if sample_weight is None:
        return None, None
    if not isinstance(sample_weight, SequenceArray):
        refuse_booleans(sample_weight)
    if isinstance(sample_weight, SequenceArray):
        return None, _checked_steps(sample_weight.values.ravel(), sample_weight.lengths)
    if hasattr(sample_weight, "iloc") and sample_weight.index.nlevels == 2:
        return None, _checked_steps(*_long(sample_weight, "sample_weight"))
    if isinstance(sample_weight, Real):
        return np.full(n_sequences, float(sample_weight)), None
    if isinstance(sample_weight, (str, bytes)):
        raise ValueError(f"sample_weight must hold numbers, got the text {sample_weight!r}.")
    rows = list(np.asarray(sample_weight) if hasattr(sample_weight, "iloc") else sample_weight)
    if len(rows) != n_sequences:
        raise ValueError(
            f"sample_weight has {len(rows)} entries, but there are {n_sequences} sequences: give "
            "a weight, or a list of weights of the steps, for each."
        )
    if any(isinstance(row, (list, tuple)) or np.ndim(row) for row in rows):
        steps = [_as_numbers(row, f"sample_weight[{i}]").ravel() for i, row in enumerate(rows)]
        lengths = np.array([len(row) for row in steps], dtype=np.int64)
        return None, _checked_steps(np.concatenate(steps), lengths)
    return _checked(_as_numbers(rows, "sample_weight")), None


def _as_numbers(values: Any, where: str) -> np.ndarray:
    array = values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
    if array.dtype.kind not in "iubf":
        for place, value in enumerate(array.ravel().tolist()):
            if not isinstance(value, Real) and not is_missing(value):
                where = f"{where}[{place}]" if array.ndim else where
                value = value.item() if isinstance(value, np.generic) else value
                raise ValueError(
                    f"{where} is {value!r}, but a weight is a number: give a number for each "
                    "sequence, or a list of numbers, one a step, for each."
                )
    return array.astype(np.float64)


def _checked_steps(weights, lengths) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.asarray(lengths)
    return _checked(_as_numbers(weights, "sample_weight"), lengths), lengths


def _checked(weights: np.ndarray, lengths: np.ndarray | None = None) -> np.ndarray:
    good = np.isfinite(weights) & (weights >= 0)
    if not good.all():
        at = int(np.argmin(good))
        where = f"sequence {at}"
        if lengths is not None:
            i, t = _at(at, lengths)
            where = f"sequence {i}, step {t} (sample_weight[{i}][{t}])"
        raise ValueError(
            f"Negative values in data passed to `sample_weight`, or ones that are missing or "
            f"infinite: the weight of {where} is {weights[at]:g}."
        )
    if not (weights > 0).any():
        raise ValueError("all weights in sample_weight are zero: nothing is left to learn from.")
    return weights


def kept_sequences(sequence_weights, steps) -> np.ndarray | None:
    """The sequences that have a weight; None: all of them."""
    if sequence_weights is not None:
        kept = sequence_weights > 0
    elif steps is not None:
        weights, lengths = steps
        kept = np.array([part.any() for part in np.split(weights, np.cumsum(lengths)[:-1])])
    else:
        return None
    return None if kept.all() else np.flatnonzero(kept)


def of_kept(steps: tuple[np.ndarray, np.ndarray], kept: np.ndarray):
    """The weights of the steps of some of the sequences."""
    weights, lengths = steps
    starts = offsets_from_lengths(lengths)[:-1]
    return weights[ragged_positions(starts[kept], lengths[kept])], lengths[kept]


def class_weights(
    class_weight: Any, task: Any, labels: np.ndarray, name: str = "y"
) -> np.ndarray | None:
    """A weight for each step, by its class; None: one each."""
    if class_weight is None:
        return None
    check_class_weight_numbers(class_weight, "RNNTagger")
    known = labels[labels != UNLABELLED]
    there = np.unique(known)
    weight = class_weight
    if isinstance(class_weight, dict):
        classes = dict(zip(task.classes.tolist(), range(len(task.classes)), strict=True))
        _check_class_weight(class_weight, classes, name)
        by_number = {classes[key]: w for key, w in class_weight.items() if key in classes}
        weight = {number: by_number.get(number, 1.0) for number in there.tolist()}
    by_class = np.ones(len(task.classes))
    by_class[there] = compute_class_weight(weight, classes=there, y=known)
    return by_class[labels]  # at unlabelled steps it does not matter


def _check_class_weight(class_weight: dict, classes: dict, name: str) -> None:
    for label, weight in class_weight.items():
        if not isinstance(weight, Real) or not 0 <= float(weight) < np.inf:
            raise ValueError(
                f"class_weight[{label!r}] is {weight!r}: a weight is a finite number of at least 0."
            )
    unknown = [label for label in class_weight if label not in classes]
    if unknown and name == "y":  # once in a fit; a fold may lack a rare label
        warnings.warn(
            f"class_weight has {unknown[0]!r}, which is no label of y here and so counts for "
            f"nothing: the labels are {list(classes)[:10]}.",
            UserWarning,
            stacklevel=2,
        )


# -- messages -----------------------------------------------------------------------------------


def _at(at: int, lengths: np.ndarray) -> tuple[int, int]:
    """Sequence and step of one of all steps."""
    offsets = offsets_from_lengths(lengths)
    i = int(np.searchsorted(offsets, at, side="right")) - 1
    return i, int(at - offsets[i])


def _place(at: int, lengths: np.ndarray, name: str) -> str:
    i, t = _at(at, lengths)
    return f"the label of sequence {i}, step {t} ({name}[{i}][{t}])"


def _missing(at: int, lengths: np.ndarray, name: str) -> str:
    return (
        f"{_place(at, lengths, name)} is missing: give it a label, or let unlabelled steps have a "
        "label of their own and name it with ignore_label."
    )


def _flat(row: Any, i: int, name: str) -> str:
    return (
        f"{name} must hold a list of labels for each sequence, one for each step, but {name}[{i}] "
        f"is {row!r}: for one label a sequence use RNNClassifier; the labels of a single sequence "
        f"belong in a list, [{name}]."
    )


def _wide(row: Any, i: int, name: str) -> str:
    return (
        f"{name}[{i}] has a row of shape {np.shape(row[0])} for each step, but a label, a string "
        f"or a whole number, is expected: of one-hot rows that is [row.argmax(axis=1) for row in "
        f"{name}], of rows of a single label [row.ravel() for row in {name}]."
    )


def _numbers(value: Any, name: str) -> str:
    return (
        f"{name} holds {value:g}, but labels are strings or whole numbers: to give each step a "
        "number is a regression, not what a tagger does; cut the numbers into classes."
    )
