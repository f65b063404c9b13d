"""scikit-learn's own estimators, around ours and by themselves."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold, chi2
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    ElasticNetCV,
    HuberRegressor,
    LinearRegression,
    LogisticRegression,
    RidgeCV,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    LabelEncoder,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC

from sksequence import RNNClassifier, RNNRegressor, TokenEncoder
from sksequence.persistence import load, save
from tests.persistence.fitted import LABELS, QUICK, TABLE, TEXTS, same

RNG = np.random.default_rng(1)
X = RNG.normal(size=(60, 4))
Y = (X[:, 0] + 0.3 * RNG.normal(size=60) > 0).astype(int)
NAMES = np.array(["no", "yes"], dtype=object)[Y]
COUNTS = RNG.poisson(2.0, size=(60, 5))
MIXED = pd.DataFrame({"age": X[:, 0], "kind": pd.Series(NAMES, dtype="str"), "n": COUNTS[:, 0]})
SERIES = X[:, :, None]  # 60 sequences of 4 steps
ROOT = FunctionTransformer(np.cbrt, feature_names_out="one-to-one")

TABLES = {
    "scalers": (
        make_pipeline(RobustScaler(), MinMaxScaler(), StandardScaler(), PowerTransformer()),
        X,
        None,
    ),
    "quantiles": (QuantileTransformer(n_quantiles=10), X, None),
    "bins": (KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"), X, None),
    "components": (
        make_pipeline(PCA(3), FunctionTransformer(np.cbrt, feature_names_out="one-to-one")),
        X,
        None,
    ),
    "selection": (make_pipeline(VarianceThreshold(), SelectKBest(chi2, k=2)), COUNTS, Y),
    "columns": (
        ColumnTransformer(
            [
                ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
                ("kinds", OneHotEncoder(handle_unknown="ignore"), ["kind"]),
                ("places", OrdinalEncoder(dtype=np.int32), slice(1, 2)),
            ],
            remainder="passthrough",
        ),
        MIXED,
        None,
    ),
    "union": (FeatureUnion([("a", PCA(1)), ("b", "passthrough")]), X, None),
    "words": (make_pipeline(CountVectorizer(ngram_range=(1, 2)), TruncatedSVD(2)), TEXTS, None),
    "hashed": (HashingVectorizer(n_features=8), TEXTS, None),
    "pandas": (StandardScaler().set_output(transform="pandas"), MIXED[["age", "n"]], None),
    "cache": (Pipeline([("a", PCA(2))], memory="cache of this machine"), X, None),
}
MODELS = {
    "logistic": (LogisticRegression(), X, NAMES),
    "stochastic": (SGDClassifier(random_state=0), X, NAMES),
    "linear machine": (LinearSVC(random_state=0), X, Y),
    "machine": (SVC(), X, NAMES),
    "machine, numbers": (SVR(), X, X[:, 0]),
    "ridge": (RidgeCV(), X, X[:, :2]),
    "elastic": (ElasticNetCV(cv=3), X, X[:, 0]),
    "robust": (HuberRegressor(), X, X[:, 0]),
    "naive": (make_pipeline(CountVectorizer(), MultinomialNB()), TEXTS, LABELS),
    "gaussian": (GaussianNB(), X, NAMES),
    "neighbours": (KNeighborsClassifier(algorithm="brute"), X, NAMES),
    "perceptron": (MLPClassifier((4,), max_iter=400, solver="lbfgs", random_state=0), X, NAMES),
    "clusters": (KMeans(3, random_state=0), X, None),
    "one against the rest": (OneVsRestClassifier(LogisticRegression()), X, COUNTS[:, 0] % 3),
    "several outputs": (MultiOutputRegressor(LinearRegression()), X, X[:, :2]),
    "vote of networks": (
        VotingClassifier(
            [("a", RNNClassifier(**QUICK)), ("b", RNNClassifier(cell="gru", **QUICK))],
            voting="soft",
        ),
        SERIES,
        NAMES,
    ),
    "stack of networks": (
        StackingClassifier([("a", RNNClassifier(**QUICK))], LogisticRegression(), cv=2),
        SERIES,
        NAMES,
    ),
    "calibrated network": (CalibratedClassifierCV(RNNClassifier(**QUICK), cv=2), SERIES, NAMES),
    "target of a network": (
        TransformedTargetRegressor(RNNRegressor(**QUICK), func=np.log1p, inverse_func=np.expm1),
        SERIES,
        np.abs(X[:, 0]),
    ),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model"


@pytest.mark.parametrize("name", TABLES)
def test_transformers(name, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    estimator, data, y = TABLES[name]
    fitted = estimator.fit(data, y)
    save(fitted, path)
    loaded = load(path)
    expected, found = fitted.transform(data), loaded.transform(data)
    if hasattr(expected, "toarray"):
        assert type(found) is type(expected)
        expected, found = expected.toarray(), found.toarray()
    assert same(found, expected)
    if name != "hashed":
        names = [list(e.get_feature_names_out()) for e in (loaded, fitted)]
        assert names[0] == names[1]


@pytest.mark.parametrize("name", MODELS)
def test_models(name, path):
    estimator, data, y = MODELS[name]
    fitted = estimator.fit(data, y)
    save(fitted, path)
    loaded = load(path)
    for method in ("predict", "predict_proba", "decision_function"):
        if hasattr(fitted, method):
            assert same(getattr(loaded, method)(data), getattr(fitted, method)(data))


def test_folder_of_a_cache_stays_on_its_machine(path, tmp_path, monkeypatch):
    save(make_pipeline(StandardScaler(), memory="somewhere"), path)
    assert load(path).memory is None
    assert "somewhere" not in path.read_text(errors="replace")


def test_labels_are_encoded_as_before(path):
    fitted = LabelEncoder().fit(["b", "a", "ç"])
    save(fitted, path)
    assert load(path).transform(["ç", "a"]).tolist() == [2, 0]


def test_another_version_of_scikit_learn_is_warned_of(path, monkeypatch):
    from sklearn.exceptions import InconsistentVersionWarning

    with monkeypatch.context() as patch:
        patch.setattr("sklearn.base.__version__", "1.7.0")
        save(StandardScaler().fit(X), path)
    with pytest.warns(InconsistentVersionWarning, match=r"from version 1\.7\.0"):
        load(path)


# -- what cannot be told in plain values ----------------------------------------------------


class MyScaler(StandardScaler):
    """A class from elsewhere."""


def twice(values):
    """A function of the user."""
    return 2 * values


REFUSED = {
    "a lambda": (
        make_pipeline(FunctionTransformer(lambda x: x + 1), LogisticRegression()),
        r"Pipeline\.steps\[0\]\[1\]\.func is the function '<lambda>'.*pickle",
    ),
    "a function": (
        FunctionTransformer(twice),
        r"FunctionTransformer\.func is the function 'twice'",
    ),
    "an analyzer": (
        make_pipeline(TokenEncoder(analyzer=str.split), RNNClassifier()),
        r"steps\[0\]\[1\]\.analyzer is the function 'split'",
    ),
    "a schedule": (
        RNNClassifier(learning_rate_schedule=lambda progress: 1 - progress),
        r"RNNClassifier\.learning_rate_schedule is the function '<lambda>'.*named options",
    ),
    "a class from elsewhere": (
        make_pipeline(MyScaler()),
        r"steps\[0\]\[1\] is a .*MyScaler.*not a class from elsewhere.*pickle, joblib or skops",
    ),
    "a search": (
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2).fit(X, Y),
        r"GridSearchCV is a GridSearchCV, a search.*search\.best_estimator_",
    ),
    "trees": (
        make_pipeline(StandardScaler(), RandomForestClassifier(2)).fit(X, Y),
        r"steps\[1\]\[1\].*DecisionTreeClassifier.*compiled part.*joblib or skops",
    ),
    "a tree of neighbours": (
        KNeighborsClassifier(algorithm="kd_tree").fit(X, Y),
        r"KNeighborsClassifier\._tree is a sklearn.*KDTree.*compiled part",
    ),
    "an object": (
        RNNClassifier(class_weight=MyScaler),
        r"RNNClassifier\.class_weight is the class .*MyScaler",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_place_and_the_remedy(name, path):
    estimator, message = REFUSED[name]
    with pytest.raises(TypeError, match=message):
        save(estimator, path)
    assert not path.exists()


def test_pipeline_of_tables_and_networks(path):
    from sksequence import SequenceColumns

    pipeline = make_pipeline(
        SequenceColumns(sequence="text", context=["age", "size"]), RNNClassifier(**QUICK)
    ).fit(TABLE, LABELS)
    save(pipeline, path)
    assert same(load(path).predict_proba(TABLE), pipeline.predict_proba(TABLE))
