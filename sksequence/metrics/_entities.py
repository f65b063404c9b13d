"""Precision, recall and F1 of whole entities, by the rules of the CoNLL evaluation.

Counted here and not by seqeval, which the tests compare with: its last release is of 2020, it
takes a weight of each sequence without using it, and it reads any label as one of a stretch.
"""

from collections.abc import Hashable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from sksequence.metrics._entity_labels import Entity, check_scheme, entities_of
from sksequence.metrics._labels import check_labels

Average = Literal["micro", "macro", "weighted"] | None

AVERAGES: tuple[Literal["micro", "macro", "weighted"], ...] = ("micro", "macro", "weighted")


def entity_precision_score(
    y_true: Any,
    y_pred: Any,
    *,
    scheme: str | None = None,
    average: Average = "micro",
    types: Sequence[str] | None = None,
    zero_division: float = 0.0,
    ignore_label: Hashable = None,
    label_names: Sequence[str] | None = None,
    sample_weight: Any = None,
) -> Any:
    """Share of the predicted entities that are right, in bounds and in type.

    Parameters
    ----------
    y_true, y_pred, scheme, average, types, ignore_label, label_names, sample_weight
        As in :func:`entity_f1_score`.
    zero_division : float, default=0.0
        The score where no entity was predicted.

    Returns
    -------
    score : float, or dict of type to float
        Between 0 and 1.

    Raises
    ------
    ValueError, TypeError
        As :func:`entity_f1_score`.

    Examples
    --------
    >>> from sksequence.metrics import entity_precision_score
    >>> entity_precision_score([["B-PER", "I-PER", "O"]], [["B-PER", "I-PER", "B-LOC"]])
    0.5
    """
    counted = count_entities(
        y_true, y_pred, scheme, types, ignore_label, label_names, sample_weight
    )
    return counted.score("precision", average, zero_division)


def entity_recall_score(
    y_true: Any,
    y_pred: Any,
    *,
    scheme: str | None = None,
    average: Average = "micro",
    types: Sequence[str] | None = None,
    zero_division: float = 0.0,
    ignore_label: Hashable = None,
    label_names: Sequence[str] | None = None,
    sample_weight: Any = None,
) -> Any:
    """Share of the entities that are found, with the right bounds and type.

    Parameters
    ----------
    y_true, y_pred, scheme, average, types, ignore_label, label_names, sample_weight
        As in :func:`entity_f1_score`.
    zero_division : float, default=0.0
        The score where there is no entity to find.

    Returns
    -------
    score : float, or dict of type to float
        Between 0 and 1.

    Raises
    ------
    ValueError, TypeError
        As :func:`entity_f1_score`.

    Examples
    --------
    >>> from sksequence.metrics import entity_recall_score
    >>> entity_recall_score([["B-PER", "I-PER", "B-LOC"]], [["B-PER", "I-PER", "O"]])
    0.5
    """
    counted = count_entities(
        y_true, y_pred, scheme, types, ignore_label, label_names, sample_weight
    )
    return counted.score("recall", average, zero_division)


