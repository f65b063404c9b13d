"""The page on speed shows the last outcome of every measure, and no other figure."""

import re
import runpy
from pathlib import Path

from tests.guides import read_guide, run_examples

ROOT = Path(__file__).resolve().parents[2]
PAGE = read_guide("speed.rst")
MEASURED = (
    (ROOT / "docs" / "results.md").read_text(encoding="utf-8").split("## Speed and memory")[1]
)
SECTIONS = re.findall(r"^### (\S+)$", MEASURED, re.MULTILINE)
INCLUDED = re.findall(
    r"python benchmarks/speed\.py (\w+)\n\n"
    r"\.\. markdown-file:: \.\./results\.md\n   :section: (\w+)\n",
    PAGE,
)


def test_examples_of_the_guide_run():
    result = run_examples("speed.rst")
    assert result.attempted >= 2
    assert result.failed == 0


def test_every_outcome_is_shown_below_the_command_that_prints_it():
    assert sorted(command for command, _ in INCLUDED) == sorted(SECTIONS)
    assert all(command == section for command, section in INCLUDED)


def test_every_command_is_a_measure():
    measures = runpy.run_path(str(ROOT / "benchmarks" / "speed.py"))["MEASURES"]
    assert {command for command, _ in INCLUDED} <= set(measures)


def test_sentences_hold_no_figures():
    prose = re.sub(r"^(\.\. .*|>>> .*|   .*)$", "", PAGE, flags=re.MULTILINE)
    prose = re.sub(r"``.*?``|(32|64) bits", "", prose, flags=re.DOTALL)
    assert re.findall(r".*\d.*", prose) == []
