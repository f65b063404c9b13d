"""Sentences with a label for each word: names in the news, slots in questions about flights."""

import os
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, split_bunch
from sksequence.datasets._checks import check_split
from sksequence.datasets._fetch import fetch_files

CONLL_FILES: Mapping[str, str] = MappingProxyType(
    {"train": "eng.train", "validation": "eng.testa", "test": "eng.testb"}
)
NEW_DOCUMENT = "-DOCSTART-"
ATIS_FOLDERS: Mapping[str, str] = MappingProxyType(
    {"train": "train", "validation": "valid", "test": "test"}
)
ATIS_FILES = ("seq.in", "seq.out", "label")  # words, slots, intents


def fetch_conll2003(
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch English news in which persons, places, organisations and others are named (4.9 MB).

    14,041 sentences to learn from, 3,250 to validate and 3,453 to test. The usual figure is F1
    of whole entities on the test sentences: without outside vectors a bidirectional LSTM with
    a conditional random field is published with 84.26 (and features made by hand) and about
    83.6 (and letters), with outside vectors 90.9 to 91.2. For research only: the text is that
    of the Reuters corpus.

    Parameters
    ----------
    split : {"train", "validation", "test"}, default=None
        Only these sentences. When None, all three, each under its name.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` of one `split` instead of a Bunch.

    Returns
    -------
    news : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of list of str
            The words of each sentence, as they were written.
        target : list of list of str
            A label for each word in the scheme IOB1: ``"O"``, ``"I-PER"``, ``"I-LOC"``,
            ``"I-ORG"``, ``"I-MISC"``, and ``"B-..."`` only where an entity follows another of
            the same kind without a word between.
        pos : list of list of str
            The part of speech of each word.
        chunk : list of list of str
            The syntactic chunk of each word, in IOB1.
        document : ndarray of int of shape (n_sentences,)
            Number of the document to which a sentence belongs: groups for a splitter.
        DESCR : str
            The description.
        filename : list of str
            Where the files lie.

        Without a `split` these belong to the attributes ``train``, ``validation`` and
        ``test``, each a Bunch.
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
    E. F. Tjong Kim Sang and F. De Meulder, "Introduction to the CoNLL-2003 shared task:
    language-independent named entity recognition", CoNLL 2003.

    Examples
    --------
    >>> from sksequence.datasets import fetch_conll2003
    >>> X, y = fetch_conll2003(split="train", return_X_y=True)  # doctest: +SKIP
    >>> list(zip(X[0], y[0]))[:3]  # doctest: +SKIP
    [('EU', 'I-ORG'), ('rejects', 'O'), ('German', 'I-MISC')]
    """
    check_split(split, tuple(CONLL_FILES), return_X_y)
    names = CONLL_FILES if split is None else {split: CONLL_FILES[split]}
    paths = fetch_files(
        "conll2003",
        data_home=data_home,
        download_if_missing=download_if_missing,
        only=set(names.values()),
    )
    return split_bunch(
        {part: _read_columns(paths[name]) for part, name in names.items()},
        split=split,
        return_X_y=return_X_y,
        DESCR=read_description("conll2003"),
        filename=[str(path) for path in paths.values()],
    )


def _read_columns(path: Path) -> Bunch:
    """Read a word a line with three tags; blank lines end sentences."""
    sentences, documents = [], []
    document = 0  # a marker ends one document and begins the next
    for rows in _blocks(path.read_text(encoding="utf-8")):
        if rows[0][0] == NEW_DOCUMENT:
            document += 1
            rows = rows[1:]
        if rows:
            sentences.append([list(column) for column in zip(*rows, strict=True)])
            documents.append(document)
    columns = {
        name: [sentence[i] for sentence in sentences]
        for i, name in enumerate(("data", "pos", "chunk", "target"))
    }
    return Bunch(**columns, document=np.array(documents, dtype=np.int64))


def _blocks(text: str) -> Iterator[list[list[str]]]:
    """The cells of the lines between blank lines."""
    for filled, lines in groupby(text.split("\n"), key=lambda line: bool(line.strip())):
        if filled:
            yield [line.split() for line in lines]


def fetch_atis(
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch questions about flights with the slot that each word fills (1 MB).

    4,478 questions to learn from, 500 to validate and 893 to test, with 120 slot labels in
    the training part. The usual figure is F1 of whole slots on the test questions: a
    bidirectional LSTM with a slot gate is published with 94.8, a bidirectional network with
    attention with 95.9. The same questions carry an intent, which is the label of a whole
    sequence. No licence is stated with this copy; the recordings behind it are distributed by
    the Linguistic Data Consortium. For research.

    Parameters
    ----------
    split : {"train", "validation", "test"}, default=None
        Only these questions. When None, all three, each under its name.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` of one `split` instead of a Bunch.

    Returns
    -------
    questions : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of list of str
            The words of each question, in lower case.
        target : list of list of str
            A slot for each word in the scheme IOB2: ``"O"``, ``"B-toloc.city_name"``,
            ``"I-toloc.city_name"``, ...
        intent : ndarray of str of shape (n_questions,)
            What is asked for, such as ``"atis_flight"``; several are joined by ``"#"``.
        DESCR : str
            The description.
        filename : list of str
            Where the files lie.

        Without a `split` these belong to the attributes ``train``, ``validation`` and
        ``test``, each a Bunch.
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
    C. T. Hemphill, J. J. Godfrey and G. R. Doddington, "The ATIS spoken language systems pilot
    corpus", Speech and Natural Language Workshop, 1990.
    C.-W. Goo et al., "Slot-gated modeling for joint slot filling and intent prediction", NAACL
    2018, whose split this is.

    Examples
    --------
    >>> from sksequence.datasets import fetch_atis
    >>> X, y = fetch_atis(split="train", return_X_y=True)  # doctest: +SKIP
    >>> list(zip(X[0], y[0]))[4:6]  # doctest: +SKIP
    [('from', 'O'), ('baltimore', 'B-fromloc.city_name')]
    """
    check_split(split, tuple(ATIS_FOLDERS), return_X_y)
    folders = ATIS_FOLDERS if split is None else {split: ATIS_FOLDERS[split]}
    paths = fetch_files(
        "atis",
        data_home=data_home,
        download_if_missing=download_if_missing,
        only={f"{folder}/{name}" for folder in folders.values() for name in ATIS_FILES},
    )
    return split_bunch(
        {
            part: _read_questions(*(paths[f"{folder}/{name}"] for name in ATIS_FILES))
            for part, folder in folders.items()
        },
        split=split,
        return_X_y=return_X_y,
        DESCR=read_description("atis"),
        filename=[str(path) for path in paths.values()],
    )


def _read_questions(words: Path, slots: Path, intents: Path) -> Bunch:
    data, target, intent = (_read_rows(path) for path in (words, slots, intents))
    return Bunch(data=data, target=target, intent=np.array([row[0] for row in intent]))


def _read_rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [line.split() for line in lines if line.strip()]
