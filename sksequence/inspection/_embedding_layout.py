"""Which words are drawn, and where in the plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from sksequence.inspection._word_tables import WordTable

METHODS = ("pca", "tsne")
PERPLEXITY = 30.0  # scikit-learn's, where there are words enough
ORDINALS = ("first", "second")


@dataclass(frozen=True)
class Chosen:
    """Words to draw.

    Parameters
    ----------
    words : list of str
        All, each once.
    groups : dict of str to list of str
    analogies : list of 4-tuples of str
    neighbours : dict of str to list of (str, float)
        Of the chosen words.
    """

    words: list[str]
    groups: dict[str, list[str]]
    analogies: list[tuple[str, str, str, str]]
    neighbours: dict[str, list[tuple[str, float]]]


def choose_words(
    table: WordTable,
    words: Any,
    n_neighbours: int,
    analogies: Any,
    n_words: int,
    *,
    metric: str,
    what: str,
) -> Chosen:
    """The words that were asked for with their neighbours, or the most frequent ones.

    Raises
    ------
    ValueError
        If words are unknown, or an analogy has not three or four words.
    """
    if isinstance(words, str):
        words = [words]
    asked = [tuple(item) if not isinstance(item, str) else (item,) for item in analogies]
    for item in asked:
        if len(item) not in (3, 4) or not all(isinstance(word, str) for word in item):
            raise ValueError(
                "analogies must be (a, b, c, d) or (a, b, c): a is to b as c is to d; got "
                f"{item if len(item) > 1 else item[0]!r}."
            )
    groups = words if isinstance(words, Mapping) else {}
    listed = [] if words is None or groups else list(words)
    listed += [word for members in groups.values() for word in members]
    everything = [*listed, *(word for item in asked for word in item)]
    written = dict(zip(dict.fromkeys(everything), _known(table, everything, what), strict=True))
    fours = [_answered(table, [written[word] for word in item]) for item in asked]
    neighbours = {}
    if groups:
        found = {str(name): [written[word] for word in row] for name, row in groups.items()}
    else:
        for word in listed:
            neighbours[written[word]] = table.neighbours(written[word], n_neighbours, metric)
        found = {word: [word, *(w for w, _ in near)] for word, near in neighbours.items()}
    drawn = [word for row in found.values() for word in row] + [w for four in fours for w in four]
    drawn = drawn or table.most_frequent(n_words)
    return Chosen(list(dict.fromkeys(drawn)), found, fours, neighbours)


def _known(table: WordTable, words: list[str], what: str) -> list[str]:
    return table.known(list(dict.fromkeys(words)), what)


def _answered(table: WordTable, words: list[str]) -> tuple[str, str, str, str]:
    """The four words of an analogy; of three, with the answer."""
    if len(words) == 3:
        rows = [table.row(word) for word in words]
        a, b, c = table.space.units[rows]
        words = [*words, table.space.nearest(b - a + c, rows, 1)[0][0]]
    a_word, b_word, c_word, d_word = words
    return a_word, b_word, c_word, d_word


def in_two_dimensions(
    vectors: np.ndarray, method: str, random_state: Any
) -> tuple[np.ndarray, tuple[str, str]]:
    """Points of shape (n_words, 2), and what their coordinates are."""
    vectors = np.asarray(vectors, dtype=float)
    if method == "tsne":
        from sklearn.manifold import TSNE

        perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
        tsne = TSNE(perplexity=perplexity, random_state=random_state)
        return tsne.fit_transform(vectors).astype(float), ("t-SNE 1 (no unit)", "t-SNE 2 (no unit)")
    if vectors.shape[1] == 1:
        vectors = np.hstack([vectors, np.zeros_like(vectors)])
    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(vectors)
    with np.errstate(invalid="ignore"):
        shares = np.nan_to_num(pca.explained_variance_ratio_)
    first, second = (
        f"{ordinal} principal component ({100 * share:.0f} % of the variance)"
        for ordinal, share in zip(ORDINALS, shares, strict=True)
    )
    return points, (first, second)
