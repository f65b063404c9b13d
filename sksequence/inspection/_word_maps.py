"""Drawing where a captioner looked: the image once for each word."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from scipy import ndimage

from sksequence.inspection._heat_map import UNKNOWN_COLOR
from sksequence.inspection._letters import drawable, shown

FINEST = 256  # pixels of the longer side of a map
TITLE = 0.24  # inches over a picture for its word
LUMINANCE = np.array([0.299, 0.587, 0.114])  # of red, green and blue
PICTURE = 1.6  # inches of a picture


def n_columns(n_pictures: int) -> int:
    """Columns of a grid of pictures; a caption is read in few lines."""
    return n_pictures if n_pictures <= 5 else max(4, min(7, int(np.ceil(n_pictures**0.5 * 1.3))))


def pictures_size(n_words: int, image: np.ndarray) -> tuple[float, float]:
    """Inches of a figure for the image and one picture a word."""
    columns = n_columns(n_words + 1)
    rows = -(-(n_words + 1) // columns)
    height = PICTURE * image.shape[0] / image.shape[1]
    return columns * (PICTURE + 0.08), rows * (min(height, 2 * PICTURE) + TITLE + 0.06)


def draw_word_maps(
    ax: Any,
    weights: np.ndarray,
    target: Sequence,
    image: np.ndarray,
    grid_shape: tuple[int, int],
    unknown: Collection[str],
    im_kw: dict,
) -> list:
    """Divide axes into pictures, the image first, then one a word; the maps are returned."""
    ax.set_axis_off()
    texts, families = drawable([shown(word) for word in target])
    inches = ax.figure.get_size_inches() * ax.get_position().size
    places = _places(len(target) + 1, inches, image.shape[0] / image.shape[1])
    width = places[0][2] * inches[0] * 72  # points
    _picture(ax.inset_axes(places[0]), image)
    maps = []
    for place, row, word in zip(places[1:], weights, target, strict=True):
        small = ax.inset_axes(place)
        _picture(small, image)
        maps.append(_veil(small, row.reshape(grid_shape), image, im_kw))
        small.set_title(
            texts[shown(word)],
            fontsize=float(np.clip(width / (0.62 * len(shown(word))), 5.5, 10)),
            fontfamily=families,
            parse_math=False,
            pad=3,
            **({"color": UNKNOWN_COLOR, "fontstyle": "italic"} if word in unknown else {}),
        )
    return maps


def _places(n_pictures, inches, slope):
    """Left, bottom, width, height of each picture in shares of the axes, line by line.

    As many columns as make the pictures, `slope` times as high as wide, largest.
    """

    def width_of(columns):
        rows = -(-n_pictures // columns)
        return round(min(inches[0] / columns, (inches[1] / rows - TITLE) / slope), 2), columns

    _, columns = max(map(width_of, range(1, n_pictures + 1)))
    rows = -(-n_pictures // columns)
    width, height = 1 / columns, 1 / rows
    gap, title = min(0.08 / inches[0], width / 4), min(TITLE / inches[1], height / 2)
    return [
        (i % columns * width, 1 - (i // columns + 1) * height, width - gap, height - title)
        for i in range(n_pictures)
    ]


def _picture(ax, image):
    ax.imshow(image, cmap="gray", vmin=0.0, vmax=1.0, interpolation="antialiased")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)


def _veil(ax, weights, image, im_kw):
    """A pale grey copy over what was not looked at; with a colour map, colours instead."""
    smooth = upsampled(weights, image.shape[:2])
    extent = (-0.5, image.shape[1] - 0.5, image.shape[0] - 0.5, -0.5)
    if im_kw.get("cmap") is not None:
        return ax.imshow(smooth, extent=extent, **{"alpha": 0.55, "vmin": 0.0, **im_kw})
    grey = image if image.ndim == 2 else image @ LUMINANCE
    zoom = np.divide(smooth.shape, grey.shape)
    pale = 0.55 + 0.4 * ndimage.zoom(grey, zoom, order=1, mode="nearest", grid_mode=True)
    share = smooth / max(smooth.max(), np.finfo(float).tiny)
    settings = {**im_kw, "cmap": "gray", "vmin": 0.0, "vmax": 1.0}
    return ax.imshow(pale, extent=extent, alpha=np.clip(1 - share, 0, 1), **settings)


def upsampled(weights: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A map over a grid as a smooth one over an image with these sides.

    Cubic splines over the grid's cells, then a Gaussian a third of a cell wide, so that neither
    steps nor overshoots are seen. No value is negative.
    """
    scale = FINEST / max(size)
    rows, columns = (max(2, round(side * scale)) for side in size)
    factors = rows / weights.shape[0], columns / weights.shape[1]
    fine = ndimage.zoom(
        weights.astype(float),
        factors,
        order=min(3, min(weights.shape)),
        mode="nearest",
        grid_mode=True,
    )
    blurred = ndimage.gaussian_filter(fine, [factor / 3 for factor in factors], mode="nearest")
    return np.maximum(blurred, 0.0)
