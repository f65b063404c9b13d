"""Genes in DNA: open reading frames between bases that mean nothing."""

from typing import Any

import numpy as np

from sksequence.datasets._checks import check_between, check_count
from sksequence.utils._random import make_generator

BASES = "acgt"
START = "atg"
STOPS = ("taa", "tag", "tga")
STOP_WEIGHTS = (0.6, 0.1, 0.3)
# Shares of a, c, g, t at the three places of a codon: purines first, few g next, c and g last.
USAGE = np.array([[0.24, 0.20, 0.42, 0.14], [0.32, 0.22, 0.14, 0.32], [0.10, 0.38, 0.36, 0.16]])
SITE = "aggagg"  # where a ribosome binds
SPACERS = (5, 9)  # bases between this site and the start codon
CODING, OTHER = "coding", "other"
CODONS = np.array(
    [first + second + third for first in BASES for second in BASES for third in BASES]
)


def make_genes(
    n_sequences: int = 200,
    *,
    min_length: int = 300,
    max_length: int = 900,
    min_codons: int = 30,
    max_codons: int = 90,
    max_gap: int = 150,
    gc_content: float = 0.5,
    noise: float = 0.1,
    random_state: Any = None,
) -> tuple[list[str], list[np.ndarray]]:
    r"""Make stretches of DNA with genes in them, and say of each base whether it is coding.

    A gene is an open reading frame as bacteria have them: the start codon ATG, codons that are
    none of the three stop codons, and a stop codon (TAA, TAG and TGA with the shares 0.6, 0.1
    and 0.3). Codons are drawn base by base with shares of their own for each of the three
    places, so that a gene has a rhythm of three; five to nine bases before the start stands
    AGGAGG, where a ribosome binds [1]_. Bases between genes are independent. ATG occurs there
    and inside genes by chance, and so do stop codons out of the frame: what a base means
    depends on bases far away, and on counting by threes.

    All genes are on the strand that is given, and none is cut off by the end of a sequence.

    Parameters
    ----------
    n_sequences : int, default=200
        Number of sequences.
    min_length, max_length : int, default=300 and 900
        Lengths of the sequences in bases are drawn uniformly from `min_length` to `max_length`.
    min_codons, max_codons : int, default=30 and 90
        Numbers of codons of a gene, start and stop included, are drawn uniformly from
        `min_codons` (at least 2) to `max_codons`.
    max_gap : int, default=150
        Numbers of bases before a gene are drawn uniformly from 15, which the binding site
        takes, to `max_gap`.
    gc_content : float, default=0.5
        Share of c and g between genes.
    noise : float, default=0.1
        Share of the inner codons, and of the letters of the binding site, that are drawn from
        the bases between genes. A noisy codon is never a stop codon. With ``noise=1`` a gene
        is told by nothing but its length without a stop.
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same sequences at every call.

    Returns
    -------
    X : list of str
        The sequences, in the letters a, c, g and t.
    y : list of ndarray of str
        ``"coding"`` or ``"other"`` for each base of each sequence; start and stop codons are
        coding, the binding site is not.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    See Also
    --------
    make_promoters : stretches of DNA with one label each.

    References
    ----------
    .. [1] J. Shine and L. Dalgarno, "The 3'-terminal sequence of Escherichia coli 16S ribosomal
       RNA", Proceedings of the National Academy of Sciences 71:1342-1346, 1974.

    Examples
    --------
    >>> from sksequence.datasets import make_genes
    >>> X, y = make_genes(3, random_state=0)
    >>> [len(bases) for bases in X] == [len(labels) for labels in y]
    True
    >>> start = (y[1] == "coding").argmax()
    >>> X[1][start : start + 3]
    'atg'
    """
    check_count("n_sequences", n_sequences)
    check_count("min_length", min_length)
    check_count("max_length", max_length, minimum=min_length, why=", which is min_length")
    check_count("min_codons", min_codons, minimum=2, why=", a start and a stop")
    check_count("max_codons", max_codons, minimum=min_codons, why=", which is min_codons")
    shortest = len(SITE) + SPACERS[1]
    check_count("max_gap", max_gap, minimum=shortest, why=", so that a binding site fits in")
    check_between("gc_content", gc_content, 0, 1)
    check_between("noise", noise, 0, 1)
    rng = make_generator(random_state)

    gc = gc_content / 2
    background = np.array([0.5 - gc, gc, gc, 0.5 - gc])
    codons = _codon_shares(np.tile(background, (3, 1))), _codon_shares(USAGE)
    sizes, gaps = (min_codons, max_codons), (shortest, max_gap)
    X, y = [], []
    for length in rng.integers(min_length, max_length + 1, size=n_sequences).tolist():
        bases = rng.choice(list(BASES), size=length, p=background)
        labels = np.full(length, OTHER, dtype=f"<U{len(CODING)}")
        for start, n_codons in _places(rng, length, sizes, gaps):
            gene = _gene(rng, n_codons, codons, noise)
            bases[start : start + len(gene)] = list(gene)
            labels[start : start + len(gene)] = CODING
            _place_site(rng, bases, start, noise)
        X.append("".join(bases))
        y.append(labels)
    return X, y


def _codon_shares(usage: np.ndarray) -> np.ndarray:
    """Probabilities of the 64 codons, of a stop codon 0, for shares (3 places, 4 bases)."""
    shares = np.einsum("i,j,k->ijk", *usage).ravel()
    shares[np.isin(CODONS, STOPS)] = 0
    return shares / shares.sum()


def _places(
    rng: np.random.Generator, length: int, sizes: tuple[int, int], gaps: tuple[int, int]
) -> list[tuple[int, int]]:
    """Where genes start, and their numbers of codons, from left to right until one is too long."""
    places: list[tuple[int, int]] = []
    end = 0
    while True:
        start = end + int(rng.integers(gaps[0], gaps[1] + 1))
        n_codons = int(rng.integers(sizes[0], sizes[1] + 1))
        end = start + 3 * n_codons
        if end > length:
            return places
        places.append((start, n_codons))


def _gene(
    rng: np.random.Generator, n_codons: int, shares: tuple[np.ndarray, np.ndarray], noise: float
) -> str:
    """A start, inner codons of which some are like the background, and a stop."""
    n_inner = n_codons - 2
    noisy = rng.random(n_inner) < noise
    plain, used = (rng.choice(CODONS, size=n_inner, p=p) for p in shares)
    stop = rng.choice(STOPS, p=STOP_WEIGHTS)
    return "".join([START, *np.where(noisy, plain, used), str(stop)])


def _place_site(rng: np.random.Generator, bases: np.ndarray, start: int, noise: float) -> None:
    """Write the binding site before a start; noisy letters stay what they were."""
    first = start - int(rng.integers(SPACERS[0], SPACERS[1] + 1)) - len(SITE)
    kept = rng.random(len(SITE)) < noise
    place = slice(first, first + len(SITE))
    bases[place] = np.where(kept, bases[place], list(SITE))
