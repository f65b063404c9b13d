"""What the networks of the sentiment treebank learn from."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sst2(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("protocols.sst2")


TREES = """\
(3 (2 A) (4 (3 (3 gem) (2 ,)) (2 K-19)))
(2 (2 A) (2 plot))
(0 (2 A) (1 (1 dull) (2 ``)))
"""


def test_a_tree_gives_its_phrases_and_the_sentence_last(sst2):
    assert sst2.read_tree(TREES.split("\n")[0]) == [
        ("A", 2),
        ("gem", 3),
        (",", 2),
        ("gem ,", 3),
        ("K-19", 2),
        ("gem , K-19", 4),
        ("A gem , K-19", 3),
    ]


def test_different_phrases_that_take_sides_are_learned(sst2, tmp_path):
    folder = tmp_path / "sst_trees"
    folder.mkdir()
    (folder / "train.txt").write_text(TREES + TREES, encoding="utf-8")
    sentences, phrases, y = sst2.read_training(tmp_path)
    assert sentences == [["a", "gem", ",", "k", "19"], ["a", "dull", "``"]] * 2
    assert [" ".join(words) for words in phrases] == [
        "gem",
        "gem ,",
        "gem , k 19",
        "a gem , k 19",
        "dull",
        "dull ``",
        "a dull ``",
    ]
    assert y.tolist() == [True] * 4 + [False] * 3
