"""A set of sequences at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np

from sksequence.inspection._gradient_flow_display import COLORS
from sksequence.inspection._letters import drawable, shown
from sksequence.inspection._sequence_reading import (
    Answers,
    Contents,
    n_shown,
    read_answers,
    read_contents,
    spread,
)
from sksequence.inspection._sequence_sketches import Sketch
from sksequence.inspection._time_axes import BLUE, INK, pyplot_for, tidy

MOST_BINS = 40
KINDS = {
    "classes": ("class", "classes"),
    "labels": ("label", "labels"),
    "step labels": ("label of a step", "labels of steps"),
}
GREY = "0.6"
SCALE, LIGHTEST = "viridis", 0.92  # of targets that are numbers


class SequenceDisplay:
    """How long sequences are, what classes they have, and what some of them look like.

    A histogram of the lengths; bars of the classes (or a histogram of the targets); and sequences
    themselves: numbers as lines, a line for each sequence in the colour of its class and axes for
    each feature, or as heat maps where there are more than four features; frames as film strips;
    few different symbols as coloured blocks, words as text. It is best made with
    :meth:`from_sequences`.

    Parameters
    ----------
    X : sequences
        As in :meth:`from_sequences`.
    y : targets, default=None
    index : ndarray of shape (n_examples,), default=None
        Positions of the sequences that are drawn. None: six, short and long ones of each class.
    channel : str, default=None
    vocabulary : Vocabulary or fitted encoder, default=None

    Attributes
    ----------
    lengths : ndarray of shape (n_sequences,)
        Number of steps (of texts, words or characters) of each sequence.
    classes : dict of str to int or None
        How many sequences each class has, the most frequent first (of equally frequent ones in
        natural order, "week 9" before "week 10"), or in order where they are numbers; of labels
        of steps, how many steps. None without y, and for targets that are measured.
    figure_ : matplotlib Figure
    ax_ : ndarray of matplotlib Axes
        Of the lengths, of the classes if there is y, of the sequences.
    sequence_axes_ : list of matplotlib Axes
        Inside the last one: for each feature, for each heat map or film strip, or one.

    See Also
    --------
    sksequence.SequenceArray : The container of sequences.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import SequenceDisplay
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(n, 2)).cumsum(axis=0) for n in rng.integers(5, 40, 50)]
    >>> y = ["long" if len(steps) > 20 else "short" for steps in X]
    >>> display = SequenceDisplay.from_sequences(X, y)
    >>> display.classes
    {'long': 28, 'short': 22}
    >>> bool((display.lengths == [len(steps) for steps in X]).all())
    True
    """

    def __init__(
        self,
        X: Any,
        y: Any = None,
        *,
        index: Sequence[int] | np.ndarray | None = None,
        channel: str | None = None,
        vocabulary: Any = None,
    ):
        self.X = X
        self.y = y
        self.index = index
        self.channel = channel
        self.vocabulary = vocabulary

    @classmethod
    def from_sequences(
        cls,
        X: Any,
        y: Any = None,
        *,
        n_sequences: int = 6,
        index: Sequence[int] | None = None,
        channel: str | None = None,
        vocabulary: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw sequences as they are given to estimators.

        Parameters
        ----------
        X : SequenceArray, list of arrays, array, DataFrame, or list of texts or token lists
            Anything that an estimator or a ``TokenEncoder`` takes; missing numbers may be in it.
            Texts with blanks are counted in words, others in characters.
        y : targets, default=None
            Classes, numbers, several labels each (a 0-1 table), or a label for each step.
        n_sequences : int, default=6
            How many to draw: as many of each class, short and long ones.
        index : sequence of int, default=None
            Which to draw, instead of such a choice.
        channel : str, default=None
            Of several channels, the one to draw; None: the first.
        vocabulary : Vocabulary or fitted encoder, default=None
            Gives symbols their names.
        ax : sequence of matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        SequenceDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If X holds no sequences, or y has not an entry for each.
        """
        pyplot_for(f"{cls.__name__}.from_sequences")
        display = cls(X, y, index=index, channel=channel, vocabulary=vocabulary)
        if index is None:
            display.index = display._spread(n_sequences)
        return display.plot(ax)

    @property
    def lengths(self) -> np.ndarray:
        """Number of steps of each sequence."""
        return self._read[0].lengths

    @property
    def classes(self) -> dict[str, int] | None:
        """How many sequences (or steps) each class has."""
        _, answers = self._read
        if answers is None or answers.kind == "numbers":
            return None
        return dict(zip(answers.names, answers.counts.tolist(), strict=True))

    @cached_property
    def _read(self) -> tuple[Contents, Answers | None]:
        """The sequences and their targets, checked."""
        name = type(self).__name__
        contents = read_contents(self.X, self.channel, self.vocabulary, name)
        return contents, read_answers(self.y, len(contents.lengths), name)

    def _spread(self, n: int) -> np.ndarray:
        contents, answers = self._read
        return spread(contents.lengths, answers, n)

    def plot(self, ax: Any = None) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : sequence of matplotlib Axes, default=None
            Where to draw: the lengths, the classes if there is y, the sequences. None: a new
            figure.

        Returns
        -------
        SequenceDisplay
            Itself, drawn.
        """
        pyplot_for(f"{type(self).__name__}.plot")
        contents, answers = self._read
        if self.index is None:
            self.index = self._spread(6)
        index = _checked(self.index, len(contents.lengths))
        sketch = Sketch(contents, index.tolist(), _labels(answers, index), _colors(answers, index))
        axes = self._axes(ax, sketch)
        _draw_lengths(axes[0], contents)
        if answers is not None:
            _draw_answers(axes[1], answers)
        self.sequence_axes_ = sketch.draw(axes[-1])
        self.figure_, self.ax_ = axes[0].figure, np.array(axes)
        return self

    def _axes(self, ax, sketch):
        wanted = 2 + (self.y is not None)
        if ax is not None:
            axes = list(np.ravel(np.array(ax, dtype=object)))
            if len(axes) != wanted:
                names = "lengths, targets, sequences" if wanted == 3 else "lengths, sequences"
                raise ValueError(
                    f"SequenceDisplay needs {wanted} axes ({names}), got {len(axes)}: give them, "
                    "or ax=None."
                )
            return axes
        top, below = 2.1, sketch.height
        figure = pyplot_for("SequenceDisplay").figure(
            figsize=(8.4, top + below + 0.3), layout="constrained"
        )
        grid = figure.add_gridspec(2, 2, height_ratios=(top, below))
        first = [grid[0, 0], grid[0, 1]] if wanted == 3 else [grid[0, :]]
        return [figure.add_subplot(place) for place in [*first, grid[1, :]]]


def _class_colors(answers: Answers) -> list[str]:
    """A colour for each class; where there are too many, for the most frequent ones."""
    n = len(answers.names)
    return [*COLORS, GREY][: n_shown(n)]


def _colors(answers: Answers | None, index: np.ndarray) -> list[Any]:
    """A colour for each drawn sequence: that of its class, or of its target."""
    if answers is not None and answers.kind == "classes":
        colors = _class_colors(answers)
        return [colors[c] if c < len(colors) else GREY for c in answers.codes[index]]
    if answers is not None and answers.kind == "numbers":
        from matplotlib import colormaps

        values = answers.values[:, 0]
        low, high = np.nanmin(values), np.nanmax(values)
        share = (values[index] - low) / (high - low if high > low else 1.0)
        return [colormaps[SCALE](LIGHTEST * float(s)) for s in share]
    return [COLORS[i % len(COLORS)] for i in range(len(index))]


def _labels(answers: Answers | None, index: np.ndarray) -> list[str]:
    """The target of each drawn sequence; its position where there is none."""
    if answers is None or answers.kind in ("step labels", "labels"):
        return [f"sequence {i}" for i in index]
    if answers.kind == "numbers":
        return [f"y = {answers.values[i, 0]:.3g}" for i in index]
    return [answers.names[code] for code in answers.codes[index]]


def _checked(index: Any, n: int) -> np.ndarray:
    found = np.atleast_1d(np.asarray(index))
    if found.dtype.kind not in "iu" or not len(found) or found.min() < -n or found.max() >= n:
        raise ValueError(f"index must be positions of sequences, from 0 to {n - 1}, got {index!r}.")
    return found % n


# -- lengths and targets --------------------------------------------------------------------------


def _draw_lengths(ax: Any, contents: Contents) -> None:
    lengths, unit = contents.lengths, contents.unit
    low, high = int(lengths.min()), int(lengths.max())
    width = max(1, -(-(high - low + 1) // MOST_BINS))  # whole steps
    edges = np.arange(low, high + width + 1, width) - 0.5
    ax.hist(lengths, bins=edges, color=BLUE, rwidth=0.92 if len(edges) < 60 else 1.0)
    tidy(ax)
    if low == high:
        ax.set_xlim(low - 3, low + 3)
    else:
        median = float(np.median(lengths))
        ax.axvline(median, color=INK, lw=1.1, ls=(0, (3, 2)))
        ax.set_ylim(top=1.22 * ax.dataLim.y1)  # room for a word above the bars
        left = median > (low + high) / 2
        ax.annotate(
            f"median {median:g}",
            (median, 1.0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(-4 if left else 4, -1),
            textcoords="offset points",
            ha="right" if left else "left",
            va="top",
            fontsize=8,
            color=INK,
        )
    _whole(ax.xaxis)
    _whole(ax.yaxis)
    ax.set_xlabel(f"length ({unit})", fontsize=9)
    ax.set_ylabel("sequences", fontsize=9)
    told = f"{len(lengths):,} sequence{'' if len(lengths) == 1 else 's'}"
    if contents.n_missing:
        told += f", {contents.n_missing:,} missing values"
    ax.set_title(told, fontsize=10, loc="left")


def _whole(axis: Any) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _draw_answers(ax: Any, answers: Answers) -> None:
    if answers.kind == "numbers":
        _draw_numbers(ax, answers)
        return
    colors = _class_colors(answers)
    names, counts = answers.names, answers.counts
    if len(names) > len(colors):
        rest = len(names) - len(colors)
        names = [*names[: len(colors)], f"{rest} others"]
        counts = np.append(counts[: len(colors)], counts[len(colors) :].sum())
        colors = [*colors, GREY]
    paint = colors if answers.kind == "classes" else BLUE
    ax.barh(range(len(names)), counts, color=paint, height=0.72)
    texts, families = drawable([shown(name) for name in names])
    labels = [texts[shown(name)] for name in names]
    ax.set_yticks(range(len(names)), labels, fontsize=9, fontfamily=families, parse_math=False)
    room = 0.5 + max(0, 3 - len(names)) / 2
    ax.set_ylim(len(names) - 1 + room, -room)
    tidy(ax)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color="0.92", linewidth=0.8)
    ax.tick_params(axis="y", length=0)
    _whole(ax.xaxis)
    what = {"step labels": "steps", "labels": "sequences (with one or several labels)"}
    ax.set_xlabel(what.get(answers.kind, "sequences"), fontsize=9)
    one, several = KINDS[answers.kind]
    n = len(answers.names)
    ax.set_title(f"{n} {one if n == 1 else several}", fontsize=10, loc="left")


def _draw_numbers(ax: Any, answers: Answers) -> None:
    values = answers.values
    if values.shape[1] == 1:
        from matplotlib import colormaps

        there = values[np.isfinite(values[:, 0]), 0]
        _, edges, bars = ax.hist(there, bins=min(30, max(5, int(len(there) ** 0.5))), rwidth=0.92)
        span = edges[-1] - edges[0]
        for left, bar in zip(edges, bars, strict=False):
            bar.set_facecolor(colormaps[SCALE](LIGHTEST * (left - edges[0]) / span))
    else:
        for j, name in enumerate(answers.names[: len(COLORS)]):
            color = COLORS[j]
            ax.hist(values[:, j], bins=20, histtype="step", color=color, label=shown(name), lw=1.4)
        ax.legend(frameon=False, fontsize=8)
    tidy(ax)
    _whole(ax.yaxis)
    ax.set_xlabel("target y", fontsize=9)
    ax.set_ylabel("sequences", fontsize=9)
    ax.set_title("targets", fontsize=10, loc="left")
