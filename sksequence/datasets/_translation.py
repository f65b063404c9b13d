"""Sentences and their translations: Multi30k."""

import gzip
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, split_bunch
from sksequence.datasets._checks import check_choice, check_split
from sksequence.datasets._fetch import fetch_files

LANGUAGES = ("de", "en")
FILES: Mapping[str, str] = MappingProxyType(
    {
        "train": "train",
        "validation": "val",
        "test_2016": "test_2016_flickr",
        "test_2017": "test_2017_flickr",
        "test_2017_mscoco": "test_2017_mscoco",
    }
)
USUAL = ("train", "validation", "test_2016")


def fetch_multi30k(
    *,
    split: str | None = None,
    source: str = "de",
    target: str = "en",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch descriptions of photographs in German and English.

    29,000 pairs of sentences to learn from, 1,014 to validate and 1,000 to test: the English
    one describes a photograph, the German one is its translation by a professional. The usual
    figure is BLEU on ``"test_2016"``.

    Parameters
    ----------
    split : {"train", "validation", "test_2016", "test_2017", "test_2017_mscoco"}, default=None
        Only these pairs. When None, the first three, each under its name.
    source, target : {"de", "en"}, default="de" and "en"
        The languages to translate from and into.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` of one `split` instead of a Bunch.
    as_frame : bool, default=False
        Return `data` and `target` as pandas Series and fill `frame`.

    Returns
    -------
    pairs : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str, or Series
            The sentences in the source language as they were written, with capitals and
            punctuation.
        target : list of str, or Series
            Their translations.
        frame : DataFrame or None
            A column for each of the two languages; None with ``as_frame=False``.
        languages : tuple of str
            Source and target.
        DESCR : str
            The description.
        filename : list of str
            Where the files lie.

        Without a `split` the first three belong to the attributes ``train``, ``validation``
        and ``test_2016``, each a Bunch.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        When an argument is none of its choices, `source` equals `target`, or
        ``return_X_y=True`` comes without a `split`.
    OSError
        When a file is corrupted, or missing and not to be downloaded; the message says which
        file to put where.

    References
    ----------
    D. Elliott, S. Frank, K. Sima'an and L. Specia, "Multi30K: multilingual English-German
    image descriptions", Workshop on Vision and Language, 70-74, 2016.

    Examples
    --------
    >>> from sksequence.datasets import fetch_multi30k
    >>> german, english = fetch_multi30k(split="train", return_X_y=True)  # doctest: +SKIP
    >>> english[0]  # doctest: +SKIP
    'Two young, White males are outside near many bushes.'
    """
    check_choice("source", source, LANGUAGES)
    check_choice("target", target, LANGUAGES)
    if source == target:
        raise ValueError(f"source and target must be two languages, got {source!r} for both.")
    check_split(split, tuple(FILES), return_X_y)
    names = {
        part: (f"{FILES[part]}.{source}.gz", f"{FILES[part]}.{target}.gz")
        for part in (USUAL if split is None else (split,))
    }
    paths = fetch_files(
        "multi30k",
        data_home=data_home,
        download_if_missing=download_if_missing,
        only={name for pair in names.values() for name in pair},
    )
    parts = {
        part: _pairs({source: paths[first], target: paths[second]}, as_frame)
        for part, (first, second) in names.items()
    }
    return split_bunch(
        parts,
        split=split,
        return_X_y=return_X_y,
        languages=(source, target),
        DESCR=read_description("multi30k"),
        filename=[str(path) for path in paths.values()],
    )


def _pairs(paths: Mapping[str, Path], as_frame: bool) -> Bunch:
    """Read the source and the target, in this order."""
    columns = {language: _read_lines(path) for language, path in paths.items()}
    data, target = columns.values()
    if not as_frame:
        return Bunch(data=data, target=target, frame=None)
    import pandas as pd

    frame = pd.DataFrame(columns)
    first, second = columns
    return Bunch(data=frame[first], target=frame[second], frame=frame)


def _read_lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
        return [line.strip() for line in stream]
