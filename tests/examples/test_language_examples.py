"""Examples of language models: what they read and know, and that they run to their pictures."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(module, folder, monkeypatch, *arguments):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", [module.__file__, "--generated", *arguments])
    module.main()


def test_characters(tmp_path, monkeypatch, capsys):
    example = _load("language_characters")
    assert example.place_in_line("ab\nc") == [1, 2, 0, 1]
    assert example.in_name("A:\nbc\n") == [True] * 3 + [False] * 3
    _run(example, tmp_path, monkeypatch, "--characters", "9000", "--epochs", "4")
    out = capsys.readouterr().out
    assert out.startswith("9,000 characters to learn from")
    bits = [float(line.split(", ")[1].split()[0]) for line in out.splitlines() if "bits a" in line]
    assert len(bits) == 3
    assert bits[2] < bits[1] < bits[0]
    names = {path.name for path in (tmp_path / "demo_pictures").iterdir()}
    assert names == {"language_place_in_line.png", "language_in_name.png"}


def test_surnames(tmp_path, monkeypatch, capsys):
    example = _load("surnames")
    names, languages = example.drawn_names(30, 0)
    assert len(set(names)) == len(languages) == 120
    _run(example, tmp_path, monkeypatch, "--epochs", "15")
    lines = capsys.readouterr().out.splitlines()
    (ours,) = (line for line in lines if line.startswith("a language model each"))
    assert float(ours.split()[-2]) > 80  # of four languages


class Coin:
    """Heads more often in one class."""

    def __init__(self):
        self.share = None

    def fit(self, X):
        self.share = np.mean(X)
        return self

    def score_samples(self, X):
        return np.log(np.where(np.asarray(X) == 1, self.share, 1 - self.share))


def test_the_rule_is_that_of_bayes(monkeypatch):
    example = _load("surnames")
    monkeypatch.setattr(example, "clone", lambda model: Coin())
    X, y = [1, 1, 1, 0, 1, 0, 0, 0], ["a"] * 4 + ["b"] * 4
    found = example.LanguageModelClassifier(Coin()).fit(X, y)
    np.testing.assert_allclose(
        np.exp(found.predict_log_proba([1, 0])), [[0.75, 0.25], [0.25, 0.75]]
    )
    assert found.predict([1, 0]).tolist() == ["a", "b"]


def test_music(tmp_path, monkeypatch, capsys):
    example = _load("language_music")
    roll = example.cadences(3, 0)
    assert roll.shape[1] == example.N_KEYS
    assert (roll.sum(axis=1) == 4).all()  # voices
    np.testing.assert_array_equal(roll[:2], roll[-2:])
    half = [np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])]
    assert example.frequency_loss(half, half) == pytest.approx(np.log(2) - np.log(5 / 6))
    _run(example, tmp_path, monkeypatch, "--epochs", "6")
    out = capsys.readouterr().out
    simple, ours = (float(line.split()[-1]) for line in out.splitlines()[1:3])
    assert ours < simple
    assert (tmp_path / "demo_pictures" / "language_music.png").stat().st_size > 5000
