"""Pictures of where a network looked."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.pipeline import Pipeline

from sksequence.inputs import SequenceArray, Vocabulary
from sksequence.inspection._heat_map import WIDEST, draw_heat_map, figure_size
from sksequence.inspection._opened import Opened
from sksequence.inspection._pooled_attention import PooledAttention, read_pooled
from sksequence.inspection._word_maps import draw_word_maps, pictures_size
from sksequence.preprocessing._image_reading import read_image
from sksequence.utils import import_optional

MOST = 12  # alignments in one figure
UNKNOWN = "<unk>"


class AttentionDisplay:
    """Where a network looked: an alignment, a map over an image, or the steps that counted.

    Of a sequence that was written it is a heat map with the steps of the source from left to right
    and what was written from top to bottom; every row adds up to one (Bahdanau, Cho and Bengio,
    2015). Of a caption it is the image once for each word, in its colours where the decoder looked
    and pale elsewhere (Xu et al., 2015). Of a classifier or regressor with ``pooling="attention"``
    it is one weight a step: text has coloured words (unknown ones in brackets), as HTML in a
    notebook and as a figure; numbers have the weights under their curves. The darker a word, the
    larger its weight: the scale begins at 0 and ends at the largest weight, or at four times the
    weight that all words would have if they counted the same, whichever is larger, and that equal
    share is marked. So words are pale where all count about the same. It is best made with
    :meth:`from_estimator`.

    Parameters
    ----------
    weights : ndarray of shape (n_target_steps, n_source_steps) or (n_steps,), or list of such
        The weights of the attention; what ``align`` or ``attention_weights`` gives. A list holds
        several, and so do the next three.
    source : list of str or int, or ndarray of shape (n_steps, n_features)
        A word for each step of the source, or its number. Ignored with `image`. With one weight a
        step, its words or its values.
    target : list of str or int, or str, default=None
        A word for each step that was written, or its number. With one weight a step, what was
        answered; None: nothing is said of it.
    image : array of shape (n_rows, n_columns) or (n_rows, n_columns, 3), path or Pillow image, \
