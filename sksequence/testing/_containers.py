"""The answer does not depend on the container that the sequences came in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import SkipTest

import joblib
import numpy as np
import pandas as pd

from sksequence.inputs import SequenceArray
from sksequence.testing._answers import answers, check_same, fit, is_repeatable
from sksequence.testing._examples import (
    Examples,
    is_numeric,
    is_text,
    join,
    lengths_of,
    pick,
)


def _arrays(X: Any) -> list[np.ndarray]:
    if not is_numeric(X):
        raise SkipTest("only numeric sequences without context fit in a list of arrays")
    return [np.asarray(x) for x in X]


def _object_array(X: Any) -> np.ndarray:
    rows = list(X) if is_text(X) else _arrays(X)
    result = np.empty(len(rows), dtype=object)
    result[:] = rows
    return result


def _padded(X: Any) -> SequenceArray:
    if is_text(X):
        raise SkipTest("texts have no padded form")
    X = X if isinstance(X, SequenceArray) else SequenceArray.from_list(X)
    if len(X.channels) > 1:
        raise SkipTest("only one channel can be padded")
    filled = X.to_padded(fill_value=0 if X.n_tokens else 1e30)
    return SequenceArray.from_padded(
        filled, X.lengths, n_tokens=X.n_tokens, vectors=X.vectors, context=X.context
    )


def _frame(X: Any) -> pd.DataFrame:
    arrays = _arrays(X)
    if arrays[0].ndim > 2:
        raise SkipTest("frames of pixels do not fit in a table")
    lengths = lengths_of(X)
    of_sequence = np.repeat(np.arange(len(X)), lengths)
    steps = np.concatenate([np.arange(n) for n in lengths])
    index = pd.MultiIndex.from_arrays([of_sequence, steps], names=["sequence", "step"])
    return pd.DataFrame(np.concatenate(arrays), index=index)


def _part_of_more(X: Any) -> Any:
    return pick(join(pick(X, slice(0, 5)), X), slice(5, None))


def _memory_mapped(X: Any) -> Any:
    if is_text(X):
        raise SkipTest("texts are not mapped into memory")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "X.joblib"
        joblib.dump(X, path)
        return joblib.load(path, mmap_mode="r")


CONTAINERS: dict[str, Callable] = {
    "list of arrays": _arrays,
    "nested lists": lambda X: [x.tolist() for x in _arrays(X)],
    "object array": _object_array,
    "Series": lambda X: pd.Series(list(_object_array(X)), index=np.arange(len(X))[::-1]),
    "DataFrame with a (sequence, step) index": _frame,
    "SequenceArray made from a padded array": _padded,
    "part of a longer SequenceArray": _part_of_more,
    "memory-mapped, read-only": _memory_mapped,
}


def check_container(estimator: Any, examples: Examples, *, container: str) -> None:
    """Fitting on and predicting from a container gives what the examples themselves give."""
    other = Examples(CONTAINERS[container](examples.X), examples.y)
    _compare_containers(estimator, examples, other, container)


def _as_table(X: np.ndarray) -> np.ndarray:
    return X[:, :, 0]


EQUAL_LENGTHS: dict[str, Callable] = {
    "3-D array": lambda X: X,
    "2-D array": _as_table,
    "wide DataFrame": lambda X: pd.DataFrame(_as_table(X)).add_prefix("step"),
    "list of 1-D arrays": lambda X: list(_as_table(X)),
}


def check_array(estimator: Any, examples: Examples, *, container: str) -> None:
    """Sequences of one length in an array or a table give what they give as ragged ones."""
    arrays = _arrays(examples.X)
    lengths = lengths_of(examples.X)
    n_steps = int(np.quantile(lengths, 0.5))
    chosen = np.flatnonzero(lengths >= n_steps)
    if n_steps < 2:
        raise SkipTest("the examples are too short for sequences of one length")
    ragged = examples[chosen].first_steps([n_steps] * len(chosen))
    X = np.stack([arrays[i][:n_steps] for i in chosen])  # (n_sequences, n_steps, n_features)
    if container != "3-D array":
        X = X.reshape(*X.shape[:2], -1)[:, :, :1]
        rows = list(X)
        ragged = Examples(
            SequenceArray.from_list(rows) if isinstance(ragged.X, SequenceArray) else rows,
            ragged.y,
        )
    other = Examples(EQUAL_LENGTHS[container](X), ragged.y)
    _compare_containers(estimator, ragged, other, container)


def _compare_containers(estimator, examples, other, name) -> None:
    fitted = fit(estimator, examples)
    expected = answers(fitted, examples.X)
    table = name in ("2-D array", "wide DataFrame")
    if not table:  # which is as wide in predict as it was in fit
        given = _stacked(answers(fitted, other.X))
        check_same(_stacked(expected), given, f"when predicting from a container: {name}")
    if is_repeatable(estimator, examples):
        given = _stacked(answers(fit(estimator, other), other.X))
        check_same(_stacked(expected), given, f"when fitted on a container: {name}")


def _stacked(given: dict) -> dict:
    """Answers without the difference between ``(n_steps,)`` and ``(n_steps, 1)``."""
    return {
        name: [tuple(part.ravel() for part in row) for row in rows] for name, rows in given.items()
    }
