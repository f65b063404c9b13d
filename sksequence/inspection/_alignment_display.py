"""Pictures of when a transcriber emitted its labels."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.pipeline import Pipeline

from sksequence.inputs import SequenceArray
from sksequence.inspection._letters import drawable, shown
from sksequence.inspection._opened import opened
from sksequence.utils import import_optional

NAMED = 0.05  # a label that is never more probable has no line
BLANK_COLOR = "0.65"
OCTAVES = 125 * 2 ** np.arange(9)  # hertz
TICKS_APART = 0.09  # of the height
MARK = "middle of an\nemitted label"


class AlignmentDisplay:
    """Probabilities of labels over time, what was heard above them, and what was emitted when.

    Each label is a line, the blank is grey; a label that was emitted is written over its steps
    (Graves et al., 2006), and a thin line goes through what was heard in their middle. Bands of
    ``LogMelSpectrogram`` stand at their frequencies. It is best made with :meth:`from_estimator`.

    Parameters
    ----------
    probabilities : ndarray of shape (n_output_steps, n_labels + 1)
        What ``predict_proba`` gives for a sequence; the blank is last.
    labels : sequence of length n_labels
        What each is called.
    emitted : sequence of str, default=()
        The labels that were emitted, in their order.
    spans : array-like of shape (n_emitted, 2), default=None
        What ``align`` gives: the first step of each, and the one after its last. None if nothing
        was emitted.
    features : ndarray of shape (n_steps, n_features), default=None
        What was read, such as a spectrogram. None: it is not drawn.
    stride : int, default=1
        Steps that one row of the probabilities stands for.
    step_seconds : float, default=None
        Seconds from a step to the next; None: time is counted in steps.
    feature_names : sequence of str, default=None
        Names of the features. Those of ``LogMelSpectrogram`` give an axis in hertz.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : ndarray of matplotlib Axes
        That of the features, if there are any, then that of the probabilities.

    See Also
    --------
    sksequence.CTCTranscriber.align : The numbers behind the picture.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import AlignmentDisplay
    >>> probabilities = np.array([[0.1, 0.0, 0.9], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    >>> display = AlignmentDisplay(probabilities, ["a", "b"], ["a"], [[1, 2]]).plot()
    >>> [text.get_text() for text in display.ax_[0].texts]
    ['a']
    """

    def __init__(
        self,
        probabilities: np.ndarray,
        labels: Sequence,
        emitted: Sequence[str] = (),
        spans: Any = None,
        features: np.ndarray | None = None,
        *,
        stride: int = 1,
        step_seconds: float | None = None,
        feature_names: Sequence[str] | None = None,
    ):
        self.probabilities = probabilities
        self.labels = labels
        self.emitted = emitted
        self.spans = spans
        self.features = features
        self.stride = stride
        self.step_seconds = step_seconds
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        sequence: Any,
        target: Any = None,
        *,
        step_seconds: float | None = None,
        ax: Any = None,
        cmap: Any = None,
    ) -> Self:
        """Draw what a fitted transcriber hears in one sequence.

        Parameters
        ----------
        estimator : fitted CTCTranscriber, Pipeline that ends with one, or search over either
            It is not changed.
        sequence : one sequence, such as ``X[0]``; or a SequenceArray or list that holds one
            Of a pipeline that begins with ``LogMelSpectrogram``, a recording.
        target : str or list of labels, default=None
            What was said; None: what ``predict`` writes.
        step_seconds : float, default=None
            Seconds from a step to the next. None: by a ``LogMelSpectrogram`` in the pipeline, else
            time is counted in steps.
        ax, cmap
            As in :meth:`plot`.

        Returns
        -------
        AlignmentDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        TypeError
            If the estimator is no transcriber.
        ValueError
            If the target needs more steps than the sequence has, or several sequences come.
        """
        _pyplot(f"{cls.__name__}.from_estimator")
        one = _as_collection(estimator, sequence)
        if len(one) != 1:
            raise ValueError(
                f"{cls.__name__} draws one sequence, got {len(one)}: give X[0], or X[:1]."
            )
        found = opened(estimator, one, cls.__name__)
        writer = found.estimator
        if not (hasattr(writer, "align") and hasattr(writer, "labels_")):
            raise TypeError(
                f"{cls.__name__} draws what a CTCTranscriber emits, got {type(writer).__name__}."
            )
        (table,) = writer.align(found.X, None if target is None else [target], as_frame=True)
        display = cls(
            writer.predict_proba(found.X)[0],
            [str(label) for label in writer.labels_],
            table["label"].tolist(),
            table[["start", "stop"]].to_numpy(),
            _features(found.X),
            stride=writer.network_.spec.stride,
            step_seconds=_seconds(estimator) if step_seconds is None else step_seconds,
            feature_names=_names(found.X),
        )
        return display.plot(ax, cmap=cmap)

    def plot(self, ax: Any = None, *, cmap: Any = None) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw: one for the features, if there are any, and one for the probabilities.
            None: a new figure of a size that fits.
        cmap : str or matplotlib Colormap, default=None
            Colours of the features. None: "magma".

        Returns
        -------
        AlignmentDisplay
            Itself, drawn.
        """
        _pyplot(f"{type(self).__name__}.plot")
        self._check()
        axes = self._axes(ax)
        if self.features is not None:
            self._plot_features(axes[0], "magma" if cmap is None else cmap)
        self._plot_lines(axes[-1])
        self._mark(axes)
        axes[-1].set_xlabel("step" if self.step_seconds is None else "seconds")
        self.figure_, self.ax_ = axes[0].figure, np.array(axes)
        return self

    @property
    def _unit(self) -> float:
        return 1.0 if self.step_seconds is None else float(self.step_seconds)

    @property
    def _n_steps(self) -> int:
        if self.features is not None:
            return len(self.features)
        return len(self.probabilities) * self.stride

    def _plot_features(self, ax, cmap):
        values = np.asarray(self.features)
        end = len(values) * self._unit
        if values.shape[1] == 1:
            ax.plot((np.arange(len(values)) + 0.5) * self._unit, values[:, 0], color="0.2", lw=1)
        else:
            ax.imshow(
                values.T,
                aspect="auto",
                origin="lower",
                cmap=cmap,
                extent=(0, end, 0, values.shape[1]),
                interpolation="nearest",
            )
        ticks = _hertz(self.feature_names, values.shape[1])
        if ticks:
            ax.set_yticks(list(ticks), list(ticks.values()))
        ax.set_ylabel("hertz" if ticks else "feature")
        ax.set_xlim(0, end)
        ax.tick_params(labelbottom=False, length=2, labelsize=8)

    def _plot_lines(self, ax):
        values = np.asarray(self.probabilities)
        middles = (np.arange(len(values)) + 0.5) * self.stride * self._unit
        ax.plot(middles, values[:, -1], color=BLANK_COLOR, lw=1, ls="--", label="blank")
        for k, label in enumerate(self.labels):
            if values[:, k].max(initial=0.0) >= NAMED:
                ax.plot(middles, values[:, k], lw=1.6, color=self._color(k), label=str(label))
        ax.set_xlim(0, self._n_steps * self._unit)
        ax.set_ylim(0, 1.16)
        ax.set_yticks([0, 0.5, 1])
        ax.set_ylabel("probability")
        ax.tick_params(length=2, labelsize=8)
        ax.spines[["top", "right"]].set_visible(False)
        handles, names = ax.get_legend_handles_labels()
        if len(names) <= 15:
            texts, _ = drawable([shown(name) for name in names])
            ax.legend(
                handles,
                [texts[shown(name)] for name in names],
                loc="upper left",
                bbox_to_anchor=(1.0, 1.0),
                fontsize=8,
                frameon=False,
                handlelength=1.2,
            )

    def _mark(self, axes):
        """The emitted labels over their steps, and lines through the features."""
        names = [str(label) for label in self.labels]
        texts, families = drawable([shown(name) for name in self.emitted])
        for name, (start, stop) in zip(self.emitted, self._spans(), strict=True):
            color = self._color(names.index(str(name))) if str(name) in names else "0.2"
            middle = (start + stop) / 2 * self._unit
            axes[-1].axvspan(start * self._unit, stop * self._unit, color=color, alpha=0.15, lw=0)
            axes[-1].text(
                middle,
                1.05,
                texts[shown(name)],
                ha="center",
                va="bottom",
                color=color,
                fontsize=10,
                fontweight="bold",
                fontfamily=families,
                parse_math=False,
            )
            if self.features is not None:
                self._mark_middle(axes[0], middle)
        if self.features is not None and len(self.emitted):
            _explain(axes[0])

    def _mark_middle(self, ax, middle: float) -> None:
        color = "white" if ax.images else "0.6"
        ax.axvline(middle, color=color, lw=0.8, alpha=0.7, label=MARK)

    def _color(self, k: int) -> str:
        return f"C{k % 10}"

    def _spans(self) -> np.ndarray:
        return np.zeros((0, 2)) if self.spans is None else np.asarray(self.spans).reshape(-1, 2)

    def _check(self):
        n_columns = np.shape(self.probabilities)[1]
        if len(self.labels) != n_columns - 1:
            raise ValueError(
                f"AlignmentDisplay has probabilities of {n_columns} columns, but {len(self.labels)}"
                " labels: give one for each column but the last, which is the blank."
            )
        if len(self._spans()) != len(self.emitted):
            raise ValueError(
                f"AlignmentDisplay has {len(self.emitted)} emitted labels, but spans of "
                f"{len(self._spans())}: give one for each."
            )

    def _axes(self, ax) -> list:
        wanted = 1 + (self.features is not None)
        if ax is not None:
            axes = list(np.ravel(np.array(ax, dtype=object)))
            if len(axes) != wanted:
                raise ValueError(
                    f"AlignmentDisplay needs {wanted} axes"
                    f"{' (features, probabilities)' if wanted == 2 else ''}, got {len(axes)}: "
                    "give them, or ax=None."
                )
            return axes
        width = float(np.clip(0.03 * self._n_steps + 3.0, 6.0, 14.0))
        _, axes = _pyplot("AlignmentDisplay").subplots(
            wanted,
            1,
            figsize=(width, 2.2 + 1.6 * (wanted - 1)),
            layout="constrained",
            squeeze=False,
            height_ratios=[2, 3][-wanted:],
        )
        return list(axes[:, 0])


def _pyplot(what):
    return import_optional("matplotlib.pyplot", extra="plot", purpose=what)


def _explain(ax) -> None:
    """What the lines through the features are, on a ground on which they can be seen."""
    handles, names = ax.get_legend_handles_labels()
    ground = {"facecolor": "0.35", "labelcolor": "white"} if ax.images else {"frameon": False}
    ax.legend(
        handles[-1:],
        names[-1:],
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        fontsize=8,
        handlelength=1.2,
        edgecolor="none",
        **ground,
    )


def _as_collection(estimator: Any, sequence: Any) -> Any:
    """One sequence in a list; what holds sequences already stays.

    A sequence has an axis for time and those of a step, a recording that of time alone.
    """
    if isinstance(sequence, SequenceArray):
        return sequence
    if isinstance(sequence, (str, os.PathLike)) or _is_pair(sequence):
        return [sequence]
    rows = list(getattr(sequence, "array", sequence))  # of a Series, by position
    n_axes = _n_axes(estimator)
    if not rows or n_axes is None:
        return [sequence]
    first = rows[0]
    recordings = n_axes == 1 and (isinstance(first, (str, os.PathLike)) or _is_pair(first))
    return rows if recordings or np.ndim(first) >= n_axes else [sequence]


def _is_pair(recording: Any) -> bool:
    """Whether it is a rate with samples."""
    return (
        isinstance(recording, tuple)
        and len(recording) == 2
        and isinstance(recording[0], Integral)
        and np.ndim(recording[1]) == 1
    )


def _n_axes(estimator: Any) -> int | None:
    """Axes of one sequence; None where it cannot be told from several."""
    from sksequence.preprocessing import LogMelSpectrogram

    estimator = getattr(estimator, "best_estimator_", estimator)
    if isinstance(estimator, Pipeline):
        return 1 if isinstance(estimator[0], LogMelSpectrogram) else None
    schema = getattr(estimator, "sequence_schema_", None)
    channels = [] if schema is None else list(schema.channels.values())
    if len(channels) != 1 or channels[0].kind != "numeric":
        return None
    return 1 + len(channels[0].shape)


def _features(X: Any) -> np.ndarray | None:
    """The numbers of the only sequence; None where there is nothing that can be drawn so."""
    if not isinstance(X, SequenceArray):
        X = SequenceArray.from_list([np.asarray(row) for row in X])
    numeric = [c.values for c in X.channels.values() if c.kind == "numeric" and c.values.ndim <= 2]
    if not numeric:
        return None
    return np.concatenate([values.reshape(len(values), -1) for values in numeric], axis=1)


def _names(X: Any) -> Sequence[str] | None:
    alone = isinstance(X, SequenceArray) and len(X.channels) == 1
    return X.only.feature_names if alone else None


def _hertz(names: Sequence[str] | None, n_features: int) -> dict[float, str]:
    """Places and texts of ticks where the features are bands of frequency; none where not."""
    parts = [re.fullmatch(r"(delta2?_)?mel_(\d+)hz", str(name)) for name in names or ()]
    if len(parts) != n_features or not all(parts):
        return {}
    middles = [float(part[2]) for part in parts if part and not part[1]]
    n = len(middles)
    inside = [int(f) for f in OCTAVES if n and middles[0] <= f <= middles[-1]]
    if len(inside) < 2:
        ticks = {i + 0.5: f"{middles[i]:,.0f}" for i in sorted({0, n - 1}) if n}
    else:
        places = np.interp(inside, middles, np.arange(n) + 0.5)
        ticks = {float(at): f"{hertz:,}" for at, hertz in zip(places, inside, strict=True)}
    slopes = {1: "slopes", 2: "slopes of\nslopes"}
    ticks |= {(k + 0.5) * n: slopes[k] for k in range(1, n_features // n if n else 0)}
    return _far_apart(ticks, n_features * TICKS_APART)


def _far_apart(ticks: dict[float, str], distance: float) -> dict[float, str]:
    """The uppermost tick, and below it those that are far enough from the one before."""
    kept: dict[float, str] = {}
    for at in sorted(ticks, reverse=True):
        if not kept or min(kept) - at >= distance:
            kept[at] = ticks[at]
    return dict(sorted(kept.items()))


def _seconds(estimator: Any) -> float | None:
    """Seconds of a step of the spectrogram in a pipeline."""
    from sksequence.preprocessing import LogMelSpectrogram

    estimator = getattr(estimator, "best_estimator_", estimator)
    if not isinstance(estimator, Pipeline):
        return None
    hops = [step.hop for _, step in estimator.steps if isinstance(step, LogMelSpectrogram)]
    return hops[-1] / 1000 if hops else None
