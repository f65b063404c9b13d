"""Folds of a panel: all series are cut at the same time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from sksequence.model_selection._times import split_times


class PanelTimeSeriesSplit(BaseCrossValidator):
    """Split a panel of series by time, for all series alike.

    scikit-learn's ``TimeSeriesSplit`` cuts rows: of a panel, whose series stand one below the
    other, it would train on some series and test on others. This one cuts the line of times, and
    so no row of any series that comes after the cut is trained on; sizes are counted in times.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds.
    test_size : int, default=None
        Times in each test set; None divides all times into ``n_splits + 1`` equal parts.
    gap : int, default=0
        Times left out between training and test set.
    max_train_size : int, default=None
        The most times to train on, the latest ones; None for all.

    Notes
    -----
    The times are the last level of the index of X (or of y, where X has none), those of all
    series together. A test set leaves out the series of which the training set has no row, since
    these could not be forecast from their past; so it may hold fewer rows than there are.
    With an index of a single level it is ``TimeSeriesSplit`` in the order of time.

    Examples
    --------
    >>> import pandas as pd
    >>> from sksequence.model_selection import PanelTimeSeriesSplit
    >>> index = pd.MultiIndex.from_product([["a", "b"], range(6)], names=["series", "time"])
    >>> X = pd.DataFrame({"price": range(12)}, index=index)
    >>> for train, test in PanelTimeSeriesSplit(2, test_size=1).split(X):
    ...     print(train, test)
    [0 1 2 3 6 7 8 9] [ 4 10]
    [ 0  1  2  3  4  6  7  8  9 10] [ 5 11]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        test_size: int | None = None,
        gap: int = 0,
        max_train_size: int | None = None,
    ):
        self.n_splits = n_splits
        self.test_size = test_size
        self.gap = gap
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
        """Generate the places of the rows of each fold.

        Parameters
        ----------
        X : DataFrame or Series
            With an index of two levels (series, time); rows in any order.
        y : DataFrame or Series, default=None
            Has the index where X has none.
        groups : object, default=None
            Ignored.

        Yields
        ------
        train, test : ndarray of int
            In the order of the rows.

        Raises
        ------
        ValueError
            When neither X nor y has an index, times cannot be told from series, or there are
            fewer times than the folds need.
        """
        times, series = _times_and_series(X, y)
        distinct, place = np.unique(times, return_inverse=True)  # sorted
        settings = {name: getattr(self, name) for name in ("n_splits", "test_size", "gap")}
        folds = split_times(
            len(distinct), max_train_size=self.max_train_size, what="times", **settings
        )
        for train, test in folds:
            trained = (place >= train[0]) & (place <= train[-1])
            tested = (place >= test[0]) & (place <= test[-1])
            tested &= np.isin(series, series[trained])
            if not tested.any():
                raise ValueError(
                    f"no series has rows both from {distinct[train[0]]} to {distinct[train[-1]]}, "
                    f"to train on, and from {distinct[test[0]]} to {distinct[test[-1]]}, to test "
                    "on: take fewer splits, or leave out series that ended or began there."
                )
            yield np.flatnonzero(trained), np.flatnonzero(tested)


def _times_and_series(X: Any, y: Any) -> tuple[Any, np.ndarray]:
    """The time of each row and the number of its series."""
    index = next((table.index for table in (X, y) if hasattr(table, "iloc")), None)
    if index is None:
        raise ValueError(
            f"PanelTimeSeriesSplit needs the time of each row, got {type(X).__name__} without an "
            "index: give X or y as a pandas object with an index of two levels (series, time); a "
            "transformer keeps it with set_output(transform='pandas')."
        )
    if index.hasnans if index.nlevels == 1 else any(level.hasnans for level in _levels(index)):
        raise ValueError("the index has missing times or series: leave these rows out.")
    if index.nlevels == 1:
        times, series = index, np.zeros(len(index), dtype=int)
    else:
        times, series = index.get_level_values(-1), index.droplevel(-1).factorize()[0]
    _check_times(index, times)
    return times.to_numpy(), series


def _check_times(index: Any, times: Any) -> None:
    first = index.get_level_values(0)
    if hasattr(first, "freq") and not hasattr(times, "freq"):
        raise ValueError(
            f"the last level of the index, {times.name!r}, holds no times and the first, "
            f"{first.name!r}, does: the levels are (series, time); use X.swaplevel().sort_index()."
        )
    if times.dtype.kind not in "iufMm" and not hasattr(times, "freq"):
        raise ValueError(
            f"the times in the index are of type {times.dtype}, e.g. {times[0]!r}: give dates "
            "(pandas.to_datetime) or numbers, so that they have an order."
        )
    if not index.is_unique:
        row = int(np.flatnonzero(index.duplicated())[0])
        raise ValueError(
            f"row {row} has the label {index[row]} of an earlier row: each series has one row for "
            "a time; name the series in the first of two levels (series, time)."
        )


def _levels(index: Any) -> list[Any]:
    return [index.get_level_values(level) for level in range(index.nlevels)]
