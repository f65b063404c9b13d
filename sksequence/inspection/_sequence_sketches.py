"""Some sequences of a set, drawn side by side or one below the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.inspection._letters import drawable, shown
from sksequence.inspection._sequence_reading import Contents
from sksequence.inspection._sketches import (
    LETTER,
    MOST_CURVES,
    colours_of,
    draw_blocks,
    draw_film,
    draw_heat,
    draw_lines,
    draw_words,
)
from sksequence.inspection._time_axes import tidy

GAP = 0.18  # inches between axes that stand one below the other
ROW = 0.3  # inches of a line of symbols or text
NAME_GAP = 9  # points between the name of a row and the row


@dataclass(frozen=True)
class Sketch:
    """What is drawn of a set of sequences.

    Parameters
    ----------
    contents : Contents
    index : list of int
        Which of them.
    labels : list of str
        The target of each, or its position.
    colors : list
        One for each.
    """

    contents: Contents
    index: list[int]
    labels: list[str]
    colors: list[Any]

    @property
    def height(self) -> float:
        """Inches of axes for it."""
        n, kind = len(self.index), self.contents.kind
        if kind == "numbers":
            n_features = len(self.contents.feature_names)
            if n_features <= MOST_CURVES:
                return 0.5 + n_features * (2.1 if n_features == 1 else 1.25)
            return 0.7 + n * (float(np.clip(0.05 * n_features, 0.5, 1.1)) + GAP)
        return 0.7 + n * (0.95 + GAP if kind == "frames" else ROW)

    @property
    def rows(self) -> list[Any]:
        """The sequences themselves."""
        return [self.contents.sequence(i) for i in self.index]

    def draw(self, ax: Any) -> list[Any]:
        """Draw into axes; those inside them are returned, if there are any, else they."""
        title = f"{len(self.index)} of them" if len(self.index) > 1 else "one of them"
        if self.contents.title:
            title += f", {self.contents.title}"
        ax.set_title(title, fontsize=10, loc="left")
        if self.contents.kind == "numbers":
            few = len(self.contents.feature_names) <= MOST_CURVES
            return self._draw_features(ax) if few else self._draw_maps(ax)
        if self.contents.kind == "frames":
            return self._draw_films(ax)
        self._draw_symbols(ax)
        return [ax]

    # -- numbers ------------------------------------------------------------------------------

    def _draw_features(self, ax):
        """Axes for each feature, a line for each sequence."""
        names = self.contents.feature_names
        axes = _divided(ax, len(names))
        rows = self.rows
        for j, (place, name) in enumerate(zip(axes, names, strict=True)):
            for row, color in zip(rows, self.colors, strict=True):
                draw_lines(place, row[:, j], color, alpha=0.85)
            tidy(place)
            texts, families = drawable([shown(name)])
            label = texts[shown(name)] if len(names) > 1 or name != "x0" else "value"
            place.set_ylabel(label, fontsize=9, fontfamily=families, parse_math=False)
            place.tick_params(labelsize=8, labelbottom=j == len(names) - 1)
            place.locator_params(axis="y", nbins=4)
            place.set_xlim(axes[0].get_xlim())
        _name_steps(axes[-1])
        return axes

    def _draw_maps(self, ax):
        """A heat map for each sequence, on one axis of time."""
        rows = [np.asarray(row, dtype=float) for row in self.rows]
        everything = np.concatenate(rows)
        center, scale = np.nanmean(everything, axis=0), np.nanstd(everything, axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        axes = _divided(ax, len(rows))
        longest = max(map(len, rows))
        for i, (place, row) in enumerate(zip(axes, rows, strict=True)):
            im = draw_heat(place, row, center, scale)
            place.set_xlim(-0.5, longest - 0.5)
            self._name_row(place, i)
            place.tick_params(labelbottom=i == len(rows) - 1, length=2, labelsize=8)
            place.spines[:].set_visible(False)
        _name_steps(axes[-1])
        height = min(1.0, 2.0 / self.height)
        bar = ax.figure.colorbar(im, cax=ax.inset_axes((1.012, 0.5 - height / 2, 0.012, height)))
        bar.set_label("standard deviations\nfrom a feature's mean", fontsize=8)
        bar.ax.tick_params(labelsize=8)
        bar.outline.set_visible(False)
        return axes

    def _draw_films(self, ax):
        axes = _divided(ax, len(self.index))
        for i, (place, row) in enumerate(zip(axes, self.rows, strict=True)):
            draw_film(place, row)
            place.set_anchor("W")
            self._name_row(place, i)
            place.tick_params(length=0, labelsize=8)
            place.spines[:].set_visible(False)
        axes[-1].set_xlabel("step", fontsize=9)
        return axes

    def _name_row(self, ax, i):
        texts, families = drawable([shown(self.labels[i])])
        ax.set_yticks([])
        style = {"rotation": 0, "ha": "right", "va": "center", "fontsize": 9, "labelpad": NAME_GAP}
        name = texts[shown(self.labels[i])]
        color = self._ink(i)
        ax.set_ylabel(name, color=color, fontfamily=families, parse_math=False, **style)

    # -- symbols ------------------------------------------------------------------------------

    def _draw_symbols(self, ax):
        rows = self.rows
        colours = None
        if self.contents.kind == "symbols":
            colours = colours_of([symbol for row in rows for symbol in row])
        if colours is None:
            draw_words(ax, rows, self._letters(ax))
        else:
            draw_blocks(ax, rows, colours)
            _name_steps(ax)
            _explain(ax, colours)
        texts, families = drawable([shown(label) for label in self.labels])
        names = [texts[shown(label)] for label in self.labels]
        ax.set_yticks(range(len(rows)), names, fontsize=9, fontfamily=families, parse_math=False)
        for i, tick in enumerate(ax.get_yticklabels()):
            tick.set_color(self._ink(i))
        ax.tick_params(axis="y", length=0, pad=NAME_GAP)
        ax.spines[:].set_visible(False)

    def _letters(self, ax: Any) -> int:
        """How many letters fit into a line."""
        inches = ax.figure.get_figwidth() * ax.get_position().width
        if ax.figure.get_layout_engine() is not None:  # it takes away what is free on either side
            inches = 1.2 * inches - 0.09 * max(len(shown(label)) for label in self.labels)
        return max(10, int(inches / LETTER) - 1)

    def _ink(self, i: int) -> str:
        """The colour of a class, dark enough for letters."""
        from matplotlib.colors import to_hex, to_rgb

        if self.labels[i].startswith("sequence "):
            return "0.25"
        return to_hex(0.72 * np.array(to_rgb(self.colors[i])))


def _divided(ax: Any, n: int) -> list[Any]:
    """Axes inside axes, one below the other."""
    ax.set_axis_off()
    inches = ax.figure.get_figheight() * ax.get_position().height
    gap = min(GAP / inches, 0.3 / n)
    height = (1 - (n - 1) * gap) / n
    return [ax.inset_axes((0, 1 - (i + 1) * height - i * gap, 1, height)) for i in range(n)]


def _name_steps(ax: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    ax.tick_params(axis="x", labelsize=8)
    ax.set_xlabel("step", fontsize=9)


def _explain(ax: Any, colours: dict[str, str]) -> None:
    """Which colour is which symbol, where no letters tell."""
    if ax.texts:
        return
    from matplotlib.patches import Patch

    texts, _ = drawable([shown(name) for name in colours])
    patches = [Patch(facecolor=c, label=texts[shown(name)]) for name, c in colours.items()]
    beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0}
    ax.legend(handles=patches, frameon=False, fontsize=8, handlelength=1.0, **beside)
