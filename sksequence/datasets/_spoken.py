"""Digits spoken by six people, as waveforms."""

import io
import os
import re
import wave
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, split_bunch
from sksequence.datasets._checks import check_split
from sksequence.datasets._fetch import fetch_files

SPLITS = ("train", "test")
N_TEST = 5  # recordings 0 to 4 of each digit by each speaker
NAME = re.compile(r"(?P<digit>\d)_(?P<speaker>[a-z]+)_(?P<recording>\d+)\.wav")
FULL_SCALE = 2.0**15  # of 16-bit samples
DTYPE = np.dtype("<i2")


def fetch_spoken_digits(
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch 3,000 recordings of English digits by six speakers (16 MB).

    Each speaker said each digit 50 times; the first five recordings, 300 in all, are for the
    test. Silence at both ends is cut off, and a recording takes 0.14 to 2.3 seconds. The usual
    figure is the accuracy on the test; a convolutional network is published with 95.3 %.
    Licence: CC BY-SA 4.0.

    Parameters
    ----------
    split : {"train", "test"}, default=None
        Only the recordings 5 to 49, or 0 to 4. When None, both, each under its name.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` of one `split` instead of a Bunch.

    Returns
    -------
    digits : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of ndarray of float32 of shape (n_samples,)
            The waveforms, from -1 to 1, in the order of the speakers' names, the digits and
            the recordings.
        target : ndarray of str of shape (n_recordings,)
            ``"0"`` to ``"9"``.
        speaker : ndarray of str of shape (n_recordings,)
            Who spoke: groups for a splitter.
        recording : ndarray of int of shape (n_recordings,)
            The number of the recording, 0 to 49.
        sampling_rate : int
            Samples in a second, 8000.
        DESCR : str
            The description.
        filename : str
            Where the file lies.

        Without a `split` these belong to the attributes ``train`` and ``test``, each a Bunch.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        When `split` is none of its choices, or ``return_X_y=True`` comes without one.
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    References
    ----------
    Z. Jackson, C. Souza, J. Flaks, Y. Pan, H. Nicolas and A. Thite, "Free spoken digit
    dataset", v1.0.10, 2018.

    Examples
    --------
    >>> from sksequence.datasets import fetch_spoken_digits
    >>> X, y = fetch_spoken_digits(split="test", return_X_y=True)  # doctest: +SKIP
    >>> len(X), X[0].shape, str(y[0])  # doctest: +SKIP
    (300, (2384,), '0')
    """
    check_split(split, SPLITS, return_X_y)
    paths = fetch_files(
        "spoken_digits", data_home=data_home, download_if_missing=download_if_missing
    )
    path = paths["recordings.zip"]
    names = SPLITS if split is None else (split,)
    rates, parts = set(), {}
    for name in names:
        parts[name], rate = _read_recordings(path, test=name == "test")
        rates.add(rate)
    (sampling_rate,) = rates
    return split_bunch(
        parts,
        split=split,
        return_X_y=return_X_y,
        sampling_rate=sampling_rate,
        DESCR=read_description("spoken_digits"),
        filename=str(path),
    )


def _read_recordings(path: Path, *, test: bool) -> tuple[Bunch, int]:
    """Read the recordings of a part, and the rate that all of them share."""
    with ZipFile(path) as archive:
        found = sorted(
            (match["speaker"], match["digit"], int(match["recording"]), name)
            for name in archive.namelist()
            if (match := NAME.fullmatch(name.rpartition("/")[2]))
            and (int(match["recording"]) < N_TEST) == test
        )
        waves = [_read_wave(archive.read(name)) for *_, name in found]
    (rate,) = {rate for _, rate in waves}
    part = Bunch(
        data=[samples for samples, _ in waves],
        target=np.array([digit for _, digit, _, _ in found]),
        speaker=np.array([speaker for speaker, _, _, _ in found]),
        recording=np.array([recording for _, _, recording, _ in found], dtype=np.int64),
    )
    return part, rate


def _read_wave(content: bytes) -> tuple[np.ndarray, int]:
    """Decode one channel of 16-bit samples to numbers from -1 to 1, and their rate."""
    with wave.open(io.BytesIO(content)) as stream:
        form = stream.getnchannels(), stream.getsampwidth()
        if form != (1, DTYPE.itemsize):
            raise ValueError(
                f"A recording has {form[0]} channel(s) of {8 * form[1]} bits; expected 1 channel "
                "of 16 bits."
            )
        samples = np.frombuffer(stream.readframes(stream.getnframes()), dtype=DTYPE)
        return samples.astype(np.float32) / np.float32(FULL_SCALE), stream.getframerate()
