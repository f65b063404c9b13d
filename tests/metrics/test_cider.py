"""CIDEr-D against the program of its authors' challenge, and its limits."""

import math

import pytest

from sksequence.metrics import cider_score

REFERENCES = [
    ["a brown dog runs along the beach", "a dog is running on the sand by the sea", "dog runs"],
    ["a girl in a pink dress climbs the stairs", "a child goes up the stairs"],
    [
        "two men play football on a green field",
        "men are playing football",
        "two players run after the ball on the field",
        "football players on a field",
    ],
    ["a man sleeps on a bench in the park"],
    ["a black cat sits on a red car", "the cat on the car looks at the camera"],
    [
        "children swim in the sea",
        "four children are swimming in the blue sea",
        "kids in the water",
    ],
    ["a woman reads a book under a tree", "a woman sits under a tree and reads"],
    ["a red car stands in front of a house", "there is a car in front of the house"],
    [
        "two dogs fight over a ball on the grass",
        "a dog takes the ball from the other dog",
        "dogs with a ball on the grass",
    ],
    ["an old man plays the guitar in the street", "a man with a guitar sings in the street"],
    ["a boy jumps from a rock into the water", "the boy is jumping into the water"],
    [
        "people wait for the bus in the rain",
        "a group of people with umbrellas at the bus stop",
    ],
]
HYPOTHESES = [
    "a dog runs on the beach",
    "a girl climbs the stairs",
    "two men play football on a field in the park with a red ball under the trees",
    "a man sleeps on a bench in the park",
    "dog",
    "the the the the the the the sea",
    "a woman reads a book",
    "zebras graze quietly",
    "a dog with a ball on the grass",
    "a man plays the guitar",
    "a boy jumps into the water",
    "people wait for the bus in the rain with umbrellas",
]

# Cider(sigma=...).compute_score of pycocoevalcap 1.2, cider/cider.py, on the captions above,
# which are in lower case and hold blanks only, so that its tokeniser has nothing to do.
MEAN_SIGMA_6 = 2.8795443845919575
MEAN_SIGMA_2 = 1.9583383043313418


@pytest.mark.parametrize(("sigma", "expected"), [(6.0, MEAN_SIGMA_6), (2.0, MEAN_SIGMA_2)])
def test_equals_the_reference_program(sigma: float, expected: float):
    assert cider_score(REFERENCES, HYPOTHESES, sigma=sigma) == pytest.approx(expected, rel=1e-12)


def test_token_lists_and_missing_references_change_nothing():
    tokens = [[one.split() for one in several] for several in REFERENCES]
    written = [one.split() for one in HYPOTHESES]
    assert cider_score(tokens, written) == pytest.approx(MEAN_SIGMA_6)
    assert cider_score(tokens, written, lowercase=False) == pytest.approx(MEAN_SIGMA_6)
    padded = [[*several, *[None] * (4 - len(several))] for several in REFERENCES]
    assert cider_score(padded, HYPOTHESES) == pytest.approx(MEAN_SIGMA_6)


def test_case_and_punctuation_are_ignored_in_texts():
    shouted = [one.upper() + " !" for one in HYPOTHESES]
    assert cider_score(REFERENCES, shouted) == pytest.approx(MEAN_SIGMA_6)
    assert cider_score(REFERENCES, shouted, lowercase=False) == 0.0


def test_words_are_cut_as_the_docstring_says():
    """A t-shirt is one word, man's are two, a comma is none."""
    texts = cider_score(["The man's T-shirt, red.", "x y"], ["the man's t-shirt: blue", "x"])
    known = [["the", "man", "'s", "t-shirt", "red"], ["x", "y"]]
    written = [["the", "man", "'s", "t-shirt", "blue"], ["x"]]
    assert texts == pytest.approx(cider_score(known, written))
    assert texts > 0


def test_limits():
    """10 for the only reference itself; 0 for words that are in none, or in all samples."""
    texts = ["one two three four", "five six seven eight"]
    assert cider_score(texts, texts) == pytest.approx(10)
    assert cider_score(texts, texts[::-1]) == 0
    assert cider_score(["a b c d", "a b c d"], ["a b c d", "a b c d"]) == 0
    assert cider_score(texts, ["", ""]) == 0


def test_length_costs_a_gaussian():
    """One order, all words equally rare: cosine sqrt(k / n) times the penalty."""
    known = ["a b c d e f", "u v w x y z"]
    written = ["a b", "u v"]
    expected = 10 * math.sqrt(2 / 6) * math.exp(-(4**2) / (2 * 3.0**2))
    assert cider_score(known, written, max_order=1, sigma=3.0) == pytest.approx(expected)


def test_repeated_words_are_counted_as_often_as_the_reference_has_them():
    """Three times a: cosine 1 x 1 / (3 x 1), not 3 x 1 / (3 x 1)."""
    found = cider_score(["a", "b"], ["a a a", "b b b"], max_order=1, sigma=1e9)
    assert found == pytest.approx(10 / 3)


def test_a_single_sample_is_refused():
    with pytest.raises(ValueError, match="at least 2 samples, got 1"):
        cider_score(["a dog"], ["a dog"])


@pytest.mark.parametrize("options", [{"sigma": 0}, {"max_order": 0}])
def test_wrong_options_are_named(options: dict):
    with pytest.raises(ValueError, match=next(iter(options))):
        cider_score(REFERENCES, HYPOTHESES, **options)
