"""Multi30k is read pair by pair, and only the files that are asked for."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from sksequence.datasets import _translation, fetch_multi30k
from sksequence.datasets._translation import _read_lines

XY = {"return_X_y": True}
SIZES = {
    "train": 29000,
    "validation": 1014,
    "test_2016": 1000,
    "test_2017": 1000,
    "test_2017_mscoco": 461,
}


def test_one_sentence_a_line_whatever_else_breaks_lines(tmp_path: Path):
    """U+0085 and U+2028 end lines for str.splitlines, and a blank at the end is none of it."""
    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress("eins \u2028 zwei \nM\u00e4nner\u0085x\n".encode()))
    assert _read_lines(path) == ["eins \u2028 zwei", "M\u00e4nner\u0085x"]


def test_usual_parts(data_dir: Path):
    pairs = fetch_multi30k(download_if_missing=False)
    for part in ("train", "validation", "test_2016"):
        assert len(pairs[part].data) == len(pairs[part].target) == SIZES[part]
        assert pairs[part].frame is None
    assert "test_2017" not in pairs
    assert pairs.languages == ("de", "en")
    assert pairs.test_2016.data[0] == "Ein Mann mit einem orangefarbenen Hut, der etwas anstarrt."
    assert pairs.test_2016.target[0] == "A man in an orange hat starring at something."
    assert len(pairs.filename) == 6
    assert {Path(name).parent for name in pairs.filename} == {data_dir / "multi30k"}
    assert "Elliott" in pairs.DESCR


@pytest.mark.parametrize("split", SIZES)
def test_each_split_alone(data_dir: Path, split: str):
    german, english = fetch_multi30k(split=split, return_X_y=True, download_if_missing=False)
    assert isinstance(german, list)
    assert isinstance(english, list)
    assert len(german) == len(english) == SIZES[split]
    assert all(text and text == text.strip() and "\n" not in text for text in german + english)


def test_other_direction(data_dir: Path):
    german, english = fetch_multi30k(split="validation", return_X_y=True)
    options = {"split": "validation", "source": "en", "target": "de"}
    assert fetch_multi30k(**options, return_X_y=True) == (english, german)
    assert fetch_multi30k(**options).languages == ("en", "de")


def test_as_frame(data_dir: Path):
    plain = fetch_multi30k(split="test_2016")
    pairs = fetch_multi30k(split="test_2016", as_frame=True)
    assert pairs.frame.columns.tolist() == ["de", "en"]
    assert pairs.data.equals(pairs.frame["de"])
    assert pairs.target.tolist() == plain.target
    X, y = fetch_multi30k(split="test_2016", source="en", target="de", as_frame=True, **XY)
    assert isinstance(X, pd.Series)
    assert (X.name, y.name) == ("en", "de")
    assert list(fetch_multi30k(as_frame=True).train.frame) == ["de", "en"]


def test_files_that_are_not_asked_for_are_not_needed(tmp_path: Path, data_dir: Path):
    folder = tmp_path / "multi30k"
    folder.mkdir()
    for name in ("val.de.gz", "val.en.gz"):
        (folder / name).symlink_to(data_dir / "multi30k" / name)
    options = {"data_home": tmp_path, "download_if_missing": False}
    assert len(fetch_multi30k(split="validation", **options).data) == 1014
    with pytest.raises(OSError, match=r"multi30k/train.de.gz.* is missing"):
        fetch_multi30k(split="train", **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "test"}, "split must be one of 'train', 'validation', 'test_2016'.*got 'test'"),
        ({"source": "fr"}, "source must be one of 'de', 'en', got 'fr'"),
        ({"target": "cs"}, "target must be one of"),
        ({"target": "de"}, "two languages, got 'de' for both"),
        (XY, "return_X_y=True gives one pair, so it needs a split, such as split='train'"),
    ],
)
def test_wrong_arguments_are_named_before_anything_is_fetched(options, message, monkeypatch):
    monkeypatch.setattr(_translation, "fetch_files", None)
    with pytest.raises(ValueError, match=message):
        fetch_multi30k(**options)
