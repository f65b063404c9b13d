"""The hourly and the weekly series of the M4 competition."""

import os
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description
from sksequence.datasets._checks import check_choice
from sksequence.datasets._fetch import fetch_files

if TYPE_CHECKING:
    import pandas as pd

SEASONALITY = MappingProxyType({"Hourly": 24, "Weekly": 1})  # those of the competition


def fetch_m4(
    *,
    subset: Literal["Hourly", "Weekly"] = "Hourly",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
) -> Bunch:
    """Fetch the hourly or the weekly series of the M4 competition, a panel.

    Parameters
    ----------
    subset : {"Hourly", "Weekly"}, default="Hourly"
        414 hourly series of 700 or 960 steps, of which 48 more are to be forecast; or 359 weekly
        ones of 80 to 2,597 steps and 13 more.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.

    Returns
    -------
    m4 : :class:`~sklearn.utils.Bunch`
        With the attributes

        train, test : Series named ``"value"``
            Index of two levels: `series`, the competition's name, such as ``"H1"``, and `step`,
            counted from the origin of the forecasts: 0 is the last training step, 1 the first
            to forecast. So all series are forecast from the same step; the files have no dates.
        horizon : int
            Steps to forecast.
        seasonality : int
            Steps of a season in the competition's scaled errors and in its seasonal naive
            forecast: 24 and 1.
        subset : str
            As asked for.
        DESCR : str
            The description.
        filenames : list of str
            Where the files lie.

    Raises
    ------
    ValueError
        When there is no such subset.
    OSError
        When a file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    Examples
    --------
    >>> from sksequence.datasets import fetch_m4
    >>> m4 = fetch_m4(subset="Weekly")  # doctest: +SKIP
    >>> m4.train.loc["W1"].index[-1], m4.test.loc["W1"].index[0]  # doctest: +SKIP
    (0, 1)
    """
    check_choice("subset", subset, tuple(SEASONALITY))
    names = [f"{subset}-{part}.csv" for part in ("train", "test")]
    paths = fetch_files(
        "m4", data_home=data_home, download_if_missing=download_if_missing, only=names
    )
    train, test = (_read_panel(paths[name]) for name in names)
    train = train.set_axis(_ending_at_zero(train.index))
    return Bunch(
        train=train,
        test=test,
        horizon=int(test.index.get_level_values("step").max()),
        seasonality=SEASONALITY[subset],
        subset=subset,
        DESCR=read_description("m4"),
        filenames=[str(paths[name]) for name in names],
    )


def _read_panel(path: Path) -> "pd.Series":
    """Read a series a line, the short ones filled up with nothing, as steps from 1."""
    import pandas as pd

    wide = pd.read_csv(path, index_col=0)
    values = wide.to_numpy(dtype=float)  # (n_series, longest)
    rows, steps = np.nonzero(np.isfinite(values))
    index = pd.MultiIndex(
        levels=[wide.index, np.arange(1, values.shape[1] + 1)],
        codes=[rows, steps],
        names=["series", "step"],
    )
    return pd.Series(values[rows, steps], index=index, name="value")


def _ending_at_zero(index: "pd.MultiIndex") -> "pd.MultiIndex":
    """The same series with steps that end at 0 instead of starting at 1."""
    import pandas as pd

    rows = np.asarray(index.codes[0])
    longest = len(index.levels[1])
    lengths = np.bincount(rows)
    steps = np.asarray(index.codes[1]) + longest - lengths[rows]
    return pd.MultiIndex(
        levels=[index.levels[0], np.arange(1 - longest, 1)], codes=[rows, steps], names=index.names
    )
