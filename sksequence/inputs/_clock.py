"""Dates and row numbers -> integer positions on a common axis of time, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from sksequence.inputs._frequency import as_integers, as_step, kind_of, short_time, step_of
from sksequence.inputs._plain_index import from_plain, plain_or_same

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Clock:
    """An axis of equal steps: position ``p`` is `p` steps after the first time.

    ==============  =======================================  ==============================
    kind            what the positions count                 ``step``
    ==============  =======================================  ==============================
    ``"none"``      rows of bare arrays                      1
    ``"integer"``   the labels of an integer index           an integer
    ``"time"``      the steps of a date or period index      a pandas frequency (an offset)
    ==============  =======================================  ==============================

    One or two dates without a frequency do not tell it. Such a clock knows these dates alone,
    and its ``step`` is None.

    Parameters
    ----------
    kind : {"none", "integer", "time"}, default="none"
        What the axis is made of.
    known : pandas Index, default=None
        The time of position 0, in the type, name and time zone that all times will have; where
        the step is unknown, all times that are known.
    step : int, pandas offset or None, default=1
        From one position to the next.
    keeps_freq : bool, default=False
        Whether a DatetimeIndex that is made gets its ``freq`` set, where it has one.

    See Also
    --------
    TimeTable : Values of series, whose rows are positions on a clock.

    Notes
    -----
    Steps are exact: an hour is an hour also where clocks are put forward, a day is a date, and a
    month, a quarter or a business day is what pandas takes it for. Positions may be negative
    and may lie beyond the last time seen.

    Examples
    --------
    >>> import pandas as pd
    >>> from sksequence.inputs import Clock
    >>> clock = Clock.from_index(pd.date_range("2024-01-31", periods=12, freq="ME"))
    >>> clock
    Clock(a DatetimeIndex of frequency ME, from 2024-01-31)
    >>> clock.positions(pd.DatetimeIndex(["2024-02-29", "2023-12-31"]))
    array([ 1, -1])
    >>> clock.index([12, 13])
    DatetimeIndex(['2025-01-31', '2025-02-28'], dtype='datetime64[...]', freq='ME')
    """

    kind: str = "none"
    known: pd.Index | None = None
    step: Any = 1
    keeps_freq: bool = False

    @classmethod
    def from_index(cls, index: pd.Index, frequency: Any = None, what: str = "the index") -> Clock:
        """Read the clock of the times of one series, which must ascend.

        Parameters
        ----------
        index : pandas Index of shape (n_times,)
            Dates, periods or integers, in order.
        frequency : int, str or pandas offset, default=None
            The step; None: that of the index, or inferred where it has none. Of an index with
            gaps, it is the step that most of its rows are apart.
        what : str, default="the index"
            Its name in messages.

        Raises
        ------
        TypeError
            If the index holds text or other things that are no times.
        ValueError
            If three or more times have no common step.
        """
        kind = kind_of(index, what)
        step = step_of(index, what) if frequency is None else as_step(frequency, index, what)
        keeps = frequency is not None or getattr(index, "freq", None) is not None
        return cls(kind, index[: 2 if step is None else 1], step, keeps)

    def __getstate__(self) -> dict:
        known = None if self.known is None else plain_or_same(self.known)
        return {**vars(self), "known": known, "step": plain_or_same(self.step)}

    def __setstate__(self, state: dict) -> None:
        vars(self).update({name: from_plain(part) for name, part in state.items()})

    @property
    def frequency(self) -> str:
        """The step in words: ``"D"``, ``"30min"``, ``"2"``, or ``"unknown"``."""
        if self.step is None:
            return "unknown"
        owner = self.known if hasattr(self.known, "asfreq") else self.step  # "M" of periods
        return getattr(owner, "freqstr", str(self.step))

    @property
    def description(self) -> str:
        """Kind, frequency and time zone in words, for messages."""
        if self.kind == "none":
            return "no index (bare arrays)"
        if self.kind == "integer":
            return f"an integer index in steps of {self.frequency}"
        zone = getattr(self.known, "tz", None)
        where = "" if zone is None else f" in {zone}"
        return f"a {type(self.known).__name__} of frequency {self.frequency}{where}"

    def __repr__(self) -> str:
        start = "" if self.known is None else f", from {short_time(self.known[0])}"
        return f"Clock({self.description}{start})"

    def positions(self, index: pd.Index) -> np.ndarray:
        """Positions of times, as 64-bit integers in the order given.

        Parameters
        ----------
        index : pandas Index of shape (n_times,)
            Of the same kind as the clock's; array-like of integers for the kind ``"none"``.

        Raises
        ------
        TypeError
            If the times are of another kind (integers where dates were, no time zone where one
            was).
        ValueError
            If a time lies between two steps, or the frequency is not known.
        """
        positions, exact = self.locate(index)
        if exact.all():
            return positions
        i = int(np.argmin(exact))
        raise ValueError(
            f"{index[i]} (entry {i} of {len(exact)}) {self.off_beat(index[i : i + 1])}"
        )

    def index(self, positions: ArrayLike) -> pd.Index:
        """Times of positions, in the type, name and time zone of the index that was read.

        Parameters
        ----------
        positions : array-like of int of shape (n_times,)
            May be negative.

        Raises
        ------
        ValueError
            If the frequency is not known and other times than the known ones are asked for.
        """
        import pandas as pd

        positions = np.asarray(positions, dtype=np.int64)
        name = None if self.known is None else self.known.name
        if self.step is None:
            return self._known_at(positions)
        if self.kind != "time":
            return _integers(self, positions)
        if isinstance(self.known, pd.PeriodIndex):
            ordinals = self.known.asi8[0] + self.step.n * positions
            return pd.PeriodIndex.from_ordinals(ordinals, freq=self.known.freq, name=name)
        times = _dates(self, positions).rename(name)
        if self.keeps_freq and consecutive(positions) and times.freq is None:
            _set_freq(times, self.step)
        elif times.freq is not None and not self.keeps_freq:
            times.freq = None
        return times

    def same_as(self, other: Clock) -> bool:
        """Whether equal positions are equal times on both clocks."""
        if self.kind != other.kind or self.step != other.step:
            return False
        if self.kind == "none":
            return True
        alike = type(self.known) is type(other.known) or self.kind == "integer"
        zones = [getattr(clock.known, "tz", None) for clock in (self, other)]
        return bool(
            alike and zones[0] == zones[1] and len(self.known) == len(other.known)
        ) and bool((self.known == other.known).all())

    def locate(self, index: pd.Index) -> tuple[np.ndarray, np.ndarray]:
        """Positions of times, and whether each is exactly a step of the clock.

        Raises
        ------
        TypeError
            If the times are of another kind than the clock's.
        """
        if self.kind == "none":
            positions = np.asarray(index, dtype=np.int64)
            return positions, np.ones(len(positions), dtype=bool)
        self._check_kind(index)
        if self.step is None:
            positions = self.known.get_indexer(index).astype(np.int64)
            return positions, positions >= 0
        if self.kind == "integer":
            return _divide(as_integers(index) - as_integers(self.known)[0], self.step)
        if hasattr(self.known, "asfreq"):  # periods
            return _divide(index.asi8 - self.known.asi8[0], self.step.n)
        return _date_positions(self, index)

    def off_beat(self, time: pd.Index) -> str:
        """What is wrong with a time that lies on no step, and what to do."""
        if self.step is None:
            return (
                "cannot be placed: one or two times do not tell the frequency, and "
                f"{_listed(self.known)} is all that was read before: set index.freq, as "
                "pandas.date_range does, or fit on three rows or more."
            )
        after = int(self.locate(time)[0][0])
        before, later = (short_time(t) for t in self.index([after, after + 1]))
        expected = self.description
        if self.locate(self.known)[1].all():  # the first time may itself lie on no step
            expected += f" that runs through {short_time(self.known[0])}"
        return (
            f"lies between two steps of the clock, {before} and {later}: expected {expected}. "
            f"Bring the times to that frequency first{_resample_remedy(self)}."
        )

    def _check_kind(self, index):
        kind = kind_of(index, "the index")
        received = f"a {type(index).__name__}" if kind == "time" else "an integer index"
        zones = [getattr(times, "tz", None) is not None for times in (self.known, index)]
        if kind == self.kind and (kind == "integer" or type(index) is type(self.known)):
            if zones[0] == zones[1]:
                if getattr(index, "freq", None) is not None and _period_changed(self, index):
                    raise ValueError(
                        f"the index has frequency {index.freqstr}, but before it was "
                        f"{self.description}: bring it to that frequency with "
                        f"index.asfreq({self.frequency!r}), or fit again."
                    )
                return
            received += " with a time zone" if zones[1] else " without a time zone"
        before = self.description
        if zones == [False, True]:
            before += " without a time zone"
        raise TypeError(
            f"the index is {received}, but before it was {before}: give the same kind "
            "of index as before, or fit again."
        )

    def _known_at(self, positions):
        if len(positions) and (positions.min() < 0 or positions.max() >= len(self.known)):
            raise ValueError(
                f"the frequency of the times is unknown: {_listed(self.known)} was all that was "
                "read, and one or two times do not tell the next. Set index.freq, as "
                "pandas.date_range does, or give three rows or more."
            )
        return self.known.take(positions)


def consecutive(positions: np.ndarray) -> bool:
    """Whether each position is one after the position before it."""
    return bool((positions[1:] - positions[:-1] == 1).all())


# Dates and positions


def _period_changed(clock, index):
    return hasattr(index, "asfreq") and index.freq != clock.known.freq


def _divide(distances, step):
    """Whole steps in distances, rounded down, and whether nothing is left over."""
    positions, rest = np.divmod(distances, step)
    return positions.astype(np.int64, copy=False), rest == 0


def _integers(clock, positions):
    import pandas as pd

    first = 0 if clock.known is None else as_integers(clock.known)[0]
    labels = first + clock.step * positions
    name = None if clock.known is None else clock.known.name
    if (clock.known is None or hasattr(clock.known, "step")) and consecutive(positions):
        start = int(labels[0]) if len(labels) else 0
        stop = start + clock.step * len(labels)
        return pd.RangeIndex(start, stop, clock.step, name=name)
    if clock.known is not None and (not len(labels) or labels.min() >= 0):
        return pd.Index(labels, dtype=clock.known.dtype, name=name)  # may be unsigned
    return pd.Index(labels, name=name)


def _is_fixed(step):
    """Whether a step has one length: n hours, and on the calendar also n days or weeks."""
    import pandas as pd

    return isinstance(step, (pd.offsets.Tick, pd.offsets.Day, pd.offsets.Week))


def _runs_on_calendar(clock):
    """Whether steps are counted on the calendar of the time zone, not in elapsed time."""
    import pandas as pd

    step = clock.step
    return isinstance(step, pd.offsets.Day) or not isinstance(step, pd.offsets.Tick)


def _ticks(clock, unit):
    """Length of a fixed step in a unit of time; 0 if that is too coarse."""
    import pandas as pd

    step = clock.step
    days = {pd.offsets.Day: 1, pd.offsets.Week: 7}
    for kind, n_days in days.items():
        if isinstance(step, kind):
            return n_days * step.n * int(np.timedelta64(1, "D") / np.timedelta64(1, unit))
    return step.nanos // int(np.timedelta64(1, unit) / np.timedelta64(1, "ns"))


def _on_wall(clock, times):
    """Dates without time zone: the wall's for calendar steps, else those of UTC."""
    if times.tz is None:
        return times
    if _runs_on_calendar(clock):
        return times.tz_convert(clock.known.tz).tz_localize(None)
    return times.tz_convert(None)


