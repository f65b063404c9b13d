"""Pictures of labels of steps: what was confused with what, and the text itself."""

from __future__ import annotations

from html import escape
from typing import Any, Self

import numpy as np

from sksequence.inspection._letters import drawable, shown
from sksequence.inspection._tag_confusions import (
    RIGHT,
    Confusions,
    Match,
    count_matches,
    count_steps,
    match_entities,
    most_frequent,
    runs_of,
    tell_entities,
)
from sksequence.inspection._tag_html import as_html
from sksequence.inspection._tag_text import Line, colours_of, draw_text, text_size
from sksequence.inspection._time_axes import axes_for, pyplot_for
from sksequence.metrics import find_entities, token_accuracy_score
from sksequence.metrics._labels import read_labels

KINDS = ("confusion", "text")
MOST_HTML = 50  # sequences
CELL = 0.52  # inches


class TagDisplay:
    """Labels of steps beside the right ones: entities confused, and the text with its entities.

    The heat map has a row for each type of entity, and tells what became of those: found (on the
    diagonal), found with the right place but as another type, found with wrong bounds, or missed;
    the last row are predicted entities where there is none. Each true entity is paired with one
    predicted at most: an equal one, one with its bounds, one that overlaps. Labels without
    prefixes, such as "coding", stand for single steps, which are counted instead.

    The text has a coloured ground under each entity and its type behind; what is wrong is
    underlined in red, and the right labels stand below, word under word. In a notebook it is shown
    as HTML, where each label stands under its word, and under it, if something in the sequence is
    wrong, the right one. It is best made with :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    y_true : sequence of length n_sequences, or None
        The right labels of each sequence. None: there are none to compare with.
    y_pred : sequence of length n_sequences
        The predicted ones.
    tokens : sequence of length n_sequences, default=None
        The words of each sequence; a text stands for its characters. Needed for the text.
    outside : label, default=None
        The label of steps that are not coloured. None: ``"O"``, or where labels have no prefixes
        the most frequent one.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    ax_ : matplotlib Axes
        The axes.
    im_ : matplotlib AxesImage or None
        The heat map.

    See Also
    --------
    sksequence.metrics.entity_report : Precision, recall and F1 of each type.

    Examples
    --------
    >>> from sksequence import TagDisplay
    >>> y_true = [["B-PER", "I-PER", "O", "B-LOC"]]
    >>> y_pred = [["B-PER", "I-PER", "O", "B-ORG"]]
    >>> display = TagDisplay.from_predictions(y_true, y_pred, [["Ada", "King", "in", "Rome"]])
    >>> display.confusion.loc["LOC", "ORG"]
    np.int64(1)
    >>> "ORG: wrong type" in display._repr_html_()
    True
    """

    def __init__(self, y_true: Any, y_pred: Any, tokens: Any = None, *, outside: Any = None):
        self.y_true = y_true
        self.y_pred = y_pred
        self.tokens = tokens
        self.outside = outside

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        tokens: Any = None,
        *,
        outside: Any = None,
        kind: str = "confusion",
        ax: Any = None,
        cmap: Any = None,
        colorbar: bool = True,
        n_types: int = 20,
    ) -> Self:
        """Draw predicted labels beside the right ones.

        Parameters
        ----------
        y_true, y_pred, tokens, outside
            As in the class.
        kind, ax, cmap, colorbar, n_types
            As in :meth:`plot`.

        Returns
        -------
        TagDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the sides, or tokens, do not fit together.
        """
        pyplot_for(f"{cls.__name__}.from_predictions")
        display = cls(y_true, y_pred, tokens, outside=outside)
        return display.plot(kind, ax=ax, cmap=cmap, colorbar=colorbar, n_types=n_types)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        outside: Any = None,
        kind: str | None = None,
        ax: Any = None,
        cmap: Any = None,
        colorbar: bool = True,
        n_types: int = 20,
    ) -> Self:
        """Label sequences with a fitted estimator and draw that.

        Parameters
        ----------
        estimator : fitted estimator, Pipeline that ends with one, or search over either
            One whose ``predict`` gives a label for each step, such as ``RNNTagger``.
        X : sequences
            As in ``fit``. Lists of words, and texts read letter by letter, are the tokens.
        y : labels of each sequence, default=None
            The right ones; None: only the text is drawn.
        outside : label, default=None
            As in the class.
        kind : {"confusion", "text"}, default=None
            As in :meth:`plot`. None: "confusion" where there is y, else "text".
        ax, cmap, colorbar, n_types
            As in :meth:`plot`.

        Returns
        -------
        TagDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        TypeError
            If the estimator does not predict a label for each step.
        """
        pyplot_for(f"{cls.__name__}.from_estimator")
        if not hasattr(estimator, "predict"):
            raise TypeError(
                f"{cls.__name__} needs a fitted estimator whose predict gives a label for each "
                f"step, such as RNNTagger, got {type(estimator).__name__}."
            )
        y_pred = estimator.predict(X)
        if kind is None:
            kind = "text" if y is None else "confusion"
        tokens = _tokens_of(X, y_pred)
        settings = {"ax": ax, "cmap": cmap, "colorbar": colorbar, "n_types": n_types}
        return cls.from_predictions(y, y_pred, tokens, outside=outside, kind=kind, **settings)

    @property
    def confusion(self) -> Any:
        """The numbers of the heat map, as a DataFrame: true types, and what became of them."""
        import pandas as pd

        found = self._confusions(10**6)
        return pd.DataFrame(found.counts, index=found.rows, columns=found.columns)

    def plot(
        self,
        kind: str = "confusion",
        *,
        ax: Any = None,
        cmap: Any = None,
        colorbar: bool = True,
        n_types: int = 20,
    ) -> Self:
        """Draw it.

        Parameters
        ----------
        kind : {"confusion", "text"}, default="confusion"
            The heat map, or the text; at most 60 lines of it.
        ax : matplotlib Axes, default=None
            Where to draw. None: a new figure of a size that fits.
        cmap : str or matplotlib Colormap, default=None
            Of the heat map; None: from white to blue. Colours are shares of the row: of the true
            entities of a type, and for spurious ones of all that were predicted as the type.
        colorbar : bool, default=True
            Whether a bar explains the colours.
        n_types : int, default=20
            So many types are drawn at most, the most frequent ones.

        Returns
        -------
        TagDisplay
            Itself, drawn.
        """
        name = type(self).__name__
        pyplot_for(f"{name}.plot")
        if kind not in KINDS:
            raise ValueError(f"kind must be 'confusion' or 'text', got {kind!r}.")
        if self.tokens is not None:
            _read_tokens(self.tokens, self._sides()[1])  # says what does not fit together
        self.im_ = None
        if kind == "text":
            blocks, colours = self._blocks()
            (ax,), _ = axes_for(ax, 1, name, text_size(blocks))
            draw_text(ax, blocks, colours)
        else:
            found = self._confusions(n_types)
            (ax,), _ = axes_for(ax, 1, name, _map_size(found))
            self.im_ = _draw_confusions(ax, found, "Blues" if cmap is None else cmap, colorbar)
        self.figure_, self.ax_ = ax.figure, ax
        return self

    def _repr_html_(self) -> str:
        if self.tokens is None:
            return _as_table(self._confusions(20))
        blocks, colours = self._blocks(MOST_HTML)
        n_left = len(self.tokens) - len(blocks)
        note = "Labels stand under their words."
        if self.y_true is not None:
            note += " What is wrong is underlined in red, with the right labels below."
        if n_left > 0:
            note += f" The first {len(blocks)} of {len(self.tokens)} sequences."
        return as_html(blocks, colours, note)

    def _sides(self) -> tuple[list | None, list]:
        if self.y_true is None:
            return None, read_labels("y_pred", self.y_pred)
        token_accuracy_score(self.y_true, self.y_pred)  # says what does not fit together
        return read_labels("y_true", self.y_true), read_labels("y_pred", self.y_pred)

    def _confusions(self, n_types: int) -> Confusions:
        true, pred = self._sides()
        if true is None:
            raise ValueError(
                "TagDisplay has no right labels to compare with: give y, or kind='text'."
            )
        if not tell_entities([*true, *pred]):
            return count_steps(true, pred, n_types)
        pairs = zip(true, pred, strict=True)
        matches = [m for t, p in pairs for m in match_entities(find_entities(t), find_entities(p))]
        return count_matches(matches, n_types)

    def _blocks(self, most: int | None = None) -> tuple[list[list[Line]], dict[str, str]]:
        """The lines of each sequence, and a colour for each type."""
        true, pred = self._sides()
        tokens = _read_tokens(self.tokens, pred)
        shown_pred, shown_true = pred[:most], None if true is None else true[:most]
        if tell_entities([*(true or []), *pred]):
            blocks = _entity_lines(tokens, shown_true, shown_pred)
        else:
            outside = self.outside
            if outside is None:
                outside = most_frequent(pred if true is None else true)
            blocks = _step_lines(tokens, shown_true, shown_pred, outside)
        types = [entity.type for lines in blocks for line in lines for entity in line.entities]
        return blocks, colours_of(types)


