"""The guide to reproducibility does what it says, in other processes too."""

import subprocess
import sys

import numpy as np
import pytest

import sksequence.kernels._choice as choice
from sksequence import RNNClassifier
from tests.guides import read_guide, run_examples

RNG = np.random.default_rng(0)
X = [RNG.normal(size=(n, 2)) for n in RNG.integers(3, 9, size=60)]
Y = ["up" if x[-1, 0] > 0 else "down" for x in X]

PROGRAM = """
import hashlib
from sklearn.pipeline import make_pipeline
from sksequence import RNNClassifier, Word2VecEmbedder
texts = ["a fine film", "a dull film", "fine and funny", "dull and long"] * 5
embedder = Word2VecEmbedder(vector_size=8, epochs=2, random_state=0)
model = make_pipeline(embedder, RNNClassifier(hidden_size=8, max_epochs=2, random_state=0))
answers = model.fit(texts, [0, 1, 0, 1] * 5).predict_proba(texts)
print(hashlib.sha256(answers.tobytes() + embedder.vectors_.tobytes()).hexdigest())
"""


def weights(**settings):
    model = RNNClassifier(max_epochs=3, random_state=0, **settings).fit(X, Y)
    return np.concatenate([w.detach().numpy().ravel() for w in model.network_.parameters()])


def test_examples_of_the_guide_give_what_it_shows():
    result = run_examples("reproducibility.rst")
    assert result.attempted > 40
    assert result.failed == 0


def test_another_process_with_other_hashes_gives_the_same(monkeypatch):
    digests = set()
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1


@pytest.mark.parametrize("cell", ["rnn", "gru"])
def test_with_and_without_the_compiler_only_last_digits_differ(cell, monkeypatch):
    pytest.importorskip("llvmlite")
    compiled = weights(cell=cell, hidden_size=64)
    monkeypatch.setattr(choice, "can_compile", lambda: False)
    torchs = weights(cell=cell, hidden_size=64)
    assert not np.array_equal(compiled, torchs)
    np.testing.assert_allclose(compiled, torchs, atol=1e-4)


def test_the_multiplications_that_one_thread_does_are_those_of_the_page():
    from sksequence.training._environment import ONE_THREAD

    assert ONE_THREAD == 4_000_000
    assert "less than four million multiplications" in " ".join(
        read_guide("reproducibility.rst").split()
    )
