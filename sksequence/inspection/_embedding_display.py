"""Pictures of words as points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from sksequence.inspection._embedding_layout import (
    METHODS,
    choose_words,
    in_two_dimensions,
)
from sksequence.inspection._gradient_flow_display import COLORS
from sksequence.inspection._label_places import place_labels
from sksequence.inspection._letters import drawable, shown
from sksequence.inspection._time_axes import INK, pyplot_for
from sksequence.inspection._word_tables import WordTable, table_of_estimator, table_of_vectors

MARKERS = "osD^vPX"
METRICS = ("cosine", "euclidean")
FEW = 3  # words that two dimensions need


class EmbeddingDisplay:
    """Words as points in the plane: near ones are alike.

    Chosen words stand among their nearest neighbours, each group in a colour and a mark of its
    own; of an analogy "a is to b as c is to d" the two differences are arrows, which are parallel
    where the vectors say so (Mikolov et al., 2013). It is best made with :meth:`from_estimator` or
    :meth:`from_vectors`.

    Parameters
    ----------
    points : ndarray of shape (n_words, 2)
        Where each word stands.
    words : sequence of str
        The words.
    groups : mapping of str to list of str, default=None
        Words that belong together. A group that is named after one of its words is the
        neighbourhood of that word. A word stands in the first group that has it.
    analogies : sequence of (str, str, str, str), default=()
        Four of the words each.
    axis_names : (str, str), default=("", "")
        What the coordinates are.
    neighbours : mapping of str to list of (str, float), default=None
        For each chosen word its nearest ones with their cosines (or distances).
    origin : bool, default=True
        Whether lines go through the origin: of principal components it is the mean; of t-SNE it
        means nothing, so ``method="tsne"`` draws none.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    points_ : list of matplotlib PathCollection
        The points of each group, last of the words without one.
    labels_ : dict of str to matplotlib Annotation
        The names that found a place.

    See Also
    --------
    sksequence.Word2VecEmbedder.most_similar : The neighbours of a word.
    sksequence.Word2VecEmbedder.analogy : What the arrows ask.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import EmbeddingDisplay
    >>> table = {"man": [0, 0, 1], "woman": [1, 0, 1], "king": [0, 1, 1], "queen": [1, 1, 1]}
    >>> display = EmbeddingDisplay.from_vectors(
    ...     table, analogies=[("man", "king", "woman", "queen")], metric="euclidean"
    ... )
    >>> sorted(display.labels_)
    ['king', 'man', 'queen', 'woman']
    """

    def __init__(
        self,
        points: np.ndarray,
        words: Sequence[str],
        *,
        groups: Mapping[str, Sequence[str]] | None = None,
        analogies: Sequence[tuple[str, str, str, str]] = (),
        axis_names: tuple[str, str] = ("", ""),
        neighbours: Mapping[str, Sequence[tuple[str, float]]] | None = None,
        origin: bool = True,
    ):
        self.points = points
        self.words = words
        self.groups = groups
        self.analogies = analogies
        self.axis_names = axis_names
        self.neighbours = neighbours
        self.origin = origin

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        words: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        *,
        n_neighbours: int = 5,
        analogies: Sequence[Sequence[str]] = (),
        n_words: int = 50,
        method: str = "pca",
        metric: str = "cosine",
        side: str = "source",
        random_state: Any = 0,
        ax: Any = None,
    ) -> Self:
        """Draw words as a fitted estimator knows them.

        Parameters
        ----------
        estimator : fitted estimator, Pipeline, or search over either
            A ``Word2VecEmbedder``; or an estimator that learns vectors of words, with the
            transformer that numbers them before it, or with words of its own
            (``RNNLanguageModel``, ``Seq2SeqTransformer``). Where a network trains the vectors on,
            its own are drawn.
        words : list of str, or mapping of str to list of str, default=None
            The words to look at, each with its nearest neighbours; or groups of words by a name,
            as they are. None: those of `analogies`, or if there are none the most frequent
            `n_words`.
        n_neighbours : int, default=5
            How many neighbours of each word.
        analogies : list of (a, b, c, d) or (a, b, c), default=()
            a is to b as c is to d. With three words d is the answer, the word with the highest
            cosine to b - a + c.
        n_words : int, default=50
            How many of the most frequent words, where none are chosen.
        method : {"pca", "tsne"}, default="pca"
            Principal components, or scikit-learn's t-SNE, which keeps neighbours together and
            tears apart what is far (arrows of analogies mean nothing there).
        metric : {"cosine", "euclidean"}, default="cosine"
            What near means: by the angle between vectors (they are divided by their length, also
            for the picture), or by their distance.
        side : {"source", "target"}, default="source"
            Which words of a ``Seq2SeqTransformer``.
        random_state : int, RandomState instance or None, default=0
            Of t-SNE.
        ax : matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        EmbeddingDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        TypeError
            If the estimator has no vectors of words.
        ValueError
            If a word is unknown (all that are unknown are named, with near spellings), or there
            are fewer than three words.
        """
        pyplot_for(f"{cls.__name__}.from_estimator")
        table = table_of_estimator(estimator, side, cls.__name__)
        chosen = words, n_neighbours, analogies, n_words
        return cls._of_table(table, chosen, method, metric, random_state).plot(ax)

    @classmethod
    def from_vectors(
        cls,
        vectors: Any,
        names: Sequence[str] | None = None,
        words: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        *,
        n_neighbours: int = 5,
        analogies: Sequence[Sequence[str]] = (),
        n_words: int = 50,
        method: str = "pca",
        metric: str = "cosine",
        random_state: Any = 0,
        ax: Any = None,
    ) -> Self:
        """Draw the rows of any table: vectors of words, of countries, of patients.

        Parameters
        ----------
        vectors : array-like of shape (n_names, vector_size), DataFrame, mapping of str to array, \
