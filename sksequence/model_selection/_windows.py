"""Folds of windows: none is trained on whose target was unknown when the test began."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from sksequence.model_selection._times import check_size, split_times


class WindowSplit(BaseCrossValidator):
    r"""Split windows of long series by time, without a leak through their overlap.

    Windows made by ``make_windows`` share rows: the targets of the last training windows reach
    into the time of the test. With the last row :math:`r_i` of window :math:`i`, its target ends
    at :math:`r_i + g + h` (`gap` and `horizon`), and a window is trained on only if

    .. math:: r_i + g + h \le r_0,

    where :math:`r_0` is the last row of the first test window: at that moment its whole target
    was known. With ``overlap="none"`` no row at all is shared with the test, neither as input nor
    as target: :math:`r_i + g + h \le r_0 - L` with the `lookback` :math:`L` of the windows.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds.
    horizon : int, default=1
        As given to ``make_windows``; so are `step` and `gap`.
    step : int, default=1
        Rows between the starts of two windows.
    gap : int, default=0
        Rows between a window and its target.
    overlap : {"past", "none"}, default="past"
        Whether test windows may look back on rows that were trained on. In use they do, so
        "past" is what forecasts will be like; "none" is for labels of whole windows, where
        a row that is shared gives the answer away.
    test_size : int, default=None
        Windows in each test set (times, where there are several series); None divides all into
        ``n_splits + 1`` equal parts.
    max_train_size : int, default=None
        The most windows to train on (of each series), the latest ones; None for all.

    Notes
    -----
    The time of a window is its name in ``X.names``, which ``make_windows`` sets to the label
    of its last row; windows may have been left out, and stand in any order. Without names they
    are taken to be in order. Where the windows of several series are joined, `groups` says which
    series each is of, and all are cut at the same time. Nearness is counted in windows of the
    series that are there, never in days, so dates with gaps need no frequency.

    Examples
    --------
    >>> from sksequence import make_windows
    >>> from sksequence.model_selection import WindowSplit
    >>> X, y = make_windows(range(12), lookback=3, horizon=2)
    >>> for train, test in WindowSplit(2, horizon=2, test_size=2).split(X, y):
    ...     print(train, test)
    [0 1 2] [4 5]
    [0 1 2 3 4] [6 7]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        horizon: int = 1,
        step: int = 1,
        gap: int = 0,
        overlap: Literal["past", "none"] = "past",
        test_size: int | None = None,
        max_train_size: int | None = None,
    ):
        self.n_splits = n_splits
        self.horizon = horizon
        self.step = step
        self.gap = gap
        self.overlap = overlap
        self.test_size = test_size
        self.max_train_size = max_train_size

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds; the arguments are ignored.

        Parameters
        ----------
        X, y, groups : object, default=None
            Ignored.

        Returns
        -------
        n_splits : int
        """
        return self.n_splits

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Generate the places of the windows of each fold.

        Parameters
        ----------
        X : SequenceArray or array of windows
            As made by ``make_windows``.
        y : array-like, default=None
            Targets; where they have a column for each step, `horizon` and `gap` are compared.
        groups : array-like of shape (n_windows,), default=None
            The series of each window.

        Yields
        ------
        train, test : ndarray of int
            In the order of the windows.

        Raises
        ------
        ValueError
            When a setting is none, does not fit `y`, or leaves nothing to train on.
        """
        apart = self._windows_apart(X, y)
        times, series = _times_and_series(X, groups)
        distinct, place = np.unique(times, return_inverse=True)
        known = _known_at(place, series, apart)  # the place at which a target is known
        folds = split_times(
            len(distinct), n_splits=self.n_splits, test_size=self.test_size, what="windows"
        )
        check_size("max_train_size", self.max_train_size, minimum=1, none=True)
        for _, test in folds:
            train = np.flatnonzero(known <= test[0])
            if self.max_train_size is not None:
                train = _latest(train, place, series, self.max_train_size)
            if not len(train):
                raise ValueError(
                    f"no window is left to train on before the test that begins at "
                    f"{distinct[test[0]]}: the targets of the {apart - 1} windows before it reach "
                    "into it. Lower n_splits or test_size, or make more windows."
                )
            yield train, np.flatnonzero((place >= test[0]) & (place <= test[-1]))

    def _windows_apart(self, X: Any, y: Any) -> int:
        """Windows from one that may be trained on to the first of the test."""
        for name, minimum in (("horizon", 1), ("step", 1), ("gap", 0)):
            check_size(name, getattr(self, name), minimum=minimum)
        if self.overlap not in ("past", "none"):
            raise ValueError(f"overlap must be 'past' or 'none', got {self.overlap!r}.")
        self._check_steps_ahead(y)
        rows = self.gap + self.horizon
        if self.overlap == "none":
            rows += _lookback(X)
        return -(-rows // self.step)  # rounded up

    def _check_steps_ahead(self, y: Any) -> None:
        columns = getattr(y, "columns", None)
        if getattr(columns, "name", None) != "steps ahead":
            return
        if list(columns) != list(range(self.gap + 1, self.gap + self.horizon + 1)):
            raise ValueError(
                f"y has the steps {columns[0]} to {columns[-1]} ahead, but the splitter was made "
                f"with horizon={self.horizon} and gap={self.gap}: give it those of make_windows, "
                f"horizon={len(columns)} and gap={columns[0] - 1}."
            )


def _lookback(X: Any) -> int:
    if not hasattr(X, "lengths"):
        if np.ndim(X) < 2:
            raise ValueError(
                "overlap='none' needs the length of the windows: give X as make_windows returns it."
            )
        return np.shape(X)[1]  # (n_windows, lookback, n_features)
    return int(np.max(X.lengths))


def _times_and_series(X: Any, groups: Any) -> tuple[np.ndarray, np.ndarray]:
    """The time of each window and the number of its series."""
    n_windows, names = len(X), getattr(X, "names", None)
    series = np.zeros(n_windows, dtype=int)
    if groups is not None:
        _, series = np.unique(np.asarray(groups), return_inverse=True)
        if series.shape != (n_windows,):
            raise ValueError(
                f"groups must name the series of each of the {n_windows} windows, got the shape "
                f"{np.shape(groups)}."
            )
        if names is None:
            raise ValueError(
                "windows of several series need the times of their last rows, X.names, so that "
                "all series are cut at the same time: make them with make_windows."
            )
    times = np.arange(n_windows) if names is None else np.asarray(names)
    order = np.lexsort((times, series))
    same = (np.diff(series[order]) == 0) & (times[order][1:] == times[order][:-1])
    if same.any():
        first, second = order[:-1][same][0], order[1:][same][0]
        raise ValueError(
            f"windows {first} and {second} both end at {times[first]}: if they are of different "
            "series, name these by groups=."
        )
    return times, series


def _known_at(place: np.ndarray, series: np.ndarray, apart: int) -> np.ndarray:
    """Place in time of the window of the same series that stands `apart` windows later."""
    known = np.full(len(place), np.iinfo(place.dtype).max)
    order = np.lexsort((place, series))
    later, sooner = order[apart:], order[: len(order) - apart]
    same = series[later] == series[sooner]
    known[sooner[same]] = place[later[same]]
    return known


def _latest(train: np.ndarray, place: np.ndarray, series: np.ndarray, n: int) -> np.ndarray:
    """The `n` latest training windows of each series."""
    order = train[np.lexsort((-place[train], series[train]))]
    starts = np.flatnonzero(np.diff(series[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return np.sort(order[rank < n])
