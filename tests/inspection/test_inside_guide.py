"""The examples of the page that looks inside networks run and print what the page says."""

import doctest
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

PAGE = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "inside_the_network.rst"


def test_examples_print_what_the_page_says():
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    done = doctest.testfile(str(PAGE), module_relative=False, optionflags=flags, encoding="utf-8")
    pyplot.close("all")
    assert done.attempted >= 25
    assert done.failed == 0
