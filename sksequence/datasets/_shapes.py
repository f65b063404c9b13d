"""Clips of moving shapes: small films of which every frame is understood."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from sksequence.datasets._checks import check_between, check_count
from sksequence.inputs import SequenceArray
from sksequence.utils._random import make_generator

SHAPES = ("circle", "square", "triangle")
STILL = "still"
# Rows are counted from the top of a frame.
STEPS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"down": (1, 0), "left": (0, -1), "right": (0, 1), "up": (-1, 0)}
)


def make_moving_shapes(
    n_clips: int = 200,
    *,
    min_frames: int = 6,
    max_frames: int = 12,
    height: int = 20,
    width: int = 20,
    radius: int = 3,
    pause: float = 0.3,
    noise: float = 0.1,
    return_shapes: bool = False,
    random_state: Any = None,
) -> (
    tuple[SequenceArray, np.ndarray, list[np.ndarray]]
    | tuple[SequenceArray, np.ndarray, list[np.ndarray], np.ndarray]
):
    """Make short clips of a shape that moves, labelled by clip and by frame.

    In each clip a circle, a square or a triangle goes in one direction, by a pixel a frame,
    and rests now and then. Where it goes is the label of the clip; of each frame the label
    says whether the shape went there or rested. No single frame tells either: a model has to
    compare frames. The shape is a label that a single frame does tell.

    Parameters
    ----------
    n_clips : int, default=200
        Number of clips.
    min_frames, max_frames : int, default=6 and 12
        Lengths are drawn uniformly from `min_frames` (at least 2) to `max_frames`.
    height, width : int, default=20
        Pixels of a frame; at least ``2 * radius + max_frames``, so that no shape leaves it.
    radius : int, default=3
        A shape is ``2 * radius + 1`` pixels wide and high.
    pause : float, default=0.3
        Probability that the shape rests in a frame. Each clip has one movement at least.
    noise : float, default=0.1
        Standard deviation of the normal noise that is added to every pixel.
    return_shapes : bool, default=False
        Return the names of the shapes as well.
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same clips at every call.

    Returns
    -------
    X : SequenceArray of shape (n_clips,)
        Clips of frames of `height` by `width` pixels, 0 outside the shape and 1 inside, plus
        noise; 32 bits.
    clip_labels : ndarray of str of shape (n_clips,)
        ``"down"``, ``"left"``, ``"right"`` or ``"up"``, equally likely.
    frame_labels : list of ndarray of str of shape (n_frames,)
        The direction in which the shape went from the frame before to this one, or
        ``"still"``; the first frame is still.
    shapes : ndarray of str of shape (n_clips,)
        ``"circle"``, ``"square"`` or ``"triangle"``; only with ``return_shapes=True``.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    Examples
    --------
    >>> from sksequence.datasets import make_moving_shapes
    >>> X, clip_labels, frame_labels = make_moving_shapes(5, random_state=0)
    >>> X
    SequenceArray(n_sequences=5, lengths=7..11, frame_shape=(20, 20))
    >>> clip_labels[0].item(), frame_labels[0][:4].tolist()
    ('down', ['still', 'down', 'down', 'still'])
    """
    check_count("n_clips", n_clips)
    check_count("min_frames", min_frames, minimum=2, why=", a movement needs two")
    check_count("max_frames", max_frames, minimum=min_frames, why=", which is min_frames")
    check_count("radius", radius)
    for name, side in (("height", height), ("width", width)):
        check_count(name, side, minimum=2 * radius + max_frames, why=", 2 * radius + max_frames")
    check_between("pause", pause, 0, 1)
    check_between("noise", noise, 0, np.inf)
    rng = make_generator(random_state)

    lengths = rng.integers(min_frames, max_frames + 1, size=n_clips)
    directions = rng.choice(list(STEPS), size=n_clips)
    shapes = rng.choice(SHAPES, size=n_clips)
    clips, frame_labels = [], []
    for n_frames, direction, shape in zip(lengths.tolist(), directions, shapes, strict=True):
        moves = _moves(rng, n_frames, pause)
        corners = _path(rng, moves, STEPS[direction], (height - 2 * radius, width - 2 * radius))
        clips.append(_draw(corners, _stencil(shape, radius), (height, width)))
        frame_labels.append(np.where(moves, direction, STILL))
    frames = np.concatenate(clips)
    frames += noise * rng.standard_normal(frames.shape, dtype=np.float32)
    X = SequenceArray(frames, [0, *np.cumsum(lengths).tolist()])
    return (X, directions, frame_labels, shapes) if return_shapes else (X, directions, frame_labels)


def _moves(rng: np.random.Generator, n_frames: int, pause: float) -> np.ndarray:
    """Whether the shape moves into each frame; into the first never, into one at least."""
    moves = rng.random(n_frames) >= pause
    moves[rng.integers(1, n_frames)] = True
    moves[0] = False
    return moves


def _path(
    rng: np.random.Generator,
    moves: np.ndarray,
    step: tuple[int, int],
    n_places: tuple[int, int],
) -> np.ndarray:
    """Upper left corners of the shape, (n_frames, 2), all within the places of a frame."""
    path = np.cumsum(moves)[:, np.newaxis] * np.array(step)  # (n_frames, 2)
    low, high = -path.min(axis=0), np.array(n_places) - path.max(axis=0)
    return path + rng.integers(low, high)


def _draw(corners: np.ndarray, stencil: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Frames of shape (n_frames, height, width)."""
    frames = np.zeros((len(corners), *size), dtype=np.float32)
    side = len(stencil)
    for frame, (row, column) in zip(frames, corners.tolist(), strict=True):
        frame[row : row + side, column : column + side] = stencil
    return frames


def _stencil(shape: str, radius: int) -> np.ndarray:
    """A shape as zeros and ones, (2 radius + 1, 2 radius + 1)."""
    down, right = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    inside = {
        "circle": down**2 + right**2 <= radius**2,
        "square": np.ones_like(down, dtype=bool),
        "triangle": 2 * np.abs(right) <= down + radius,
    }
    return inside[shape].astype(np.float32)
