"""Is somebody in the room? An office, minute by minute."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, split_bunch
from sksequence.datasets._checks import check_split
from sksequence.datasets._fetch import fetch_files
from sksequence.inputs import SequenceArray

if TYPE_CHECKING:
    import pandas as pd

FILES: Mapping[str, str] = MappingProxyType(
    {"train": "datatraining.txt", "test_closed": "datatest.txt", "test_open": "datatest2.txt"}
)
SENSORS = ("Temperature", "Humidity", "Light", "CO2", "HumidityRatio")
LABELS = np.array(["empty", "occupied"])


def fetch_occupancy(
    *,
    split: str | None = None,
    by_day: bool = False,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch what five sensors of an office measured each minute, and whether it was occupied.

    Three runs without a gap, of 8,143 minutes to learn from, and of 2,665 and 9,752 to test:
    in the second one the door was mostly closed, in the third mostly open (1.5 MB). The usual
    figure is the accuracy on the minutes of each test run; linear discriminants and random
    forests, which see one minute at a time, are published with 95 to 99 %. Licence: CC BY 4.0.

    Parameters
    ----------
    split : {"train", "test_closed", "test_open"}, default=None
        Only this run. When None, all three, each under its name.
    by_day : bool, default=False
        Cut a run at each midnight into several sequences. When False a run is one sequence.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` of one `split` instead of a Bunch.

    Returns
    -------
    office : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : SequenceArray of shape (n_sequences,), 5 features
            Temperature in °C, relative humidity in %, light in lux, CO2 in ppm, and the
            humidity ratio in kg of water per kg of air, minute by minute. Its `names` are the
            dates of the first minutes.
        target : list of ndarray of str
            ``"empty"`` or ``"occupied"`` for each minute of each sequence.
        feature_names : list of str
            Names of the five.
        dates : list of ndarray of datetime64
            The time of each minute of each sequence.
        DESCR : str
            The description.
        filename : list of str
            Where the files lie.

        Without a `split` these belong to the attributes ``train``, ``test_closed`` and
        ``test_open``, each a Bunch.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        When `split` is none of its choices, or ``return_X_y=True`` comes without one.
    OSError
        When a file is corrupted, or missing and not to be downloaded; the message says which
        file to put where.

    References
    ----------
    L. M. Candanedo and V. Feldheim, "Accurate occupancy detection of an office room from
    light, temperature, humidity and CO2 measurements using statistical learning models",
    Energy and Buildings 112:28-39, 2016.

    Examples
    --------
    >>> from sksequence.datasets import fetch_occupancy
    >>> X, y = fetch_occupancy(split="train", by_day=True, return_X_y=True)  # doctest: +SKIP
    >>> X  # doctest: +SKIP
    SequenceArray(n_sequences=7, lengths=369..1440, n_features=5)
    >>> str(y[0][0])  # doctest: +SKIP
    'occupied'
    """
    check_split(split, tuple(FILES), return_X_y)
    names = FILES if split is None else {split: FILES[split]}
    paths = fetch_files(
        "occupancy",
        data_home=data_home,
        download_if_missing=download_if_missing,
        only=set(names.values()),
    )
    return split_bunch(
        {part: _run(_read_minutes(paths[name]), by_day) for part, name in names.items()},
        split=split,
        return_X_y=return_X_y,
        feature_names=list(SENSORS),
        DESCR=read_description("occupancy"),
        filename=[str(path) for path in paths.values()],
    )


def _read_minutes(path: Path) -> "pd.DataFrame":
    """Read a run; the rows have a number that the header does not name."""
    import pandas as pd

    return pd.read_csv(path, parse_dates=["date"])


def _run(table: "pd.DataFrame", by_day: bool) -> Bunch:
    """Cut a run, at midnights or not at all."""
    dates = table["date"].to_numpy().astype("datetime64[s]")
    days = dates.astype("datetime64[D]")
    starts = np.flatnonzero(days[1:] != days[:-1]) + 1 if by_day else np.array([], dtype=int)
    values = table[list(SENSORS)].to_numpy(dtype=np.float64)
    labels = LABELS[table["Occupancy"].to_numpy()]
    return Bunch(
        data=SequenceArray(
            values,
            [0, *starts.tolist(), len(table)],
            names=[str(day) for day in days[[0, *starts.tolist()]]],
        ),
        target=np.split(labels, starts),
        dates=np.split(dates, starts),
    )
