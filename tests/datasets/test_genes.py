"""Every gene that is labelled is an open reading frame, whatever the noise."""

import re
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare

from sksequence.datasets import make_genes
from sksequence.datasets._genes import CODONS, USAGE, _codon_shares

STOPS = {"taa", "tag", "tga"}


def genes(bases: str, labels: np.ndarray) -> list[tuple[int, str]]:
    """Start and bases of each run of coding bases."""
    coding = "".join("c" if label == "coding" else "." for label in labels)
    return [(run.start(), bases[run.start() : run.end()]) for run in re.finditer("c+", coding)]


def codons(gene: str) -> list[str]:
    return [gene[i : i + 3] for i in range(0, len(gene), 3)]


@pytest.mark.parametrize("options", [{}, {"noise": 0}, {"noise": 1}, {"gc_content": 0.2}])
def test_every_gene_begins_with_atg_and_ends_with_its_first_stop(options):
    X, y = make_genes(40, random_state=0, **options)
    found = [gene for x, labels in zip(X, y, strict=True) for _, gene in genes(x, labels)]
    assert len(found) > 40
    for gene in found:
        assert len(gene) % 3 == 0
        assert 30 <= len(gene) // 3 <= 90
        first, *inner, last = codons(gene)
        assert first == "atg"
        assert last in STOPS
        assert not STOPS & set(inner)


def test_a_label_for_each_base_and_lengths_as_asked_for():
    X, y = make_genes(200, min_length=50, max_length=60, min_codons=2, max_codons=5, random_state=0)
    assert isinstance(X, list)
    assert {len(x) for x in X} == set(range(50, 61))
    assert [len(labels) for labels in y] == [len(x) for x in X]
    assert set("".join(X)) == set("acgt")
    assert set(np.concatenate(y).tolist()) == {"coding", "other"}
    sizes = {len(gene) // 3 for x, z in zip(X, y, strict=True) for _, gene in genes(x, z)}
    assert sizes == {2, 3, 4, 5}


def test_between_genes_there_is_room_for_a_site():
    X, y = make_genes(60, max_gap=40, random_state=1)
    for x, labels in zip(X, y, strict=True):
        places = [(-1, ""), *genes(x, labels)]
        gaps = [after[0] - (before[0] + len(before[1])) for before, after in pairwise(places)]
        assert all(15 <= gap <= 41 for gap in gaps)
        assert all(gap <= 40 for gap in gaps[1:])


def test_without_noise_the_site_stands_five_to_nine_bases_before_the_start():
    X, y = make_genes(60, noise=0, random_state=2)
    seen = set()
    for x, labels in zip(X, y, strict=True):
        for start, _ in genes(x, labels):
            gaps = [k for k in range(5, 10) if x[start - k - 6 : start - k] == "aggagg"]
            assert gaps
            seen.update(gaps[:1])
    assert seen == {5, 6, 7, 8, 9}


def test_bases_between_genes_have_the_share_of_c_and_g():
    for gc in (0.3, 0.6):
        X, y = make_genes(100, gc_content=gc, max_gap=400, random_state=0)
        text = np.array(list("".join(X)))
        other = np.concatenate(y) == "other"
        share = np.isin(text[other], ["c", "g"]).mean()
        # the sites, a few percent of these bases, are g in two thirds
        assert abs(share - gc) < 4 * np.sqrt(gc * (1 - gc) / other.sum()) + 0.03


def test_inner_codons_have_the_documented_shares():
    """3,000 codons without noise against the shares, by chi-square."""
    X, y = make_genes(100, noise=0, random_state=3)
    inner = [
        codon
        for x, labels in zip(X, y, strict=True)
        for _, gene in genes(x, labels)
        for codon in codons(gene)[1:-1]
    ]
    assert len(inner) > 3000
    shares = _codon_shares(USAGE)
    counts = np.array([inner.count(codon) for codon in CODONS])
    assert counts[shares == 0].sum() == 0
    possible = shares > 0
    assert possible.sum() == 61
    expected = len(inner) * shares[possible]
    assert chisquare(counts[possible], expected).pvalue > 0.001


def test_bases_alone_tell_little_and_reading_frames_tell_much():
    """A reader of frames (longest from ATG to stop) beats the share of coding bases."""
    X, y = make_genes(40, random_state=4)
    right, total, coding = 0, 0, 0
    for x, labels in zip(X, y, strict=True):
        guess = np.zeros(len(x), dtype=bool)
        for run in re.finditer("(?=(atg(?:(?!taa|tag|tga)...)*(?:taa|tag|tga)))", x):
            if len(run[1]) >= 3 * 30:
                guess[run.start() : run.start() + len(run[1])] = True
        truth = labels == "coding"
        assert guess[truth].all()  # every gene is one of these frames
        right += (guess == truth).sum()
        coding += truth.sum()
        total += len(x)
    assert right / total > 0.85
    assert 0.3 < coding / total < 0.7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_length": 200}, "max_length must be at least 300, which is min_length, got 200"),
        ({"min_codons": 1}, "min_codons must be at least 2, a start and a stop, got 1"),
        ({"max_codons": 29}, "max_codons must be at least 30"),
        ({"max_gap": 14}, "max_gap must be at least 15, so that a binding site fits in, got 14"),
        ({"noise": 1.5}, r"noise must lie in \[0, 1\], got 1.5"),
        ({"gc_content": -0.1}, "gc_content must lie in"),
    ],
)
def test_wrong_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        make_genes(3, **options)


@pytest.mark.parametrize("gc_content", [0, 1])
def test_bases_of_one_kind_are_no_trouble(gc_content):
    X, y = make_genes(5, gc_content=gc_content, noise=1, random_state=0)
    assert all(gene[:3] == "atg" for x, z in zip(X, y, strict=True) for _, gene in genes(x, z))


def test_seeds_are_private_and_repeat():
    before = np.random.get_state()[1].copy()
    first, again, other = (make_genes(5, random_state=seed) for seed in (3, 3, 4))
    assert first[0] == again[0] != other[0]
    for labels, same in zip(first[1], again[1], strict=True):
        np.testing.assert_array_equal(labels, same)
    assert make_genes(5)[0] != make_genes(5)[0]
    np.testing.assert_array_equal(np.random.get_state()[1], before)
