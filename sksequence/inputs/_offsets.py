"""Where runs of rows begin."""

from __future__ import annotations

import numpy as np


def offsets_from_lengths(lengths) -> np.ndarray:
    """``[0, l_0, l_0 + l_1, ...]`` as 64-bit integers."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def ragged_positions(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """``[s_0, s_0 + 1, ..., s_0 + l_0 - 1, s_1, ...]``: a gather of whole runs."""
    ends = np.cumsum(lengths)
    shift = np.repeat(starts - (ends - lengths), lengths)
    return shift + np.arange(len(shift), dtype=np.int64)


def as_offsets(offsets, name: str) -> np.ndarray:
    """Offsets as 64-bit integers that start at 0 and never fall."""
    offsets = np.asarray(offsets)
    if (
        offsets.ndim != 1
        or offsets.dtype.kind not in "iu"
        or not len(offsets)
        or offsets[0] != 0
        or (offsets[1:] < offsets[:-1]).any()
    ):
        raise ValueError(
            f"{name} must be a 1-D array of integers that starts at 0 and never falls, got "
            f"{offsets.flat[:5]}... of dtype {offsets.dtype} and shape {offsets.shape}."
        )
    return offsets.astype(np.int64, copy=False)
