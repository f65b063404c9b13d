"""Byte-pair encoding: frequent pieces of words, learned from texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sksequence.inputs._vocabulary import UNKNOWN
from sksequence.utils import import_optional

BLANK = "▁"


@dataclass(frozen=True)
class SubwordSplitter:
    """Cuts texts into learned pieces; a piece that follows a blank starts with ``▁``.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        What was learned.
    """

    tokenizer: Any

    @property
    def pieces(self) -> list[str]:
        """Everything that was learned, in that order: characters first."""
        ids = self.tokenizer.get_vocab()
        return sorted(ids.keys() - {UNKNOWN}, key=ids.__getitem__)

    def __call__(self, text: str) -> list[str]:
        found = self.tokenizer.encode(text)
        # a character that was never seen stands for itself
        return [
            text[start:stop] if piece == UNKNOWN else piece
            for piece, (start, stop) in zip(found.tokens, found.offsets, strict=True)
        ]

    def __getstate__(self) -> dict:
        return {"tokenizer": self.tokenizer.to_str()}  # JSON; the object itself is compiled

    def __setstate__(self, state: dict) -> None:
        package = import_optional("tokenizers", extra="text", purpose='analyzer="subword"')
        object.__setattr__(self, "tokenizer", package.Tokenizer.from_str(state["tokenizer"]))


def learn_subwords(
    texts: Iterable[str], min_count: int = 1, max_tokens: int | None = None
) -> SubwordSplitter:
    """Learn pieces by byte-pair encoding [1]_: again and again join the most frequent pair.

    Parameters
    ----------
    texts : iterable of str
        Read once.
    min_count : int, default=1
        Pairs that occur less often are not joined.
    max_tokens : int or None, default=None
        Number of pieces, single characters among them; None is 8000.

    References
    ----------
    .. [1] R. Sennrich, B. Haddow and A. Birch, "Neural machine translation of rare words
       with subword units", ACL 2016.
    """
    package = import_optional("tokenizers", extra="text", purpose='analyzer="subword"')
    size = 8000 if max_tokens is None else max_tokens
    tokenizer = package.Tokenizer(package.models.BPE(unk_token=UNKNOWN))
    cut = package.pre_tokenizers
    tokenizer.pre_tokenizer = cut.Sequence([cut.Metaspace(BLANK), cut.Punctuation()])
    trainer = package.trainers.BpeTrainer(
        vocab_size=size + 1,
        limit_alphabet=size,
        min_frequency=min_count,
        special_tokens=[UNKNOWN],
        show_progress=False,
    )
    tokenizer.train_from_iterator(_at_least_one(texts), trainer)
    return SubwordSplitter(tokenizer)


def join_subwords(pieces: Iterable[str]) -> str:
    """The text of some pieces."""
    return "".join(pieces).replace(BLANK, " ").removeprefix(" ")


def _at_least_one(texts: Iterable[str]) -> Iterator[str]:
    texts = iter(texts)
    first = next(texts, None)
    if first is None:
        raise ValueError(
            'analyzer="subword" learns its pieces from texts, but all documents are lists of '
            "tokens: join them to texts, or choose another analyzer (lists pass it as they are)."
        )
    return chain([first], texts)
