"""Ways to make a SequenceArray; each becomes one of its class methods."""

from __future__ import annotations

import numpy as np

from sksequence.inputs._channel import Channel, offsets_from_lengths


def from_list(cls, sequences, *, n_tokens=None, vectors=None, context=None, names=None):
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
    arrays = [_as_steps(s, i, n_tokens is not None) for i, s in enumerate(sequences)]
    lengths = np.fromiter(map(len, arrays), np.int64, len(arrays))
    return cls(
        _stack(arrays, n_tokens),
        offsets_from_lengths(lengths),
        n_tokens=n_tokens,
        vectors=vectors,
        context=context,
        names=names,
    )


def _as_steps(sequence, i, symbols):
    if isinstance(sequence, (str, bytes)) or (
        isinstance(sequence, (list, tuple)) and sequence and isinstance(sequence[0], str)
    ):
        raise TypeError(
            f"sequence {i} holds text ({_short(sequence)}), but numbers are expected: put "
            "TokenEncoder() or Word2VecEmbedder() before the estimator, e.g. "
            "make_pipeline(TokenEncoder(), RNNClassifier())."
        )
    try:
        array = np.asarray(sequence)
    except ValueError as error:
        raise ValueError(
            f"sequence {i} is ragged inside a step: every step needs the same number of features."
        ) from error
    if array.ndim == 0:
        raise ValueError(
            f"sequence {i} is a single number ({_short(sequence)}): expected an array of steps. "
            "For one univariate series a row give a 2-D array."
        )
    if array.size == 0:
        return np.zeros((0,), np.int64) if symbols else array.astype(float)
    if array.dtype == object:
        array = _from_objects(array, i)
    return array if symbols or array.ndim > 1 else array[:, np.newaxis]


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


def from_padded(cls, X, lengths=None, *, n_tokens=None, vectors=None, context=None, names=None):
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
    X = np.asarray(X)
    if X.ndim < 2:
        raise ValueError(
            f"expected shape (n_sequences, n_steps, ...), got {X.shape}: one sequence alone is "
            "X[np.newaxis]."
        )
    n_sequences, n_steps = X.shape[:2]
    if lengths is None:
        lengths = np.full(n_sequences, n_steps, dtype=np.int64)
        flat = X.reshape(-1, *X.shape[2:])  # (n_sequences * n_steps, ...)
    else:
        lengths = _check_lengths(lengths, n_sequences, n_steps)
        flat = X[np.arange(n_steps) < lengths[:, np.newaxis]]  # (lengths.sum(), ...)
    return cls(
        flat,
        offsets_from_lengths(lengths),
        n_tokens=n_tokens,
        vectors=vectors,
        context=context,
        names=names,
    )


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


def from_frame(cls, frame, *, sequence=None, time=None, context=None):
    """Make a container from a long table: one row a step.

    Numeric columns become one numeric channel; each categorical or text column becomes a
    channel of symbols (ids in the order of its categories).

    Parameters
    ----------
    frame : DataFrame
        With the columns `sequence` and `time`, or with an index of two levels
        (sequence, step).
    sequence : str, default=None
        Column that says which sequence a row belongs to. Sequences keep the order in which
        they first appear.
    time : str, default=None
        Column by which the steps of a sequence are sorted; None keeps the order of rows.
    context : list of str, default=None
        Columns that are constant within a sequence; they become its context vector.

    Raises
    ------
    ValueError
        If a column is missing or a context column changes within a sequence.

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

    frame, keys = _sequence_keys(frame, sequence)
    for name in [time, *(context or [])]:
        if name is not None and name not in frame.columns:
            raise ValueError(f"no column {name!r}; the columns are {list(frame.columns)}.")
    codes, names = pd.factorize(keys, sort=False)
    if (codes < 0).any():
        raise ValueError("the sequence of some rows is missing: every row needs one.")
    if time is None:
        order = np.argsort(codes, kind="stable")
    else:
        order = np.lexsort((frame[time].to_numpy(), codes))
    lengths = np.bincount(codes, minlength=len(names))
    offsets = offsets_from_lengths(lengths)
    frame = frame.iloc[order].drop(columns=[] if time is None else [time])
    side = None if context is None else _constant_columns(frame[context], offsets, names)
    channels = _channels_of(frame.drop(columns=context or []))
    return cls(channels, offsets, context=side, names=np.asarray(names, dtype=object))


def _sequence_keys(frame, sequence):
    if sequence is not None:
        if sequence not in frame.columns:
            raise ValueError(f"no column {sequence!r}; the columns are {list(frame.columns)}.")
        return frame.drop(columns=[sequence]), frame[sequence]
    if frame.index.nlevels != 2:
        raise ValueError(
            "say which column names the sequence (sequence=...), or give a frame with an index "
            f"of two levels (sequence, step); this index has {frame.index.nlevels}."
        )
    return frame, frame.index.get_level_values(0)


def _constant_columns(frame, offsets, names):
    values = frame.to_numpy(dtype=np.float64)
    first = values[offsets[:-1]]
    changed = (values != np.repeat(first, np.diff(offsets), axis=0)).any(axis=1)
    if changed.any():
        i = int(np.searchsorted(offsets, np.argmax(changed), side="right")) - 1
        raise ValueError(
            f"the context columns {list(frame.columns)} change within sequence {names[i]!r}: "
            "a context is one vector a sequence."
        )
    return first


def _channels_of(frame):
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    numeric = [c for c in frame if is_numeric_dtype(frame[c]) or is_bool_dtype(frame[c])]
    channels = {}
    if numeric:
        values = np.array(frame[numeric].to_numpy(dtype=np.float64))
        channels["values"] = Channel(values, feature_names=tuple(map(str, numeric)))
    for name in frame.columns.difference(numeric, sort=False):
        column = frame[name].astype("category")
        if column.isna().any():
            raise ValueError(f"column {name!r} has missing categories: fill them first.")
        n_tokens = len(column.cat.categories)
        channels[str(name)] = Channel(column.cat.codes.to_numpy(), n_tokens=n_tokens)
    return channels
