"""TokenEncoder: the vocabulary, the symbols, the policies, scikit-learn around it."""

import pickle
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator_cloneable

from sksequence import SequenceArray, TokenEncoder

TEXTS = [
    "The soup was cold and the bread was old.",
    "A kind waiter brought cold water!",
    "The waiter forgot the soup; nobody came.",
    "Fresh bread, fresh soup, a fresh idea",
]


class Corpus:
    """Documents that are read anew each time, as from a file."""

    def __init__(self, documents):
        self.documents = documents
        self.n_reads = 0

    def __iter__(self):
        self.n_reads += 1
        return iter(self.documents)


def bag(X):
    """How often each symbol occurs in each sequence."""
    rows = np.repeat(np.arange(len(X)), X.lengths)
    flat = np.bincount(rows * X.n_tokens + X.values, minlength=len(X) * X.n_tokens)
    return flat.reshape(len(X), X.n_tokens)


# The vocabulary


@pytest.mark.parametrize(
    ("settings", "vectorizer"),
    [
        ({"analyzer": CountVectorizer().build_analyzer()}, {}),
        ({"analyzer": CountVectorizer(lowercase=False).build_analyzer()}, {"lowercase": False}),
        ({"analyzer": "char", "lowercase": True}, {"analyzer": "char"}),
        (
            {"analyzer": "kmer", "k": 4, "lowercase": True},
            {"analyzer": "char", "ngram_range": (4, 4)},
        ),
    ],
)
def test_symbols_are_the_counts_of_countvectorizer(settings, vectorizer):
    encoder = TokenEncoder(**settings, handle_unknown="error")
    counts = CountVectorizer(**vectorizer)
    ours = pd.DataFrame(bag(encoder.fit_transform(TEXTS)), columns=encoder.get_feature_names_out())
    theirs = counts.fit_transform(TEXTS).toarray()
    assert set(ours) == set(counts.get_feature_names_out())
    assert (ours[counts.get_feature_names_out()].to_numpy() == theirs).all()


def test_ids_fall_with_frequency():
    encoder = TokenEncoder()
    frequency = bag(encoder.fit_transform(TEXTS)).sum(axis=0)
    assert encoder.get_feature_names_out()[:3].tolist() == ["<unk>", "the", "soup"]
    assert encoder.n_tokens_ == len(encoder.vocabulary_) == len(frequency)
    assert frequency[:3].tolist() == [0, 4, 3]
    assert (np.diff(frequency[1:]) <= 0).all()


def test_min_count_and_max_tokens():
    assert TokenEncoder(min_count=3).fit(TEXTS).vocabulary_.tokens == (
        *("<unk>", "the", "soup", "fresh"),
    )
    assert TokenEncoder(max_tokens=1).fit(TEXTS).vocabulary_.tokens == ("<unk>", "the")
    X = TokenEncoder(max_tokens=1).fit_transform(TEXTS)
    assert X.n_tokens == 2
    assert X[0].tolist() == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0]


@pytest.mark.parametrize("analyzer", ["word", "char", "kmer", str.split])
@pytest.mark.parametrize("policy", ["token", "ignore", "error"])
def test_fit_transform_is_fit_then_transform(analyzer, policy):
    encoder = TokenEncoder(analyzer, handle_unknown=policy)
    once = encoder.fit_transform(TEXTS)
    twice = clone(encoder).fit(TEXTS).transform(TEXTS)
    assert once.values.tolist() == twice.values.tolist()
    assert once.values.dtype == twice.values.dtype == np.int32
    assert once.offsets.tolist() == twice.offsets.tolist()
    assert once.n_tokens == twice.n_tokens == len(encoder.get_feature_names_out())


def test_fit_transform_with_rare_tokens_ignored():
    encoder = TokenEncoder(min_count=2, handle_unknown="ignore")
    once = encoder.fit_transform(TEXTS)
    assert once.values.tolist() == encoder.transform(TEXTS).values.tolist()
    assert encoder.inverse_transform(once)[1] == ["a", "waiter", "cold"]


def test_many_tokens_are_numbered_in_blocks():
    rng = np.random.default_rng(0)
    documents = [list(map(str, rng.integers(3000, size=1000))) for _ in range(1100)]
    encoder = TokenEncoder()
    X = encoder.fit_transform(documents)  # more than one block of 2 ** 20
    assert encoder.inverse_transform(X[-2:]) == documents[-2:]
    assert bag(X).sum(axis=0).tolist()[1:] == [
        n for _, n in Counter(t for d in documents for t in d).most_common()
    ]


# What goes in

COLLECTIONS = {
    "tuple": tuple(TEXTS),
    "array": np.array(TEXTS),
    "object array": np.array(TEXTS, dtype=object),
    "series": pd.Series(TEXTS),
    "frame": pd.DataFrame({"text": TEXTS}),
    "corpus": Corpus(TEXTS),
    "token lists": [TokenEncoder().fit(TEXTS)._analyze(text) for text in TEXTS],
}


