"""Texts for language models: the plays of Shakespeare and the Penn Treebank."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, split_bunch
from sksequence.datasets._checks import check_choice
from sksequence.datasets._fetch import fetch_files

TRAIN_SHARE = 0.9
PENN_FILES: Mapping[str, str] = MappingProxyType(
    {"train": "ptb.train.txt", "validation": "ptb.valid.txt", "test": "ptb.test.txt"}
)


def fetch_tiny_shakespeare(
    *,
    split: str = "all",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
) -> Bunch:
    """Fetch 1,115,394 characters of Shakespeare's plays as one text (1.1 MB).

    The text that made recurrent networks famous as writers: 65 different characters, names of
    speakers, verses and blank lines between the speeches. The usual figure is the
    cross-entropy of the next character on the last 10 %, in nats; a character-level LSTM is
    published with 1.4 to 1.5. The plays are in the public domain.

    Parameters
    ----------
    split : {"all", "train", "test"}, default="all"
        The whole text, its first 90 % (1,003,854 characters) or its last 10 % (111,540).
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.

    Returns
    -------
    plays : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : str
            The text, lines ended by ``"\\n"``.
        DESCR : str
            The description.
        filename : str
            Where the file lies.

    Raises
    ------
    ValueError
        When `split` is none of its choices.
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    References
    ----------
    A. Karpathy, "The unreasonable effectiveness of recurrent neural networks", 2015, which
    cut the text from the plays.

    Examples
    --------
    >>> from sksequence.datasets import fetch_tiny_shakespeare
    >>> text = fetch_tiny_shakespeare(split="train").data  # doctest: +SKIP
    >>> text[:14]  # doctest: +SKIP
    'First Citizen:'
    """
    check_choice("split", split, ("all", "train", "test"))
    paths = fetch_files(
        "tiny_shakespeare", data_home=data_home, download_if_missing=download_if_missing
    )
    path = paths["input.txt"]
    return Bunch(
        data=_part(path.read_bytes().decode("utf-8"), split),
        DESCR=read_description("tiny_shakespeare"),
        filename=str(path),
    )


def _part(text: str, split: str) -> str:
    """The text, its first 90 % or the rest."""
    cut = int(TRAIN_SHARE * len(text))
    return {"all": text, "train": text[:cut], "test": text[cut:]}[split]


def fetch_penn_treebank(
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
) -> Bunch:
    """Fetch the words of the Penn Treebank as language models know it (6 MB).

    49,199 sentences of the Wall Street Journal in lower case, without punctuation, numbers
    written as ``"N"`` and all but 10,000 words as ``"<unk>"``. With the end of each sentence
    counted as a word, the parts have 929,589, 73,760 and 82,430. The usual figure is the
    perplexity of these on the test part: an LSTM of 2 layers of 200 units is published with
    114.5, of 650 with 82.7, of 1500 with 78.4. For research: the text belongs to its
    publishers.

    Parameters
    ----------
    split : {"train", "validation", "test"}, default=None
        Only these sentences. When None, all three, each under its name.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.

    Returns
    -------
    treebank : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of list of str
            The words of each sentence. Its end is the end of the list, not a word, as
            language models with an end symbol count it.
        DESCR : str
            The description.
        filename : list of str
            Where the files lie.

        Without a `split` these belong to the attributes ``train``, ``validation`` and
        ``test``, each a Bunch.

    Raises
    ------
    ValueError
        When `split` is none of its choices.
    OSError
        When a file is corrupted, or missing and not to be downloaded; the message says which
        file to put where.

    References
    ----------
    M. P. Marcus, B. Santorini and M. A. Marcinkiewicz, "Building a large annotated corpus of
    English: the Penn Treebank", Computational Linguistics 19:313-330, 1993.
    T. Mikolov, M. Karafiat, L. Burget, J. Cernocky and S. Khudanpur, "Recurrent neural network
    based language model", Interspeech 2010, which prepared the words.
    W. Zaremba, I. Sutskever and O. Vinyals, "Recurrent neural network regularization", 2014,
    arXiv:1409.2329.

    Examples
    --------
    >>> from sksequence.datasets import fetch_penn_treebank
    >>> sentences = fetch_penn_treebank(split="validation").data  # doctest: +SKIP
    >>> sentences[0][:3]  # doctest: +SKIP
    ['consumers', 'may', 'want']
    """
    if split is not None:
        check_choice("split", split, tuple(PENN_FILES))
    names = PENN_FILES if split is None else {split: PENN_FILES[split]}
    paths = fetch_files(
        "penn_treebank",
        data_home=data_home,
        download_if_missing=download_if_missing,
        only=set(names.values()),
    )
    return split_bunch(
        {part: Bunch(data=_read_sentences(paths[name])) for part, name in names.items()},
        split=split,
        return_X_y=False,
        DESCR=read_description("penn_treebank"),
        filename=[str(path) for path in paths.values()],
    )


def _read_sentences(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [line.split() for line in lines if line.strip()]
