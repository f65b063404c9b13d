"""Tables of vectors with the words that their rows stand for, out of whatever has one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sksequence.inputs import Vocabulary
from sksequence.preprocessing._word_space import WordSpace, unit_rows

SIDES = ("source", "target")


@dataclass(frozen=True, eq=False)
class WordTable:
    """Words and their vectors.

    Parameters
    ----------
    vectors : ndarray of shape (n_words, vector_size)
    vocabulary : Vocabulary
        The most frequent word first, where that is known.
    spell : callable
        How a word is cut that is not in the vocabulary as it is.
    """

    vectors: np.ndarray
    vocabulary: Vocabulary
    spell: Callable[[str], list[str]]

    @property
    def space(self) -> WordSpace:
        """Where words have neighbours, by the cosine."""
        return WordSpace(self.vectors, self.vocabulary, self.spell)

    def known(self, words: Sequence[str], what: str) -> list[str]:
        """The words as the vocabulary writes them.

        Raises
        ------
        ValueError
            That names all unknown words, with words that are spelt alike.
        """
        rows = {word: self.space.find(word) for word in words}
        unknown = [word for word, row in rows.items() if row is None]
        if unknown:
            near = (difflib.get_close_matches(str(w), self.vocabulary.tokens, n=3) for w in unknown)
            told = [
                f"{word!r}{' (near: ' + ', '.join(map(repr, found)) + ')' if found else ''}"
                for word, found in zip(unknown, near, strict=True)
            ]
            raise ValueError(
                f"{what} has no vector for {', '.join(told)}: the vocabulary has "
                f"{len(self.vocabulary)} tokens, such as "
                f"{', '.join(map(repr, self.most_frequent(3)))}. Leave unknown words out, or take "
                "near ones."
            )
        return [self.vocabulary.tokens[row] for row in rows.values() if row is not None]

    def most_frequent(self, n: int) -> list[str]:
        """The first words of the vocabulary, without the symbol for unknown ones."""
        unknown = self.vocabulary.unknown_id
        return [t for i, t in enumerate(self.vocabulary.tokens[: n + 1]) if i != unknown][:n]

    def row(self, word: str) -> int:
        """The row of a word that is known."""
        return self.vocabulary.index[word]

    def of(self, words: Sequence[str], metric: str) -> np.ndarray:
        """The vectors of words; of length one for the cosine. Shape (n_words, vector_size)."""
        vectors = self.vectors[[self.row(word) for word in words]]
        return unit_rows(vectors) if metric == "cosine" else vectors

    def neighbours(self, word: str, n: int, metric: str) -> list[tuple[str, float]]:
        """The nearest words, with their cosines or their distances."""
        row = self.row(word)
        if metric == "cosine":
            return self.space.nearest(self.vectors[row], [row], n)
        distances = np.linalg.norm(self.vectors - self.vectors[row], axis=1).astype(float)
        left_out = [i for i in (row, self.vocabulary.unknown_id) if i is not None]
        distances[left_out] = np.inf
        best = np.argsort(distances, kind="stable")[: min(n, len(distances) - len(set(left_out)))]
        return [(self.vocabulary.tokens[i], float(distances[i])) for i in best]


# -- where tables come from -----------------------------------------------------------------------


def table_of_vectors(vectors: Any, names: Any, what: str) -> WordTable:
    """A table of the user's own: an array with names, a DataFrame, or a mapping by word."""
    if names is None:
        if isinstance(vectors, Mapping):
            vectors, names = np.stack([np.asarray(v) for v in vectors.values()]), list(vectors)
        elif hasattr(vectors, "key_to_index"):  # gensim
            vectors, names = vectors.vectors, vectors.index_to_key
        elif hasattr(vectors, "iloc"):
            vectors, names = vectors.to_numpy(), vectors.index
        else:
            raise ValueError(
                f"{what} needs names for the rows of the table: give names=[...], a DataFrame with "
                "the words as its index, or a dict of vectors."
            )
    vectors, names = np.asarray(vectors, dtype=float), [str(name) for name in names]
    if vectors.ndim != 2 or len(vectors) != len(names):
        raise ValueError(
            f"{what} needs vectors of shape (n_words, vector_size) with a name for each row, got "
            f"the shape {vectors.shape} and {len(names)} names."
        )
    if not np.isfinite(vectors).all():
        bad = int(np.argmax(~np.isfinite(vectors).all(axis=1)))
        raise ValueError(f"the vector of {names[bad]!r} has a missing or infinite value: fill it.")
    return WordTable(vectors, Vocabulary(tuple(names)), lambda word: [word])


