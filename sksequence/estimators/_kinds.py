"""Whether what is given is what is meant: one kind, and that which the estimator can read."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sized
from numbers import Integral, Number
from typing import Any

import numpy as np

from sksequence.inputs import SequenceArray

FEW = 40  # characters of a document in a message


def check_one_kind(documents: Iterable, what: str, as_text: bool | None = None) -> None:
    """Raise TypeError unless all documents are texts, or all are lists of tokens.

    Parameters
    ----------
    documents : collection
        Elements that are neither are left to those who read them.
    what : str
        "X" or "y", for messages.
    as_text : bool, default=None
        What they have to be; None: what the first is.
    """
    if not isinstance(documents, Sized):
        return  # read once only, or larger than memory
    example = None
    for i, document in enumerate(documents):
        if not isinstance(document, (str, list, tuple, np.ndarray)):
            continue
        is_text = isinstance(document, str)
        if as_text is None:
            as_text, example = is_text, (i, document)
        if is_text == as_text:
            continue
        wanted = "texts" if as_text else "lists of tokens"
        if example is None:
            raise TypeError(
                f"{what}[{i}] is {_kind(is_text)} ({_short(document)}), but the estimator was "
                f"fitted on {wanted}: give {wanted}{_other(as_text)}. Only score takes a list of "
                "several for one source: each is a right answer."
            )
        raise TypeError(
            f"{what}[{i}] is {_kind(is_text)} ({_short(document)}), but {what}[{example[0]}] is "
            f"{_kind(as_text)} ({_short(example[1])}): give either texts or lists of tokens, not "
            "both."
        )


def _kind(is_text: bool) -> str:
    return "a text" if is_text else "a list of tokens"


def _other(as_text: bool) -> str:
    return ", e.g. ' '.join(tokens)" if as_text else ", e.g. text.split()"


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= FEW else shown[: FEW - 3] + "..."


def warn_of_texts_in_lists(documents: Iterable, what: str) -> None:
    """Warn where lists of tokens look like lists of texts: with blanks, or one token in each."""
    if not isinstance(documents, Sized):
        return
    n_single, n_lists = 0, 0
    for i, document in enumerate(documents):
        if not isinstance(document, (list, tuple, np.ndarray)):
            return
        n_lists += 1
        n_single += len(document) == 1
        blank = [t for t in document if isinstance(t, str) and len(t.split()) > 1]
        if blank:
            _warn_of_lists(
                f"{what}[{i}] is a list that holds {_short(blank[0])}, one token with a blank in "
                "it",
                "; several right answers to one source are for score, fit takes one",
            )
            return
    if n_lists > 1 and n_single == n_lists:
        _warn_of_lists(f"each list of {what} holds one string, which is one token", "")


def _warn_of_lists(found: str, also: str) -> None:
    warnings.warn(
        f"{found}: a list is one document, already cut into tokens. For texts, give strings and "
        f"not lists{also}.",
        UserWarning,
        stacklevel=8,
    )


def warn_of_integer_tokens(y: Any) -> None:
    """Warn where lists of integers, of several lengths, are going to be learned as numbers."""
    if isinstance(y, (SequenceArray, dict)) or getattr(y, "ndim", 1) > 1:
        return
    rows = list(y) if hasattr(y, "__len__") and hasattr(y, "__iter__") else []
    if not rows or not all(isinstance(row, (list, tuple)) for row in rows):
        return
    integers = all(
        isinstance(value, Integral) and not isinstance(value, bool) for row in rows for value in row
    )
    if integers and len({len(row) for row in rows}) > 1:
        warnings.warn(
            "y holds lists of integers, which are learned as numbers (7 is close to 8): if they "
            "stand for symbols, give SequenceArray.from_list(y, n_tokens=...), or strings; if they "
            "are numbers, give floats.",
            UserWarning,
            stacklevel=6,
        )


def check_sequences_not_values(X: Any, what: str, name: str) -> None:
    """Raise ValueError where one number stands for each sequence."""
    shape = _shape_of_values(X)
    if shape is None:
        return
    if what.startswith("y"):
        raise ValueError(
            f"{what} has the shape {shape}, a number each, but {name} writes sequences: for one "
            "number a sequence use RNNRegressor, for one label RNNClassifier; sequences of one "
            f"step are np.reshape({what}, (-1, 1))."
        )
    raise ValueError(
        f"Expected 2D array, got 1D array instead: {what} has the shape {shape}, a number each, "
        f"but {name} reads more than that of a sample. Reshape your data: a single sample is "
        f"np.reshape({what}, (1, -1)), samples of one number np.reshape({what}, (-1, 1))."
    )


def _shape_of_values(X: Any) -> tuple[int] | None:
    """The shape of a 1-D collection of numbers; None of anything else."""
    if isinstance(X, SequenceArray) or isinstance(X, (str, bytes, dict, set)):
        return None
    if getattr(X, "ndim", None) == 1 and getattr(X.dtype, "kind", "O") in "biuf":
        return (len(X),)
    flat = isinstance(X, (list, tuple)) and len(X) > 0 and all(isinstance(x, Number) for x in X)
    return (len(X),) if flat else None


def warn_of_new_tokens(estimator: Any, side: Any, sequences: SequenceArray, what: str) -> None:
    """Warn where training goes on with more unknown tokens than there were in the first fit."""
    if getattr(side, "unknown_id", None) is None:
        return
    unknown = sequences.only.values == side.unknown_id
    if unknown.mean() > getattr(side, "unknown_share", 0.0):
        warnings.warn(
            f"{int(unknown.sum())} of {len(unknown)} tokens of {what} are not in the vocabulary "
            f"of the first fit, which {type(estimator).__name__}(warm_start=True) keeps: they "
            "are all taken as one unknown token. To learn them, fit anew with warm_start=False.",
            UserWarning,
            stacklevel=4,
        )


def check_coverage(estimator: Any, attends: bool) -> None:
    """Raise ValueError where the penalty counts what attention, which is not there, looked at."""
    if getattr(estimator, "coverage_penalty", 0.0) > 0 and not attends:
        raise ValueError(
            f"coverage_penalty={estimator.coverage_penalty!r} of {type(estimator).__name__} needs "
            "attention, for it counts what the decoder looked at, but there is none: set "
            "coverage_penalty=0, or choose an attention, e.g. attention='additive', and fit again."
        )
