"""Surnames come with their language, and repeated rows may be dropped."""

from collections import Counter
from pathlib import Path

from sksequence.datasets import fetch_surnames
from sksequence.datasets._surnames import _read_names


def test_one_name_a_line(tmp_path: Path):
    (tmp_path / "Polish.txt").write_text("Kowalski\n Wójcik \n\nd'Arc Lis\n", encoding="utf-8")
    assert _read_names(tmp_path / "Polish.txt") == ["Kowalski", "Wójcik", "d'Arc Lis"]


def test_surnames(data_dir: Path):
    surnames = fetch_surnames(download_if_missing=False)
    assert len(surnames.data) == len(surnames.target) == 20050
    assert len(surnames.target_names) == 18
    assert "LICENSE" not in surnames.target_names
    counts = Counter(surnames.target.tolist())
    assert counts["Russian"] == 9384
    assert counts["Vietnamese"] == 73
    for language, count in counts.items():
        assert f"{language} {count:,}" in " ".join(surnames.DESCR.split())
    assert all(name and name == name.strip() for name in surnames.data)


def test_without_repeated_rows(data_dir: Path):
    everything = fetch_surnames()
    surnames = fetch_surnames(drop_duplicates=True)
    rows = list(zip(surnames.data, surnames.target.tolist(), strict=True))
    assert len(rows) == len(set(rows)) == 20050 - 2038
    assert set(rows) == set(zip(everything.data, everything.target.tolist(), strict=True))
    assert len(rows) - len(set(surnames.data)) == 562


def test_as_frame(data_dir: Path):
    X, y = fetch_surnames(drop_duplicates=True, return_X_y=True, as_frame=True)
    assert (X.name, y.name) == ("name", "language")
    assert X.tolist() == fetch_surnames(drop_duplicates=True).data
    assert y.nunique() == 18
