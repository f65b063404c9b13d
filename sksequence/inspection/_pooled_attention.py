"""Which steps a network listened to that pools by attention: coloured words, curves, frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.inspection._coloured_text import (
    HEIGHT,
    MOST_LINES,
    as_html,
    draw_text,
    in_lines,
    text_size,
)
from sksequence.inspection._gradient_flow_display import COLORS
from sksequence.inspection._letters import drawable, shown
from sksequence.inspection._opened import Opened
from sksequence.inspection._sequence_reading import Contents, read_contents
from sksequence.inspection._sketches import (
    MOST_CURVES,
    MOST_FRAMES,
    draw_film,
    draw_heat,
    draw_lines,
)
from sksequence.inspection._time_axes import BLUE, INK, tidy

WORDS = "Blues"
PALE = 4  # equal shares that the scale of colours has at least
GAP = 0.07  # share of the height between the sequence and its weights
SCALE_ROWS = 1.3  # lines of text that the scale of colours takes
RAMP_START, RAMP = 9.5, 16  # where it begins, and its width, in letters
MOST_BARS = 150  # steps; the weights of more are an area


@dataclass(frozen=True)
class PooledAttention:
    """The weights of one sequence, checked, with what it is.

    Parameters
    ----------
    weights : ndarray of shape (n_steps,)
    source : list of str, or ndarray of shape (n_steps, ...)
        Words, or numbers.
    title : str
        What was answered.
    feature_names : tuple of str
        Of numbers.
    """

    weights: np.ndarray
    source: Any
    title: str = ""
    feature_names: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, weights: np.ndarray, source: Any, target: Any, feature_names: Any = None
    ) -> PooledAttention:
        """Check that there is a weight for each step."""
        words = not isinstance(source, np.ndarray) or source.dtype.kind in "OU"
        if words:
            words = source is not None and any(isinstance(token, str) for token in source)
        source = list(map(str, source)) if words else np.asarray(source, dtype=float)
        if len(source) != len(weights):
            raise ValueError(
                f"AttentionDisplay has weights of {len(weights)} steps, but {len(source)} words or "
                "numbers in source: give one for each step."
            )
        if not words and source.ndim == 1:
            source = source[:, np.newaxis]
        names = tuple(feature_names or ())
        if not words and source.ndim == 2 and len(names) != source.shape[1]:
            names = tuple(f"x{j}" for j in range(source.shape[1]))
        return cls(np.asarray(weights, dtype=float), source, _told(target), names)

    @property
    def is_text(self) -> bool:
        """Whether words are coloured."""
        return isinstance(self.source, list)

    @property
    def top(self) -> float:
        """The end of the colour scale: the largest weight, at least four equal shares.

        So words are pale where all count about the same.
        """
        return max(float(self.weights.max(initial=0.0)), PALE * self.share)

    @property
    def share(self) -> float:
        """The weight of every step if all were equal."""
        return 1 / max(len(self.weights), 1)

    @property
    def size(self) -> tuple[float, float]:
        """Inches of a figure."""
        if self.is_text:
            width, height = text_size(self.source)
            return width, height - 0.3 + SCALE_ROWS * HEIGHT
        n_steps = len(self.weights)
        return float(np.clip(0.09 * n_steps + 1.6, 6.0, 12.0)), 3.6

    def html(self, cmap: Any = None) -> str:
        """Coloured words; a tooltip tells each weight."""
        title = f"{self.title}; attention" if self.title else "attention"
        cmap, end = WORDS if cmap is None else cmap, _told_scale(self.top, self.share)
        return as_html(self.source, self.weights, cmap, 0.0, self.top, title, end, self.share)

    def draw(self, ax: Any, *, cmap: Any, colorbar: bool, im_kw: dict) -> Any:
        """Draw into axes: what explains the colours of words, or the bars of the weights."""
        if self.is_text:
            return self._draw_words(ax, WORDS if cmap is None else cmap, colorbar)
        return self._draw_numbers(ax, im_kw)

    def _draw_words(self, ax, cmap, colorbar):
        if len(in_lines(self.source)) > MOST_LINES:
            raise ValueError(
                f"AttentionDisplay draws at most {MOST_LINES} lines of text, got "
                f"{len(in_lines(self.source))}: give a part of it, or look at it as HTML in a "
                "notebook."
            )
        mappable = draw_text(ax, self.source, self.weights, cmap, 0.0, self.top, self.title)
        if colorbar:
            _explain_colours(ax, mappable, len(in_lines(self.source)), self.share)
        return mappable

    def _draw_numbers(self, ax, im_kw):
        """The sequence above, its weights below, on one axis of time."""
        ax.set_axis_off()
        ax.set_title(self.title, fontsize=10, loc="left")
        share = 0.62
        above = ax.inset_axes((0, 1 - share, 1, share))
        below = ax.inset_axes((0, 0, 1, 1 - share - GAP))
        n_steps = len(self.weights)
        if self.source.ndim > 2:
            self._draw_frames(above)
        elif self.source.shape[1] <= MOST_CURVES:
            self._draw_curves(above)
        else:
            scale = np.nanstd(self.source, axis=0)
            im = draw_heat(
                above, self.source, np.nanmean(self.source, axis=0), np.where(scale > 0, scale, 1.0)
            )
            im.set(**im_kw)
            above.set_ylabel("feature\n(red: above its mean)", fontsize=9)
            above.spines[:].set_visible(False)
        if self.source.ndim == 2:
            above.set_xlim(-0.5, n_steps - 0.5)
            above.tick_params(labelbottom=False)
        above.tick_params(labelsize=8, length=2)
        bars = _draw_weights(below, self.weights)
        return bars

    def _draw_curves(self, ax):
        texts, families = drawable([shown(name) for name in self.feature_names])
        for j, name in enumerate(self.feature_names):
            label = texts[shown(name)]
            draw_lines(ax, self.source[:, j], COLORS[(j + 1) % len(COLORS)], label=label)
        tidy(ax)
        if len(self.feature_names) == 1:
            (name,) = self.feature_names
            label = "value" if name == "x0" else texts[shown(name)]
            ax.get_lines()[0].set_color(INK)
            ax.set_ylabel(label, fontsize=9, fontfamily=families, parse_math=False)
            return
        ax.set_ylabel("value", fontsize=9)
        beside = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0}
        legend = ax.legend(frameon=False, fontsize=8, handlelength=1.2, **beside)
        for text in legend.get_texts():
            text.set(fontfamily=families, parse_math=False)

    def _draw_frames(self, ax):
        """The frames with the largest weights, in the order of time."""
        n = min(MOST_FRAMES, len(self.weights))
        at = np.sort(np.argsort(-self.weights, kind="stable")[:n])
        draw_film(ax, self.source[at])
        ax.set_xticks(ax.get_xticks(), [f"step {t}" for t in at])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)


def _draw_weights(ax: Any, weights: np.ndarray) -> Any:
    """A bar for each step, and a line where all would be if they were equal."""
    from matplotlib.ticker import MaxNLocator

    steps = np.arange(len(weights))
    if len(weights) <= MOST_BARS:
        drawn = ax.bar(steps, weights, width=0.9, color=BLUE)
    else:
        drawn = ax.fill_between(steps, weights, step="mid", color=BLUE, linewidth=0)
    ax.axhline(1 / len(weights), color=INK, lw=0.9, ls=(0, (3, 2)), label="if all were equal")
    tidy(ax)
    ax.set_xlim(-0.5, len(weights) - 0.5)
    ax.set_ylim(0, 1.08 * max(float(weights.max()), 1 / len(weights)))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    ax.yaxis.set_major_locator(_few_ticks())
    ax.tick_params(labelsize=8)
    ax.set_xlabel("step", fontsize=9)
    ax.set_ylabel("attention", fontsize=9)
    beside = {"loc": "lower right", "bbox_to_anchor": (1.0, 0.96), "borderaxespad": 0}
    ax.legend(frameon=False, fontsize=8, handlelength=1.6, **beside)
    return drawn


def _told_scale(top: float, share: float) -> str:
    """The end of the scale, in shares that all words would have if they counted the same."""
    return f"{top / share:.2g} times an equal share of {share:.2g} (the line)"


def _explain_colours(ax: Any, mappable: Any, row: int, share: float) -> None:
    """A ramp of the colours under the last line of the text, with a line at the equal share."""
    low, high = mappable.get_clim()
    style = {"fontsize": 8, "color": INK, "va": "center"}
    ax.text(0, row + 0.85, "attention  0", **style)
    edges = RAMP_START + np.linspace(0, RAMP, 65)
    middles = np.linspace(low, high, 64)[np.newaxis]
    ax.pcolormesh(
        edges, [row + 0.6, row + 1.1], middles, cmap=mappable.cmap, norm=mappable.norm, lw=0
    )
    at = RAMP_START + RAMP * share / high
    ax.plot([at, at], [row + 0.52, row + 1.18], color=INK, lw=1.2)
    ax.text(edges[-1], row + 0.85, f" {_told_scale(high, share)}", **style)
    ax.set_ylim(row + SCALE_ROWS, 0)


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=4)


def _told(target: Any) -> str:
    """What was answered, in a line."""
    if target is None:
        return ""
    if isinstance(target, str):
        return target
    return ", ".join(map(str, target)) if np.ndim(target) else str(target)


# -- what an estimator answers --------------------------------------------------------------------


def read_pooled(
    inside: Opened, steps: list, y: Any
) -> tuple[list, list, list[str], tuple[str, ...]]:
    """Weights of each sequence, what it is, what was answered, and the names of its features.

    Raises
    ------
    AttributeError
        If the estimator pools in another way.
    """
    found = inside.estimator.attention_weights(inside.X)
    weights = [row[:, 0] for row in found]
    contents = _contents(inside, found.lengths)
    sources: list[Any] = []
    for i, row in enumerate(weights):
        tokens = _words(inside, steps, i, len(row))
        sources.append(contents.sequence(i) if tokens is None else tokens)
    return weights, sources, _answers(inside, y), contents.feature_names


def _words(inside: Opened, steps: list, i: int, n_steps: int) -> list[str] | None:
    """The words of sequence `i` as they were written, unknown ones in brackets."""
    tokens = inside.tokens(i, n_steps)
    unknown = None if inside.vocabulary is None else inside.vocabulary.unknown_id
    if tokens is None or unknown is None or not isinstance(inside.X[i], np.ndarray):
        return tokens
    text = getattr(inside.given, "iloc", inside.given)[i]
    encoders = [step for step in steps if getattr(step, "vocabulary_", None) is inside.vocabulary]
    written = encoders[-1]._analyze(text) if encoders else tokens
    if len(written) != len(tokens):
        return tokens
    ids = inside.X[i]
    return [f"[{w}]" if k == unknown else w for w, k in zip(written, ids, strict=True)]


def _contents(inside: Opened, lengths: np.ndarray) -> Contents:
    """The sequences as they were given, if they are as long as what was read; else that."""
    try:
        given = read_contents(inside.given, None, None, "AttentionDisplay")
    except (TypeError, ValueError):  # a step before reads what is no set of sequences
        given = None
    if given is not None and np.array_equal(given.lengths, lengths):
        return given
    return read_contents(inside.X, None, None, "AttentionDisplay")


def _answers(inside: Opened, y: Any) -> list[str]:
    """Each answer in words, and beside it the right one if that is given."""
    said = inside.estimator.predict(inside.X)
    classifies = hasattr(inside.estimator, "classes_")
    told = [_written(answer) if classifies else f"answer {_written(answer)}" for answer in said]
    if hasattr(inside.estimator, "predict_proba") and np.ndim(said) == 1:
        sure = np.max(np.asarray(inside.estimator.predict_proba(inside.X)), axis=1)
        told = [f"{word} ({100 * p:.0f} %)" for word, p in zip(told, sure, strict=True)]
    if y is None:
        return told
    right: Sequence[str] = [_written(answer) for answer in np.asarray(y)]
    if len(right) != len(told):
        raise ValueError(
            f"AttentionDisplay got {len(told)} sequences, but {len(right)} entries in y: give one "
            "for each."
        )
    return [f"{one}, truly {other}" for one, other in zip(told, right, strict=True)]


def _written(answer: Any) -> str:
    if np.ndim(answer):
        return ", ".join(_written(part) for part in answer)
    if isinstance(answer, (float, np.floating)):
        return f"{answer:.4g}"
    return str(answer)
