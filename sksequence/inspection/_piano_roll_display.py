"""Pictures of music: piano rolls."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from sksequence.utils import import_optional

MOST = 12  # rolls in one figure
BLACK_KEYS = (1, 3, 6, 8, 10)  # in an octave that begins with C
OCTAVE = 12
N_PITCHES = 128
INCHES_PER_STEP = 0.09
INCHES_PER_PITCH = 0.075
WIDTHS = (5.0, 14.0)  # inches of a figure
HEIGHTS = (1.4, 4.5)  # inches of a roll in it


class PianoRollDisplay:
    """Music as a picture: time from left to right, pitch from bottom to top.

    Where a key sounds there is colour, and the more of it the nearer the value is to 1; so
    probabilities of a language model can be drawn as well. Rows of black keys are shaded, and
    a line lies below each C.

    Parameters
    ----------
    rolls : array-like of shape (n_steps, n_pitches), or list or SequenceArray of such
        One or several pieces with values from 0 to 1, from the lowest pitch up.
    lowest_pitch : int, default=21
        MIDI number of the first pitch; 21 is the lowest key of a piano, 60 the middle C (C4).
    names : str or list of str, default=None
        A title for each piece.
    steps_per_quarter : float, default=None
        Steps in a quarter note, for an axis of time in quarter notes. None: in steps.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    ax_ : matplotlib Axes, or ndarray of Axes
        The axes; an array, one for each piece, where there are several.
    im_ : matplotlib AxesImage, or list
        The image of the notes; a list where there are several pieces.

    Raises
    ------
    ValueError
        If a roll is none, or the names are not as many as the pieces.

    See Also
    --------
    sksequence.preprocessing.write_midi : Such a piece as a file to listen to.
    sksequence.datasets.fetch_jsb_chorales : Chorales to draw and to learn from.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.inspection import PianoRollDisplay
    >>> scale = np.eye(13)[[0, 2, 4, 5, 7, 9, 11, 12]]  # C major
    >>> display = PianoRollDisplay(scale, lowest_pitch=60, names="Scale").plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['C4', 'C5']
    """

    def __init__(
        self,
        rolls: Any,
        *,
        lowest_pitch: int = 21,
        names: str | Sequence[str] | None = None,
        steps_per_quarter: float | None = None,
    ):
        self.rolls = rolls
        self.lowest_pitch = lowest_pitch
        self.names = names
        self.steps_per_quarter = steps_per_quarter

    def plot(
        self,
        ax: Any = None,
        *,
        pitches: tuple[int, int] | None = None,
        cmap: Any = None,
        im_kw: dict | None = None,
    ) -> Self:
        """Draw the pieces, one below the other.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw, one for each piece. None: a new figure of a size that fits.
        pitches : (int, int), default=None
            MIDI numbers of the lowest and the highest pitch that are shown. None: all that
            sound, and a few more.
        cmap : str or matplotlib Colormap, default=None
            Colours of values from 0, which is never drawn, to 1. None: shades of blue.
        im_kw : dict, default=None
            Further arguments of ``matplotlib.axes.Axes.imshow``.

        Returns
        -------
        PianoRollDisplay
            Itself, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there are more than 12 pieces, or other numbers of pieces than of axes.
        """
        pyplot = import_optional("matplotlib.pyplot", extra="plot", purpose="PianoRollDisplay.plot")
        rolls, several = _as_rolls(self.rolls)
        lowest = _check_lowest(self.lowest_pitch, rolls)
        names = _as_names(self.names, len(rolls))
        low, high = pitches or _pitches(rolls, lowest)
        axes = _axes(pyplot, ax, [len(roll) for roll in rolls], high - low + 1)
        settings = {"cmap": "Blues" if cmap is None else cmap, **(im_kw or {})}
        stretch = _check_rate(self.steps_per_quarter)
        images = []
        for place, roll, name in zip(axes, rolls, names, strict=True):
            images.append(_draw(place, roll, lowest, stretch, settings))
            _furnish(place, low, high, len(roll) / stretch, name)
        axes[-1].set_xlabel("step" if self.steps_per_quarter is None else "quarter note")
        self.figure_ = axes[0].figure
        self.ax_ = np.array(axes) if several else axes[0]
        self.im_ = images if several else images[0]
        return self


def _as_rolls(rolls: Any) -> tuple[list[np.ndarray], bool]:
    """The pieces as arrays, and whether there may be several."""
    several = hasattr(rolls, "offsets") or (
        isinstance(rolls, (list, tuple)) and len(rolls) > 0 and np.ndim(rolls[0]) == 2
    )
    if several and len(rolls) > MOST:
        raise ValueError(
            f"PianoRollDisplay draws at most {MOST} pieces in one figure, got {len(rolls)}: give a "
            f"part, such as rolls[:{MOST // 4}]."
        )
    found = [np.asarray(roll, dtype=float) for roll in (rolls if several else [rolls])]
    for i, roll in enumerate(found):
        _check_roll(f"roll {i}" if several else "a roll", roll)
    if not found:
        raise ValueError("PianoRollDisplay got no piece to draw.")
    return found, several


def _check_roll(what: str, roll: np.ndarray) -> None:
    if roll.ndim != 2 or not roll.size:
        raise ValueError(
            "PianoRollDisplay needs rolls of shape (n_steps, n_pitches) with a step at least, got "
            f"{what} of shape {roll.shape}."
        )
    if not ((roll >= 0) & (roll <= 1)).all():  # NaN is neither
        raise ValueError(
            f"PianoRollDisplay needs values from 0 to 1, got {what} with values from "
            f"{roll.min():g} to {roll.max():g}."
        )


def _check_lowest(lowest_pitch: Any, rolls: list[np.ndarray]) -> int:
    highest = N_PITCHES - max(roll.shape[1] for roll in rolls)
    whole = isinstance(lowest_pitch, Integral) and not isinstance(lowest_pitch, bool)
    if not whole or not 0 <= lowest_pitch <= highest:
        raise ValueError(
            f"PianoRollDisplay got lowest_pitch={lowest_pitch!r}: with so many pitches give a "
            f"whole number from 0 to {highest}."
        )
    return int(lowest_pitch)


def _check_rate(steps_per_quarter: Any) -> float:
    """Steps in a unit of the axis of time."""
    if steps_per_quarter is None:
        return 1.0
    if not isinstance(steps_per_quarter, Real) or not 0 < float(steps_per_quarter) < np.inf:
        raise ValueError(
            f"PianoRollDisplay got steps_per_quarter={steps_per_quarter!r}: give a number above 0, "
            "or None for an axis in steps."
        )
    return float(steps_per_quarter)


def _as_names(names: Any, n_rolls: int) -> list[str | None]:
    if names is None:
        return [None] * n_rolls
    listed = [names] if isinstance(names, str) else list(names)
    if len(listed) != n_rolls:
        raise ValueError(
            f"PianoRollDisplay got {n_rolls} piece(s) and {len(listed)} name(s): give one for each."
        )
    return listed


def _pitches(rolls: list[np.ndarray], lowest: int) -> tuple[int, int]:
    """The lowest and the highest pitch that sound anywhere, with two more on both sides."""
    width = max(roll.shape[1] for roll in rolls)
    used = np.zeros(width, dtype=bool)
    for roll in rolls:
        used[: roll.shape[1]] |= roll.any(axis=0)
    places = np.flatnonzero(used) if used.any() else np.arange(width)
    low, high = lowest + int(places[0]) - 2, lowest + int(places[-1]) + 2
    return max(low, 0), min(high, N_PITCHES - 1)


def _axes(pyplot: Any, ax: Any, lengths: list[int], n_rows: int) -> list:
    """The given axes, or new ones below each other."""
    if ax is not None:
        axes = list(np.ravel(np.array(ax, dtype=object)))
        if len(axes) != len(lengths):
            raise ValueError(
                f"PianoRollDisplay has {len(lengths)} piece(s) to draw, got {len(axes)} axes: give "
                "one for each, or ax=None."
            )
        return axes
    width = float(np.clip(0.8 + INCHES_PER_STEP * max(lengths), *WIDTHS))
    height = float(np.clip(0.6 + INCHES_PER_PITCH * n_rows, *HEIGHTS))
    _, axes = pyplot.subplots(
        len(lengths),
        figsize=(width, height * len(lengths)),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    return list(axes.ravel())


def _draw(ax: Any, roll: np.ndarray, lowest: int, stretch: float, settings: dict) -> Any:
    """The notes; silence is left out, so that the shading of the keys is seen."""
    extent = (0, len(roll) / stretch, lowest - 0.5, lowest + roll.shape[1] - 0.5)
    fixed = {"aspect": "auto", "origin": "lower", "extent": extent, "interpolation": "nearest"}
    shown = np.ma.masked_equal(roll.T, 0)  # (n_pitches, n_steps)
    return ax.imshow(shown, **{"vmin": 0.0, "vmax": 1.0, "zorder": 2, **fixed, **settings})


def _furnish(ax: Any, low: int, high: int, end: float, name: str | None) -> None:
    """Keys in the background, names of the Cs, limits and title."""
    for pitch in range(low, high + 1):
        if pitch % OCTAVE in BLACK_KEYS:
            ax.axhspan(pitch - 0.5, pitch + 0.5, color="0.945", linewidth=0, zorder=0)
    octaves = [pitch for pitch in range(low, high + 1) if pitch % OCTAVE == 0]
    for pitch in octaves:
        ax.axhline(pitch - 0.5, color="0.75", linewidth=0.6, zorder=1)
    ticks = octaves or [low]
    ax.set_yticks(ticks, [note_name(pitch) for pitch in ticks])
    ax.set(xlim=(0, end), ylim=(low - 0.5, high + 0.5))
    ax.locator_params(axis="x", integer=True, min_n_ticks=1)
    ax.spines[:].set(color="0.7", linewidth=0.6)
    ax.tick_params(length=2, color="0.7")
    if name is not None:
        ax.set_title(name, loc="left", fontsize="medium")


def note_name(pitch: int) -> str:
    """Name of a MIDI number: 60 is C4, 21 is A0."""
    names = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
    return f"{names[pitch % OCTAVE]}{pitch // OCTAVE - 1}"