# -- what is shown --------------------------------------------------------------------------------


def _entity_lines(tokens: list, true: list | None, pred: list) -> list[list[Line]]:
    """One line of each sequence, or two where they differ; whole entities are wrong."""
    blocks = []
    for i, labels in enumerate(pred):
        guessed = find_entities(labels)
        known = guessed if true is None else find_entities(true[i])
        matches: list[Match] = [m for m in match_entities(known, guessed) if m[2] != RIGHT]
        if not matches:
            blocks.append([Line("", tokens[i], guessed, {})])
            continue
        invented = {other: what for _, other, what in matches if other is not None}
        lost = {one: what for one, _, what in matches if one is not None}
        blocks.append([])
        for name, entities, wrong in (("pred", guessed, invented), ("true", known, lost)):
            steps = frozenset(step for one in wrong for step in range(one.start, one.stop))
            blocks[-1].append(Line(name, tokens[i], entities, wrong, steps))
    return blocks


def _step_lines(tokens: list, true: list | None, pred: list, outside: Any) -> list[list[Line]]:
    """The same of labels that stand for single steps."""
    blocks = []
    for i, labels in enumerate(pred):
        known = labels if true is None else true[i]
        pairs = enumerate(zip(labels, known, strict=True))
        steps = frozenset(step for step, (one, other) in pairs if one != other)
        sides = [("pred", labels), ("true", known)] if steps else [("", labels)]
        blocks.append(
            [Line(name, tokens[i], runs_of(side, outside), {}, steps) for name, side in sides]
        )
    return blocks


