"""Labels of stretches of steps: the schemes IOB1, BIO and IOBES.

A label is ``"O"`` (outside), or a prefix, a dash and a kind, such as ``"B-PER"``:

======  =================================================================================
IOB1    ``I-`` inside; ``B-`` only where a stretch follows another of the same kind at once
BIO     ``B-`` begins each stretch, ``I-`` goes on (also called IOB2)
IOBES   ``B-`` begins, ``I-`` goes on, ``E-`` ends a stretch; ``S-`` is one of a single step
======  =================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sksequence.metrics._entity_labels import (
    ANY_PREFIX,
    OUTSIDE,
    PREFIXES,
    Entity,
    LabelParts,
    split_label,
    stretches,
)

START = END = None


def convert_tags(y: Iterable[Sequence[str]], source: str, target: str) -> list[list[str]]:
    """Labels in another scheme.

    Parameters
    ----------
    y : list of lists of str
        The labels of each sequence.
    source, target : {"IOB1", "BIO", "IOBES"}
        The scheme that they have, and that which they get.

    Returns
    -------
    list of lists of str

    Raises
    ------
    TypeError
        If there is no list for each sequence.
    ValueError
        If labels violate their scheme (the first that does is named).

    Examples
    --------
    >>> from sksequence.preprocessing import convert_tags
    >>> convert_tags([["I-PER", "I-PER", "O", "I-LOC", "B-LOC"]], "IOB1", "BIO")
    [['B-PER', 'I-PER', 'O', 'B-LOC', 'B-LOC']]
    >>> convert_tags([["B-PER", "I-PER", "O", "B-LOC"]], "BIO", "IOBES")
    [['B-PER', 'E-PER', 'O', 'S-LOC']]
    """
    check_scheme(source)
    check_scheme(target)
    converted = []
    for i, tags in enumerate(_lists(y, "convert_tags")):
        found = violation(tags, source)
        if found is not None:
            raise ValueError(_refused(i, found, source))
        converted.append(_write(_entities(tags, i), len(tags), target))
    return converted


def repair_tags(y: Iterable[Sequence[str]], scheme: str = "BIO") -> list[list[str]]:
    """Labels that keep to the scheme.

    A stretch goes on as long as its kind stays the same and no label begins another; that its
    first label says "inside", or its last one does not say "end", is put right. This is what
    the usual score of entities does in silence.

    Parameters
    ----------
    y : list of lists of str
        The labels of each sequence.
    scheme : {"IOB1", "BIO", "IOBES"}, default="BIO"

    Returns
    -------
    list of lists of str
        Those that keep to the scheme are not changed.

    Raises
    ------
    TypeError
        If there is no list for each sequence.
    ValueError
        If a label is neither ``"O"`` nor begins with one of the prefixes above.

    Examples
    --------
    >>> from sksequence.preprocessing import repair_tags
    >>> repair_tags([["I-PER", "I-PER", "O", "I-LOC", "I-PER"]])
    [['B-PER', 'I-PER', 'O', 'B-LOC', 'B-PER']]
    """
    check_scheme(scheme)
    rows = enumerate(_lists(y, "repair_tags"))
    return [_write(_entities(tags, i), len(tags), scheme) for i, tags in rows]


def check_scheme(scheme: Any) -> None:
    """Raise ValueError unless it is the name of a scheme."""
    if scheme not in PREFIXES:
        raise ValueError(f"a scheme is one of {', '.join(map(repr, PREFIXES))}, got {scheme!r}.")


def may_follow(before: str | None, after: str | None, scheme: str) -> bool:
    """Whether a label may follow another; None stands for the start, and the end."""
    (p, kind), (q, next_kind) = _parts(before), _parts(after)
    same = kind == next_kind
    if scheme == "IOB1":
        return q != "B" or (p in ("B", "I") and same)
    if scheme == "BIO":
        return q != "I" or (p in ("B", "I") and same)
    if p in ("B", "I"):  # something has begun
        return q in ("I", "E") and same
    return q not in ("I", "E")


def allowed(classes: Sequence[Any], scheme: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which label may follow which, and stand first and last.

    Parameters
    ----------
    classes : sequence of str
    scheme : {"IOB1", "BIO", "IOBES"}

    Returns
    -------
    follows : ndarray of bool of shape (n_classes, n_classes)
        From a row to a column.
    first, last : ndarray of bool of shape (n_classes,)

    Raises
    ------
    ValueError
        If a label is none of the scheme.
    """
    check_scheme(scheme)
    names = [str(name) for name in classes]
    for name in names:
        if split_label(name, scheme) is None:
            expected = ", ".join(f"'{prefix}-...'" for prefix in PREFIXES[scheme])
            raise ValueError(
                f"the label {name!r} is none of scheme={scheme!r}, which has 'O', {expected}: "
                "convert the labels with sksequence.preprocessing.convert_tags, or set scheme=None."
            )
    follows = [[may_follow(one, other, scheme) for other in names] for one in names]
    first = [may_follow(START, name, scheme) for name in names]
    last = [may_follow(name, END, scheme) for name in names]
    return np.array(follows), np.array(first), np.array(last)


