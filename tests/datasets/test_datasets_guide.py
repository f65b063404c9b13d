"""The page on data sets forgets none, and gives our figures as the results have them."""

import re
from pathlib import Path

import pytest

import sksequence.datasets
from tests.guides import read_guide, run_examples, table_rows

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results.md"
REAL = RESULTS.read_text(encoding="utf-8").split("## Speed and memory")[0]
SECTIONS = dict(
    zip(*[iter(re.split(r"^### (\S+)$", REAL, flags=re.MULTILINE)[1:])] * 2, strict=True)
)
ROWS = table_rows(read_guide("datasets.rst"))


def named(row: list[str]) -> list[str]:
    return re.findall(r":func:`(\w+)`", row[0])


def test_examples_of_the_guide_give_what_it_shows():
    result = run_examples("datasets.rst")
    assert result.attempted > 10
    assert result.failed == 0


def test_every_set_has_a_row_and_only_one():
    sets = sorted(set(sksequence.datasets.__all__) - {"get_data_home"})
    assert sorted(name for row in ROWS for name in named(row)) == sets


@pytest.mark.parametrize("row", ROWS, ids=lambda row: named(row)[0])
def test_a_row_says_what_how_large_whose_and_how_used(row):
    assert len(row) == 6
    contents, rights, protocol, published = row[1:5]
    assert rights.count(";") >= 1
    assert protocol
    assert published
    if named(row)[0].startswith(("fetch", "load")):
        assert re.search(r"\d (kB|MB)", contents)


@pytest.mark.parametrize("row", [row for row in ROWS if row[5]], ids=lambda row: named(row)[0])
def test_our_figures_are_those_of_the_results(row):
    for text, section in re.findall(r"(.*?)\(``(\w+)``\)", row[5]):
        numbers = re.findall(r"\d+\.\d+", text)
        assert numbers or "trials" in text
        for number in numbers:
            assert number in SECTIONS[section], (number, section)


def test_every_result_is_on_the_page():
    shown = {section for row in ROWS for section in re.findall(r"\(``(\w+)``\)", row[5])}
    assert shown == set(SECTIONS), "docs/user_guide/datasets.rst: the last column of the table"
