"""What has to be remembered is there, nothing else gives it away, and the grammar is Reber's."""

import re
from collections import Counter

import numpy as np
import pytest

from sksequence.datasets import make_adding_problem, make_copy, make_reber
from sksequence.inputs import SequenceArray

# Reber's graph written once more, as a regular expression: the loop from the lower right node
# back (X) and the way on to it (P) alternate.
LOWER = "T*V"  # from the lower left node to the lower right one
INNER = f"(TS*X(S|X{LOWER}(PX{LOWER})*(PS|V))|P{LOWER}(PX{LOWER})*(PS|V))"
PLAIN = re.compile(f"B{INNER}E")
EMBEDDED = re.compile(f"B(TB{INNER}ET|PB{INNER}EP)E")


def same(first, second) -> bool:
    if isinstance(first, (SequenceArray, np.ndarray)):
        return np.array_equal(np.asarray(first), np.asarray(second))
    return first == second


@pytest.mark.parametrize("make", [make_adding_problem, make_copy, make_reber])
def test_seeds_are_private(make):
    before = np.random.get_state()
    first, again, other, fresh = (make(40, random_state=seed) for seed in (7, 7, 8, None))
    after = np.random.get_state()
    assert same(first[0], again[0]) and same(first[1], again[1])
    assert not same(first[0], other[0])
    assert not same(fresh[0], make(40)[0])
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]
    for holder in (np.random.default_rng, np.random.RandomState):
        assert same(make(40, random_state=holder(3))[0], make(40, random_state=holder(3))[0])


def test_adding_problem_is_what_it_says():
    X, y = make_adding_problem(4000, n_steps=7, random_state=0)
    assert X.shape == (4000,) and set(X.lengths) == {7}
    values = X.to_padded()
    numbers, marks = values[:, :, 0], values[:, :, 1]
    assert 0 <= numbers.min() and numbers.max() < 1
    assert set(np.unique(marks)) == {0.0, 1.0}
    np.testing.assert_array_equal(marks.sum(axis=1), 2)
    np.testing.assert_allclose((numbers * marks).sum(axis=1), y)
    # every pair of steps equally often: 4000 / 21 a pair, with a deviation of 13.5
    pairs = Counter(tuple(np.flatnonzero(row)) for row in marks)
    assert len(pairs) == 21
    assert all(130 < n < 250 for n in pairs.values())
    # the mean predicts with an error of 2 / 12, whose own deviation here is .003
    assert np.mean((y - 1) ** 2) == pytest.approx(2 / 12, abs=0.012)


def test_two_steps_are_both_marked():
    X, y = make_adding_problem(5, n_steps=2, random_state=0)
    np.testing.assert_allclose(X.to_padded()[:, :, 0].sum(axis=1), y)


def test_copy_asks_for_the_symbols_after_the_blank():
    options = {"n_steps": 20, "n_copied": 4, "n_symbols": 5, "random_state": 0}
    X, y = make_copy(3000, **options)
    given, asked = X.to_padded(), y.to_padded()
    assert X.n_tokens == y.n_tokens == 7
    assert given.shape == asked.shape == (3000, 28)
    np.testing.assert_array_equal(given[:, 4:23], 0)
    np.testing.assert_array_equal(given[:, 23:], 6)
    np.testing.assert_array_equal(asked[:, :24], 0)
    np.testing.assert_array_equal(asked[:, 24:], given[:, :4])
    assert (asked[:, 24:] != 0).all()
    counts = np.bincount(given[:, :4].ravel(), minlength=7)
    assert counts[[0, 6]].tolist() == [0, 0]
    assert (abs(counts[1:6] - 2400) < 200).all()  # four deviations
    same_X, copied = make_copy(3000, target="copied", **options)
    np.testing.assert_array_equal(same_X.to_padded(), given)
    np.testing.assert_array_equal(copied.to_padded(), given[:, :4])
    # the first symbol comes back n_steps - 1 + n_copied + 1 steps later
    assert asked[0, 4 + 20] == given[0, 0]


