"""Vowels are sequences of twelve channels."""

from pathlib import Path

import numpy as np
import pytest

from sksequence.datasets import _vowels, fetch_japanese_vowels
from sksequence.datasets._vowels import _read_ts

TS = """# about
@problemName Small
@dimensions 2
@classLabel true a b
@data
1.5,2,3:-1,-2,-3:b
4:5:a
"""


def test_channels_become_features(tmp_path: Path):
    (tmp_path / "x.ts").write_text(TS, encoding="utf-8")
    cases = _read_ts(tmp_path / "x.ts")
    assert cases.data.lengths.tolist() == [3, 1]
    np.testing.assert_array_equal(cases.data[0], [[1.5, -1], [2, -2], [3, -3]])
    np.testing.assert_array_equal(cases.data[1], [[4, 5]])
    assert cases.target.tolist() == ["b", "a"]
    assert cases.target_names.tolist() == ["a", "b"]


def test_japanese_vowels(data_dir: Path):
    vowels = fetch_japanese_vowels(download_if_missing=False)
    assert [len(vowels[part].data) for part in ("train", "test")] == [270, 370]
    lengths = np.concatenate([vowels.train.data.lengths, vowels.test.data.lengths])
    assert (lengths.min(), lengths.max()) == (7, 29)
    assert vowels.train.data.values.shape[1] == 12
    speakers, counts = np.unique(vowels.train.target, return_counts=True)
    assert speakers.tolist() == vowels.train.target_names.tolist() == list("123456789")
    assert set(counts.tolist()) == {30}
    _, counts = np.unique(vowels.test.target, return_counts=True)
    assert (counts.min(), counts.max()) == (24, 88)
    X, y = fetch_japanese_vowels(split="test", return_X_y=True)
    np.testing.assert_array_equal(X.values, vowels.test.data.values)
    assert y.tolist() == vowels.test.target.tolist()


def test_wrong_arguments_are_named_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(_vowels, "fetch_files", None)
    with pytest.raises(ValueError, match="split must be one of 'train', 'test', got 'dev'"):
        fetch_japanese_vowels(split="dev")
