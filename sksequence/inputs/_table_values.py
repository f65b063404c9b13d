"""The numbers of a table whose rows are time steps, and words for its places."""

from __future__ import annotations

import re
from typing import Any, NoReturn

import numpy as np

from sksequence.inputs._clock import Clock
from sksequence.inputs._frequency import short_time


class Source:
    """A table as it was given, and how messages speak of it."""

    def __init__(self, data: Any, what: str, estimator: Any = None):
        self.data = data
        self.what = what
        self.name = "the estimator" if estimator is None else _name(estimator)
        self.is_pandas = hasattr(data, "iloc")
        self.index = data.index if self.is_pandas else None
        self.index_name = f"the index of {self.name}'s {what}"
        self.columns = _column_names(data) if self.is_pandas else None

    def row(self, row: int) -> str:
        """``row 5 (2020-01-06)``, ``row 5 (series 'a', 2020-01-06)`` or ``row 5``."""
        if self.index is None:
            return f"row {row}"
        return f"row {row} ({self.label(row)})"

    def label(self, row: int) -> str:
        """The index of a row."""
        if self.index.nlevels == 1:
            return short_time(self.index[row])
        *keys, time = self.index[row]
        return f"series {', '.join(map(repr, keys))}, {short_time(time)}"

    def column(self, j: int) -> str:
        """``column 'rain'`` or ``column 2``."""
        return f"column {j}" if self.columns is None else f"column {self.columns[j]!r}"

    def check_columns(self, expected: Any, n_columns: int) -> None:
        """Raise ValueError unless the columns are those read before."""
        if expected is None:
            return
        n_expected = expected if isinstance(expected, int) else len(expected)
        named = self.columns is not None and not isinstance(expected, int)
        if named and tuple(expected) != self.columns:
            raise ValueError(
                f"{self.name} got {self.what} with other columns than before: "
                f"{_difference(self.columns, tuple(expected))}. Give the columns "
                f"{list(expected)} in this order."
            )
        if n_columns != n_expected:
            raise ValueError(  # the words of scikit-learn
                f"{self.what} has {n_columns} features, but {self.name} is expecting {n_expected} "
                "features as input: give the columns of fit."
            )

    def refuse_order(self, row: int, twice: bool) -> NoReturn:
        """The times of rows `row` and ``row + 1`` do not ascend."""
        here, after = self.label(row), self.row(row + 1)
        if twice:
            raise ValueError(
                f"{self.name} got {self.what} with a time twice: {here} is row {row} and row "
                f"{row + 1}, expected one row for each time. Keep one of them, e.g. with "
                f"{self.what}[~{self.what}.index.duplicated()]; several series in one table need "
                "an index of two levels (series, time)."
            )
        raise ValueError(
            f"{self.name} got {self.what} with rows out of order: {after} comes after "
            f"{self.row(row)}, expected times that ascend. Sort them with "
            f"{self.what}.sort_index(), and split with TimeSeriesSplit(), which does not shuffle."
        )

    def refuse_scattered(self, row: int) -> NoReturn:
        """The series of a row stood earlier already, with others between."""
        raise ValueError(
            f"{self.name} got {self.what} with the rows of a series apart: {self.row(row)} comes "
            "after rows of other series, expected all rows of a series in a row. Sort them with "
            f"{self.what}.sort_index()."
        )

    def refuse_gap(self, row: int, expected: str, clock: Clock) -> NoReturn:
        """Between rows `row` and ``row + 1``, times are missing."""
        before, after = (self.index[i] for i in (row, row + 1))
        where = ""
        if self.index.nlevels == 2:
            where, before, after = f" in series {before[0]!r}", before[1], after[1]
        step = clock.step if clock.kind == "integer" else repr(clock.frequency)
        by_hand = f"{self.what}.asfreq({step}) or "
        if where or clock.kind == "integer" or hasattr(clock.known, "asfreq"):
            by_hand = ""
        raise ValueError(
            f"{self.name} got {self.what} with a gap{where}: after {short_time(before)} (row "
            f"{row}) comes {short_time(after)} (row {row + 1}), expected {expected} at frequency "
            f"{clock.frequency}. Give the rows between, NaN where nothing was seen, e.g. with "
            f"{by_hand}resample={step}{_gap_remedy(self, clock)}."
        )


def read_values(source: Source) -> np.ndarray:
    """A copy of the numbers, float64 of shape ``(n_rows, n_columns)``, none infinite."""
    values = _from_pandas(source) if source.is_pandas else _from_array(source)
    if not len(values):
        raise ValueError(
            f"{source.name} got {source.what} with 0 rows (0 sample(s), shape={values.shape}), "
            "while a minimum of 1 is required."
        )
    infinite = np.isinf(values)
    if infinite.any():
        row, j = np.argwhere(infinite)[0]
        raise ValueError(
            f"{source.name} got {source.what} with infinity in {source.row(row)}, "
            f"{source.column(j)}, expected finite numbers: replace it, by NaN where nothing was "
            "seen."
        )
    return values


