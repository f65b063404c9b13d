"""Ways to make a SequenceArray; each becomes one of its class methods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from sksequence.inputs._channel import Channel
from sksequence.inputs._file_rows import is_on_file
from sksequence.inputs._offsets import offsets_from_lengths

if TYPE_CHECKING:
    import pandas as pd

    from sksequence.inputs._sequence_array import SequenceArray


def from_list(
    cls: type[SequenceArray],
    sequences: Iterable[Any],
    *,
    n_tokens: int | None = None,
    vectors: ArrayLike | None = None,
    context: ArrayLike | None = None,
    names: ArrayLike | None = None,
) -> SequenceArray:
    """Make a container from a list of arrays of different lengths.

    Parameters
    ----------
    sequences : sequence of array-like
        Each of shape ``(n_steps,)`` or ``(n_steps, n_features)`` or
        ``(n_steps, *frame_shape)``; with `n_tokens`, integer ids of shape ``(n_steps,)``.
    n_tokens : int, default=None
        Makes the values symbols.
    vectors : ndarray of shape (n_tokens, vector_size), default=None
        A table of vectors for the symbols.
    context, names : array-like of length n_sequences, default=None
        Side data of each sequence.

    Raises
    ------
    ValueError
        If the sequences differ in their number of features (the first that does is named).

    Examples
    --------
    >>> from sksequence import SequenceArray
    >>> SequenceArray.from_list([[0, 3, 1], [2]], n_tokens=4)
    SequenceArray(n_sequences=2, lengths=1..3, n_tokens=4)
    """
    if isinstance(sequences, (str, bytes)):
        raise TypeError("expected a list of sequences, got one bare string: put it in a list.")
    values, offsets = end_to_end(sequences, n_tokens)
    return cls(
        values,
        offsets,
        n_tokens=n_tokens,
        vectors=vectors,
        context=context,
        names=names,
    )


def end_to_end(
    sequences: Iterable[Any], n_tokens: int | None = None, reader: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """The values of a list of sequences and their offsets; messages name the `reader`."""
    arrays = [_as_steps(s, i, n_tokens is not None, reader) for i, s in enumerate(sequences)]
    lengths = np.fromiter(map(len, arrays), np.int64, len(arrays))
    return _stack(arrays, n_tokens), offsets_from_lengths(lengths)


def step_for_step(sequences: Sequence[Any], lengths: np.ndarray, name: str) -> np.ndarray:
    """The values of a further channel, given as a list of sequences, end to end."""
    if len(sequences) != len(lengths):
        raise ValueError(
            f"channel {name!r} has {len(sequences)} sequences, but there are {len(lengths)}: give "
            "an array of values for each, in the same order."
        )
    values, offsets = end_to_end(sequences)
    given = np.diff(offsets)
    if not np.array_equal(given, lengths):
        i = int(np.argmax(given != lengths))
        raise ValueError(
            f"channel {name!r} has {given[i]} values for sequence {i}, which has {lengths[i]} "
            "steps: give one for each step."
        )
    return values


def _as_steps(sequence, i, symbols, reader):
    if isinstance(sequence, (str, bytes)) or (
        isinstance(sequence, (list, tuple)) and sequence and isinstance(sequence[0], str)
    ):
        raise TypeError(text_among_numbers(f"sequence {i}", sequence, reader))
    try:
        array = np.asarray(sequence)
    except ValueError as error:
        raise ValueError(
            f"sequence {i} is ragged inside a step: every step needs the same number of features."
        ) from error
    if array.ndim == 0:
        raise ValueError(
            f"sequence {i} is a single value ({_short(sequence)}): expected an array of steps. "
            "For one univariate series a row give a 2-D array."
        )
    if array.size == 0 and len(array):
        raise ValueError(f"sequence {i} has {len(array)} steps with 0 feature(s): give at least 1.")
    if array.size == 0:
        return np.zeros((0,), np.int64) if symbols else array.astype(float)
    if array.dtype == object:
        array = _from_objects(array, i)
    if array.dtype.kind in "US":
        raise TypeError(text_among_numbers(f"sequence {i}", array.tolist(), reader))
    return array if symbols or array.ndim > 1 else array[:, np.newaxis]


def text_among_numbers(where: str, text: Any, reader: Any = None) -> str:
    """The message about text where numbers are expected, by the estimator `reader`."""
    remedy = "make symbols of it with TokenEncoder() or Word2VecEmbedder()."
    if hasattr(reader, "predict"):
        name = type(reader).__name__
        remedy = (
            f"put TokenEncoder() or Word2VecEmbedder() before {name}, e.g. "
            f"make_pipeline(TokenEncoder(), {name}())."
        )
    return f"{where} holds text ({_short(text)}), but numbers are expected: {remedy}"


def _from_objects(array, i):
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"sequence {i} has values that are not numbers ({_short(array.tolist())}): {error}"
        ) from error


def _stack(arrays, n_tokens):
    filled = [a for a in arrays if a.size]
    if not filled:
        return np.zeros((0,), np.int64) if n_tokens is not None else np.zeros((0, 1))
    shape = filled[0].shape[1:]
    for i, array in enumerate(arrays):
        if array.size and array.shape[1:] != shape:
            raise ValueError(
                f"sequence {i} has steps of shape {array.shape[1:]}, but the first sequence has "
                f"steps of shape {shape}: all steps need the same features."
            )
    return np.concatenate(filled)


def _short(value, width=40):
    text = repr(value)
    return text if len(text) <= width else text[: width - 3] + "..."


def from_padded(
    cls: type[SequenceArray],
    X: Any,
    lengths: Any = None,
    *,
    n_tokens: int | None = None,
    vectors: ArrayLike | None = None,
    context: ArrayLike | None = None,
    names: ArrayLike | None = None,
) -> SequenceArray:
    """Make a container from an array in which short sequences are filled up.

    Parameters
    ----------
    X : array-like of shape (n_sequences, n_steps) or (n_sequences, n_steps, n_features)
        Batch first; what stands after the end of a sequence is dropped.
    lengths : array-like of shape (n_sequences,), default=None
        Number of steps of each sequence; None takes all steps of all.
    n_tokens, vectors, context, names
        As in ``from_list``.

    Examples
    --------
    >>> from sksequence import SequenceArray
    >>> SequenceArray.from_padded([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0]], lengths=[2, 1])
    SequenceArray(n_sequences=2, lengths=1..2, n_features=1)
    """
    X = X if is_on_file(X) else np.asarray(X)
    if X.ndim < 2:
        raise ValueError(
            f"expected shape (n_sequences, n_steps, ...), got {X.shape}: one sequence alone is "
            "X[np.newaxis]."
        )
    n_sequences, n_steps = X.shape[:2]
    if lengths is None:
        lengths = np.full(n_sequences, n_steps, dtype=np.int64)
        flat = X.reshape(n_sequences * n_steps, *X.shape[2:])
    else:
        lengths = _check_lengths(lengths, n_sequences, n_steps)
        flat = _unpadded(X, lengths, n_tokens)  # (lengths.sum(), ...)
    return cls(
        flat,
        offsets_from_lengths(lengths),
        n_tokens=n_tokens,
        vectors=vectors,
        context=context,
        names=names,
    )


def _unpadded(X, lengths, n_tokens):
    if not is_on_file(X):
        return X[np.arange(X.shape[1]) < lengths[:, np.newaxis]]
    n_sequences, n_steps = X.shape[:2]
    every = Channel(X.reshape(n_sequences * n_steps, *X.shape[2:]), n_tokens=n_tokens)
    return every.runs(np.arange(n_sequences) * n_steps, lengths).rows


def _check_lengths(lengths, n_sequences, n_steps):
    lengths = np.asarray(lengths)
    if lengths.shape != (n_sequences,) or lengths.dtype.kind not in "iu":
        raise ValueError(
            f"lengths must be {n_sequences} integers, got dtype {lengths.dtype} and shape "
            f"{lengths.shape}."
        )
    if n_sequences and (lengths.min() < 0 or lengths.max() > n_steps):
        i = int(np.argmax((lengths < 0) | (lengths > n_steps)))
        raise ValueError(f"lengths[{i}] = {lengths[i]}, but X has {n_steps} steps.")
    return lengths


def from_frame(
    cls: type[SequenceArray],
    frame: pd.DataFrame,
    *,
    sequence: str | None = None,
    time: str | None = None,
    context: list[str] | None = None,
) -> SequenceArray:
    """Make a container from a long table: one row a step.

    Numeric columns become one numeric channel, ``"values"``; each categorical or text column
    becomes a channel of symbols (ids in the order of its categories, which of a text column
    are its different values, sorted).

    Parameters
    ----------
    frame : DataFrame
        With the columns `sequence` and `time`, or with an index of two levels
        (sequence, step).
    sequence : str, default=None
        Column that says which sequence a row belongs to. Sequences keep the order in which
        they first appear.
    time : str, default=None
        Column by which the steps of a sequence are sorted. None sorts by the second level of
        the index if `sequence` is None, and else keeps the order of rows.
    context : str or list of str, default=None
        Numeric columns that are constant within a sequence; they become its context vector.

    Raises
    ------
    ValueError
        If a column, or the sequence, time or category of a row is missing, or if a context
        column changes within a sequence.
    TypeError
        If a column holds times or durations, or a context column no numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from sksequence import SequenceArray
    >>> steps = pd.DataFrame({"patient": ["b", "b", "a"], "pulse": [70.0, 72.0, 64.0],
    ...                       "drug": pd.Categorical(["x", "none", "x"])})
    >>> X = SequenceArray.from_frame(steps, sequence="patient")
    >>> X
    SequenceArray(n_sequences=2, lengths=1..2, values=(n_features=1), drug=(n_tokens=2))
    >>> X.names
    array(['b', 'a'], dtype=object)
    """
    import pandas as pd

    context = [context] if isinstance(context, str) else list(context or [])
    _check_columns(frame, [sequence, time, *context])
    keys, times = _keys_and_times(frame, sequence, time)
    codes, names = pd.factorize(keys, sort=False)
    if (codes < 0).any():
        raise ValueError("the sequence of some rows is missing: every row needs one.")
    order = np.argsort(codes, kind="stable")
    if times is not None:
        order = np.lexsort((_sortable(times), codes))
    lengths = np.bincount(codes, minlength=len(names))
    offsets = offsets_from_lengths(lengths)
    frame = frame.iloc[order].drop(columns=[c for c in (sequence, time) if c is not None])
    names = np.asarray(names, dtype=object)
    side = _constant_columns(frame[context], offsets, names) if context else None
    return cls(_channels_of(frame.drop(columns=context)), offsets, context=side, names=names)


def _check_columns(frame, wanted):
    if not frame.columns.is_unique:
        raise ValueError(f"the columns must have different names, got {list(frame.columns)}.")
    for name in wanted:
        if name is not None and name not in frame.columns:
            raise ValueError(f"no column {name!r}; the columns are {list(frame.columns)}.")


def _keys_and_times(frame, sequence, time):
    """For each row its sequence and its time (None: rows are in order)."""
    times = None if time is None else frame[time]
    if sequence is not None:
        return frame[sequence], times
    if frame.index.nlevels != 2:
        raise ValueError(
            "say which column names the sequence (sequence=...), or give a frame with an index "
            f"of two levels (sequence, step); this index has {frame.index.nlevels}."
        )
    steps = frame.index.get_level_values(1)
    return frame.index.get_level_values(0), steps if times is None else times


def _sortable(times):
    if times.isna().any():
        row = int(np.argmax(times.isna()))
        raise ValueError(f"the time of row {row} is missing: every step needs one, or time=None.")
    return times.to_numpy()


def _constant_columns(frame, offsets, names):
    from pandas.api.types import is_numeric_dtype

    text = [name for name in frame if not is_numeric_dtype(frame[name])]
    if text:
        raise TypeError(
            f"the context columns {text} hold no numbers: encode them first, e.g. with "
            "pandas.get_dummies."
        )
    values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    first = values[offsets[:-1]]
    repeated = np.repeat(first, np.diff(offsets), axis=0)
    changed = (values != repeated) & ~(np.isnan(values) & np.isnan(repeated))
    if changed.any():
        row, column = np.argwhere(changed)[0]
        i = int(np.searchsorted(offsets, row, side="right")) - 1
        raise ValueError(
            f"the context column {frame.columns[column]!r} changes within sequence "
            f"{str(names[i])!r}: a context is one vector a sequence."
        )
    return first


def _channels_of(frame):
    from pandas.api.types import is_numeric_dtype

    numeric = [name for name in frame if is_numeric_dtype(frame[name])]
    channels = {}
    if numeric:
        values = np.array(frame[numeric].to_numpy(dtype=np.float64, na_value=np.nan))
        channels["values"] = Channel(values, feature_names=tuple(map(str, numeric)))
    for name in frame.columns.difference(numeric, sort=False):
        if str(name) in channels:
            raise ValueError(f"column {name!r} would hide the numeric columns: rename it.")
        channels[str(name)] = _categories(frame[name])
    return channels


def _categories(column) -> Channel:
    if column.dtype.kind in "mM":
        raise TypeError(
            f"column {column.name!r} holds times: name it in time=..., drop it, or turn it into "
            "numbers, e.g. into seconds since the first."
        )
    column = column.astype("category")
    if column.isna().any():
        raise ValueError(f"column {column.name!r} has missing categories: fill them first.")
    categories = tuple(map(str, column.cat.categories))
    ids = column.cat.codes.to_numpy()
    return Channel(ids, n_tokens=len(categories), feature_names=categories)
