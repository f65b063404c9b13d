"""Word2VecEmbedder: what comes out, the policies, scikit-learn around it."""

import doctest
import pickle
import tracemalloc
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator_cloneable

from sksequence import SequenceArray, TokenEncoder, Word2VecEmbedder
from sksequence.preprocessing import _pooling, _word2vec, _word2vec_words
from sksequence.preprocessing._word2vec_corpus import read_corpus

Tiny = partial(Word2VecEmbedder, vector_size=6, epochs=2, random_state=0)

TEXTS = [
    "The soup was cold and the bread was cold.",
    "A kind waiter brought cold water!",
    "The waiter forgot the soup; nobody came.",
    "Bread, soup, bread",
    "Water and bread. A kind waiter; cold soup!",
]


class Corpus:
    """Documents that are read anew each time, as from a file."""

    def __init__(self, documents):
        self.documents = documents
        self.n_reads = 0

    def __iter__(self):
        self.n_reads += 1
        return iter(self.documents)


def topic_texts(n_documents, seed=0):
    """Texts about food (label 0) or weather (label 1) with common words between."""
    rng = np.random.default_rng(seed)
    food = ["soup", "bread", "salt", "waiter", "spoon"]
    weather = ["rain", "cloud", "wind", "storm", "hail"]
    common = ["the", "and", "was", "it", "some"]
    labels = np.arange(n_documents) % 2
    texts = [" ".join(rng.choice((food, weather)[label] + common, size=12)) for label in labels]
    return texts, labels


# Sequences


def test_sequences_hold_the_ids_of_the_vocabulary_and_one_shared_table():
    embedder = Tiny()
    X = embedder.fit_transform(TEXTS)
    numbered = TokenEncoder(min_count=2).fit(TEXTS)
    assert isinstance(X, SequenceArray)
    assert X.only.kind == "vectors"
    assert embedder.vocabulary_ == numbered.vocabulary_
    assert np.array_equal(X.values, numbered.transform(TEXTS).values)
    assert X.vectors is embedder.vectors_
    assert embedder.transform(TEXTS[:2]).vectors is embedder.vectors_
    assert X[[3, 1]].vectors is embedder.vectors_
    assert embedder.vectors_.shape == (embedder.n_tokens_, 6)
    assert embedder.vectors_.dtype == np.float32
    assert embedder.vectors_.flags.c_contiguous


@pytest.mark.parametrize("pooling", [None, "mean", "max", "idf"])
@pytest.mark.parametrize("handle_unknown", ["token", "ignore"])
def test_fit_transform_is_fit_then_transform_and_reads_the_texts_once(pooling, handle_unknown):
    settings = {"pooling": pooling, "handle_unknown": handle_unknown}
    documents = Corpus(TEXTS)
    once = Tiny(**settings).fit_transform(documents)
    n_reads = documents.n_reads
    Tiny(**settings).fit(documents)
    assert documents.n_reads == 2 * n_reads  # one for a look at the first document
    twice = Tiny(**settings).fit(TEXTS).transform(TEXTS)
    if pooling is None:
        assert np.array_equal(once.values, twice.values)
        assert np.array_equal(once.offsets, twice.offsets)
        assert np.array_equal(once.vectors, twice.vectors)
    else:
        assert np.array_equal(once, twice)


@pytest.mark.parametrize(
    "container",
    [
        tuple,
        Corpus,
        pd.Series,
        partial(np.array, dtype=object),
        lambda texts: pd.DataFrame({"text": texts}),
        lambda texts: list(map(TokenEncoder().fit(texts)._analyze, texts)),
    ],
)
def test_every_container_gives_the_same(container):
    expected = Tiny(pooling="mean").fit_transform(TEXTS)
    assert np.array_equal(Tiny(pooling="mean").fit_transform(container(TEXTS)), expected)


@pytest.mark.parametrize(
    ("settings", "tokens"),
    [
        ({"analyzer": "char"}, list("ACGTTGCA")),
        ({"analyzer": "kmer", "k": 2, "stride": 2}, ["AC", "GT", "TG", "CA"]),
        ({"analyzer": str.split}, ["ACGTTGCA"]),
        ({"lowercase": False}, ["ACGTTGCA"]),
        ({}, ["acgttgca"]),
    ],
)
def test_analyzer_cuts_the_texts(settings, tokens):
    embedder = Tiny(min_count=1, **settings).fit(["ACGTTGCA ACGTTGCA", "ACGTTGCA"])
    X = embedder.transform(["ACGTTGCA"])
    assert embedder.vocabulary_.decode(X[0]) == tokens


