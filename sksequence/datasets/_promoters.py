"""Promoters, the stretches of DNA at which transcription starts: synthetic and real ones."""

import csv
import os
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, text_bunch
from sksequence.datasets._checks import (
    check_between,
    check_choice,
    check_count,
)
from sksequence.datasets._fetch import fetch_files
from sksequence.utils._random import make_generator

LETTERS = np.array(list("acgt"))

# How often each base (rows a, c, g, t) stands at each of the six positions of a box, in the
# 112 promoters of Hawley and McClure (1983). The consensus is TTGACA and TATAAT, found in
# 82 84 79 64 54 45 and 79 95 44 59 51 96 percent of them.
MINUS_35_COUNTS = np.array(
    [
        [2, 6, 2, 72, 26, 50],
        [7, 6, 11, 18, 60, 8],
        [11, 6, 88, 3, 11, 17],
        [92, 94, 11, 19, 15, 37],
    ]
)
MINUS_10_COUNTS = np.array(
    [
        [2, 106, 29, 66, 57, 1],
        [10, 2, 16, 14, 22, 3],
        [11, 1, 18, 17, 14, 0],
        [89, 3, 49, 15, 19, 108],
    ]
)
BOX = 6

# Bases between the boxes. Harley and Reynolds (1987) found 17 +- 1 in 92 % of 263 promoters,
# 17 being the commonest; how the 92 % and the rest are shared out is a choice made here.
SPACERS = np.array([15, 16, 17, 18, 19])
SPACER_WEIGHTS = np.array([0.04, 0.23, 0.46, 0.23, 0.04])

# Bases between the -10 box and the start of transcription: the start lies 7 +- 1 bases
# downstream in most promoters (Harley and Reynolds); the weights are a choice made here.
LEADERS = np.array([5, 6, 7])
LEADER_WEIGHTS = np.array([0.25, 0.5, 0.25])

TRANSCRIBED = 7  # a sequence ends at +7, as in the public data set
SHORTEST = int(BOX + SPACERS[-1] + BOX + LEADERS[-1]) + TRANSCRIBED


def make_promoters(
    n_sequences: int = 200,
    *,
    length: int = 57,
    positive_fraction: float = 0.5,
    mutation_rate: float = 0.0,
    negatives: str = "background",
    shift: int = 0,
    gc_content: float = 0.508,
    random_state: Any = None,
) -> tuple[list[str], np.ndarray]:
    """Make DNA sequences, some of which hold a promoter of *Escherichia coli*.

    A promoter that the sigma-70 factor recognises has a -35 box and a -10 box, about 17 bases
    apart. The boxes are drawn base by base from the frequencies in 112 known promoters
    [1]_, the distance from the published spread [2]_, everything else from the background.
    As in the public data set (:func:`fetch_promoters`) a sequence runs from 50 bases before
    the start of transcription to 7 bases into it.

    Parameters
    ----------
    n_sequences : int, default=200
        Number of sequences.
    length : int, default=57
        Number of bases of each sequence, at least 45 + `shift`.
    positive_fraction : float, default=0.5
        Share of promoters, in [0, 1]; their number is rounded.
    mutation_rate : float, default=0.0
        Probability with which each base of a box is replaced by a background base. At 1
        nothing is left that tells the classes apart.
    negatives : {"background", "shuffled"}, default="background"
        What a non-promoter is: background throughout, or a promoter of which the bases were
        shuffled, so that the counts of the four letters carry no information.
    shift : int, default=0
        Each promoter is moved to the left by 0 to `shift` bases, all equally likely. With 0
        the start of transcription is always at the same place, which suits methods that look
        at fixed positions.
    gc_content : float, default=0.508
        Share of g and c in the background; the default is that of the genome of
        *E. coli* K-12 [3]_.
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same sequences at every call.

    Returns
    -------
    X : list of str
        The sequences, in the letters a, c, g and t, in random order.
    y : ndarray of str of shape (n_sequences,)
        ``"+"`` for a promoter and ``"-"`` for any other sequence.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    See Also
    --------
    fetch_promoters : 106 real sequences of the same form.

    References
    ----------
    .. [1] D. K. Hawley and W. R. McClure, "Compilation and analysis of Escherichia coli
       promoter DNA sequences", Nucleic Acids Research 11:2237-2255, 1983.
    .. [2] C. B. Harley and R. P. Reynolds, "Analysis of E. coli promoter sequences", Nucleic
       Acids Research 15:2343-2361, 1987.
    .. [3] F. R. Blattner et al., "The complete genome sequence of Escherichia coli K-12",
       Science 277:1453-1462, 1997.

    Examples
    --------
    >>> from sksequence.datasets import make_promoters
    >>> X, y = make_promoters(n_sequences=6, random_state=0)
    >>> len(X), len(X[0])
    (6, 57)
    >>> int((y == "+").sum())
    3
    """
    check_count("n_sequences", n_sequences)
    check_count("shift", shift, minimum=0)
    check_count("length", length, minimum=SHORTEST + shift, why=_why_so_long(shift))
    check_between("positive_fraction", positive_fraction, 0, 1)
    check_between("mutation_rate", mutation_rate, 0, 1)
    check_between("gc_content", gc_content, 0, 1)
    check_choice("negatives", negatives, ("background", "shuffled"))
    rng = make_generator(random_state)

    at, gc = (1 - gc_content) / 2, gc_content / 2
    codes = _draw_bases(rng, np.array([[at], [gc], [gc], [at]]), n_sequences, length)
    positive = rng.permutation(n_sequences) < round(positive_fraction * n_sequences)
    with_boxes = positive if negatives == "background" else np.ones(n_sequences, dtype=bool)
    _place_boxes(rng, codes, np.flatnonzero(with_boxes), mutation_rate, shift)
    for row in np.flatnonzero(with_boxes & ~positive):
        codes[row] = rng.permutation(codes[row])
    return ["".join(row) for row in LETTERS[codes]], np.where(positive, "+", "-")


