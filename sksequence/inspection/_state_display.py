"""Pictures of the states of a recurrent layer over one sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np

from sksequence.inspection._coloured_text import as_html, draw_text, text_size
from sksequence.inspection._letters import drawable, shown
from sksequence.inspection._states import states_of
from sksequence.utils import import_optional

STATES, GATES = "RdBu_r", "Greens"
MOST_WORDS = 80  # under a heat map


class StateDisplay:
    """States and gates of a recurrent layer over one sequence.

    Either all units as heat maps, one for each part of the state and each gate, time from left to
    right; or, with `unit`, the text of the sequence with every word or character coloured by that
    unit (Karpathy, Johnson and Fei-Fei, 2015), as HTML in a notebook and as a figure. It is best
    made with :meth:`from_estimator`.

    Parameters
    ----------
    states : mapping of str to ndarray of shape (n_steps, n_units)
        The parts of the state: "h", of an LSTM also "c".
    gates : mapping of str to ndarray of shape (n_steps, n_units), default=None
        Values between 0 and 1.
    tokens : sequence of str, default=None
        A word or character for each step.
    unit : int, default=None
        The unit whose values colour the text; None: heat maps of all.
    part : str, default=None
        The part of the state, or the gate, that the unit is taken of. None: the first.
    name : str, default="state"
        What is shown, for the title.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes, or ndarray of Axes
        An array, one for each heat map, unless `unit` is given.

    See Also
    --------
    sksequence.inspection.find_units : Which units are worth looking at.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import StateDisplay
    >>> states = np.tanh(np.random.default_rng(0).normal(size=(6, 4)))
    >>> display = StateDisplay({"h": states}, tokens=list("abc de"), unit=2)
    >>> display._repr_html_().count("<span style")
    7
    """

    def __init__(
        self,
        states: Mapping[str, np.ndarray],
        gates: Mapping[str, np.ndarray] | None = None,
        tokens: Sequence[str] | None = None,
        *,
        unit: int | None = None,
        part: str | None = None,
        name: str = "state",
    ):
        self.states = states
        self.gates = gates
        self.tokens = tokens
        self.unit = unit
        self.part = part
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        sequence: Any,
        *,
        unit: int | None = None,
        part: str | None = None,
        layer: int | str = -1,
        ax: Any = None,
        cmap: Any = None,
    ) -> Self:
        """Run a fitted estimator over one sequence and draw what a layer does.

        Parameters
        ----------
        estimator : fitted estimator, Pipeline that ends with one, or search over either
            One with ``hidden_states``. It is not changed.
        sequence : one sequence, such as ``X[0]``; or a SequenceArray that holds one
            Of a pipeline that begins with a ``TokenEncoder``, or of a language model of texts, a
            text.
        unit, part
            As in the class.
        layer : int or str, default=-1
            Which recurrent layer, from below (-1 is the last), or its name: "recurrent 1
            backward".
        ax, cmap
            As in :meth:`plot`.

        Returns
        -------
        StateDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        TypeError
            If the estimator has no recurrent layer, or does not give its states.
        ValueError
            If there is no such layer, part or unit; or with a unit, if the sequence is no text.
        """
        _pyplot(f"{cls.__name__}.from_estimator")
        found = states_of(estimator, sequence, layer, cls.__name__)
        display = cls(
            found.states, found.gates, found.tokens, unit=unit, part=part, name=found.name
        )
        return display.plot(ax, cmap=cmap)

    def plot(self, ax: Any = None, *, cmap: Any = None) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw: with `unit` one, else one for each part of the state and each gate.
            None: a new figure of a size that fits.
        cmap : str or matplotlib Colormap, default=None
            Colours of the states, or with `unit` of the text. None: blue for negative, white for
            0, red for positive values; gates from white (closed) to green (open).

        Returns
        -------
        StateDisplay
            Itself, drawn.
        """
        _pyplot(f"{type(self).__name__}.plot")
        self._check()
        self._made = ax is None
        if self.unit is not None:
            self._plot_text(ax, cmap)
        else:
            self._plot_maps(ax, cmap)
        return self

    def _repr_html_(self) -> str | None:
        if self.unit is None:
            return None
        self._check()
        if getattr(self, "_made", False):  # shown once: as text, not as a figure too
            _pyplot("StateDisplay").close(self.figure_)
        return as_html(self.tokens, *self._coloured(None))

    def _plot_text(self, ax, cmap):
        pyplot = _pyplot("StateDisplay")
        if ax is None:
            _, ax = pyplot.subplots(figsize=text_size(self.tokens), layout="constrained")
        values, cmap, low, high, title = self._coloured(cmap)
        mappable = draw_text(ax, self.tokens, values, cmap, low, high, title)
        bar = ax.figure.colorbar(
            mappable,
            ax=ax,
            orientation="horizontal",
            shrink=0.35,
            aspect=30,
            pad=0.03,
            anchor=(0, 1),
        )
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=8)
        self.figure_, self.ax_ = ax.figure, ax

    def _coloured(self, cmap):
        """Values of the unit, their colours and scale, and a title."""
        part = self.part or next(iter(self.states))
        is_gate = part in (self.gates or {})
        values = np.asarray((self.gates if is_gate else self.states)[part])[:, self.unit]
        low, high = (0.0, 1.0) if is_gate else _scale(values)
        default = GATES if is_gate else STATES
        title = f"unit {self.unit} of {part}, {self.name}"
        return values, default if cmap is None else cmap, low, high, title

    def _plot_maps(self, ax, cmap):
        panels = [(part, values, False) for part, values in self.states.items()]
        panels += [(f"{gate} gate", values, True) for gate, values in (self.gates or {}).items()]
        axes = _axes(ax, panels, self.tokens)
        for place, (label, values, is_gate) in zip(axes, panels, strict=True):
            low, high = (0.0, 1.0) if is_gate else _scale(values)
            colors = GATES if is_gate else STATES if cmap is None else cmap
            im = place.imshow(
                np.asarray(values).T,
                aspect="auto",
                cmap=colors,
                vmin=low,
                vmax=high,
                interpolation="nearest",
            )
            place.set_ylabel(label)
            place.set_yticks([0, np.shape(values)[1] - 1])
            place.tick_params(length=2, labelsize=8)
            place.tick_params(axis="x", labelbottom=False, length=0)
            bar = place.figure.colorbar(im, ax=place, pad=0.01, fraction=0.03, aspect=8)
            bar.ax.tick_params(labelsize=8)
            bar.outline.set_visible(False)
        axes[0].set_title(f"{self.name}: a line for each unit", fontsize=10, loc="left")
        _label_steps(axes[-1], len(panels[0][1]), self.tokens)
        self.figure_, self.ax_ = axes[0].figure, np.array(axes)

    def _check(self):
        values = {**self.states, **(self.gates or {})}
        n_steps = len(next(iter(self.states.values())))
        if self.tokens is not None and len(self.tokens) != n_steps:
            raise ValueError(
                f"StateDisplay has states of {n_steps} steps, but {len(self.tokens)} tokens: give "
                "one for each step."
            )
        if self.part is not None and self.part not in values:
            raise ValueError(
                f"StateDisplay has no part {self.part!r}: known are {', '.join(map(repr, values))}."
            )
        if self.unit is None:
            return
        n_units = np.shape(values[self.part or next(iter(self.states))])[1]
        if not isinstance(self.unit, Integral) or not -n_units <= self.unit < n_units:
            raise ValueError(
                f"unit must be an int from 0 to {n_units - 1}, got {self.unit!r}: "
                "sksequence.inspection.find_units ranks them."
            )
        if self.tokens is None:
            raise ValueError(
                "StateDisplay(unit=...) colours words or characters, but the sequence is no text "
                "whose tokens are known: give a text to a pipeline with a TokenEncoder or to a "
                "language model, or leave unit=None for heat maps."
            )


