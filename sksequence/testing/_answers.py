"""What an estimator answers for each sequence, and whether two answers are the same."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone

from sksequence.inputs import SequenceArray
from sksequence.testing._examples import Examples

METHODS = (
    "predict",
    "predict_proba",
    "decision_function",
    "transform",
    "encode",
    "score_samples",
    "hidden_states",
)
# Of the largest number among the answers of a method: what 32 bits leave to the order of a sum.
TOLERANCE = 1e-5

Answers = dict[str, list[tuple[np.ndarray, ...]]]


def fresh(estimator: Any) -> Any:
    """An unfitted clone whose random states are all 0."""
    estimator = clone(estimator)
    seeds = {name: 0 for name in estimator.get_params() if _is_seed(name)}
    return estimator.set_params(**seeds)


def is_seeded(estimator: Any) -> bool:
    """Whether there is a `random_state` to set."""
    return any(map(_is_seed, estimator.get_params()))


def _is_seed(name: str) -> bool:
    return name == "random_state" or name.endswith("__random_state")


def fit(estimator: Any, examples: Examples, **weights: Any) -> Any:
    """A fresh clone, fitted."""
    return refit(fresh(estimator), examples, **weights)


def refit(estimator: Any, examples: Examples, **weights: Any) -> Any:
    """The estimator itself, fitted."""
    y = () if examples.y is None else (examples.y,)
    return estimator.fit(examples.X, *y, **weights)


def methods_of(estimator: Any) -> list[str]:
    """The methods that answer for each sequence."""
    return [name for name in METHODS if _asks_for_X_alone(getattr(estimator, name, None))]


def _asks_for_X_alone(method: Any) -> bool:
    """Whether a method can be called with sequences and nothing else."""
    if not callable(method):
        return False
    parameters = inspect.signature(method).parameters.values()
    return sum(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters) < 2


def answers(estimator: Any, X: Any) -> Answers:
    """For each method the answer for each sequence: its parts as arrays."""
    found = {name: _by_sequence(getattr(estimator, name)(X)) for name in methods_of(estimator)}
    n = X.index.get_level_values(0).nunique() if hasattr(X, "iloc") else len(X)
    for name, rows in found.items():
        if len(rows) != n:
            raise AssertionError(
                f"{name} gave {len(rows)} answers for {n} sequences: expected one each."
            )
    return found


def _by_sequence(result: Any) -> list[tuple[np.ndarray, ...]]:
    if isinstance(result, SequenceArray):
        return [_parts(result, i) for i in range(len(result))]
    if issparse(result):
        result = result.toarray()
    elif hasattr(result, "iloc"):
        result = result.to_numpy()
    return [(np.asarray(row),) for row in result]


def _parts(result: SequenceArray, i: int) -> tuple[np.ndarray, ...]:
    steps = result[i]
    parts = list(steps.values()) if isinstance(steps, dict) else [steps]
    if result.context is not None:
        parts.append(result.context[i])
    return tuple(map(np.asarray, parts))


def pick_answers(given: Answers, index: Any) -> Answers:
    """The answers for some of the sequences."""
    return {name: [rows[i] for i in index] for name, rows in given.items()}


def check_same(expected: Answers, given: Answers, when: str, tolerance: float = TOLERANCE) -> None:
    """Raise AssertionError where the answers for a sequence differ."""
    if not expected:
        raise AssertionError(f"the estimator has none of the methods {', '.join(METHODS)}.")
    for name, rows in expected.items():
        others = given[name]
        allowed = tolerance * _size(rows)
        if _all_same(rows, others, allowed):
            continue
        for i, (row, other) in enumerate(zip(rows, others, strict=True)):
            for part, other_part in zip(row, other, strict=True):
                _compare(part, other_part, allowed, f"{name} of sequence {i} changes {when}")


def _all_same(rows: list, others: list, allowed: float) -> bool:
    """Whether there is nothing to look for, at a glance."""
    if [[p.shape for p in row] for row in rows] != [[p.shape for p in row] for row in others]:
        return False
    flat, other = _flat(rows), _flat(others)
    if flat.dtype.kind != "f" or other.dtype.kind != "f":
        return np.array_equal(flat, other)
    return np.allclose(flat, other, rtol=0, atol=allowed, equal_nan=True)


def _flat(rows: list) -> np.ndarray:
    parts = [part.ravel() for row in rows for part in row]
    return np.concatenate(parts) if parts else np.zeros(0)


def _size(rows: list) -> float:
    """The largest finite number of all."""
    flat = _flat(rows)
    if flat.dtype.kind != "f":
        return 0.0
    return float(np.abs(flat[np.isfinite(flat)]).max(initial=0.0))


def _compare(expected: np.ndarray, given: np.ndarray, allowed: float, what: str) -> None:
    if expected.shape != given.shape:
        raise AssertionError(f"{what}: shape {expected.shape} became {given.shape}.")
    if expected.dtype.kind != "f" or given.dtype.kind != "f":
        if not np.array_equal(expected, given):
            raise AssertionError(f"{what}: {_short(expected)} became {_short(given)}.")
    elif not np.allclose(expected, given, rtol=0, atol=allowed, equal_nan=True):
        off = np.nanmax(np.abs(expected - given), initial=0.0)
        raise AssertionError(
            f"{what}: {_short(expected)} became {_short(given)}, which is {off:.2g} off; up to "
            f"{allowed:.2g} would count as the same."
        )


def _short(value: np.ndarray) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def is_repeatable(estimator: Any, examples: Examples) -> bool:
    """Whether two fits answer the same: by a `random_state`, or because nothing is random."""
    if is_seeded(estimator):
        return True
    first, second = (answers(fit(estimator, examples), examples.X) for _ in range(2))
    try:
        check_same(first, second, "in a second fit")
    except AssertionError:
        return False
    return True