def _why_so_long(shift: int) -> str:
    reason = ", so that two boxes, their spacer and the start fit in"
    return f"{reason}, moved by up to {shift}" if shift else reason


def _draw_bases(
    rng: np.random.Generator, weights: np.ndarray, n_rows: int, n_columns: int = BOX
) -> np.ndarray:
    """Draw bases 0-3 by inversion; weights (4, n_columns) or (4, 1)."""
    limits = (np.cumsum(weights, axis=0) / weights.sum(axis=0))[:-1]
    draws = rng.random((n_rows, n_columns))
    return (draws >= limits[:, np.newaxis, :]).sum(axis=0)  # (3, 1, columns) against (rows, ...)


def _place_boxes(
    rng: np.random.Generator, codes: np.ndarray, rows: np.ndarray, mutation_rate: float, shift: int
) -> None:
    """Write the two boxes into these rows of `codes`, at places of their own."""
    n = len(rows)
    start = codes.shape[1] - TRANSCRIBED - rng.integers(shift + 1, size=n)
    ten = start - rng.choice(LEADERS, size=n, p=LEADER_WEIGHTS) - BOX
    thirty_five = ten - rng.choice(SPACERS, size=n, p=SPACER_WEIGHTS) - BOX
    for first, counts in ((thirty_five, MINUS_35_COUNTS), (ten, MINUS_10_COUNTS)):
        where = rows[:, np.newaxis], first[:, np.newaxis] + np.arange(BOX)
        mutated = rng.random((n, BOX)) < mutation_rate
        codes[where] = np.where(mutated, codes[where], _draw_bases(rng, counts, n))


def fetch_promoters(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch 53 promoters of *Escherichia coli* and 53 other stretches of its DNA.

    Each sequence has 57 bases, from 50 before the start of transcription to 7 into it. The
    usual protocol is leave-one-out, and the usual figure the number of errors out of 106.

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
            The sequences, in the letters a, c, g and t.
        target : ndarray of str of shape (106,), or Series
            ``"+"`` for a promoter and ``"-"`` for any other sequence.
        target_names : ndarray of str
            The two labels.
        name : ndarray of str of shape (106,)
            Name of the gene, or position of a non-promoter.
        frame : DataFrame or None
            The columns sequence, label and name; None with ``as_frame=False``.
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
    G. Towell, J. Shavlik and M. Noordewier, "Refinement of approximate domain theories by
    knowledge-based artificial neural networks", AAAI 1990.

    Examples
    --------
    >>> from sksequence.datasets import fetch_promoters
    >>> X, y = fetch_promoters(return_X_y=True)  # doctest: +SKIP
    >>> len(X), len(X[0])  # doctest: +SKIP
    (106, 57)
    """
    paths = fetch_files("promoters", data_home=data_home, download_if_missing=download_if_missing)
    path = paths["promoters.data"]
    with path.open(encoding="ascii", newline="") as stream:
        rows = [[cell.strip() for cell in row] for row in csv.reader(stream) if row]
    labels, names, sequences = zip(*rows, strict=True)
    return text_bunch(
        {"sequence": sequences, "label": labels, "name": names},
        data="sequence",
        target="label",
        also="name",
        return_X_y=return_X_y,
        as_frame=as_frame,
        DESCR=read_description("promoters"),
        filename=str(path),
    )
