"""Short names of vocabularies and tables: the same in every process and on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

_BYTES = 16


def fingerprint_tokens(tokens: Sequence[str], unknown_id: int | None = None) -> str:
    """A name for these tokens in this order; other tokens have another.

    Parameters
    ----------
    tokens : sequence of str
    unknown_id : int or None, default=None
        The token that stands for all others.

    Examples
    --------
    >>> from sksequence.inputs._fingerprint import fingerprint_tokens
    >>> fingerprint_tokens(["a", "b"])
    '66f78e53cb6a79245b164304c8d8e847'
    """
    # lengths go first, so that ["ab", "c"] is not ["a", "bc"]
    lengths = np.fromiter(map(len, tokens), "<i8", len(tokens))
    digest = blake2b(f"{unknown_id} {len(tokens)} ".encode(), digest_size=_BYTES)
    digest.update(lengths.tobytes())
    digest.update("".join(tokens).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def fingerprint_table(table: np.ndarray) -> str:
    """A name for these numbers in this shape, reading each of them once."""
    table = np.ascontiguousarray(table, table.dtype.newbyteorder("<"))
    digest = blake2b(f"{table.dtype.str} {table.shape} ".encode(), digest_size=_BYTES)
    digest.update(table.data)
    return digest.hexdigest()
