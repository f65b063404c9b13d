"""What the transformers of numeric steps share."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.inputs import Channel, SequenceArray
from sksequence.utils._sklearn import check_sample_weight, wrap_table


def is_table(X: Any) -> bool:
    """Whether X is 2-D, one univariate series a row (which goes out as it came in)."""
    if isinstance(X, (SequenceArray, list, tuple)):
        return False
    if hasattr(X, "iloc"):
        return X.ndim == 2 and X.index.nlevels == 1 and not _is_column_of_lists(X)
    return np.asarray(X).ndim == 2


def give_back(sequences: SequenceArray, original: Any, estimator: Any) -> Any:
    """A table where a table came in and one feature a step is left, else the sequences."""
    if not is_table(original) or sequences.values.shape[1:] != (1,):
        return sequences
    table = sequences.values.reshape(len(sequences), -1)  # (n_sequences, n_steps)
    return wrap_table(table, original, estimator)


def rows(channel: Channel) -> np.ndarray:
    """The steps of a channel as a table, shape ``(n_steps, n_features)``."""
    return channel.values.reshape(len(channel.values), -1)


def with_rows(
    channel: Channel,
    table: np.ndarray,
    shape: tuple[int, ...],
    feature_names: tuple[str, ...] | None,
) -> Channel:
    """Another table in place of a channel's rows; one as wide as `shape` takes that shape."""
    if table.shape[1] == np.prod(shape, dtype=int):
        table = table.reshape(len(table), *shape)
    return Channel(table, item_offsets=channel.item_offsets, feature_names=feature_names)


def rows_per_sequence(X: SequenceArray, channel: Channel) -> np.ndarray:
    """How many rows of a channel each sequence has: its steps, or the items in them."""
    if channel.item_offsets is None:
        return X.lengths
    return np.diff(channel.item_offsets[X.offsets])


def weight_of_rows(sample_weight: Any, X: SequenceArray, channel: Channel) -> np.ndarray | None:
    """The weight of a sequence for each of its rows."""
    if sample_weight is None:
        return None
    weight = check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    return np.repeat(weight, rows_per_sequence(X, channel))


def names_of(name: str, channel: Channel) -> np.ndarray:
    """What the features of a channel are called; empty if they have no names."""
    names = [name] if channel.kind == "symbols" else list(channel.feature_names or ())
    return np.asarray(names, dtype=object)


def _is_column_of_lists(frame: Any) -> bool:
    return frame.shape[1] == 1 and frame.dtypes.iloc[0].kind == "O"
