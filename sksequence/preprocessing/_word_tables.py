"""Vectors that somebody else has trained, for the words of a vocabulary."""

from __future__ import annotations

import gzip
import os
import warnings
from collections.abc import Container, Mapping
from typing import Any

import numpy as np

from sksequence.inputs import Vocabulary
from sksequence.inputs._vocabulary import UNKNOWN
from sksequence.preprocessing._word2vec_pretrained import load_pretrained

# Of the words of the training data; below it a table is hardly one for these words.
LEAST_COVERAGE = 0.1


def with_words_of(known: Vocabulary, source: Any, name: str) -> Vocabulary:
    """The vocabulary with all words of a table behind its own."""
    found, _ = _load(source, None, name)
    more = [token for token in found if token not in known.index and token != UNKNOWN]
    return Vocabulary((*known.tokens, *more), unknown_id=known.unknown_id)


def vectors_of(
    known: Vocabulary, source: Any, name: str, n_own: int, lowercase: bool
) -> np.ndarray:
    """A vector for each word of a vocabulary, ``(n_words, size)``.

    Words that the table has not, also not in lower case, get random vectors, as long as the
    others and the same in each fit of the same data; the unknown word has zeros.

    Parameters
    ----------
    known : Vocabulary
        The unknown word first.
    source : path, gensim KeyedVectors, mapping or fitted Word2VecEmbedder
    name : str
        Of the parameter, in messages.
    n_own : int
        The first so many words are those of the training data.
    lowercase : bool
        Whether they were lower-cased.

    Warns
    -----
    UserWarning
        If the table has less than a tenth of the words of the training data.
    """
    tokens = known.tokens
    found, vectors = _load(source, {*tokens[1:], *map(str.lower, tokens[1:])}, name)
    size = vectors.shape[1]
    rows = {token: row for row, token in enumerate(found)}
    scale = float(vectors.std()) if len(vectors) else 1.0
    table = scale * np.random.default_rng(0).standard_normal((len(known), size), dtype=np.float32)
    table[0] = 0.0
    n_covered = 0
    for i, token in enumerate(tokens[1:], 1):
        row = rows.get(token, rows.get(token.lower()))
        if row is not None:
            table[i] = vectors[row]
            n_covered += i < n_own
    if n_covered < LEAST_COVERAGE * (n_own - 1):
        _warn(n_covered, n_own - 1, tokens[1:n_own], name, lowercase)
    return table


def _warn(n_covered: int, n_words: int, words: tuple[str, ...], name: str, lowercase: bool) -> None:
    hint = "look whether they are of the same language, and written in the same way"
    if lowercase:
        hint = (
            "with lowercase=True words are looked up in lower case, so if those of the vectors are "
            "written with capitals, set lowercase=False"
        )
    warnings.warn(
        f"{name} has a vector for only {n_covered} of the {n_words} words of the vocabulary (such "
        f"as {', '.join(map(repr, words[:3]))}); the others start at random: {hint}.",
        UserWarning,
        stacklevel=2,
    )


def _load(source: Any, wanted: Container[str] | None, name: str) -> tuple[list[str], np.ndarray]:
    source = _as_table(source, name)
    size = _vector_size(source, name)
    try:
        return load_pretrained(source, wanted, size)
    except ValueError as error:
        what, other, _ = str(error).partition(f", but vector_size={size}")
        if not other:
            raise
        raise ValueError(
            f"{what}, but the first of {name} has {size}: give vectors of one length."
        ) from error


def _as_table(source: Any, name: str) -> Any:
    """The words and vectors of an embedder; anything else as it is."""
    source = getattr(source, "wv", source)
    if hasattr(source, "vocabulary_") and hasattr(source, "vectors_"):
        pairs = zip(source.vocabulary_.tokens, source.vectors_, strict=True)
        return {token: vector for token, vector in pairs if token != UNKNOWN}
    if hasattr(source, "fit"):
        raise ValueError(
            f"{name} is a {type(source).__name__} that is not fitted: fit it first. A copy, as "
            "cross-validation and searches make it, forgets what was learned; what stays as it is "
            "is sklearn.frozen.FrozenEstimator(embedder), or a dict, "
            "dict(zip(embedder.vocabulary_.tokens, embedder.vectors_))."
        )
    return source


def _vector_size(source: Any, name: str) -> int:
    """The length of the vectors of a table."""
    if isinstance(source, Mapping):
        first = next(iter(source.values()), None)
        if first is None:
            raise ValueError(f"{name} is an empty mapping: give a vector for each word, or None.")
        if np.ndim(first) != 1:
            word = next(iter(source))
            raise ValueError(
                f"{name} must have a vector for each word, but that of {word!r} has the shape "
                f"{np.shape(first)}."
            )
        return len(first)
    if hasattr(source, "key_to_index") and hasattr(source, "vectors"):
        return int(source.vectors.shape[1])
    if isinstance(source, (str, os.PathLike)):
        return _size_in_file(os.fspath(source), name)
    raise TypeError(
        f"{name} must be a path, gensim KeyedVectors, a mapping of words to vectors or a fitted "
        f"Word2VecEmbedder, got {type(source).__name__}."
    )


def _size_in_file(path: str, name: str) -> int:
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"there is no file of vectors {path!r}: give {name} the path of a word2vec file."
        )
    if path.removesuffix(".gz").endswith((".kv", ".model")):
        raise ValueError(
            f"{path!r} is in gensim's own format: give {name}=KeyedVectors.load(path)."
        )
    with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
        fields = file.readline().split()
    header = len(fields) == 2 and all(field.isdigit() for field in fields)
    return int(fields[1]) if header else len(fields) - 1
