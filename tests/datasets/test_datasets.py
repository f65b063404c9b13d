"""What all generators and loaders share: seeds, laziness, keyword-only options."""

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sksequence
import sksequence.datasets
from sksequence.datasets import (
    make_dates,
    make_prices,
    make_promoters,
    make_rainfall,
    make_reversal,
    make_sorting,
)

GENERATORS = [
    make_promoters,
    make_rainfall,
    make_prices,
    make_dates,
    make_reversal,
    make_sorting,
]


def same(first: object, second: object) -> bool:
    if isinstance(first, tuple):
        return all(same(a, b) for a, b in zip(first, second, strict=True))
    return bool(np.array_equal(np.asarray(first), np.asarray(second)))


@pytest.mark.parametrize("make", GENERATORS)
def test_same_seed_same_data_whatever_holds_the_seed(make):
    assert same(make(50, random_state=7), make(50, random_state=7))
    assert not same(make(50, random_state=7), make(50, random_state=8))
    assert not same(make(50), make(50))
    for holder in (np.random.default_rng, np.random.RandomState):
        assert same(make(50, random_state=holder(3)), make(50, random_state=holder(3)))
    moved = np.random.default_rng(3)
    assert not same(make(50, random_state=moved), make(50, random_state=moved))


@pytest.mark.parametrize("make", GENERATORS)
@pytest.mark.parametrize("random_state", [0, None])
def test_global_generator_is_left_alone(make, random_state):
    before = np.random.get_state()
    make(20, random_state=random_state)
    after = np.random.get_state()
    assert before[2:] == after[2:]
    np.testing.assert_array_equal(before[1], after[1])


def test_options_are_keywords():
    for name in sksequence.datasets.__all__:
        parameters = inspect.signature(getattr(sksequence.datasets, name)).parameters.values()
        positional = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
        assert len(positional) == (0 if name.startswith(("load", "fetch")) else 1), name


def test_import_adds_nothing_heavy_to_scikit_learn():
    """scikit-learn imports pandas where there is one; nothing else may come with us."""
    heavy = ["pandas", "pooch", "torch", "gensim", "matplotlib", "requests"]
    program = (
        "import sys, sklearn.utils; before = set(sys.modules); import sksequence.datasets; "
        "print([m for m in sys.argv[1:] if m in set(sys.modules) - before])"
    )
    root = Path(sksequence.__file__).parents[1]
    command = [sys.executable, "-c", program, *heavy]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
