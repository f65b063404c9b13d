"""Two Japanese vowels spoken by nine men."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, split_bunch
from sksequence.datasets._checks import check_split
from sksequence.datasets._fetch import fetch_files
from sksequence.inputs import SequenceArray

FILES: Mapping[str, str] = MappingProxyType(
    {"train": "JapaneseVowels_TRAIN.ts", "test": "JapaneseVowels_TEST.ts"}
)


def fetch_japanese_vowels(
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch 640 utterances of the vowels "ae" by nine men (1.1 MB).

    270 to learn from, 30 of each man, and 370 to test. A step holds 12 cepstral coefficients,
    and an utterance has 7 to 29 of them. Who spoke? The usual figure is the accuracy on the
    test: a hidden Markov model is published with 96.2 %, a convolutional LSTM with 97.6 %.
    Licence: CC BY 4.0.

    Parameters
    ----------
    split : {"train", "test"}, default=None
        Only these utterances. When None, both, each under its name.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` of one `split` instead of a Bunch.

    Returns
    -------
    vowels : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : SequenceArray of shape (n_utterances,), 12 features
            The utterances.
        target : ndarray of str of shape (n_utterances,)
            The speaker, ``"1"`` to ``"9"``.
        target_names : ndarray of str
            The nine speakers.
        DESCR : str
            The description.
        filename : list of str
            Where the files lie.

        Without a `split` these belong to the attributes ``train`` and ``test``, each a Bunch.
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
    M. Kudo, J. Toyama and M. Shimbo, "Multidimensional curve classification using
    passing-through regions", Pattern Recognition Letters 20:1103-1111, 1999.

    Examples
    --------
    >>> from sksequence.datasets import fetch_japanese_vowels
    >>> X, y = fetch_japanese_vowels(split="train", return_X_y=True)  # doctest: +SKIP
    >>> X  # doctest: +SKIP
    SequenceArray(n_sequences=270, lengths=7..26, n_features=12)
    """
    check_split(split, tuple(FILES), return_X_y)
    names = FILES if split is None else {split: FILES[split]}
    paths = fetch_files(
        "japanese_vowels",
        data_home=data_home,
        download_if_missing=download_if_missing,
        only=set(names.values()),
    )
    return split_bunch(
        {part: _read_ts(paths[name]) for part, name in names.items()},
        split=split,
        return_X_y=return_X_y,
        DESCR=read_description("japanese_vowels"),
        filename=[str(path) for path in paths.values()],
    )


def _read_ts(path: Path) -> Bunch:
    """Read a case a line: channels between colons, numbers between commas, the class last."""
    header, _, body = path.read_text(encoding="utf-8").partition("@data\n")
    (classes,) = (line for line in header.split("\n") if line.startswith("@classLabel"))
    sequences, labels = [], []
    for line in body.split("\n"):
        if line.strip():
            *channels, label = line.strip().split(":")
            steps = [[float(cell) for cell in channel.split(",")] for channel in channels]
            sequences.append(np.array(steps).T)  # (n_steps, n_channels)
            labels.append(label)
    return Bunch(
        data=SequenceArray.from_list(sequences),
        target=np.array(labels),
        target_names=np.array(classes.split()[2:]),  # "@classLabel true 1 2 ..."
    )
