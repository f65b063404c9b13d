"""The picture of a recurrent network, folded and unfolded in time."""

from __future__ import annotations

from typing import Any

from sksequence.utils import import_optional

RADIUS = 0.34
INPUT, STATE, OUTPUT = "#56B4E9", "#009E73", "#E69F00"
COLUMN = 1.7  # from one step to the next
ROW = 1.35  # from one layer to the next


def plot_unfolded(
    ax: Any = None,
    *,
    n_steps: int = 4,
    n_layers: int = 1,
    outputs: str = "last",
    bidirectional: bool = False,
) -> Any:
    """Draw a recurrent network as a loop, and beside it unfolded: a copy for each step.

    All copies share the weights that are written at the arrows (U from the input, W from the state
    before, V to the output), so that the network unfolded is an ordinary one, as deep as the
    sequence is long, and backpropagation through time is backpropagation in it (Werbos, 1990).

    Parameters
    ----------
    ax : matplotlib Axes, default=None
        Where to draw; None: a new figure of a size that fits.
    n_steps : int, default=4
        Copies that are drawn, at least 2.
    n_layers : int, default=1
        Recurrent layers one above the other.
    outputs : {"last", "all"}, default="last"
        Whether only the last step gives an output, or each.
    bidirectional : bool, default=False
        Add a chain that reads backwards; with one layer only.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> from sksequence.inspection import plot_unfolded
    >>> ax = plot_unfolded(n_steps=3, outputs="all")
    >>> sum(text.get_text().startswith("$y") for text in ax.texts)
    4
    """
    pyplot = import_optional("matplotlib.pyplot", extra="plot", purpose="plot_unfolded")
    _check(n_steps, n_layers, outputs, bidirectional)
    n_rows = 2 if bidirectional else n_layers
    if ax is None:
        size = 0.62 * (COLUMN * (n_steps + 2.6)), 0.62 * (ROW * (n_rows + 2))
        _, ax = pyplot.subplots(figsize=size, layout="constrained")
    _folded(ax, n_rows, bidirectional)
    first = 2.4 * COLUMN
    for t in range(n_steps):
        label = _time(t, n_steps)
        gives = outputs == "all" or t == n_steps - 1
        _column(ax, first + t * COLUMN, n_rows, label, gives, bidirectional)
    for row in range(n_rows):
        backward = bidirectional and row == 1
        _chain(ax, first, n_steps, row, backward, _weights(row, n_rows, bidirectional))
    middle = (n_rows + 1) * ROW / 2
    _arrow(ax, (0.8 * COLUMN, middle), (1.7 * COLUMN, middle), color="0.6", width=3)
    ax.text(1.25 * COLUMN, middle + 0.2, "unfold", ha="center", fontsize=9, color="0.4")
    ax.set_xlim(-1.4 if bidirectional else -1.05, first + (n_steps - 1) * COLUMN + 0.85)
    ax.set_ylim(-0.55, (n_rows + 1) * ROW + 0.55)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def _check(n_steps, n_layers, outputs, bidirectional):
    if n_steps < 2 or n_layers < 1:
        raise ValueError(
            f"n_steps must be at least 2 and n_layers at least 1, got {n_steps!r} and {n_layers!r}."
        )
    if outputs not in ("last", "all"):
        raise ValueError(f'outputs must be "last" or "all", got {outputs!r}.')
    if bidirectional and n_layers > 1:
        raise ValueError("plot_unfolded draws bidirectional networks of one layer: n_layers=1.")


def _time(t, n_steps):
    """1, 2, ..., T - 1, T."""
    if t == n_steps - 1:
        return "T"
    return "T-1" if t == n_steps - 2 and n_steps > 3 else str(t + 1)


def _names(n_rows, bidirectional):
    """What the states of each row are called."""
    if bidirectional:
        return [r"\overrightarrow{h}", r"\overleftarrow{h}"]
    return ["h"] if n_rows == 1 else [f"h^{{({i + 1})}}" for i in range(n_rows)]


def _weights(row, n_rows, bidirectional):
    """What the recurrent weights of a row are called."""
    return "W" if n_rows == 1 or bidirectional else f"W^{{({row + 1})}}"


