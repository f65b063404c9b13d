"""Pictures of how training went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sksequence.inspection._gradient_flow_display import COLORS
from sksequence.inspection._letters import shown
from sksequence.inspection._time_axes import BLUE, INK, pyplot_for, tidy
from sksequence.inspection._training_records import Record, column, read_records

if TYPE_CHECKING:
    import pandas as pd

ORANGE = "#D55E00"
STYLES = {  # of one fit: how a loss is drawn and what it is called
    "train_loss": (BLUE, "training"),
    "valid_loss": (ORANGE, "validation"),
    "loss": (BLUE, "the same examples after each epoch"),
}
RATE, CLIPPED = "learning_rate", "gradients_clipped"
BELOW = {RATE: "learning\nrate", CLIPPED: "clipped\n(% of batches)"}
MOST_NAMED = 10  # fits in a legend


class TrainingDisplay:
    """The loss of training and of validation after each epoch, of one or several fits.

    A ring marks the epoch whose weights were kept. Small axes below hold the learning rate, where
    it changed, and the share of batches whose gradient was clipped, where any was. It is best made
    with :meth:`from_estimator`.

    Parameters
    ----------
    histories : list of dict, or mapping of str to list of dict
        What estimators keep as ``history_``: a row an epoch, with ``epoch`` and ``train_loss``,
        perhaps ``valid_loss``, ``learning_rate`` and ``gradients_clipped``; or with ``loss``. A
        mapping holds several, by the names in the legend.
    best_epochs : int, or mapping of str to int, default=None
        The epoch that was kept. None: the last.
    loss_name : str, default="loss"
        What was minimised and its unit, at the axis.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
        That of the losses.
    rate_ax_, clipped_ax_ : matplotlib Axes or None
        Those of the learning rate and of the clipped gradients.
    lines_ : dict of (str, str) to matplotlib Line2D
        By the name of a fit and the column of its history: ``("RNNClassifier", "valid_loss")``.

    See Also
    --------
    sksequence.inspection.summary : What the network is made of.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import RNNClassifier, TrainingDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 12))
    >>> classifier = RNNClassifier(
    ...     hidden_size=8, max_epochs=5, early_stopping=True, random_state=0
    ... ).fit(X, X.sum(axis=1) > 0)
    >>> display = TrainingDisplay.from_estimator(classifier)
    >>> display.lines_["RNNClassifier", "valid_loss"].get_xdata().tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """

    def __init__(
        self,
        histories: Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Mapping[str, Any]]],
        best_epochs: int | Mapping[str, int | None] | None = None,
        *,
        loss_name: str = "loss",
    ):
        self.histories = histories
        self.best_epochs = best_epochs
        self.loss_name = loss_name

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, log_scale: bool = False, details: bool = True, ax: Any = None
    ) -> Self:
        """Draw what fitted estimators kept of their training.

        Parameters
        ----------
        estimator : fitted estimator, Pipeline with one, search over either; or several of them
            Anything with a ``history_``; of a pipeline the last step with one, of a search the
            best estimator. Several are a mapping by name, a list (they are named by the
            parameters in which they differ), or what ``cross_validate(...,
            return_estimator=True)`` gave: a curve for each fold. Fits that went on
            (``partial_fit``, ``warm_start``) or were stopped by Ctrl-C are shown as far as they
            came.
        log_scale, details, ax
            As in :meth:`plot`.

        Returns
        -------
        TrainingDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        TypeError
            If an estimator keeps no record of epochs.
        ValueError
            If no epoch was recorded, or there is no estimator.
        """
        pyplot_for(f"{cls.__name__}.from_estimator")
        records = read_records(estimator, cls.__name__)
        losses = {record.loss_name for record in records.values()}
        display = cls(
            {name: record.history for name, record in records.items()},
            {name: record.best_epoch for name, record in records.items()},
            loss_name=losses.pop() if len(losses) == 1 else "loss",
        )
        return display.plot(ax, log_scale=log_scale, details=details)

    def to_frame(self) -> pd.DataFrame:
        """A row for each fit and epoch.

        Returns
        -------
        DataFrame
            The columns of the histories, before them ``fit``, its name, and behind them ``kept``,
            whether the weights of this epoch were kept.
        """
        import pandas as pd

        rows = [
            {"fit": record.estimator, **row, "kept": row["epoch"] == _kept(record)}
            for record in self._records()
            for row in record.history
        ]
        return pd.DataFrame(rows)

    def plot(self, ax: Any = None, *, log_scale: bool = False, details: bool = True) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw: the losses, and if there are more, the learning rate and the clipped
            gradients, in this order, as far as there is something to draw and axes are given.
            None: a new figure with all.
        log_scale : bool, default=False
            Whether the axis of the losses is logarithmic.
        details : bool, default=True
            Whether a new figure has axes for the learning rate and the clipped gradients.

        Returns
        -------
        TrainingDisplay
            Itself, drawn.

        Raises
        ------
        ValueError
            If a history has no loss, or a loss that is not positive stands on a logarithmic axis.
        """
        pyplot_for(f"{type(self).__name__}.plot")
        records = self._records()
        below = [name for name in BELOW if _worth_showing(records, name)]
        axes = _axes(ax, len(below) if details else 0)
        below = below[: len(axes) - 1]
        self.lines_: dict[tuple[str, str], Any] = {}
        colors = _colors(len(records))
        validated = any("valid_loss" in record.history[0] for record in records)
        for record, color in zip(records, colors, strict=True):
            self._draw_losses(axes[0], record, color, validated)
            for place, name in zip(axes[1:], below, strict=False):
                self._draw_below(place, record, name, color)
        _finish_losses(axes[0], records, colors, self.loss_name, log_scale)
        for place, name in zip(axes[1:], below, strict=False):
            _finish_below(place, name)
        _name_epochs(axes[: len(below) + 1])
        found = dict(zip(below, axes[1:], strict=False))
        self.figure_, self.ax_ = axes[0].figure, axes[0]
        self.rate_ax_, self.clipped_ax_ = found.get(RATE), found.get(CLIPPED)
        return self

    def _records(self) -> list[Record]:
        """The histories with their names, checked."""
        several = isinstance(self.histories, Mapping)
        histories: Any = self.histories if several else {"fit": self.histories}
        best = self.best_epochs if isinstance(self.best_epochs, Mapping) else {}
        records = []
        for name, rows in histories.items():
            epoch = best.get(name) if isinstance(self.best_epochs, Mapping) else self.best_epochs
            record = Record(str(name), _numbered(rows), epoch, self.loss_name, {})
            _check(record)
            records.append(record)
        return records

    def _draw_losses(self, ax, record, color, validated):
        epochs = column(record.history, "epoch")
        columns = [name for name in STYLES if name in record.history[0]]
        kept_in = "valid_loss" if "valid_loss" in columns else columns[0]
        for name in columns:
            values = column(record.history, name)
            settings = _line(name, color, validated)
            mark = "o" if len(epochs) == 1 else ""  # a line of one point is none
            (line,) = ax.plot(epochs, values, marker=mark, ms=4, **settings)
            self.lines_[record.estimator, name] = line
            if name == kept_in:
                at = np.flatnonzero(epochs == _kept(record))[:1]
                if record.best_epoch is not None and len(at):
                    _ring(ax, epochs[at], values[at], settings["color"], color is None)

    def _draw_below(self, ax, record, name, color):
        values = column(record.history, name) * (100 if name == CLIPPED else 1)
        mark = "o" if len(values) == 1 else ""
        settings = {"color": INK if color is None else color, "lw": 1.2, "marker": mark, "ms": 4}
        (line,) = ax.plot(column(record.history, "epoch"), values, **settings)
        self.lines_[record.estimator, name] = line


