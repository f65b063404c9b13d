"""Sentences with their sentiment, which stands behind the last tab."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sksequence.datasets import _sentiment, fetch_labelled_sentences, fetch_sst2
from sksequence.datasets._sentiment import _read_labelled


def test_sentiment_behind_the_last_tab(tmp_path: Path):
    """U+0085 ends lines for str.splitlines; here it is inside a sentence."""
    path = tmp_path / "x.tsv"
    path.write_bytes("a\u0085b.  \t1\ntab\tinside\t0\n\n".encode())
    assert _read_labelled(path) == [("a\u0085b.", "positive"), ("tab\tinside", "negative")]


def test_treebank(data_dir: Path):
    treebank = fetch_sst2(download_if_missing=False)
    sizes = {"train": 6920, "validation": 872, "test": 1821}
    n_positive = {"train": 3610, "validation": 444, "test": 909}
    for part, size in sizes.items():
        assert len(treebank[part].data) == len(treebank[part].target) == size
        counts = Counter(treebank[part].target.tolist())
        assert counts == {"positive": n_positive[part], "negative": size - n_positive[part]}
    X, y = fetch_sst2(split="test", return_X_y=True)
    assert X == treebank.test.data
    np.testing.assert_array_equal(y, treebank.test.target)
    frame = fetch_sst2(split="validation", as_frame=True).frame
    assert frame.columns.tolist() == ["text", "sentiment"]
    assert frame["text"].tolist() == treebank.validation.data


def test_sentences_of_three_domains(data_dir: Path):
    sentences = fetch_labelled_sentences(download_if_missing=False)
    counts = Counter(zip(sentences.domain.tolist(), sentences.target.tolist(), strict=True))
    assert len(counts) == 6
    assert set(counts.values()) == {500}
    for domain in ("amazon", "imdb", "yelp"):
        alone = fetch_labelled_sentences(domain=domain)
        inside = sentences.domain == domain
        assert alone.data == [sentences.data[i] for i in np.flatnonzero(inside)]
        assert alone.target.tolist() == sentences.target[inside].tolist()
        assert len(alone.filename) == 1
    X, y = fetch_labelled_sentences(domain="yelp", return_X_y=True, as_frame=True)
    assert (X[0], y[0]) == ("Wow... Loved this place.", "positive")


def test_wrong_arguments_are_named_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(_sentiment, "fetch_files", None)
    with pytest.raises(ValueError, match=r"split must be one of .*'validation'.* got 'dev'"):
        fetch_sst2(split="dev")
    with pytest.raises(ValueError, match="needs a split"):
        fetch_sst2(return_X_y=True)
    with pytest.raises(ValueError, match="domain must be one of 'amazon', 'imdb', 'yelp', got 'x'"):
        fetch_labelled_sentences(domain="x")
