"""The examples of the user guide's page run and print what the page says."""

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "data.rst"


def test_examples_print_what_the_page_says():
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    done = doctest.testfile(str(PAGE), module_relative=False, optionflags=flags)
    assert done.attempted >= 20
    assert done.failed == 0
