"""Scorers in scikit-learn's tools."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.metrics import check_scoring
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sksequence.metrics import (
    bleu_score,
    cider_score,
    entity_f1_score,
    exact_match_score,
    get_scorer,
    token_accuracy_score,
)

METRICS = {"bleu": bleu_score, "cider": cider_score, "exact_match": exact_match_score}


class Dropper(TransformerMixin, BaseEstimator):
    """Repeats a text without its last `n_words` words."""

    def __init__(self, n_words=0):
        self.n_words = n_words

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return [" ".join(text.split()[: -self.n_words or None]) for text in X]


class Oracle(BaseEstimator):
    """Has `predict` alone."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return [text.upper() for text in X]


@pytest.fixture
def texts() -> list[str]:
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(30)])
    return [" ".join(rng.choice(words, size=n)) for n in rng.integers(7, 12, size=20)]


@pytest.mark.parametrize("name", METRICS)
def test_scorer_is_its_metric_of_what_the_estimator_writes(name, texts):
    if name == "bleu":
        pytest.importorskip("sacrebleu")
    dropper = Dropper(n_words=2)
    expected = METRICS[name](texts, dropper.transform(texts))
    assert get_scorer(name)(dropper, texts, texts) == pytest.approx(expected)
    assert get_scorer(name)(Dropper(), texts, texts) > expected


def test_bleu_in_cross_validation(texts):
    pytest.importorskip("sacrebleu")
    scores = cross_val_score(Dropper(), texts, texts, scoring=get_scorer("bleu"), cv=4)
    np.testing.assert_allclose(scores, 100)
    search = GridSearchCV(Dropper(), {"n_words": [2, 0, 1]}, scoring=get_scorer("bleu"), cv=2)
    search.fit(texts, texts)
    assert search.best_params_ == {"n_words": 0}
    assert search.best_score_ == pytest.approx(100)
    assert clone(search).scoring == get_scorer("bleu")
    assert get_scorer("bleu")(search, texts, texts) == pytest.approx(100)


def test_several_scorers_and_several_references(texts):
    known = [[text, f"{text} and"] for text in texts]
    pipeline = make_pipeline(FunctionTransformer(), Dropper())
    scoring = {"exact": get_scorer("exact_match"), "cider": get_scorer("cider")}
    found = cross_validate(pipeline, texts, known, scoring=scoring, cv=2)
    np.testing.assert_array_equal(found["test_exact"], 1)
    assert (found["test_cider"] > 5).all()


def test_predict_where_there_is_no_transform():
    assert get_scorer("exact_match")(Oracle(), ["a", "b"], ["A", "b"]) == 0.5
    with pytest.raises(TypeError, match="BaseEstimator has neither transform nor predict"):
        get_scorer("exact_match")(BaseEstimator(), ["a"], ["a"])


@pytest.mark.parametrize("name", METRICS)
def test_scorer_survives_clone_copy_and_pickle_and_shows_itself(name):
    scorer = get_scorer(name)
    for copied in (clone(scorer), deepcopy(scorer), pickle.loads(pickle.dumps(scorer))):
        assert copied == scorer
        assert hash(copied) == hash(scorer)
    assert repr(scorer) == f"get_scorer('{name}')"
    assert eval(repr(scorer)) == scorer
    assert check_scoring(Dropper(), scoring=scorer) is scorer


def test_options_reach_the_metric_and_are_shown():
    scorer = get_scorer("cider", sigma=2.0, lowercase=False)
    assert repr(scorer) == "get_scorer('cider', lowercase=False, sigma=2.0)"
    assert scorer == get_scorer("cider", lowercase=False, sigma=2.0)
    assert scorer != get_scorer("cider")
    known, written = ["A dog runs", "cats sleep here"], ["a dog runs", "cats sleep"]
    expected = cider_score(known, written, lowercase=False, sigma=2.0)
    assert scorer(FunctionTransformer(), written, known) == expected
    with pytest.raises(TypeError, match="'cider' has no option 'sigm': its options are lowercase"):
        get_scorer("cider", sigm=1)
    with pytest.raises(TypeError, match="'exact_match' has no option 'sigma': it has none"):
        get_scorer("exact_match", sigma=1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("blue", "no scorer 'blue' .* Did you mean 'bleu'[?] There are 'bleu', 'cider'"),
        ("meteor", "no scorer 'meteor' for sequences. There are 'bleu'"),
        ("accuracy", "'accuracy' is a scorer of scikit-learn's own: .* scoring='accuracy'"),
        (None, "no scorer None"),
        ([], r"no scorer \[\]"),
    ],
)
def test_unknown_name_lists_the_nearest(name, message):
    with pytest.raises(ValueError, match=message):
        get_scorer(name)


def test_without_references_there_is_no_score():
    with pytest.raises(ValueError, match=r"get_scorer\('cider'\) compares with references"):
        get_scorer("cider")(Dropper(), ["a"], None)


# -- a label for each step ----------------------------------------------------------------------


class Dictionary(BaseEstimator):
    """The label that a word had most recently; no ClassifierMixin, for y is ragged."""

    def __init__(self, unknown="O"):
        self.unknown = unknown

    def fit(self, X, y):
        words = zip(X, y, strict=True)
        self.labels_ = {w: t for row, tags in words for w, t in zip(row, tags, strict=True)}
        return self

    def predict(self, X):
        found = np.empty(len(X), dtype=object)
        found[:] = [np.array([self.labels_.get(w, self.unknown) for w in row]) for row in X]
        return found


