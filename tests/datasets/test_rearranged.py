"""Reversals and sortings are just that, in letters, symbols and numbers."""

from collections import Counter

import numpy as np
import pytest

from sksequence.datasets import make_reversal, make_sorting
from sksequence.inputs import SequenceArray

MAKERS = [make_reversal, make_sorting]
EXPECTED = {make_reversal: lambda steps: list(steps)[::-1], make_sorting: sorted}


def as_lists(sequences) -> list[list]:
    if isinstance(sequences, SequenceArray):
        return [steps.ravel().tolist() for steps in sequences.to_list()]
    return [list(text) for text in sequences]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("kind", ["letters", "symbols", "numbers"])
def test_answers(make, kind):
    X, y = make(200, kind=kind, random_state=0)
    assert as_lists(y) == [EXPECTED[make](steps) for steps in as_lists(X)]
    assert as_lists(y) != as_lists(X)


@pytest.mark.parametrize("make", MAKERS)
def test_lengths_are_uniform(make):
    X, _ = make(6000, min_steps=3, max_steps=6, random_state=0)
    counts = Counter(map(len, X))
    assert sorted(counts) == [3, 4, 5, 6]
    assert all(1350 < n < 1650 for n in counts.values())  # four standard deviations
    assert set(map(len, make(20, min_steps=5, max_steps=5)[0])) == {5}


@pytest.mark.parametrize("make", MAKERS)
def test_kinds(make):
    letters, _ = make(500, n_tokens=4, random_state=0)
    assert all(type(text) is str for text in letters)
    assert set("".join(letters)) == set("abcd")
    symbols, sorted_symbols = make(500, kind="symbols", n_tokens=40, random_state=0)
    assert symbols.channels["values"].n_tokens == 40
    assert sorted_symbols.channels["values"].n_tokens == 40
    assert {i for steps in as_lists(symbols) for i in steps} == set(range(40))
    numbers, _ = make(500, kind="numbers", random_state=0)
    steps = np.concatenate(numbers.to_list())
    assert steps.shape[1:] == (1,)
    assert 0 <= steps.min() < 0.01 < 0.99 < steps.max() < 1
    np.testing.assert_array_equal(numbers.lengths, symbols.lengths)


@pytest.mark.parametrize("kind", ["letters", "symbols", "numbers"])
def test_both_tasks_have_the_same_inputs(kind):
    first, _ = make_reversal(50, kind=kind, random_state=3)
    second, _ = make_sorting(50, kind=kind, random_state=3)
    assert as_lists(first) == as_lists(second)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_samples": 0}, "n_samples must be at least 1, got 0"),
        ({"min_steps": 0}, "min_steps must be at least 1, got 0"),
        ({"min_steps": 4, "max_steps": 3}, "max_steps must be at least 4, which is min_steps"),
        ({"kind": "words"}, "kind must be one of 'letters', 'symbols', 'numbers', got 'words'"),
        ({"n_tokens": 27}, "at most 26 with kind='letters', got 27: kind='symbols' has no such"),
    ],
)
def test_wrong_arguments_are_named(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)
