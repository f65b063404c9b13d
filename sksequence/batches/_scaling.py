"""Standardise numeric inputs, once, on their way to the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.inputs import Channel, SequenceArray, SequenceSchema


@dataclass(frozen=True)
class Standardizer:
    """``(values - mean) / scale``, per feature over all steps; of ones that never change, 0.

    The subtraction is done in 64 bits before the values become 32-bit, so that large offsets
    (time stamps, prices in the thousands) lose nothing.
    """

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray, weights: np.ndarray | None = None) -> Standardizer:
        """Weighted mean and standard deviation of `values` of shape ``(n, ...)``.

        Missing values (NaN) do not count. Of a feature without any value the mean is 0.
        """
        average = _average
        # sums of differences from the first row lose nothing to a large offset
        first = values[0].astype(np.float64)
        mean = first + average(values, weights, lambda rows: rows - first)
        if np.isnan(mean).any():  # something is missing
            average, first = _average_of_seen, _first_seen(values)
            mean = first + average(values, weights, lambda rows: rows - first)
        scale = np.sqrt(average(values, weights, lambda rows: np.square(rows - mean)))
        # what rounding leaves of a constant feature is no variation
        constant = scale <= 10 * np.finfo(values.dtype).eps * np.abs(mean)
        return cls(mean, np.where(constant, 1.0, scale))

    def apply(self, values: np.ndarray, dtype) -> np.ndarray:
        """The standardised values as `dtype`, in blocks so that no 64-bit copy is made."""
        out = np.empty(values.shape, dtype=dtype)
        for part in _blocks(values):
            out[part] = (values[part] - self.mean) / self.scale
        return out


@dataclass(frozen=True)
class InputScaling:
    """How each channel and the context are standardised; learned from the training data.

    A table of vectors is divided by one number, its root mean square: directions and relative
    lengths of word vectors are what they mean.
    """

    channels: dict[str, Standardizer]
    vectors: dict[str, float]
    context: Standardizer | None

    @classmethod
    def fit(cls, X: SequenceArray, sample_weight: np.ndarray | None = None) -> InputScaling:
        """Learn the scaling; the weight of a sequence counts for each of its steps."""
        channels = SequenceSchema.named_channels(X)
        numeric = {name: c for name, c in channels.items() if c.kind == "numeric"}
        tables = {name: c for name, c in channels.items() if c.kind == "vectors"}
        context = None if X.context is None else Standardizer.fit(X.context, sample_weight)
        return cls(
            {name: _fit_channel(X, c, sample_weight) for name, c in numeric.items()},
            {name: _root_mean_square(c.vectors) for name, c in tables.items()},
            context,
        )

    @classmethod
    def none(cls) -> InputScaling:
        """Leave everything as it is."""
        return cls({}, {}, None)


def _fit_channel(X: SequenceArray, channel: Channel, sample_weight) -> Standardizer:
    weights = None if sample_weight is None else np.repeat(sample_weight, X.lengths)
    if weights is not None and channel.item_offsets is not None:
        weights = np.repeat(weights, np.diff(channel.item_offsets))
    rows = channel.rows
    if len(rows.shape) > 2:  # frames: one mean and one deviation for all their places
        if weights is not None:
            weights = np.repeat(weights, channel.n_features)
        values: Any = _Flat(rows) if channel.on_disk else rows.reshape(-1, 1)
        flat = Standardizer.fit(values, weights)
        return Standardizer(flat.mean[0], flat.scale[0])
    return Standardizer.fit(rows, weights)


class _Flat:
    """All values of frames in a file one below the other, shape ``(n_values, 1)``."""

    def __init__(self, rows):
        self._rows, self._width = rows, int(np.prod(rows.shape[1:]))
        self.shape, self.dtype = (len(rows) * self._width, 1), rows.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: int | slice) -> np.ndarray:
        if not isinstance(key, slice):
            return self[key : key + 1][0]
        start, stop, _ = key.indices(len(self))
        first = start // self._width
        flat = self._rows[first : -(-stop // self._width)].reshape(-1, 1)
        return flat[start - first * self._width : stop - first * self._width]


def _average(values: np.ndarray, weights: np.ndarray | None, function) -> np.ndarray:
    """Weighted mean of ``function(values)`` over the rows, in 64 bits, block after block."""
    total = np.zeros(values.shape[1:])
    for part in _blocks(values):
        rows = function(values[part])  # (n_block, ...)
        total += rows.sum(axis=0) if weights is None else np.tensordot(weights[part], rows, 1)
    return total / (len(values) if weights is None else weights.sum())


def _average_of_seen(values: np.ndarray, weights: np.ndarray | None, function) -> np.ndarray:
    """As ``_average``, over what is no NaN; 0 where everything is."""
    total, weight = np.zeros(values.shape[1:]), np.zeros(values.shape[1:])
    for part in _blocks(values):
        rows = function(values[part])  # (n_block, ...)
        seen = ~np.isnan(rows)
        of_rows = np.ones(len(rows)) if weights is None else weights[part]
        total += np.tensordot(of_rows, np.where(seen, rows, 0.0), 1)
        weight += np.tensordot(of_rows, seen, 1)
    return total / np.where(weight > 0, weight, 1.0)


def _first_seen(values: np.ndarray) -> np.ndarray:
    """The first value of each feature that is no NaN; 0 where everything is."""
    first = np.full(values.shape[1:], np.nan)
    for part in _blocks(values):
        rows = values[part]  # (n_block, ...)
        earliest = (~np.isnan(rows)).argmax(axis=0)[np.newaxis]
        found = np.take_along_axis(rows, earliest, axis=0)[0]
        first = np.where(np.isnan(first), found, first)
        if not np.isnan(first).any():
            break
    return np.nan_to_num(first)


def _blocks(values: np.ndarray):
    """Slices of rows so small that a 64-bit copy of them does not matter."""
    size = max(1, 2**20 // max(1, int(np.prod(values.shape[1:]))))
    return (slice(start, start + size) for start in range(0, len(values), size))


def _root_mean_square(table: np.ndarray) -> float:
    norm = float(np.sqrt(np.einsum("ij,ij->", table, table, dtype=np.float64) / table.size))
    return norm or 1.0
