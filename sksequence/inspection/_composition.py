"""The picture of a transition composed with itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sksequence.utils import import_optional
from sksequence.utils._random import make_generator


def repeated_composition(
    n_compositions: Sequence[int],
    n_units: int = 100,
    gain: float = 3.0,
    bias: float = 2.0,
    n_points: int = 2000,
    extent: float = 2.0,
    random_state: Any = 0,
) -> tuple[np.ndarray, np.ndarray]:
    r"""A random transition applied again and again, along one line through the state space.

    .. math:: h_t = \tanh(W h_{t-1} + b), \qquad h_0 = a\, u, \qquad z_t = v^\top h_t

    with a normal random matrix W of variance ``gain**2 / n_units``, a normal b of variance
    ``bias**2``, and random directions u and v of length one.

    Parameters
    ----------
    n_compositions : sequence of int
        Numbers t of compositions at which to look.
    n_units : int, default=100
    gain : float, default=3.0
        Below 1 the transition forgets where it started; above 1 its linear part stretches, and
        the more it is composed, the more wildly the result depends on the start.
    bias : float, default=2.0
    n_points : int, default=2000
        Values of a.
    extent : float, default=2.0
        They run from ``-extent * sqrt(n_units)`` to its opposite.
    random_state : int, RandomState, Generator or None, default=0

    Returns
    -------
    a : ndarray of shape (n_points,)
        In units of ``sqrt(n_units)``.
    z : ndarray of shape (n_compositions, n_points)

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.inspection import repeated_composition
    >>> a, z = repeated_composition([0, 50], gain=0.5)
    >>> bool(np.ptp(z[1]) < 1e-10)  # all starts are forgotten
    True
    """
    rng = make_generator(random_state)
    matrix = rng.normal(scale=gain / np.sqrt(n_units), size=(n_units, n_units))
    shift = bias * rng.normal(size=n_units)
    start, seen = rng.normal(size=(2, n_units))
    start, seen = start / np.linalg.norm(start), seen / np.linalg.norm(seen)
    a = np.linspace(-extent, extent, n_points)
    state = np.sqrt(n_units) * a[:, None] * start  # (n_points, n_units)
    at = {0: state @ seen}
    for t in range(1, max(n_compositions, default=0) + 1):
        state = np.tanh(state @ matrix.T + shift)
        if t in n_compositions:
            at[t] = state @ seen
    return a, np.array([at[t] for t in n_compositions])


def plot_repeated_composition(
    ax: Any = None,
    *,
    n_compositions: Sequence[int] = (0, 1, 2, 3, 4, 5),
    n_units: int = 100,
    gain: float = 3.0,
    bias: float = 2.0,
    random_state: Any = 0,
) -> Any:
    """Draw one coordinate of a tanh transition that is composed with itself.

    Where a recurrent network is applied many times, its state becomes a function of the start with
    flat stretches, in which the gradient is almost zero, and steep ones between them, in which it
    is large, and many changes from one to the other (Goodfellow, Bengio and Courville, 2016,
    section 10.7).

    Parameters
    ----------
    ax : matplotlib Axes, default=None
        Where to draw; None: a new figure.
    n_compositions : sequence of int, default=(0, 1, 2, 3, 4, 5)
        A line for each.
    n_units, gain, bias, random_state
        As in `repeated_composition`.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> from sksequence.inspection import plot_repeated_composition
    >>> len(plot_repeated_composition(n_compositions=(0, 2, 4)).get_lines())
    3
    """
    pyplot = import_optional("matplotlib.pyplot", extra="plot", purpose="plot_repeated_composition")
    if len(n_compositions) == 0 or min(n_compositions) < 0:
        raise ValueError(
            f"n_compositions must hold at least one number from 0 on, got {n_compositions!r}."
        )
    if ax is None:
        _, ax = pyplot.subplots(figsize=(6.8, 3.9), layout="constrained")
    a, z = repeated_composition(n_compositions, n_units, gain, bias, random_state=random_state)
    shades = pyplot.get_cmap("viridis_r")(np.linspace(0.1, 0.95, len(n_compositions)))
    for n, line, shade in zip(n_compositions, z, shades, strict=True):
        last = n == max(n_compositions)
        ax.plot(a, line, color=shade, lw=1.8 if last else 1.2, label=str(n), zorder=2 + last)
    ax.set_xlabel("where the state starts, along one line")
    ax.set_ylabel("where it ends, one coordinate")
    ax.set_xlim(a[0], a[-1])
    largest = 1.15 * np.abs(z).max()
    ax.set_ylim(-largest, largest)
    ax.grid(color="0.92", lw=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(
        title="compositions", frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5)
    )
    return ax
