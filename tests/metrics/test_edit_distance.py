"""Error rates of transcripts."""

import numpy as np
import pytest

from sksequence.metrics import character_error_rate, get_scorer, word_error_rate
from sksequence.metrics._edit_distance import edit_distance


def by_table(a, b):
    """Wagner and Fischer, cell by cell."""
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    table[:, 0], table[0] = np.arange(len(a) + 1), np.arange(len(b) + 1)
    for i in range(len(a)):
        for j in range(len(b)):
            table[i + 1, j + 1] = min(
                table[i, j + 1] + 1, table[i + 1, j] + 1, table[i, j] + (a[i] != b[j])
            )
    return table[-1, -1]


@pytest.mark.parametrize("seed", range(20))
def test_edit_distance_by_the_table(seed):
    rng = np.random.default_rng(seed)
    a, b = (list(rng.choice(list("abc"), size=rng.integers(0, 9))) for _ in range(2))
    assert edit_distance(a, b) == by_table(a, b) == edit_distance(b, a)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("", "", 0), ("flaw", "lawn", 2)],
)
def test_known_distances(a, b, expected):
    assert edit_distance(a, b) == expected


def test_rates_are_of_the_whole_set():
    references, hypotheses = ["a b c d", "e"], ["a x c", "e f"]
    assert word_error_rate(references, hypotheses) == (2 + 1) / 5
    assert character_error_rate(["abcd", "e"], ["abc", "xe"]) == 2 / 5
    assert word_error_rate(["a"], ["b c d"]) == 3.0


def test_as_jiwer_has_it():
    jiwer = pytest.importorskip("jiwer")
    rng = np.random.default_rng(0)
    words = ["the", "dog", "cat", "sat", "mat", "a"]
    texts = [
        [" ".join(rng.choice(words, size=rng.integers(1, 8))) for _ in range(30)] for _ in range(2)
    ]
    assert word_error_rate(*texts) == pytest.approx(jiwer.wer(*texts))
    assert character_error_rate(*texts) == pytest.approx(jiwer.cer(*texts))


def test_labels_count_as_words():
    labels = [np.array([3, 1, 4]), []]
    assert word_error_rate(labels, [(3, 4), np.array([1])]) == 2 / 3
    written = np.empty(2, dtype=object)
    written[:] = [np.array(["B", "I"]), np.array(["O"])]
    assert word_error_rate([["B", "I"], ["B"]], written) == 1 / 3


@pytest.mark.parametrize(
    ("references", "hypotheses", "error", "words"),
    [
        (["a"], ["a", "b"], ValueError, "1 references and 2 hypotheses"),
        ([""], ["a"], ValueError, "the references hold no words"),
        ("a", ["a"], TypeError, "one entry for each sample"),
        (["a"], [["a"]], TypeError, "mix texts and lists"),
        ([3], [4], TypeError, r"references\[0\] is 3 \(int\)"),
    ],
)
def test_what_cannot_be_compared_is_refused(references, hypotheses, error, words):
    with pytest.raises(error, match=words):
        word_error_rate(references, hypotheses)


def test_labels_have_no_characters():
    with pytest.raises(TypeError, match="use word_error_rate"):
        character_error_rate([[1]], [[1]])


class Writer:
    def predict(self, X):
        return X


def test_scorers_give_the_negative():
    assert get_scorer("neg_word_error_rate")(Writer(), ["a b"], ["a c"]) == -0.5
    assert get_scorer("cer")(Writer(), ["abcd"], ["abce"]) == -0.25
