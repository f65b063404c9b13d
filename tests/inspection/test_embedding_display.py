from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.manifold import TSNE
from sklearn.pipeline import make_pipeline

from sksequence import (
    EmbeddingDisplay,
    RNNClassifier,
    RNNLanguageModel,
    Seq2SeqTransformer,
    SequenceScaler,
    TokenEncoder,
    Word2VecEmbedder,
)
from sksequence.datasets import load_reviews
from sksequence.inspection._label_places import place_labels

matplotlib.use("Agg")
GENDER, RANK = np.array([1.0, 0, 0, 0]), np.array([0, 1.0, 0, 0])
ROYAL = {
    "man": np.array([0, 0, 3, 0.0]),
    "woman": GENDER + np.array([0, 0, 3, 0]),
    "king": RANK + np.array([0, 0, 3, 0]),
    "queen": RANK + GENDER + np.array([0, 0, 3, 0]),
    "apple": np.array([0, 0, 0, 3.0]),
    "pear": np.array([0, 0.1, 0, 3.0]),
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def reviews():
    return load_reviews()


@pytest.fixture(scope="module")
def embedder(reviews):
    return Word2VecEmbedder(vector_size=16, epochs=2, random_state=0).fit(reviews.data)


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def rows(embedder, words):
    return embedder.vectors_[[embedder.vocabulary_.index[word] for word in words]].astype(float)


def overlapping(display):
    display.figure_.canvas.draw()
    boxes = [label.get_window_extent() for label in display.labels_.values()]
    return [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]


def test_points_are_the_principal_components(embedder):
    display = EmbeddingDisplay.from_estimator(embedder, ["good", "bad"], n_neighbours=4)
    vectors = unit(rows(embedder, display.words))
    np.testing.assert_allclose(display.points, PCA(2).fit_transform(vectors), atol=1e-6)
    centred = vectors - vectors.mean(axis=0)
    values = np.linalg.svd(centred, compute_uv=False)
    np.testing.assert_allclose(np.linalg.norm(display.points, axis=0), values[:2], rtol=1e-6)
    share = 100 * values[0] ** 2 / (values**2).sum()
    assert display.ax_.get_xlabel() == f"first principal component ({share:.0f} % of the variance)"


def test_neighbours_are_those_of_most_similar(embedder):
    display = EmbeddingDisplay.from_estimator(embedder, ["good", "food"], n_neighbours=6)
    for word in ("good", "food"):
        assert display.neighbours[word] == embedder.most_similar(word, topn=6)
        assert display.groups[word] == [word, *(w for w, _ in embedder.most_similar(word, topn=6))]
    drawn = np.concatenate([group.get_offsets() for group in display.points_])
    assert len(drawn) == len(display.words) == len(set(display.words))


def test_most_frequent_words_where_none_are_chosen(embedder):
    display = EmbeddingDisplay.from_estimator(embedder, n_words=30)
    assert display.words == list(embedder.vocabulary_.tokens[1:31])  # none for unknown words
    assert set(display.labels_) <= set(display.words)
    assert not overlapping(display)


def test_names_lie_neither_on_each_other_nor_outside(embedder):
    display = EmbeddingDisplay.from_estimator(
        embedder, ["good", "bad", "food", "film", "music"], n_neighbours=8
    )
    assert set(display.labels_) == set(display.words)  # all that were asked for
    assert not overlapping(display)
    frame = display.ax_.get_window_extent()
    for label in display.labels_.values():
        box = label.get_window_extent()
        assert frame.x0 - 1 <= box.x0
        assert box.x1 <= frame.x1 + 1
        assert frame.y0 - 1 <= box.y0
        assert box.y1 <= frame.y1 + 1


def test_names_of_points_in_one_place_still_find_room():
    _, ax = plt.subplots()
    points = np.zeros((12, 2))
    ax.scatter(*points.T)
    notes = place_labels(ax, points, ["a word"] * 12, [{}] * 12, [True] * 12)
    boxes = [note.get_window_extent() for note in notes]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    left_out = place_labels(ax, points, ["x" * 400] * 2, [{}] * 2, [False] * 2)
    assert left_out == [None, None]  # wider than the axes


def test_an_exact_analogy_is_a_parallelogram():
    display = EmbeddingDisplay.from_vectors(
        ROYAL, analogies=[("man", "king", "woman", "queen")], metric="euclidean"
    )
    at = dict(zip(display.words, display.points, strict=True))
    np.testing.assert_allclose(at["king"] - at["man"], at["queen"] - at["woman"], atol=1e-9)
    assert np.linalg.norm(at["king"] - at["man"]) == pytest.approx(1.0)
    arrows = [note.arrow_patch for note in display.ax_.texts if note.arrow_patch is not None]
    ends = [
        arrow for arrow in arrows if arrow.get_arrowstyle().__class__.__name__ == "CurveFilledB"
    ]
    assert len(ends) == 2
    assert display.ax_.get_aspect() == 1.0  # or lengths could not be compared


def test_the_fourth_word_of_an_analogy_is_the_answer(embedder):
    display = EmbeddingDisplay.from_vectors(ROYAL, analogies=[("man", "king", "woman")])
    assert display.analogies == [("man", "king", "woman", "queen")]
    display = EmbeddingDisplay.from_estimator(embedder, analogies=[("good", "great", "bad")])
    assert display.analogies[0][3] == embedder.analogy("good", "great", "bad", topn=1)[0][0]


def test_groups_by_name_stay_as_they_are():
    groups = {"people": ["man", "woman"], "fruit": ["apple", "pear"]}
    display = EmbeddingDisplay.from_vectors(ROYAL, words=groups)
    assert display.groups == groups
    assert display.neighbours == {}
    assert [len(points.get_offsets()) for points in display.points_] == [2, 2]
    colors = {tuple(points.get_facecolor()[0]) for points in display.points_}
    shapes = {points.get_paths()[0].vertices.shape for points in display.points_}
    assert len(colors) == 2
    assert len(shapes) == 2  # also told apart without colours


def test_tables_of_any_kind_are_the_same():
    table, names = np.stack(list(ROYAL.values())), list(ROYAL)
    given = [
        EmbeddingDisplay.from_vectors(table, names),
        EmbeddingDisplay.from_vectors(ROYAL),
        EmbeddingDisplay.from_vectors(pd.DataFrame(table, index=names)),
    ]
    for display in given:
        assert display.words == names
        np.testing.assert_array_equal(display.points, given[0].points)


def test_distances_make_other_neighbours_than_angles():
    table = {
        "a": [1.0, 0],
        "far, same angle": [9.0, 0.5],
        "near, other angle": [1, 1.0],
        "b": [-5, 1],
    }
    by_angle = EmbeddingDisplay.from_vectors(table, words=["a"], n_neighbours=2)
    by_distance = EmbeddingDisplay.from_vectors(
        table, words=["a"], n_neighbours=2, metric="euclidean"
    )
    assert by_angle.neighbours["a"][0][0] == "far, same angle"
    assert by_distance.neighbours["a"][0] == ("near, other angle", 1.0)


def test_tsne_is_that_of_scikit_learn(embedder):
    display = EmbeddingDisplay.from_estimator(embedder, n_words=20, method="tsne", random_state=1)
    at = [embedder.vocabulary_.index[word] for word in display.words]
    vectors = unit(embedder.vectors_[at]).astype(float)  # as they are: t-SNE magnifies digits
    wanted = TSNE(perplexity=19 / 3, random_state=1).fit_transform(vectors)
    np.testing.assert_allclose(display.points, wanted, rtol=1e-4, atol=1e-3)
    assert display.ax_.get_xlabel() == "t-SNE 1 (no unit)"


@pytest.mark.parametrize("n_words", [3, 4, 6])
def test_few_words_of_tsne_fill_the_picture(n_words):
    """No lines through an origin that means nothing and may be far off."""
    vectors = np.random.default_rng(0).normal(size=(n_words, 8))
    names = [f"word{i}" for i in range(n_words)]
    display = EmbeddingDisplay.from_vectors(vectors, names, method="tsne")
    assert not display.ax_.lines
    display.figure_.canvas.draw()
    seen = display.ax_.transAxes.inverted().transform(
        display.ax_.transData.transform(display.points)
    )
    np.testing.assert_allclose((seen.min(axis=0) + seen.max(axis=0)) / 2, 0.5, atol=0.02)
    assert np.ptp(seen, axis=0).max() > 0.7
    assert len(EmbeddingDisplay.from_vectors(vectors, names).ax_.lines) == 2


def test_what_a_network_trained_on_is_drawn(reviews):
    texts, y = reviews.data[:100], reviews.target[:100]
    settings = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}
    encoded = make_pipeline(TokenEncoder(), RNNClassifier(embedding_size=8, **settings))
    embedded = make_pipeline(
        Word2VecEmbedder(vector_size=8, epochs=1, random_state=0), RNNClassifier(**settings)
    )
    for pipeline in (encoded.fit(texts, y), embedded.fit(texts, y)):
        display = EmbeddingDisplay.from_estimator(pipeline, n_words=10, metric="euclidean")
        (table,) = pipeline[-1].network_.encoder.tables.values()
        wanted = table.weight.detach().numpy().astype(float)[1:11]
        assert display.words == list(pipeline[0].vocabulary_.tokens[1:11])
        np.testing.assert_allclose(display.points, PCA(2).fit_transform(wanted), atol=1e-5)
    frozen = make_pipeline(
        Word2VecEmbedder(vector_size=8, epochs=1, random_state=0),
        RNNClassifier(embedding_trainable=False, **settings),
    ).fit(texts, y)
    display = EmbeddingDisplay.from_estimator(frozen, n_words=10)
    own = EmbeddingDisplay.from_estimator(frozen[0], n_words=10)
    np.testing.assert_array_equal(display.points, own.points)


