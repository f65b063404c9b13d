"""Prices: a generator with clustered volatility, and the S&P 500 index."""

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, series_bunch
from sksequence.datasets._checks import check_between, check_count
from sksequence.datasets._fetch import fetch_files
from sksequence.utils._random import make_generator

if TYPE_CHECKING:
    import pandas as pd


def make_prices(
    n_days: int = 1500,
    *,
    start: str = "2001-01-01",
    initial_price: float = 100.0,
    drift: float = 0.0003,
    omega: float = 2e-6,
    alpha: float = 0.08,
    beta: float = 0.90,
    return_volatility: bool = False,
    random_state: Any = None,
) -> "pd.Series | tuple[pd.Series, pd.Series]":
    r"""Make daily prices whose returns cannot be foretold and whose volatility can.

    The logarithmic returns follow a GARCH(1,1) process [1]_ with independent normal
    :math:`z_t`,

    .. math::

       r_t = \mu + \sigma_t z_t, \qquad
       \sigma_t^2 = \omega + \alpha\,(r_{t-1} - \mu)^2 + \beta\,\sigma_{t-1}^2, \qquad
       P_t = P_0 \exp\Big(\sum_{s \le t} r_s\Big),

    started at its mean, :math:`\sigma_1^2 = \omega / (1 - \alpha - \beta)`, which is the
    variance of the returns. Their kurtosis,
    :math:`3\,(1 - (\alpha+\beta)^2) / (1 - (\alpha+\beta)^2 - 2\alpha^2)`, is above the
    normal 3. The best forecast of :math:`r_t` from its past is the constant :math:`\mu`: a
    model that claims to do better on these prices has looked ahead.

    Parameters
    ----------
    n_days : int, default=1500
        Number of business days.
    start : str or date-like, default="2001-01-01"
        The first day; when it falls on a weekend, the Monday after it.
    initial_price : float, default=100.0
        The price :math:`P_0` on the eve of the first day.
    drift : float, default=0.0003
        Mean logarithmic return :math:`\mu` of a day.
    omega : float, default=2e-6
        Constant part of the variance of a day's return; above 0. The defaults give returns
        with a standard deviation of 1 % a day.
    alpha : float, default=0.08
        Weight of the last squared return; at least 0.
    beta : float, default=0.90
        Weight of the last variance; at least 0, with ``alpha + beta < 1``.
    return_volatility : bool, default=False
        Return :math:`\sigma_t` as well.
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same series at every call.

    Returns
    -------
    price : Series of shape (n_days,)
        Prices on business days, named ``"price"``, with a DatetimeIndex ``"date"``.
    volatility : Series of shape (n_days,)
        Standard deviation of each day's logarithmic return given the past, not annualised;
        only with ``return_volatility=True``.

    Raises
    ------
    ValueError
        When an argument is out of its range, or ``alpha + beta >= 1``.

    See Also
    --------
    fetch_sp500 : the S&P 500 index from 2000 to 2020.

    References
    ----------
    .. [1] T. Bollerslev, "Generalized autoregressive conditional heteroskedasticity",
       Journal of Econometrics 31:307-327, 1986.

    Examples
    --------
    >>> from sksequence.datasets import make_prices
    >>> price, volatility = make_prices(250, return_volatility=True, random_state=0)
    >>> price.index[0].day_name(), price.index.freqstr
    ('Monday', 'B')
    >>> round(float(volatility.iloc[0]), 4)
    0.01
    """
    import pandas as pd

    check_count("n_days", n_days)
    check_between("initial_price", initial_price, 0, np.inf, open_ends=True)
    check_between("drift", drift, -1, 1)
    check_between("omega", omega, 0, np.inf, open_ends=True)
    check_between("alpha", alpha, 0, 1)
    check_between("beta", beta, 0, 1)
    if alpha + beta >= 1:
        raise ValueError(
            f"alpha + beta must be below 1, or the variance is infinite; got alpha={alpha} "
            f"and beta={beta}."
        )
    noise = make_generator(random_state).standard_normal(n_days)
    volatility = _garch_volatility(noise, omega, alpha, beta)
    price = initial_price * np.exp(np.cumsum(drift + volatility * noise))
    dates = pd.bdate_range(start, periods=n_days, name="date")
    prices = pd.Series(price, index=dates, name="price")
    if not return_volatility:
        return prices
    return prices, pd.Series(volatility, index=dates, name="volatility")


def _garch_volatility(noise: np.ndarray, omega: float, alpha: float, beta: float) -> np.ndarray:
    """Return sigma_t for standard normal noise z_t."""
    variance = omega / (1 - alpha - beta)
    variances = [variance]
    for z in noise[:-1].tolist():
        variance = omega + (alpha * z * z + beta) * variance
        variances.append(variance)
    return np.sqrt(variances)


def fetch_sp500(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = True,
) -> Bunch | tuple[Any, Any]:
    """Fetch the S&P 500 index on 5,105 trading days from January 2000 to April 2020.

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
        Return pandas objects indexed by date; when False arrays, of which `dates` holds the
        days.

    Returns
    -------
    index : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame or ndarray of shape (n_days, 2)
            What is known of a day in advance, its place in the year: the columns year_sin
            and year_cos.
        target : Series or ndarray of shape (n_days,)
            The index at the close.
        feature_names, target_names : list of str
            Names of the columns.
        dates : ndarray of datetime64 of shape (n_days,)
            The trading days.
        frame : DataFrame or None
            The columns open, high, low, close, adjclose and volume, and the calendar; None
            with ``as_frame=False``.
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
    make_prices : a generator of such series.

    Examples
    --------
    >>> from sksequence.datasets import fetch_sp500
    >>> close = fetch_sp500().target  # doctest: +SKIP
    >>> close.index[0].year, close.index[-1].year  # doctest: +SKIP
    (2000, 2020)
    """
    import pandas as pd

    paths = fetch_files("sp500", data_home=data_home, download_if_missing=download_if_missing)
    path = paths["sp500-2000.csv"]
    return series_bunch(
        pd.read_csv(path, index_col="date", parse_dates=["date"]),
        target="close",
        return_X_y=return_X_y,
        as_frame=as_frame,
        DESCR=read_description("sp500"),
        filename=str(path),
    )
