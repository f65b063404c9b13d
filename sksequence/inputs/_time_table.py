"""Tables whose rows are time steps, of one series or of many -> values on a clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from sksequence.inputs._channel import offsets_from_lengths, ragged_positions
from sksequence.inputs._clock import Clock
from sksequence.inputs._frequency import short_time
from sksequence.inputs._plain_index import from_plain, plain_or_same
from sksequence.inputs._table_values import Source, read_values
from sksequence.inputs._time_rows import TimeRows, check_gaps, place

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class TimeTable:
    """Series of numbers, end to end; the rows of each are consecutive positions on a clock.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Row after row, series after series; NaN where nothing was seen. `n_columns` may be 0.
    offsets : ndarray of shape (n_series + 1,)
        Series ``i`` owns the rows ``offsets[i]:offsets[i + 1]``.
    starts : ndarray of shape (n_series,)
        Position on the clock of the first row of each series.
    keys : pandas Index of shape (n_series,) or None
        Names of the series of a panel; None for a single series.
    columns : tuple or None
        Names of the columns, where they have some.
    clock : Clock
        Knows the times of the positions.

    See Also
    --------
    read_time_table : Makes one from arrays, Series and DataFrames.

    Examples
    --------
    >>> import pandas as pd
    >>> from sksequence.inputs import read_time_table
    >>> days = pd.date_range("2024-02-27", periods=4, freq="D")
    >>> table = read_time_table(pd.Series([3.0, 1.0, 4.0, 1.0], index=days, name="rain"), "y")
    >>> table
    TimeTable(n_series=1, lengths=4, n_columns=1,
              Clock(a DatetimeIndex of frequency D, from 2024-02-27))
    >>> table.columns, table.lengths, table.stops
    (('rain',), array([4]), array([4]))
    >>> table.clock.index(table.stops)
    DatetimeIndex(['2024-03-02'], dtype='datetime64[...]', freq='D')
    """

    values: np.ndarray
    offsets: np.ndarray
    starts: np.ndarray
    keys: pd.Index | None
    columns: tuple | None
    clock: Clock

    def __getstate__(self) -> dict:
        state = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**state, "keys": plain_or_same(self.keys)}

    def __setstate__(self, state: dict) -> None:
        vars(self).update({**state, "keys": from_plain(state["keys"])})

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        low, high = self.lengths.min(), self.lengths.max()
        lengths = f"{low}" if low == high else f"{low}..{high}"
        return (
            f"TimeTable(n_series={self.n_series}, lengths={lengths}, "
            f"n_columns={self.values.shape[1]}, {self.clock!r})"
        )

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.starts)

    @property
    def lengths(self) -> np.ndarray:
        """Number of rows of each series, shape ``(n_series,)``."""
        return np.diff(self.offsets)

    @property
    def stops(self) -> np.ndarray:
        """Position after the last row of each series, shape ``(n_series,)``."""
        return self.starts + self.lengths

    @property
    def positions(self) -> np.ndarray:
        """Position of each row on the clock, shape ``(n_rows,)``."""
        return ragged_positions(self.starts, self.lengths)

    @property
    def index(self) -> pd.Index:
        """The pandas index of all rows: times, or for a panel (series, time)."""
        if self.keys is None:
            return self.clock.index(self.positions)
        return self.times_of(np.repeat(np.arange(self.n_series), self.lengths), self.positions)

    def times_of(self, series: ArrayLike, positions: ArrayLike) -> pd.Index:
        """The pandas index of rows at these positions.

        Parameters
        ----------
        series : int or array-like of int of shape (n_rows,)
            Numbers of the series, from 0; not looked at where there is a single one.
        positions : array-like of int of shape (n_rows,)
            Positions on the clock; they need not be rows of the table.

        Returns
        -------
        pandas Index
            Of one level for a single series, else of the levels (series, time).
        """
        positions = np.asarray(positions, dtype=np.int64)
        if self.keys is None:
            return self.clock.index(positions)
        import pandas as pd

        different, codes = _codes(positions)
        series = np.broadcast_to(np.asarray(series, dtype=np.int64), positions.shape)
        return pd.MultiIndex(
            levels=[self.keys, self.clock.index(different)],
            codes=[series, codes],
            names=[self.keys.name, getattr(self.clock.known, "name", None)],
            verify_integrity=False,
        )

    def select_series(self, keys: ArrayLike) -> TimeTable:
        """The series of these names, in this order.

        Raises
        ------
        ValueError
            If there is no series of such a name.
        """
        found = np.zeros(1, dtype=np.int64) if self.keys is None else self._find(keys)
        lengths = self.lengths[found]
        rows = ragged_positions(self.offsets[:-1][found], lengths)
        return replace(
            self,
            values=self.values[rows],
            offsets=offsets_from_lengths(lengths),
            starts=self.starts[found],
            keys=None if self.keys is None else self.keys.take(found),
        )

    def tail(self, n: int) -> TimeTable:
        """The last `n` rows of each series, or all that a shorter one has."""
        lengths = np.minimum(self.lengths, n)
        rows = ragged_positions(self.offsets[1:] - lengths, lengths)
        offsets = offsets_from_lengths(lengths)
        return replace(self, values=self.values[rows], offsets=offsets, starts=self.stops - lengths)

    def concat(self, later: TimeTable) -> TimeTable:
        """Append later rows to their series.

        Parameters
        ----------
        later : TimeTable
            Read with the clock of this one. Its rows must follow directly; rows of bare arrays
            are taken to do so. It may lack some of the series.

        Raises
        ------
        ValueError
            If series or columns are new, or rows do not follow directly.
        """
        _check_alike(self, later)
        into = np.zeros(1, dtype=np.int64) if self.keys is None else self._find(later.keys)
        _check_follows(self, later, into)
        added = np.zeros(self.n_series, dtype=np.int64)
        added[into] = later.lengths
        offsets = offsets_from_lengths(self.lengths + added)
        values = np.empty((offsets[-1], self.values.shape[1]))
        values[ragged_positions(offsets[:-1], self.lengths)] = self.values
        values[ragged_positions(offsets[1:][into] - later.lengths, later.lengths)] = later.values
        return replace(self, values=values, offsets=offsets)

    def _find(self, keys):
        found = self.keys.get_indexer(keys)
        if (found < 0).any():
            unknown = list(keys)[int(np.argmin(found))]
            raise ValueError(
                f"there is no series {unknown!r}: expected one of "
                f"{_some(self.keys)} ({self.n_series} series). Fit on it too, "
                "or give its past with history=."
            )
        return found


def read_time_table(
    data: Any,
    what: str = "y",
    estimator: Any = None,
    clock: Clock | None = None,
    columns: tuple | int | None = None,
    resample: Any = None,
) -> TimeTable:
    """Read a table whose rows are time steps.

    Parameters
    ----------
    data : array-like of shape (n_rows,) or (n_rows, n_columns), Series or DataFrame
        Rows are time steps, in order. An index of one level holds dates, periods or integers;
        an index of two levels (series, time) makes a panel, in which the rows of each series
        stand together. A DataFrame without columns, an index alone, will do.
    what : str, default="y"
        Name of the data in messages.
    estimator : estimator instance or str, default=None
        Named in messages.
    clock : Clock, default=None
        The clock of the data read before, on which these times must lie; None makes one.
    columns : tuple or int, default=None
        Names, or number, of the columns read before, which must come again in the same order.
    resample : str, int or pandas offset, default=None
        A frequency, an integer for an integer index: rows that are missing at this frequency
        become rows of NaN. None: they are an error.

    Returns
    -------
    TimeTable
        A copy of the values, with NaN where they are missing.

    Raises
    ------
    TypeError
        If the data or the times are text or of another kind than before, or the index was lost
        on the way.
    ValueError
        If the data are empty, infinite, without order, with a time twice or with a gap, or
        their columns or frequency changed.

    Examples
    --------
    >>> import pandas as pd
    >>> from sksequence.inputs import read_time_table
    >>> times = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"])
    >>> seen = pd.Series([3.0, 1.0, 4.0, 1.0], index=times)
    >>> read_time_table(seen, "y", resample="D").values.ravel()
    array([ 3.,  1., nan,  4.,  1.])
    >>> read_time_table(seen, "y")
    Traceback (most recent call last):
        ...
    ValueError: the estimator got y with a gap: after 2024-01-02 (row 1) comes 2024-01-04 (row 2),
    expected 2024-01-03 at frequency D. Give the rows between, NaN where nothing was seen, e.g.
    with y.asfreq('D') or resample='D'; folds must not be shuffled either: split with
    TimeSeriesSplit().
    """
    source = Source(data, what, estimator)
    values = read_values(source)
    source.check_columns(columns, values.shape[1])
    if source.index is None:
        return _bare(values, source, clock)
    rows = TimeRows.of(source)
    rows.check_order(source)
    clock, positions = place(rows, source, clock, resample)
    starts = positions[rows.offsets[:-1]]
    if resample is None:
        check_gaps(positions, rows, clock, source)
        offsets = rows.offsets
    else:
        values, offsets = _filled(values, positions, rows.offsets)
    return TimeTable(values, offsets, starts, rows.keys, source.columns, clock)


def _bare(values, source, clock):
    if clock is not None and clock.kind != "none":
        raise TypeError(
            f"{source.name} got {source.what} without an index ({type(source.data).__name__}), but "
            f"before it had {clock.description}: give a Series or DataFrame with its times. If a "
            "transformer on the way lost them, call set_output(transform='pandas') on it."
        )
    offsets = np.array([0, len(values)])
    starts = np.zeros(1, dtype=np.int64)
    return TimeTable(values, offsets, starts, None, source.columns, clock or Clock())


def _filled(values, positions, offsets):
    """The values with rows of NaN where positions are missing, and their offsets."""
    lengths = positions[offsets[1:] - 1] - positions[offsets[:-1]] + 1
    filled = offsets_from_lengths(lengths)
    rows = positions + np.repeat(filled[:-1] - positions[offsets[:-1]], np.diff(offsets))
    result = np.full((filled[-1], values.shape[1]), np.nan)
    result[rows] = values
    return result, filled


def _codes(positions):
    """Different positions, ascending, and which of them each is."""
    if not len(positions):
        return positions, positions
    low, span = positions.min(), int(positions.max() - positions.min()) + 1
    if span > 4 * len(positions):
        return np.unique(positions, return_inverse=True)
    used = np.zeros(span, dtype=bool)
    used[positions - low] = True
    return np.flatnonzero(used) + low, (np.cumsum(used) - 1)[positions - low]


# One table after another


def _check_alike(table, later):
    if not table.clock.same_as(later.clock):
        raise ValueError(
            f"the later rows count time on {_counted(later.clock)}, but the earlier ones on "
            f"{_counted(table.clock)}: read them with clock= that of the earlier ones."
        )
    if (table.keys is None) != (later.keys is None):
        raise ValueError(
            f"the later rows are {_form(later)}, but the earlier ones {_form(table)}: give "
            "both the same levels of index."
        )
    if table.columns != later.columns or table.values.shape[1] != later.values.shape[1]:
        raise ValueError(
            f"the later rows have the columns {_columns(later)}, but the earlier ones "
            f"{_columns(table)}: give the same columns in the same order."
        )


def _check_follows(table, later, into):
    if table.clock.kind == "none":
        return
    wrong = later.starts != table.stops[into]
    if not wrong.any():
        return
    i = int(np.argmax(wrong))
    where = "" if table.keys is None else f" of series {later.keys[i]!r}"
    stop, start = table.stops[into][i], later.starts[i]
    received, last = (short_time(table.clock.index([p])[0]) for p in (start, stop - 1))
    remedy = "leave out the rows that were given before"
    if start > stop:
        remedy = "give the rows between too, NaN where nothing was seen"
    raise ValueError(
        f"the later rows{where} start at {received}, but must directly follow {last}: {remedy}."
    )


# Words


def _some(names, n=5):
    shown = ", ".join(repr(name) for name in list(names[:n]))
    return f"{shown}, ..." if len(names) > n else shown


def _form(table):
    return "a single series" if table.keys is None else "a panel with an index (series, time)"


def _columns(table):
    return f"1 to {table.values.shape[1]}" if table.columns is None else _some(table.columns, 10)


def _counted(clock):
    origin = "" if clock.known is None else f", counted from {short_time(clock.known[0])}"
    return clock.description + origin
