"""Whatever users give -> a checked SequenceArray."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from sksequence.inputs._channel import check_number_type
from sksequence.inputs._construct import _short, end_to_end, text_among_numbers
from sksequence.inputs._file_rows import is_on_file
from sksequence.inputs._sequence_array import SequenceArray

LARGEST = float(np.finfo(np.float32).max)


def check_sequences(
    X: Any,
    *,
    estimator: Any = None,
    reset: bool = True,
    allow_nan: bool = False,
    largest: float = LARGEST,
) -> SequenceArray:
    """Turn any accepted container into a SequenceArray without empty or missing steps.

    Parameters
    ----------
    X : SequenceArray, array-like of shape (n_sequences, n_steps, n_features) or \
            (n_sequences, n_steps), list or object array or Series of arrays, DataFrame
        A 2-D array, nested lists of one length or a wide DataFrame hold one univariate series
        a row. A DataFrame with an index of two levels (sequence, step) holds one step a row.
    estimator : estimator instance, default=None
        Named in messages; it gets ``n_features_in_`` (for 2-D input the number of columns, and
        ``feature_names_in_``; else the number of features of a step).
    reset : bool, default=True
        True in ``fit``: remember the width of 2-D input; False: 2-D input must have it again.
    allow_nan : bool, default=False
        True lets NaN through, in the steps and in the context; infinity is an error still.
    largest : float, default=3.4e38
        Numbers beyond it, or below its negative, are an error. Networks compute in 32 bits,
        which end there.

    Returns
    -------
    SequenceArray
        Its values are finite (or NaN, where allowed) and no sequence is empty.

    Raises
    ------
    TypeError
        If text, a bare string, sparse data or another thing that is no sequence comes.
    ValueError
        If there are no sequences, an empty one, NaN, infinity or a number that is too large,
        or unequal steps.

    Examples
    --------
    >>> from sksequence.inputs import check_sequences
    >>> check_sequences([[1, 2, 3], [4, 5]])
    SequenceArray(n_sequences=2, lengths=2..3, n_features=1)
    """
    largest = min(largest, np.finfo(np.float64).max)  # infinity is never let through
    X = _to_sequence_array(X, estimator, reset)
    if estimator is not None and reset and getattr(estimator, "_n_steps_in", None) is None:
        estimator.n_features_in_ = sum(c.n_features for c in X.channels.values())
    if len(X) == 0:
        raise ValueError(
            f"{_name(estimator)} got 0 sequences (0 sample(s)), but a minimum of 1 is required."
        )
    if (X.lengths == 0).any():
        i = int(np.argmax(X.lengths == 0))
        raise ValueError(
            f"sequence {i}{_named(X, i)} is empty, but {_name(estimator)} needs at least one step "
            "in each: drop it, e.g. with X[X.lengths > 0] (and the same rows of y)."
        )
    for name, channel in X.channels.items():
        _check_finite(X, name, channel, estimator, allow_nan, largest)
        if reset and channel.vectors is not None and not np.isfinite(channel.vectors).all():
            i = int(np.argmax(~np.isfinite(channel.vectors).all(axis=1)))
            raise ValueError(f"the vector of symbol {i} has a missing or infinite value: fill it.")
    if X.context is not None:
        _check_context(X, estimator, allow_nan, largest)
    return X


def _to_sequence_array(X, estimator, reset) -> SequenceArray:
    if estimator is not None and reset:
        _forget_input(estimator)
    if isinstance(X, SequenceArray):
        return X
    if hasattr(X, "toarray"):
        return _from_table(X, estimator, reset)  # scikit-learn's message on sparse input
    if isinstance(X, (str, bytes)):
        raise TypeError(
            f"{_name(estimator)} got one bare string ({_short(X)}): expected a list of sequences. "
            f"Put it in a list, and TokenEncoder() before {_name(estimator)}."
        )
    if X is None or isinstance(X, (dict, set, int, float)) or hasattr(X, "__next__"):
        raise TypeError(
            f"{_name(estimator)} expected sequences (a SequenceArray, an array, a list of arrays "
            f"or a DataFrame), got {type(X).__name__}."
        )
    if isinstance(X, list) and X and isinstance(X[0], np.ndarray):
        return _ragged(X, estimator)
    if hasattr(X, "iloc"):
        return _from_pandas(X, estimator, reset)
    if isinstance(X, (list, tuple)):
        return _from_plain_list(list(X), estimator, reset)
    return _from_array(X, estimator, reset)


def _from_pandas(X, estimator, reset):
    if X.ndim == 1:
        return _ragged(X.tolist(), estimator)
    if X.index.nlevels == 2:
        return SequenceArray.from_frame(X)
    if X.shape[1] == 1 and X.dtypes.iloc[0] == np.dtype(object):
        return _ragged(X.iloc[:, 0].tolist(), estimator)  # one column of lists
    return _from_table(X, estimator, reset)


def _from_plain_list(X, estimator, reset):
    if X and all(isinstance(x, Number) for x in X):
        return _from_table(X, estimator, reset)  # scikit-learn's message on 1-D input
    if X and _is_table(X):
        return _from_table(X, estimator, reset)
    return _ragged(X, estimator)


def _is_table(X) -> bool:
    """Whether nested lists are a 2-D array: numbers in rows of one length."""
    if not all(isinstance(row, (list, tuple)) and len(row) == len(X[0]) for row in X):
        return False
    return len(X[0]) > 0 and all(isinstance(value, (int, float)) for value in X[0])


def _from_array(X, estimator, reset):
    array = X if is_on_file(X) and X.ndim >= 3 else np.asarray(X)
    if array.dtype == object and array.shape[1:] == (1,) and len(array) and np.ndim(array[0, 0]):
        return _ragged(list(array[:, 0]), estimator)  # one column of sequences
    if array.ndim == 1 and array.dtype == object:
        return _ragged(list(array), estimator)
    if array.ndim == 1 and array.dtype.kind in "US":
        return _ragged(array.tolist(), estimator)
    if array.ndim >= 3:
        return SequenceArray.from_padded(_numeric_array(array))
    return _from_table(X, estimator, reset)


def _from_table(X, estimator, reset):
    """A 2-D table: one univariate series a row, one value a step."""
    # check_sequences itself looks for NaN, and names the sequence and the step
    kwargs = {"dtype": [np.float64, np.float32], "ensure_all_finite": False}
    _refuse_text_and_times(X, estimator)
    try:
        if estimator is None:
            table = check_array(X, **kwargs)
        elif reset or getattr(estimator, "_n_steps_in", None) is not None:
            table = validate_data(estimator, X, reset=reset, **kwargs)
        else:  # fitted on ragged data: any number of steps will do
            table = check_array(X, estimator=estimator, **kwargs)
    except ValueError as error:
        if np.ndim(X) != 1:
            raise
        raise ValueError(f"{error}\nA sequence alone belongs in a list, [x].") from None
    if estimator is not None and reset:
        estimator._n_steps_in = table.shape[1]
    return SequenceArray.from_padded(table[:, :, np.newaxis])


def _refuse_text_and_times(X, estimator):
    """Say what to do about columns that scikit-learn would cast, or fail to."""
    if isinstance(X, np.ndarray):
        if X.dtype.kind in "mM":
            check_number_type(X.dtype)
        if X.dtype.kind in "USO" and X.size and isinstance(X.flat[0], str):
            raise TypeError(text_among_numbers("the array", X.tolist(), estimator))
    if not hasattr(X, "iloc"):
        return
    for i, (name, dtype) in enumerate(X.dtypes.items()):
        if dtype.kind in "mM":
            raise TypeError(f"column {name!r} holds times: give them as numbers.")
        if dtype.kind not in "fiub" and isinstance(next(iter(X.iloc[:, i]), None), str):
            raise TypeError(
                f"{_name(estimator)} expected numbers, but column {name!r} holds text. To read "
                f"sequences from it, put SequenceColumns({name!r}) before it."
            )


def _forget_input(estimator):
    for name in ("_n_steps_in", "n_features_in_", "feature_names_in_"):
        estimator.__dict__.pop(name, None)


def _ragged(sequences, estimator):
    if not sequences:
        raise ValueError(
            f"{_name(estimator)} got an empty list (0 sample(s)), but a minimum of 1 is required."
        )
    return SequenceArray(*end_to_end(sequences, reader=estimator))


def _numeric_array(array):
    if array.dtype.kind == "c":
        raise ValueError("Complex data not supported: give real and imaginary part as features.")
    if array.dtype == object:
        return array.astype(np.float64)
    return array


def _check_context(X, estimator, allow_nan, largest):
    bad = _unusable(X.context, allow_nan, largest)
    if not bad.any():
        return
    i, column = np.argwhere(bad)[0]
    value = X.context[i, column]
    if np.isfinite(value):
        raise ValueError(
            f"the context of sequence {i}{_named(X, i)} contains {value:.3g}: "
            f"{_too_large(estimator, largest)}"
        )
    raise ValueError(
        f"the context of sequence {i}{_named(X, i)} has a missing or infinite value: fill it, "
        "e.g. with SimpleImputer."
    )


def _check_finite(X, name, channel, estimator, allow_nan, largest):
    if channel.kind != "numeric":
        return
    for start, values in channel.blocks():
        values = values.reshape(len(values), -1)
        if not values.size or (float(values.min()) >= -largest and float(values.max()) <= largest):
            continue  # NaN is its own smallest and largest; nothing was copied to find out
        bad = _unusable(values, allow_nan, largest)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            _refuse(X, name, channel, estimator, largest, start + row, values[row, column])


def _refuse(X, name, channel, estimator, largest, row, bad_value):
    """Say where a value of the channel is that cannot be used."""
    if channel.item_offsets is not None:
        row = int(np.searchsorted(channel.item_offsets, row, side="right")) - 1
    i = int(np.searchsorted(X.offsets, row, side="right")) - 1
    where = f" of channel {name!r}" if len(X.channels) > 1 else ""
    place = f"sequence {i}{_named(X, i)}, step {row - X.offsets[i]}{where}"
    if np.isfinite(bad_value):
        raise ValueError(
            f"Input X contains {bad_value:.3g}: {place}. {_too_large(estimator, largest)}"
        )
    value = "NaN" if np.isnan(bad_value) else "infinity"
    remedy = "drop or fill those steps, e.g. with PerStep(SimpleImputer())."
    if getattr(estimator, "missing", None) == "error":
        remedy = f"set missing='mask', or {remedy}"
    if value == "infinity":
        remedy = "clip them, or make them NaN and fill those with PerStep(SimpleImputer())."
    raise ValueError(
        f"Input X contains {value}: {place}. "
        f"{_name(estimator)} does not accept {'infinite' if value == 'infinity' else 'missing'} "
        f"values: {remedy}"
    )


def _unusable(values, allow_nan, largest):
    too_large = ~(np.abs(values) <= np.float64(largest))  # true for NaN as well
    return too_large & ~np.isnan(values) if allow_nan else too_large


def _too_large(estimator, largest) -> str:
    return (
        f"{_name(estimator)} takes numbers up to {largest:.2g}, beyond which they overflow: give "
        "them in another unit, or clip them."
    )


def _named(X, i) -> str:
    return "" if X.names is None else f" ({str(X.names[i])!r})"


def _name(estimator) -> str:
    return "the estimator" if estimator is None else type(estimator).__name__
