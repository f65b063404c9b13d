"""Words or characters on coloured ground, as HTML and as a drawing."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from sksequence.inspection._letters import drawable, shown

LINE = 88  # letters of a line
MOST_LINES = 60
LETTER, HEIGHT = 0.088, 0.2  # inches of a letter


def is_characters(tokens: Sequence[str]) -> bool:
    """Whether every token is one character, so that no blanks belong between them."""
    return all(len(token) <= 1 for token in tokens)


def colours(values: np.ndarray, cmap: Any, low: float, high: float) -> list[tuple[str, str]]:
    """For each value the colour of the ground and that of a letter that can be read on it."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    cmap = colormaps[cmap] if isinstance(cmap, str) else cmap
    rgb = cmap((values - low) / (high - low))[:, :3]
    dark = rgb @ (0.299, 0.587, 0.114) < 0.5
    return [(to_hex(c), "#ffffff" if d else "#000000") for c, d in zip(rgb, dark, strict=True)]


def as_html(tokens, values, cmap, low, high, title, end: str = "", mark: Any = None) -> str:
    """Coloured words or characters; a tooltip tells each value.

    `end` is what stands behind the bar of colours in place of `high`, `mark` a value that has a
    line in it.
    """
    between = "" if is_characters(tokens) else " "
    spans = []
    for token, value, (ground, letter) in zip(
        tokens, values, colours(values, cmap, low, high), strict=True
    ):
        text = "\u21b5\n" if token == "\n" else token
        spans.append(
            f'<span style="background:{ground};color:{letter}" title="{value:.3g}">'
            f"{escape(text)}</span>"
        )
    ramp = ", ".join(c for c, _ in colours(np.linspace(low, high, 9), cmap, low, high))
    line = ""
    if mark is not None:
        line = (
            f'<span style="position:absolute;left:{100 * (mark - low) / (high - low):.3g}%;'
            'top:-0.15em;width:2px;height:1em;background:#000"></span>'
        )
    bar = (
        '<span style="display:inline-block;position:relative;width:8em;height:0.7em;'
        f'margin:0 0.4em;background:linear-gradient(to right, {ramp})">{line}</span>'
    )
    end = escape(end or f"{high:.2g}")
    return (
        f'<div><div style="font-size:90%">{escape(title)}: {low:.2g}{bar}{end}</div>'
        '<div style="font-family:monospace;white-space:pre-wrap;line-height:1.5">'
        f"{between.join(spans)}</div></div>"
    )


def in_lines(tokens: Sequence[str], widest: int = LINE) -> list[list[tuple[int, int, int]]]:
    """Lines of ``(token, first letter's place, width)``; a line break in the text starts one."""
    lines: list[list[tuple[int, int, int]]] = [[]]
    gap, place = (0 if is_characters(tokens) else 1), 0
    for i, token in enumerate(tokens):
        width = _width(shown(token))
        if place and place + width > widest:
            lines.append([])
            place = 0
        lines[-1].append((i, place, width))
        place += width + gap
        if token == "\n":
            lines.append([])
            place = 0
    return lines if lines[-1] else lines[:-1]


def text_size(tokens: Sequence[str]) -> tuple[float, float]:
    """Inches of a figure for these tokens."""
    lines = in_lines(tokens)
    widest = max(max(p + w for _, p, w in line) for line in lines)
    return max(widest * LETTER, 3.4) + 0.3, min(len(lines), MOST_LINES) * HEIGHT + 0.75


def draw_text(ax, tokens, values, cmap, low, high, title) -> Any:
    """Draw coloured tokens into axes; the colour bar's mappable is returned."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle

    lines = in_lines(tokens)
    if len(lines) > MOST_LINES:
        raise ValueError(
            f"StateDisplay draws at most {MOST_LINES} lines of text, got {len(lines)}: give a part "
            "of it, or look at it as HTML in a notebook."
        )
    texts, families = drawable([shown(token) for token in tokens])
    families = ["DejaVu Sans Mono", *families]
    paint = colours(values, cmap, low, high)
    boxes, grounds = [], []
    for row, line in enumerate(lines):
        for i, place, width in line:
            boxes.append(Rectangle((place, row), width, 0.92))
            grounds.append(paint[i][0])
            ax.text(
                place + width / 2,
                row + 0.48,
                texts[shown(tokens[i])].replace("\u2423", " "),
                color=paint[i][1],
                fontfamily=families,
                fontsize=9,
                ha="center",
                va="center_baseline",
                parse_math=False,
            )
    ax.add_collection(PatchCollection(boxes, facecolors=grounds, linewidths=0, antialiased=False))
    widest = max(max(p + w for _, p, w in line) for line in lines)
    ax.set_xlim(0, max(widest, 3.4 / LETTER))
    ax.set_ylim(len(lines), 0)
    ax.set_axis_off()
    ax.set_title(title, fontsize=10, loc="left")
    return ScalarMappable(Normalize(low, high), cmap)


def _width(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide
