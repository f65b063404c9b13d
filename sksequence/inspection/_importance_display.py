"""Pictures of what an estimator listens to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from sksequence.inspection._importance import permutation_importance
from sksequence.inspection._letters import drawable, shown
from sksequence.inspection._time_axes import BLUE, INK, axes_for, pyplot_for, tidy

TIMES = {
    "end": "steps, counted from the end",
    "start": "steps, counted from the start",
    "relative": "part of the sequence",
    "forecast": "rows, counted from the forecast on",
}


class SequenceImportanceDisplay:
    """How much the score falls when features, or blocks of time, are exchanged.

    Features are bars from the most important down, blocks of time are bars from left to right, and
    both together are a heat map. A line over each bar is one standard deviation over the repeats
    to either side. It is best made with :meth:`from_estimator` or :meth:`from_importances`.

    Parameters
    ----------
    importances : ndarray of shape (n_features, n_repeats), (n_blocks, n_repeats) or \
            (n_features, n_blocks, n_repeats)
        What :func:`permutation_importance` gives.
    feature_names : sequence of str, default=None
        Names of the features; None: the importances are those of blocks of time.
    block_names : sequence of str, default=None
        Names of the blocks of time; None: the importances are those of features.
    score_name : str, default="score"
        What falls.
    align : {"end", "start", "relative", "forecast"}, default=None
        From where time is counted; named at the axis.

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
    permutation_importance : The numbers behind the picture.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import SequenceImportanceDisplay
    >>> falls = np.array([[0.02, 0.0], [0.31, 0.28], [0.1, 0.12]])
    >>> display = SequenceImportanceDisplay(falls, feature_names=["wind", "rain", "sun"]).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['rain', 'sun', 'wind']
    """

    def __init__(
        self,
        importances: np.ndarray,
        *,
        feature_names: Sequence[str] | None = None,
        block_names: Sequence[str] | None = None,
        score_name: str = "score",
        align: str | None = None,
    ):
        self.importances = importances
        self.feature_names = feature_names
        self.block_names = block_names
        self.score_name = score_name
        self.align = align

    @classmethod
    def from_importances(
        cls,
        result: Any,
        *,
        feature_names: Sequence[str] | None = None,
        n_features: int = 20,
        ax: Any = None,
        color: Any = None,
        cmap: Any = None,
        colorbar: bool = True,
    ) -> Self:
        """Draw what ``permutation_importance`` gave.

        Parameters
        ----------
        result : Bunch
            Of :func:`permutation_importance`, or of scikit-learn's function of the same name.
        feature_names : sequence of str, default=None
            Other names of the features.
        n_features, ax, color, cmap, colorbar
            As in :meth:`plot`.

        Returns
        -------
        SequenceImportanceDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there are several scores: choose one, ``result["accuracy"]``.
        """
        pyplot_for(f"{cls.__name__}.from_importances")
        if "importances" not in result:
            raise ValueError(
                "SequenceImportanceDisplay draws one score, but the result has "
                f"{', '.join(map(repr, result))}: choose one, such as "
                f"result[{next(iter(result))!r}]."
            )
        blocks = result.get("block_names")
        names = result.get("feature_names") if feature_names is None else feature_names
        if names is None and blocks is None:
            names = [f"x{j}" for j in range(len(result["importances"]))]
        display = cls(
            result["importances"],
            feature_names=names,
            block_names=blocks,
            score_name=result.get("score_name", "score"),
            align=result.get("align"),
        )
        return display.plot(ax, n_features=n_features, color=color, cmap=cmap, colorbar=colorbar)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        by: str = "feature",
        scoring: Any = None,
        n_blocks: int = 10,
        align: str = "end",
        n_repeats: int = 5,
        max_samples: float = 1.0,
        random_state: Any = None,
        sample_weight: Any = None,
        n_features: int = 20,
        ax: Any = None,
        color: Any = None,
        cmap: Any = None,
        colorbar: bool = True,
    ) -> Self:
        """Exchange parts of X and draw how much the score falls.

        Parameters
        ----------
        estimator, X, y, by, scoring, n_blocks, align, n_repeats, max_samples, random_state, \
