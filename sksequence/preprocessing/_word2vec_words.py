"""Which words get a vector, and what is left of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from sksequence.inputs import Vocabulary
from sksequence.inputs._vocabulary import UNKNOWN
from sksequence.preprocessing._analyzers import Analyzer, check_documents, make_analyzer
from sksequence.preprocessing._word2vec_corpus import Corpus, read_corpus
from sksequence.preprocessing._word2vec_pretrained import load_pretrained
from sksequence.utils._sklearn import validate_parameter_constraints


@dataclass(frozen=True, eq=False)
class ReadText:
    """The training texts as numbers.

    Parameters
    ----------
    documents : re-iterable
        The texts.
    analyze : callable
        Cuts a text into tokens.
    corpus : Corpus
        Ids of the vocabulary; -1 for an unknown token where that has no symbol.
    vocabulary : Vocabulary
        The tokens that get a vector.
    ready : ndarray of shape (n_tokens, vector_size) or None
        Their pretrained vectors.
    """

    documents: Iterable
    analyze: Analyzer
    corpus: Corpus
    vocabulary: Vocabulary
    ready: np.ndarray | None


def read_text(embedder: Any, X: Any) -> ReadText:
    """Check the settings and the documents, cut and number them; changes no attribute."""
    validate_parameter_constraints(
        embedder._parameter_constraints, embedder.get_params(deep=False), type(embedder).__name__
    )
    documents = check_documents(X, embedder)
    options = {name: getattr(embedder, name) for name in ("k", "stride", "lowercase", "max_tokens")}
    analyze = make_analyzer(embedder.analyzer, documents=documents, **options)
    corpus = read_corpus(read_tokens(embedder, analyze, documents))
    vocabulary, ready = choose_words(embedder, corpus.counts)
    outside = -1 if vocabulary.unknown_id is None else vocabulary.unknown_id
    numbers = map(vocabulary.index.get, corpus.counts, repeat(outside))
    corpus.renumber(np.fromiter(numbers, np.int32, count=len(corpus.counts)))
    return ReadText(documents, analyze, corpus, vocabulary, ready)


def read_tokens(embedder: Any, analyze: Analyzer, documents: Iterable) -> Iterator[list[str]]:
    """The tokens of each document; without pooling a document must have one."""
    for i, document in enumerate(documents):
        tokens = analyze(document)
        if not tokens and embedder.pooling is None:
            shown = repr(document) if len(document) <= 40 else repr(document[:37]) + "..."
            raise ValueError(
                f"document {i} ({shown}) has no token, but {type(embedder).__name__} needs one "
                "in each: drop it (and the same row of y), put a word in its place, or use "
                'pooling="mean", which gives zeros for it.'
            )
        yield tokens


def choose_words(embedder: Any, counts: dict[str, int]) -> tuple[Vocabulary, np.ndarray | None]:
    """The vocabulary, and the pretrained vectors of its tokens, if any."""
    limits = embedder.min_count, embedder.max_tokens
    unknown = UNKNOWN if embedder.handle_unknown == "token" else None
    if embedder.pretrained is None:
        return Vocabulary.from_counts(counts, *limits, unknown), None
    everything = embedder.pretrained_tokens == "all"
    wanted = None if everything else {*counts, UNKNOWN}
    tokens, vectors = load_pretrained(embedder.pretrained, wanted, embedder.vector_size)
    rows = {token: row for row, token in enumerate(tokens)}
    seen = {token: n for token, n in counts.items() if token in rows}
    if not seen:
        examples = ", ".join(map(repr, list(counts)[:3]))
        raise ValueError(
            f"none of the {len(counts)} different tokens of the documents ({examples}, ...) has a "
            "pretrained vector: do the vectors belong to this language and this analyzer, and is "
            f"upper case kept as they need it (lowercase={embedder.lowercase!r})?"
        )
    vocabulary = Vocabulary.from_counts(seen, *limits, unknown)
    if everything:
        kept = len(vocabulary) - (unknown is not None)
        others = [token for token in tokens if token not in vocabulary.index and token != unknown]
        room = None if embedder.max_tokens is None else embedder.max_tokens - kept
        vocabulary = Vocabulary((*vocabulary.tokens, *others[:room]), vocabulary.unknown_id)
    table = np.empty((len(vocabulary), embedder.vector_size), dtype=np.float32)
    first = int(vocabulary.unknown_id is not None)
    table[first:] = vectors[[rows[token] for token in vocabulary.tokens[first:]]]
    if first:
        frequency = np.array([counts.get(token, 0) for token in vocabulary.tokens[1:]])
        own = rows.get(UNKNOWN)
        table[0] = mean_of_rare(table[1:], frequency) if own is None else vectors[own]
    return vocabulary, table


def mean_of_rare(vectors: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The mean vector of the rarest tenth of the words, with ties: that of unknown words."""
    tenth = -(-len(counts) // 10)
    return vectors[counts <= np.partition(counts, tenth - 1)[tenth - 1]].mean(axis=0)


def known_ids(embedder: Any, text: ReadText) -> tuple[np.ndarray, np.ndarray]:
    """Ids and lengths of the training texts as `transform` gives them."""
    corpus = text.corpus
    if not len(corpus.ids) or corpus.ids.min() >= 0:
        return corpus.ids, corpus.lengths
    if embedder.handle_unknown == "error":
        tokens = read_tokens(embedder, text.analyze, text.documents)
        text.vocabulary.encode_documents(tokens, "error")
    known = corpus.ids >= 0
    lengths = np.zeros_like(corpus.lengths)
    used = corpus.lengths > 0
    lengths[used] = np.add.reduceat(known, corpus.offsets[:-1][used], dtype=np.int64)
    check_left(embedder, lengths)
    return corpus.ids[known], lengths


def check_left(embedder: Any, lengths: np.ndarray) -> None:
    """Without pooling something must be left of each document."""
    if embedder.pooling is None and len(lengths) and not lengths.min():
        raise ValueError(
            f"document {int(np.argmin(lengths))} has no word of the vocabulary (min_count="
            f"{embedder.min_count}, max_tokens={embedder.max_tokens}), so nothing of it is left: "
            'drop it (and the same row of y), use handle_unknown="token", or pooling="mean", which '
            "gives zeros for it."
        )


def check_pooled(embedder: Any) -> None:
    """Raise AttributeError unless the result is a table."""
    if embedder.pooling is None:
        raise AttributeError(
            "get_feature_names_out names the columns of pooled vectors, but pooling is None: set "
            'pooling="mean", or see vocabulary_.tokens for the words.'
        )