def table_of_estimator(estimator: Any, side: str, what: str) -> WordTable:
    """The table that a fitted estimator, or the network behind it in a pipeline, has learned.

    Raises
    ------
    NotFittedError
        Before ``fit``.
    TypeError
        If there is no table, or no words for its rows.
    """
    if side not in SIDES:
        raise ValueError(f"side must be 'source' or 'target', got {side!r}.")
    parts = _parts(estimator, what)
    encoder = next((p for p in reversed(parts) if _vocabulary_of(p) is not None), None)
    trained = _trained(parts[-1], side)
    if encoder is None:
        encoder = _own_encoder(parts[-1], side)
    vocabulary = _vocabulary_of(encoder)
    if trained is None:
        trained = getattr(encoder, "vectors_", None)
    if vocabulary is None or trained is None or len(trained) < len(vocabulary):
        lacks = "no words that it reads" if vocabulary is None else "no vectors of its words"
        raise TypeError(
            f"{what} draws the vectors of words, but {type(parts[-1]).__name__} has {lacks}: give "
            "a fitted Word2VecEmbedder, a pipeline such as TokenEncoder -> RNNClassifier, or any "
            f"table to {what}.from_vectors."
        )
    # behind the words may be rows for the start and the end of a sequence
    return WordTable(np.asarray(trained)[: len(vocabulary)], vocabulary, _spelling(encoder))


def _parts(estimator: Any, what: str) -> list[Any]:
    """The fitted steps, the last one with what it has learned."""
    parts: list[Any] = []
    while True:
        if isinstance(estimator, Pipeline):
            parts += [s for _, s in estimator.steps[:-1] if s not in (None, "passthrough")]
            estimator = estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            break
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(
            f"{what}.from_estimator needs a fitted estimator such as Word2VecEmbedder, got "
            f"{estimator!r}; a table of vectors goes to {what}.from_vectors."
        )
    check_is_fitted(estimator)
    return [*parts, estimator]


def _vocabulary_of(part: Any) -> Vocabulary | None:
    found = getattr(part, "vocabulary_", None)
    return found if isinstance(found, Vocabulary) else None


def _own_encoder(estimator: Any, side: str) -> Any:
    """What numbers the words of an estimator that reads or writes text itself."""
    for name in (f"{side}_side_", "side_", "target_side_"):
        if (found := getattr(getattr(estimator, name, None), "encoder", None)) is not None:
            return found
    return None


def _trained(estimator: Any, side: str) -> np.ndarray | None:
    """The table of a network; None where it has none."""
    network = getattr(estimator, "network_", None)
    if network is None:
        return None
    from sksequence.layers import StepEncoder

    written = getattr(getattr(network, "decoder", None), "embedding", None)
    read = [
        table
        for module in network.modules()
        if isinstance(module, StepEncoder)
        for table in module.tables.values()
    ]
    if side == "target" or not read:
        read = [] if written is None else [written]
    return read[0].weight.detach().cpu().double().numpy() if read else None


def _spelling(encoder: Any) -> Callable[[str], list[str]]:
    """How a word is cut; a callable analyzer may want more than a word."""
    cut = getattr(encoder, "_analyze", None)
    if cut is None or callable(getattr(encoder, "analyzer", None)):
        return lambda word: [word]
    return cut
