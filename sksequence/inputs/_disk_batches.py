"""Whether the batches that are written into one folder belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sksequence.inputs._alike import REMEDIES, describe, difference

if TYPE_CHECKING:
    from sksequence.inputs._sequence_array import SequenceArray


def as_sequences(cls: type[SequenceArray], batch: Any, i: int) -> SequenceArray:
    """The sequences of batch `i`; messages have its number."""
    if isinstance(batch, cls):
        return batch
    if isinstance(batch, (list, tuple)):
        _check_no_pair(batch, i)
        try:
            sequences = cls.from_list(batch)
        except (TypeError, ValueError) as error:
            raise type(error)(f"batch {i} (counted from 0) cannot be read: {error}") from error
        if len(sequences) and not sequences.offsets[-1]:
            raise ValueError(
                f"batch {i} (counted from 0) has {len(sequences)} sequences, but none of them has "
                "a step: leave them out, no network can read an empty sequence."
            )
        return sequences
    raise TypeError(
        f"batch {i} must be a SequenceArray or a list of arrays, one for each sequence, got "
        f"{type(batch).__name__}: of an array, make one with SequenceArray.from_padded; a "
        "sequence alone belongs in a list."
    )


def _check_no_pair(batch, i):
    """Raise TypeError where sequences come together with their targets."""
    if not isinstance(batch, tuple) or len(batch) != 2:
        return
    X, y = batch
    many = hasattr(X, "channels") or isinstance(X, (list, tuple))
    if hasattr(X, "channels") or (many and any(np.ndim(steps) for steps in X[:1])):
        raise TypeError(
            f"batch {i} is a pair ({type(X).__name__}, {type(y).__name__}), as (X, y) would be, "
            "but batches hold sequences alone: yield X only, and keep y beside the folder, e.g. "
            "in a list that grows while the batches are made."
        )


def check_alike(first: SequenceArray, X: SequenceArray, i: int) -> None:
    """Raise ValueError unless batch `i` is of one kind with the first."""
    if list(X.channels) != list(first.channels):
        raise ValueError(
            f"batch {i} has the channels {list(X.channels)}, but the first has "
            f"{list(first.channels)}: give the same channels in the same order."
        )
    _check_context(first.context, X.context, i)
    for name, channel in X.channels.items():
        of_first = first.channels[name]
        what, both = difference(of_first, channel), (describe(channel), describe(of_first))
        if what is not None:
            told = f" ({both[0]}, there {both[1]})" if both[0] != both[1] else ""
            remedy = REMEDIES.get(what, ": give all batches the same.")
            raise ValueError(
                f"batch {i} cannot follow the first: the {what} of channel {name!r} "
                f"differ{told}{remedy}"
            )
        types = of_first.rows.dtype, channel.rows.dtype
        if types[0] != types[1]:
            raise ValueError(
                f"batch {i} cannot follow the first: channel {name!r} holds {types[1]}, there it "
                f"holds {types[0]}. Give all batches one type, e.g. np.asarray(..., np.float32)."
            )


def _check_context(of_first, of_batch, i) -> None:
    one, other = (None if c is None else c.shape[1] for c in (of_first, of_batch))
    if one != other:
        words = [
            f"a context of {n} values" if n is not None else "no context" for n in (other, one)
        ]
        raise ValueError(
            f"batch {i} cannot follow the first: its sequences have {words[0]}, those of the "
            f"first have {words[1]}. Give all batches the same with with_context."
        )


def check_names(names: np.ndarray) -> None:
    """Raise TypeError for names that no file can hold."""
    for i, name in enumerate(names):
        if type(name) not in (str, int, float, bool, type(None)):
            raise TypeError(
                f"the name of sequence {i}, {name!r}, is of the type {type(name).__name__}, which "
                "cannot be written: give names as strings, numbers or numpy times."
            )