def _column(ax, x, n_rows, label, gives, bidirectional, bend=-0.35):
    """Input, states and output of one step."""
    subscript = f"_{{{label}}}" if label else ""
    _node(ax, x, 0, f"$x{subscript}$", INPUT)
    for row, name in enumerate(_names(n_rows, bidirectional)):
        y = (row + 1) * ROW
        _node(ax, x, y, f"${name}{subscript}$", STATE)
        if row == 0 or not bidirectional:
            _arrow(ax, (x, y - ROW), (x, y), "U" if row == 0 else "")
    if bidirectional:  # past the row between
        _bent(ax, (x, 0), (x, 2 * ROW), 0.35)
    if gives:
        top = (n_rows + 1) * ROW
        _node(ax, x, top, f"$y{subscript}$", OUTPUT)
        _arrow(ax, (x, top - ROW), (x, top), "V")
        if bidirectional:
            _bent(ax, (x, ROW), (x, top), bend)


def _folded(ax, n_rows, bidirectional):
    _column(ax, 0, n_rows, "t", True, bidirectional, bend=-0.7)
    for row in range(n_rows):
        _loop(ax, 0, (row + 1) * ROW, _weights(row, n_rows, bidirectional))


def _chain(ax, first, n_steps, row, backward, label):
    """Arrows from each step to the next, dots where steps are left out."""
    y = (row + 1) * ROW
    for t in range(n_steps - 1):
        left, right = first + t * COLUMN, first + (t + 1) * COLUMN
        start, end = ((right, y), (left, y)) if backward else ((left, y), (right, y))
        skipped = n_steps > 3 and t == n_steps - 3
        _arrow(ax, start, end, "" if skipped else label)
        if skipped:
            ax.text(
                (left + right) / 2,
                y,
                r"$\cdots$",
                ha="center",
                va="center",
                fontsize=13,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
                zorder=3,
            )


def _node(ax, x, y, text, color):
    from matplotlib.patches import Circle

    ax.add_patch(Circle((x, y), RADIUS, facecolor=color, edgecolor="0.25", lw=0.9, zorder=2))
    size = 8.5 if "T-1" in text or "^{" in text else 11
    ax.text(x, y, text, ha="center", va="center", fontsize=size, zorder=3)


def _arrow(ax, start, end, label="", *, color="0.3", width=1.2, bend=0.0):
    """From the rim of one circle to that of another."""
    from matplotlib.patches import FancyArrowPatch

    (x0, y0), (x1, y1) = start, end
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    dx, dy = (x1 - x0) / length * (RADIUS + 0.03), (y1 - y0) / length * (RADIUS + 0.03)
    ax.add_patch(
        FancyArrowPatch(
            (x0 + dx, y0 + dy),
            (x1 - dx, y1 - dy),
            arrowstyle="-|>",
            mutation_scale=9 + 2 * width,
            color=color,
            lw=width,
            shrinkA=0,
            shrinkB=0,
            zorder=1,
        )
    )
    if label:
        across = y0 == y1
        ax.text(
            (x0 + x1) / 2 + (0 if across else -0.1),
            (y0 + y1) / 2 + (0.1 if across else 0),
            f"${label}$",
            ha="center" if across else "right",
            va="bottom" if across else "center",
            fontsize=9,
            color="0.35",
        )


def _bent(ax, start, end, bend):
    """A curve past what lies between."""
    from matplotlib.patches import FancyArrowPatch

    side = RADIUS * (1 if bend > 0 else -1) * 0.8
    ax.add_patch(
        FancyArrowPatch(
            (start[0] + side, start[1] + RADIUS * 0.6),
            (end[0] + side, end[1] - RADIUS * 0.6),
            connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>",
            mutation_scale=11,
            color="0.3",
            lw=1.2,
            shrinkA=0,
            shrinkB=0,
            zorder=1,
        )
    )


def _loop(ax, x, y, label):
    """An arrow from a state back to itself; the square stands for a delay of one step."""
    from matplotlib.patches import FancyArrowPatch, Rectangle

    ax.add_patch(
        FancyArrowPatch(
            (x - 0.75 * RADIUS, y + 0.7 * RADIUS),
            (x - 0.75 * RADIUS, y - 0.7 * RADIUS),
            connectionstyle="arc3,rad=1.5",
            arrowstyle="-|>",
            mutation_scale=11,
            color="0.3",
            lw=1.2,
            shrinkA=0,
            shrinkB=0,
            zorder=1,
        )
    )
    ax.add_patch(Rectangle((x - 0.68, y - 0.07), 0.14, 0.14, facecolor="0.3", zorder=3))
    ax.text(x - 0.76, y, f"${label}$", ha="right", va="center", fontsize=9, color="0.35")
