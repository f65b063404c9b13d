"""Music as piano rolls: the chorales of Bach and the folk tunes of Nottingham."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, split_bunch
from sksequence.datasets._checks import check_choice
from sksequence.datasets._fetch import fetch_files
from sksequence.inputs import SequenceArray

LOWEST_PITCH = 21  # MIDI number of the lowest key of a piano
VARIABLES: Mapping[str, str] = MappingProxyType(
    {"train": "traindata", "validation": "validdata", "test": "testdata"}
)


def fetch_jsb_chorales(
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
) -> Bunch:
    """Fetch 382 chorales of J. S. Bach as piano rolls, a step a quarter note (0.1 MB).

    229 pieces to learn from, 76 to validate and 77 to test, the split of Boulanger-Lewandowski
    et al. (2012). The usual figure is the negative log-likelihood of a frame of 88 keys on the
    test pieces, in nats: LSTM 8.45, GRU 8.43, simple recurrent network 8.91. The music is in
    the public domain.

    Parameters
    ----------
    split : {"train", "validation", "test"}, default=None
        Only these pieces. When None, all three, each under its name.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.

    Returns
    -------
    chorales : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : SequenceArray of shape (n_pieces,), 88 features
            1 where a key sounds and 0 elsewhere, from the lowest key of a piano up; a step is
            a quarter note.
        lowest_pitch : int
            MIDI number of the first key, 21 (the A of 27.5 Hz).
        DESCR : str
            The description.
        filename : str
            Where the file lies.

        Without a `split` these belong to the attributes ``train``, ``validation`` and
        ``test``, each a Bunch.

    Raises
    ------
    ValueError
        When `split` is none of its choices.
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    See Also
    --------
    sksequence.preprocessing.write_midi : Such a piece as a file to listen to.
    sksequence.inspection.PianoRollDisplay : Such a piece as a picture.

    References
    ----------
    N. Boulanger-Lewandowski, Y. Bengio and P. Vincent, "Modeling temporal dependencies in
    high-dimensional sequences: application to polyphonic music generation and transcription",
    ICML 2012.
    S. Bai, J. Z. Kolter and V. Koltun, "An empirical evaluation of generic convolutional and
    recurrent networks for sequence modeling", 2018, arXiv:1803.01271.

    Examples
    --------
    >>> from sksequence.datasets import fetch_jsb_chorales
    >>> fetch_jsb_chorales(split="test").data  # doctest: +SKIP
    SequenceArray(n_sequences=77, lengths=32..160, n_features=88)
    """
    return _fetch_rolls(
        "jsb_chorales", "boulanger/JSB_Chorales.mat", split, data_home, download_if_missing
    )


def fetch_nottingham(
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
) -> Bunch:
    """Fetch 1,037 British and American folk tunes with their chords as piano rolls (0.4 MB).

    694 tunes to learn from, 173 to validate and 170 to test, the split of Boulanger-Lewandowski
    et al. (2012). The usual figure is the negative log-likelihood of a frame of 88 keys on the
    test tunes, in nats: LSTM 3.29, GRU 3.46, simple recurrent network 4.05. No licence is
    stated for the collection.

    Parameters
    ----------
    split : {"train", "validation", "test"}, default=None
        Only these tunes. When None, all three, each under its name.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.

    Returns
    -------
    tunes : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : SequenceArray of shape (n_tunes,), 88 features
            1 where a key sounds and 0 elsewhere, from the lowest key of a piano up.
        lowest_pitch : int
            MIDI number of the first key, 21 (the A of 27.5 Hz).
        DESCR : str
            The description.
        filename : str
            Where the file lies.

        Without a `split` these belong to the attributes ``train``, ``validation`` and
        ``test``, each a Bunch.

    Raises
    ------
    ValueError
        When `split` is none of its choices.
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    See Also
    --------
    sksequence.preprocessing.write_midi : Such a tune as a file to listen to.
    sksequence.inspection.PianoRollDisplay : Such a tune as a picture.

    References
    ----------
    N. Boulanger-Lewandowski, Y. Bengio and P. Vincent, "Modeling temporal dependencies in
    high-dimensional sequences: application to polyphonic music generation and transcription",
    ICML 2012.

    Examples
    --------
    >>> from sksequence.datasets import fetch_nottingham
    >>> fetch_nottingham(split="train").data  # doctest: +SKIP
    SequenceArray(n_sequences=694, lengths=40..1788, n_features=88)
    """
    return _fetch_rolls("nottingham", "Nottingham.mat", split, data_home, download_if_missing)


def _fetch_rolls(
    dataset: str,
    file: str,
    split: str | None,
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
) -> Bunch:
    if split is not None:
        check_choice("split", split, tuple(VARIABLES))
    paths = fetch_files(dataset, data_home=data_home, download_if_missing=download_if_missing)
    names = VARIABLES if split is None else {split: VARIABLES[split]}
    rolls = _read_rolls(paths[file], tuple(names.values()))
    return split_bunch(
        {part: Bunch(data=rolls[name]) for part, name in names.items()},
        split=split,
        return_X_y=False,
        lowest_pitch=LOWEST_PITCH,
        DESCR=read_description(dataset),
        filename=str(paths[file]),
    )


def _read_rolls(path: Path, variables: tuple[str, ...]) -> dict[str, SequenceArray]:
    """Read cell arrays of pieces from a Matlab file, which holds numbers and no code."""
    from scipy.io import loadmat

    cells = loadmat(path, variable_names=variables)
    return {
        name: SequenceArray.from_list(
            [np.asarray(roll, dtype=np.float32) for roll in cells[name].ravel()]
        )
        for name in variables
    }
