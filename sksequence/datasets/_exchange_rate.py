"""Daily exchange rates of eight countries."""

import os

from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description
from sksequence.datasets._fetch import fetch_files

COUNTRIES = (
    *("Australia", "Britain", "Canada", "Switzerland"),
    *("China", "Japan", "New Zealand", "Singapore"),
)


def fetch_exchange_rate(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    as_frame: bool = True,
) -> Bunch:
    """Fetch the daily exchange rates of eight countries, 7,588 days from 1990 to 2016.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    as_frame : bool, default=True
        Return a data frame; when False an array.

    Returns
    -------
    rates : :class:`~sklearn.utils.Bunch`
        With the attributes

        target : DataFrame or ndarray of shape (7588, 8)
            US dollars for one unit of each currency. The index ``"day"`` counts the days: the file
            has no dates, and its days are neither all days nor all working days of these
            years, so none can be told.
        target_names : list of str
            The countries.
        frame : DataFrame or None
            The same as `target`; None with ``as_frame=False``.
        DESCR : str
            The description.
        filename : str
            Where the file lies.

        There is no ``data``: nothing is known of a day in advance.

    Raises
    ------
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    Examples
    --------
    >>> from sksequence.datasets import fetch_exchange_rate
    >>> fetch_exchange_rate().target.shape  # doctest: +SKIP
    (7588, 8)
    """
    import pandas as pd

    paths = fetch_files(
        "exchange_rate", data_home=data_home, download_if_missing=download_if_missing
    )
    path = paths["exchange_rate.txt.gz"]
    frame = pd.read_csv(path, header=None, names=list(COUNTRIES))
    frame.index.name = "day"
    return Bunch(
        target=frame if as_frame else frame.to_numpy(copy=True),
        target_names=list(COUNTRIES),
        frame=frame if as_frame else None,
        DESCR=read_description("exchange_rate"),
        filename=str(path),
    )