def test_max_tokens_keeps_the_most_frequent():
    embedder = Tiny(max_tokens=2).fit(TEXTS)
    assert embedder.vocabulary_.tokens == ("<unk>", "the", "soup")


# Unknown words and empty documents


def test_unknown_words_share_a_symbol_with_the_mean_vector_of_the_rarest_tenth():
    # 20 words, word i occurs 3 + i times: two of them are a tenth
    words = [f"w{i:02d}" for i in range(20) for _ in range(3 + i)]
    embedder = Tiny(min_count=3).fit([np.random.default_rng(0).permutation(words), ["rare"]])
    index = embedder.vocabulary_.index
    assert "rare" not in index
    rarest = embedder.vectors_[[index["w00"], index["w01"]]]
    np.testing.assert_allclose(embedder.vectors_[0], rarest.mean(axis=0), rtol=1e-6)
    assert embedder.transform([["w03", "rare", "never"]])[0].tolist() == [index["w03"], 0, 0]


def test_ties_belong_to_the_rarest_tenth():
    vectors = np.arange(40.0).reshape(20, 2)
    counts = np.array([9] * 5 + [2] * 15)
    mean = _word2vec_words.mean_of_rare(vectors, counts)
    np.testing.assert_allclose(mean, vectors[5:].mean(axis=0))


def test_ignored_words_are_dropped():
    embedder = Tiny(handle_unknown="ignore")
    X = embedder.fit_transform(TEXTS)
    tokens = TokenEncoder().fit(TEXTS)._analyze(TEXTS[0])
    kept = [token for token in tokens if token in embedder.vocabulary_.index]
    assert embedder.vocabulary_.unknown_id is None
    assert embedder.vocabulary_.decode(X[0]) == kept
    assert embedder.vocabulary_.decode(embedder.transform(["cold moon soup"])[0]) == [
        "cold",
        "soup",
    ]


def test_an_unknown_word_is_an_error_on_request():
    embedder = Tiny(handle_unknown="error", min_count=1).fit(TEXTS)
    assert len(embedder.transform(TEXTS)) == len(TEXTS)
    with pytest.raises(ValueError, match="document 1: the token 'moon' is not in the vocabulary"):
        embedder.transform(["cold soup", "cold moon"])


def test_a_rare_training_word_is_an_error_before_training(monkeypatch):
    monkeypatch.setattr(_word2vec, "train_vectors", None)
    with pytest.raises(ValueError, match="document 1: the token 'a' is not in the vocabulary"):
        Tiny(handle_unknown="error", max_tokens=8).fit_transform(TEXTS)


@pytest.mark.parametrize("pooling", ["mean", "max", "idf"])
def test_a_document_without_known_words_is_a_row_of_zeros_when_pooled(pooling):
    embedder = Tiny(pooling=pooling, handle_unknown="ignore").fit([*TEXTS, ""])
    pooled = embedder.transform(["", "soup", "moon", "cold soup", ""])
    assert not pooled[[0, 2, 4]].any()
    assert np.array_equal(pooled[[1, 3]], embedder.transform(["soup", "cold soup"]))
    assert not embedder.transform(["moon"]).any()


def test_a_document_without_tokens_is_no_sequence():
    for call in (Tiny().fit, Tiny().fit_transform, Tiny().fit(TEXTS).transform):
        with pytest.raises(ValueError, match=r"document 2 \('  '\) has no token.*drop it"):
            call([*TEXTS[:2], "  "])


def test_a_document_of_which_nothing_is_left_is_no_sequence():
    texts = [*TEXTS, "moon river"]
    with pytest.raises(ValueError, match=r"document 5 has no word of the vocabulary \(min_count=2"):
        Tiny(handle_unknown="ignore").fit_transform(texts)
    with pytest.raises(ValueError, match=r'document 5 .*use handle_unknown="token"'):
        Tiny(handle_unknown="ignore").fit(TEXTS).transform(texts)
    assert Tiny().fit_transform(texts)[5].tolist() == [0, 0]


# Pooling


def explicit(embedder, text, pooling):
    """Pooling of one text, word for word."""
    ids = embedder.set_params(pooling=None).transform([text])[0]
    rows = embedder.vectors_[ids].astype(float)
    if pooling == "max":
        return rows.max(axis=0)
    weights = np.ones(len(ids)) if pooling == "mean" else embedder.idf_[ids]
    return np.average(rows, axis=0, weights=weights)


