"""What people think of words: how similar they are, and which is to which as another to a third."""

import os
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description
from sksequence.datasets._fetch import fetch_files

Analogy = tuple[str, str, str, str]


def fetch_word_similarity(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
) -> Bunch:
    """Fetch 353 pairs of words with their similarity and 19,544 analogies (0.6 MB).

    Both judge vectors of words. Of the pairs the usual figure is Spearman's rank correlation
    of the cosine with the people's mean; of the analogies the share in which the fourth word is
    nearest to the second minus the first plus the third, without these three. No licence is
    stated with these copies. For research.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.

    Returns
    -------
    words : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of (str, str)
            The pairs, as they were written: a few words begin with a capital. Two pairs occur
            twice.
        target : ndarray of shape (353,)
            Mean of 13 to 16 people's judgement, from 0 (unrelated) to 10 (the same).
        analogies : dict of str to list of (str, str, str, str)
            14 kinds, 5 of meaning and 9 (``"gram..."``) of grammar: ``("Athens", "Greece",
            "Berlin", "Germany")`` under ``"capital-common-countries"``.
        DESCR : str
            The description.
        filename : list of str
            Where the files lie.

    Raises
    ------
    OSError
        When a file is corrupted, or missing and not to be downloaded; the message says which
        file to put where.

    See Also
    --------
    sksequence.Word2VecEmbedder : vectors to be judged, with ``analogy``.

    References
    ----------
    L. Finkelstein et al., "Placing search in context: the concept revisited", ACM Transactions
    on Information Systems 20:116-131, 2002.
    T. Mikolov, K. Chen, G. Corrado and J. Dean, "Efficient estimation of word representations
    in vector space", 2013, arXiv:1301.3781.

    Examples
    --------
    >>> from sksequence.datasets import fetch_word_similarity
    >>> words = fetch_word_similarity()  # doctest: +SKIP
    >>> words.data[1], float(words.target[1])  # doctest: +SKIP
    (('tiger', 'cat'), 7.35)
    """
    paths = fetch_files(
        "word_similarity", data_home=data_home, download_if_missing=download_if_missing
    )
    pairs, similarity = _read_pairs(paths["wordsim353.tsv"])
    return Bunch(
        data=pairs,
        target=similarity,
        analogies=_read_analogies(paths["questions-words.txt"]),
        DESCR=read_description("word_similarity"),
        filename=[str(path) for path in paths.values()],
    )


def _read_pairs(path: Path) -> tuple[list[tuple[str, str]], np.ndarray]:
    lines = path.read_text(encoding="utf-8").split("\n")
    rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [(first, second) for first, second, _ in rows], np.array([float(row[2]) for row in rows])


def _read_analogies(path: Path) -> dict[str, list[Analogy]]:
    """Read four words a line, below the name of their kind."""
    kinds: dict[str, list[Analogy]] = {}
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith(":"):
            kind = kinds.setdefault(line[1:].strip(), [])
        elif line.strip():
            first, second, third, fourth = line.split()
            kind.append((first, second, third, fourth))
    return kinds
