"""The examples that label steps: what they draw and compare with, and that they run to the end."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from sksequence.metrics import find_entities

ROOT = Path(__file__).resolve().parents[2]


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run an example with a small network; what it prints and the names of its pictures."""

    def go(example, *arguments, **settings):
        small = example.tagger().set_params(hidden_size=8, **settings)
        monkeypatch.setattr(example, "tagger", lambda: small)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [f"{example.__name__}.py", *arguments])
        example.main()
        example.matplotlib.pyplot.close("all")
        return capsys.readouterr().out, {p.name for p in (tmp_path / "demo_pictures").iterdir()}

    return go


def test_made_up_sentences_keep_to_the_scheme():
    example = load("tag_names")
    X, y = example.make_sentences(50, seed=0)
    again, _ = example.make_sentences(50, seed=0)
    other, _ = example.make_sentences(50, seed=1)
    assert X == again
    assert X != other
    for words, labels in zip(X, y, strict=True):
        assert len(words) == len(labels)
        assert find_entities(labels, scheme="BIO") == find_entities(labels)
        assert all(words[entity.start][0].isupper() for entity in find_entities(labels))


def test_names_in_text_run_to_their_pictures(run, monkeypatch):
    example = load("tag_names")
    make = example.make_sentences
    monkeypatch.setattr(example, "make_sentences", lambda n, seed: make(n // 6, seed))
    out, pictures = run(example, "--generated", max_epochs=3)
    assert out.startswith("100 sentences to learn from, 50 to be judged by")
    assert "micro avg" in out
    assert pictures == {"tag_names_confusion.png", "tag_names_text.png", "tag_names.html"}


def test_windows_of_bases_hold_their_neighbours():
    example = load("tag_genes")
    half = example.HALF
    seen = example.windows("acgta" * 20).reshape(100, 4, 2 * half + 1)
    np.testing.assert_array_equal(seen[50, :, half], [1, 0, 0, 0])
    np.testing.assert_array_equal(seen[50, :, half + 1], [0, 1, 0, 0])
    np.testing.assert_array_equal(seen[0, :, :half], 0)
    np.testing.assert_array_equal(seen[50].sum(axis=0), 1)


def test_genes_run_to_their_picture(run, monkeypatch):
    example = load("tag_genes")
    monkeypatch.setattr(example, "N_TRAIN", 6)
    monkeypatch.setattr(example, "N_TEST", 3)
    monkeypatch.setattr(example, "N_BASES", 1000)
    out, pictures = run(example, max_epochs=1, conv_size=4)
    assert "window of 61: F1 of coding" in out
    assert pictures == {"tag_genes.png"}


def test_drawn_days_have_stale_air_where_somebody_was():
    example = load("tag_occupancy")
    X, y = example.draw(4, seed=0)
    values, labels = np.concatenate(X.to_list()), np.concatenate(y)
    inside = labels == "occupied"
    assert 0.1 < inside.mean() < 0.5
    co2 = values[:, example.SENSORS.index("CO2")]
    assert co2[inside].mean() > 1.3 * co2[~inside].mean()
    assert X.lengths.tolist() == [len(one) for one in y] == [example.MINUTES] * 4


def test_occupancy_runs_to_its_picture(run, monkeypatch):
    example = load("tag_occupancy")
    make = example.draw
    monkeypatch.setattr(example, "draw", lambda n_days, seed: make(2, seed))
    out, pictures = run(example, "--generated", max_epochs=1)
    assert out.startswith("2 days to learn from, 2 new ones.")
    assert "same minute alone" in out
    assert pictures == {"tag_occupancy.png"}
