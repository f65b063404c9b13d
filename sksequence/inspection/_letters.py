"""Words as a picture can show them: long ones, blanks, letters that no font has."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable
from functools import lru_cache

BLANKS = {" ": "\u2423", "\n": "\u21b5", "\t": "\u21e5", "": "\u2205"}
LONGEST = 24  # letters of a word that are shown
MISSING = "\u25a1"


def shown(token: object) -> str:
    """A token as a label: long ones cut, blanks visible, nothing that cannot be drawn."""
    text = str(token)
    text = BLANKS.get(text, text)
    text = "".join(c if c.isprintable() or c in "\u200c\u200d" else "\u00b7" for c in text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\u2026"


def drawable(labels: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """What to draw for each label, and with which fonts.

    Parameters
    ----------
    labels : iterable of str

    Returns
    -------
    texts : dict
        From each label to what is drawn: itself, with a box for each letter that no installed
        font has.
    families : list of str
        Fonts in the order in which letters are looked up.

    Warns
    -----
    UserWarning
        Once, if a letter is in no installed font; it names the letters and what to do.
    """
    from matplotlib import font_manager, rcParams

    labels = set(labels)
    families = list(rcParams["font.family"])
    wanted = {c for label in labels for c in label if not unicodedata.category(c).startswith("C")}
    for family in families:
        properties = font_manager.FontProperties(family=[family])
        wanted -= letters_of(font_manager.findfont(properties))
    for font in _installed() if wanted else ():
        if found := wanted & letters_of(font.fname):
            wanted -= found
            families.append(font.name)
    if wanted:
        letters = "".join(sorted(wanted))
        warnings.warn(
            f"No installed font has the letters {letters[:40]!r}: boxes are drawn instead. Install "
            "a font that has them, such as one of Google's Noto fonts; it is found by itself.",
            UserWarning,
            stacklevel=5,
        )
    boxes = str.maketrans(dict.fromkeys(wanted, MISSING))
    return {label: label.translate(boxes) for label in labels}, families


@lru_cache(maxsize=512)
def letters_of(path: str) -> frozenset[str]:
    """Letters that a font file has."""
    from matplotlib.font_manager import get_font

    return frozenset(map(chr, get_font(path).get_charmap()))


def _installed() -> list:
    """Installed fonts, those for plain text first; none that draws boxes for all letters."""
    from matplotlib.font_manager import fontManager

    fonts = [font for font in fontManager.ttflist if "Last Resort" not in font.name]
    return sorted(
        fonts, key=lambda f: (f.style != "normal", str(f.weight) not in ("400", "normal"))
    )