def _pyplot(what):
    return import_optional("matplotlib.pyplot", extra="plot", purpose=what)


def _scale(values) -> tuple[float, float]:
    """Ends of the colour scale, with 0 in the middle."""
    largest = float(np.abs(values).max()) or 1.0
    return -largest, largest


def _axes(ax, panels, tokens):
    if ax is not None:
        axes = list(np.ravel(np.array(ax, dtype=object)))
        if len(axes) != len(panels):
            raise ValueError(
                f"StateDisplay has {len(panels)} heat maps to draw "
                f"({', '.join(label for label, *_ in panels)}), got {len(axes)} axes: give one for "
                "each, or ax=None."
            )
        return axes
    pyplot = _pyplot("StateDisplay")
    n_steps = len(panels[0][1])
    heights = [float(np.clip(0.045 * np.shape(v)[1], 0.7, 1.6)) for _, v, _ in panels]
    words = tokens is not None and n_steps <= MOST_WORDS
    width = float(np.clip((0.2 if words else 0.09) * n_steps + 1.6, 5.0, 14.0))
    _, axes = pyplot.subplots(
        len(panels),
        1,
        figsize=(width, sum(heights) + 0.12 * len(panels) + 1.0),
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
    )
    return list(axes[:, 0])


def _label_steps(ax, n_steps, tokens):
    """Words under the lowest heat map, where they fit; else numbers of steps."""
    ax.tick_params(axis="x", labelbottom=True, length=2)
    if tokens is None or n_steps > MOST_WORDS:
        ax.set_xlabel("step")
        return
    texts, families = drawable([shown(token) for token in tokens])
    labels = [texts[shown(token)] for token in tokens]
    ax.set_xticks(
        range(n_steps),
        labels,
        rotation=0 if max(map(len, labels)) <= 1 else 90,
        fontfamily=families,
        fontsize=9,
        parse_math=False,
    )
