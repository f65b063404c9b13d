"""Drawing the attention of a sentence as a heat map."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from sksequence.inspection._letters import drawable, shown

UNKNOWN_COLOR = "#b3261e"
WIDEST = 15.0  # inches of a figure for one heat map
POINTS = 72.0  # in an inch


def are_steps(labels: Sequence) -> bool:
    """Whether labels are numbers of steps and not words."""
    return all(isinstance(label, (int, np.integer)) for label in labels)


def cell_size(source: Sequence, target: Sequence) -> tuple[float, float]:
    """Width and height of a cell in inches, for a figure of its own."""
    size = 0.42 if max(len(source), len(target)) <= 8 else 0.32
    across, down = (min(size, 0.15) if are_steps(labels) else size for labels in (source, target))
    return min(across, 0.7 * WIDEST / len(source)), min(down, 0.7 * WIDEST / len(target))


def figure_size(source: Sequence, target: Sequence) -> tuple[float, float]:
    """Inches of a figure for one heat map with its words and its colour bar."""
    width, height = cell_size(source, target)
    letter = 0.6 * font_size(min(width, height)) / POINTS
    slope = {0: 0.0, 45: 0.71, 90: 1.0}[rotation(source, width)]
    above = 0.75 + letter * _longest(source) * slope
    overhang = letter * _longest(source[-3:]) * 0.71 if slope == 0.71 else 0.0
    left = 0.65 + letter * _longest(target)
    map_height = max(len(target) * height, 0.8)
    return left + max(len(source) * width + max(1.0, overhang), 2.0), above + map_height + 0.15


def font_size(cell: float) -> float:
    """Points of letters that fit into a cell of so many inches."""
    return float(np.clip(0.62 * cell * POINTS, 6.0, 11.0))


def rotation(labels: Sequence, width: float) -> int:
    """Degrees by which labels over cells of this width are turned."""
    if are_steps(labels) or _longest(labels) <= max(1, 1.6 * width * POINTS / 11):
        return 0
    return 45 if width >= 0.24 else 90


def _longest(labels: Sequence) -> int:
    return max((len(shown(label)) for label in labels), default=0)


def draw_heat_map(
    ax: Any,
    weights: np.ndarray,
    source: Sequence,
    target: Sequence,
    unknown: tuple[Collection[str], Collection[str]],
    im_kw: dict,
    colorbar: bool,
) -> Any:
    """Draw ``(n_target, n_source)`` weights into axes; the image is returned."""
    im = ax.imshow(weights, **{"aspect": "auto", "vmin": 0.0, "vmax": _top(weights), **im_kw})
    box = ax.get_position()
    inches = ax.figure.get_size_inches() * (box.width, box.height)
    width, height = inches / (len(source), len(target))
    texts, families = drawable([shown(label) for label in (*source, *target)])
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    for axis, labels, strange, cell in (
        (ax.xaxis, source, unknown[0], width),
        (ax.yaxis, target, unknown[1], height),
    ):
        _label(axis, labels, strange, cell, texts, families)
    turn = rotation(source, width)
    if turn:
        ax.tick_params(axis="x", labelrotation=turn)
        for label in ax.get_xticklabels():
            label.set(ha="left" if turn == 45 else "center", rotation_mode="default")
            if turn == 45:
                label.set(rotation_mode="anchor", va="baseline")
    _separate(ax, len(source), len(target), min(width, height))
    if colorbar:
        _add_colorbar(ax, im, inches)
    return im


def _top(weights: np.ndarray) -> float:
    """The end of the colour scale: 1, or the largest weight where that would leave it blank."""
    largest = float(np.max(weights, initial=0.0))
    return largest if 0 < largest < 0.5 else 1.0


def _label(axis, labels, unknown, cell, texts, families):
    """Words or numbers of steps along one axis; unknown words stand out."""
    name = "source" if axis.axis_name == "x" else "target"
    if are_steps(labels):
        from matplotlib.ticker import MaxNLocator

        axis.set_major_locator(MaxNLocator(nbins="auto", integer=True, min_n_ticks=1))
        axis.set_label_text(f"{name} step")
        return
    size = font_size(cell)
    every = max(1, int(np.ceil(0.9 * size / (cell * POINTS))))  # all words, where they fit
    places = range(0, len(labels), every)
    axis.set_ticks(
        list(places),
        [texts[shown(labels[i])] for i in places],
        fontsize=size,
        fontfamily=families,
        parse_math=False,
    )
    strange = [i for i in places if labels[i] in unknown]
    for tick, i in zip(axis.get_ticklabels(), places, strict=True):
        if i in strange:
            tick.set(color=UNKNOWN_COLOR, fontstyle="italic")
    axis.set_label_text(f"{name} (red: unknown)" if strange else name)


def _separate(ax, n_source, n_target, cell):
    """Thin lines between cells that are large enough for them."""
    ax.tick_params(length=0)
    ax.spines[:].set(color="0.7", linewidth=0.6)
    if cell < 0.1:
        return
    ax.set_xticks(np.arange(1, n_source) - 0.5, minor=True)
    ax.set_yticks(np.arange(1, n_target) - 0.5, minor=True)
    ax.grid(which="minor", color="0.9", linewidth=0.5)
    ax.tick_params(which="minor", length=0)


def _add_colorbar(ax, im, inches):
    """A bar at the right, about as high as the heat map."""
    if ax.figure.get_layout_engine() is None:  # nobody else makes room for it
        bar = ax.figure.colorbar(im, ax=ax, fraction=0.04, pad=0.03)
    else:
        height = float(np.clip(inches[1], 0.8, 2.5)) / inches[1]
        width = gap = 0.12 / inches[0]
        bar = ax.figure.colorbar(im, cax=ax.inset_axes((1 + gap, 0.5 - height / 2, width, height)))
    bar.set_label("attention", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set(color="0.7", linewidth=0.6)
    if im.get_clim() == (0.0, 1.0):
        bar.set_ticks([0.0, 0.5, 1.0])