@pytest.mark.parametrize("X", COLLECTIONS.values(), ids=COLLECTIONS)
def test_collection_does_not_matter(X):
    expected = TokenEncoder().fit_transform(TEXTS)
    encoder = TokenEncoder().fit(X)
    for symbols in (encoder.transform(X), clone(encoder).fit_transform(X)):
        assert symbols.values.tolist() == expected.values.tolist()
        assert symbols.offsets.tolist() == expected.offsets.tolist()
    assert not hasattr(encoder, "n_features_in_")


def test_corpus_is_cut_once_by_fit_transform():
    corpus = Corpus(TEXTS)
    TokenEncoder().fit_transform(corpus)
    assert corpus.n_reads == 2, "a look whether it is empty, and the pass itself"


def test_neighbours_do_not_matter():
    encoder = TokenEncoder().fit(TEXTS)
    together = encoder.transform(TEXTS).to_list()
    for text, row in zip(TEXTS, together, strict=True):
        assert encoder.transform([text])[0].tolist() == row.tolist()


# Unknown tokens


def test_unknown_tokens_share_an_id():
    encoder = TokenEncoder().fit(["a b", "b c"])
    assert encoder.transform(["b x y", "z"]).to_list()[0].tolist() == [1, 0, 0]
    assert encoder.transform(["z"]).values.tolist() == [0]


def test_unknown_tokens_are_ignored():
    encoder = TokenEncoder(handle_unknown="ignore").fit(["a b", "b c"])
    assert encoder.vocabulary_.tokens == ("b", "a", "c")
    assert encoder.transform(["b x a y"]).values.tolist() == [0, 1]
    with pytest.raises(
        ValueError, match=r"document 1 has no token of the vocabulary \(min_count=1"
    ):
        encoder.transform(["a", "x y"])


def test_unknown_tokens_are_errors():
    encoder = TokenEncoder(handle_unknown="error").fit(["a b", "b c"])
    with pytest.raises(ValueError, match=r"document 1: the token 'x' is not in the vocabulary"):
        encoder.transform(["a b", "b x"])
    with pytest.raises(ValueError, match=r"document 0: the token 'a' is not in the vocabulary"):
        TokenEncoder(min_count=2, handle_unknown="error").fit_transform(["a b", "b c"])


def test_policy_is_read_at_transform():
    encoder = TokenEncoder().fit(["a b"])
    assert encoder.set_params(handle_unknown="ignore").transform(["a x"]).values.tolist() == [1]
    encoder = TokenEncoder(handle_unknown="ignore").fit(["a b"])
    with pytest.raises(ValueError, match='lacks: fit again with handle_unknown="token"'):
        encoder.set_params(handle_unknown="token").transform(["a x"])


# Back again


@pytest.mark.parametrize("policy", ["token", "ignore", "error"])
def test_characters_come_back_as_text(policy):
    encoder = TokenEncoder("char", handle_unknown=policy).fit(TEXTS)
    assert encoder.inverse_transform(encoder.transform(TEXTS)) == TEXTS


def test_unknown_characters_come_back_as_the_replacement_character():
    encoder = TokenEncoder("char").fit(["abc"])
    text = encoder.inverse_transform(encoder.transform(["abxc"]))
    assert text == ["ab\ufffdc"]
    assert encoder.transform(text).values.tolist() == encoder.transform(["abxc"]).values.tolist()


@pytest.mark.parametrize("analyzer", ["word", "kmer", str.split])
def test_tokens_come_back_as_lists_that_encode_to_the_same_ids(analyzer):
    encoder = TokenEncoder(analyzer, min_count=2).fit(TEXTS)
    X = encoder.transform(TEXTS)
    lists = encoder.inverse_transform(X)
    assert all(isinstance(tokens, list) for tokens in lists)
    documents = lists if isinstance(analyzer, str) else [" ".join(tokens) for tokens in lists]
    assert encoder.transform(documents).values.tolist() == X.values.tolist()


def test_inverse_transform_takes_lists_of_ids():
    encoder = TokenEncoder().fit(["a b"])
    assert encoder.inverse_transform([[1, 0], [2]]) == [["a", "<unk>"], ["b"]]
    assert encoder.inverse_transform([np.array([2, 1])]) == [["b", "a"]]


def test_inverse_transform_refuses_foreign_ids():
    encoder = TokenEncoder().fit(["a b"])
    with pytest.raises(ValueError, match=r"X holds 9 different symbols, but the vocab.* has 3"):
        encoder.inverse_transform(SequenceArray.from_list([[1]], n_tokens=9))
    with pytest.raises(ValueError, match="X holds numbers, but the vocabulary"):
        encoder.inverse_transform(SequenceArray.from_list([[1.0]]))
    with pytest.raises(ValueError, match=r"must lie in \[0, n_tokens\) = \[0, 3\), got 3"):
        encoder.inverse_transform([[1, 3]])


# Bad input