@pytest.fixture
def tagged():
    names = {"ann": "B-PER", "rome": "B-LOC", "goes": "O", "to": "O"}
    X = [["ann", "goes", "to", "rome"], ["ann", "goes"], ["to", "rome"], ["goes", "to"]] * 3
    return X, [[names[word] for word in row] for row in X]


@pytest.mark.parametrize(
    "name", ["token_accuracy", "token_f1", "entity_precision", "entity_recall", "entity_f1"]
)
@pytest.mark.filterwarnings("error")
def test_labels_of_steps_in_searches(name, tagged):
    X, y = tagged
    scorer = get_scorer(name)
    scores = cross_val_score(Dictionary(), X, y, scoring=scorer, cv=3)
    np.testing.assert_array_equal(scores, 1)
    search = GridSearchCV(Dictionary(), {"unknown": ["B-X", "O"]}, scoring=scorer, cv=12)
    assert search.fit(X, y).n_splits_ == 12
    assert scorer(search, X, y) == 1
    ragged = np.empty(len(y), dtype=object)
    ragged[:] = [np.array(row) for row in y]
    folds = cross_val_score(Dictionary(), X, ragged, scoring=scorer, cv=3, error_score="raise")
    np.testing.assert_array_equal(folds, 1)


def test_options_and_weights_of_labels_of_steps(tagged):
    X, y = tagged
    wrong = Dictionary("B-PER").fit(X[1:2], y[1:2])
    scorer = get_scorer("entity_f1", average="macro", types=["PER", "LOC"])
    assert scorer == get_scorer("entity_f1", types=("PER", "LOC"), average="macro")
    expected = entity_f1_score(y, wrong.predict(X), average="macro", types=["PER", "LOC"])
    assert scorer(wrong, X, y) == expected
    weights = np.arange(len(X))
    expected = token_accuracy_score(y, wrong.predict(X), sample_weight=weights)
    assert get_scorer("token_accuracy")(wrong, X, y, sample_weight=weights) == expected
    with pytest.raises(TypeError, match=r"get_scorer\('bleu'\) takes no sample_weight"):
        get_scorer("bleu")(wrong, X, y, sample_weight=weights)


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ("mase", "neg_mean_absolute_scaled_error"),
        ("MASE", "neg_mean_absolute_scaled_error"),
        ("neg_mase", "neg_mean_absolute_scaled_error"),
        ("mean_absolute_scaled_error", "neg_mean_absolute_scaled_error"),
        ("smape", "neg_symmetric_mean_absolute_percentage_error"),
        ("crps", "neg_continuous_ranked_probability_score"),
        ("csi", "critical_success_index"),
        ("entity_f1_score", "entity_f1"),
        ("bleu_score", "bleu"),
    ],
)
def test_other_names_of_a_metric(other, name):
    assert get_scorer(other) == get_scorer(name)
    assert repr(get_scorer(other)) == f"get_scorer({name!r})"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("entity f1", "Did you mean 'entity_f1' or"),
        ("f1_entities", "Did you mean .*'entity_f1'"),
        ("maes", "Did you mean 'mase'"),
        ("scaled", "Did you mean 'neg_mean_absolute_scaled_error'"),
        ("f1", "scoring='f1'. For a label in each step there is 'token_f1' or 'entity_f1'"),
    ],
)
def test_near_names(name, message):
    with pytest.raises(ValueError, match=message):
        get_scorer(name)


class Labels(BaseEstimator):
    """Says "B-A" of each step."""

    def __init__(self, ignore_label=None):
        self.ignore_label = ignore_label

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def predict(self, X):
        return [["B-A"] * len(row) for row in X]

    def score(self, X, y=None):
        return 0.0


PARTLY = [["B-A", "?"], ["?", "O", "B-A"]]  # two of three labels are right
WRAPPED = [
    lambda model: model,
    lambda model: make_pipeline(FunctionTransformer(), model),
    lambda model: GridSearchCV(model, {"ignore_label": ["?"]}, cv=2).fit(PARTLY, PARTLY),
    lambda model: GridSearchCV(make_pipeline(FunctionTransformer(), model), {}, cv=2),
]


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_steps_without_a_label_by_the_estimators_own_parameter(wrapped):
    model = wrapped(Labels("?").fit(PARTLY))
    if isinstance(model, GridSearchCV):
        model = model.fit(PARTLY, PARTLY)
    assert get_scorer("token_accuracy")(model, PARTLY, PARTLY) == pytest.approx(2 / 3)
    assert get_scorer("entity_precision")(model, PARTLY, PARTLY) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match=r"y_true\[0\]\[1\] is '\?'.*ignore_label"):
        get_scorer("entity_f1", ignore_label=None)(model, PARTLY, PARTLY)
    assert get_scorer("token_accuracy", ignore_label="O")(model, PARTLY, PARTLY) == 0.5


def test_without_an_ignored_label_the_message_names_it():
    with pytest.raises(ValueError, match=r"is '\?'.* name it with ignore_label"):
        get_scorer("entity_f1")(Labels().fit(PARTLY), PARTLY, PARTLY)
    assert token_accuracy_score([[0.0, np.nan]], [[0.0, 1.0]], ignore_label=np.nan) == 1.0


def test_labels_in_tables():
    pd = pytest.importorskip("pandas")
    lists = pd.Series(PARTLY)
    index = pd.MultiIndex.from_tuples([(1, 0), (0, 0), (0, 1), (1, 1), (0, 2)])
    steps = pd.Series(["B-A", "?", "O", "?", "B-A"], index=index)
    for y in (lists, lists.to_frame("tags"), steps, steps.to_frame("tags")):
        model = Labels("?").fit(PARTLY)
        assert get_scorer("token_accuracy")(model, PARTLY, y) == pytest.approx(2 / 3)
