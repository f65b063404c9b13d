"""Word vectors that somebody else has trained: from memory, or read line by line from a file."""

from __future__ import annotations

import gzip
import os
import warnings
import zlib
from collections.abc import Container, Iterator, Mapping
from typing import Any

import numpy as np

_READ = 1 << 20  # bytes


class _Everything:
    def __contains__(self, token: object) -> bool:
        return token is not None


def load_pretrained(
    source: Any, wanted: Container[str] | None, size: int
) -> tuple[list[str], np.ndarray]:
    """The vectors of the wanted tokens; of a file only these are ever in memory.

    Parameters
    ----------
    source : path, gensim KeyedVectors, or mapping of str to array-like
        A path names a word2vec file: binary with the ending ``.bin`` (or ``.bin.gz``), else
        text, with or without a first line that gives the number of vectors and their size.
    wanted : container of str or None
        The tokens to take; None takes all.
    size : int
        What the size of a vector must be.

    Returns
    -------
    tokens : list of str
        In the order of the source; of a token that occurs twice the first counts.
    vectors : ndarray of shape (n_tokens, size), float32

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError
        If the source is none of these.
    ValueError
        If the size is another one, a file is corrupted (the message names the line) or a
        number is not finite.
    """
    chosen: Container[str] = _Everything() if wanted is None else wanted
    source = getattr(source, "wv", source)  # a whole gensim model
    if isinstance(source, (str, os.PathLike)):
        tokens, vectors = _read_file(os.fspath(source), chosen, size)
    elif hasattr(source, "key_to_index") and hasattr(source, "vectors"):
        _check_size("pretrained", source.vectors.shape[1], size)
        tokens = [token for token in source.key_to_index if token in chosen]
        rows = [source.key_to_index[token] for token in tokens]
        vectors = np.ascontiguousarray(source.vectors[rows], dtype=np.float32)
    elif isinstance(source, Mapping):
        tokens, vectors = _from_mapping(source, chosen, size)
    else:
        raise TypeError(
            "pretrained must be a path, gensim KeyedVectors or a mapping of tokens to vectors, "
            f"got {type(source).__name__}."
        )
    _check_finite(tokens, vectors)
    return tokens, vectors


def _from_mapping(source, chosen, size):
    tokens = [token for token in source if token in chosen]
    vectors = np.empty((len(tokens), size), dtype=np.float32)
    for row, token in enumerate(tokens):
        vector = np.asarray(source[token])
        if vector.ndim != 1:
            raise ValueError(
                f"the pretrained vector of {token!r} must have shape ({size},), got {vector.shape}."
            )
        _check_size(f"the pretrained vector of {token!r}", len(vector), size)
        vectors[row] = vector
    return tokens, vectors


def _check_size(what, found, size):
    if found != size:
        noun = "has" if what.startswith("the ") else "vectors have"
        raise ValueError(
            f"{what} {noun} {found} dimensions, but vector_size={size}: set vector_size={found}."
        )


def _check_finite(tokens, vectors):
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        token = tokens[int(np.argmin(finite))]
        raise ValueError(
            f"the pretrained vector of {token!r} holds NaN or infinity: take that token out."
        )


# -- files ------------------------------------------------------------------------------


def _read_file(path, chosen, size):
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"there is no file of pretrained vectors {path!r}: give the path of a word2vec file "
            "(text, or binary with the ending .bin; either may be compressed, .gz)."
        )
    name = path.removesuffix(".gz")
    if name.endswith((".kv", ".model")):
        raise ValueError(
            f"{path!r} is in gensim's own format: give pretrained=KeyedVectors.load(path)."
        )
    rows = _binary_rows if name.endswith(".bin") else _text_rows
    tokens: dict[str, None] = {}
    vectors: list[np.ndarray] = []
    foreign: list[str] = []
    try:
        with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
            for token, vector in rows(file, path, chosen, size, foreign):
                if token not in tokens:
                    tokens[token] = None
                    vectors.append(vector)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{path!r} is damaged ({error}): it is no complete gzip file, fetch it again."
        ) from error
    if foreign:
        warnings.warn(
            f"{len(foreign)} tokens of {path!r} are not UTF-8 (the first: {foreign[0]}) and were "
            "left out: the file was cut or has another encoding.",
            UserWarning,
            stacklevel=6,
        )
    stacked = np.stack(vectors) if vectors else np.empty((0, size), dtype=np.float32)
    return list(tokens), stacked


