"""DNA: splice junctions of primates, and promoters of Escherichia coli."""

import os
from pathlib import Path
from typing import Any

from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, text_bunch
from sksequence.datasets._fetch import fetch_files

PROMOTERS = (("Ecoli_prom.fa", "+"), ("Ecoli_non_prom.fa", "-"))


def fetch_splice(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch 3,190 stretches of DNA of primates, with or without a splice junction (0.5 MB).

    Each has 60 bases, 30 before and 30 after the place in question: the end of an exon (EI,
    767), the end of an intron (IE, 768) or neither (N, 1,655). The usual figure is the error in
    10-fold cross-validation; published, on 1,000 of them, for N, EI and IE: KBANN 4.62, 7.56
    and 8.47 %, backpropagation 5.29, 5.74 and 10.75 %. 185 rows repeat the bases of another.
    Licence: CC BY 4.0.

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
    junctions : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str, or Series
            The sequences, in the letters A, C, G and T; where a base is not known for certain D
            (A, G or T), N (any), R (A or G) or S (C or G), 60 times in all.
        target : ndarray of str of shape (3190,), or Series
            ``"EI"``, ``"IE"`` or ``"N"``.
        target_names : ndarray of str
            The three labels.
        name : ndarray of str of shape (3190,)
            Name of the gene and position in it.
        frame : DataFrame or None
            The columns sequence, junction and name; None with ``as_frame=False``.
        DESCR : str
            The description.
        filename : str
            Where the file lies.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    OSError
        When the file is corrupted, or missing and not to be downloaded; the message says
        which file to put where.

    References
    ----------
    M. O. Noordewier, G. G. Towell and J. W. Shavlik, "Training knowledge-based neural networks
    to recognize genes in DNA sequences", NIPS 3, 1991.

    Examples
    --------
    >>> from sksequence.datasets import fetch_splice
    >>> X, y = fetch_splice(return_X_y=True)  # doctest: +SKIP
    >>> len(X), len(X[0]), str(y[0])  # doctest: +SKIP
    (3190, 60, 'EI')
    """
    paths = fetch_files("splice", data_home=data_home, download_if_missing=download_if_missing)
    path = paths["splice.arff"]
    rows = _read_arff(path)
    return text_bunch(
        {
            "sequence": ["".join(row[1:-1]) for row in rows],
            "junction": [row[-1] for row in rows],
            "name": [row[0] for row in rows],
        },
        data="sequence",
        target="junction",
        also="name",
        return_X_y=return_X_y,
        as_frame=as_frame,
        DESCR=read_description("splice"),
        filename=str(path),
    )


def _read_arff(path: Path) -> list[list[str]]:
    """Read the cells below ``@data``; comments also follow the last row."""
    lines = iter(path.read_text(encoding="utf-8").split("\n"))
    for line in lines:
        if line.strip().lower() == "@data":
            break
    rows = (line.strip() for line in lines)
    return [[cell.strip() for cell in row.split(",")] for row in rows if row and row[0] != "%"]


def fetch_ecoli_promoters(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch 839 promoters of *Escherichia coli* and 3,000 other stretches of it (0.4 MB).

    Each sequence has 81 bases, of a promoter from 60 before the start of transcription to 20
    after it; the others are cut from coding regions, of the opposite strand. The usual figure
    is the correlation of Matthews in cross-validation; a convolutional network is published
    with 0.84, with a sensitivity of 0.90 and a specificity of 0.96. No licence is stated. For
    research.

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
    promoters : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str, or Series
            The sequences, in the letters A, C, G and T, first all promoters: shuffle before
            taking a part.
        target : ndarray of str of shape (3839,), or Series
            ``"+"`` for a promoter and ``"-"`` for any other sequence.
        target_names : ndarray of str
            The two labels.
        name : ndarray of str of shape (3839,)
            Of a promoter its number, name, strand and position, else a number.
        frame : DataFrame or None
            The columns sequence, label and name; None with ``as_frame=False``.
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

    See Also
    --------
    fetch_promoters : an older and smaller set.

    References
    ----------
    R. K. Umarov and V. V. Solovyev, "Recognition of prokaryotic and eukaryotic promoters using
    convolutional deep learning neural networks", PLOS ONE 12:e0171410, 2017.

    Examples
    --------
    >>> from sksequence.datasets import fetch_ecoli_promoters
    >>> X, y = fetch_ecoli_promoters(return_X_y=True)  # doctest: +SKIP
    >>> len(X), len(X[0])  # doctest: +SKIP
    (3839, 81)
    """
    paths = fetch_files(
        "ecoli_promoters", data_home=data_home, download_if_missing=download_if_missing
    )
    rows = [
        (bases, label, name)
        for file, label in PROMOTERS
        for name, bases in _read_fasta(paths[file])
    ]
    sequences, labels, names = zip(*rows, strict=True)
    return text_bunch(
        {"sequence": sequences, "label": labels, "name": names},
        data="sequence",
        target="label",
        also="name",
        return_X_y=return_X_y,
        as_frame=as_frame,
        DESCR=read_description("ecoli_promoters"),
        filename=[str(path) for path in paths.values()],
    )


def _read_fasta(path: Path) -> list[tuple[str, str]]:
    """Read the names and the letters of records, which may take several lines."""
    records = path.read_text(encoding="utf-8").split(">")[1:]
    found = []
    for record in records:
        name, _, lines = record.partition("\n")
        found.append((name.strip(), "".join(lines.split())))
    return found