default=None
        The image that was looked at.
    grid_shape : (int, int), default=None
        Rows and columns of the grid of locations that covers `image`. None: a square.
    unknown_source, unknown_target : collection of str, default=()
        Words that the estimator does not know; they are drawn in red.
    feature_names : sequence of str, default=None
        Of the values of `source`.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    ax_ : matplotlib Axes, or ndarray of Axes
        The axes; an array, one for each alignment, where `weights` is a list.
    im_ : matplotlib AxesImage, or list
        The heat map; of a caption the list of its maps, one a word; of coloured words what
        explains the colours (a ScalarMappable), of numbers the bars of the weights. A list of
        these where `weights` is a list.

    See Also
    --------
    sksequence.Seq2SeqTransformer.align : The numbers behind an alignment.
    sksequence.RNNClassifier.attention_weights : The numbers behind coloured words.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import AttentionDisplay
    >>> weights = np.array([[0.9, 0.1, 0.0], [0.1, 0.2, 0.7]])
    >>> display = AttentionDisplay(weights, ["le", "chat", "dort"], ["the", "cat"]).plot()
    >>> [label.get_text() for label in display.ax_.get_xticklabels()]
    ['le', 'chat', 'dort']
    >>> display = AttentionDisplay(np.array([0.1, 0.8, 0.1]), ["not", "bad", "!"], "positive")
    >>> "positive" in display._repr_html_()
    True
    """

    def __init__(
        self,
        weights: np.ndarray | list[np.ndarray],
        source: Sequence | None,
        target: Sequence | None = None,
        image: Any = None,
        grid_shape: tuple[int, int] | None = None,
        *,
        unknown_source: Collection[str] = (),
        unknown_target: Collection[str] = (),
        feature_names: Sequence[str] | None = None,
    ):
        self.weights = weights
        self.source = source
        self.target = target
        self.image = image
        self.grid_shape = grid_shape
        self.unknown_source = unknown_source
        self.unknown_target = unknown_target
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        image: Any = None,
        grid_shape: tuple[int, int] | None = None,
        ax: Any = None,
        cmap: Any = None,
        colorbar: bool = True,
        im_kw: dict | None = None,
    ) -> Self:
        """Draw where a fitted estimator looks while it writes, or before it answers.

        Parameters
        ----------
        estimator : fitted estimator, Pipeline that ends with one, or search over either
            One with ``align`` (``Seq2SeqTransformer``, ``SequenceCaptioner``), or an
            ``RNNClassifier`` or ``RNNRegressor`` with ``pooling="attention"``.
        X : sources
            As in ``fit``, at most 12: one axes for each. A single text may come without a list.
        y : targets, default=None
            What is written; None: what ``transform`` writes. Of a classifier or regressor the
            right answers, for the titles.
        image : image, or list of images, default=None
            What to draw under the maps of a captioner. None: X, where it holds images (also of a
            pipeline that begins with ``ImageFeaturizer``).
        grid_shape : (int, int), default=None
            Rows and columns of the locations of a captioner. None: as the estimator knows it, or
            a square.
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw, one for each source. None: a new figure of a size that fits.
        cmap, colorbar, im_kw
            As in :meth:`plot`.

        Returns
        -------
        AttentionDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If the estimator has nothing to align, and no pooling.
        AttributeError
            If it was made without attention.
        ValueError
            If there are more than 12 sources.
        """
        _check_matplotlib(f"{cls.__name__}.from_estimator")
        X, y = _as_lists(X, y)
        writer, read, steps = _last_step(estimator, X)
        if not hasattr(type(writer), "align"):
            inside = Opened(writer, read, X, _vocabulary(read, steps))
            weights, source, target, names = read_pooled(inside, steps, y)
            alone = len(weights) == 1 and np.ndim(ax) == 0
            given = (weights[0], source[0], target[0]) if alone else (weights, source, target)
            display = cls(*given, feature_names=names)
            return display.plot(ax, cmap=cmap, colorbar=colorbar, im_kw=im_kw)
        weights, source, target = _aligned(writer, read, y, _vocabulary(read, steps))
        unknown = {
            "unknown_source": _unknown(getattr(writer, "source_side_", None), source),
            "unknown_target": _unknown(getattr(writer, "target_side_", None), target),
        }
        images, found = _pictures([writer, *reversed(steps)], X, image)
        if images is not None:
            source, grid_shape = None, grid_shape or found
        if len(weights) == 1 and np.ndim(ax) == 0:
            weights, target = weights[0], target[0]
            source, images = (given and given[0] for given in (source, images))
        display = cls(weights, source, target, images, grid_shape, **unknown)
        return display.plot(ax, cmap=cmap, colorbar=colorbar, im_kw=im_kw)

    def plot(
        self,
        ax: Any = None,
        *,
        cmap: Any = None,
        colorbar: bool = True,
        im_kw: dict | None = None,
    ) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw, one for each alignment; words fit best into a figure with
            ``layout="constrained"``. None: a new figure of a size that fits.
        cmap : str or matplotlib Colormap, default=None
            Colours of the weights. None: from white to blue in a heat map; over an image no
            colour of its own: the image is pale where nothing was looked at.
        colorbar : bool, default=True
            Whether a bar explains the colours of a heat map, from 0 to 1 (to the largest weight,
            where that is below one half).
        im_kw : dict, default=None
            Further arguments of ``matplotlib.axes.Axes.imshow``, such as ``vmax`` where the
            attention is spread over many steps.

        Returns
        -------
        AttentionDisplay
            Itself, drawn.
        """
        _check_matplotlib(f"{type(self).__name__}.plot")
        several = isinstance(self.weights, list)
        parts = list(self._parts()) if several else [self._part(self.weights)]
        sizes = [part.size for part in parts]
        texts = all(isinstance(part, PooledAttention) and part.is_text for part in parts)
        if texts:  # one below the other, with letters of one width
            sizes = [(max(width for width, _ in sizes), height) for _, height in sizes]
        axes = _axes(ax, sizes)
        settings = {"cmap": cmap, "colorbar": colorbar, "im_kw": im_kw or {}}
        self._made, self._cmap = ax is None, cmap
        images = [part.draw(place, **settings) for place, part in zip(axes, parts, strict=True)]
        if texts:
            widest = max(place.get_xlim()[1] for place in axes)
            for place in axes:
                place.set_xlim(0, widest)
        self.figure_ = axes[0].figure
        self.ax_ = np.array(axes) if several else axes[0]
        self.im_ = images if several else images[0]
        return self

    def _repr_html_(self) -> str | None:
        several = isinstance(self.weights, list)
        parts = list(self._parts()) if several else [self._part(self.weights)]
        texts = [part for part in parts if isinstance(part, PooledAttention) and part.is_text]
        if not texts:
            return None
        if getattr(self, "_made", False):  # shown once: as text, not as a figure too
            _check_matplotlib("AttentionDisplay").close(self.figure_)
        return "".join(part.html(getattr(self, "_cmap", None)) for part in texts)

    def _parts(self):
        nothing = [None] * len(self.weights)
        targets = nothing if self.target is None else self.target
        sources = nothing if self.source is None else self.source
        images = nothing if self.image is None else self.image
        for name, given in (("source", sources), ("target", targets), ("image", images)):
            if len(given) != len(self.weights):
                raise ValueError(
                    f"AttentionDisplay got {len(self.weights)} alignments in weights, but "
                    f"{len(given)} in {name}: give a list with one for each."
                )
        return map(self._part, self.weights, sources, targets, images)

    def _part(self, weights, *rest) -> _Alignment | PooledAttention:
        source, target, image = rest or (self.source, self.target, self.image)
        if np.ndim(weights) == 1:
            return PooledAttention.of(np.asarray(weights), source, target, self.feature_names)
        unknown = self.unknown_source, self.unknown_target
        if image is None:
            return _Alignment.of_steps(np.asarray(weights), source, target, unknown)
        return _Alignment.of_image(np.asarray(weights), target, image, self.grid_shape, unknown)


