"""The containers in which sequences come, and in which they are written again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.inputs import SequenceArray


@dataclass(frozen=True)
class Container:
    """What a user gave sequences in.

    Parameters
    ----------
    kind : {"list", "array", "table", "series", "column", "wide", "long", "sequences"}
        A list, an object array, a numeric array, a Series, a DataFrame of one column, one with
        a step a column, one with an index (sequence, step), a SequenceArray.
    n_steps : int or None
        In a table: the steps that every sequence has.
    labels : object
        The name of a Series, the columns of a DataFrame.
    names : tuple
        Of the two levels of an index.
    dtype : object
        Of a Series.
    """

    kind: str
    n_steps: int | None = None
    labels: Any = None
    names: tuple = (None, None)
    dtype: Any = None

    @classmethod
    def of(cls, example: Any) -> Container:
        """The container of some texts or sequences."""
        if isinstance(example, SequenceArray):
            return cls("sequences")
        if hasattr(example, "iloc"):
            return cls._of_pandas(example)
        if _is_array(example):
            example = np.asarray(example)
            if example.dtype.kind in "biuf" and example.ndim > 1:
                return cls("table", n_steps=example.shape[1])
            return cls("array")
        return cls("list")

    @classmethod
    def _of_pandas(cls, example: Any) -> Container:
        if example.ndim == 1:
            return cls("series", labels=example.name, dtype=example.dtype)
        if example.index.nlevels == 2:
            return cls("long", labels=example.columns, names=tuple(example.index.names))
        if example.shape[1] == 1 and example.dtypes.iloc[0].kind not in "biuf":
            return cls("column", labels=example.columns, dtype=example.dtypes.iloc[0])
        if holds_text(example):  # several texts a row
            return cls("series", dtype=example.dtypes.iloc[0])
        return cls("wide", n_steps=example.shape[1], labels=example.columns)

    def fill(self, rows: Sequence, index: Any = None) -> Any:
        """Texts, lists or arrays in such a container; `index` names them in pandas."""
        if self.kind == "list":
            return list(rows)
        if self.kind == "sequences":
            return SequenceArray.from_list(list(rows))
        if self.kind == "table":
            return np.stack(rows)
        if self.kind == "array":
            return _objects(rows)
        return self._in_pandas(rows, index)

    def _in_pandas(self, rows: Sequence, index: Any) -> Any:
        import pandas as pd

        if self.kind == "wide":
            table = np.stack(rows)
            return pd.DataFrame(table, index=index, columns=self.labels[: table.shape[1]])
        if self.kind == "long":
            lengths = [len(row) for row in rows]
            of = np.repeat(np.arange(len(rows)) if index is None else np.asarray(index), lengths)
            steps = np.concatenate([np.arange(n) for n in lengths])
            both = pd.MultiIndex.from_arrays([of, steps], names=self.names)
            values = np.concatenate(rows)
            return pd.DataFrame(values.reshape(len(values), -1), index=both, columns=self.labels)
        name = self.labels if self.kind == "series" else None
        series = pd.Series(_objects(rows), index=index, name=name).astype(self.dtype)
        return series if self.kind == "series" else series.to_frame().set_axis(self.labels, axis=1)


def _objects(rows: Sequence) -> np.ndarray:
    result = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        result[i] = row
    return result


def holds_text(X: Any) -> bool:
    """Whether a collection holds texts or lists of tokens: the first that is there tells."""
    if isinstance(X, SequenceArray) or X is None or hasattr(X, "toarray"):
        return False  # a sparse matrix is refused where numbers are read
    if isinstance(X, (str, bytes)):
        return True  # TokenEncoder says what is wrong with it
    if isinstance(X, np.ndarray) and X.dtype.kind in "biufc":
        return False
    if hasattr(X, "iloc"):
        X = X.iloc[:, 0] if X.ndim == 2 else X
    return isinstance(X, Iterable) and isinstance(_first_there(X), str)


def _first_there(X: Iterable) -> Any:
    """The first element, at any depth, that is neither missing nor empty; None: there is none."""
    for element in X:
        if isinstance(element, (list, tuple, np.ndarray)) and np.ndim(element[:1]):
            element = _first_there(element)
        if not is_missing(element):
            return element
    return None


def is_missing(element: Any) -> bool:
    """Whether an element is None, NaN or NA."""
    if element is None or type(element).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(element, float) and element != element


def row_names(X: Any) -> Any:
    """The index of pandas input, of its first level if there are two; None for others."""
    if not hasattr(X, "iloc"):
        return None
    return X.index if X.index.nlevels == 1 else X.index.get_level_values(0).unique()


def take(X: Any, positions: np.ndarray) -> Any:
    """The sequences at `positions` of any container."""
    if hasattr(X, "iloc") and X.index.nlevels == 2:
        kept = row_names(X)[positions]
        return X[X.index.get_level_values(0).isin(kept)]
    if hasattr(X, "iloc"):
        return X.iloc[positions]
    if isinstance(X, SequenceArray):
        return X[positions]
    if _is_array(X):
        return np.asarray(X)[positions]
    X = X if isinstance(X, (list, tuple)) else list(X)
    return type(X)(X[i] for i in positions)


def count(X: Any) -> int:
    """How many sequences a container holds."""
    names = row_names(X)
    if names is not None:
        return len(names)
    if hasattr(X, "__len__"):
        return len(X)
    return len(np.asarray(X)) if _is_array(X) else sum(1 for _ in X)


def _is_array(X: Any) -> bool:
    return hasattr(X, "__array__") and not hasattr(X, "iloc")
