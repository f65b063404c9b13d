"""The values of sequences on the device, gathered by sequence or by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from sksequence.batches._scaling import InputScaling
from sksequence.inputs import Channel
from sksequence.inputs._file_rows import FileRows


class Values(Protocol):
    """Values of all steps of all sequences."""

    def rows(self, index: Tensor | slice) -> Tensor:
        """Of whole sequences, all of one length."""

    def part(self, index: Tensor, steps: slice) -> Tensor:
        """Of the same steps of sequences of one length."""

    def steps(self, at: Tensor) -> Tensor:
        """Of the steps at these places among all steps."""


class ValuesThere:
    """Sends the values of channels to a device.

    Parameters
    ----------
    device : torch.device
    dtype : torch.dtype
        Of numbers.
    n_uniform : int
        As many sequences of one length; 0: they differ.
    look_up, ragged : bool
        As for ``SequenceSamples``.
    """

    def __init__(
        self,
        device: torch.device,
        dtype: torch.dtype,
        n_uniform: int,
        *,
        look_up: bool,
        ragged: bool,
    ):
        self._device, self._dtype, self._n_uniform = device, dtype, n_uniform
        self._look_up, self._ragged = look_up, ragged

    def of(self, name: str, channel: Channel, scaling: InputScaling) -> Values:
        """The values of a channel, scaled."""
        if channel.item_offsets is not None:
            return self._items_of(name, channel)
        if channel.kind == "numeric":
            return self._numbers_of(channel, scaling.channels.get(name))
        ids: _Values | _FileValues
        if channel.on_disk:
            ids = _FileValues(channel.rows, self._n_uniform, self.send)
        else:
            ids = self.steps_of(channel.values)
        if channel.kind == "symbols" or not self._look_up:
            return ids
        table = self.send(channel.vectors)
        return _Vectors(ids, table, 1.0 / scaling.vectors.get(name, 1.0))

    def _numbers_of(self, channel: Channel, standardizer) -> Values:
        numbers = np.float64 if self._dtype == torch.float64 else np.float32

        def prepare(values):
            if standardizer is not None:
                values = standardizer.apply(values, numbers)
            return self.send(values)

        if channel.on_disk:
            return _FileValues(channel.rows, self._n_uniform, prepare)
        return _Values(prepare(channel.values), self._n_uniform)

    def _items_of(self, name: str, channel: Channel) -> Values:
        if not self._ragged or channel.kind != "symbols":
            items = "symbols" if channel.kind == "symbols" else "numbers"
            raise ValueError(
                f"the channel {name!r} holds different numbers of items ({items}) in its steps, "
                "such as the characters of words, which only RNNTagger reads, and only of symbols: "
                "leave that channel out, SequenceArray({...}, X.offsets)."
            )
        starts = channel.item_offsets[:-1]
        counts = np.diff(channel.item_offsets)
        flat, starts, counts = map(self.send, (channel.values, starts, counts))
        return _Items(flat, starts, counts, channel.n_tokens, self._n_uniform)

    def steps_of(self, values: np.ndarray | None) -> _Values | None:
        """Values that are none of a channel: one for each step."""
        return None if values is None else _Values(self.send(values), self._n_uniform)

    def send(self, array: np.ndarray | None) -> Any:
        """A tensor on the device, with the numbers of `dtype`; None stays what it is."""
        if array is None:
            return None
        array = np.ascontiguousarray(array)
        if not array.flags.writeable:
            array = array.copy()
        tensor = torch.from_numpy(array)
        if tensor.is_floating_point():
            return tensor.to(self._device, self._dtype)
        return tensor.to(self._device)


class _Values:
    """The flat values of one channel on the device, gathered by sequence or by step."""

    def __init__(self, flat: Tensor, n_uniform: int):
        self._flat = flat
        self._by_sequence = flat.view(n_uniform, -1, *flat.shape[1:]) if n_uniform else None

    def rows(self, index: Tensor | slice) -> Tensor:
        return rows_of(self._by_sequence, index)

    def part(self, index: Tensor, steps: slice) -> Tensor:
        return self._by_sequence[:, steps].index_select(0, index)

    def steps(self, at: Tensor) -> Tensor:
        chosen = self._flat.index_select(0, at.flatten())
        return chosen.view(*at.shape, *self._flat.shape[1:])


class _FileValues:
    """The flat values of one channel in a file, read by sequence or by step.

    Parameters
    ----------
    file : FileRows
    n_uniform : int
        As many sequences of one length; 0: they differ.
    prepare : callable
        Rows as they were read, ``(n_rows, ...)`` -> tensor on the device, scaled.
    """

    def __init__(self, file: FileRows, n_uniform: int, prepare: Callable):
        self._file, self._prepare = file, prepare
        self._n_steps = len(file) // n_uniform if n_uniform else 0

    def rows(self, index: Tensor | slice) -> Tensor:
        if isinstance(index, slice):  # neighbours
            n, shape = self._n_steps, (-1, self._n_steps, *self._file.shape[1:])
            return self._prepare(self._file[index.start * n : index.stop * n]).view(shape)
        return self.part(index, slice(0, self._n_steps))

    def part(self, index: Tensor, steps: slice) -> Tensor:
        ahead = torch.arange(steps.start, steps.stop, device=index.device)
        return self.steps(index[:, None] * self._n_steps + ahead)

    def steps(self, at: Tensor) -> Tensor:
        rows = self._file.take(at.flatten().cpu().numpy())
        return self._prepare(rows).view(*at.shape, *self._file.shape[1:])


class _Vectors:
    """The vectors that a table has for the ids of a channel."""

    def __init__(self, ids: _Values | _FileValues, table: Tensor, factor: float):
        self._ids, self._table, self._factor = ids, table, factor

    def rows(self, index: Tensor | slice) -> Tensor:
        return self._look_up(self._ids.rows(index))

    def part(self, index: Tensor, steps: slice) -> Tensor:
        return self._look_up(self._ids.part(index, steps))

    def steps(self, at: Tensor) -> Tensor:
        return self._look_up(self._ids.steps(at))

    def _look_up(self, chosen: Tensor) -> Tensor:
        vectors = torch.nn.functional.embedding(chosen, self._table)
        return vectors if self._factor == 1.0 else vectors.mul_(self._factor)


class _Items:
    """The flat ids of a channel whose steps hold several, gathered by sequence or by step."""

    def __init__(self, flat: Tensor, starts: Tensor, counts: Tensor, fill: int, n_uniform: int):
        self._flat, self._starts, self._counts, self._fill = flat, starts, counts, fill
        places = torch.arange(len(starts), device=flat.device)
        self._by_sequence = places.view(n_uniform, -1) if n_uniform else None

    def rows(self, index: Tensor | slice) -> Tensor:
        return self.steps(rows_of(self._by_sequence, index))

    def part(self, index: Tensor, steps: slice) -> Tensor:
        return self.steps(self._by_sequence[:, steps].index_select(0, index))

    def steps(self, at: Tensor) -> Tensor:
        counts = self._counts[at][..., None]  # (n_sequences, n_steps, 1)
        ahead = torch.arange(int(counts.max()), device=at.device)
        places = self._starts[at][..., None] + torch.minimum(ahead, (counts - 1).clamp(min=0))
        if not len(self._flat):
            return torch.empty(places.shape, dtype=self._flat.dtype, device=at.device)
        chosen = self._flat[places.clamp(max=len(self._flat) - 1)]
        return chosen.masked_fill(ahead >= counts, self._fill)


def rows_of(tensor: Tensor | None, index: Tensor | slice) -> Any:
    """The rows of a tensor; None stays what it is."""
    if tensor is None:
        return None
    return tensor[index] if isinstance(index, slice) else tensor.index_select(0, index)