@dataclass(frozen=True)
class _Alignment:
    """One heat map, or one image with its maps, checked."""

    weights: np.ndarray  # (n_target_steps, n_source_steps)
    source: Sequence
    target: Sequence
    unknown: tuple[Collection[str], Collection[str]]
    image: np.ndarray | None = None
    grid_shape: tuple[int, int] = (1, 1)

    @classmethod
    def of_steps(cls, weights, source, target, unknown) -> _Alignment:
        """A heat map."""
        source, target = list(source), list(target)
        if weights.shape != (len(target), len(source)):
            raise ValueError(
                f"AttentionDisplay needs weights of shape (n_target_steps, n_source_steps) = "
                f"({len(target)}, {len(source)}), the numbers of target and source words, got "
                f"{weights.shape}."
            )
        if not target:
            weights, target = np.zeros((1, len(source))), ["(nothing was written)"]
        return cls(weights, source, target, unknown)

    @classmethod
    def of_image(cls, weights, target, image, grid_shape, unknown) -> _Alignment:
        """An image with a map for each word."""
        target, n_locations = list(target), weights.shape[-1]
        if weights.ndim != 2 or len(weights) != len(target):
            raise ValueError(
                "AttentionDisplay needs weights of shape (n_words, n_locations) with "
                f"{len(target)} words, got {weights.shape}."
            )
        if grid_shape is None:
            side = math.isqrt(n_locations)
            grid_shape = (side, side)
        if grid_shape[0] * grid_shape[1] != n_locations:
            raise ValueError(
                f"AttentionDisplay has weights over {n_locations} locations, which are no grid of "
                f"{grid_shape[0]} x {grid_shape[1]}: give grid_shape=(n_rows, n_columns)."
            )
        return cls(weights, (), target, unknown, _as_picture(image), tuple(grid_shape))

    @property
    def size(self) -> tuple[float, float]:
        """Inches of a figure."""
        if self.image is not None:
            return pictures_size(len(self.target), self.image)
        return figure_size(self.source, self.target)

    def draw(self, ax: Any, *, cmap: Any, colorbar: bool, im_kw: dict) -> Any:
        """Draw into axes: one image, or a list of maps."""
        if self.image is None:
            settings = {"cmap": "Blues" if cmap is None else cmap, **im_kw}
            words = self.source, self.target, self.unknown
            return draw_heat_map(ax, self.weights, *words, settings, colorbar)
        return draw_word_maps(
            ax,
            self.weights,
            self.target,
            self.image,
            self.grid_shape,
            self.unknown[1],
            {"cmap": cmap, **im_kw},
        )


# -- what an estimator shows ------------------------------------------------------------------


def _as_lists(X, y):
    """A single text as a list of one; sources that can be counted."""
    if isinstance(X, (str, bytes)):
        X, y = [X], None if y is None else [y]
    if (n := _n_sources(X)) > MOST:
        raise ValueError(
            f"AttentionDisplay draws at most {MOST} sources in one figure, got {n}: give a "
            f"part, such as X[:{MOST // 4}]."
        )
    return X, y


def _n_sources(X) -> int:
    """Sequences of a table with an index of two levels; else rows."""
    index = getattr(X, "index", None)
    return len(X) if getattr(index, "nlevels", 1) == 1 else len(index.unique(level=0))