or gensim KeyedVectors
            The table.
        names : sequence of str, default=None
            A name for each row. None: the index of a DataFrame, the keys of a mapping.
        words, n_neighbours, analogies, n_words, method, metric, random_state, ax
            As in :meth:`from_estimator`.

        Returns
        -------
        EmbeddingDisplay
            Drawn.
        """
        pyplot_for(f"{cls.__name__}.from_vectors")
        table = table_of_vectors(vectors, names, cls.__name__)
        chosen = words, n_neighbours, analogies, n_words
        return cls._of_table(table, chosen, method, metric, random_state).plot(ax)

    @classmethod
    def _of_table(
        cls, table: WordTable, chosen: tuple, method: str, metric: str, random_state: Any
    ) -> Self:
        for name, given, known in (("method", method, METHODS), ("metric", metric, METRICS)):
            if given not in known:
                raise ValueError(f"{name} must be {known[0]!r} or {known[1]!r}, got {given!r}.")
        words, n_neighbours, analogies, n_words = chosen
        found = choose_words(
            table, words, n_neighbours, analogies, n_words, metric=metric, what=cls.__name__
        )
        if len(found.words) < FEW:
            raise ValueError(
                f"{cls.__name__} needs at least {FEW} different words for a plane, got "
                f"{len(found.words)}: give more words, or n_neighbours=5."
            )
        vectors = table.of(found.words, metric)
        points, axis_names = in_two_dimensions(vectors, method, random_state)
        return cls(
            points,
            found.words,
            groups=found.groups,
            analogies=found.analogies,
            axis_names=axis_names,
            neighbours=found.neighbours,
            origin=method == "pca",
        )

    def plot(self, ax: Any = None) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None: a new figure. Names are placed for its size as it is now.

        Returns
        -------
        EmbeddingDisplay
            Itself, drawn.
        """
        pyplot = pyplot_for(f"{type(self).__name__}.plot")
        points = np.asarray(self.points, dtype=float)
        self._check(points)
        if ax is None:
            _, ax = pyplot.subplots(figsize=(7.2, 5.6), layout="constrained")
        at = dict(zip(self.words, points, strict=True))
        groups = self._groups()
        self.points_ = [
            _draw_group(ax, np.array([at[word] for word in members]), i, i == len(groups) - 1)
            for i, (_, members) in enumerate(groups)
            if members
        ]
        _frame(ax, self.axis_names, self.origin)
        shafts = [line for k, four in enumerate(self.analogies) for line in _arrows(ax, at, four)]
        self._write(ax, at, groups, shafts)
        self.figure_, self.ax_ = ax.figure, ax
        return self

    def _check(self, points):
        if points.shape != (len(self.words), 2):
            raise ValueError(
                f"EmbeddingDisplay needs points of shape (n_words, 2) = ({len(self.words)}, 2), "
                f"got {points.shape}."
            )
        named = [word for members in (self.groups or {}).values() for word in members]
        named += [word for four in self.analogies for word in four]
        if foreign := sorted(set(named) - set(self.words)):
            raise ValueError(
                "EmbeddingDisplay has groups or analogies with words that have no point: "
                f"{', '.join(map(repr, foreign[:5]))}. Give a point for each."
            )

    def _groups(self) -> list[tuple[str, list[str]]]:
        """Each group with the words that no group before it has; last the words without one."""
        left = dict.fromkeys(self.words)
        heads = set(self.groups or {})
        groups = []
        for name, members in (self.groups or {}).items():
            own = [w for w in dict.fromkeys(members) if w in left and (w == name or w not in heads)]
            groups.append((name, own))
            for word in own:
                del left[word]
        return [*groups, ("", list(left))]

    def _write(self, ax, at, groups, shafts):
        """The names, chosen words first."""
        texts, families = drawable([shown(word) for word in self.words])
        of_analogies = {word for four in self.analogies for word in four}
        order = []
        for i, (name, members) in enumerate(groups):
            for word in members:
                grouped = i < len(groups) - 1
                rank = 0 if word == name or word in of_analogies else 1 if grouped else 2
                color = _ink(i) if grouped else INK
                style: dict[str, Any] = {"fontsize": 9, "color": color, "fontfamily": families}
                if rank == 0:
                    style |= {"fontsize": 10, "fontweight": "bold"}
                order.append((rank, word, style))
        order.sort(key=lambda entry: entry[0])  # stable
        words = [word for _, word, _ in order]
        self.labels_: dict[str, Any] = {}
        notes = place_labels(
            ax,
            np.array([at[word] for word in words]),
            [texts[shown(word)] for word in words],
            [style for *_, style in order],
            [rank < 2 for rank, *_ in order],
            shafts,
        )
        for word, note in zip(words, notes, strict=True):
            if note is not None:
                self.labels_[word] = note


