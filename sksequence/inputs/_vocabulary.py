"""Tokens and their ids."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

import numpy as np

from sksequence.inputs._fingerprint import fingerprint_tokens

UNKNOWN = "<unk>"


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in the order of their ids.

    Parameters
    ----------
    tokens : sequence of str
        Token ``i`` has the id ``i``; all are different.
    unknown_id : int or None, default=None
        The id that all tokens outside the vocabulary share. None: there is no such symbol.

    Examples
    --------
    >>> from sksequence.inputs import Vocabulary
    >>> vocabulary = Vocabulary.from_counts({"dog": 1, "the": 5, "cat": 2}, min_count=2)
    >>> vocabulary.tokens
    ('<unk>', 'the', 'cat')
    >>> vocabulary.encode(["the", "dog"])
    array([1, 0], dtype=int32)
    >>> vocabulary.decode([1, 0])
    ['the', '<unk>']
    """

    tokens: tuple[str, ...]
    unknown_id: int | None = None

    def __post_init__(self) -> None:
        _check_tokens(self.tokens)
        tokens = tuple(map(str, self.tokens))  # a numpy.str_ would pickle three times as large
        if len(set(tokens)) != len(tokens):
            twice = next(t for i, t in enumerate(tokens) if t in tokens[:i])
            raise ValueError(f"the tokens of a vocabulary must differ, got {twice!r} twice.")
        object.__setattr__(self, "tokens", tokens)
        if self.unknown_id is not None and not 0 <= self.unknown_id < len(tokens):
            raise ValueError(
                f"unknown_id must lie in [0, {len(tokens)}) or be None, got {self.unknown_id}."
            )

    @classmethod
    def from_counts(
        cls,
        counts: Mapping[str, int],
        min_count: int = 1,
        max_tokens: int | None = None,
        unknown: str | None = UNKNOWN,
    ) -> Vocabulary:
        """The frequent tokens: ids by falling count, ties in the order of `counts`.

        Parameters
        ----------
        counts : mapping of str to int
            How often each token occurs, in the order in which the tokens first appeared.
        min_count : int, default=1
            Tokens that are rarer are left out.
        max_tokens : int or None, default=None
            At most so many tokens are kept, the unknown symbol not counted.
        unknown : str or None, default="<unk>"
            The symbol for all other tokens; it gets the id 0, also where the text itself
            holds it. None: no such symbol.

        Raises
        ------
        ValueError
            If no token is frequent enough.
        """
        _check_tokens(counts)
        frequent = [t for t, n in counts.items() if n >= min_count and t != unknown]
        if not frequent:
            raise ValueError(_nothing_left(counts, min_count))
        frequent.sort(key=lambda token: -counts[token])  # stable
        kept = frequent[:max_tokens]
        return cls(tuple(kept)) if unknown is None else cls((unknown, *kept), unknown_id=0)

    @cached_property
    def index(self) -> dict[str, int]:
        """The id of each token; made when first asked for and left out of a pickle."""
        return {token: i for i, token in enumerate(self.tokens)}

    @cached_property
    def fingerprint(self) -> str:
        """A short name for these tokens in this order, the same on every machine."""
        return fingerprint_tokens(self.tokens, self.unknown_id)

    def __getstate__(self) -> dict:
        names = ("tokens", "unknown_id", "fingerprint")
        return {name: getattr(self, name) for name in names}

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self.tokens[:5])) + (", ..." if len(self) > 5 else "")
        return f"Vocabulary(n_tokens={len(self)}, tokens=({shown}))"

    def encode(self, tokens: Iterable[str], handle_unknown: str = "token") -> np.ndarray:
        """Ids of the tokens of one document.

        Parameters
        ----------
        tokens : iterable of str
            The tokens.
        handle_unknown : {"token", "ignore", "error"}, default="token"
            What becomes of a token that the vocabulary does not have: the id
            `unknown_id`, nothing, or a ValueError that names it.

        Returns
        -------
        ndarray of shape (n_steps,), int32
            The ids; shorter than the tokens where unknown ones were ignored.
        """
        self._check_policy(handle_unknown)
        if handle_unknown == "token":
            return np.fromiter(map(self.index.get, tokens, repeat(self.unknown_id)), np.int32)
        if handle_unknown == "ignore":
            known = filter(self.index.__contains__, tokens)
            return np.fromiter(map(self.index.__getitem__, known), np.int32)
        try:
            return np.fromiter(map(self.index.__getitem__, tokens), np.int32)
        except KeyError as error:
            raise ValueError(
                f"the token {error.args[0]!r} is not in the vocabulary of {len(self)} tokens: fit "
                'on data that has it, or use handle_unknown="token" or "ignore".'
            ) from None

    def encode_documents(
        self, documents: Iterable[Iterable[str]], handle_unknown: str = "token"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Ids of many documents end to end, four bytes a token.

        Parameters
        ----------
        documents : iterable of iterable of str
            The tokens of each document; read once, one document at a time.
        handle_unknown : {"token", "ignore", "error"}, default="token"
            As in `encode`; the error also names the document.

        Returns
        -------
        ids : ndarray of shape (n_steps,), int32
            The ids of all documents.
        lengths : ndarray of shape (n_documents,), int64
            How many ids each document has.
        """
        ids, lengths = array("i"), array("q")
        for i, tokens in enumerate(documents):
            try:
                row = self.encode(tokens, handle_unknown)
            except ValueError as error:
                raise ValueError(f"document {i}: {error}") from None
            ids.frombytes(row.tobytes())
            lengths.append(len(row))
        return np.frombuffer(ids, np.int32), np.frombuffer(lengths, np.int64)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The tokens of some ids.

        Raises
        ------
        ValueError
            If an id lies outside ``[0, n_tokens)``.
        """
        ids = np.asarray(ids)
        if ids.size and (ids.min() < 0 or ids.max() >= len(self)):
            raise ValueError(
                f"ids must lie in [0, n_tokens) = [0, {len(self)}), got {ids.min()}..{ids.max()}."
            )
        return [self.tokens[i] for i in ids.tolist()]

    def _check_policy(self, handle_unknown: str) -> None:
        if handle_unknown not in ("token", "ignore", "error"):
            raise ValueError(
                f'handle_unknown must be "token", "ignore" or "error", got {handle_unknown!r}.'
            )
        if handle_unknown == "token" and self.unknown_id is None:
            raise ValueError(
                'handle_unknown="token" needs a symbol for unknown tokens, which this vocabulary '
                'lacks: fit again with handle_unknown="token".'
            )


def _check_tokens(tokens: Iterable[str]) -> None:
    if isinstance(tokens, str):
        raise TypeError(f"tokens must be a sequence of strings, got the bare string {tokens!r}.")
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(f"tokens must be strings, got {token!r} ({type(token).__name__}).")


def _nothing_left(counts: Mapping[str, int], min_count: int) -> str:
    if not counts:
        return "the vocabulary would be empty: there are no tokens at all."
    most = max(counts, key=counts.__getitem__)
    return (
        f"the vocabulary would be empty: no token occurs min_count={min_count} times (the most "
        f"frequent, {most!r}, occurs {counts[most]} times). Lower min_count or give more text."
    )
