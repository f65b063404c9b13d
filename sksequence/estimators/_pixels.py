"""What the numbers of images mean: bytes or shares of white, and where the channels are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

WHITE = 255  # of a byte
MOST_CHANNELS = 4  # red, green, blue, opacity


class Pixels(NamedTuple):
    """How images hold brightness.

    Parameters
    ----------
    kind : {"bytes", "shares", "mask", "other"}
        0 to 255; numbers from 0 to 1; integers 0 and 1; another scale.
    low, high : float
        The smallest and the largest value.
    """

    kind: str
    low: float
    high: float

    @classmethod
    def of(cls, frames: np.ndarray) -> Pixels:
        """What the values themselves say."""
        finite = frames if frames.dtype.kind in "bui" else frames[np.isfinite(frames)]
        if not finite.size:
            return cls("other", 0.0, 0.0)
        low, high = float(finite.min()), float(finite.max())
        if frames.dtype.kind in "bui" and low >= 0 and high <= WHITE:
            is_mask = frames.dtype.kind == "b" or 0 < high <= 1
            return cls("mask" if is_mask else "bytes", low, high)
        if low >= 0 and high <= 1:
            return cls("shares", low, high)
        whole = low >= 0 and high <= WHITE and bool((finite == np.rint(finite)).all())
        return cls("bytes" if whole else "other", low, high)

    @property
    def bounds(self) -> tuple[float, float]:
        """The values that such images may have."""
        if self.kind == "other":
            return self.low, self.high
        return 0.0, float(WHITE if self.kind == "bytes" else 1)

    def __str__(self) -> str:
        low, high = self.bounds
        return f"numbers from {low:g} to {high:g}"


def same_range(frames: np.ndarray, estimator: Any, what: str, reset: bool) -> np.ndarray:
    """Images with brightness on the scale of those of ``fit``, as floats.

    Parameters
    ----------
    frames : ndarray of shape (n_images, n_rows, n_columns, n_channels)
    estimator : estimator
        With `reset` it remembers the scale.
    what : str
        "X" or "X_val", for messages.
    reset : bool
        True in ``fit``.

    Raises
    ------
    ValueError
        If there is no telling how the two scales belong together.
    """
    given = Pixels.of(frames) if frames.dtype.kind in "buif" and frames.size else None
    if given is not None and reset:
        estimator._pixels = given
    factor = 1.0
    if given is not None and not reset:
        fitted = getattr(estimator, "_pixels", None)
        factor = 1.0 if fitted is None else _factor(frames.dtype, given, fitted)
        if fitted is not None and _is_far(given, factor, fitted):
            raise ValueError(
                f"{what} holds images with values from {given.low:g} to {given.high:g} "
                f"({frames.dtype}), but {type(estimator).__name__} was fitted on images of "
                f"{fitted}: bring them to the same scale."
            )
    if frames.dtype.kind in "bui":
        frames = frames.astype(np.float32)
    return frames if factor == 1.0 else frames * frames.dtype.type(factor)


def _factor(dtype: np.dtype, given: Pixels, fitted: Pixels) -> float:
    """What brings the given values to the fitted scale, between bytes and shares of white."""
    if fitted.kind == "bytes" and (given.kind == "shares" or dtype.kind == "b"):
        return float(WHITE)
    as_bytes = dtype == np.uint8 or given.kind == "bytes"
    return 1 / WHITE if fitted.kind == "shares" and as_bytes else 1.0


def _is_far(given: Pixels, factor: float, fitted: Pixels) -> bool:
    """Whether values lie beyond the fitted scale by more than its width, or are on another."""
    if fitted.kind == "other" and given.kind != "other":
        return given.kind == "bytes" and given.high > fitted.high + (fitted.high - fitted.low)
    low, high = fitted.bounds
    width = high - low
    if fitted.kind == "bytes" and given.low < 0 and given.high - given.low < width / 16:
        return True  # standardised
    return given.low * factor < low - width or given.high * factor > high + width


def check_channels_last(frames: np.ndarray, what: str) -> None:
    """Raise ValueError where the channels seem to be the first axis of an image."""
    _, first, _, last = frames.shape
    if last > MOST_CHANNELS and 1 <= first <= MOST_CHANNELS:
        raise ValueError(
            f"{what} holds images of {' x '.join(map(str, frames.shape[1:]))}, which would be "
            f"{first} row(s) of pixels with {last} channels each: the channels come last, "
            f"(n_images, n_rows, n_columns, n_channels). Give np.moveaxis({what}, 1, -1)."
        )
