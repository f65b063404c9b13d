"""Scores of steps that are labelled one by one."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from sksequence.metrics._labels import LabelPairs, check_labels


def token_accuracy_score(
    y_true: Any, y_pred: Any, *, ignore_label: Hashable = None, sample_weight: Any = None
) -> float:
    """Share of the steps whose label is right, over all sequences.

    Long sequences count more than short ones: it is no mean over sequences. Where most steps
    are outside any entity, one that never finds an entity does well by it; see
    :func:`entity_f1_score`.

    Parameters
    ----------
    y_true : sequence of length n_sequences
        The right labels of each sequence: lists or arrays of str or of numbers, an object array
        of them, or a SequenceArray of symbols.
    y_pred : sequence of length n_sequences
        The predicted ones, as many for each sequence.
    ignore_label : label, default=None
        Steps that have this label in `y_true` do not count.
    sample_weight : array-like of shape (n_sequences,), default=None
        Weight of each sequence; it counts for each of its steps.

    Returns
    -------
    score : float
        Between 0 and 1.

    Raises
    ------
    ValueError
        When a sequence has not as many labels on both sides (it is named), or there are none.
    TypeError
        When a side holds no lists of labels.

    See Also
    --------
    exact_match_score : The share of sequences in which every label is right.

    Examples
    --------
    >>> from sksequence.metrics import token_accuracy_score
    >>> token_accuracy_score([["O", "B-PER"], ["O", "O"]], [["O", "B-PER"], ["O", "B-LOC"]])
    0.75
    """
    pairs = check_labels(y_true, y_pred, sample_weight=sample_weight, ignore_label=ignore_label)
    true, pred, weights = _flat(pairs)
    return float(np.average(true == pred, weights=weights))


def token_f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Sequence[Hashable] | None = None,
    average: str | None = "macro",
    zero_division: float = 0.0,
    ignore_label: Hashable = None,
    sample_weight: Any = None,
) -> Any:
    """F1 of the labels of single steps: the harmonic mean of precision and recall.

    What scikit-learn's ``f1_score`` says of all steps in one row.

    Parameters
    ----------
    y_true : sequence of length n_sequences
        The right labels of each sequence: lists or arrays of str or of numbers, an object array
        of them, or a SequenceArray of symbols.
    y_pred : sequence of length n_sequences
        The predicted ones, as many for each sequence.
    labels : sequence of labels, default=None
        Those that count, present or not; of one label it is the F1 of two classes,
        ``labels=["coding"]``. None: all that occur on either side.
    average : {"macro", "micro", "weighted"} or None, default="macro"
        The mean over the labels, one score of all counts together, the mean weighted by how
        often a label is right to give, or a dict with the score of each label.
    zero_division : float, default=0.0
        The score of a label that occurs on neither side; NaN leaves it out of the mean.
    ignore_label : label, default=None
        Steps that have this label in `y_true` do not count.
    sample_weight : array-like of shape (n_sequences,), default=None
        Weight of each sequence.

    Returns
    -------
    score : float, or dict of label to float
        Between 0 and 1.

    Raises
    ------
    ValueError
        When a sequence has not as many labels on both sides (it is named), there are none, or
        `average` is none of its choices.
    TypeError
        When a side holds no lists of labels.

    Examples
    --------
    >>> from sksequence.metrics import token_f1_score
    >>> y_true = [["coding", "coding", "other"], ["other"]]
    >>> y_pred = [["coding", "other", "other"], ["other"]]
    >>> round(token_f1_score(y_true, y_pred, labels=["coding"]), 3)
    0.667
    """
    from sklearn.metrics import f1_score

    if average not in ("macro", "micro", "weighted", None):
        raise ValueError(f"average must be 'macro', 'micro', 'weighted' or None, got {average!r}.")
    pairs = check_labels(y_true, y_pred, sample_weight=sample_weight, ignore_label=ignore_label)
    true, pred, weights = _flat(pairs)
    names = list(np.unique([*true, *pred]).tolist() if labels is None else labels)
    # Class numbers, so that labels which occur nowhere, or are of mixed length, are no matter.
    number = {name: i for i, name in enumerate(names)}
    codes = [[number.get(label, -1) for label in side] for side in (true, pred)]
    scores = f1_score(
        *codes,
        labels=range(len(names)),
        average=average,
        zero_division=zero_division,
        sample_weight=weights,
    )
    if average is None:
        return dict(zip(names, scores.tolist(), strict=True))
    return float(scores)


def _flat(pairs: LabelPairs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All steps in one row, and the weight of each."""
    true, pred = (_one_row(side) for side in (pairs.true, pairs.pred))
    return true, pred, np.repeat(pairs.weights, [len(row) for row in pairs.true])


def _one_row(rows: list[list]) -> np.ndarray:
    flat = [label for row in rows for label in row]
    return np.fromiter(flat, dtype=object, count=len(flat))
