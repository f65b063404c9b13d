"""Lists of words, as users give them, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.inputs import SequenceArray
from sksequence.preprocessing._analyzers import (
    as_collection,
    first_foreign,
    is_missing,
    no_documents,
    shortened,
)


def word_lists(X: Any, estimator: Any, call: str) -> list[list[str]]:
    """Lists of words; an error where anything else comes.

    Parameters
    ----------
    X : list, tuple, array, Series or one-column DataFrame of lists of words, or a Series or \
            one-column DataFrame of words with an index (sequence, step)
    estimator : estimator instance
        Named in the messages.
    call : str
        How a single sequence is given, such as ``"transform([X])"``.

    Raises
    ------
    TypeError
        If texts come that are not cut into words, or something else that is no word.
    ValueError
        If there is nothing, a sequence is empty, or a sequence or word is missing.
    """
    name = type(estimator).__name__
    if isinstance(X, SequenceArray):
        raise TypeError(f"{name} expected lists of words, got a SequenceArray: it is ready to use.")
    if isinstance(X, (str, bytes)):
        raise TypeError(
            f"{name} got one bare string ({shortened(X)}), but expected a list of words for each "
            "sequence: cut it into words, [text.split()], or into letters, such as DNA, "
            "[list(text)]."
        )
    rows = list(as_collection(X, name))
    if not rows:
        raise ValueError(no_documents(name))
    return [_words(row, i, name, rows, call) for i, row in enumerate(rows)]


def _words(row: Any, i: int, name: str, rows: list, call: str) -> list[str]:
    if isinstance(row, np.ndarray) and row.ndim == 1:
        row = row.tolist()
    if isinstance(row, str):
        raise TypeError(_text(row, i, name, rows, call))
    if not isinstance(row, (list, tuple)):
        if is_missing(row):
            raise ValueError(
                f"sequence {i} is missing ({row}), but {name} needs a list of words: drop it (and "
                "the same row of y)."
            )
        raise TypeError(
            f"{name} expected a list of words for each sequence, got {shortened(row)} "
            f"({type(row).__name__}) as sequence {i}."
        )
    if not row:
        raise ValueError(
            f"sequence {i} is empty, but {name} needs at least one word in each: drop it (and "
            "the same row of y)."
        )
    if not all(issubclass(kind, str) for kind in set(map(type, row))):
        raise _no_word(row, i, name)
    return list(row)


def _no_word(row: Any, i: int, name: str) -> Exception:
    word = first_foreign(row)
    t = next(t for t, other in enumerate(row) if other is word)
    where = f"sequence {i}, step {t} (X[{i}][{t}])"
    if is_missing(word):
        return ValueError(
            f"the word of {where} is missing ({word}), but {name} reads a word at each step: fill "
            "it with a word of its own, such as '<missing>', or drop the step (and its label)."
        )
    return TypeError(
        f"{name} reads lists of words (strings), but {where} is {shortened(word)} "
        f"({type(word).__name__}): make it a string, str(word), or give sequences of numbers alone."
    )


def _text(text: str, i: int, name: str, rows: list, call: str) -> str:
    """Texts that are not cut, or the words of a single sequence."""
    start = f"{name} expected a list of words for each sequence, got"
    cut = "[text.split() for text in X]"
    texts = [row for row in rows if isinstance(row, str)]
    if len(texts) < len(rows) or any(len(other.split()) > 1 for other in texts):
        return f"{start} the text {shortened(text)} as sequence {i}: cut texts into words, {cut}."
    return (
        f"{start} {len(rows)} string(s) without blanks, {shortened(text)} the first. If they are "
        f"the words of one sequence: a single sequence belongs in a list: {call}. If each is a "
        "sequence of letters, such as DNA, cut it into them with [list(x) for x in X], or put "
        'TokenEncoder(analyzer="char") in front; if each is a text of one word, '
        f"{cut} makes a sequence of one step of it."
    )