def _from_pandas(source):
    frame = source.data.to_frame() if source.data.ndim == 1 else source.data
    if all(isinstance(dtype, np.dtype) and dtype.kind in "fiub" for dtype in frame.dtypes):
        return np.array(frame.to_numpy(dtype=np.float64), order="C")
    columns = [_column(frame.iloc[:, j], j, source) for j in range(frame.shape[1])]
    return np.column_stack(columns)


def _column(column, j, source):
    """One column as float64, where its type is not already a number of numpy."""
    kind = getattr(column.dtype, "kind", "O")
    if kind == "c":
        raise ValueError(
            f"Complex data not supported: {source.what} of {source.name} has complex numbers in "
            f"{source.column(j)}; give real and imaginary part as columns."
        )
    if kind in "mM":
        raise TypeError(
            f"{source.name} got {source.what} with times in {source.column(j)} (dtype "
            f"{column.dtype}), expected numbers: make them the index, or give them as numbers."
        )
    if kind in "fiub":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return _from_objects(np.asarray(column, dtype=object), j, source)


def _from_objects(entries, j, source):
    for row, entry in enumerate(entries):
        if isinstance(entry, (str, bytes)):
            remedy = "encode it first, e.g. with OneHotEncoder or pandas.get_dummies"
            if source.is_pandas and source.data.ndim == 2 and _is_date(entry):
                pop = f"{source.what}.pop({source.columns[j]!r})"
                remedy = f"make it the index, {source.what}.set_index(pandas.to_datetime({pop}))"
            raise TypeError(
                f"{source.name} got {source.what} with text, {_shortened(entry)}, in "
                f"{source.row(row)}, {source.column(j)}, expected numbers: leave the column out, "
                f"or {remedy}."
            )
    missing = np.array([entry is None or entry != entry for entry in _plain(entries)], dtype=bool)
    values = np.full(len(entries), np.nan)
    try:
        values[~missing] = entries[~missing].astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{source.name} got {source.what} with objects that are no numbers in "
            f"{source.column(j)} (argument must be numbers: {error}): give numbers."
        ) from None
    return values


def _is_date(entry):
    """Whether text begins like 2024-02 or 2024/02."""
    return re.match(r"\d{4}[-/]\d\d", str(entry)) is not None


def _plain(entries):
    """The entries with None for pandas' NA, which cannot be compared."""
    import pandas as pd

    return [None if entry is pd.NA or entry is pd.NaT else entry for entry in entries]


def _from_array(source):
    data = source.data
    if hasattr(data, "toarray"):
        raise TypeError(
            f"Sparse data was passed as {source.what} to {source.name}, but dense data is "
            f"required: use {source.what}.toarray()."
        )
    if data is None or isinstance(data, (str, bytes, dict, set)) or hasattr(data, "__next__"):
        raise TypeError(
            f"{source.name} expected {source.what} as an array, a Series or a DataFrame whose "
            f"rows are time steps, got {type(data).__name__}: give one of these."
        )
    try:
        array = np.asarray(data)
    except ValueError:
        raise ValueError(
            f"{source.name} got {source.what} as lists of different lengths, expected the same "
            "number of columns in each row: several series of different lengths belong in a "
            "DataFrame with an index of two levels (series, time)."
        ) from None
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{source.name} got {source.what} of shape {array.shape} (Found array with dim "
            f"{array.ndim}), expected (n_rows,) or (n_rows, n_columns), where rows are time steps: "
            "several series belong in a DataFrame with an index of two levels (series, time)."
        )
    table = array[:, np.newaxis] if array.ndim == 1 else array
    if table.dtype.kind in "fiub":
        return np.array(table, dtype=np.float64, order="C")
    import pandas as pd

    if not table.size:
        return np.zeros(table.shape)
    objects = np.asarray(data, dtype=object).reshape(table.shape)  # numbers among text stay so
    columns = objects.T if table.dtype.kind in "OUS" else table.T
    return np.column_stack([_column(pd.Series(c), j, source) for j, c in enumerate(columns)])


def _gap_remedy(source, clock):
    if clock.frequency == "B" and source.index.nlevels == 1:  # exchanges close on holidays
        return f"; or count rows, not days, with {source.what}.reset_index(drop=True)"
    return "; folds must not be shuffled either: split with TimeSeriesSplit()"


def _column_names(data):
    if data.ndim == 1:
        return None if data.name is None else (data.name,)
    return tuple(data.columns)


def _difference(received, expected):
    missing = [name for name in expected if name not in received]
    new = [name for name in received if name not in expected]
    parts = [f"{missing} missing"] * bool(missing) + [f"{new} new"] * bool(new)
    return " and ".join(parts) or f"the order is {list(received)}"


def _name(estimator):
    return estimator if isinstance(estimator, str) else type(estimator).__name__


def _shortened(entry, width=40):
    text = repr(entry)
    return text if len(text) <= width else f"{text[: width - 3]}..."
