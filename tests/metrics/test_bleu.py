"""BLEU by hand, by sacrebleu's own published example, and at its limits."""

import logging
import math
import sys

import numpy as np
import pandas as pd
import pytest

from sksequence.inputs import SequenceArray
from sksequence.metrics import bleu_score


@pytest.fixture(autouse=True)
def sacrebleu():
    return pytest.importorskip("sacrebleu")


def test_equals_sacrebleu_on_several_references(sacrebleu):
    """The example of sacrebleu's README, which prints 48.53."""
    first = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."]
    second = ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."]
    written = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
    score = bleu_score(list(zip(first, second, strict=True)), written)
    assert score == pytest.approx(48.530827009929865)
    assert score == pytest.approx(sacrebleu.corpus_bleu(written, [first, second]).score)


def test_equals_its_definition():
    """p1 = 4/5, p2 = 2/4; five tokens against six: exp(1 - 6/5)."""
    score = bleu_score(["a b c d e f"], ["a b x d e"], tokenize="none", max_order=2)
    assert score == pytest.approx(100 * math.exp(1 - 6 / 5) * math.sqrt(4 / 5 * 2 / 4))


def test_limits():
    texts = ["two dogs play in the snow", "a man reads a book"]
    assert bleu_score(texts, texts) == pytest.approx(100)
    assert bleu_score(texts, texts, max_order=5) <= 100
    assert bleu_score(texts, ["", ""]) == 0
    assert bleu_score(["a b c"], ["a b c"]) == 0  # no run of four
    assert bleu_score(["a b c"], ["a b c"], max_order=3) == pytest.approx(100)


def test_unequal_numbers_of_references_and_none_among_them():
    known = [["a b c d", "b c d e f"], "u v w x", ["k l m n"]]
    padded = [["a b c d", "b c d e f"], ["u v w x", None], [None, "k l m n"]]
    written = ["b c d e f", "u v w x", "k l m o"]
    assert bleu_score(known, written) == pytest.approx(bleu_score(padded, written))
    assert bleu_score(known, written) > bleu_score(["a b c d", *known[1:]], written)


def test_tokens_are_compared_whole_and_never_cut():
    """`New York` is one token; so is `don't`, which sacrebleu would cut."""
    known = [["he", "lives", "in", "New York"], ["they", "don't", "know", "."]]
    assert bleu_score(known, known) == pytest.approx(100)
    halves = [["he", "lives", "in", "New", "York"], ["they", "don't", "know", "."]]
    assert bleu_score(known, halves, max_order=1) == pytest.approx(100 * 7 / 9)


def test_integers_arrays_and_sequence_arrays_are_token_lists():
    known, written = [[1, 2, 3, 4, 5], [6, 7, 8, 9]], [[1, 2, 3, 4, 4], [6, 7, 8, 9]]
    expected = bleu_score(known, written)
    assert 0 < expected < 100
    arrays = [np.array(one) for one in known]
    assert bleu_score(arrays, written) == expected
    assert bleu_score([[one] for one in known], written) == expected
    symbols = [SequenceArray.from_list(side, n_tokens=10) for side in (known, written)]
    assert bleu_score(*symbols) == expected


@pytest.mark.parametrize("container", [np.array, pd.Series, tuple])
def test_any_container_of_texts(container):
    known, written = ["a b c d", "e f g h"], ["a b c d", "e f g x"]
    expected = bleu_score(known, written)
    assert bleu_score(container(known), container(written)) == expected


@pytest.mark.parametrize("split", [str, str.split])
def test_case_counts_unless_told(split):
    known, written = [split("A dog runs home")], [split("a Dog runs home")]
    assert bleu_score(known, written, lowercase=True) == pytest.approx(100)
    assert bleu_score(known, written) < 100


def test_tokenize_is_how_texts_are_cut():
    known, written = ["Hunde spielen, im Schnee"], ["Hunde spielen , im Schnee"]
    assert bleu_score(known, written) == pytest.approx(100)
    assert bleu_score(known, written, tokenize="none") < 100
    with pytest.raises(ValueError, match=r"tokenize must be one of .*'13a'.*, got 'moses'"):
        bleu_score(known, written, tokenize="moses")


def test_captions_that_end_in_a_free_period_are_no_reason_for_a_log_message(caplog):
    texts = ["a dog runs on the beach ."] * 150
    with caplog.at_level(logging.DEBUG):
        bleu_score(texts, texts)
    assert not caplog.records


def test_missing_sacrebleu_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(ImportError, match=r"bleu_score needs .*sksequence\[text\]"):
        bleu_score(["a"], ["a"])


@pytest.mark.parametrize(("order", "error"), [(0, ValueError), (2.0, TypeError)])
def test_wrong_order_is_named(order, error):
    with pytest.raises(error, match=f"max_order must be .*, got {order}"):
        bleu_score(["a"], ["a"], max_order=order)