def entity_f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    scheme: str | None = None,
    average: Average = "micro",
    types: Sequence[str] | None = None,
    zero_division: float = 0.0,
    ignore_label: Hashable = None,
    label_names: Sequence[str] | None = None,
    sample_weight: Any = None,
) -> Any:
    r"""F1 of whole entities, as in the CoNLL shared tasks.

    An entity is right if its first step, its last step and its type are:

    .. math::

       F_1 = \frac{2 \cdot \text{right}}{\text{predicted} + \text{true}}.

    With the defaults it is the figure that is published for named entities, chunks and slots
    [1]_. Labels in IOB1, BIO and IOBES give the same figure for the same entities.

    Parameters
    ----------
    y_true : sequence of length n_sequences
        The right labels of each sequence, such as ``["B-PER", "I-PER", "O"]``: lists or arrays,
        an object array of them, or a SequenceArray of symbols together with `label_names`.
    y_pred : sequence of length n_sequences
        The predicted ones, as many for each sequence.
    scheme : {"IOB1", "BIO", "IOBES"}, default=None
        None reads all three, and what violates them, as the CoNLL evaluation does: an entity
        goes on as long as its type stays the same and no label ends it or begins another. With
        the name of a scheme, predicted stretches that violate it are no entities, and true ones
        are an error.
    average : {"micro", "macro", "weighted"} or None, default="micro"
        One score of all entities, the mean over the types, the mean weighted by the number of
        true entities, or a dict with the score of each type.
    types : sequence of str, default=None
        Types that count, present or not. None: those that occur on either side, so that a fold
        without a type is no error.
    zero_division : float, default=0.0
        The score where there is neither a true nor a predicted entity; NaN leaves a type out
        of a mean.
    ignore_label : label, default=None
        Steps that have this label in `y_true` are taken out on both sides.
    label_names : sequence of str, default=None
        The label that each whole number stands for, where labels are numbers.
    sample_weight : array-like of shape (n_sequences,), default=None
        Weight of each sequence; it counts for each of its entities.

    Returns
    -------
    score : float, or dict of type to float
        Between 0 and 1.

    Raises
    ------
    ValueError
        When a sequence has not as many labels on both sides (it is named), a label is no label
        of a stretch, or `scheme` or `average` is none of its choices.
    TypeError
        When a side holds no lists of labels.

    See Also
    --------
    entity_report : All three scores of each type.
    token_f1_score : For labels that stand for single steps.

    References
    ----------
    .. [1] E. F. Tjong Kim Sang and F. De Meulder, "Introduction to the CoNLL-2003 shared task:
       language-independent named entity recognition", CoNLL 2003.

    Examples
    --------
    >>> from sksequence.metrics import entity_f1_score
    >>> y_true = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG"]]
    >>> y_pred = [["B-PER", "I-PER", "O", "B-ORG"], ["O", "B-ORG"]]
    >>> round(entity_f1_score(y_true, y_pred), 3)
    0.667
    >>> entity_f1_score(y_true, y_pred, average=None)
    {'LOC': 0.0, 'ORG': 0.6666666666666666, 'PER': 1.0}
    """
    counted = count_entities(
        y_true, y_pred, scheme, types, ignore_label, label_names, sample_weight
    )
    return counted.score("f1", average, zero_division)


def entity_report(
    y_true: Any,
    y_pred: Any,
    *,
    scheme: str | None = None,
    types: Sequence[str] | None = None,
    zero_division: float = 0.0,
    ignore_label: Hashable = None,
    label_names: Sequence[str] | None = None,
    sample_weight: Any = None,
    digits: int = 2,
    as_frame: bool = False,
) -> Any:
    """Precision, recall and F1 of each type of entity and of all, as a text or a table.

    Parameters
    ----------
    y_true, y_pred, scheme, types, zero_division, ignore_label, label_names, sample_weight
        As in :func:`entity_f1_score`.
    digits : int, default=2
        Digits after the point in the text.
    as_frame : bool, default=False
        Return a DataFrame.

    Returns
    -------
    report : str, or DataFrame of shape (n_types + 3, 4)
        A row for each type, and ``"micro avg"``, ``"macro avg"``, ``"weighted avg"``; the columns
        ``precision``, ``recall``, ``f1`` and ``support``, the number of true entities.

    Raises
    ------
    ValueError, TypeError
        As :func:`entity_f1_score`.

    Examples
    --------
    >>> from sksequence.metrics import entity_report
    >>> y_true = [["B-PER", "I-PER", "O", "B-LOC"]]
    >>> print(entity_report(y_true, [["B-PER", "I-PER", "O", "O"]]))
                  precision    recall        f1   support
    <BLANKLINE>
             LOC       0.00      0.00      0.00         1
             PER       1.00      1.00      1.00         1
    <BLANKLINE>
       micro avg       1.00      0.50      0.67         2
       macro avg       0.50      0.50      0.50         2
    weighted avg       0.50      0.50      0.50         2
    """
    counted = count_entities(
        y_true, y_pred, scheme, types, ignore_label, label_names, sample_weight
    )
    columns = {name: counted.score(name, None, zero_division) for name in RATIOS}
    rows = {
        kind: [columns[name][kind] for name in RATIOS] + [counted.counts[i, TRUE]]
        for i, kind in enumerate(counted.types)
    }
    n_true = float(counted.counts[:, TRUE].sum())
    for average in AVERAGES:
        scores = [counted.score(name, average, zero_division) for name in RATIOS]
        rows[f"{average} avg"] = [*scores, n_true]
    return _as_frame(rows) if as_frame else _as_text(rows, digits)


