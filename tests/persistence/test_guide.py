"""The guide to saving does what it says."""

import doctest
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "saving.rst"


def test_examples_of_the_guide_give_what_it_shows():
    pytest.importorskip("skops.io")
    result = doctest.testfile(
        str(GUIDE),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
        encoding="utf-8",
    )
    assert result.attempted > 20
    assert result.failed == 0
