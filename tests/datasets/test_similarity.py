"""Pairs of words with their similarity, and analogies by kind."""

from collections import Counter
from pathlib import Path

import pytest

from sksequence.datasets import fetch_word_similarity
from sksequence.datasets._similarity import _read_analogies, _read_pairs


def test_pairs_and_analogies_of_small_files(tmp_path: Path):
    (tmp_path / "pairs").write_text("# about\nlove\tsex\t6.77\ntiger\tcat\t7.35\n")
    pairs, similarity = _read_pairs(tmp_path / "pairs")
    assert pairs == [("love", "sex"), ("tiger", "cat")]
    assert similarity.tolist() == [6.77, 7.35]
    (tmp_path / "kinds").write_text(": family\nboy girl king queen\n: gram8-plural\na b c d\n")
    assert _read_analogies(tmp_path / "kinds") == {
        "family": [("boy", "girl", "king", "queen")],
        "gram8-plural": [("a", "b", "c", "d")],
    }


def test_word_similarity(data_dir: Path):
    words = fetch_word_similarity(download_if_missing=False)
    assert len(words.data) == len(words.target) == 353
    assert words.target[words.data.index(("tiger", "tiger"))] == words.target.max() == 10
    assert 0 <= words.target.min()
    repeated = [pair for pair, n in Counter(map(frozenset, words.data)).items() if n > 1]
    assert len(repeated) == 2
    assert sum(map(len, words.analogies.values())) == 19544
    assert len(words.analogies) == 14
    assert sum(kind.startswith("gram") for kind in words.analogies) == 9
    assert ("boy", "girl", "king", "queen") in words.analogies["family"]


def test_missing_files_are_named():
    with pytest.raises(OSError, match=r"word_similarity/questions-words\.txt"):
        fetch_word_similarity()
