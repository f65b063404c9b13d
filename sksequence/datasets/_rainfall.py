"""Daily rain: a generator of weather, and the record of the Hong Kong Observatory."""

import csv
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import DAYS_PER_YEAR, read_description, series_bunch
from sksequence.datasets._checks import check_between, check_count
from sksequence.datasets._fetch import fetch_files
from sksequence.utils._random import make_generator

if TYPE_CHECKING:
    import pandas as pd

COLUMN = "rain_mm"


def make_rainfall(
    n_days: int = 3650,
    *,
    start: str = "2001-01-01",
    p_wet_after_dry: float = 0.25,
    p_wet_after_wet: float = 0.6,
    mean_amount: float = 10.0,
    shape: float = 0.75,
    occurrence_seasonality: float = 0.4,
    amount_seasonality: float = 0.4,
    peak_day: float = 182.0,
    random_state: Any = None,
) -> "pd.Series":
    r"""Make a series of daily rain, with wet and dry spells and a rainy season.

    Wet and dry days follow each other as a Markov chain, and the rain of a wet day has a
    gamma distribution, as in the weather generator of Richardson [1]_. The three parameters
    follow the year as one cosine, on day :math:`d` of the year

    .. math::

       p_{01}(d) = p_{01}\,(1 + s\,c(d)), \quad p_{11}(d) = p_{11}\,(1 + s\,c(d)), \quad
       \mu(d) = \mu\,(1 + a\,c(d)), \quad c(d) = \cos\frac{2\pi(d - d_0)}{365.2425},

    where the amount has mean :math:`\mu(d)` and variance :math:`\mu(d)^2 / k` with `shape`
    :math:`k`. Without seasons the share of wet days is
    :math:`p_{01} / (p_{01} + 1 - p_{11})`, and :math:`p_{11} - p_{01}` is the correlation of
    a day's being wet with the next day's.

    Parameters
    ----------
    n_days : int, default=3650
        Number of days.
    start : str or date-like, default="2001-01-01"
        The first day.
    p_wet_after_dry : float, default=0.25
        Probability :math:`p_{01}` of rain on the day after a dry one, mean over the year.
    p_wet_after_wet : float, default=0.6
        Probability :math:`p_{11}` of rain on the day after a wet one, mean over the year.
    mean_amount : float, default=10.0
        Mean rain of a wet day in mm, mean over the year.
    shape : float, default=0.75
        Shape of the gamma distribution; below 1 light rain is commoner than any other.
    occurrence_seasonality : float, default=0.4
        Amplitude :math:`s` of the two probabilities relative to their means, in [0, 1].
    amount_seasonality : float, default=0.4
        Amplitude :math:`a` of the mean amount relative to its mean, in [0, 1].
    peak_day : float, default=182.0
        Day of the year :math:`d_0` at which it rains most, in [1, 366].
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same series at every call.

    Returns
    -------
    rain : Series of shape (n_days,)
        Rain in mm, 0 on dry days, named ``"rain_mm"``, with a daily DatetimeIndex ``"date"``.

    Raises
    ------
    ValueError
        When an argument is out of its range, or when a probability would exceed 1 in the
        rainy season.

    See Also
    --------
    fetch_hong_kong_rainfall : a real record of 135 years.

    References
    ----------
    .. [1] C. W. Richardson, "Stochastic simulation of daily precipitation, temperature, and
       solar radiation", Water Resources Research 17:182-190, 1981.

    Examples
    --------
    >>> from sksequence.datasets import make_rainfall
    >>> rain = make_rainfall(n_days=365, random_state=0)
    >>> rain.index[0].day_name(), rain.index.freqstr, rain.name
    ('Monday', 'D', 'rain_mm')
    >>> bool((rain >= 0).all())
    True
    """
    import pandas as pd

    check_count("n_days", n_days)
    check_between("p_wet_after_dry", p_wet_after_dry, 0, 1)
    check_between("p_wet_after_wet", p_wet_after_wet, 0, 1)
    check_between("mean_amount", mean_amount, 0, np.inf, open_ends=True)
    check_between("shape", shape, 0, np.inf, open_ends=True)
    check_between("occurrence_seasonality", occurrence_seasonality, 0, 1)
    check_between("amount_seasonality", amount_seasonality, 0, 1)
    check_between("peak_day", peak_day, 1, 366)
    _check_peak("p_wet_after_dry", p_wet_after_dry, occurrence_seasonality)
    _check_peak("p_wet_after_wet", p_wet_after_wet, occurrence_seasonality)
    rng = make_generator(random_state)

    dates = pd.date_range(start, periods=n_days, freq="D", name="date")
    season = np.cos(2 * np.pi * (dates.day_of_year.to_numpy() - peak_day) / DAYS_PER_YEAR)
    occurrence = 1 + occurrence_seasonality * season
    wet = _draw_wet_days(rng, p_wet_after_dry * occurrence, p_wet_after_wet * occurrence)
    mean = mean_amount * (1 + amount_seasonality * season)
    amounts = rng.gamma(shape, mean / shape, size=n_days)
    return pd.Series(np.where(wet, amounts, 0.0), index=dates, name=COLUMN)


