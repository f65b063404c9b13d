"""What a pandas index of times is made of, and the step from each time to the next."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def kind_of(index: Any, what: str) -> str:
    """``"integer"`` or ``"time"``; an error for what is neither."""
    import pandas as pd

    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        return "time"
    dtype = getattr(index, "dtype", None)
    if dtype is not None and pd.api.types.is_integer_dtype(dtype):
        return "integer"
    received = type(index).__name__ if dtype is None else f"dtype {dtype}"
    remedy = "make dates of it with pandas.to_datetime"
    if dtype is not None and pd.api.types.is_timedelta64_dtype(dtype):
        remedy = "add a start to it, e.g. pandas.Timestamp(0) + index"
    elif dtype is not None and pd.api.types.is_float_dtype(dtype):
        remedy = "round it to integers, or make dates of it with pandas.to_datetime"
    example = f", e.g. {index[:1].tolist()[0]!r}," if dtype is not None and len(index) else ""
    raise TypeError(
        f"{what} must hold dates, periods or integers, got {received}{example} as times: {remedy}."
    )


def as_step(frequency: Any, index: pd.Index, what: str = "the index") -> Any:
    """A frequency as the step of a clock for this index."""
    import pandas as pd
    from pandas.tseries.frequencies import to_offset

    if kind_of(index, what) == "integer":
        if isinstance(frequency, (int, np.integer)) and frequency > 0:
            return int(frequency)
        raise ValueError(
            f"the frequency of an integer index must be a positive integer, got {frequency!r}."
        )
    is_period = hasattr(index, "asfreq")
    try:  # periods have words of their own: "M" where dates have "ME" and "MS"
        step = pd.PeriodDtype(frequency).freq if is_period else to_offset(frequency)
    except (ValueError, TypeError):
        step = None
    if step is None or step.n < 1:
        raise ValueError(
            f"{frequency!r} is no frequency of {what}: expected one of pandas, such as 'h', 'D', "
            f"'W-SUN' or {'M' if is_period else 'MS'!r}."
        )
    if is_period and index.freq != step:
        raise ValueError(
            f"{what} has periods of frequency {index.freqstr}, which cannot be read as "
            f"{frequency!r}: convert its index with index.asfreq({frequency!r})."
        )
    return step


def ordinals(index: pd.Index) -> np.ndarray:
    """Integers in the order of the times, shape ``(n_times,)``."""
    return index.asi8 if hasattr(index, "asi8") else as_integers(index)


def as_integers(index: pd.Index) -> np.ndarray:
    """The labels of an integer index."""
    return np.asarray(index.to_numpy(), dtype=np.int64)


def short_time(time: Any) -> str:
    """A date as text, without a midnight."""
    text = str(time)
    return text.removesuffix(" 00:00:00")


def step_of(index: pd.Index, what: str) -> Any:
    """The step of ascending times: their own, or that of most of them; None if it is unknown."""
    if kind_of(index, what) == "integer":
        return _integer_step(index)
    freq = getattr(index, "freq", None)
    return freq if freq is not None and freq.n > 0 else _inferred_step(index, what)


def _integer_step(index):
    if hasattr(index, "step"):  # a RangeIndex of whatever length
        return abs(index.step)
    if len(index) < 2:
        return None
    steps, counts = np.unique(np.diff(as_integers(index)), return_counts=True)
    return int(steps[np.argmax(counts)])


def _inferred_step(index, what):
    """The frequency of most of the dates; None for one or two of them."""
    if len(index) < 3:
        return None
    step = _inferred(index) or _majority(index) or _commonest_distance(index)
    if step is not None:
        return step
    times = ", ".join(short_time(time) for time in index[:3])
    raise ValueError(
        f"the times of {what} have no common step: {times}, ... are {index[1] - index[0]} and "
        f"{index[2] - index[1]} apart, expected a frequency of pandas such as 'h', 'D' or 'MS'. "
        "Bring them to one, e.g. with data.resample('D').mean(); gaps alone are filled by "
        "resample='D'."
    )


def _inferred(index):
    """The frequency that pandas sees in three or more dates, or None."""
    from pandas.tseries.frequencies import to_offset

    views = [index] if index.tz is None else [index, index.tz_localize(None)]
    for times in views:
        with warnings.catch_warnings():  # pandas announces that it will give an offset
            warnings.simplefilter("ignore")
            freq = times.inferred_freq
        if freq is not None:
            return to_offset(freq)
    return None


def _majority(index, n_windows=100):
    """The frequency of most stretches of ten rows, or of five, or of three."""
    for size in (10, 5, 3):
        starts = np.unique(np.linspace(0, len(index) - size, n_windows).astype(int))
        found = [_inferred(index[i : i + size]) for i in starts if i >= 0]
        votes = Counter(step for step in found if step is not None)
        if votes:
            return votes.most_common(1)[0][0]
    return None


def _commonest_distance(index):
    """The distance of at least half of the neighbours, if all others are multiples of it."""
    import pandas as pd
    from pandas.tseries.frequencies import to_offset

    wall = index.tz_localize(None)
    distances, counts = np.unique(np.diff(wall.asi8), return_counts=True)
    step = distances[np.argmax(counts)]
    if step <= 0 or 2 * counts.max() < counts.sum() or (distances % step).any():
        return None
    length = pd.Timedelta(np.timedelta64(step, wall.unit))
    is_days = length == pd.Timedelta(days=length.days)
    return pd.offsets.Day(length.days) if is_days else to_offset(length)