@pytest.mark.parametrize(("embedded", "grammar"), [(False, PLAIN), (True, EMBEDDED)])
def test_reber_strings_are_those_of_the_grammar(embedded, grammar):
    X, y = make_reber(3000, embedded=embedded, random_state=0)
    assert all(grammar.fullmatch(string) for string in X)
    assert [len(legal) for legal in y] == [len(string) for string in X]
    seen = {}  # what came after a prefix is just what may come after it
    for string, legal in zip(X, y, strict=True):
        assert legal[-1] == ""
        for t, symbols in enumerate(legal[:-1]):
            assert string[t + 1] in symbols
            prefix = string[: t + 1]
            came, may = seen.setdefault(prefix, (Counter(), symbols))
            assert may == symbols
            came[string[t + 1]] += 1
    often = [(came, may) for came, may in seen.values() if came.total() > 100]
    assert len(often) > 10
    for came, may in often:
        assert set(came) == set(may)
        for n in came.values():  # each way with probability one half: five deviations
            assert abs(n / came.total() - 1 / len(may)) < 2.5 / np.sqrt(came.total())


def test_the_second_symbol_returns_and_nothing_else_tells_it():
    X, _ = make_reber(4000, random_state=1)
    second = np.array([string[1] for string in X])
    assert second.tolist() == [string[-2] for string in X]
    assert 0.46 < np.mean(second == "T") < 0.54
    for symbol in "TPSXV":  # the plain string inside is as likely after T as after P
        inside = np.array([string[2:-2].count(symbol) for string in X])
        difference = inside[second == "T"].mean() - inside[second == "P"].mean()
        assert abs(difference) < 4 * inside.std() / np.sqrt(1000)


@pytest.mark.parametrize(
    ("options", "grammar"),
    [
        ({"embedded": False}, PLAIN),
        ({}, EMBEDDED),
        ({"corrupted": "recalled"}, EMBEDDED),
    ],
)
def test_valid_strings_and_those_with_one_symbol_replaced(options, grammar):
    X, y = make_reber(2000, target="valid", valid_fraction=0.3, random_state=0, **options)
    assert y.dtype == bool and y.shape == (2000,)
    assert [grammar.fullmatch(string) is not None for string in X] == y.tolist()
    assert 0.26 < y.mean() < 0.34
    assert all(set(string) <= set("BTPSXVE") for string in X)
    originals, _ = make_reber(2000, random_state=0, embedded=options.get("embedded", True))
    changed = [
        [t for t, (a, b) in enumerate(zip(new, old, strict=True)) if a != b]
        for new, old in zip(X, originals, strict=True)
    ]
    assert [len(places) for places in changed] == (~y).astype(int).tolist()
    if options.get("corrupted") == "recalled":
        places = {t - len(string) for string, at in zip(X, changed, strict=True) for t in at}
        assert places == {-2}


@pytest.mark.parametrize("share", [0, 1])
def test_all_or_none_are_valid(share):
    X, y = make_reber(50, target="valid", valid_fraction=share, random_state=0)
    assert y.tolist() == [bool(share)] * 50
    assert [EMBEDDED.fullmatch(string) is not None for string in X] == y.tolist()


@pytest.mark.parametrize(
    ("make", "options", "error", "message"),
    [
        (make_adding_problem, {"n_samples": 0}, ValueError, "n_samples must be at least 1"),
        (make_adding_problem, {"n_steps": 1}, ValueError, "at least 2, for two are marked, got 1"),
        (make_adding_problem, {"n_steps": 9.5}, TypeError, "n_steps must be a whole number"),
        (make_copy, {"n_copied": 0}, ValueError, "n_copied must be at least 1, got 0"),
        (make_copy, {"n_symbols": 1}, ValueError, "at least 2, or there is nothing to know"),
        (make_copy, {"target": "all"}, ValueError, "target must be one of 'steps', 'copied'"),
        (make_reber, {"target": "label"}, ValueError, "target must be one of 'next', 'valid'"),
        (make_reber, {"valid_fraction": 1.5}, ValueError, r"must lie in \[0, 1\], got 1.5"),
        (make_reber, {"corrupted": "all"}, ValueError, "corrupted must be one of 'any', 'recalled"),
        (
            make_reber,
            {"corrupted": "recalled", "embedded": False},
            ValueError,
            "corrupted='recalled' needs embedded=True",
        ),
    ],
)
def test_wrong_arguments_are_named(make, options, error, message):
    with pytest.raises(error, match=message):
        make(**options)