def _ink(i: int) -> str:
    """The colour of a group, dark enough for letters."""
    from matplotlib.colors import to_hex, to_rgb

    return to_hex(0.72 * np.array(to_rgb(COLORS[i % len(COLORS)])))


def _draw_group(ax, points, i, is_rest):
    if is_rest:
        settings = {"color": "0.55", "s": 16, "marker": "o"}
    else:
        marker = MARKERS[(i + i // len(COLORS)) % len(MARKERS)]
        settings = {"color": COLORS[i % len(COLORS)], "s": 34, "marker": marker}
    return ax.scatter(points[:, 0], points[:, 1], linewidths=0, zorder=2.5, **settings)


def _frame(ax, axis_names, origin):
    """Room for names, the same unit on both axes; lines through the origin if it means anything."""
    ax.margins(x=0.13, y=0.09)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel(axis_names[0], fontsize=9)
    ax.set_ylabel(axis_names[1], fontsize=9)
    ax.tick_params(color="0.6", labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color="0.6", linewidth=0.8)
    for line in (ax.axhline, ax.axvline) if origin else ():
        line(0, color="0.92", linewidth=0.8, zorder=0.5)


def _arrows(ax, at, four):
    """Both differences of an analogy as arrows, and what closes the parallelogram; their points."""
    a, b, c, d = (at[word] for word in four)
    for start, end in ((a, b), (c, d)):
        arrow = {"arrowstyle": "-|>", "color": INK, "lw": 1.3, "shrinkA": 4, "shrinkB": 4}
        ax.annotate("", end, xytext=start, arrowprops={**arrow, "mutation_scale": 12}, zorder=2)
    for start, end in ((a, c), (b, d)):
        line = {"color": "0.65", "lw": 0.9, "ls": (0, (3, 3)), "zorder": 1.2}
        ax.plot([start[0], end[0]], [start[1], end[1]], **line)
    share = np.linspace(0.0, 1.0, 40)[:, None]
    return [start + share * (end - start) for start, end in ((a, b), (c, d), (a, c), (b, d))]
