"""Synthetic promoters follow the published frequencies; the real ones are read as they are."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from sksequence.datasets import fetch_promoters, make_promoters
from sksequence.datasets._promoters import LETTERS, MINUS_10_COUNTS, MINUS_35_COUNTS

BACKGROUND = np.array([0.246, 0.254, 0.254, 0.246])  # a, c, g, t of E. coli K-12
# (bases before the start, weight) and (bases between the boxes, weight), as documented
LEADERS = [(5, 0.25), (6, 0.5), (7, 0.25)]
SPACERS = [(15, 0.04), (16, 0.23), (17, 0.46), (18, 0.23), (19, 0.04)]


def encode(X: list[str]) -> np.ndarray:
    """Sequences of equal length as an array of 0-3."""
    return np.array([["acgt".index(base) for base in x] for x in X])


def box_frequencies(counts: np.ndarray, mutation_rate: float) -> np.ndarray:
    return (1 - mutation_rate) * counts / 112 + mutation_rate * BACKGROUND[:, np.newaxis]


def log_likelihood_ratio(X: list[str], *, shift: int = 0, mutation_rate: float = 0.0) -> np.ndarray:
    """log p(x | promoter) - log p(x | background), summed over all places of the boxes."""
    codes, terms = encode(X), []
    with np.errstate(divide="ignore"):  # no g in the last position of the -10 box
        ten_scores, thirty_five_scores = (
            np.log(box_frequencies(counts, mutation_rate) / BACKGROUND[:, np.newaxis])
            for counts in (MINUS_10_COUNTS, MINUS_35_COUNTS)
        )
    for moved in range(shift + 1):
        for leader, leader_weight in LEADERS:
            ten = codes.shape[1] - 7 - moved - leader - 6
            for spacer, spacer_weight in SPACERS:
                thirty_five = ten - spacer - 6
                score = ten_scores[codes[:, ten : ten + 6], range(6)].sum(axis=1)
                score += thirty_five_scores[codes[:, thirty_five : thirty_five + 6], range(6)].sum(
                    axis=1
                )
                terms.append(score + np.log(leader_weight * spacer_weight / (shift + 1)))
    return np.logaddexp.reduce(terms, axis=0)


def test_shapes_letters_and_labels():
    X, y = make_promoters(30, length=60, positive_fraction=0.3, random_state=0)
    assert isinstance(X, list)
    assert {len(x) for x in X} == {60}
    assert set("".join(X)) == set("acgt")
    assert y.shape == (30,)
    assert Counter(y.tolist()) == {"+": 9, "-": 21}


@pytest.mark.parametrize("fraction", [0, 1])
def test_one_class_only(fraction: float):
    _, y = make_promoters(5, positive_fraction=fraction, random_state=0)
    assert set(y.tolist()) == {"-+"[fraction]}


def test_published_consensus_and_percentages():
    """The rounded percentages that textbooks print beside TTGACA and TATAAT."""
    for counts, consensus, percentages in [
        (MINUS_35_COUNTS, "ttgaca", [82, 84, 79, 64, 54, 45]),
        (MINUS_10_COUNTS, "tataat", [79, 95, 44, 59, 51, 96]),
    ]:
        assert (counts.sum(axis=0) == 112).all()
        assert "".join(LETTERS[counts.argmax(axis=0)]) == consensus
        np.testing.assert_allclose(100 * counts.max(axis=0) / 112, percentages, atol=0.6)


@pytest.mark.parametrize("mutation_rate", [0.0, 0.4])
def test_bases_at_each_place_have_the_frequencies_of_the_mixture(mutation_rate: float):
    """Each column is a mixture, over the places of the boxes, of box and background."""
    X, _ = make_promoters(20_000, positive_fraction=1, mutation_rate=mutation_rate, random_state=0)
    expected = np.repeat(BACKGROUND[:, np.newaxis], 57, axis=1)
    for leader, leader_weight in LEADERS:
        ten = 50 - leader - 6
        excess = box_frequencies(MINUS_10_COUNTS, mutation_rate) - BACKGROUND[:, np.newaxis]
        expected[:, ten : ten + 6] += leader_weight * excess
        for spacer, spacer_weight in SPACERS:
            first = ten - spacer - 6
            excess = box_frequencies(MINUS_35_COUNTS, mutation_rate) - BACKGROUND[:, np.newaxis]
            expected[:, first : first + 6] += leader_weight * spacer_weight * excess
    counts = np.stack([(encode(X) == base).sum(axis=0) for base in range(4)])
    p_values = chisquare(counts, expected * len(X), axis=0).pvalue
    assert p_values.min() > 0.01 / 57  # 57 columns at once


@pytest.mark.parametrize(
    "options", [{}, {"shift": 12}, {"mutation_rate": 0.3}], ids=["plain", "shift", "mutated"]
)
def test_posterior_probability_is_calibrated(options: dict):
    """Of the sequences to which Bayes' rule gives p, the share p are promoters."""
    X, y = make_promoters(20_000, length=57, random_state=1, **options)
    posterior = 1 / (1 + np.exp(-log_likelihood_ratio(X, **options)))
    positive = y == "+"
    bins = np.digitize(posterior, [0.1, 0.3, 0.5, 0.7, 0.9])
    for each in range(6):
        p, n = posterior[bins == each], (bins == each).sum()
        assert n > 100
        error = np.sqrt((p * (1 - p)).sum()) / n
        assert abs(positive[bins == each].mean() - p.mean()) < 3.5 * error


