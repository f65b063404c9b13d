"""Words that arrive one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.estimators._stream import SequenceStream
from sksequence.inputs import SequenceArray


class WordStream(SequenceStream):
    """A stream of words, which says so where anything else comes."""

    def read(self, x: Any) -> None:
        """Read the next word (of each sequence) without an answer.

        Parameters
        ----------
        x : str, list of str or SequenceArray
            As of ``step``.

        Raises
        ------
        TypeError
            If it is no word.
        """
        if not isinstance(x, SequenceArray) and not self._are_words(x):
            raise TypeError(self._told(x))
        super().read(x)

    def _are_words(self, x: Any) -> bool:
        if self._n_sequences is None:
            return isinstance(x, str)
        rows = isinstance(x, (list, tuple, np.ndarray))
        return rows and all(isinstance(word, str) for word in x)

    def _told(self, x: Any) -> str:
        if self._n_sequences is not None:
            return (
                f"a step of this stream is a list of {self._n_sequences} words (strings), one of "
                f"each sequence, got {x!r}."
            )
        remedy = "make it a string, str(x)"
        if isinstance(x, (list, tuple, np.ndarray)):
            remedy = "give words one after the other, [stream.step(word) for word in words]"
        return f"a step of this stream is one word (a string), got {x!r}: {remedy}."

    def __reduce__(self):
        return _again, super().__reduce__()[1]


def _again(estimator, n_sequences, context, transformer, state) -> WordStream:
    stream = WordStream(estimator, n_sequences, context=context, transformer=transformer)
    stream.state = state
    return stream