def _text_rows(file, path, chosen, size, foreign) -> Iterator[tuple[str, np.ndarray]]:
    n_rows, number = None, 0
    for number, line in enumerate(file, 1):
        line = line.rstrip()
        if number == 1:
            n_rows, found = _text_header(line)
            _check_size(f"the file {path!r}", found, size)
            if n_rows is not None:
                continue
        row = _text_row(line, path, number, chosen, size, foreign)
        if row is not None:
            yield row
    if number == 0:
        raise ValueError(f"{path!r} is empty: expected a word vector on each line.")
    if n_rows is not None and number - 1 != n_rows:
        raise ValueError(
            f"{path!r}, line {number}: the first line promises {n_rows} vectors, but the file ends "
            f"after {number - 1}: it is cut off, fetch it again."
        )


def _text_header(line):
    """Number of vectors (None where no such line is) and their size."""
    fields = line.split()
    if len(fields) == 2 and all(field.isdigit() for field in fields):
        return int(fields[0]), int(fields[1])
    return None, len(fields) - 1


def _text_row(line, path, number, chosen, size, foreign):
    n_blanks = line.count(b" ")
    if n_blanks < size:
        raise ValueError(_bad_line(path, number, size, f"{n_blanks} numbers", line))
    # a token may hold blanks itself
    name, numbers = line.split(b" ", 1) if n_blanks == size else _last(line, size)
    token = _decode(name, f"line {number}", foreign)
    if token not in chosen:
        return None
    try:
        return token, np.array(numbers.split(b" "), dtype=np.float32)
    except ValueError:
        raise ValueError(_bad_line(path, number, size, "something else", line)) from None


def _last(line, size):
    fields = line.rsplit(b" ", size)
    return fields[0], b" ".join(fields[1:])


def _bad_line(path, number, size, found, line):
    start = line[:40].decode("utf-8", "replace")
    return (
        f"{path!r}, line {number}: expected a token and {size} numbers, got {found} ({start!r}...)"
        ": it is damaged or no word2vec text file (a binary one must have the ending .bin)."
    )


def _binary_rows(file, path, chosen, size, foreign) -> Iterator[tuple[str, np.ndarray]]:
    header = file.readline(100).split()
    if len(header) != 2 or not all(field.isdigit() for field in header):
        raise ValueError(
            f"{path!r}, line 1: expected the number of vectors and their size, got "
            f"{b' '.join(header)[:40]!r}: it is no word2vec binary file (a text file must not have "
            "the ending .bin)."
        )
    n_rows = int(header[0])
    _check_size(f"the file {path!r}", int(header[1]), size)
    width, buffer, at = 4 * size, b"", 0
    for row in range(n_rows):
        while (blank := buffer.find(b" ", at)) < 0 or len(buffer) < blank + 1 + width:
            more = file.read(_READ)
            if not more:
                raise ValueError(
                    f"{path!r}, vector {row + 1}: the first line promises {n_rows} vectors, but "
                    f"the file ends after {row}: it is cut off, fetch it again."
                )
            buffer, at = buffer[at:] + more, 0
        token = _decode(buffer[at:blank].lstrip(b"\n"), f"vector {row + 1}", foreign)
        at = blank + 1 + width
        if token in chosen:
            yield token, np.frombuffer(buffer, "<f4", size, blank + 1).astype(np.float32)
    if (buffer[at:] + file.read(_READ)).strip():
        raise ValueError(
            f"{path!r}: the first line promises {n_rows} vectors, but more follows them: the file "
            "is damaged, fetch it again."
        )


def _decode(token, place, foreign):
    try:
        return token.decode("utf-8")
    except UnicodeDecodeError:  # the original tool cuts long words anywhere
        foreign.append(f"{token[:20]!r}, {place}")
        return None
