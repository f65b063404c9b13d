"""Exact matches, and what every metric asks of its two sides."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sksequence
from sksequence.inputs import SequenceArray
from sksequence.metrics import cider_score, exact_match_score


def test_share_of_samples_that_equal_one_of_their_references():
    known = ["1998-05-03", ["2007-03-12", "2007-03-13"], "2001-01-01", "1999-12-31"]
    written = ["1998-05-03", "2007-03-13", "2001-01-1", " 1999-12-31"]
    assert exact_match_score(known, written) == 0.5


def test_one_wrong_token_makes_a_sample_wrong():
    known = [[1, 2, 3], [4, 5], [6]]
    written = [np.array([1, 2, 3]), np.array([4, 6]), np.array([6, 6])]
    assert exact_match_score(known, written) == pytest.approx(1 / 3)
    symbols = SequenceArray.from_list(known, n_tokens=8)
    assert exact_match_score(symbols, symbols) == 1
    assert exact_match_score(symbols[1:], symbols[[1, 1]]) == 0.5


def test_a_list_of_texts_is_several_references_of_a_text_and_one_of_a_token_list():
    assert exact_match_score([["a", "b"]], ["b"]) == 1
    assert exact_match_score([["a", "b"]], [["b"]]) == 0
    assert exact_match_score([["a", "b"]], [["a", "b"]]) == 1
    assert exact_match_score([[["a", "b"], ["b"]]], [["b"]]) == 1
    assert exact_match_score([["a"], ["b"]], [[], ["b"]]) == 0.5


@pytest.mark.parametrize("metric", [exact_match_score, cider_score])
@pytest.mark.parametrize(
    ("known", "written", "error", "message"),
    [
        (["a"], ["a", "b"], ValueError, "There are 1 references and 2 hypotheses"),
        ([], [], ValueError, "references and hypotheses are empty"),
        ("a", ["a"], TypeError, "references must be a list with one entry for each sample"),
        (["a"], "a", TypeError, "hypotheses must be a list .*, got 'a' .str."),
        (["a"], None, TypeError, "hypotheses must be a list .*, got None .NoneType."),
        (["a", []], ["a", "b"], ValueError, r"references\[1\] is empty"),
        ([["a"], []], [["a"], ["b"]], ValueError, r"references\[1\] is empty"),
        (["a", [None]], ["a", "b"], ValueError, r"references\[1\] is empty"),
        (["a", None], ["a", "b"], TypeError, r"references\[1\] is None .* but .* is a text"),
        (["a", "b"], ["a", None], TypeError, r"hypotheses\[1\] is None"),
        (["a", "b"], ["a", ["b"]], TypeError, r"hypotheses\[1\] is \['b'\] .list., but"),
        (["a b"], [["a", "b"]], TypeError, r"references\[0\] is 'a b' .*list of tokens"),
        ([["a", ["b"]]], [["b"]], TypeError, r"references\[0\]\[0\] is 'a'"),
        ([[["a"], [1.5]]], [["a"]], TypeError, r"references\[0\]\[1\] holds 1.5 .*regression"),
    ],
)
def test_what_does_not_fit_is_named(metric, known, written, error, message):
    with pytest.raises(error, match=message):
        metric(known, written)


def test_long_texts_are_cut_in_messages():
    with pytest.raises(TypeError) as caught:
        exact_match_score(["word " * 500], [["word"]])
    assert len(str(caught.value)) < 250


def test_import_is_light():
    heavy = ["torch", "pandas", "sacrebleu", "sklearn"]
    program = (
        "import sys; import sksequence.metrics; "
        "print([m for m in sys.argv[1:] if m in sys.modules])"
    )
    root = Path(sksequence.__file__).parents[1]
    command = [sys.executable, "-c", program, *heavy]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