def _off_wall(clock, times):
    """The inverse; an hour that the time zone leaves out becomes the next one there is."""
    zone = clock.known.tz
    if zone is None:
        return times
    if not _runs_on_calendar(clock):
        return times.tz_localize("UTC").tz_convert(zone)
    summer = np.ones(len(times), dtype=bool)  # of an hour that comes twice, the first
    return times.tz_localize(zone, ambiguous=summer, nonexistent="shift_forward")


def _dates(clock, positions):
    import pandas as pd

    first, unit = _on_wall(clock, clock.known), clock.known.unit
    if not len(positions):
        return clock.known[:0]
    if _is_fixed(clock.step):
        stamps = first.asi8[0] + _ticks(clock, unit) * positions
        return _off_wall(clock, pd.DatetimeIndex(stamps.view(f"M8[{unit}]")))
    low, high = int(positions.min()), int(positions.max())
    start = first[0] + clock.step * low if low else first[0]
    grid = pd.date_range(start, periods=high - low + 1, freq=clock.step).as_unit(unit)
    return _off_wall(clock, grid if consecutive(positions) else grid.take(positions - low))


def _date_positions(clock, index):
    first, times = _on_wall(clock, clock.known), _on_wall(clock, index)
    unit = min(first.unit, times.unit, key=["ns", "us", "ms", "s"].index)
    first, times = first.as_unit(unit), times.as_unit(unit)
    if _is_fixed(clock.step):
        positions, exact = _divide(times.asi8 - first.asi8[0], _ticks(clock, unit))
    else:
        positions, exact = _calendar_positions(first[0], clock.step, times)
    if clock.known.tz is not None and not exact.all() and _runs_on_calendar(clock):
        # an hour that was left out when clocks were put forward
        odd = np.flatnonzero(~exact)
        exact[odd] = _dates(clock, positions[odd]) == index[odd]
    return positions, exact


