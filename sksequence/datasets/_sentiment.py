"""Sentences with their sentiment: the treebank of Stanford, and sentences of three domains."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, split_bunch, text_bunch
from sksequence.datasets._checks import check_choice, check_split
from sksequence.datasets._fetch import fetch_files

SENTIMENTS = ("negative", "positive")
SST2_FILES: Mapping[str, str] = MappingProxyType(
    {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
)
DOMAIN_FILES: Mapping[str, str] = MappingProxyType(
    {
        "amazon": "amazon_cells_labelled.txt",
        "imdb": "imdb_labelled.txt",
        "yelp": "yelp_labelled.txt",
    }
)


def fetch_sst2(
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch the sentences of the Stanford sentiment treebank with two classes (1 MB).

    6,920 sentences of film reviews to learn from, 872 to validate and 1,821 to test; neutral
    ones are left out. The usual figure is the accuracy on the test. Published: without outside
    vectors, but with the labels of all phrases in training, a tree LSTM 82.0 % and a
    convolutional network 82.7 %; with vectors from elsewhere an LSTM 84.9 % and a bidirectional
    one 87.5 %. TF-IDF with logistic regression reaches 81.3 %. No licence is stated with this
    copy. For research.

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
    as_frame : bool, default=False
        Return `data` and `target` as pandas Series and fill `frame`.

    Returns
    -------
    sentences : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str, or Series
            The sentences: lower case, words and punctuation set apart by blanks.
        target : ndarray of str of shape (n_sentences,), or Series
            ``"negative"`` or ``"positive"``.
        target_names : ndarray of str
            The two labels.
        frame : DataFrame or None
            The columns text and sentiment; None with ``as_frame=False``.
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
    R. Socher et al., "Recursive deep models for semantic compositionality over a sentiment
    treebank", EMNLP 2013.
    K. S. Tai, R. Socher and C. D. Manning, "Improved semantic representations from
    tree-structured long short-term memory networks", ACL 2015.

    Examples
    --------
    >>> from sksequence.datasets import fetch_sst2
    >>> X, y = fetch_sst2(split="test", return_X_y=True)  # doctest: +SKIP
    >>> X[0], str(y[0])  # doctest: +SKIP
    ('no movement , no yuks , not much of anything', 'negative')
    """
    check_split(split, tuple(SST2_FILES), return_X_y)
    names = SST2_FILES if split is None else {split: SST2_FILES[split]}
    paths = fetch_files(
        "sst2",
        data_home=data_home,
        download_if_missing=download_if_missing,
        only=set(names.values()),
    )
    parts = {
        part: _text_part(_read_labelled(paths[name]), as_frame) for part, name in names.items()
    }
    return split_bunch(
        parts,
        split=split,
        return_X_y=return_X_y,
        DESCR=read_description("sst2"),
        filename=[str(path) for path in paths.values()],
    )


def fetch_labelled_sentences(
    *,
    domain: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch 3,000 sentences about telephones, films and restaurants (0.2 MB).

    1,000 sentences each from Amazon, IMDb and Yelp, half of them positive. The usual protocol
    is 10-fold cross-validation within a domain; TF-IDF with logistic regression reaches 83.3,
    78.8 and 81.5 %. Licence: CC BY 4.0.

    Parameters
    ----------
    domain : {"amazon", "imdb", "yelp"}, default=None
        Only the sentences of this domain; all when None.
    data_home : str or path-like, default=None
        The only data folder to look into and to download to. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return `data` and `target` as pandas Series and fill `frame`.

    Returns
    -------
    sentences : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str, or Series
            The sentences, as they were written.
        target : ndarray of str of shape (n_sentences,), or Series
            ``"negative"`` or ``"positive"``.
        target_names : ndarray of str
            The two labels.
        domain : ndarray of str of shape (n_sentences,)
            Where they were written.
        frame : DataFrame or None
            The columns text, sentiment and domain; None with ``as_frame=False``.
        DESCR : str
            The description.
        filename : list of str
            Where the files lie.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        When `domain` is none of its choices.
    OSError
        When a file is corrupted, or missing and not to be downloaded; the message says which
        file to put where.

    References
    ----------
    D. Kotzias, M. Denil, N. de Freitas and P. Smyth, "From group to individual labels using
    deep features", KDD 2015.

    Examples
    --------
    >>> from sksequence.datasets import fetch_labelled_sentences
    >>> X, y = fetch_labelled_sentences(domain="yelp", return_X_y=True)  # doctest: +SKIP
    >>> X[0], str(y[0])  # doctest: +SKIP
    ('Wow... Loved this place.', 'positive')
    """
    if domain is not None:
        check_choice("domain", domain, tuple(DOMAIN_FILES))
    names = DOMAIN_FILES if domain is None else {domain: DOMAIN_FILES[domain]}
    paths = fetch_files(
        "labelled_sentences",
        data_home=data_home,
        download_if_missing=download_if_missing,
        only=set(names.values()),
    )
    rows = [(*row, part) for part, name in names.items() for row in _read_labelled(paths[name])]
    texts, labels, domains = zip(*rows, strict=True)
    return text_bunch(
        {"text": texts, "sentiment": labels, "domain": domains},
        data="text",
        target="sentiment",
        also="domain",
        return_X_y=return_X_y,
        as_frame=as_frame,
        DESCR=read_description("labelled_sentences"),
        filename=[str(path) for path in paths.values()],
    )


def _read_labelled(path: Path) -> list[tuple[str, str]]:
    """Read sentences and sentiments: lines with a tab before a last 0 or 1."""
    # Not str.splitlines: U+0085 stands inside sentences.
    lines = path.read_bytes().decode("utf-8").split("\n")
    rows = (line.rpartition("\t") for line in lines if line.strip())
    return [(text.strip(), SENTIMENTS[int(label)]) for text, _, label in rows]


def _text_part(rows: list[tuple[str, str]], as_frame: bool) -> Bunch:
    texts, labels = zip(*rows, strict=True)
    part: Any = text_bunch(
        {"text": texts, "sentiment": labels},
        data="text",
        target="sentiment",
        return_X_y=False,
        as_frame=as_frame,
    )
    return part