# -- what is drawn --------------------------------------------------------------------------------


def _numbered(rows) -> list[dict[str, Any]]:
    """Rows with the number of their epoch."""
    return [{"epoch": i, **row} for i, row in enumerate(rows, 1)]


def _check(record: Record) -> None:
    if not record.history or not any(name in record.history[0] for name in STYLES):
        given = sorted(record.history[0]) if record.history else "no epoch"
        raise ValueError(
            f"TrainingDisplay draws a history with a row for each epoch and 'train_loss', "
            f"'valid_loss' or 'loss' in it, but {record.estimator!r} has {given}: give what an "
            "estimator keeps as history_."
        )


def _kept(record: Record) -> int:
    """The epoch whose weights there are."""
    return record.history[-1]["epoch"] if record.best_epoch is None else record.best_epoch


def _worth_showing(records: list[Record], name: str) -> bool:
    """Whether the learning rate ever changed; whether any gradient was clipped."""
    values = [v[np.isfinite(v)] for v in (column(record.history, name) for record in records)]
    if name == RATE:
        return any(len(v) and not np.allclose(v, v[0], rtol=1e-9, atol=0) for v in values)
    return any((v > 0).any() for v in values)


def _colors(n_fits: int) -> list[Any]:
    """None for one fit; else colours that everybody can tell apart, or shades of one scale."""
    if n_fits == 1:
        return [None]
    if n_fits <= len(COLORS):
        return list(COLORS[:n_fits])
    from matplotlib import colormaps

    return [tuple(map(float, rgba)) for rgba in colormaps["viridis"](np.linspace(0, 0.9, n_fits))]


def _line(name: str, color: Any, validated: bool) -> dict[str, Any]:
    if color is None:
        own, label = STYLES[name]
        return {"color": own, "label": label, "lw": 1.8}
    thin = name == "train_loss" and validated
    return {"color": color, "lw": 1.1 if thin else 1.9, "ls": (0, (3, 1.5)) if thin else "-"}