def test_estimators_with_words_of_their_own():
    texts = ["a b c d e", "e d c b a"] * 6
    settings = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
    model = RNNLanguageModel(analyzer="word", **settings).fit(texts)
    display = EmbeddingDisplay.from_estimator(model, metric="euclidean")
    assert set(display.words) == set("abcde")
    pair = Seq2SeqTransformer(**settings).fit(texts, [text.upper() for text in texts])
    source = EmbeddingDisplay.from_estimator(pair)
    target = EmbeddingDisplay.from_estimator(pair, side="target")
    assert set(source.words) == set("abcde")
    assert {word.upper() for word in target.words} == set("ABCDE")
    assert not np.allclose(source.points, target.points)


def test_all_unknown_words_are_named_with_near_ones(embedder):
    with pytest.raises(ValueError, match=r"'goood' \(near: 'good'.*'xqzzx':") as caught:
        EmbeddingDisplay.from_estimator(embedder, ["good", "goood", "xqzzx"])
    assert "'good'," not in str(caught.value).split(":")[0]
    assert "Leave unknown words out" in str(caught.value)


def test_what_cannot_be_drawn_says_why(embedder):
    with pytest.raises(NotFittedError):
        EmbeddingDisplay.from_estimator(Word2VecEmbedder())
    X = np.random.default_rng(0).normal(size=(10, 4))
    numbers = make_pipeline(SequenceScaler(), RNNClassifier(max_epochs=1)).fit(X, [0, 1] * 5)
    with pytest.raises(TypeError, match="RNNClassifier has no words"):
        EmbeddingDisplay.from_estimator(numbers)
    with pytest.raises(TypeError, match="from_vectors"):
        EmbeddingDisplay.from_estimator(ROYAL)
    with pytest.raises(ValueError, match="method must be 'pca' or 'tsne', got 'umap'"):
        EmbeddingDisplay.from_estimator(embedder, method="umap")
    with pytest.raises(ValueError, match="at least 3 different words"):
        EmbeddingDisplay.from_estimator(embedder, ["good"], n_neighbours=1)
    with pytest.raises(ValueError, match="a is to b as c is to d"):
        EmbeddingDisplay.from_estimator(embedder, analogies=[("good", "bad")])
    with pytest.raises(ValueError, match="needs names"):
        EmbeddingDisplay.from_vectors(np.ones((3, 2)))
    with pytest.raises(ValueError, match="2 names"):
        EmbeddingDisplay.from_vectors(np.ones((3, 2)), ["a", "b"])
    with pytest.raises(ValueError, match="'b' has a missing"):
        EmbeddingDisplay.from_vectors([[1, 2], [np.nan, 1], [0, 1]], ["a", "b", "c"])
    with pytest.raises(ValueError, match="no point: 'z'"):
        EmbeddingDisplay(np.eye(2), ["a", "b"], groups={"z": ["z"]}).plot()
    with pytest.raises(ValueError, match=r"shape \(n_words, 2\)"):
        EmbeddingDisplay(np.eye(3), ["a", "b", "c"]).plot()
    with pytest.raises(ValueError, match="side must be"):
        EmbeddingDisplay.from_estimator(embedder, side="left")


def test_given_axes_are_used():
    _, ax = plt.subplots()
    display = EmbeddingDisplay.from_vectors(ROYAL, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
