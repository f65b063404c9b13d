"""The page with every picture does what it says, and lacks none."""

import doctest
import re
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from sksequence import inspection

PAGE = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "pictures.rst"


def test_examples_of_the_page_give_what_it_shows():
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    with plt.rc_context({"figure.max_open_warning": 0}):  # there are many
        result = doctest.testfile(
            str(PAGE), module_relative=False, optionflags=flags, encoding="utf-8"
        )
    plt.close("all")
    assert result.attempted > 60
    assert result.failed == 0


def test_every_display_is_drawn_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    calls = set(re.findall(r"(\w+Display)(?:\.from_\w+)?\(", text))
    displays = {name for name in inspection.__all__ if name.endswith("Display")}
    assert displays <= calls


def test_every_image_is_there():
    names = re.findall(r"^\.\. image:: (\S+)$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    assert len(names) > 20
    assert not [name for name in names if not (PAGE.parent / name).is_file()]
