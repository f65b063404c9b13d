"""The examples of the user guide's page run and print what the page says."""

import doctest
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "metrics.rst"


def test_examples_print_what_the_page_says():
    pytest.importorskip("sacrebleu")
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    done = doctest.testfile(str(PAGE), module_relative=False, optionflags=flags)
    assert done.attempted > 25
    assert done.failed == 0
