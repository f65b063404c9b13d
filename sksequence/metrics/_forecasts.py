"""Actual values and forecasts, row by row -> arrays that fit together, and the series of each."""

from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np

Average = Literal["uniform_average", "raw_values"]


def check_forecasts(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return both sides as floats of shape ``(n_times, n_targets)``.

    Raises
    ------
    ValueError
        When the shapes differ, there are no rows, a value is missing, or both sides have an
        index and these are not equal.
    """
    check_same_rows("y_true", y_true, "y_pred", y_pred)
    actual, forecast = as_columns("y_true", y_true), as_columns("y_pred", y_pred)
    if actual.shape != forecast.shape:
        raise ValueError(
            f"y_true has the shape {np.shape(y_true)} and y_pred {np.shape(y_pred)}: give one "
            "forecast for each row and each target."
        )
    return actual, forecast


def as_columns(name: str, given: Any) -> np.ndarray:
    """Finite floats of shape ``(n_times, n_targets)``."""
    values = as_floats(name, given)
    if values.ndim == 1:
        values = values[:, np.newaxis]
    if values.ndim != 2:
        raise ValueError(
            f"{name} must have the shape (n_times,) or (n_times, n_targets), got {values.shape}."
        )
    return values


def as_floats(name: str, given: Any, *, missing: bool = False) -> np.ndarray:
    """Floats of any shape, finite unless NaN may stand for what is `missing`; at least one row."""
    if hasattr(given, "iloc"):
        values = given.to_numpy(dtype=float, na_value=np.nan)
    else:
        values = np.asarray(given, dtype=float)
    if values.ndim == 0 or values.size == 0:
        raise ValueError(f"{name} must hold at least one value, got the shape {values.shape}.")
    wrong = np.isinf(values) if missing else ~np.isfinite(values)
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        label = f" ({given.index[row]})" if hasattr(given, "iloc") else ""
        raise ValueError(
            f"{name} has {values[wrong][0]} in row {row}{label}: leave such rows out on both sides."
        )
    return values


def check_same_rows(first: str, one: Any, second: str, other: Any) -> None:
    """Raise when two pandas objects have different indices: they would be paired by position."""
    if not (hasattr(one, "iloc") and hasattr(other, "iloc")):
        return
    if len(one) != len(other) or one.index.equals(other.index):
        return  # a wrong number of rows has an error of its own
    differs = (i for i, (a, b) in enumerate(zip(one.index, other.index, strict=True)) if a != b)
    row = next(differs, 0)
    raise ValueError(
        f"the rows of {first} and {second} have different labels: row {row} is "
        f"{one.index[row]} in {first} and {other.index[row]} in {second}. Align them, e.g. "
        f"{second}.reindex({first}.index), or give arrays if they belong together as they stand."
    )


def series_of_rows(
    name: str, y: Any, groups: Any, n_times: int
) -> tuple[np.ndarray, Sequence[Hashable]]:
    """The series that each row belongs to, as a number, and the label of each series.

    They come from `groups`, else from the first level of an index of two levels; without
    either all rows are of one series, whose label is None.
    """
    if groups is None and getattr(getattr(y, "index", None), "nlevels", 1) > 1:
        codes, labels = y.index.droplevel(-1).factorize()
        return codes, labels.tolist()
    if groups is None:
        return np.zeros(n_times, dtype=int), [None]
    labels, codes = np.unique(np.asarray(groups), return_inverse=True)
    if codes.shape != (n_times,):
        raise ValueError(
            f"the groups of {name} must name the series of each of its {n_times} rows, got the "
            f"shape {np.shape(groups)}."
        )
    return codes, labels.tolist()


def mean_by_series(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Means over the rows of each series, shape ``(n_series, n_targets)``."""
    sums = np.stack([np.bincount(codes, weights=column) for column in values.T], axis=1)
    return sums / np.bincount(codes)[:, np.newaxis]


def average_targets(scores: np.ndarray, multioutput: Average) -> Any:
    """One score for each target -> their mean, or all of them."""
    if multioutput not in ("uniform_average", "raw_values"):
        raise ValueError(
            f"multioutput must be 'uniform_average' or 'raw_values', got {multioutput!r}."
        )
    return scores if multioutput == "raw_values" else float(scores.mean())


def check_share(name: str, value: Any) -> float:
    """Raise unless `value` lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1, both excluded, got {value!r}.")
    return float(value)


def last_axis(name: str, y: np.ndarray, given: Any) -> np.ndarray:
    """Several numbers for each entry of y: shape ``(n_times, n_targets, n)``.

    Taken from ``(n_times, n)`` for one target, ``(n_times, n_targets, n)``, or, as in a frame,
    ``(n_times, n_targets * n)`` with the numbers of one target side by side.
    """
    values = as_floats(name, given)
    n_times, n_targets = y.shape
    rows = values.ndim in (2, 3) and len(values) == n_times
    if not rows or values.shape[1] % n_targets or values.shape[1:-1] not in ((), (n_targets,)):
        raise ValueError(
            f"{name} must have a row for each of the {n_times} rows of y_true, with the numbers "
            f"for each of its {n_targets} target(s) side by side or in a last axis, got the shape "
            f"{values.shape}."
        )
    return values.reshape(n_times, n_targets, -1)