def _calendar_positions(first, step, times):
    """Positions among the dates that pandas' offset makes, rounded down."""
    import pandas as pd

    if not len(times):
        return np.zeros(0, dtype=np.int64), np.ones(0, dtype=bool)
    low = _last_step_until(first, step, times.min())
    high = _last_step_until(first, step, times.max())
    start = first + step * low if low else first
    grid = pd.date_range(start, periods=high - low + 1, freq=step).as_unit(times.unit)
    found = grid.searchsorted(times, side="right") - 1
    return found.astype(np.int64) + low, np.asarray(grid.take(found) == times)


def _last_step_until(first, step, time):
    """The largest ``p`` with ``first + p * step <= time``: doubling, then halving."""

    def reached(p):
        return (first + step * p if p else first) <= time

    low, high = (0, 1) if reached(0) else (-1, 0)
    while reached(high):
        low, high = high, 2 * high
    while not reached(low):
        low, high = 2 * low, low
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if reached(middle) else (low, middle)
    return low


def _set_freq(times, step):
    try:
        times.freq = step
    except ValueError:  # a daily hour that the time zone leaves out once a year
        return


# Words


def _listed(times):
    return " and ".join(short_time(time) for time in times)


def _resample_remedy(clock):
    if clock.kind == "integer":
        return ""
    return f", e.g. with data.resample({clock.frequency!r}).mean()"