@pytest.mark.parametrize("block", [1, 7, 1 << 16])
@pytest.mark.parametrize("pooling", ["mean", "max", "idf"])
def test_pooled_vectors_equal_those_of_each_text(pooling, block, monkeypatch):
    monkeypatch.setattr(_pooling, "_TOKENS", block)
    embedder = Tiny(pooling=pooling).fit(TEXTS)
    pooled = embedder.transform(TEXTS)
    assert pooled.shape == (5, 6)
    assert pooled.dtype == np.float32
    for row, text in zip(pooled, TEXTS, strict=True):
        np.testing.assert_allclose(row, explicit(embedder, text, pooling), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("block", [3, 1 << 16])
def test_idf_pooling_has_the_weights_of_tfidf(block, monkeypatch):
    monkeypatch.setattr(_pooling, "_TOKENS", block)
    embedder = Tiny(pooling="idf", min_count=1, handle_unknown="ignore").fit(TEXTS)
    tfidf = TfidfVectorizer(
        analyzer=embedder._analyze, vocabulary=embedder.vocabulary_.index, norm="l1"
    ).fit(TEXTS)
    texts = [*TEXTS, "soup soup soup, a moon"]
    np.testing.assert_allclose(embedder.idf_, tfidf.idf_, rtol=1e-6)
    expected = tfidf.transform(texts) @ embedder.vectors_
    np.testing.assert_allclose(embedder.transform(texts), expected, rtol=1e-5, atol=1e-7)


def test_pooling_may_be_changed_without_another_fit():
    embedder = Tiny().fit(TEXTS)
    for pooling in ("mean", "max", "idf"):
        expected = Tiny(pooling=pooling).fit_transform(TEXTS)
        assert np.array_equal(embedder.set_params(pooling=pooling).transform(TEXTS), expected)


def test_a_document_does_not_depend_on_its_neighbours():
    embedder = Tiny(pooling="idf").fit(TEXTS)
    assert np.array_equal(embedder.transform(TEXTS)[3:4], embedder.transform(TEXTS[3:4]))


# Bad input


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("one bare string", TypeError, "one bare string"),
        ([[1, 2], [3]], TypeError, "numbers"),
        (np.zeros((3, 4)), TypeError, "numbers"),
        ([], ValueError, "0 documents"),
        ((text for text in TEXTS), TypeError, "read only once"),
        (["cold", None], ValueError, "no text as document 1"),
        (["one two", "three"], ValueError, "no token occurs min_count=2 times .*Lower min_count"),
        (["cold", "soup"] * 3, ValueError, "no document has two words of the vocabulary"),
    ],
)
def test_bad_documents(X, error, message):
    with pytest.raises(error, match=message):
        Tiny().fit(X)


@pytest.mark.parametrize(
    "settings",
    [
        {"architecture": "glove"},
        {"vector_size": 0},
        {"window": 0},
        {"epochs": 0},
        {"epochs": "many"},
        {"sample": 1.5},
        {"learning_rate": 0},
        {"pooling": "sum"},
        {"handle_unknown": "drop"},
        {"negative": 0},
        {"pretrained_tokens": "some"},
        {"analyzer": "sentence"},
        {"n_jobs": "all"},
    ],
)
def test_bad_settings(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=f"The '{name}' parameter of Word2VecEmbedder must be"):
        Word2VecEmbedder(**settings).fit(TEXTS)


def test_a_fit_that_fails_leaves_the_last_one_as_it_was():
    embedder = Tiny(pooling="mean").fit(TEXTS)
    before = embedder.transform(TEXTS)
    with pytest.raises(ValueError, match="no document has two words"):
        embedder.fit(["cold", "soup"] * 3)
    assert np.array_equal(embedder.transform(TEXTS), before)


def test_unfitted_use():
    for use in (Tiny().transform, Tiny().most_similar, Tiny().score):
        with pytest.raises(NotFittedError):
            use(["soup"])


# scikit-learn


def test_cloneable_and_tagged():
    check_estimator_cloneable("Word2VecEmbedder", Word2VecEmbedder())
    tags = Word2VecEmbedder().__sklearn_tags__()
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert clone(Tiny(pooling="idf")).get_params() == Tiny(pooling="idf").get_params()
    assert not hasattr(Tiny().fit(TEXTS), "n_features_in_")


