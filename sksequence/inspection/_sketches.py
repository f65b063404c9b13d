"""Single sequences in small: lines, heat maps, film strips, blocks of symbols, words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sksequence.inspection._letters import drawable, shown
from sksequence.inspection._tag_text import GROUNDS

MOST_CURVES = 4  # features that have axes of their own; more are a heat map
MOST_POINTS = 2000  # of a line; of a longer one the lowest and the highest value of each stretch
MOST_FRAMES = 8
MOST_STEPS = 1000  # of a heat map
LARGEST = 2.5  # standard deviations at the ends of the colours
HEAT = "RdBu_r"
LETTER = 0.0715  # inches of a letter of a line of text, where it is rounded up to whole pixels
MOST_LETTERS = 110  # of a row of blocks that are named


def envelope(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values of a line that looks as the whole does; no peak is lost."""
    n = len(values)
    if n <= MOST_POINTS:
        return np.arange(n), values
    edges = np.linspace(0, n, MOST_POINTS // 2 + 1).astype(int)
    picks = []
    for start, stop in pairwise(edges):
        part = values[start:stop]
        if np.isnan(part).all():
            picks += [start, stop - 1]
        else:
            picks += sorted((start + int(np.nanargmin(part)), start + int(np.nanargmax(part))))
    at = np.array(picks)
    return at, values[at]


def draw_lines(ax: Any, values: np.ndarray, color: Any, **settings: Any) -> Any:
    """One feature of one sequence, ``(n_steps,)``; the line is returned."""
    steps, shown_values = envelope(np.asarray(values, dtype=float))
    mark = {"marker": "o", "ms": 4} if len(values) == 1 else {}
    (line,) = ax.plot(steps, shown_values, color=color, **{"lw": 1.3, **mark, **settings})
    return line


def draw_heat(ax: Any, values: np.ndarray, center: np.ndarray, scale: np.ndarray) -> Any:
    """All features of one sequence, ``(n_steps, n_features)``, each in its own unit."""
    every = -(-len(values) // MOST_STEPS)
    standard = (values[::every] - center) / scale
    n_steps, n_features = values.shape
    return ax.imshow(
        standard.T,
        aspect="auto",
        cmap=HEAT,
        vmin=-LARGEST,
        vmax=LARGEST,
        interpolation="nearest",
        extent=(-0.5, n_steps - 0.5, n_features - 0.5, -0.5),
    )


def draw_film(ax: Any, frames: np.ndarray) -> Any:
    """Some frames of one sequence, ``(n_steps, n_rows, n_columns[, n_channels])``, in a row."""
    at = np.unique(np.linspace(0, len(frames) - 1, MOST_FRAMES).round().astype(int))
    chosen = np.asarray(frames[at], dtype=float)
    if chosen.ndim == 4 and chosen.shape[-1] not in (3, 4):
        chosen = chosen.mean(axis=-1)
    low, high = np.nanmin(frames), np.nanmax(frames)
    chosen = (chosen - low) / (high - low if high > low else 1.0)
    gap = max(1, chosen.shape[2] // 12)
    widths = ((0, 0), (0, 0), (0, gap), *((0, 0),) * (chosen.ndim - 3))
    strip = np.concatenate(list(np.pad(chosen, widths, constant_values=1.0)), axis=1)
    strip = strip[:, :-gap]
    width = chosen.shape[2] + gap
    ax.set_xticks(np.arange(len(at)) * width + (width - gap) / 2 - 0.5, [str(i) for i in at])
    return ax.imshow(strip, cmap="gray", vmin=0, vmax=1, interpolation="antialiased")


def colours_of(symbols: Sequence[str]) -> dict[str, str] | None:
    """A ground for each symbol; None if there are more than grounds."""
    different = sorted(set(symbols), key=lambda s: (len(s), s))
    if len(different) > len(GROUNDS):
        return None
    return dict(zip(different, GROUNDS, strict=False))


def draw_blocks(ax: Any, rows: Sequence[Sequence[str]], colours: dict[str, str]) -> list[Any]:
    """Symbols as coloured blocks, a row for each sequence, with letters where they fit."""
    from matplotlib.colors import ListedColormap

    names = list(colours)
    place = {name: k for k, name in enumerate(names)}
    cmap = ListedColormap([colours[name] for name in names])
    widest = max(map(len, rows))
    images = []
    for i, row in enumerate(rows):
        ids = np.array([[place[symbol] for symbol in row]])
        extent = (-0.5, len(row) - 0.5, i + 0.38, i - 0.38)
        limits = {"vmin": -0.5, "vmax": len(names) - 0.5}
        images.append(
            ax.imshow(
                ids, cmap=cmap, aspect="auto", interpolation="nearest", extent=extent, **limits
            )
        )
    if widest * max(len(name) for name in names) <= MOST_LETTERS:
        _write_letters(ax, rows)
    ax.set_xlim(-0.5, widest - 0.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    return images


def _write_letters(ax, rows):
    texts, families = drawable({shown(symbol) for row in rows for symbol in row})
    for i, row in enumerate(rows):
        for t, symbol in enumerate(row):
            style = {"fontsize": 8, "ha": "center", "va": "center_baseline"}
            ax.text(t, i, texts[shown(symbol)], fontfamily=families, parse_math=False, **style)


def draw_words(ax: Any, rows: Sequence[Sequence[str]], letters: int) -> list[Any]:
    """The beginning of each sequence of words as a line of text."""
    lines = [_line_of(row, letters) for row in rows]
    texts, families = drawable(lines)
    families = ["DejaVu Sans Mono", *families]
    ax.set_xlim(0, 1)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xticks([])
    style = {"fontsize": 8, "va": "center_baseline", "parse_math": False}
    return [ax.text(0, i, texts[line], family=families, **style) for i, line in enumerate(lines)]


def _line_of(words: Sequence[str], letters: int) -> str:
    """As many words as fit, and what is left out."""
    whole = all(len(word) == 1 for word in words)
    line = ("" if whole else " ").join(word for word in words[:letters])
    line = "".join(c if c.isprintable() else "\u00b7" for c in line)
    cut = len(words) > letters or len(line) > letters
    return line[: letters - 1] + "\u2026" if cut else line
