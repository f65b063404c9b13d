"""Indexes and frequencies of pandas as plain values and arrays, and back.

Pickles of pandas hang on its version, and its offsets can be told in no other way: what keeps
times keeps them like this.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

OFFSETS = frozenset(
    "Nano Micro Milli Second Minute Hour Day BDay BusinessDay Week WeekOfMonth LastWeekOfMonth "
    "MonthEnd MonthBegin BMonthEnd BMonthBegin BusinessMonthEnd BusinessMonthBegin SemiMonthEnd "
    "SemiMonthBegin QuarterEnd QuarterBegin BQuarterEnd BQuarterBegin HalfYearEnd HalfYearBegin "
    "BHalfYearEnd BHalfYearBegin YearEnd YearBegin BYearEnd BYearBegin".split()
)


def plain_index(index: pd.Index) -> dict[str, Any]:
    """An index as a dict of names, numbers and arrays, from which ``index_of`` makes it again.

    Raises
    ------
    TypeError
        If it is of a kind that cannot be told so (categories, intervals, odd frequencies), with
        what it is.
    """
    plain = _parts(index)
    try:
        again = index_of(plain)
    except Exception:  # what pandas makes of a zone or dtype by its name has many types
        again = None
    if again is None or not _is_same(index, again):
        raise TypeError(
            f"is a {type(index).__name__} of dtype {index.dtype}, which cannot be told in plain "
            "numbers and names"
        )
    return plain


def index_of(plain: dict[str, Any]) -> pd.Index:
    """The index of ``plain_index``.

    Raises
    ------
    ValueError
        If the kind or the frequency is unknown.
    """
    import pandas as pd

    name, kind = plain["name"], plain["class"]
    if kind == "MultiIndex":
        levels = [_made(level, index_of) for level in plain["levels"]]
        return pd.MultiIndex(levels=levels, codes=plain["codes"], names=plain["names"])
    if kind == "RangeIndex":
        return pd.RangeIndex(*plain["range"], name=name)
    values = plain["values"]
    if kind == "PeriodIndex":
        freq = _made(plain["freq"], offset_of)
        return pd.PeriodIndex.from_ordinals(values, freq=freq, name=name)
    if kind in ("DatetimeIndex", "TimedeltaIndex"):
        return _times(kind, values, plain).rename(name)
    if kind != "Index":
        raise ValueError(f"it holds an index of the unknown kind {kind!r}")
    return pd.Index(values, dtype=str(plain["dtype"]), name=name)


def plain_offset(offset: Any) -> dict[str, Any]:
    """A frequency as a dict of names and numbers.

    Raises
    ------
    TypeError
        If it is of a kind that cannot be told so, with what it is.
    """
    kind = type(offset).__name__
    settings = {k: v for k, v in offset.kwds.items() if v not in (None, timedelta(0))}
    if kind in OFFSETS and all(type(v) in (int, bool, str) for v in settings.values()):
        plain = {"class": kind, "n": offset.n, "settings": settings}
        plain |= {"normalize": True} if offset.normalize else {}
        if offset_of(plain) == offset:
            return plain
    raise TypeError(f"has the frequency {offset!r}, which cannot be told in plain numbers")


def offset_of(plain: dict[str, Any]) -> Any:
    """The frequency of ``plain_offset``.

    Raises
    ------
    ValueError
        If it is unknown.
    """
    import pandas as pd

    if plain["class"] not in OFFSETS:
        raise ValueError(f"it names the unknown frequency {plain['class']!r}")
    settings = {"normalize": True} if plain.get("normalize") else {}
    return getattr(pd.offsets, plain["class"])(plain["n"], **settings, **plain["settings"])


def plain_or_same(value: Any) -> Any:
    """An index or a frequency as plain values; as it is where it cannot be told so."""
    if value is None or isinstance(value, int):
        return value
    try:
        return plain_index(value) if hasattr(value, "dtype") else plain_offset(value)
    except TypeError:
        return value


def from_plain(value: Any) -> Any:
    """What ``plain_or_same`` was given."""
    if not isinstance(value, dict):
        return value
    return offset_of(value) if "n" in value else index_of(value)


def _made(part: Any, make: Any) -> Any:
    return make(part) if isinstance(part, dict) else part


def _is_same(index: Any, other: Any) -> bool:
    same = type(index) is type(other) and index.dtype == other.dtype and index.equals(other)
    return same and list(index.names) == list(other.names)


def _parts(index: Any) -> dict[str, Any]:
    import pandas as pd

    plain: dict[str, Any] = {"class": type(index).__name__, "name": index.name}
    if isinstance(index, pd.MultiIndex):
        levels = [_parts(level) for level in index.levels]
        codes = [np.array(c) for c in index.codes]
        return {**plain, "names": list(index.names), "levels": levels, "codes": codes}
    if isinstance(index, pd.RangeIndex):
        return {**plain, "range": [index.start, index.stop, index.step]}
    if isinstance(index, pd.PeriodIndex):
        return {**plain, "values": index.asi8.copy(), "freq": plain_offset(index.freq)}
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        freq = None if index.freq is None else plain_offset(index.freq)
        zone = getattr(index, "tz", None)
        times = {"unit": index.unit, "zone": None if zone is None else str(zone), "freq": freq}
        return {**plain, **times, "values": index.asi8.copy()}
    if type(index).__name__ != "Index":
        raise TypeError(f"is a {type(index).__name__}, which is none of dates, numbers or text")
    plain["dtype"] = str(index.dtype)
    if isinstance(index.dtype, np.dtype) and not index.dtype.hasobject:
        return {**plain, "values": np.array(index)}
    return {**plain, "values": index.tolist()}


def _times(kind: str, values: np.ndarray, plain: dict) -> Any:
    import pandas as pd

    letter, make = {"DatetimeIndex": ("M", pd.DatetimeIndex)}.get(kind, ("m", pd.TimedeltaIndex))
    times = make(values.view(f"{letter}8[{plain['unit']}]"))
    if plain["zone"] is not None:
        times = times.tz_localize("UTC").tz_convert(str(plain["zone"]))
    if plain["freq"] is not None:
        times.freq = _made(plain["freq"], offset_of)
    return times
