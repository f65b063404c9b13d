"""A corpus as numbers: read once, four bytes a token, on disk when it is large."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile

import numpy as np

from sksequence.inputs._channel import offsets_from_lengths

LONGEST = 10_000  # tokens of a chunk: gensim drops in silence what is beyond
IN_MEMORY = 1 << 26  # tokens; a larger corpus lies in a temporary file
_BLOCK = 1 << 16


@dataclass(eq=False)
class Corpus:
    """The tokens of many documents, end to end.

    Parameters
    ----------
    ids : ndarray of shape (n_tokens,), int32
        The number of each token; -1 where it is outside the vocabulary.
    lengths : ndarray of shape (n_documents,), int64
        Tokens of each document.
    counts : dict of str to int
        How often each token occurs, in the order in which the tokens first appeared; token
        ``i`` of it has the id ``i`` until `renumber`.
    """

    ids: np.ndarray
    lengths: np.ndarray
    counts: dict[str, int]

    @property
    def offsets(self) -> np.ndarray:
        """Where each document starts, shape ``(n_documents + 1,)``."""
        return offsets_from_lengths(self.lengths)

    def renumber(self, table: np.ndarray) -> None:
        """Replace each id ``i`` by ``table[i]``, in place and block by block."""
        for start in range(0, len(self.ids), _BLOCK):
            self.ids[start : start + _BLOCK] = table[self.ids[start : start + _BLOCK]]


def read_corpus(documents: Iterable[list[str]], in_memory: int = IN_MEMORY) -> Corpus:
    """Number the tokens in the order in which they first appear.

    Parameters
    ----------
    documents : iterable of list of str
        The tokens of each document; read once, one document at a time.
    in_memory : int
        With more tokens than that the ids are kept in a temporary file instead.
    """
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    ids, lengths, file = array("i"), array("q"), None
    for tokens in documents:
        ids.extend(map(numbers.__getitem__, tokens))
        lengths.append(len(tokens))
        if len(ids) > in_memory:
            file = file or TemporaryFile()
            ids.tofile(file)
            del ids[:]
    flat = np.frombuffer(ids, np.int32) if file is None else _mapped(file, ids)
    counts = dict(zip(numbers, count_ids(flat, len(numbers)).tolist(), strict=True))
    return Corpus(flat, np.frombuffer(lengths, np.int64), counts)


def _mapped(file, rest: array) -> np.ndarray:
    with file:  # the map outlives its file
        rest.tofile(file)
        file.flush()
        return np.memmap(file, dtype=np.int32, mode="r+")


def count_ids(ids: np.ndarray, n_tokens: int) -> np.ndarray:
    """How often each id occurs, -1 left out; shape ``(n_tokens,)``."""
    counts = np.zeros(n_tokens, dtype=np.int64)
    for start in range(0, len(ids), _BLOCK):
        block = ids[start : start + _BLOCK]
        counts += np.bincount(block[block >= 0], minlength=n_tokens)
    return counts


def cut(lengths: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Where pieces of at most `longest` tokens start and stop; empty documents have none."""
    n_pieces = -(-lengths // longest)
    starts = offsets_from_lengths(lengths)[:-1]
    stops = np.repeat(starts + lengths, n_pieces)
    within = np.arange(n_pieces.sum()) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    begins = np.repeat(starts, n_pieces) + longest * within
    return begins, np.minimum(begins + longest, stops)


class Chunks:
    """What gensim reads: lists of at most 10,000 integers, again for each epoch.

    Parameters
    ----------
    ids : ndarray of shape (n_tokens,)
        The ids of a corpus.
    lengths : ndarray of shape (n_documents,)
        Tokens of each document.
    first : int
        What is subtracted from the ids. gensim takes an integer for a key in one place and
        for a position in another, so both must be the same number.
    """

    def __init__(self, ids: np.ndarray, lengths: np.ndarray, first: int = 0) -> None:
        self.ids = ids
        self.first = first
        self.starts, self.stops = cut(lengths, LONGEST)
        self.stopped = False

    def __iter__(self) -> Iterator[list[int]]:
        for start, stop in zip(map(int, self.starts), map(int, self.stops), strict=True):
            if self.stopped:
                return
            yield (self.ids[start:stop] - self.first).tolist()