@pytest.mark.parametrize("method", ["fit", "fit_transform", "transform"])
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("a text", TypeError, "TokenEncoder got one bare string"),
        ([], ValueError, "TokenEncoder got 0 documents"),
        ([[1.0, 2.0]], TypeError, r"got 1.0 \(float\) as a token of document 0"),
        (np.zeros((4, 2)), TypeError, "numbers need no encoder"),
        (["a", None], ValueError, "got no text as document 1"),
        (["a", ""], ValueError, r"document 1 \(''\) has no token.*drop it"),
        (["a", " \n"], ValueError, r"document 1 \(' \\n'\) has no token"),
        (["a", []], ValueError, r"document 1 \(\[\]\) has no token"),
        (["a", " " * 99], ValueError, r"document 1 \(' {37}'\.\.\.\) has no token"),
    ],
)
def test_bad_documents(method, X, error, message):
    encoder = TokenEncoder().fit(["a b"])
    with pytest.raises(error, match=message):
        getattr(encoder, method)(X)


def test_document_shorter_than_a_kmer():
    with pytest.raises(ValueError, match=r"document 1 \('AC'\) has no run of k=3 char.*smaller k"):
        TokenEncoder("kmer", k=3).fit(["ACGT", "AC"])


def test_nothing_frequent_enough():
    with pytest.raises(ValueError, match=r"no token occurs min_count=3 times \(the most frequent"):
        TokenEncoder(min_count=3).fit(["a b b"])


@pytest.mark.parametrize(
    "settings",
    [
        {"analyzer": "letters"},
        {"k": 0},
        {"stride": 0},
        {"lowercase": "yes"},
        {"min_count": 0.5},
        {"max_tokens": 0},
        {"handle_unknown": "drop"},
    ],
)
def test_parameters_that_are_refused(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=f"The '{name}' parameter of TokenEncoder must be"):
        TokenEncoder(**settings).fit(TEXTS)


def test_unfitted():
    for call in ("transform", "inverse_transform"):
        with pytest.raises(ValueError, match="TokenEncoder instance is not fitted yet"):
            getattr(TokenEncoder(), call)(TEXTS)
    with pytest.raises(ValueError, match="not fitted yet"):
        TokenEncoder().get_feature_names_out()


# scikit-learn around it


def test_cross_validation_gives_the_scores_of_countvectorizer():
    rng = np.random.default_rng(0)
    y = np.repeat(["good", "bad"], 30)
    words = {"good": ["kind", "warm", "soup", "tea"], "bad": ["cold", "rude", "soup", "tea"]}
    texts = np.array([" ".join(rng.choice(words[label], 4)) for label in y])
    ours = make_pipeline(
        TokenEncoder(handle_unknown="ignore"), FunctionTransformer(bag), LogisticRegression()
    )
    theirs = make_pipeline(CountVectorizer(), LogisticRegression())
    scores = cross_val_score(ours, texts, y, cv=3)
    assert scores == pytest.approx(cross_val_score(theirs, texts, y, cv=3))
    assert scores.mean() > 0.8


def test_grid_search_over_its_parameters():
    y = [0, 1, 0, 1] * 3
    pipeline = make_pipeline(TokenEncoder(), FunctionTransformer(bag), LogisticRegression())
    grid = {"tokenencoder__min_count": [1, 2, 5], "tokenencoder__analyzer": ["word", "char"]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(pd.Series(TEXTS * 3), y)
    assert len(search.cv_results_["params"]) == 6
    assert search.best_score_ == 1.0
    assert search.predict(TEXTS).tolist() == [0, 1, 0, 1]


def test_clone_and_parameters():
    settings = {"analyzer": "kmer", "k": 5, "stride": 2, "min_count": 3}
    encoder = TokenEncoder(**settings)
    assert encoder.get_params().items() >= settings.items()
    assert clone(encoder).get_params() == encoder.get_params()
    check_estimator_cloneable("TokenEncoder", encoder)


@pytest.mark.parametrize("analyzer", ["word", "char", "kmer", str.split])
def test_pickle_keeps_the_answer(analyzer):
    encoder = TokenEncoder(analyzer).fit(TEXTS)
    before = encoder.transform(TEXTS).values.tolist()
    again = pickle.loads(pickle.dumps(encoder))
    assert again.transform(TEXTS).values.tolist() == before


def test_pickle_is_the_vocabulary():
    documents = [[f"word{i}" for i in range(j, j + 50)] for j in range(2000)]
    encoder = TokenEncoder().fit(documents)
    encoder.transform(documents)
    assert len(pickle.dumps(encoder)) < 1.1 * len(pickle.dumps(encoder.vocabulary_.tokens))


@pytest.mark.parametrize("container", ["default", "pandas", "polars"])
def test_set_output_leaves_symbols_as_they_are(container):
    pipeline = make_pipeline(TokenEncoder(), FunctionTransformer())
    if container != "polars":  # FunctionTransformer would ask for polars itself
        assert isinstance(
            pipeline.set_output(transform=container)[:1].fit_transform(TEXTS), SequenceArray
        )
    encoder = TokenEncoder().set_output(transform=container)
    assert isinstance(clone(encoder).fit_transform(TEXTS), SequenceArray)


def test_tags_say_text():
    tags = TokenEncoder().__sklearn_tags__()
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert tags.requires_fit