def test_search_over_its_settings_in_a_cached_pipeline(tmp_path):
    texts, labels = topic_texts(40)
    pipeline = make_pipeline(
        Word2VecEmbedder(pooling="mean", epochs=5, sample=0, random_state=0),
        StandardScaler(),
        LogisticRegression(),
        memory=joblib.Memory(tmp_path, verbose=0),
    )
    grid = {"word2vecembedder__vector_size": [4, 8], "word2vecembedder__pooling": ["mean", "idf"]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(texts, labels)
    assert search.best_score_ == 1
    assert search.best_estimator_[0].vectors_.shape[1] in (4, 8)
    assert cross_val_score(pipeline, pd.Series(texts), labels, cv=2).mean() == 1


def test_pooled_output_in_a_data_frame():
    frame = pd.DataFrame({"text": TEXTS}, index=list("abcde"))
    embedder = Tiny(pooling="mean").set_output(transform="pandas")
    pooled = embedder.fit_transform(frame)
    names = [f"word2vecembedder{i}" for i in range(6)]
    assert pooled.columns.tolist() == names
    assert pooled.index.tolist() == list("abcde")
    assert np.array_equal(pooled, Tiny(pooling="mean").fit_transform(TEXTS))
    assert embedder.get_feature_names_out().tolist() == names
    both = make_union(Tiny(pooling="mean"), TfidfVectorizer()).fit(TEXTS)
    assert both.get_feature_names_out()[0] == "word2vecembedder__word2vecembedder0"


def test_sequences_are_no_table():
    pipeline = make_pipeline(Tiny()).set_output(transform="pandas")
    assert isinstance(pipeline.fit_transform(TEXTS), SequenceArray)
    assert not hasattr(Tiny().fit(TEXTS), "get_feature_names_out")
    with pytest.raises(AttributeError, match=r"pooling is None: set pooling=.mean., or see voca"):
        Tiny().fit(TEXTS).get_feature_names_out()


def test_a_pickle_holds_vectors_and_words_and_little_more():
    words = [f"word{i:05d}" for i in range(2000)]
    embedder = Word2VecEmbedder(vector_size=50, epochs=1, random_state=0)
    X = embedder.fit_transform([words, words])
    data = pickle.dumps(embedder)
    size = embedder.vectors_.nbytes + sum(map(len, words))
    assert size < len(data) < 1.1 * size
    copied = pickle.loads(data)
    assert np.array_equal(copied.transform([words, words]).values, X.values)
    assert np.array_equal(copied.vectors_, embedder.vectors_)
    assert copied.most_similar("word00007") == embedder.most_similar("word00007")


def test_a_fitted_embedder_is_not_changed_by_use():
    embedder = Tiny(pooling="mean").fit(TEXTS)
    before = pickle.dumps(embedder)
    embedder.transform(TEXTS)
    embedder.most_similar("soup")
    embedder.score([("soup", "cold", "bread", "water")])
    assert pickle.dumps(embedder) == before


# Memory


def test_fitting_takes_a_few_bytes_a_token():
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(500)], dtype=object)
    texts = [" ".join(rng.choice(words, size=200)) for _ in range(500)]
    Tiny().fit(TEXTS)  # imports
    n_tokens = 100_000
    for pooling in (None, "mean", "max"):
        embedder = Tiny(epochs=1, architecture="cbow", pooling=pooling)
        tracemalloc.start()
        embedder.fit_transform(texts)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # 4 bytes a token and what does not grow; token lists of strings would take 60
        assert peak < 8 * n_tokens + 5_000_000


def test_a_large_corpus_lies_on_disk_while_it_trains(monkeypatch):
    expected = Tiny().fit_transform(TEXTS)
    small = read_corpus(map(str.split, TEXTS), in_memory=6)
    whole = read_corpus(map(str.split, TEXTS))
    assert isinstance(small.ids, np.memmap)
    assert np.array_equal(small.ids, whole.ids)
    assert np.array_equal(small.lengths, whole.lengths)
    assert small.counts == whole.counts
    monkeypatch.setattr(_word2vec_words, "read_corpus", partial(read_corpus, in_memory=6))
    for settings in ({}, {"handle_unknown": "ignore"}):
        X = Tiny(**settings).fit_transform(Corpus(TEXTS))
        assert not isinstance(X.values, np.memmap)
    assert np.array_equal(Tiny().fit_transform(Corpus(TEXTS)).vectors, expected.vectors)


# The user guide


def test_examples_of_the_guide_print_what_it_says():
    page = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "word2vec.rst"
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    done = doctest.testfile(str(page), module_relative=False, optionflags=flags)
    assert done.attempted > 20
    assert done.failed == 0