def _ring(ax, epoch, value, color, named):
    label = f"kept: epoch {int(epoch[0])}" if named else None
    ring = {"ms": 8, "mfc": "white", "mec": color, "mew": 1.8, "ls": "", "zorder": 4}
    ax.plot(epoch, value, "o", label=label, **ring)
    if named:
        ax.axvline(epoch[0], color="0.75", lw=0.9, ls=(0, (2, 2)), zorder=0.9)


# -- where it is drawn ----------------------------------------------------------------------------


def _axes(ax: Any, n_below: int) -> list:
    """The given axes, or those of a new figure, the losses first."""
    if ax is not None:
        return list(np.ravel(np.array(ax, dtype=object)))
    heights = [3.4, *[0.85] * n_below]
    _, axes = pyplot_for("TrainingDisplay").subplots(
        len(heights),
        1,
        figsize=(6.8, 0.75 + sum(heights)),
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
        sharex=True,
    )
    return list(axes[:, 0])


def _finish_losses(ax, records, colors, loss_name, log_scale):
    tidy(ax)
    if log_scale:
        lowest = min(float(np.nanmin(line.get_ydata())) for line in ax.get_lines())
        if lowest <= 0:
            raise ValueError(
                f"a loss of {lowest:.3g} has no place on a logarithmic axis (the likelihood of "
                "real values may exceed one): leave log_scale=False."
            )
        _make_logarithmic(ax)
    ax.set_ylabel(loss_name, fontsize=9)
    if len(records) == 1:
        ax.set_title(_told(records[0]), fontsize=10, loc="left")
        ax.legend(frameon=False, fontsize=9)
    else:
        _write_names(ax, records, colors)


def _make_logarithmic(ax):
    """Ticks that are read as they are, and enough of them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.set_yscale("log")
    low, high = ax.get_ylim()
    subs = (1, 2, 5) if high / low > 30 else (1, 1.5, 2, 3, 4, 5, 7)
    ax.yaxis.set_major_locator(LogLocator(subs=(1,) if high / low > 1e4 else subs))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _told(record: Record) -> str:
    n = len(record.history)
    seconds = np.nansum(column(record.history, "seconds"))
    took = f" in {seconds:,.1f} s" if seconds >= 0.05 else ""
    return f"{record.estimator}: {n} epoch{'' if n == 1 else 's'}{took}"


def _write_names(ax, records, colors):
    """Which colour is which fit, and what is dashed."""
    from matplotlib.lines import Line2D

    if len(records) <= MOST_NAMED:
        pairs = [
            (Line2D([], [], color=color, lw=1.9), shown(record.estimator))
            for record, color in zip(records, colors, strict=True)
        ]
    else:
        pairs = [(Line2D([], [], color=c, lw=1.9), n) for c, n in _ends(records, colors)]
    kinds = {name for record in records for name in STYLES if name in record.history[0]}
    for name, style in (("train_loss", (0, (3, 1.5))), ("valid_loss", "-")):
        if {"train_loss", "valid_loss"} <= kinds:
            pairs.append((Line2D([], [], color="0.4", lw=1.2, ls=style), STYLES[name][1]))
    if any(record.best_epoch is not None for record in records):
        ring = Line2D([], [], marker="o", mfc="white", mec="0.4", mew=1.6, ms=7, ls="")
        pairs.append((ring, "kept epoch"))
    beside = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0}
    ax.legend(*zip(*pairs, strict=True), frameon=False, fontsize=9, handlelength=1.8, **beside)


def _ends(records, colors):
    """The first fit and the last, where there are too many to name all."""
    return [(colors[0], shown(records[0].estimator)), (colors[-1], shown(records[-1].estimator))]


def _finish_below(ax, name):
    tidy(ax)
    ax.set_ylabel(BELOW[name], fontsize=8)
    ax.tick_params(labelsize=8)
    low, high = ax.get_ylim()
    if name == CLIPPED:
        ax.set_ylim(-5, 105)
        ax.set_yticks([0, 50, 100])
    else:
        ax.set_ylim(min(0, low), high * 1.08)
        ax.locator_params(axis="y", nbins=3)
        ax.ticklabel_format(axis="y", style="plain", useOffset=False)


def _name_epochs(axes):
    from matplotlib.ticker import MaxNLocator

    for ax in axes:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
        ax.tick_params(labelbottom=ax is axes[-1])
    axes[-1].set_xlabel("epoch", fontsize=9)
    axes[0].figure.align_ylabels(axes)
    first, last = axes[0].dataLim.intervalx
    room = 0.03 * (last - first) if last > first else 1
    for ax in axes:
        ax.set_xlim(first - room, last + room)
