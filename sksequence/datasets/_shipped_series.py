"""Short public series that travel with the package."""

from typing import TYPE_CHECKING, Any

from sklearn.utils import Bunch

from sksequence.datasets._bunch import series_bunch
from sksequence.datasets._shipped import shipped_file

if TYPE_CHECKING:
    import pandas as pd


def load_air_passengers(
    *, return_X_y: bool = False, as_frame: bool = True
) -> Bunch | tuple[Any, Any]:
    """Load the monthly passengers of international airlines, 1949 to 1960, in thousands.

    The textbook series of an exponential trend with seasons that grow along. The seasonal naive
    forecast of 1959 and 1960 from December 1958 has a mean absolute error of 71.25.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return pandas objects indexed by the first day of each month, frequency "MS"; when
        False arrays, of which `dates` holds the months.

    Returns
    -------
    passengers : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame or ndarray of shape (144, 2)
            What is known of a month in advance, its place in the year: the columns year_sin
            and year_cos.
        target : Series or ndarray of shape (144,)
            Thousands of passengers.
        feature_names, target_names : list of str
            Names of the columns.
        dates : ndarray of datetime64 of shape (144,)
            The months.
        frame : DataFrame or None
            Passengers and calendar; None with ``as_frame=False``.
        DESCR, filename : str
            The data sheet, and where the file lies.
    (data, target) : tuple if ``return_X_y`` is True

    See Also
    --------
    fetch_air_passengers : The same from a public address.

    Examples
    --------
    >>> from sksequence.datasets import load_air_passengers
    >>> X, y = load_air_passengers(return_X_y=True)
    >>> y.index.freqstr, y.iloc[0].item(), y.iloc[-1].item()
    ('MS', 112, 432)
    """
    return series_bunch(
        _read_dated("air_passengers.csv", "month", "MS"),
        target="passengers",
        return_X_y=return_X_y,
        as_frame=as_frame,
        DESCR=shipped_file("air_passengers.md").read_text(encoding="utf-8"),
        filename=str(shipped_file("air_passengers.csv")),
    )


def load_sunspots(*, return_X_y: bool = False, as_frame: bool = True) -> Bunch | tuple[Any, Any]:
    """Load the mean number of sunspots in each year from 1700 to 2008.

    The oldest series of science: an irregular cycle of about 11 years. The numbers are those
    of before the revision of 2015.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return pandas objects indexed by the first day of each year, frequency "YS"; when
        False an array, of which `dates` holds the years.

    Returns
    -------
    sunspots : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame of shape (309, 0) or None
            Nothing is known of a year in advance: a frame with an index and without columns,
            as forecasters take it, and None with ``as_frame=False``.
        target : Series or ndarray of shape (309,)
            The mean of the daily numbers.
        feature_names, target_names : list of str
            Names of the columns; of features there are none.
        dates : ndarray of datetime64 of shape (309,)
            The years.
        frame : DataFrame or None
            The column sunspots; None with ``as_frame=False``.
        DESCR, filename : str
            The data sheet, and where the file lies.
    (data, target) : tuple if ``return_X_y`` is True

    See Also
    --------
    fetch_sunspots : Monthly means, 1749 to 1983.

    Examples
    --------
    >>> from sksequence.datasets import load_sunspots
    >>> X, y = load_sunspots(return_X_y=True)
    >>> X.shape, y.idxmax().year, y.max().item()
    ((309, 0), 1957, 190.2)
    """
    table = _read_dated("sunspots.csv", "year", "YS")
    X: Any = table[[]] if as_frame else None
    y: Any = table["sunspots"] if as_frame else table["sunspots"].to_numpy(copy=True)
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        feature_names=[],
        target_names=["sunspots"],
        dates=table.index.to_numpy(copy=True),
        frame=table if as_frame else None,
        DESCR=shipped_file("sunspots.md").read_text(encoding="utf-8"),
        filename=str(shipped_file("sunspots.csv")),
    )


def _read_dated(name: str, column: str, freq: str) -> "pd.DataFrame":
    """Read a file with an index of that frequency, which must have no gap."""
    import pandas as pd

    table = pd.read_csv(shipped_file(name), index_col=column, dtype={column: str})
    dates = pd.to_datetime(table.index, format="%Y-%m" if freq == "MS" else "%Y")
    table.index = pd.DatetimeIndex(dates, freq=freq, name="date")
    return table