# -- counting -----------------------------------------------------------------------------------

RIGHT, PREDICTED, TRUE = range(3)
RATIOS = ("precision", "recall", "f1")


class Counted(NamedTuple):
    """Weighted numbers of entities of each type."""

    types: list[str]
    counts: np.ndarray  # (n_types, 3): right, predicted, true

    def score(self, ratio: str, average: Average, zero_division: float) -> Any:
        """A score of each type, or an average."""
        if average is not None and average not in AVERAGES:
            listed = ", ".join(map(repr, AVERAGES))
            raise ValueError(f"average must be {listed} or None, got {average!r}.")
        if average == "micro":
            return float(_ratio(self.counts.sum(axis=0), ratio, zero_division))
        scores = _ratio(self.counts, ratio, zero_division)
        if average is None:
            return dict(zip(self.types, scores.tolist(), strict=True))
        weights = self.counts[:, TRUE] if average == "weighted" else np.ones(len(scores))
        weights = np.where(np.isnan(scores), 0.0, weights)
        if not weights.any():
            return float(zero_division)
        return float(np.average(np.nan_to_num(scores), weights=weights))


def _ratio(counts: np.ndarray, ratio: str, zero_division: float) -> np.ndarray:
    right, predicted, true = np.moveaxis(counts, -1, 0)
    below = {"precision": predicted, "recall": true, "f1": (predicted + true) / 2}[ratio]
    return np.where(below == 0, zero_division, right / np.where(below == 0, 1, below))


def count_entities(
    y_true: Any,
    y_pred: Any,
    scheme: str | None,
    types: Sequence[str] | None,
    ignore_label: Hashable,
    label_names: Sequence[str] | None,
    sample_weight: Any,
) -> Counted:
    """Check both sides and count the entities that are right, predicted and true."""
    check_scheme(scheme)
    if types is not None and (isinstance(types, str) or not len(types)):
        raise ValueError(f"types must be a list of types, or None for all, got {types!r}.")
    pairs = check_labels(y_true, y_pred, sample_weight=sample_weight, ignore_label=ignore_label)
    found: dict[str, np.ndarray] = {}
    for i, (true, pred, weight) in enumerate(pairs):
        known = set(_read(true, scheme, label_names, f"y_true[{i}]", refuse=True))
        guessed = set(_read(pred, scheme, label_names, f"y_pred[{i}]", refuse=False))
        for column, entities in ((RIGHT, known & guessed), (PREDICTED, guessed), (TRUE, known)):
            for entity in entities:
                found.setdefault(entity.type, np.zeros(3))[column] += weight
    names = sorted(found) if types is None else [str(name) for name in types]
    counts = [found.get(name, np.zeros(3)) for name in names]
    return Counted(names, np.array(counts).reshape(-1, 3))


def _read(
    labels: Sequence[Any],
    scheme: str | None,
    names: Sequence[str] | None,
    where: str,
    *,
    refuse: bool,
) -> list[Entity]:
    """Entities of one sequence, whose labels may be numbers of names."""
    if names is not None:
        for t, number in enumerate(labels):
            if isinstance(number, str) or not 0 <= number < len(names) or number != int(number):
                raise ValueError(
                    f"{where}[{t}] is {number!r}: with label_names, a label is a whole number "
                    f"from 0 to {len(names) - 1}."
                )
        labels = [str(names[int(number)]) for number in labels]
    return entities_of(labels, scheme, where, refuse=refuse)


# -- the report ---------------------------------------------------------------------------------

HEADS = (*RATIOS, "support")


def _as_frame(rows: dict[str, list[float]]) -> Any:
    import pandas as pd

    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(HEADS))
    whole = frame["support"].to_numpy() % 1 == 0
    return frame.astype({"support": int}) if whole.all() else frame


def _as_text(rows: dict[str, list[float]], digits: int) -> str:
    width = max(map(len, rows))
    lines = [" " * width + " " + "".join(f"{head:>10}" for head in HEADS), ""]
    for name, (*scores, support) in rows.items():
        if name == "micro avg" and len(lines) > 2:
            lines.append("")
        cells = "".join(f"{score:>10.{digits}f}" for score in scores)
        lines.append(f"{name:>{width}} {cells}{support:>10.6g}")
    return "\n".join(lines)
