"""How far the gradients of several networks reach, in one picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from sksequence.inspection._gradient_flow import GradientFlow, gradient_flow
from sksequence.inspection._verdict import LEFT, steps
from sksequence.utils import import_optional

# told apart by everybody, also without colours by their order (Okabe and Ito, 2008)
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DEEPEST = 1e-10  # of the axis: what is below is nothing


class GradientFlowDisplay:
    """The gradient of the loss against the steps back in time, of one or several networks.

    Each line is the median over the sequences, in a band from the lowest to the highest tenth. A
    dot marks where 1 % is left: the length of the memory. It is best made with
    :meth:`from_estimator`.

    Parameters
    ----------
    flows : GradientFlow, or mapping of str to GradientFlow
        What ``gradient_flow`` gave, by the names in the legend.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    lines_ : list of matplotlib Line2D
        One for each network.

    See Also
    --------
    gradient_flow : The numbers and a verdict in words.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import GradientFlowDisplay, RNNClassifier
    >>> X = np.random.default_rng(0).normal(size=(40, 30))
    >>> y = X[:, 0] > 0
    >>> cells = {
    ...     name: RNNClassifier(cell=name, hidden_size=8, max_epochs=1, random_state=0).fit(X, y)
    ...     for name in ("rnn", "lstm")
    ... }
    >>> display = GradientFlowDisplay.from_estimator(cells, X, y)
    >>> [text.get_text().split(":")[0] for text in display.ax_.get_legend().get_texts()]
    ['rnn', 'lstm']
    """

    def __init__(self, flows: GradientFlow | Mapping[str, GradientFlow]):
        self.flows = flows

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        values: str = "share",
        max_sequences: int = 100,
        ax: Any = None,
    ) -> Self:
        """Follow the gradients of fitted estimators and draw them.

        Parameters
        ----------
        estimator : fitted estimator, or mapping of str to fitted estimators, or list of them
            As in ``gradient_flow``; several are drawn side by side, by their names. Those of a
            list are named by their cells.
        X, y : as in ``fit``
        values, ax
            As in :meth:`plot`.
        max_sequences : int, default=100
            At most so many sequences are looked at.

        Returns
        -------
        GradientFlowDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            As ``gradient_flow``.
        """
        _pyplot(f"{cls.__name__}.from_estimator")
        several = isinstance(estimator, (Mapping, list, tuple))
        if several and not estimator:
            raise ValueError(
                f"{cls.__name__}.from_estimator got an empty {type(estimator).__name__}: give at "
                "least one fitted estimator."
            )

        def flow(one):
            return gradient_flow(one, X, y, max_sequences=max_sequences, jacobian_steps=0)

        if isinstance(estimator, Mapping):
            flows = {str(name): flow(one) for name, one in estimator.items()}
        else:
            flows = _named([flow(one) for one in estimator]) if several else flow(estimator)
        return cls(flows).plot(ax, values=values)

    def plot(self, ax: Any = None, *, values: str = "share") -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.
        values : {"share", "norm"}, default="share"
            "share": what is left of the gradient that enters at the last step, so that all
            networks begin at 1; "norm": the norm of the whole gradient with respect to the state
            of each step. Of a deep network the layer that remembers longest.

        Returns
        -------
        GradientFlowDisplay
            Itself, drawn.
        """
        if values not in ("share", "norm"):
            raise ValueError(f'values must be "share" or "norm", got {values!r}.')
        pyplot = _pyplot(f"{type(self).__name__}.plot")
        if ax is None:
            _, ax = pyplot.subplots(figsize=(6.8, 3.9), layout="constrained")
        self.figure_, self.ax_ = ax.figure, ax
        flows = self.flows if isinstance(self.flows, Mapping) else {_name(self.flows): self.flows}
        self.lines_ = [
            _draw(ax, name, flow, values, COLORS[i % len(COLORS)])
            for i, (name, flow) in enumerate(flows.items())
        ]
        _finish(ax, values)
        return self


def _pyplot(what):
    return import_optional("matplotlib.pyplot", extra="plot", purpose=what)


def _named(flows: list[GradientFlow]) -> dict[str, GradientFlow]:
    """By what their titles say of them; those that say the same by their place too."""
    names = [_name(flow) for flow in flows]
    often = Counter(names)
    names = [f"{n} ({i})" if often[n] > 1 else n for i, n in enumerate(names)]
    return dict(zip(names, flows, strict=True))


def _name(flow: GradientFlow) -> str:
    return flow.title.split(":")[0]


def _draw(ax, name, flow, values, color):
    """One network: its median, a band and the length of its memory."""
    layer = flow.longest
    rows = layer.carried if values == "share" else layer.gradient_norms
    n_back = max(1, len(layer.share_left))  # as far back as half of the sequences reach
    kept = [column[np.isfinite(column)] for column in rows.T[:n_back]]
    low, middle, high = np.array([np.quantile(c, (0.1, 0.5, 0.9)) for c in kept if len(c)]).T
    back = np.arange(len(middle))
    memory = layer.memory_length
    reach = (
        f"1 % left after {steps(int(memory))}" if math.isfinite(memory) else "more than 1 % left"
    )
    ax.fill_between(
        back, *(np.maximum(v, DEEPEST / 10) for v in (low, high)), color=color, alpha=0.15, lw=0
    )
    (line,) = ax.plot(
        back, np.maximum(middle, DEEPEST / 10), color=color, lw=2, label=f"{name}: {reach}"
    )
    if math.isfinite(memory) and memory < len(middle):
        at = middle[int(memory)]
        ax.plot([memory], [at], "o", color=color, ms=7, mec="white", mew=1.2, zorder=4)
    return line


def _finish(ax, values):
    ax.set_yscale("log")
    bottom, top = ax.get_ylim()
    ax.set_ylim(max(bottom, DEEPEST), top)
    if values == "share":
        ax.axhline(LEFT, color="0.45", lw=0.9, ls=(0, (4, 3)), zorder=1.5)
        ax.text(
            1.0,
            LEFT,
            "1 % ",
            color="0.35",
            fontsize=9,
            ha="right",
            va="bottom",
            transform=ax.get_yaxis_transform(),
        )
        ax.set_ylabel("share of the gradient that is left")
    else:
        ax.set_ylabel("norm of the gradient with\nrespect to the state")
    ax.set_xlabel("steps back from the end of the sequence")
    ax.set_xlim(left=0)
    ax.grid(which="major", color="0.92", lw=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9, loc="best")
