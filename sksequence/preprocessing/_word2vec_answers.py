"""What a fitted Word2VecEmbedder gives: looked-up words, and the space they lie in."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sksequence.inputs import Channel, SequenceArray
from sksequence.inputs._channel import offsets_from_lengths
from sksequence.inputs._fingerprint import fingerprint_table
from sksequence.preprocessing._pooling import pool_vectors
from sksequence.preprocessing._word_space import WordSpace
from sksequence.utils._sklearn import wrap_table


def looked_up(embedder: Any, ids: np.ndarray, lengths: np.ndarray, X: Any) -> Any:
    """The words of documents with their vectors, or with pooling a vector for each document."""
    offsets, vectors = offsets_from_lengths(lengths), embedder.vectors_
    if embedder.pooling is None:
        if isinstance(ids, np.memmap):
            ids = np.array(ids)
        words = embedder.vocabulary_
        names = {"vocabulary_id": words.fingerprint, "vectors_id": embedder._vectors_id}
        channel = Channel(
            ids, n_tokens=len(vectors), vectors=vectors, unknown_id=words.unknown_id, **names
        )
        return SequenceArray({"values": channel}, offsets)
    pooled = pool_vectors(ids, offsets, vectors, embedder.pooling, embedder.idf_)
    return wrap_table(pooled, X, embedder)


def space_of(embedder: Any) -> WordSpace:
    """Where nearest words are found."""
    check_is_fitted(embedder)
    # a callable analyzer may want more than a word
    spell = (lambda word: [word]) if callable(embedder.analyzer) else embedder._analyze
    return WordSpace(embedder.vectors_, embedder.vocabulary_, spell)


def trained(vectors: np.ndarray, history: list[dict]) -> dict[str, Any]:
    """What an embedder has learned when it stops here."""
    return {
        "vectors_": vectors,
        "history_": history,
        "n_epochs_": len(history),
        "_vectors_id": fingerprint_table(vectors),
    }
