"""A long series -> windows of the past with the values to forecast."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.inputs._channel import Channel, check_number_type
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
    y : ndarray of shape (n_windows,), (n_windows, horizon) or (n_windows, horizon, n_features)
        The axes of a single step and of a single feature are dropped. For a Series and
        ``horizon=1`` it is a Series indexed by the time of the target.

    Raises
    ------
    ValueError
        If the series is shorter than one window with its target.

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
    if getattr(getattr(series, "index", None), "nlevels", 1) > 1:
        raise ValueError(
            "series has an index of several levels, so windows would run from one series into the "
            "next: make the windows of each series, and join them with np.concatenate."
        )
    values = np.asarray(series)
    if values.dtype != object:
        check_number_type(values.dtype)
    values = np.array(values, dtype=np.float32 if values.dtype == np.float32 else np.float64)
    values = values[:, np.newaxis] if values.ndim == 1 else values
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
    X = SequenceArray.from_padded(past, names=_labels(series, starts + lookback - 1))
    if hasattr(series, "columns"):
        names = tuple(map(str, series.columns))
        X = X.with_channel("values", Channel(X.values, feature_names=names))
    return X, _target(series, future, targets)


def _target(series, future, targets):
    y = future[:, :, 0] if future.shape[2] == 1 else future
    if future.shape[1] == 1:
        y = y[:, 0]
    if hasattr(series, "to_frame") and y.ndim == 1:
        import pandas as pd

        return pd.Series(y, index=series.index[targets], name=series.name)
    return y


def _labels(series, positions):
    index = getattr(series, "index", None)
    return positions if index is None or callable(index) else np.asarray(index)[positions]


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"{name} must be a positive integer, got {size!r}.")