def _check_peak(name: str, probability: float, seasonality: float) -> None:
    peak = probability * (1 + seasonality)
    if peak > 1:
        raise ValueError(
            f"{name}={probability} rises to {peak:.3g} in the rainy season, which is no "
            f"probability: lower it to at most {1 / (1 + seasonality):.3g}, or lower "
            f"occurrence_seasonality={seasonality}."
        )


def _draw_wet_days(
    rng: np.random.Generator, after_dry: np.ndarray, after_wet: np.ndarray
) -> np.ndarray:
    """Run the chain; the first day comes from the stationary distribution of its date."""
    draws = rng.random(len(after_dry))
    is_wet = draws[0] * (after_dry[0] + 1 - after_wet[0]) < after_dry[0]
    wet = [is_wet]
    for draw, if_dry, if_wet in zip(draws[1:], after_dry[1:], after_wet[1:], strict=True):
        is_wet = draw < (if_wet if is_wet else if_dry)
        wet.append(is_wet)
    return np.array(wet)


def fetch_hong_kong_rainfall(
    *,
    trace: float = 0.025,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = True,
) -> Bunch | tuple[Any, Any]:
    """Fetch the daily rain at the Hong Kong Observatory since March 1884.

    The record has 49,307 days to the end of February 2026; the years 1940 to 1946 are
    missing, and their dates are missing from the index as well. (The file has one row more,
    without a value: the 29th of February 1900, a day that there never was.)

    Parameters
    ----------
    trace : float, default=0.025
        Rain in mm of the 6,904 days with the entry "Trace", less than 0.05 mm: by default the
        middle of that interval.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return pandas objects indexed by date; when False arrays, of which `dates` holds the
        days.

    Returns
    -------
    rainfall : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame or ndarray of shape (n_days, 2)
            What is known of a day in advance, its place in the year: the columns year_sin
            and year_cos.
        target : Series or ndarray of shape (n_days,)
            Rain in mm; NaN where the observatory gives no value.
        feature_names, target_names : list of str
            Names of the columns.
        dates : ndarray of datetime64 of shape (n_days,)
            The days.
        frame : DataFrame or None
            Rain and calendar; None with ``as_frame=False``.
        DESCR : str
            The description.
        filename : str
            Where the file lies.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    See Also
    --------
    make_rainfall : a generator of such series.

    Examples
    --------
    >>> from sksequence.datasets import fetch_hong_kong_rainfall
    >>> rain = fetch_hong_kong_rainfall().target  # doctest: +SKIP
    >>> rain.idxmax().year, rain.max()  # doctest: +SKIP
    (1926, 534.1)
    """
    check_between("trace", trace, 0, 0.05)
    paths = fetch_files(
        "hong_kong_rainfall", data_home=data_home, download_if_missing=download_if_missing
    )
    path = paths["daily_HKO_RF_ALL.csv"]
    return series_bunch(
        _read_rainfall(path, trace),
        target=COLUMN,
        return_X_y=return_X_y,
        as_frame=as_frame,
        DESCR=read_description("hong_kong_rainfall"),
        filename=str(path),
    )


def _read_rainfall(path: Path, trace: float) -> "pd.DataFrame":
    """Read the rows that begin with a year; titles above and notes below do not."""
    import pandas as pd

    words = {"Trace": trace, "***": np.nan}
    days, amounts = [], []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.reader(stream):
            day = _read_day(row)
            if day is not None:
                days.append(day)
                amounts.append(words[row[3]] if row[3] in words else float(row[3]))
    return pd.DataFrame({COLUMN: amounts}, index=pd.DatetimeIndex(days, name="date"))


def _read_day(row: list[str]) -> date | None:
    """Return the date in front of the row, or None where there is none in any calendar."""
    try:
        return date(*map(int, row[:3]))
    except (ValueError, TypeError):  # 29 February 1900, a title, a note, an empty line
        return None
