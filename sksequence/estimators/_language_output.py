"""What a language model has written, in the types of the user."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from sksequence.inputs import SequenceArray

FEW = 8  # symbols in a message


def numbers_written(side: Any, rows: Sequence[np.ndarray]) -> Any:
    """Scaled numbers in their own units, in the container of ``fit``.

    Parameters
    ----------
    side : NumericSide
    rows : sequence of ndarray of shape (n_steps, n_features)

    Returns
    -------
    sequences
        Where a table of the steps of ``fit`` cannot hold them, a list of arrays.
    """
    n_steps = side.n_steps
    if n_steps is None or all(len(row) == n_steps for row in rows):
        return side.write(rows)
    listed = side.like([np.empty((0, *side.shape))])
    return listed.write(rows)


class SymbolsWritten:
    """What stands before symbols that are written, and all of it in the user's types.

    Parameters
    ----------
    side : TextSide or SymbolSide
    prefix : sequence
        As the user gave it.
    ids : ndarray of shape (n_before,)
        What the network reads in it.
    """

    def __init__(self, side: Any, prefix: Any, ids: np.ndarray):
        self.side, self.prefix, self.ids = side, prefix, ids
        self.tokens: list[str] | None = None
        if hasattr(side, "encoder"):
            self.tokens = list(*side.encoder._tokens([prefix])) if len(ids) else []

    def warn_of_unknown(self) -> None:
        """Warn of symbols of the prefix that ``fit`` did not see."""
        if self.tokens is None or self.side.unknown_id is None:
            return
        at = np.flatnonzero(self.ids == self.side.unknown_id)
        unknown = list(dict.fromkeys(self.tokens[i] for i in at))
        if not unknown:
            return
        shown = ", ".join(map(repr, unknown[:FEW])) + ", ..." * (len(unknown) > FEW)
        warnings.warn(
            f"prefix holds {shown}, which fit did not see (or too seldom): the network reads the "
            "unknown symbol there. What is given back holds the prefix as it is.",
            UserWarning,
            stacklevel=3,
        )

    def write(self, rows: Sequence[np.ndarray]) -> Any:
        """Ids of what follows -> sequences, the prefix in front as it was given."""
        side = self.side
        if self.tokens is None:
            return side.write([np.concatenate([self.ids, row]) for row in rows])
        following = side.rows([{"ids": [row]} for row in rows], None)
        if not side.as_text:
            return side.write([[*self.tokens, *tokens] for tokens in following])
        if callable(side.encoder.analyzer):  # how it cuts is not known, so nor is how to join
            return [[*self.tokens, *tokens] for tokens in following]
        return side.container.fill([self._text(tokens) for tokens in following])

    def _text(self, tokens: list[str]) -> str:
        """The prefix as it stands, and after it what joins to its tokens."""
        if not self.tokens:
            return self.side._join(tokens)
        before, whole = self.side._join(self.tokens), self.side._join([*self.tokens, *tokens])
        rest = whole.removeprefix(before)
        if self.prefix[-1:].isspace() and self.side.encoder.analyzer != "char":
            rest = rest.lstrip()
        return self.prefix + rest


def is_rows_of_tokens(X: Any) -> bool:
    """Whether a table holds a token in each cell, several in a row."""
    if isinstance(X, SequenceArray) or getattr(X, "ndim", 1) != 2 or X.shape[1] < 2:
        return False
    if hasattr(X, "iloc"):
        return X.index.nlevels == 1 and X.size > 0 and _all_text(X.to_numpy())
    return X.dtype.kind in "UOT" and X.size > 0 and _all_text(np.asarray(X))


def _all_text(cells: np.ndarray) -> bool:
    return all(isinstance(cell, str) for cell in cells.flat)
