"""The guide to music does what it says."""

import doctest
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "music.rst"


def test_examples_of_the_guide_give_what_it_shows():
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.testfile(
        str(GUIDE), module_relative=False, optionflags=flags, encoding="utf-8"
    )
    plt.close("all")
    assert result.attempted > 15
    assert result.failed == 0
