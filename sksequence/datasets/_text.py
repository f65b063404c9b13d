"""Reviews with their sentiment: the shipped ones and the movie reviews of Pang and Lee."""

import csv
import os
from pathlib import Path
from typing import Any

from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, text_bunch
from sksequence.datasets._checks import check_choice
from sksequence.datasets._fetch import fetch_files
from sksequence.datasets._shipped import shipped_file

DOMAINS = ("film", "restaurant")


def load_reviews(
    *, domain: str | None = None, return_X_y: bool = False, as_frame: bool = False
) -> Bunch | tuple[Any, Any]:
    """Load the restaurant and film reviews that come with the package.

    The reviews were written by the developers for this package: balanced, of one to several
    sentences, with negation, irony and contrast in them, in a fixed random order.

    Parameters
    ----------
    domain : {"film", "restaurant"}, default=None
        Only the reviews of this domain; all when None.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return `data` and `target` as pandas Series and fill `frame`.

    Returns
    -------
    reviews : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str, or Series
            The reviews.
        target : ndarray of str of shape (n_reviews,), or Series
            ``"negative"`` or ``"positive"``.
        target_names : ndarray of str
            The two labels.
        domain : ndarray of str of shape (n_reviews,)
            ``"film"`` or ``"restaurant"``.
        frame : DataFrame or None
            The columns text, sentiment and domain; None with ``as_frame=False``.
        DESCR : str
            The data sheet.
        filename : str
            Where the file lies.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        When `domain` is not one of the two.

    Examples
    --------
    >>> from sksequence.datasets import load_reviews
    >>> reviews, sentiment = load_reviews(domain="film", return_X_y=True)
    >>> sorted(set(sentiment.tolist()))
    ['negative', 'positive']
    """
    if domain is not None:
        check_choice("domain", domain, DOMAINS)
    path = shipped_file("reviews.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if domain in (None, row["domain"])]
    columns = {name: [row[name] for row in rows] for name in ("text", "sentiment", "domain")}
    return text_bunch(
        columns,
        data="text",
        target="sentiment",
        also="domain",
        return_X_y=return_X_y,
        as_frame=as_frame,
        DESCR=shipped_file("reviews.md").read_text(encoding="utf-8"),
        filename=str(path),
    )


def fetch_movie_reviews(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch the sentence polarity data: 5,331 negative and 5,331 positive film sentences.

    The sentences come in the order of the two files, first all negative ones, so shuffle
    before taking the first part of them: ``StratifiedKFold(shuffle=True)``.

    Parameters
    ----------
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
    reviews : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str, or Series
            The sentences: lower case, punctuation set apart by blanks.
        target : ndarray of str of shape (10662,), or Series
            ``"negative"`` or ``"positive"``.
        target_names : ndarray of str
            The two labels.
        frame : DataFrame or None
            The columns text and sentiment; None with ``as_frame=False``.
        DESCR : str
            The description.
        filename : list of str
            Where the files lie.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    OSError
        When a file is corrupted, or missing and not to be downloaded; the message says which
        file to put where.

    References
    ----------
    B. Pang and L. Lee, "Seeing stars: exploiting class relationships for sentiment
    categorization with respect to rating scales", ACL 2005.

    Examples
    --------
    >>> from sksequence.datasets import fetch_movie_reviews
    >>> X, y = fetch_movie_reviews(return_X_y=True)  # doctest: +SKIP
    >>> len(X)  # doctest: +SKIP
    10662
    """
    paths = fetch_files(
        "movie_reviews", data_home=data_home, download_if_missing=download_if_missing
    )
    negative = _read_sentences(paths["rt-polarity.neg"])
    positive = _read_sentences(paths["rt-polarity.pos"])
    columns = {
        "text": negative + positive,
        "sentiment": ["negative"] * len(negative) + ["positive"] * len(positive),
    }
    return text_bunch(
        columns,
        data="text",
        target="sentiment",
        return_X_y=return_X_y,
        as_frame=as_frame,
        DESCR=read_description("movie_reviews"),
        filename=[str(path) for path in paths.values()],
    )


def _read_sentences(path: Path) -> list[str]:
    # Not str.splitlines: the text holds byte 0x85, in latin-1 a line break of its own.
    lines = path.read_bytes().decode("latin-1").split("\n")
    return [line.strip() for line in lines if line.strip()]
