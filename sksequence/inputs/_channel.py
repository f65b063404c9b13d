"""One named stream of values that runs along the steps of all sequences."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


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
        One row for each step; with `item_offsets`, one row for each item of a step.
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

    def __post_init__(self):
        if self.n_tokens is None:
            values = _as_numeric(self.values)
        else:
            values = _as_ids(self.values, self.n_tokens)
        object.__setattr__(self, "values", values)
        if self.vectors is not None:
            object.__setattr__(self, "vectors", _as_table(self.vectors, self.n_tokens))
        if self.item_offsets is not None:
            items = _as_item_offsets(self.item_offsets, len(values))
            object.__setattr__(self, "item_offsets", items)

    @property
    def kind(self) -> str:
        """``"numeric"``, ``"symbols"`` or ``"vectors"``."""
        if self.n_tokens is None:
            return "numeric"
        return "symbols" if self.vectors is None else "vectors"

    @property
    def n_steps(self) -> int:
        """Number of steps of all sequences together."""
        return len(self.values if self.item_offsets is None else self.item_offsets[1:])

    @property
    def n_features(self) -> int:
        """Width of a step: features of a numeric step, length of a symbol's vector, or 1."""
        if self.kind == "numeric":
            return int(np.prod(self.values.shape[1:], dtype=int))
        return 1 if self.vectors is None else self.vectors.shape[1]

    def steps(self, start: int, stop: int) -> Channel:
        """The steps from `start` to `stop`, sharing memory."""
        if self.item_offsets is None:
            return self._with(self.values[start:stop], None)
        items = self.item_offsets[start : stop + 1]
        return self._with(self.values[items[0] : items[-1]], items - items[0])

    def take(self, positions: np.ndarray) -> Channel:
        """The steps at `positions`, in that order."""
        if self.item_offsets is None:
            return self._with(self.values[positions], None)
        starts = self.item_offsets[:-1][positions]
        lengths = np.diff(self.item_offsets)[positions]
        return self._with(
            self.values[ragged_positions(starts, lengths)], offsets_from_lengths(lengths)
        )

    def _with(self, values, item_offsets) -> Channel:
        # ids were checked when the channel was made; a selection need not check them again
        new = object.__new__(Channel)
        for name in _KEPT:
            object.__setattr__(new, name, getattr(self, name))
        object.__setattr__(new, "values", values)
        object.__setattr__(new, "item_offsets", item_offsets)
        return new

    def with_vectors(self, vectors: np.ndarray) -> Channel:
        """The same ids with a table of vectors."""
        return replace(self, vectors=vectors, vectors_id=None)


# what is the same in every selection of a channel's steps
_KEPT = ("n_tokens", "vectors", "feature_names", "vocabulary_id", "vectors_id")


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


def _as_numeric(values) -> np.ndarray:
    values = np.asarray(values)
    check_number_type(values.dtype)
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    if values.ndim == 0 or 0 in values.shape[1:]:
        raise ValueError(
            "numeric steps must have shape (n_steps, n_features) with at least one feature, got "
            f"{values.shape}."
        )
    return values[:, np.newaxis] if values.ndim == 1 else values


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


def _as_ids(values, n_tokens: int) -> np.ndarray:
    values = np.asarray(values)
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
    return values.astype(np.int32, copy=False)
