"""Whether channels are of one kind, and one channel of several that are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from sksequence.inputs._channel import Channel
from sksequence.inputs._offsets import offsets_from_lengths

_Name = TypeVar("_Name")

REMEDIES = {
    "vocabularies": ", so the same id stands for different tokens: encode all of them with one "
    "fitted encoder.",
    "tables of vectors": ": give all of them the table of one fitted Word2VecEmbedder.",
}


def join_channels(name: str, channels: list[Channel]) -> Channel:
    first = channels[0]
    for other in channels[1:]:
        what = difference(first, other)
        if what is not None:
            raise ValueError(
                f"channel {name!r} cannot be concatenated: the {what} differ ({describe(first)} "
                f"and {describe(other)}){REMEDIES.get(what, '.')}"
            )
    items = None
    if first.item_offsets is not None:
        items = offsets_from_lengths(np.concatenate([np.diff(c.item_offsets) for c in channels]))
    values = np.concatenate([c.values for c in channels])
    return Channel(
        values,
        first.n_tokens,
        first.vectors,
        items,
        first.feature_names,
        shared(c.vocabulary_id for c in channels),
        shared(c.vectors_id for c in channels),
        shared(c.unknown_id for c in channels),
    )


def shared(names: Iterable[_Name]) -> _Name | None:
    """The name that all have; None where one has none."""
    names = set(names)
    return names.pop() if len(names) == 1 else None


def difference(one: Channel, other: Channel) -> str | None:
    if one.n_tokens != other.n_tokens or _named_apart(one.vocabulary_id, other.vocabulary_id):
        return "vocabularies"
    if one.rows.shape[1:] != other.rows.shape[1:]:
        return "features of a step"
    if (one.item_offsets is None) != (other.item_offsets is None):
        return "levels of raggedness"
    names = one.feature_names, other.feature_names
    if None not in names and names[0] != names[1]:
        return "names of the features"
    tables = one.vectors, other.vectors
    if tables[0] is not tables[1] and not _same_tables(one, other):
        return "tables of vectors"
    return None


def _named_apart(one: str | None, other: str | None) -> bool:
    return None not in (one, other) and one != other


def _same_tables(one: Channel, other: Channel) -> bool:
    if None not in (one.vectors_id, other.vectors_id):
        return one.vectors_id == other.vectors_id
    return np.array_equal(one.vectors, other.vectors)


def describe(channel: Channel) -> str:
    if channel.kind == "numeric":
        shape = channel.rows.shape[1:]
        return f"n_features={shape[0]}" if len(shape) == 1 else f"frame_shape={shape}"
    if channel.kind == "symbols":
        return f"n_tokens={channel.n_tokens}"
    return f"n_tokens={channel.n_tokens}, vector_size={channel.n_features}"
