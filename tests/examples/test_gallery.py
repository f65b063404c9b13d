"""Every example runs to its pictures; the gallery runs those whose data are at hand."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def _gallery():
    spec = importlib.util.spec_from_file_location("_gallery", ROOT / "docs" / "_gallery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GALLERY = _gallery()
NAMES = GALLERY.names()


@pytest.mark.parametrize("name", NAMES)
def test_example_runs_to_its_pictures(name, run):
    _, out, n_pictures = run(name)
    assert n_pictures > 0
    assert out.count("\n") >= 2
    assert str(ROOT) not in out


def test_every_example_is_in_a_section():
    programs = {
        path.relative_to(ROOT / "examples").as_posix() for path in ROOT.glob("examples/*/*.py")
    }
    assert {f"{name}.py" for name in NAMES} == programs
    assert GALLERY.LONG <= set(NAMES)


def test_examples_are_run_where_their_data_are_at_hand(monkeypatch, tmp_path):
    monkeypatch.delenv(GALLERY.ALL, raising=False)
    monkeypatch.delenv(GALLERY.DATA, raising=False)
    assert GALLERY.data_sets("time_series/seattle_weather") == {"seattle_weather"}
    assert not GALLERY.is_run("time_series/seattle_weather")
    assert GALLERY.is_run("time_series/forecast_rain")  # draws rain where there is none
    assert not GALLERY.is_run("sequences_out/caption_image")  # takes minutes
    monkeypatch.setenv(GALLERY.DATA, str(tmp_path))
    assert not GALLERY.is_run("time_series/seattle_weather")
    (tmp_path / "seattle_weather").mkdir()
    assert GALLERY.is_run("time_series/seattle_weather")
    monkeypatch.setenv(GALLERY.ALL, "all")
    assert GALLERY.is_run("sequences_out/caption_image")


def test_pattern_fits_what_is_run_and_nothing_else():
    pattern = GALLERY.filename_pattern()
    fitting = {name for name in NAMES if re.search(pattern, f"examples/{name}.py")}
    assert fitting == {name for name in NAMES if GALLERY.is_run(name)}


def test_what_is_not_run_by_itself_has_an_outcome_to_show():
    for name in NAMES:
        if GALLERY.data_sets(name) or name in GALLERY.LONG:
            kinds = {path.suffix for path in GALLERY.records(name)}
            pictured = GALLERY.KEPT.get(name) != 0  # nothing of sets that may not be passed on
            assert kinds == ({".txt", ".png"} if pictured else {".txt"}), name
            assert "earlier run" in GALLERY.note(name)


def test_windows_of_bases_hold_their_neighbours(run):
    found, _, _ = run("labels/tag_genes")
    half = found["HALF"]
    seen = found["windows"]("acgta" * 20).reshape(100, 4, 2 * half + 1)
    np.testing.assert_array_equal(seen[50, :, half], [1, 0, 0, 0])
    np.testing.assert_array_equal(seen[50, :, half + 1], [0, 1, 0, 0])
    np.testing.assert_array_equal(seen[0, :, :half], 0)


def test_pages_of_the_guide_name_examples_that_exist():
    for page in [*ROOT.glob("docs/**/*.rst"), ROOT / "README.md", ROOT / "CHANGELOG.md"]:
        if "generated" in page.parts or "gallery" in page.parts:
            continue
        for name in re.findall(r"examples/([\w/]+\.py)", page.read_text(encoding="utf-8")):
            assert (ROOT / "examples" / name).exists(), f"{page.name}: {name}"


def test_nothing_is_recorded_of_this_machine():
    for path in GALLERY.RECORDS.glob("*.txt"):
        assert not re.search(r"/(home|work|tmp)/", path.read_text(encoding="utf-8")), path.name
    assert "docs" not in sys.path
