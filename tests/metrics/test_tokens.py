"""Scores of single steps: those of scikit-learn on all steps in one row."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from sksequence import SequenceArray
from sksequence.metrics import token_accuracy_score, token_f1_score


@pytest.fixture
def labels():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 9, size=30)
    sides = [[rng.choice(["a", "bb", "ccc"], size=n).tolist() for n in lengths] for _ in range(2)]
    return [*sides, rng.random(30)]


def in_one_row(rows):
    return [label for row in rows for label in row]


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_all_steps_in_one_row(labels, average):
    y_true, y_pred, weights = labels
    flat = in_one_row(y_true), in_one_row(y_pred)
    by_step = np.repeat(weights, [len(row) for row in y_true])
    assert token_accuracy_score(y_true, y_pred) == pytest.approx(accuracy_score(*flat))
    assert token_f1_score(y_true, y_pred, average=average) == pytest.approx(
        f1_score(*flat, average=average)
    )
    assert token_accuracy_score(y_true, y_pred, sample_weight=weights) == pytest.approx(
        accuracy_score(*flat, sample_weight=by_step)
    )
    assert token_f1_score(y_true, y_pred, average=average, sample_weight=weights) == pytest.approx(
        f1_score(*flat, average=average, sample_weight=by_step)
    )


def test_one_label_is_the_f1_of_two_classes(labels):
    y_true, y_pred, _ = labels
    flat = [np.array(in_one_row(side)) == "bb" for side in (y_true, y_pred)]
    for average in ("macro", "micro", "weighted"):
        found = token_f1_score(y_true, y_pred, labels=["bb"], average=average)
        assert found == pytest.approx(f1_score(*flat))
    assert token_f1_score(y_true, y_pred, average=None)["bb"] == pytest.approx(f1_score(*flat))


def test_numbers_and_symbols(labels):
    ids = [[["a", "bb", "ccc"].index(label) for label in in_one_row([row])] for row in labels[0]]
    shifted = [[(i + (t == 0)) % 3 for t, i in enumerate(row)] for row in ids]
    expected = 1 - len(ids) / len(in_one_row(ids))
    symbols = [SequenceArray.from_list(rows, n_tokens=3) for rows in (ids, shifted)]
    assert token_accuracy_score(ids, shifted) == pytest.approx(expected)
    assert token_accuracy_score(*symbols) == pytest.approx(expected)
    assert token_accuracy_score(ids, symbols[1]) == pytest.approx(expected)
    assert token_f1_score(*symbols) == pytest.approx(token_f1_score(ids, shifted))


def test_a_label_that_a_fold_lacks():
    assert token_f1_score([["a"]], [["a"]], labels=["a", "z"]) == 0.5
    assert token_f1_score([["a"]], [["a"]], labels=["a", "z"], zero_division=np.nan) == 1
    assert token_f1_score([["a"]], [["a"]], labels=["z"], average=None) == {"z": 0}


def test_ignored_steps_do_not_count():
    assert token_accuracy_score([["a", "?"], ["?"]], [["a", "b"], ["a"]], ignore_label="?") == 1
    assert token_accuracy_score([[1, -1]], [[1, 0]], ignore_label=-1) == 1


def test_sequences_without_a_step_do_no_harm():
    assert token_accuracy_score([[], ["a"]], [[], ["a"]]) == 1


def test_what_is_no_choice():
    with pytest.raises(ValueError, match="average must be 'macro', 'micro', 'weighted' or None"):
        token_f1_score([["a"]], [["a"]], average="binary")
    with pytest.raises(TypeError, match=r"y_pred\[0\]\[0\] is \[1.0, 2.0\]"):
        token_accuracy_score([[1]], [np.ones((1, 2)) * [1, 2]])
