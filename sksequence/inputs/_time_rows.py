"""Whose row each is, and when: a pandas index -> positions on a clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sksequence.inputs._clock import Clock, consecutive
from sksequence.inputs._frequency import as_step, kind_of, ordinals, short_time


@dataclass(frozen=True)
class TimeRows:
    """Whose row each is, and when: ``times[codes]``, series after series."""

    keys: Any
    offsets: np.ndarray
    times: Any  # different times, shape (n_times,)
    codes: np.ndarray  # shape (n_rows,)
    freq: Any  # of the level of times, which knows it where the times of a series do not

    @classmethod
    def of(cls, source):
        index = source.index
        if index.nlevels == 1:
            _check_missing(index.isna(), index, source)
            kind_of(index, source.index_name)
            n = len(index)
            return cls(None, np.array([0, n]), index, np.arange(n), getattr(index, "freq", None))
        if index.nlevels != 2:
            raise ValueError(
                f"{source.name} got {source.what} with an index of {index.nlevels} levels, "
                "expected one (time) or two (series, time): join the levels that name a series."
            )
        return cls._of_panel(index, source)

    @classmethod
    def _of_panel(cls, index, source):
        key_codes, time_codes = (np.asarray(codes) for codes in index.codes)
        _check_missing((key_codes < 0) | (time_codes < 0), index, source)
        times, freq = index.levels[1], getattr(index.levels[1], "freq", None)
        kind_of(times, source.index_name)
        used = np.bincount(time_codes, minlength=len(times)) > 0
        if not used.all():  # levels may keep what was dropped
            time_codes = (np.cumsum(used) - 1)[time_codes]
            times = times[used]
        firsts = np.flatnonzero(np.diff(key_codes, prepend=-1))
        keys = key_codes[firsts]
        if len(np.unique(keys)) < len(keys):
            source.refuse_scattered(_first_repeated(keys, firsts))
        offsets = np.append(firsts, len(key_codes)).astype(np.int64)
        names = index.levels[0].take(keys).rename(index.names[0])
        return cls(names, offsets, times.rename(index.names[1]), time_codes, freq)

    def check_order(self, source):
        """Times of each series ascend, and none comes twice."""
        steps = np.diff(ordinals(self.times)[self.codes])
        steps[self.offsets[1:-1] - 1] = 1  # from one series to the next
        if (steps > 0).all():
            return
        row = int(np.argmax(steps <= 0))
        source.refuse_order(row, twice=steps[row] == 0)

    def longest(self):
        """The times of the longest series."""
        i = int(np.argmax(np.diff(self.offsets)))
        rows = slice(self.offsets[i], self.offsets[i + 1])
        return self.times if self.keys is None else self.times.take(self.codes[rows])


def _check_missing(missing, index, source):
    if np.any(missing):
        row = int(np.argmax(missing))
        raise ValueError(
            f"{source.name} got {source.what} with a missing time or series in the index, row "
            f"{row} of {len(index)}: drop that row, or fill it in."
        )


def _first_repeated(keys, firsts):
    """The first row at which a series comes back."""
    seen = np.zeros(len(keys), dtype=bool)
    seen[np.unique(keys, return_index=True)[1]] = True
    return int(firsts[np.argmin(seen)])


# Times on the clock


def place(rows, source, clock, resample):
    """The clock, and the position of each row on it, shape ``(n_rows,)``."""
    if clock is None:
        clock = _new_clock(rows, source, resample)
    elif clock.kind == "none":
        raise TypeError(
            f"{source.name} got {source.what} with {_index_kind(rows.times)}, but before there "
            "was no index (bare arrays): give arrays again, e.g. data.to_numpy(), or fit on data "
            "with an index."
        )
    elif resample is not None and as_step(resample, rows.times, source.what) != clock.step:
        raise ValueError(
            f"{source.name} got resample={resample!r}, but {source.what} must lie on "
            f"{clock.description}: give resample={clock.frequency!r}, or fit again."
        )
    try:
        positions, exact = clock.locate(rows.times)
    except (TypeError, ValueError) as error:
        text = str(error).removeprefix("the index")
        raise type(error)(f"{source.name} got {source.what}, whose index{text}") from None
    if not exact.all():
        row = int(np.argmin(exact[rows.codes]))
        _refuse_off_beat(rows, clock, source, row)
    return clock, positions[rows.codes]


def _new_clock(rows, source, resample):
    """A clock whose position 0 is the first time of all series."""
    times, what = rows.longest(), f"{source.name}'s {source.what}"
    if len(times) < 3 and rows.keys is not None:
        times, what = _different(rows.times), f"all series of {what}"
    clock = None if resample is not None else _level_clock(rows, times)
    if clock is None:
        clock = Clock.from_index(times, resample, what)
    if clock.step is None:
        return replace(clock, known=times)
    first = int(np.argmin(ordinals(rows.times)))
    return replace(clock, known=rows.times[first : first + 1])


def _different(times):
    """Times in order, each once."""
    return times[np.unique(ordinals(times), return_index=True)[1]]


def _level_clock(rows, times):
    """A clock with the frequency of a panel's level, if the times run at it; else None."""
    if rows.keys is None or rows.freq is None or not hasattr(times, "tz"):
        return None
    clock = Clock("time", times[:1], rows.freq, keeps_freq=True)
    positions, exact = clock.locate(times)
    return clock if exact.all() and consecutive(positions) else None


def _refuse_off_beat(rows, clock, source, row):
    code = rows.codes[row]
    changed = _changed_frequency(rows, clock)
    if changed:
        _refuse_frequency(changed, clock, source)
    raise ValueError(
        f"{source.name} got {source.what} with a time between the others: {source.row(row)} "
        f"{clock.off_beat(rows.times[code : code + 1])}"
    )


def _changed_frequency(rows, clock):
    """Another frequency than the clock's at which the times are regular, or None."""
    longest = rows.longest()
    if clock.step is None or len(longest) < 3:
        return None
    try:
        own = Clock.from_index(longest)
    except ValueError:
        return None
    positions, exact = own.locate(longest)
    regular = exact.all() and consecutive(positions)
    return own if regular and own.step != clock.step else None


def _refuse_frequency(changed, clock, source):
    raise ValueError(
        f"{source.name} got {source.what} with {changed.description}, but expected "
        f"{clock.description}, as before: bring it to that frequency, or fit again."
    )


def check_gaps(positions, rows, clock, source):
    """Raise ValueError unless the rows of each series are consecutive positions."""
    steps = np.diff(positions)
    steps[rows.offsets[1:-1] - 1] = 1
    if (steps == 1).all():
        return
    changed = _changed_frequency(rows, clock)
    if changed:
        _refuse_frequency(changed, clock, source)
    row = int(np.argmax(steps != 1))
    expected = short_time(clock.index(positions[row : row + 1] + 1)[0])
    source.refuse_gap(row, expected, clock)


def _index_kind(times):
    return "an integer index" if kind_of(times, "") == "integer" else f"a {type(times).__name__}"
