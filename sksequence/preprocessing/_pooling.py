"""Sequences of words -> one vector a document, without a vector for each token."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix

_TOKENS = 1 << 16  # of a block of documents


def inverse_document_frequency(ids: np.ndarray, offsets: np.ndarray, n_tokens: int) -> np.ndarray:
    r"""The smooth idf of scikit-learn, :math:`\ln \frac{1 + n}{1 + df(t)} + 1`.

    Parameters
    ----------
    ids : ndarray of shape (n_steps,)
        -1 is passed over.
    offsets : ndarray of shape (n_documents + 1,)
        Where each document starts.
    n_tokens : int
        How many ids there are.

    Returns
    -------
    ndarray of shape (n_tokens,), float32
    """
    frequency = np.zeros(1 + n_tokens, dtype=np.int64)  # the first one is of -1
    for block, bounds in _blocks(ids, offsets):
        columns = _unique(block + 1, bounds, 1 + n_tokens).indices
        frequency += np.bincount(columns, minlength=1 + n_tokens)
    return (np.log(len(offsets) / (1 + frequency[1:])) + 1).astype(np.float32)


def pool_vectors(
    ids: np.ndarray,
    offsets: np.ndarray,
    vectors: np.ndarray,
    pooling: str,
    idf: np.ndarray | None = None,
) -> np.ndarray:
    """One vector for each document; zeros for a document without tokens.

    Parameters
    ----------
    ids : ndarray of shape (n_steps,)
        Rows of `vectors`.
    offsets : ndarray of shape (n_documents + 1,)
        Where each document starts.
    vectors : ndarray of shape (n_tokens, vector_size)
    pooling : {"mean", "max", "idf"}
        The mean of the tokens' vectors; the largest value of each component; the mean with
        weights `idf`.
    idf : ndarray of shape (n_tokens,), default=None
        The weight of each token.

    Returns
    -------
    ndarray of shape (n_documents, vector_size), float32
    """
    pooled = np.zeros((len(offsets) - 1, vectors.shape[1]), dtype=np.float32)
    row = 0
    for block, bounds in _blocks(ids, offsets):
        rows = pooled[row : row + len(bounds) - 1]
        if pooling == "max":
            _largest(_unique(block, bounds, len(vectors)), vectors, rows)
        else:
            weights = np.ones(len(block), np.float32) if pooling == "mean" else idf[block]
            _mean(block, bounds, vectors, weights, rows)
        row += len(rows)
    return pooled


def _mean(ids, offsets, vectors, weights, out):
    table = csr_matrix((weights, ids, offsets), shape=(len(out), len(vectors)))
    total = table @ np.ones(len(vectors), np.float32)
    used = total > 0
    out[used] = (table @ vectors)[used] / total[used, np.newaxis]


def _largest(unique, vectors, out):
    used = np.diff(unique.indptr) > 0
    if used.any():
        starts = unique.indptr[:-1][used]
        out[used] = np.maximum.reduceat(vectors[unique.indices], starts, axis=0)


def _unique(ids, offsets, n_tokens):
    """A row for each document whose columns are its different tokens."""
    ones = np.ones(len(ids), dtype=np.int32)
    table = csr_matrix((ones, ids.copy(), offsets), shape=(len(offsets) - 1, n_tokens))
    table.sum_duplicates()
    return table


def _blocks(ids, offsets) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Neighbouring documents of about 65,000 tokens together, with offsets that start at 0."""
    start = 0
    while start < len(offsets) - 1:
        stop = int(np.searchsorted(offsets, offsets[start] + _TOKENS, side="right")) - 1
        stop = max(stop, start + 1)
        bounds = offsets[start : stop + 1]
        yield ids[bounds[0] : bounds[-1]], bounds - bounds[0]
        start = stop
