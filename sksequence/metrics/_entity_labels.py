"""Labels of stretches of steps -> entities, as the CoNLL evaluation reads them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from sksequence.metrics._labels import read_labels

OUTSIDE = "O"
NO_TYPE = "_"
PREFIXES = {"IOB1": "IB", "BIO": "BI", "IOBES": "BIES"}
ANY_PREFIX = "BIES"


class Entity(NamedTuple):
    """A stretch of steps: the first one, the one after the last, and its type."""

    start: int
    stop: int
    type: str


class LabelParts(NamedTuple):
    """What a label says of its step, and of which type."""

    prefix: str
    type: str


def find_entities(labels: Any, *, scheme: str | None = None) -> list[Entity]:
    """The entities that the labels of one sequence tell.

    Parameters
    ----------
    labels : sequence of str
        ``"O"``, or a prefix, a dash and a type: ``"B-PER"`` (begins), ``"I-PER"`` (inside),
        ``"E-PER"`` (ends), ``"S-PER"`` (a single step).
    scheme : {"IOB1", "BIO", "IOBES"}, default=None
        None reads all three as the CoNLL evaluation does: an entity goes on as long as its type
        stays the same and no label ends it or begins another, whether or not the first one says
        so. With the name of a scheme only stretches that keep to it are entities.

    Returns
    -------
    list of Entity
        Named tuples ``(start, stop, type)``, from left to right.

    Raises
    ------
    ValueError
        When a label is no such label, or none of the scheme.
    TypeError
        When the labels of several sequences come.

    Examples
    --------
    >>> from sksequence.metrics import find_entities
    >>> find_entities(["B-PER", "I-PER", "O", "I-LOC"])
    [Entity(start=0, stop=2, type='PER'), Entity(start=3, stop=4, type='LOC')]
    >>> find_entities(["B-PER", "I-PER", "O", "I-LOC"], scheme="BIO")
    [Entity(start=0, stop=2, type='PER')]
    """
    check_scheme(scheme)
    _check_one_sequence(labels)
    (row,) = read_labels("labels", [labels])
    return entities_of(row, scheme, "labels")


def _check_one_sequence(labels: Any) -> None:
    first = next(iter(labels), None) if hasattr(labels, "__len__") else None
    if not isinstance(first, (list, tuple, np.ndarray)):
        return
    raise TypeError(
        "find_entities takes the labels of one sequence, but labels holds those of several "
        f"(labels[0] is a {type(first).__name__}): call it for each, "
        "[find_entities(row) for row in labels]."
    )


def check_scheme(scheme: Any) -> None:
    """Raise ValueError unless it is None or the name of a scheme."""
    if scheme is not None and scheme not in PREFIXES:
        listed = ", ".join(map(repr, PREFIXES))
        raise ValueError(f"scheme must be {listed} or None, got {scheme!r}.")


def entities_of(
    labels: Sequence[Any], scheme: str | None, where: str, *, refuse: bool = False
) -> list[Entity]:
    """Entities of checked labels; with `refuse`, what violates the scheme is an error."""
    parts = []
    for t, label in enumerate(labels):
        part = split_label(label, scheme)
        if part is None:
            raise ValueError(_no_label(label, f"{where}[{t}]", scheme))
        parts.append(part)
    runs = stretches(parts)
    kept = runs if scheme is None else [run for run in runs if _keeps_to(run, parts, scheme)]
    if refuse and len(kept) < len(runs):
        run = next(run for run in runs if run not in kept)
        raise ValueError(
            f"{where}[{run.start}:{run.stop}] is {list(labels[run.start : run.stop])}, which "
            f"violates scheme={scheme!r}: name the scheme that the labels have, or leave scheme "
            "at None, which reads an entity there."
        )
    return [run._replace(type=run.type or NO_TYPE) for run in kept]


@lru_cache(maxsize=4096)
def split_label(label: Any, scheme: str | None = None) -> LabelParts | None:
    """Prefix and type, which is empty where a label has none; None of what is no such label."""
    if label == OUTSIDE:
        return LabelParts(OUTSIDE, "")
    prefixes = ANY_PREFIX if scheme is None else PREFIXES[scheme]
    if not isinstance(label, str) or label[:1] not in set(prefixes):
        return None
    if len(label) == 1:
        return LabelParts(str(label), "")
    prefix, dash, kind = label[0], label[1], str(label[2:])
    return LabelParts(prefix, kind) if dash == "-" and kind else None


def stretches(parts: Sequence[LabelParts]) -> list[Entity]:
    """What labels tell, in whatever scheme: where a stretch begins and ends, and its type.

    It goes on as long as the type stays the same and no label ends it or begins another.
    """
    found: list[Entity] = []
    before = LabelParts(OUTSIDE, "")
    for t, part in enumerate(parts):
        if part.prefix != OUTSIDE:
            if part.prefix in "BS" or before.prefix in "OES" or before.type != part.type:
                found.append(Entity(t, t + 1, part.type))
            else:
                found[-1] = found[-1]._replace(stop=t + 1)
        before = part
    return found


def _keeps_to(run: Entity, parts: Sequence[LabelParts], scheme: str) -> bool:
    """Whether a stretch is written as the scheme wants it."""
    prefixes = "".join(prefix for prefix, _ in parts[run.start : run.stop])
    if scheme == "BIO":
        return prefixes[0] == "B"
    if scheme == "IOBES":
        n_inside = len(prefixes) - 2
        return prefixes == ("S" if n_inside < 0 else "B" + n_inside * "I" + "E")
    follows = run.start > 0 and parts[run.start - 1][1] == run.type
    return prefixes[0] == "I" or follows


def _no_label(label: Any, where: str, scheme: str | None) -> str:
    prefixes = ANY_PREFIX if scheme is None else PREFIXES[scheme]
    of = "" if scheme is None else f" of scheme={scheme!r}"
    expected = ", ".join(f"'{prefix}-...'" for prefix in prefixes)
    numbers = not isinstance(label, str)
    remedy = (
        "give label_names, the label that each number stands for"
        if numbers
        else "if it stands at steps without a label, name it with ignore_label; for labels that "
        "stand for single steps use token_accuracy_score or token_f1_score"
    )
    return f"{where} is {label!r}, but a label of an entity{of} is 'O' or {expected}: {remedy}."
