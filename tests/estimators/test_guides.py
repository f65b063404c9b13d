"""The guides to the estimators, to scikit-learn and to sequences out do what they say."""

import doctest
from pathlib import Path

import pytest

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "user_guide"


@pytest.mark.parametrize(
    "name",
    [
        "estimators.rst",
        "scikit_learn.rst",
        "sequences_out.rst",
        "language_models.rst",
        "tagging.rst",
    ],
)
def test_examples_of_the_guide_give_what_it_shows(name):
    result = doctest.testfile(
        str(GUIDES / name),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
        encoding="utf-8",
    )
    assert result.attempted > 10
    assert result.failed == 0