sample_weight
            As in :func:`permutation_importance`, with a single score.
        n_features, ax, color, cmap, colorbar
            As in :meth:`plot`.

        Returns
        -------
        SequenceImportanceDisplay
            Drawn.
        """
        pyplot_for(f"{cls.__name__}.from_estimator")
        result = permutation_importance(
            estimator,
            X,
            y,
            scoring=scoring,
            by=by,
            n_blocks=n_blocks,
            align=align,
            n_repeats=n_repeats,
            max_samples=max_samples,
            random_state=random_state,
            sample_weight=sample_weight,
        )
        settings = {"n_features": n_features, "color": color, "cmap": cmap, "colorbar": colorbar}
        return cls.from_importances(result, ax=ax, **settings)

    def plot(
        self,
        ax: Any = None,
        *,
        n_features: int = 20,
        color: Any = None,
        cmap: Any = None,
        colorbar: bool = True,
    ) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None: a new figure of a size that fits.
        n_features : int, default=20
            So many features are drawn at most, the most important ones.
        color : matplotlib color, default=None
            Of the bars; None: blue.
        cmap : str or matplotlib Colormap, default=None
            Of the heat map; None: from white (nothing) to blue.
        colorbar : bool, default=True
            Whether a bar explains the colours of a heat map.

        Returns
        -------
        SequenceImportanceDisplay
            Itself, drawn.
        """
        name = type(self).__name__
        pyplot_for(f"{name}.plot")
        values = np.asarray(self.importances, dtype=float)
        _check_shape(values, self.feature_names, self.block_names)
        shown_rows = _most_important(values, self.feature_names, n_features)
        (ax,), _ = axes_for(ax, 1, name, self._size(len(shown_rows)))
        self.im_ = None
        color = BLUE if color is None else color
        if self.block_names is None:
            self._draw_features(ax, values[shown_rows], shown_rows, color)
        elif self.feature_names is None:
            self._draw_blocks(ax, values, color)
        else:
            self.im_ = self._draw_both(ax, values[shown_rows], shown_rows, cmap, colorbar)
        self.figure_, self.ax_ = ax.figure, ax
        return self

    def _size(self, n_rows):
        n_blocks = 0 if self.block_names is None else len(self.block_names)
        if self.block_names is None:
            return 6.4, 1.1 + 0.3 * n_rows
        width = float(np.clip(2.2 + 0.6 * n_blocks, 5.0, 12.0))
        return (width, 3.6) if self.feature_names is None else (width + 1, 1.6 + 0.36 * n_rows)

    def _draw_features(self, ax, values, rows, color):
        places, mean, std = np.arange(len(values)), values.mean(axis=1), values.std(axis=1)
        ax.barh(places, mean, xerr=std, color=color, height=0.7, error_kw=ERROR)
        _name_features(ax, [self.feature_names[i] for i in rows])
        tidy(ax)
        ax.grid(axis="y", visible=False)
        ax.grid(axis="x", color="0.92", linewidth=0.8)
        ax.axvline(0, color="0.6", linewidth=0.8)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel(self._what(), fontsize=9)

    def _draw_blocks(self, ax, values, color):
        places, mean, std = np.arange(len(values)), values.mean(axis=1), values.std(axis=1)
        ax.bar(places, mean, yerr=std, color=color, width=0.8, error_kw=ERROR)
        tidy(ax)
        ax.axhline(0, color="0.6", linewidth=0.8)
        ax.spines["bottom"].set_visible(False)
        self._name_blocks(ax)
        ax.set_ylabel(self._what(), fontsize=9)

    def _draw_both(self, ax, values, rows, cmap, colorbar):
        mean = values.mean(axis=2)
        top = float(mean.max(initial=0.0))
        limits = {"vmin": 0.0, "vmax": top if top > 0 else 1.0}
        im = ax.imshow(mean, aspect="auto", cmap="Blues" if cmap is None else cmap, **limits)
        _name_features(ax, [self.feature_names[i] for i in rows])
        self._name_blocks(ax)
        ax.spines[:].set(color="0.7", linewidth=0.6)
        ax.set_xticks(np.arange(1, mean.shape[1]) - 0.5, minor=True)
        ax.set_yticks(np.arange(1, mean.shape[0]) - 0.5, minor=True)
        ax.grid(which="minor", color="0.9", linewidth=0.5)
        ax.tick_params(which="both", length=0)
        if colorbar:
            bar = ax.figure.colorbar(im, ax=ax, pad=0.02)
            words = self._what()  # of a flat heat map the bar is shorter than they are
            bar.set_label(words.replace(" when", "\nwhen"), fontsize=9)
            bar.ax.tick_params(labelsize=8)
            bar.outline.set(color="0.7", linewidth=0.6)
        return im

    def _name_blocks(self, ax):
        names = [str(name).replace("-", "\N{MINUS SIGN}") for name in self.block_names]
        room = 11 * (ax.figure.get_figwidth() - 1)  # in letters
        turn = 45 if len(names) * (max(map(len, names)) + 2) > room else 0
        side = {"ha": "right", "rotation_mode": "anchor"} if turn else {}
        ax.set_xticks(range(len(names)), names, rotation=turn, fontsize=9, **side)
        ax.tick_params(axis="x", length=0)
        ax.set_xlabel(TIMES.get(self.align or "", "time"), fontsize=9)

    def _what(self):
        return f"fall of {self.score_name} when exchanged"


ERROR = {"ecolor": INK, "elinewidth": 1.0, "capsize": 0}


def _check_shape(values: np.ndarray, features: Any, blocks: Any) -> None:
    wanted = [len(names) for names in (features, blocks) if names is not None]
    if not wanted or list(values.shape[:-1]) != wanted:
        raise ValueError(
            f"SequenceImportanceDisplay needs importances of shape (*{tuple(wanted)}, n_repeats) "
            f"for the names of features and blocks that it has, got {values.shape}."
        )


def _most_important(values: np.ndarray, names: Any, n_features: int) -> list[int]:
    """Which features are drawn, the most important first."""
    if names is None:
        return []
    size = values.mean(axis=-1)
    size = size if size.ndim == 1 else size.sum(axis=1)
    return np.argsort(-size, kind="stable")[:n_features].tolist()


def _name_features(ax: Any, names: list) -> None:
    texts, families = drawable([shown(str(name)) for name in names])
    labels = [texts[shown(str(name))] for name in names]
    places = range(len(labels))
    ax.set_yticks(places, labels, fontsize=9, fontfamily=families, parse_math=False)
    ax.set_ylim(len(labels) - 0.5, -0.5)
