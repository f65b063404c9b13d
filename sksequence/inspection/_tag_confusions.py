"""What became of each entity: found, of another type, with other bounds, missed; or invented."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from sksequence.metrics import Entity, find_entities

RIGHT, TYPE, BOUNDS, MISSED, SPURIOUS = "right", "wrong type", "wrong bounds", "missed", "spurious"
ANOTHER = "another type"

Match = tuple[Entity | None, Entity | None, str]  # true, predicted, outcome
Labels = Sequence[Hashable]


@dataclass(frozen=True, eq=False)
class Confusions:
    """Counts with names, and what each row is a share of."""

    counts: np.ndarray  # (n_rows, n_columns)
    rows: list[str]
    columns: list[str]
    totals: np.ndarray  # (n_rows, n_columns), at least 1

    @property
    def shares(self) -> np.ndarray:
        """Counts as shares of what was true; of what was predicted, in the row of spurious ones."""
        return self.counts / self.totals


def tell_entities(rows: Sequence[Labels]) -> bool:
    """Whether labels have the prefixes of a scheme; those of other tasks stand for steps."""
    labels = {label for row in rows for label in row}
    try:
        find_entities(sorted(labels, key=str))
    except (ValueError, TypeError):
        return False
    return labels != {"O"} or bool(rows)


def runs_of(labels: Labels, outside: Hashable) -> list[Entity]:
    """Neighbouring steps with the same label, as entities; those of `outside` are none."""
    found, start = [], 0
    for label, steps in groupby(labels):
        stop = start + len(list(steps))
        if label != outside:
            found.append(Entity(start, stop, str(label)))
        start = stop
    return found


def match_entities(true: Sequence[Entity], pred: Sequence[Entity]) -> list[Match]:
    """Pair true entities with predicted ones, each with one at most.

    First those that are equal, then those with the same bounds, then those that overlap and are
    of the same type, then those that overlap, where most overlaps first. What is left was missed
    or is spurious.
    """
    found: list[Match] = []
    left, right = list(true), list(pred)
    for same_bounds, same_type in ((True, True), (True, False), (False, True), (False, False)):
        pairs = [
            (_overlap(one, other), one, other)
            for one in left
            for other in right
            if _overlap(one, other)
            and (not same_bounds or one[:2] == other[:2])
            and (not same_type or one.type == other.type)
        ]
        for _, one, other in sorted(pairs, key=lambda pair: (-pair[0], pair[1].start)):
            if one in left and other in right:
                left.remove(one)
                right.remove(other)
                found.append((one, other, _outcome(one, other)))
    found += [(one, None, MISSED) for one in left]
    return found + [(None, other, SPURIOUS) for other in right]


def count_matches(matches: Sequence[Match], n_types: int) -> Confusions:
    """A row for each true type and one for spurious entities; the most frequent types only."""
    frequency: dict[str, int] = {}
    for true, pred, _ in matches:
        for entity in (true, pred):
            if entity is not None:
                frequency[entity.type] = frequency.get(entity.type, 0) + 1
    kept = sorted(sorted(frequency), key=lambda kind: -frequency[kind])[:n_types]
    types = sorted(kept)
    last = [ANOTHER] if len(types) < len(frequency) else []
    rows, columns = [*types, SPURIOUS], [*types, *last, BOUNDS, MISSED]
    counts = np.zeros((len(rows), len(columns)), dtype=int)
    predicted = np.ones(len(columns))
    for true, pred, outcome in matches:
        column = outcome if outcome in (BOUNDS, MISSED) else _known(pred.type, types)
        row = SPURIOUS if true is None else true.type
        if row in rows and column in columns:
            counts[rows.index(row), columns.index(column)] += 1
    for j, name in enumerate(columns):
        predicted[j] = sum(p is not None and _known(p.type, types) == name for _, p, _ in matches)
    totals = np.repeat(counts.sum(axis=1, keepdims=True), len(columns), axis=1)
    totals[-1] = predicted
    return Confusions(counts, rows, columns, np.maximum(totals, 1))


def count_steps(true: Sequence[Labels], pred: Sequence[Labels], n_types: int) -> Confusions:
    """A row for each true label and a column for each predicted one."""
    pairs = [
        (str(one), str(other))
        for row, guess in zip(true, pred, strict=True)
        for one, other in zip(row, guess, strict=True)
    ]
    names, frequency = np.unique([name for pair in pairs for name in pair], return_counts=True)
    kept = sorted(names[np.argsort(-frequency, kind="stable")[:n_types]].tolist())
    last = [ANOTHER] if len(kept) < len(names) else []
    columns = [*kept, *last]
    counts = np.zeros((len(kept), len(columns)), dtype=int)
    places = {name: i for i, name in enumerate(columns)}
    for one, other in pairs:
        if one in places:
            counts[places[one], places.get(other, len(kept))] += 1
    totals = np.repeat(counts.sum(axis=1, keepdims=True), len(columns), axis=1)
    return Confusions(counts, kept, columns, np.maximum(totals, 1))


def most_frequent(rows: Sequence[Labels]) -> Any:
    """The label that most steps have."""
    counts: dict[Hashable, int] = {}
    for row in rows:
        for label in row:
            counts[label] = counts.get(label, 0) + 1
    return max(counts, key=lambda label: counts[label])


def _overlap(one: Entity, other: Entity) -> int:
    return max(0, min(one.stop, other.stop) - max(one.start, other.start))


def _outcome(true: Entity, pred: Entity) -> str:
    if true.type != pred.type:
        return TYPE
    return RIGHT if true == pred else BOUNDS


def _known(kind: str, types: list[str]) -> str:
    return kind if kind in types else ANOTHER