def violation(tags: Sequence[str], scheme: str) -> tuple[int, str | None, str | None] | None:
    """The first step that must not follow the one before: where, and both labels."""
    before: str | None = START
    for t, tag in enumerate([*tags, END]):
        unknown = tag is not END and split_label(tag, scheme) is None
        if unknown or not may_follow(before, tag, scheme):
            return t, before, tag
        before = tag
    return None


def told(before: str | None, after: str | None) -> str:
    """A transition in words."""
    if before is None:
        return f"{after!r} stands first"
    return f"it ends after {before!r}" if after is None else f"{after!r} follows {before!r}"


def _lists(y: Iterable[Sequence[str]], call: str) -> list[list[str]]:
    """The labels of each sequence; an error where those of a single one come."""
    if isinstance(y, (str, bytes)):
        raise TypeError(f"{call} expects a list of labels for each sequence, got {y!r}.")
    rows = list(y)
    for i, row in enumerate(rows):
        if isinstance(row, (str, bytes)) or not isinstance(row, Iterable):
            raise TypeError(
                f"{call} expects a list of labels for each sequence, but y[{i}] is {row!r}: the "
                f"labels of a single sequence belong in a list, {call}([y], ...)."
            )
    return [[str(tag) for tag in row] for row in rows]


def _refused(i: int, found: tuple[int, str | None, str | None], scheme: str) -> str:
    t, before, after = found
    return (
        f"sequence {i}, step {t}: {told(before, after)}, which violates the scheme {scheme!r}: "
        f"name the scheme that the labels have, or put them right with repair_tags(y, {scheme!r})."
    )


def _parts(tag: str | None) -> LabelParts:
    """Prefix and kind; the start and the end are like what is outside."""
    return (None if tag is None else split_label(tag)) or LabelParts(OUTSIDE, "")


def _entities(tags: Sequence[str], i: int) -> list[Entity]:
    """The stretches of sequence `i`."""
    parts = [split_label(tag) for tag in tags]
    for t, part in enumerate(parts):
        if part is None:
            expected = ", ".join(f"'{prefix}-...'" for prefix in ANY_PREFIX)
            raise ValueError(
                f"sequence {i}, step {t}: {tags[t]!r} is no label of a stretch, which is 'O' or "
                f"{expected}: labels that stand for single steps have no scheme and need no repair."
            )
    return stretches([part for part in parts if part is not None])


def _write(entities: Iterable[Entity], n_steps: int, scheme: str) -> list[str]:
    tags = [OUTSIDE] * n_steps
    end_before, kind_before = -1, ""
    for start, stop, kind in entities:
        ending = f"-{kind}" if kind else ""
        tags[start:stop] = [f"I{ending}"] * (stop - start)
        touches = start == end_before and kind == kind_before
        if scheme != "IOB1" or touches:
            tags[start] = f"B{ending}"
        if scheme == "IOBES":
            tags[stop - 1] = f"E{ending}" if stop - start > 1 else f"S{ending}"
        end_before, kind_before = stop, kind
    return tags