def _last_step(estimator, X):
    """The estimator that writes, what it reads, and the steps before it."""
    steps = []
    while True:
        if isinstance(estimator, Pipeline):
            steps += [step for _, step in estimator.steps[:-1] if step not in (None, "passthrough")]
            estimator = estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            break
    for step in steps:
        X = step.transform(X)
    if not any(hasattr(type(estimator), name) for name in ("align", "attention_weights")):
        raise TypeError(
            "AttentionDisplay needs a fitted estimator that pools by attention, such as "
            "RNNClassifier(pooling='attention'), or that can align what it writes with its source, "
            f"such as Seq2SeqTransformer, got {type(estimator).__name__}."
        )
    return estimator, X, steps


def _vocabulary(X, steps):
    """Of the step that numbered the symbols of X; None for texts and numbers."""
    if not isinstance(X, SequenceArray) or len(X.channels) != 1:
        return None
    for step in reversed(steps):
        found = getattr(step, "vocabulary_", None)
        if isinstance(found, Vocabulary) and found.fingerprint == X.only.vocabulary_id:
            return found
    return None


def _aligned(writer, X, y, vocabulary):
    """Weights, names of the sources' steps and of the targets' steps."""
    frames = writer.align(X, y, as_frame=True)
    sources = [list(frame.columns) for frame in frames]
    if vocabulary is not None:
        sources = [vocabulary.decode(ids) for ids in X]
    return [f.to_numpy() for f in frames], sources, [list(frame.index) for frame in frames]


def _unknown(side, rows):
    """Words of the rows that are in no vocabulary."""
    encoder = getattr(side, "encoder", None)
    words = {word for row in rows for word in row} if encoder is not None else set()
    return {UNKNOWN, *(word for word in words if word not in encoder.vocabulary_.index)}


# -- where it is drawn --------------------------------------------------------------------------


def _check_matplotlib(what):
    return import_optional("matplotlib.pyplot", extra="plot", purpose=what)


def _axes(ax, sizes):
    """The given axes, or new ones in a figure that has room for all."""
    if ax is not None:
        axes = list(np.ravel(np.array(ax, dtype=object)))
        if len(axes) != len(sizes):
            raise ValueError(
                f"AttentionDisplay has {len(sizes)} alignments to draw, got {len(axes)} axes: give "
                "one for each, or ax=None."
            )
        return axes
    pyplot = _check_matplotlib("AttentionDisplay")
    widths, heights = zip(*sizes, strict=True)
    columns = max(1, min(len(sizes), int(WIDEST // max(widths))))
    lines = [slice(i, i + columns) for i in range(0, len(sizes), columns)]
    tallest = [max(heights[line]) for line in lines]
    figure = pyplot.figure(figsize=(columns * max(widths), sum(tallest)), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
    grid = figure.add_gridspec(len(lines), columns, height_ratios=tallest)
    axes = []
    for i, width in enumerate(widths):  # each as wide as it wants, what is left over stays empty
        left_over = max(max(widths) - width, 1e-3)
        place = grid[i // columns, i % columns]
        halves = place.subgridspec(1, 2, width_ratios=(width, left_over), wspace=0)
        axes.append(figure.add_subplot(halves[0] if left_over > 0.3 else place))
    return axes


def _pictures(steps, X, image):
    """An image for each source and the grid over it; None where sequences were read."""
    sees = (step for step in steps if getattr(step, "grid_shape_", None) is not None)
    eye = next(sees, None)
    grid_shape = getattr(eye, "grid_shape_", None)
    if image is not None:
        several = isinstance(image, (list, tuple)) or np.ndim(image) == 4
        return (list(image) if several else [image]), grid_shape
    if eye is None:
        return None, None
    if getattr(eye, "resize", None) == "crop":
        return [_middle(_as_picture(one), *eye.frame_shape_[:2]) for one in X], grid_shape
    return list(X), grid_shape


def _middle(picture, n_rows, n_columns):
    """The largest part in the middle with these proportions."""
    height, width = picture.shape[:2]
    share = min(height / n_rows, width / n_columns)
    rows, columns = round(share * n_rows), round(share * n_columns)
    top, left = (height - rows) // 2, (width - columns) // 2
    return picture[top : top + rows, left : left + columns]


def _as_picture(image) -> np.ndarray:
    """Numbers between 0 and 1, ``(n_rows, n_columns)`` or ``(n_rows, n_columns, 3)``."""
    shape = np.shape(image) if isinstance(image, np.ndarray) else ()
    if len(shape) == 2:
        image = image[..., np.newaxis]
    grey = len(shape) == 2 or (len(shape) == 3 and shape[2] == 1)
    picture = read_image(image, 0, 1 if grey else 3)
    return picture[..., 0] if grey else picture
