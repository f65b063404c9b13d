"""One named stream of values that runs along the steps of all sequences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sksequence.inputs._file_rows import FileRows, is_on_file
from sksequence.inputs._offsets import as_offsets, offsets_from_lengths, ragged_positions


@dataclass(frozen=True, eq=False)
class Channel:
    """The values of one channel, step after step, all sequences end to end.

    A channel is of one of three kinds:

    ==========  ==========================================  =======================
    kind        ``values``                                  what else is set
    ==========  ==========================================  =======================
    numeric     float, ``(n_steps, n_features)`` or         nothing
                ``(n_steps, *frame_shape)``
    symbols     integer ids, ``(n_steps,)``                 ``n_tokens``
    vectors     integer ids, ``(n_steps,)``                 ``n_tokens``, ``vectors``
    ==========  ==========================================  =======================

    Parameters
    ----------
    values : ndarray
        One row for each step; with `item_offsets`, one row for each item of a step. A
        ``numpy.memmap`` stays on disk: selections of it say which rows they hold and read them
        when they are needed. (Read at once, they are what they would be in memory: numbers of
        other types than 32 and 64 bits become 64-bit, ids 32-bit integers.)
    n_tokens : int or None
        For symbols: how many different ids there are; all lie in ``[0, n_tokens)``.
    vectors : ndarray of shape (n_tokens, vector_size) or None
        A vector for each id. It is shared by every selection of sequences, never copied.
    item_offsets : ndarray of shape (n_steps + 1,) or None
        The second level of raggedness: step ``t`` owns the rows
        ``values[item_offsets[t]:item_offsets[t + 1]]`` (the characters of a word, the
        people in a scene).
    feature_names : tuple of str or None
        Names of the numeric features; of symbols, what each id stands for.
    vocabulary_id : str or None
        A short name for what the ids stand for, such as ``Vocabulary.fingerprint``: symbols
        with different names are never mixed. None: nothing is known.
    vectors_id : str or None
        The same for the numbers in `vectors`.
    unknown_id : int or None
        The id that all symbols share that a vocabulary does not hold. None: there is none, or
        nothing is known.

    Raises
    ------
    TypeError
        If the values are no numbers, or no integer ids where `n_tokens` is given.
    ValueError
        If ids, vectors or item offsets do not fit together.
    """

    values: np.ndarray
    n_tokens: int | None = None
    vectors: np.ndarray | None = None
    item_offsets: np.ndarray | None = None
    feature_names: tuple[str, ...] | None = None
    vocabulary_id: str | None = None
    vectors_id: str | None = None
    unknown_id: int | None = None
    _file: ClassVar[FileRows | None] = None  # what stands for the values that lie in a file

    def __post_init__(self):
        rows = self.__dict__.pop("values")  # back in its place, or in that of a file
        if isinstance(rows, FileRows):
            self._put(rows)
        elif self.n_tokens is None:
            self._put(_as_numeric(rows))
        else:
            self._put(_as_ids(rows, self.n_tokens))
        if self.vectors is not None:
            object.__setattr__(self, "vectors", _as_table(self.vectors, self.n_tokens))
        if self.item_offsets is not None:
            items = _as_item_offsets(self.item_offsets, len(self.rows))
            object.__setattr__(self, "item_offsets", items)

    def _put(self, rows):
        object.__setattr__(self, "_file" if isinstance(rows, FileRows) else "values", rows)

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name == "values" and self._file is not None:
                return self._file[:]  # not kept: a selection may be larger than memory
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def rows(self) -> Any:
        """The values without reading them: what has ``shape``, ``dtype`` and slices."""
        return self.values if self._file is None else self._file

    @property
    def on_disk(self) -> bool:
        """Whether the values lie in a memory-mapped file."""
        return self._file is not None

    @property
    def kind(self) -> str:
        """``"numeric"``, ``"symbols"`` or ``"vectors"``."""
        if self.n_tokens is None:
            return "numeric"
        return "symbols" if self.vectors is None else "vectors"

    @property
    def n_steps(self) -> int:
        """Number of steps of all sequences together."""
        return len(self.rows if self.item_offsets is None else self.item_offsets[1:])

    @property
    def n_features(self) -> int:
        """Width of a step: features of a numeric step, length of a symbol's vector, or 1."""
        if self.kind == "numeric":
            return int(np.prod(self.rows.shape[1:], dtype=int))
        return 1 if self.vectors is None else self.vectors.shape[1]

    def steps(self, start: int, stop: int) -> Channel:
        """The steps from `start` to `stop`, sharing memory (or the file)."""
        first, last, items = start, stop, None
        if self.item_offsets is not None:
            items = self.item_offsets[start : stop + 1]
            first, last, items = items[0], items[-1], items - items[0]
        if self._file is None:
            return self._with(self.values[first:last], items)
        return self._with(self._file.steps(first, last), items)

    def take(self, positions: np.ndarray) -> Channel:
        """The steps at `positions`, in that order, read from the file if they are there."""
        if self.item_offsets is None:
            return self._with(self.rows[positions], None)
        starts = self.item_offsets[:-1][positions]
        lengths = np.diff(self.item_offsets)[positions]
        return self._with(
            self.rows[ragged_positions(starts, lengths)], offsets_from_lengths(lengths)
        )

    def runs(self, starts: np.ndarray, lengths: np.ndarray) -> Channel:
        """Runs of steps, one after the other: a copy in memory, a note of them on disk.

        Parameters
        ----------
        starts, lengths : ndarray of shape (n_runs,)
            The first step of each run, and how many it has.
        """
        if self._file is None:
            return self.take(ragged_positions(starts, lengths))
        if self.item_offsets is None:
            return self._with(self._file.runs(starts, lengths), None)
        first = self.item_offsets[starts]
        counts = np.diff(self.item_offsets)[ragged_positions(starts, lengths)]
        rows = self._file.runs(first, self.item_offsets[starts + lengths] - first)
        return self._with(rows, offsets_from_lengths(counts))

    def blocks(self, n_values: int = 2**22) -> Iterator[tuple[int, np.ndarray]]:
        """The rows of a file in parts of about `n_values`, with where each begins; else all."""
        if self._file is None:
            yield 0, self.values
            return
        size = max(1, n_values // max(1, int(np.prod(self._file.shape[1:]))))
        for start in range(0, len(self._file), size):
            yield start, np.asarray(self._file[start : start + size])

    def _with(self, rows, item_offsets) -> Channel:
        # ids were checked when the channel was made; a selection need not check them again
        new = object.__new__(Channel)
        for name in _KEPT:
            object.__setattr__(new, name, getattr(self, name))
        new._put(rows)
        object.__setattr__(new, "item_offsets", item_offsets)
        return new

    def with_vectors(self, vectors: np.ndarray) -> Channel:
        """The same ids with a table of vectors."""
        new = self._with(self.rows, self.item_offsets)
        object.__setattr__(new, "vectors", _as_table(vectors, self.n_tokens))
        object.__setattr__(new, "vectors_id", None)
        return new


# what is the same in every selection of a channel's steps
_KEPT = ("n_tokens", "vectors", "feature_names", "vocabulary_id", "vectors_id", "unknown_id")


def _as_numeric(values) -> np.ndarray | FileRows:
    values = values if is_on_file(values) else np.asarray(values)
    check_number_type(values.dtype)
    dtype = values.dtype if values.dtype in (np.float32, np.float64) else np.dtype(np.float64)
    if values.ndim == 0 or 0 in values.shape[1:]:
        raise ValueError(
            "numeric steps must have shape (n_steps, n_features) with at least one feature, got "
            f"{values.shape}."
        )
    values = values[:, np.newaxis] if values.ndim == 1 else values
    return FileRows(values, dtype) if is_on_file(values) else values.astype(dtype, copy=False)


def check_number_type(dtype: np.dtype):
    """Raise TypeError unless values of this type are numbers."""
    if dtype.kind in "fiub":
        return
    remedy = {
        "c": "give real and imaginary part as features",
        "M": "give times as numbers, e.g. as seconds since the first",
        "m": "give durations as numbers, e.g. as seconds",
    }.get(dtype.kind, "of text make symbols with TokenEncoder() or Word2VecEmbedder()")
    raise TypeError(f"numeric steps must be numbers, got dtype {dtype}: {remedy}.")


def _as_table(vectors, n_tokens: int | None) -> np.ndarray:
    vectors = np.asarray(vectors)
    if n_tokens is None:
        raise ValueError("vectors belong to symbols: give n_tokens too, and ids as values.")
    if vectors.ndim != 2 or len(vectors) != n_tokens:
        raise ValueError(
            f"vectors must have shape (n_tokens, vector_size) = ({n_tokens}, ...), got "
            f"{vectors.shape}: give one row for each symbol."
        )
    check_number_type(vectors.dtype)
    return vectors if vectors.dtype in (np.float32, np.float64) else vectors.astype(np.float64)


def _as_item_offsets(item_offsets, n_items: int) -> np.ndarray:
    offsets = as_offsets(item_offsets, "item_offsets")
    if offsets[-1] != n_items:
        raise ValueError(
            f"item_offsets must end at the number of items, {n_items}, got {offsets[-1]}."
        )
    return offsets


def _as_ids(values, n_tokens: int) -> np.ndarray | FileRows:
    on_file = is_on_file(values)
    values = values if on_file else np.asarray(values)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise TypeError(
            "the steps of a symbol channel must be integer ids of shape (n_steps,), got "
            f"dtype {values.dtype} and shape {values.shape}."
        )
    if len(values) and (values.min() < 0 or values.max() >= n_tokens):
        position = int(np.argmax((values < 0) | (values >= n_tokens)))
        raise ValueError(
            f"symbol ids must lie in [0, n_tokens) = [0, {n_tokens}), got {values[position]} "
            f"at step {position} of all steps."
        )
    return FileRows(values, np.int32) if on_file else values.astype(np.int32, copy=False)
