"""Names beside points, so that none lies on another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

# Distances from the point to the edge of its name, in points; the nearest free place is taken.
DISTANCES = (4, 8, 13, 19, 27, 37, 50, 66, 86, 110, 140)
ANGLES = np.pi * np.array([0, 1, 0.5, 1.5, 0.25, 0.75, 1.75, 1.25, *(np.arange(1, 16, 2) / 8)])
FARTHEST = 27  # of a name that may be left out
LEADER = 10  # from so many points on, a line leads from the point to its name
MARGIN = 1.0  # points around a name


def place_labels(
    ax: Any,
    points: np.ndarray,
    labels: Sequence[str],
    styles: Sequence[dict],
    needed: Sequence[bool],
    obstacles: Iterable[np.ndarray] = (),
) -> list[Any]:
    """Write names beside points, greedily: each at the nearest place that is free.

    Parameters
    ----------
    ax : matplotlib Axes
        With its final limits.
    points : ndarray of shape (n_points, 2)
        In data units; also those without a name, which come last, are in the way.
    labels : sequence of str
        A name for each of the first points, the most important first.
    styles : sequence of dict
        Of the text of each.
    needed : sequence of bool
        Whether a name is written also where no place is free; others are left out.
    obstacles : iterable of ndarray of shape (n, 2)
        Further points in data units that names do not cover, such as those along a line.

    Returns
    -------
    list of matplotlib Annotation or None
        One for each name.
    """
    ax.figure.draw_without_rendering()  # places of axes are final after that
    pixels = ax.figure.dpi / 72  # in a point
    spots = ax.transData.transform(points)
    others = [ax.transData.transform(line) for line in obstacles]
    taken = _Taken(ax.get_window_extent(), spots, others, pixels)
    written: list[Any] = []
    for i, (label, style) in enumerate(zip(labels, styles, strict=True)):
        note = ax.annotate(
            label,
            points[i],
            xytext=(0, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            annotation_clip=False,
            parse_math=False,
            **style,
        )
        box = note.get_window_extent()
        found = taken.nearest(i, box.width, box.height, needed[i])
        if found is None:
            note.remove()
            written.append(None)
            continue
        distance, offset = found
        note.set_position(tuple(offset / pixels))
        if distance >= LEADER:
            _lead(ax, points[i], offset, (box.width, box.height), pixels, taken, spots[i])
        written.append(note)
    return written


class _Taken:
    """Places that are taken, in pixels: rectangles ``(left, bottom, right, top)``."""

    def __init__(self, frame: Any, spots: np.ndarray, others: list[np.ndarray], pixels: float):
        self.frame, self.spots, self.pixels = frame, spots, pixels
        around = [_around(spots, 3 * pixels), *(_around(line, 1.5 * pixels) for line in others)]
        self.boxes = np.concatenate(around)

    def nearest(
        self, i: int, width: float, height: float, needed: bool
    ) -> tuple[float, np.ndarray] | None:
        """Distance and offset of the middle of a name from point `i`; it is taken from now on."""
        best: tuple[float, float, np.ndarray, np.ndarray] | None = None
        for distance in DISTANCES:
            if distance > FARTHEST and not needed:
                break
            offsets = _offsets(width, height, distance * self.pixels)
            boxes = _boxes(self.spots[i] + offsets, width, height, MARGIN * self.pixels)
            covered = self._covered(boxes)
            k = int(np.argmin(covered))
            if best is None or covered[k] < best[0]:
                best = float(covered[k]), float(distance), offsets[k], boxes[k]
            if covered[k] == 0:
                break
        if best is None or (best[0] > 0 and not needed):
            return None
        _, far, offset, box = best
        self.boxes = np.vstack([self.boxes, box])
        return far, offset

    def add(self, line: np.ndarray) -> None:
        """A line that is drawn, as points along it."""
        self.boxes = np.vstack([self.boxes, _around(line, 0.5 * self.pixels)])

    def _covered(self, boxes: np.ndarray) -> np.ndarray:
        """By how much each rectangle lies on what is there, or beyond the axes."""
        low = np.maximum(boxes[:, None, :2], self.boxes[None, :, :2])
        high = np.minimum(boxes[:, None, 2:], self.boxes[None, :, 2:])
        common = np.maximum(high - low, 0).prod(axis=2).sum(axis=1)
        frame = self.frame
        beyond = np.maximum(frame.x0 - boxes[:, 0], 0) + np.maximum(boxes[:, 2] - frame.x1, 0)
        beyond += np.maximum(frame.y0 - boxes[:, 1], 0) + np.maximum(boxes[:, 3] - frame.y1, 0)
        return common + 1e4 * beyond


def _offsets(width: float, height: float, distance: float) -> np.ndarray:
    """Middles of a rectangle whose edge has this distance from the origin, shape (n, 2)."""
    across, up = np.cos(ANGLES), np.sin(ANGLES)
    return np.stack([across * (width / 2 + distance), up * (height / 2 + distance)], axis=1)


def _boxes(middles: np.ndarray, width: float, height: float, margin: float) -> np.ndarray:
    half = np.array([width / 2 + margin, height / 2 + margin])
    return np.concatenate([middles - half, middles + half], axis=1)


def _around(points: np.ndarray, radius: float) -> np.ndarray:
    points = np.asarray(points, dtype=float).reshape(-1, 2)
    return np.concatenate([points - radius, points + radius], axis=1)


def _lead(ax, point, offset, size, pixels, taken, spot):
    """A thin line from a point to the edge of its name."""
    half = np.asarray(size) / 2 + 0.5 * pixels
    share = min(1.0, float(np.min(half / np.maximum(np.abs(offset), 1e-9))))
    end = offset * (1 - share)  # where the line meets the edge of the name
    ax.annotate(
        "",
        point,
        xytext=tuple(end / pixels),
        textcoords="offset points",
        arrowprops={"arrowstyle": "-", "color": "0.6", "lw": 0.6, "shrinkA": 0, "shrinkB": 3},
        annotation_clip=False,
        zorder=1.5,
    )
    n = max(2, int(np.hypot(*end) / (3 * pixels)))
    taken.add(spot + np.linspace(0, 1, n)[:, None] * end)