def _tokens_of(X: Any, y_pred: Any) -> list | None:
    """The words of X, or of texts the words or letters, whichever there are labels for."""
    if hasattr(X, "offsets") or hasattr(X, "columns"):
        return None
    lengths = [len(row) for row in y_pred]
    for cut in (list, str.split):
        rows = [cut(row) if isinstance(row, str) else row for row in X]
        if [np.size(row) for row in rows] == lengths:
            words = all(isinstance(word, str) for row in rows for word in row)
            return [list(row) for row in rows] if words else None
    return None


def _read_tokens(tokens: Any, pred: list) -> list[list[str]]:
    if tokens is None:
        raise ValueError(
            "TagDisplay needs the words of each sequence for the text: give tokens, or "
            "kind='confusion'."
        )
    if isinstance(tokens, str) or len(tokens) != len(pred):
        n = "a text" if isinstance(tokens, str) else f"{len(tokens)} sequences of tokens"
        raise ValueError(
            f"TagDisplay got {n} for {len(pred)} sequences of labels: give a list of words for "
            "each sequence."
        )
    rows = [[str(token) for token in row] for row in tokens]
    for i, (row, labels) in enumerate(zip(rows, pred, strict=True)):
        if len(row) != len(labels):
            raise ValueError(
                f"sequence {i} has {len(row)} tokens and {len(labels)} labels: give a token for "
                "each label."
            )
    return rows


# -- the heat map ---------------------------------------------------------------------------------


def _map_size(found: Confusions) -> tuple[float, float]:
    letters = 0.085 * max(len(shown(name)) for name in (*found.rows, *found.columns))
    width, height = CELL * len(found.columns), 0.8 * CELL * len(found.rows)
    return width + letters + 1.5, height + 0.71 * letters + 0.9


def _draw_confusions(ax: Any, found: Confusions, cmap: Any, colorbar: bool) -> Any:
    im = ax.imshow(found.shares, aspect="auto", cmap=cmap, vmin=0.0, vmax=1.0)
    n_rows, n_columns = found.counts.shape
    for i in range(n_rows):
        for j in range(n_columns):
            if found.counts[i, j]:
                r, g, b, _ = im.cmap(im.norm(found.shares[i, j]))
                dark = 0.299 * r + 0.587 * g + 0.114 * b < 0.5
                color = "white" if dark else "black"
                ax.text(
                    j,
                    i,
                    f"{found.counts[i, j]:,}",
                    color=color,
                    fontsize=8,
                    ha="center",
                    va="center",
                )
    texts, families = drawable([shown(name) for name in (*found.rows, *found.columns)])
    named = {"fontsize": 9, "fontfamily": families, "parse_math": False}
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    labels = [texts[shown(name)] for name in found.columns]
    turned = {"rotation": 45, "ha": "left", "rotation_mode": "anchor"}
    ax.set_xticks(range(n_columns), labels, **named, **turned)
    ax.set_yticks(range(n_rows), [texts[shown(name)] for name in found.rows], **named)
    ax.set_xlabel("predicted", fontsize=9)
    ax.set_ylabel("true", fontsize=9)
    ax.spines[:].set(color="0.7", linewidth=0.6)
    ax.set_xticks(np.arange(1, n_columns) - 0.5, minor=True)
    ax.set_yticks(np.arange(1, n_rows) - 0.5, minor=True)
    ax.grid(which="minor", color="0.9", linewidth=0.5)
    ax.tick_params(which="both", length=0)
    if colorbar:
        bar = ax.figure.colorbar(im, ax=ax, pad=0.02, ticks=[0, 0.5, 1])
        bar.set_label("share of the row", fontsize=9)
        bar.ax.tick_params(labelsize=8)
        bar.outline.set(color="0.7", linewidth=0.6)
    return im


def _as_table(found: Confusions) -> str:
    cell = '<td style="text-align:right">{}</td>'
    head = "".join(f"<th>{escape(name)}</th>" for name in ("true", *found.columns))
    rows = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(cell.format(count or '') for count in counts)}</tr>"
        for name, counts in zip(found.rows, found.counts.tolist(), strict=True)
    )
    return f"<table><tr>{head}</tr>{rows}</table>"