def test_what_can_be_reached_is_what_the_user_guide_says():
    """94.6 % for whoever knows the process, 84 % for bases at fixed places from 2,000."""
    X, y = make_promoters(20_000, random_state=5)
    best = ((log_likelihood_ratio(X) > 0) == (y == "+")).mean()
    assert best == pytest.approx(0.946, abs=4 * np.sqrt(0.946 * 0.054 / len(X)))
    X, y = make_promoters(2000, random_state=0)
    one_hot = np.eye(4)[encode(X)].reshape(len(X), -1)
    linear = cross_val_score(LogisticRegression(max_iter=1000), one_hot, y, cv=5).mean()
    assert linear == pytest.approx(0.84, abs=0.02)


def test_shuffled_negatives_have_the_letters_of_promoters_and_not_their_order():
    X, y = make_promoters(20_000, negatives="shuffled", random_state=2)
    codes, positive = encode(X), y == "+"
    share = [np.bincount(codes[rows].ravel(), minlength=4) for rows in (positive, ~positive)]
    np.testing.assert_allclose(*(counts / counts.sum() for counts in share), atol=0.003)
    where_t_is_common = 57 - 7 - 6 - 1  # last place of the -10 box
    assert (codes[positive, where_t_is_common] == 3).mean() > 0.5
    assert (codes[~positive, where_t_is_common] == 3).mean() < 0.35


def test_everything_mutated_is_background():
    X, y = make_promoters(20_000, mutation_rate=1, random_state=3)
    counts = np.stack([np.bincount(encode(X)[y == label].ravel(), minlength=4) for label in "+-"])
    assert chisquare(counts[0], BACKGROUND * counts[0].sum()).pvalue > 0.01
    assert chisquare(counts[1], BACKGROUND * counts[1].sum()).pvalue > 0.01


def test_gc_content_is_that_of_the_background():
    X, _ = make_promoters(2000, positive_fraction=0, gc_content=0.3, random_state=0)
    letters = "".join(X)
    gc = (letters.count("g") + letters.count("c")) / len(letters)
    assert abs(gc - 0.3) < 4 * np.sqrt(0.3 * 0.7 / len(letters))


def test_shortest_length_is_enough_for_every_place():
    X, _ = make_promoters(2000, length=47, shift=2, positive_fraction=1, random_state=0)
    assert {len(x) for x in X} == {47}
    with pytest.raises(ValueError, match="length must be at least 47"):
        make_promoters(length=46, shift=2)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_sequences": 0}, ValueError, "n_sequences must be at least 1, got 0"),
        ({"n_sequences": 2.5}, TypeError, "n_sequences must be a whole number, got 2.5"),
        ({"length": 44}, ValueError, "length must be at least 45, so that two boxes"),
        ({"positive_fraction": 1.5}, ValueError, r"must lie in \[0, 1\], got 1.5"),
        ({"mutation_rate": "much"}, TypeError, "mutation_rate must be a number, got 'much'"),
        ({"negatives": "reversed"}, ValueError, "one of 'background', 'shuffled', got 'rev"),
    ],
)
def test_wrong_arguments_are_named(options: dict, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make_promoters(**options)


# The real ones


def test_real_promoters(data_dir):
    promoters = fetch_promoters(download_if_missing=False)
    assert len(promoters.data) == 106
    assert {len(x) for x in promoters.data} == {57}
    assert set("".join(promoters.data)) == set("acgt")
    assert Counter(promoters.target.tolist()) == {"+": 53, "-": 53}
    assert promoters.target_names.tolist() == ["+", "-"]
    assert promoters.name[:3].tolist() == ["S10", "AMPC", "AROH"]
    assert promoters.name[-1] == "1442"
    assert promoters.data[0].startswith("tactagcaatacgcttgcgttcgg")
    assert promoters.frame is None
    assert "leave one out" in promoters.DESCR
    assert promoters.filename == str(data_dir / "promoters" / "promoters.data")


def test_real_promoters_as_frame(data_dir):
    X, y = fetch_promoters(return_X_y=True, as_frame=True, download_if_missing=False)
    bunch = fetch_promoters(as_frame=True, download_if_missing=False)
    assert bunch.frame.columns.tolist() == ["sequence", "label", "name"]
    assert bunch.frame["sequence"].equals(X)
    assert bunch.frame["label"].equals(y)
    plain_X, plain_y = fetch_promoters(return_X_y=True, download_if_missing=False)
    assert X.tolist() == plain_X
    assert y.tolist() == plain_y.tolist()


def test_real_minus_10_boxes_resemble_the_consensus(data_dir):
    """Real promoters score higher than other DNA under the frequencies of the generator."""
    X, y = fetch_promoters(return_X_y=True, download_if_missing=False)
    scores = log_likelihood_ratio(X, mutation_rate=0.05)
    assert np.median(scores[y == "+"]) > 0 > np.median(scores[y == "-"])
    assert ((scores > 0) == (y == "+")).mean() > 0.75
