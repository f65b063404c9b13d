"""The examples of the user guide's page run and print what the page says."""

import doctest
from pathlib import Path

import pytest

pytest.importorskip("sklearn.callback")

PAGE = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "callbacks.rst"


def test_examples_print_what_the_page_says():
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    done = doctest.testfile(str(PAGE), module_relative=False, optionflags=flags)
    assert done.attempted >= 25
    assert done.failed == 0
