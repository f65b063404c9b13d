"""Splits of a line of times, by scikit-learn's TimeSeriesSplit."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import TimeSeriesSplit


def check_size(name: str, value: Any, *, minimum: int, none: bool = False) -> None:
    """Raise unless `value` is a whole number of at least `minimum`, or None where allowed."""
    if none and value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < minimum:
        also = " or None" if none else ""
        raise ValueError(
            f"{name} must be a whole number of at least {minimum}{also}, got {value!r}."
        )


def split_times(
    n_times: int,
    *,
    n_splits: int,
    test_size: int | None,
    gap: int = 0,
    max_train_size: int | None = None,
    what: str,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Places of the training and the test times, all training times before the test's.

    `what` is counted, for messages: "times" or "windows".
    """
    check_size("n_splits", n_splits, minimum=2)
    check_size("test_size", test_size, minimum=1, none=True)
    check_size("gap", gap, minimum=0)
    check_size("max_train_size", max_train_size, minimum=1, none=True)
    size = n_times // (n_splits + 1) if test_size is None else test_size
    size = max(size, 1)
    needed = n_splits * size + gap + 1
    if n_times < needed:
        raise ValueError(
            f"there are {n_times} different {what}, but n_splits={n_splits} tests of {size} "
            f"with gap={gap} before them and 1 to train on need {needed}: lower n_splits, "
            "test_size or gap."
        )
    line = TimeSeriesSplit(n_splits, test_size=size, gap=gap, max_train_size=max_train_size)
    yield from line.split(np.arange(n_times))
