"""A long series -> windows of the past with the values to forecast."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from sksequence.inputs._channel import Channel, check_number_type
from sksequence.inputs._frequency import short_time, step_of
from sksequence.inputs._sequence_array import SequenceArray


def make_windows(
    series: Any, lookback: int, horizon: int = 1, step: int = 1, gap: int = 0
) -> tuple[SequenceArray, Any]:
    """Cut a long series into windows: `lookback` rows in, the `horizon` rows that follow out.

    Window ``i`` holds the rows ``i * step ... i * step + lookback - 1``; its target is the
    `horizon` rows that begin `gap` rows after the window's last row + 1.

    Parameters
    ----------
    series : array-like of shape (n_times,) or (n_times, n_features), Series or DataFrame
        Rows are time steps, in order.
    lookback : int
        Number of rows in a window.
    horizon : int, default=1
        Number of rows to forecast.
    step : int, default=1
        Rows between the starts of two windows.
    gap : int, default=0
        Rows left out between a window and its target.

    Returns
    -------
    X : SequenceArray of n_windows sequences
        Each of shape ``(lookback, n_features)``; ``X.names`` is the index of each window's
        last row (its position for arrays), its features are named like the columns.
    y : ndarray, Series or DataFrame of n_windows targets
        Of shape ``(n_windows, horizon, n_features)``, but the axes of a single step and of a
        single feature are dropped. What comes from a Series or DataFrame keeps an index:

        - ``horizon=1``: the time of the target, with the columns of the series;
        - ``horizon > 1`` and one feature: the time of the window's last row, as in ``X.names``,
          and for columns the number of steps from there, ``gap + 1 ... gap + horizon``;
        - several of both: an array with three axes, whose rows are those of ``X.names``.

    Raises
    ------
    TypeError
        If the series holds text or times.
    ValueError
        If the series is shorter than one window with its target, a target is missing, or its
        times are not in order.

    Warns
    -----
    UserWarning
        If times are missing between rows, where most rows have a common distance: windows go by
        rows, so those across the gap take it for a single step. Weekends and holidays among
        weekdays are no gap.

    See Also
    --------
    last_window : The newest window, whose target is not known yet.

    Examples
    --------
    >>> from sksequence.inputs import make_windows
    >>> X, y = make_windows([1, 2, 3, 4, 5], lookback=3)
    >>> X.to_padded()[:, :, 0]
    array([[1., 2., 3.],
           [2., 3., 4.]])
    >>> y
    array([4., 5.])
    """
    _check_sizes(lookback=lookback, horizon=horizon, step=step)
    if gap < 0:
        raise ValueError(f"gap must be at least 0, got {gap}.")
    values = _numbers(series)
    _warn_of_gaps(series)
    n_windows = (len(values) - lookback - gap - horizon) // step + 1
    if n_windows < 1:
        raise ValueError(
            f"the series has {len(values)} rows, but one window with its target needs "
            f"lookback + gap + horizon = {lookback + gap + horizon}: shorten them."
        )
    starts = np.arange(n_windows) * step
    past = values[starts[:, np.newaxis] + np.arange(lookback)]  # (n_windows, lookback, f)
    targets = starts + lookback + gap
    future = values[targets[:, np.newaxis] + np.arange(horizon)]  # (n_windows, horizon, f)
    _check_targets(series, future, targets)
    X = _sequences(series, past, starts + lookback - 1)
    return X, _target(series, future, targets, gap, starts + lookback - 1)


def last_window(series: Any, lookback: int) -> SequenceArray:
    """The newest `lookback` rows of a long series: what its future is forecast from.

    Parameters
    ----------
    series : array-like of shape (n_times,) or (n_times, n_features), Series or DataFrame
        Rows are time steps, in order.
    lookback : int
        Number of rows, as in ``make_windows``.

    Returns
    -------
    SequenceArray of one sequence
        Made like those of ``make_windows``; its name is the index of the last row. What was
        trained to forecast the next rows gives those that come after it.

    Raises
    ------
    TypeError
        If the series holds text or times.
    ValueError
        If the series has fewer rows, or its times are not in order.

    Examples
    --------
    >>> from sksequence.inputs import last_window, make_windows
    >>> series = [1, 2, 3, 4, 5]
    >>> X, y = make_windows(series, lookback=3)
    >>> X[-1].ravel(), float(y[-1])
    (array([2., 3., 4.]), 5.0)
    >>> last_window(series, lookback=3)[0].ravel()
    array([3., 4., 5.])
    """
    _check_sizes(lookback=lookback)
    values = _numbers(series)
    if len(values) < lookback:
        raise ValueError(
            f"the series has {len(values)} rows, but lookback={lookback}: give more rows."
        )
    return _sequences(series, values[np.newaxis, -lookback:], np.array([len(values) - 1]))


def _numbers(series) -> np.ndarray:
    """The rows as numbers, shape ``(n_times, n_features)``."""
    if getattr(_index(series), "nlevels", 1) > 1:
        raise ValueError(
            "series has an index of several levels, so windows would run from one series into the "
            "next: make the windows of each series, and join them with np.concatenate."
        )
    _check_order(series)
    raw = np.asarray(series)
    _refuse_text(series, raw)
    if raw.dtype != object:
        check_number_type(raw.dtype)
    dtype = np.float32 if raw.dtype == np.float32 else np.float64
    if hasattr(series, "iloc"):
        values = np.array(series.to_numpy(dtype=dtype, na_value=np.nan))
    else:
        values = np.array(raw, dtype=dtype)
    return values[:, np.newaxis] if values.ndim == 1 else values


def _check_order(series):
    times = _index(series)
    if not _is_time(times) or times.is_monotonic_increasing:
        return
    if times.hasnans:
        raise ValueError(
            f"row {int(np.argmax(times.isna()))} of the series has no time (NaT): drop it, with "
            "series[series.index.notna()]."
        )
    i = int(np.argmin(np.asarray(times[1:] >= times[:-1])))
    raise ValueError(
        f"the times of the series are not in order: {_row(times, i)} comes before "
        f"{_row(times, i + 1)}, but windows go by rows. Put them in order with "
        "series.sort_index()."
    )


def _warn_of_gaps(series):
    """Say where times are missing between rows, if most rows have a common distance."""
    times = _index(series)
    if not _is_time(times) or len(times) < 4:
        return
    expected = _next_times(times)
    if expected is None or 2 * np.mean(np.asarray(times[1:] == expected)) <= 1:
        return
    gaps = np.flatnonzero(np.asarray(times[1:] > expected))
    if not len(gaps):
        return
    i = int(gaps[0])
    more = f", and {len(gaps) - 1} more" if len(gaps) > 1 else ""
    warnings.warn(
        f"times are missing in the series between {_row(times, i)} and {_row(times, i + 1)}"
        f"{more}: the windows go by rows and take such a gap for a single step. Put the missing "
        "times in, e.g. with series.resample(...).mean().interpolate(), or cut the series there "
        "and join the windows of its parts with np.concatenate.",
        UserWarning,
        stacklevel=3,
    )


def _next_times(times):
    """The time a step after each but the last; None if there is no step that can be missed."""
    import pandas as pd

    try:
        step = step_of(times, "the series")
    except ValueError:  # there is no common one
        return None
    by_day = isinstance(step, pd.offsets.BusinessDay) or step == pd.offsets.Day()
    if step is None or (by_day and (times.day_of_week < 5).all()):  # holidays are no gaps
        return None
    with warnings.catch_warnings():  # of pandas, that some offsets are added one by one
        warnings.simplefilter("ignore")
        return times[:-1] + step


def _is_time(index) -> bool:
    if index is None:
        return False
    import pandas as pd

    return isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex))


def _row(times, i: int) -> str:
    return f"row {i} ({short_time(times[i])})"


def _refuse_text(series, raw):
    if raw.dtype.kind not in "OUS":
        return
    entries = np.asarray(series, dtype=object)  # numbers among text stay numbers
    for position in np.ndindex(entries.shape):
        entry = entries[position]
        if isinstance(entry, (str, bytes)):
            raise TypeError(
                f"the series holds text, {str(entry)!r} in {_place(series, *position)}, but "
                "windows are made of numbers: leave that out, or encode it first, e.g. with "
                "pandas.get_dummies."
            )


def _check_targets(series, future, targets):
    if np.isfinite(future).all():
        return
    i, step, column = np.argwhere(~np.isfinite(future))[0]
    value = "NaN" if np.isnan(future[i, step, column]) else "infinity"
    raise ValueError(
        f"the series has {value} in {_place(series, targets[i] + step, column)}, which is a target "
        f"(of window {i}): fill it first, e.g. with series.interpolate() or series.fillna(0), or "
        "cut the series there and join the windows of its parts with np.concatenate."
    )


def _place(series, row, column=0) -> str:
    index = _index(series)
    place = f"row {row}" if index is None else f"row {row} ({index[row]})"
    columns = getattr(series, "columns", None)
    if columns is not None:
        return f"{place}, column {columns[column]!r}"
    return f"{place}, column {column}" if np.ndim(series) == 2 else place


def _sequences(series, past, last_rows) -> SequenceArray:
    index = _index(series)
    names = last_rows if index is None else np.asarray(index)[last_rows]
    X = SequenceArray.from_padded(past, names=names)
    if not hasattr(series, "columns"):
        return X
    features = tuple(map(str, series.columns))
    return X.with_channel("values", Channel(X.values, feature_names=features))


def _target(series, future, targets, gap, last_rows):
    horizon, n_features = future.shape[1:]
    single = [axis for axis, size in ((1, horizon), (2, n_features)) if size == 1]
    y = future.squeeze(tuple(single))
    if y.ndim == 3 or not hasattr(series, "iloc"):
        return y
    import pandas as pd

    columns = series.columns if hasattr(series, "columns") else [series.name]
    if horizon == 1:
        frame = pd.DataFrame(future[:, 0], index=series.index[targets], columns=columns)
        return frame.iloc[:, 0] if n_features == 1 else frame
    ahead = pd.RangeIndex(gap + 1, gap + horizon + 1, name="steps ahead")
    return pd.DataFrame(y, index=series.index[last_rows], columns=ahead)


def _index(series) -> Any:
    return series.index if hasattr(series, "iloc") else None


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"{name} must be a positive integer, got {size!r}.")
