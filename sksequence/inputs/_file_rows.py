"""Rows of a memory-mapped file, chosen at once and read when they are asked for."""

from __future__ import annotations

import errno
import mmap
import os
from typing import Any

import numpy as np

from sksequence.inputs._offsets import offsets_from_lengths, ragged_positions


class FileRows:
    """Rows of a memory-mapped array in an order of their own.

    It stands in the place of an array: it has a length, ``shape`` and ``dtype``, and a slice or
    an array of positions gives an ndarray. A selection keeps where its runs of rows begin, which
    costs 16 bytes a run, whatever the rows hold.

    Parameters
    ----------
    file : numpy.memmap of shape (n_rows_of_the_file, ...)
    dtype : dtype
        What rows are given as; the file may hold another type.
    starts, lengths : ndarray of shape (n_runs,), default=None
        The runs of rows, in their order; None: all rows.
    """

    def __init__(self, file: Any, dtype, starts=None, lengths=None):
        if starts is None:
            starts, lengths = np.array([0]), np.array([len(file)])
        self._map, self._file = file, np.asarray(file)
        self._starts, self._offsets = starts, offsets_from_lengths(lengths)
        self.dtype = np.dtype(dtype)
        self.shape = (int(self._offsets[-1]), *file.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: slice | np.ndarray) -> np.ndarray:
        """Rows, read (of one run, if they are of the type of the file: a view)."""
        if not isinstance(key, slice):
            return self.take(key)
        start, stop, step = key.indices(len(self))
        if step != 1:
            return self.take(np.arange(start, stop, step))
        chosen = self.steps(start, stop)
        if len(chosen._starts) > 1:
            return self.take(np.arange(start, max(start, stop)))
        self.check()
        first = int(chosen._starts[0]) if len(chosen._starts) else 0
        part = self._map[first : first + len(chosen)]
        return part if part.dtype == self.dtype else np.asarray(part, self.dtype)

    def take(self, positions: np.ndarray) -> np.ndarray:
        """The rows at `positions`, read; the shape of `positions` comes first."""
        self.check()
        return self._file[self._in_file(positions)].astype(self.dtype, copy=False)

    def _in_file(self, positions):
        if len(self._starts) == 1:
            return self._starts[0] + positions
        run = np.searchsorted(self._offsets, positions, side="right") - 1
        return (self._starts - self._offsets[:-1])[run] + positions

    def steps(self, start: int, stop: int) -> FileRows:
        """The rows from `start` to `stop`; nothing is read."""
        return self.runs(np.array([start]), np.array([max(0, stop - start)]))

    def runs(self, starts: np.ndarray, lengths: np.ndarray) -> FileRows:
        """Runs of these rows, one after the other; nothing is read."""
        ends = starts + lengths
        first = np.searchsorted(self._offsets, starts, side="right") - 1
        last = np.searchsorted(self._offsets, ends, side="left")  # before which it ends
        n_pieces = np.where(lengths > 0, last - first, 0)
        own = ragged_positions(first, n_pieces)  # those of the own runs that a new one goes over
        begin = np.maximum(np.repeat(starts, n_pieces), self._offsets[own])
        end = np.minimum(np.repeat(ends, n_pieces), self._offsets[own + 1])
        in_file = self._starts[own] + begin - self._offsets[own]
        return FileRows(self._map, self.dtype, *_merged(in_file, end - begin))

    def check(self) -> None:
        """Raise ValueError if the file has become shorter, for reading on would end the process."""
        file = getattr(self._map, "_mmap", None)
        if file is not None and file.size() < _first_byte(self._map) + len(file):
            raise ValueError(
                f"the file {str(self._map.filename)!r} was cut short while it was open: it has "
                f"{file.size()} bytes, but {_first_byte(self._map) + len(file)} are expected. "
                "Write it again and open it anew."
            )

    def __reduce__(self):
        lengths = np.diff(self._offsets)
        where = _place_in_file(self._map)
        if where is None:  # there is no file of which another process could read the same
            return _in_memory, (self[:], self.dtype)
        return _reopened, (where, self.dtype, self._starts, lengths)


def _merged(starts, lengths):
    """The same rows in as few runs as there can be."""
    if len(starts) < 2:
        return starts, lengths
    new = np.append(True, starts[1:] != starts[:-1] + lengths[:-1])
    return starts[new], np.add.reduceat(lengths, np.flatnonzero(new))


def is_on_file(array: Any) -> bool:
    """Whether an array lies in a file; what was computed from one does not."""
    return isinstance(array, np.memmap) and array._mmap is not None  # type: ignore[attr-defined]


def _first_byte(array: Any) -> int:
    """Where in the file the mapped bytes begin, which the system puts at a page."""
    return array.offset - array.offset % mmap.ALLOCATIONGRANULARITY


def _place_in_file(array: Any) -> dict[str, Any] | None:
    """What opens this array in another process; None: only its bytes do.

    The time of the last change tells caches of results that a file is another one.
    """
    name = getattr(array, "filename", None)
    if name is None or array.mode == "c" or not array.flags.c_contiguous or not array.size:
        return None
    if array.mode != "r":
        array.flush()
    there = np.frombuffer(array._mmap, np.uint8).ctypes.data
    return {
        "filename": os.path.abspath(name),
        "dtype": array.dtype,
        "shape": array.shape,
        "offset": _first_byte(array) + array.ctypes.data - there,
        "changed": os.stat(name).st_mtime_ns if os.path.exists(name) else None,
    }


def _reopened(where: dict[str, Any], dtype, starts, lengths) -> FileRows:
    where = {k: v for k, v in where.items() if k != "changed"}
    return FileRows(open_map(**where), dtype, starts, lengths)


def _in_memory(rows: np.ndarray, dtype) -> FileRows:
    return FileRows(rows, dtype)


def open_map(filename: str, dtype, shape: tuple[int, ...], offset: int = 0) -> np.ndarray:
    """Map a part of a file, read only.

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    ValueError
        If it is too short.
    """
    expected = offset + int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
    try:
        size = os.path.getsize(filename)
    except FileNotFoundError:
        raise FileNotFoundError(
            errno.ENOENT,
            "the file that holds the values of a SequenceArray is not there; a pickle has its name "
            "alone. Put it back, or make the SequenceArray anew",
            str(filename),
        ) from None
    if size < expected:
        raise ValueError(
            f"the file {str(filename)!r} is cut short: it has {size} bytes, but at least "
            f"{expected} are expected. Write it again."
        )
    if expected == offset:  # the system maps no empty part
        return np.zeros(shape, dtype)
    return np.memmap(filename, dtype, "r", offset, shape)
