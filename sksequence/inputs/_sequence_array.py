"""The ragged container: flat values plus offsets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sksequence.inputs._alike import describe, join_channels
from sksequence.inputs._channel import Channel
from sksequence.inputs._construct import from_frame, from_list, from_padded, step_for_step
from sksequence.inputs._disk import from_batches, from_disk, to_disk
from sksequence.inputs._names import misplaced, quoted
from sksequence.inputs._offsets import as_offsets, offsets_from_lengths


class SequenceArray:
    """Sequences of different lengths, stored end to end.

    Sequence ``i`` has the steps ``values[offsets[i]:offsets[i + 1]]``. The container is
    frozen, has ``shape == (n_sequences,)`` and is indexed like a one-dimensional array,
    so scikit-learn's splitters, searches and pipelines take it as it is. A selection of
    neighbouring sequences shares its memory with the whole. Values may lie on disk
    (``from_disk``, or a ``numpy.memmap``): then every selection shares the file.

    Parameters
    ----------
    values : ndarray or mapping of str to Channel
        Numbers of shape ``(n_steps, n_features)``, ``(n_steps,)`` or
        ``(n_steps, *frame_shape)``; or integer ids of shape ``(n_steps,)`` together with
        `n_tokens`; or several named channels that share the offsets.
    offsets : array-like of shape (n_sequences + 1,)
        Where each sequence starts; the last one is the number of steps.
    n_tokens : int, default=None
        Makes the values symbols: ids in ``[0, n_tokens)``.
    vectors : ndarray of shape (n_tokens, vector_size), default=None
        A table with one vector for each symbol, looked up when a batch is made.
    context : array-like of shape (n_sequences, n_context), default=None
        Fixed-size side data of each sequence.
    names : array-like of shape (n_sequences,), default=None
        A name for each sequence.

    Raises
    ------
    ValueError
        If offsets, values, context or names do not fit together.

    Examples
    --------
    >>> from sksequence import SequenceArray
    >>> X = SequenceArray.from_list([[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]])
    >>> X
    SequenceArray(n_sequences=3, lengths=1..3, n_features=1)
    >>> X[[2, 0]].to_list()
    [array([[5.],
           [6.]]), array([[1.],
           [2.],
           [3.]])]
    >>> X.lengths
    array([3, 1, 2])
    """

    channels: Mapping[str, Channel]
    offsets: np.ndarray
    context: np.ndarray | None
    names: np.ndarray | None

    def __init__(
        self,
        values: Any,
        offsets: ArrayLike,
        *,
        n_tokens: int | None = None,
        vectors: Any = None,
        context: ArrayLike | None = None,
        names: ArrayLike | None = None,
    ):
        if not isinstance(values, Mapping):
            values = {"values": Channel(values, n_tokens=n_tokens, vectors=vectors)}
        elif n_tokens is not None or vectors is not None:
            raise ValueError("n_tokens and vectors belong to the channels: set them there.")
        offsets = as_offsets(offsets, "offsets")
        _check_steps(values, offsets)
        names = _side_data(names, len(offsets) - 1, "names")
        _check_order(context, names)
        self._fill(values, offsets, _side_data(context, len(offsets) - 1, "context"), names)

    def _fill(self, channels, offsets, context, names):
        for name, value in zip(
            ("channels", "offsets", "context", "names"),
            (MappingProxyType(dict(channels)), offsets, context, names),
            strict=True,
        ):
            object.__setattr__(self, name, value)

    def __setattr__(self, name, value):
        raise AttributeError(
            f"SequenceArray is frozen: cannot set {name!r}. Make a new one, e.g. with "
            "with_context(...) or with_channel(...)."
        )

    from_list = classmethod(from_list)
    from_padded = classmethod(from_padded)
    from_frame = classmethod(from_frame)
    from_disk = classmethod(from_disk)
    from_batches = classmethod(from_batches)
    to_disk = to_disk

    # -- the array of sequences ---------------------------------------------------------

    @property
    def shape(self) -> tuple[int]:
        """``(n_sequences,)``, which is all that scikit-learn asks for."""
        return (len(self.offsets) - 1,)

    @property
    def lengths(self) -> np.ndarray:
        """Number of steps of each sequence, shape ``(n_sequences,)``."""
        return self.offsets[1:] - self.offsets[:-1]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key):
        if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
            key = key[0]  # scikit-learn writes X[key, ...]
        if isinstance(key, tuple):
            raise IndexError(
                f"a SequenceArray has one axis, got the index {key}: write X[[i, j]] for several "
                "sequences, X[i][t] for a step."
            )
        if isinstance(key, np.ndarray) and key.ndim == 0:
            key = key[()]
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            return self._sequence(int(key))
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return self._slice(start, max(start, stop))
            return self._take(np.arange(start, stop, step))
        return self._take(_positions(key, len(self)))

    def _sequence(self, i):
        if not -len(self) <= i < len(self):
            raise IndexError(f"sequence {i} of a SequenceArray with {len(self)} sequences")
        i %= len(self)
        start, stop = self.offsets[i], self.offsets[i + 1]
        steps = {k: _item(c, start, stop) for k, c in self.channels.items()}
        return next(iter(steps.values())) if len(steps) == 1 else steps

    def _slice(self, start, stop) -> SequenceArray:
        offsets = self.offsets[start : stop + 1]
        channels = {k: c.steps(offsets[0], offsets[-1]) for k, c in self.channels.items()}
        return self._select(channels, offsets - offsets[0], slice(start, stop))

    def _take(self, index) -> SequenceArray:
        if len(index) and (np.diff(index) == 1).all():
            return self._slice(index[0], index[-1] + 1)
        lengths = self.lengths[index]
        starts = self.offsets[:-1][index]
        channels = {k: c.runs(starts, lengths) for k, c in self.channels.items()}
        return self._select(channels, offsets_from_lengths(lengths), index)

    def _select(self, channels, offsets, key) -> SequenceArray:
        return self._of(
            channels,
            offsets,
            None if self.context is None else self.context[key],
            None if self.names is None else self.names[key],
        )

    @classmethod
    def _of(cls, channels, offsets, context=None, names=None) -> SequenceArray:
        # the parts are known to fit together
        new = object.__new__(cls)
        new._fill(channels, offsets, context, names)
        return new

    def __array_function__(self, function, types, args, kwargs):
        if function is np.concatenate:
            return concatenate(*args, **kwargs)
        if function is np.shape:
            return self.shape
        if function is np.ndim:
            return 1
        return NotImplemented

    def __reduce__(self):
        return _rebuild, (dict(self.channels), self.offsets, self.context, self.names)

    def __repr__(self) -> str:
        parts = [f"n_sequences={len(self)}"]
        if len(self):
            shortest, longest = self.lengths.min(), self.lengths.max()
            span = str(shortest) if shortest == longest else f"{shortest}..{longest}"
            parts.append(f"lengths={span}")
        single = len(self.channels) == 1
        for name, channel in self.channels.items():
            text = describe(channel)
            parts.append(text if single else f"{name}=({text})")
        if self.context is not None:
            parts.append(f"n_context={self.context.shape[1]}")
        return f"SequenceArray({', '.join(parts)})"

    # -- channels and side data ---------------------------------------------------------

    @property
    def only(self) -> Channel:
        """The channel, of a container that has just one."""
        if len(self.channels) != 1:
            raise ValueError(
                f"this SequenceArray has the channels {list(self.channels)}: choose one with "
                "X.channels[name]."
            )
        return next(iter(self.channels.values()))

    @property
    def values(self) -> np.ndarray:
        """The flat values of the only channel; of a selection on disk, read when asked for."""
        return self.only.values

    @property
    def on_disk(self) -> bool:
        """Whether values lie in a memory-mapped file, of at least one channel."""
        return any(channel.on_disk for channel in self.channels.values())

    @property
    def n_tokens(self) -> int | None:
        """Number of different symbols of the only channel; None for numbers."""
        return self.only.n_tokens

    @property
    def vectors(self) -> np.ndarray | None:
        """The table of vectors of the only channel, shape ``(n_tokens, vector_size)``."""
        return self.only.vectors

    def with_channel(
        self, name: str, channel: Channel | np.ndarray | list[ArrayLike]
    ) -> SequenceArray:
        """A new container with one more channel, or one replaced.

        Parameters
        ----------
        name : str
            The name of the channel.
        channel : Channel, ndarray of shape (n_steps, ...), or list of arrays
            Its values for all steps of all sequences, end to end; or those of each sequence.

        Raises
        ------
        ValueError
            If there are not as many values as steps.
        """
        given: Any = channel
        several = isinstance(given, (list, tuple)) and len(given) != self.offsets[-1]
        if several and all(map(np.ndim, given)):
            given = step_for_step(given, self.lengths, name)
        channel = given if isinstance(given, Channel) else Channel(given)
        channels = {**self.channels, name: channel}
        return SequenceArray(channels, self.offsets, context=self.context, names=self.names)

    def with_context(self, context: ArrayLike | None) -> SequenceArray:
        """A new container in which each sequence carries a fixed-size vector.

        Parameters
        ----------
        context : array-like of shape (n_sequences, n_context) or (n_sequences,)
            Numbers; they follow their sequence through every split. None removes it. They go by
            position, but an index that has the names in another order is refused.
        """
        _check_order(context, self.names)
        context = _side_data(context, len(self), "context")
        return self._of(self.channels, self.offsets, context, self.names)

    # -- out ----------------------------------------------------------------------------

    def to_list(self) -> list:
        """One array a sequence: ``(n_steps, n_features)``, or ids of shape ``(n_steps,)``."""
        return list(self)

    def to_padded(self, fill_value: float = 0, max_length: int | None = None) -> np.ndarray:
        """All sequences in one array of shape ``(n_sequences, n_steps, ...)``.

        Parameters
        ----------
        fill_value : number, default=0
            What stands after the end of a sequence.
        max_length : int, default=None
            Width of the result; longer sequences are an error. None takes the longest.
        """
        longest = int(self.lengths.max(initial=0))
        width = longest if max_length is None else max_length
        if longest > width:
            raise ValueError(
                f"a sequence has {longest} steps but max_length={max_length}: cut it first."
            )
        values = self.values
        if self.only.item_offsets is not None:
            raise ValueError("steps that hold different numbers of items cannot be padded.")
        if values.dtype.kind == "i" and fill_value != np.floor(fill_value):
            raise ValueError(f"fill_value must be an integer for symbols, got {fill_value!r}.")
        padded = np.full((len(self), width, *values.shape[1:]), fill_value, dtype=values.dtype)
        inside = np.arange(width) < self.lengths[:, np.newaxis]  # (n_sequences, width)
        padded[inside] = values
        return padded


def concatenate(arrays, axis=0) -> SequenceArray:
    """Sequences of several containers, one after the other (``np.concatenate``)."""
    arrays = list(arrays)
    if axis not in (0, -1):
        raise ValueError(f"sequences are concatenated along axis 0, got axis={axis}.")
    if not all(isinstance(a, SequenceArray) for a in arrays):
        kinds = sorted({type(a).__name__ for a in arrays})
        raise TypeError(f"only SequenceArrays can be concatenated, got {', '.join(kinds)}.")
    first = arrays[0]
    for other in arrays[1:]:
        if list(other.channels) != list(first.channels):
            raise ValueError(
                "only SequenceArrays with the same channels can be concatenated, got "
                f"{list(first.channels)} and {list(other.channels)}."
            )
        if (other.context is None) != (first.context is None):
            raise ValueError("either all or none of the SequenceArrays must have a context.")
    channels = {k: join_channels(k, [a.channels[k] for a in arrays]) for k in first.channels}
    lengths = np.concatenate([a.lengths for a in arrays])
    context = None if first.context is None else np.concatenate([a.context for a in arrays])
    named = all(a.names is not None for a in arrays)
    names = np.concatenate([a.names for a in arrays]) if named else None
    return SequenceArray(channels, offsets_from_lengths(lengths), context=context, names=names)


def _rebuild(channels, offsets, context, names):
    return SequenceArray._of(channels, offsets, context, names)


def _item(channel: Channel, start, stop):
    part = channel.steps(start, stop)
    values = np.asarray(part.values)
    return values if part.item_offsets is None else np.split(values, part.item_offsets[1:-1])


def _positions(key, n_sequences) -> np.ndarray:
    key = np.asarray(key)
    if key.dtype == bool:
        if key.shape != (n_sequences,):
            raise IndexError(
                f"a mask for {n_sequences} sequences must have shape ({n_sequences},), "
                f"got {key.shape}."
            )
        return np.flatnonzero(key)
    if key.size == 0:
        return np.zeros(0, dtype=np.int64)
    if key.ndim != 1 or key.dtype.kind not in "iu":
        raise IndexError(
            "a SequenceArray is indexed by an integer, a slice, integers or a mask, got "
            f"an index of dtype {key.dtype} and shape {key.shape}."
        )
    if key.min() < -n_sequences or key.max() >= n_sequences:
        raise IndexError(
            f"index out of range for {n_sequences} sequences: {key.min()}..{key.max()}"
        )
    return np.where(key < 0, key + n_sequences, key)


def _check_steps(channels, offsets):
    if not channels:
        raise ValueError("a SequenceArray needs at least one channel.")
    for name, channel in channels.items():
        if channel.n_steps != offsets[-1]:
            raise ValueError(
                f"channel {name!r} has {channel.n_steps} steps, but the offsets end at "
                f"{offsets[-1]}: all channels share the offsets."
            )


def _side_data(data, n_sequences, what):
    if data is None:
        return None
    data = np.asarray(data)
    if what == "context":
        if data.dtype.kind not in "fiub":
            raise TypeError(f"context must be numbers, got dtype {data.dtype}.")
        data = data.astype(np.float64 if data.dtype != np.float32 else np.float32, copy=False)
        data = data[:, np.newaxis] if data.ndim == 1 else data
    shape = "(n_sequences, n_context)" if what == "context" else "(n_sequences,)"
    if data.ndim != (2 if what == "context" else 1):
        raise ValueError(f"{what} must have shape {shape}, got {data.shape}.")
    if len(data) != n_sequences:
        raise ValueError(f"{what} has {len(data)} rows, but there are {n_sequences} sequences.")
    return data


def _check_order(context, names):
    """Raise ValueError if pandas `context` names the sequences in another order."""
    if names is None or not hasattr(context, "iloc"):
        return
    import pandas as pd

    names = pd.Index(names)
    i = misplaced(names, context.index)
    if i is not None:
        raise ValueError(
            "context is indexed by the names of the sequences, but in another order: position "
            f"{i} is {quoted(context.index, i)} in context and {quoted(names, i)} in names. Put it "
            "in order with context.loc[names], where names = X.names; or, if it goes by position, "
            "give context.to_numpy()."
        )
