"""Public series that lie in one file with a column of dates."""

import os
from pathlib import Path
from typing import Any

from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, series_bunch
from sksequence.datasets._checks import check_choice
from sksequence.datasets._fetch import fetch_files

WEATHER = ("temp_max", "temp_min", "precipitation", "wind")
TRANSFORMER = ("OT", "HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL")


def fetch_air_passengers(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = True,
) -> Bunch | tuple[Any, Any]:
    """Fetch the monthly passengers of international airlines, 1949 to 1960, in thousands.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
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
            The description, and where the file lies.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    Examples
    --------
    >>> from sksequence.datasets import fetch_air_passengers
    >>> X, y = fetch_air_passengers(return_X_y=True)  # doctest: +SKIP
    >>> y.index.freqstr, int(y.iloc[0])  # doctest: +SKIP
    ('MS', 112)
    """
    return _fetch_dated(
        "air_passengers",
        "airline-passengers.csv",
        date="Month",
        freq="MS",
        target="passengers",
        data_home=data_home,
        download_if_missing=download_if_missing,
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def fetch_sunspots(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = True,
) -> Bunch | tuple[Any, Any]:
    """Fetch the monthly mean number of sunspots, 1749 to 1983.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return pandas objects indexed by the first day of each month, frequency "MS"; when
        False arrays, of which `dates` holds the months.

    Returns
    -------
    sunspots : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame or ndarray of shape (2820, 2)
            The place of the month in the year, columns year_sin and year_cos. The sun does not
            care: its cycle of about 11 years is irregular, and no calendar knows it.
        target : Series or ndarray of shape (2820,)
            The mean of the daily numbers.
        feature_names, target_names : list of str
            Names of the columns.
        dates : ndarray of datetime64 of shape (2820,)
            The months.
        frame : DataFrame or None
            Sunspots and calendar; None with ``as_frame=False``.
        DESCR, filename : str
            The description, and where the file lies.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    Examples
    --------
    >>> from sksequence.datasets import fetch_sunspots
    >>> fetch_sunspots().target.loc["1957-10"].item()  # doctest: +SKIP
    253.8
    """
    return _fetch_dated(
        "sunspots",
        "monthly-sunspots.csv",
        date="Month",
        freq="MS",
        target="sunspots",
        data_home=data_home,
        download_if_missing=download_if_missing,
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def fetch_seattle_weather(
    *,
    target: str = "temp_max",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = True,
) -> Bunch | tuple[Any, Any]:
    """Fetch the daily weather of Seattle, 2012 to 2015.

    Parameters
    ----------
    target : {"temp_max", "temp_min", "precipitation", "wind"}, default="temp_max"
        What is to be forecast: temperatures in °C, precipitation in mm, wind in m/s.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return pandas objects indexed by day, frequency "D"; when False arrays, of which
        `dates` holds the days.

    Returns
    -------
    weather : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame or ndarray of shape (1461, 2)
            What is known of a day in advance, its place in the year: the columns year_sin
            and year_cos.
        target : Series or ndarray of shape (1461,)
            As asked for.
        feature_names, target_names : list of str
            Names of the columns.
        dates : ndarray of datetime64 of shape (1461,)
            The days.
        frame : DataFrame or None
            Everything that was measured, a word for the weather, and the calendar; None with
            ``as_frame=False``.
        DESCR, filename : str
            The description, and where the file lies.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        When nothing of that name was measured.
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    Examples
    --------
    >>> from sksequence.datasets import fetch_seattle_weather
    >>> X, y = fetch_seattle_weather(target="wind", return_X_y=True)  # doctest: +SKIP
    >>> y.index.freqstr, len(y)  # doctest: +SKIP
    ('D', 1461)
    """
    check_choice("target", target, WEATHER)
    return _fetch_dated(
        "seattle_weather",
        "seattle-weather.csv",
        date="date",
        freq="D",
        target=target,
        data_home=data_home,
        download_if_missing=download_if_missing,
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def fetch_etth1(
    *,
    target: str = "OT",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = True,
) -> Bunch | tuple[Any, Any]:
    """Fetch ETTh1: an electricity transformer, hour by hour from July 2016 to June 2018.

    Parameters
    ----------
    target : {"OT", "HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL"}, default="OT"
        What is to be forecast: the temperature of the oil, or one of six loads.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return pandas objects indexed by hour, frequency "h"; when False arrays, of which
        `dates` holds the hours.

    Returns
    -------
    transformer : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame or ndarray of shape (17420, 6)
            What is known of an hour in advance, its place in the day, the week and the year:
            the columns day_sin, day_cos, week_sin, week_cos, year_sin and year_cos.
        target : Series or ndarray of shape (17420,)
            As asked for.
        feature_names, target_names : list of str
            Names of the columns.
        dates : ndarray of datetime64 of shape (17420,)
            The hours.
        frame : DataFrame or None
            Everything that was measured, and the calendar; None with ``as_frame=False``.
        DESCR, filename : str
            The description, which names the usual split, and where the file lies.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        When nothing of that name was measured.
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    Examples
    --------
    >>> from sksequence.datasets import fetch_etth1
    >>> X, y = fetch_etth1(return_X_y=True)  # doctest: +SKIP
    >>> y.index.freqstr, y.name  # doctest: +SKIP
    ('h', 'OT')
    """
    check_choice("target", target, TRANSFORMER)
    return _fetch_dated(
        "etth1",
        "ETTh1.csv",
        date="date",
        freq="h",
        target=target,
        data_home=data_home,
        download_if_missing=download_if_missing,
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def _fetch_dated(
    dataset: str,
    file: str,
    *,
    date: str,
    freq: str,
    target: str,
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
    return_X_y: bool,
    as_frame: bool,
) -> Bunch | tuple[Any, Any]:
    """Read the file with an index of that frequency, which must have no gap."""
    import pandas as pd

    paths = fetch_files(dataset, data_home=data_home, download_if_missing=download_if_missing)
    path: Path = paths[file]
    table = pd.read_csv(path, index_col=date, parse_dates=[date])
    if len(table.columns) == 1:
        table.columns = [target]
    table.index = pd.DatetimeIndex(table.index, freq=freq, name="date")  # refuses a gap
    return series_bunch(
        table,
        target=target,
        return_X_y=return_X_y,
        as_frame=as_frame,
        DESCR=read_description(dataset),
        filename=str(path),
    )
