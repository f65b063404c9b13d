"""Texts for language models have the sizes that are published."""

from pathlib import Path

import pytest

from sksequence.datasets import _language, fetch_penn_treebank, fetch_tiny_shakespeare
from sksequence.datasets._language import _part, _read_sentences


def test_parts_of_a_text_are_the_text():
    text = "".join(map(chr, range(40, 67)))  # 27 characters: 24 and 3
    assert _part(text, "all") == text
    assert _part(text, "train") + _part(text, "test") == text
    assert len(_part(text, "train")) == 24


def test_sentences_are_lists_of_words(tmp_path: Path):
    path = tmp_path / "words"
    path.write_text(" we 're <unk> \n N years ago \n\n", encoding="utf-8")
    assert _read_sentences(path) == [["we", "'re", "<unk>"], ["N", "years", "ago"]]


def test_shakespeare(data_dir: Path):
    plays = fetch_tiny_shakespeare(download_if_missing=False)
    assert len(plays.data) == 1115394
    assert len(set(plays.data)) == 65
    assert plays.data.startswith("First Citizen:\nBefore we proceed")
    parts = [fetch_tiny_shakespeare(split=split).data for split in ("train", "test")]
    assert "".join(parts) == plays.data
    assert [len(part) for part in parts] == [1003854, 111540]
    assert Path(plays.filename).parent == data_dir / "tiny_shakespeare"
    assert "Karpathy" in plays.DESCR


def test_treebank_has_the_published_counts_with_the_ends_of_sentences(data_dir: Path):
    treebank = fetch_penn_treebank(download_if_missing=False)
    parts = [treebank.train, treebank.validation, treebank.test]
    assert [len(part.data) for part in parts] == [42068, 3370, 3761]
    n_words = [sum(len(sentence) + 1 for sentence in part.data) for part in parts]
    assert n_words == [929589, 73760, 82430]
    known = {word for sentence in treebank.train.data for word in sentence}
    assert len(known) == 10000 - 1  # the end of a sentence is the last one
    assert all(set(sentence) <= known for part in parts for sentence in part.data)
    assert fetch_penn_treebank(split="test").data == treebank.test.data
    assert len(treebank.filename) == 3


@pytest.mark.parametrize("fetch", [fetch_tiny_shakespeare, fetch_penn_treebank])
def test_wrong_split_is_named_before_anything_is_fetched(fetch, monkeypatch):
    monkeypatch.setattr(_language, "fetch_files", None)
    with pytest.raises(ValueError, match=r"split must be one of .*'test', got 'valid'"):
        fetch(split="valid")


def test_only_the_file_of_the_split_is_needed(tmp_path: Path, data_dir: Path):
    folder = tmp_path / "penn_treebank"
    folder.mkdir()
    (folder / "ptb.test.txt").symlink_to(data_dir / "penn_treebank" / "ptb.test.txt")
    options = {"data_home": tmp_path, "download_if_missing": False}
    assert len(fetch_penn_treebank(split="test", **options).data) == 3761
    with pytest.raises(OSError, match=r"penn_treebank/ptb.train.txt.* is missing"):
        fetch_penn_treebank(**options)
