"""scikit-learn's own tools on ragged sequences: those that take them, and those that do not."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import RFE, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    train_test_split,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils import resample, shuffle

from sksequence import RNNClassifier, RNNRegressor, SequenceArray, SequenceScaler

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "scikit_learn.rst"

RNG = np.random.default_rng(0)
ARRAYS = [RNG.normal(size=(n, 2)) for n in RNG.integers(1, 7, size=60)]
MEANS = np.array([x[:, 0].mean() for x in ARRAYS])
LABELS = np.array(["low", "middle", "high"])[np.argsort(np.argsort(MEANS)) // 20]
BINARY = np.where(LABELS == "low", "low", "not low")
PAIRS = np.column_stack([MEANS, -MEANS])
GROUPS = np.arange(60) % 5

CONTAINERS = {
    "SequenceArray": SequenceArray.from_list(ARRAYS),
    "list of arrays": ARRAYS,
    "object array": np.array([*ARRAYS, None], dtype=object)[:-1],
    "column of a DataFrame": pd.DataFrame({"steps": ARRAYS}),
}
X = CONTAINERS["SequenceArray"]

# Small and briefly trained, to save time.
CLASSIFIER = RNNClassifier(hidden_size=4, max_epochs=3, random_state=0)
REGRESSOR = RNNRegressor(hidden_size=4, max_epochs=3, random_state=0)
PIPELINE = make_pipeline(SequenceScaler(), CLASSIFIER)
WIDTHS = {"hidden_size": [3, 4]}
SEARCH = {"cv": 2, "error_score": "raise"}


def fitted(estimator, X, y, **metadata):
    return estimator.fit(X, y, **metadata).predict(X)


def scores(result):
    return result["train_score"], result["test_score"]


def identity(X):
    return X


TAKES = {
    "cross_validate": lambda X: scores(
        cross_validate(CLASSIFIER, X, LABELS, return_train_score=True, **SEARCH)
    ),
    "cross_val_predict": lambda X: cross_val_predict(CLASSIFIER, X, LABELS, cv=3),
    "cross_val_predict, predict_proba": lambda X: cross_val_predict(
        CLASSIFIER, X, LABELS, cv=3, method="predict_proba"
    ),
    "TimeSeriesSplit": lambda X: cross_val_score(
        REGRESSOR, X, MEANS, cv=TimeSeriesSplit(2), error_score="raise"
    ),
    "GridSearchCV": lambda X: fitted(GridSearchCV(CLASSIFIER, WIDTHS, **SEARCH), X, LABELS),
    "HalvingGridSearchCV": lambda X: fitted(
        HalvingGridSearchCV(CLASSIFIER, WIDTHS, min_resources=30, random_state=0, **SEARCH),
        X,
        LABELS,
    ),
    "HalvingGridSearchCV over epochs": lambda X: fitted(
        HalvingGridSearchCV(CLASSIFIER, WIDTHS, resource="max_epochs", max_resources=4, **SEARCH),
        X,
        LABELS,
    ),
    "RandomizedSearchCV, GroupKFold": lambda X: fitted(
        RandomizedSearchCV(CLASSIFIER, WIDTHS, n_iter=2, cv=GroupKFold(2), error_score="raise"),
        X,
        LABELS,
        groups=GROUPS,
    ),
    "learning_curve": lambda X: learning_curve(
        CLASSIFIER, X, LABELS, train_sizes=[0.5, 1.0], **SEARCH
    ),
    "learning_curve, partial_fit": lambda X: learning_curve(
        CLASSIFIER, X, LABELS, train_sizes=[0.5, 1.0], exploit_incremental_learning=True, **SEARCH
    ),
    "validation_curve": lambda X: validation_curve(
        CLASSIFIER, X, LABELS, param_name="hidden_size", param_range=[3, 4], **SEARCH
    ),
    "permutation_test_score": lambda X: permutation_test_score(
        CLASSIFIER, X, LABELS, cv=2, n_permutations=2, random_state=0
    ),
    "VotingClassifier": lambda X: fitted(
        VotingClassifier([("a", CLASSIFIER), ("b", CLASSIFIER)], voting="soft"), X, LABELS
    ),
    "VotingRegressor": lambda X: fitted(VotingRegressor([("a", REGRESSOR)]), X, MEANS),
    "StackingClassifier": lambda X: fitted(
        StackingClassifier([("a", CLASSIFIER), ("b", CLASSIFIER)], cv=2), X, LABELS
    ),
    "StackingRegressor": lambda X: fitted(StackingRegressor([("a", REGRESSOR)], cv=2), X, MEANS),
    "CalibratedClassifierCV": lambda X: (
        CalibratedClassifierCV(CLASSIFIER, cv=2).fit(X, LABELS).predict_proba(X)
    ),
    "CalibratedClassifierCV, frozen": lambda X: (
        CalibratedClassifierCV(
            FrozenEstimator(RNNClassifier(**CLASSIFIER.get_params()).fit(X, LABELS))
        )
        .fit(X, LABELS)
        .predict_proba(X)
    ),
    "OneVsRestClassifier": lambda X: fitted(OneVsRestClassifier(CLASSIFIER), X, LABELS),
    "TunedThresholdClassifierCV": lambda X: fitted(
        TunedThresholdClassifierCV(CLASSIFIER, cv=2, thresholds=5), X, BINARY
    ),
    "FixedThresholdClassifier": lambda X: fitted(
        FixedThresholdClassifier(CLASSIFIER, threshold=0.3), X, BINARY
    ),
    "MultiOutputClassifier": lambda X: fitted(
        MultiOutputClassifier(CLASSIFIER), X, np.column_stack([BINARY, LABELS])
    ),
    "MultiOutputRegressor": lambda X: fitted(MultiOutputRegressor(REGRESSOR), X, PAIRS),
    "TransformedTargetRegressor": lambda X: fitted(
        TransformedTargetRegressor(REGRESSOR, func=np.exp, inverse_func=np.log), X, MEANS
    ),
    "TransformedTargetRegressor, transformer": lambda X: fitted(
        TransformedTargetRegressor(REGRESSOR, transformer=StandardScaler()), X, MEANS
    ),
    "FunctionTransformer": lambda X: fitted(
        make_pipeline(FunctionTransformer(identity), CLASSIFIER), X, LABELS
    ),
    "Pipeline.set_output": lambda X: fitted(
        make_pipeline(SequenceScaler(), CLASSIFIER).set_output(transform="pandas"), X, LABELS
    ),
}


@pytest.mark.parametrize("tool", TAKES)
@pytest.mark.parametrize("container", list(CONTAINERS)[1:])
def test_tool_takes_ragged_sequences_in_any_container(tool, container):
    expected, given = TAKES[tool](X), TAKES[tool](CONTAINERS[container])
    if not isinstance(expected, tuple):
        expected, given = (expected,), (given,)
    for one, other in zip(expected, given, strict=True):
        np.testing.assert_array_equal(one, other)


def test_sequence_array_comes_through_splits_as_it_is():
    X_train, X_test, y_train, y_test = train_test_split(X, MEANS, random_state=0)
    for part, y in ((X_train, y_train), (X_test, y_test)):
        assert isinstance(part, SequenceArray)
        np.testing.assert_allclose([x[:, 0].mean() for x in part], y)
    X_again, y_again = resample(X, MEANS, n_samples=100, random_state=0)
    X_mixed, y_mixed = shuffle(X, MEANS, random_state=0)
    for part, y in ((X_again, y_again), (X_mixed, y_mixed)):
        np.testing.assert_allclose([x[:, 0].mean() for x in part], y)


def test_context_and_names_stay_with_their_sequence():
    marked = SequenceArray(X.values, X.offsets, context=MEANS, names=np.arange(60))
    for part, y in (train_test_split(marked, MEANS)[::2], shuffle(marked, MEANS)):
        np.testing.assert_allclose(part.context[:, 0], y)
        np.testing.assert_allclose(MEANS[part.names], y)
    # noise in the steps, the answer in the context: only its own context gives the answer
    rng = np.random.default_rng(0)
    noise = SequenceArray(rng.normal(size=X.values.shape), X.offsets, context=MEANS)
    regressor = RNNRegressor(hidden_size=8, context_at="steps", max_epochs=60, random_state=0)
    predicted = cross_val_predict(regressor, noise, MEANS, cv=3)
    assert np.corrcoef(predicted, MEANS)[0, 1] > 0.7
    exchanged = noise.with_context(MEANS[::-1])
    assert np.corrcoef(cross_val_predict(regressor, exchanged, MEANS, cv=3), MEANS)[0, 1] < 0.5


def test_grid_search_in_two_processes_gives_what_one_gives():
    one = GridSearchCV(PIPELINE, {"rnnclassifier__hidden_size": [3, 4]}, **SEARCH)
    two = GridSearchCV(PIPELINE, {"rnnclassifier__hidden_size": [3, 4]}, n_jobs=2, **SEARCH)
    one.fit(X, LABELS), two.fit(X, LABELS)
    for fold in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(one.cv_results_[fold], two.cv_results_[fold])
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


class CountsFits(SequenceScaler):
    fits = 0

    def fit(self, X, y=None, sample_weight=None):
        type(self).fits += 1
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("container", CONTAINERS)
def test_pipeline_with_memory_reads_its_transformer_from_the_cache(tmp_path, container):
    data = CONTAINERS[container]
    cached = make_pipeline(CountsFits(), CLASSIFIER, memory=str(tmp_path))
    before = CountsFits.fits
    first, second = fitted(cached, data, LABELS), fitted(cached, data, LABELS)
    assert CountsFits.fits == before + 1
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, fitted(PIPELINE, data, LABELS))


def test_pandas_out_of_a_pipeline_with_a_table_at_its_end():
    pooled = make_pipeline(SequenceScaler(), FunctionTransformer(_means_frame))
    pooled.set_output(transform="pandas")
    frame = pooled.fit_transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape == (60, 2)


def _means_frame(X):
    return pd.DataFrame([x.mean(axis=0) for x in X], columns=["first", "second"])


# What scikit-learn refuses


REFUSES = {
    "AdaBoostClassifier": lambda X: fitted(AdaBoostClassifier(CLASSIFIER), X, LABELS),
    "BaggingClassifier": lambda X: fitted(BaggingClassifier(CLASSIFIER, 2), X, LABELS),
    "BaggingRegressor": lambda X: fitted(BaggingRegressor(REGRESSOR, 2), X, MEANS),
    "StackingClassifier(passthrough=True)": lambda X: fitted(
        StackingClassifier([("a", CLASSIFIER)], cv=2, passthrough=True), X, LABELS
    ),
    "OneVsOneClassifier": lambda X: fitted(OneVsOneClassifier(CLASSIFIER), X, LABELS),
    "ClassifierChain": lambda X: fitted(
        ClassifierChain(CLASSIFIER), X, (LABELS[:, None] == ["low", "high"]).astype(int)
    ),
    "RegressorChain": lambda X: fitted(RegressorChain(REGRESSOR), X, PAIRS),
    "SelfTrainingClassifier": lambda X: fitted(
        SelfTrainingClassifier(CLASSIFIER), X, np.arange(60) % 3 - 1
    ),
    "FunctionTransformer(validate=True)": lambda X: FunctionTransformer(
        identity, validate=True
    ).fit_transform(X),
    "FeatureUnion": lambda X: FeatureUnion([("a", SequenceScaler())]).fit_transform(X),
    "ColumnTransformer": lambda X: ColumnTransformer([("a", SequenceScaler(), [0])]).fit(X),
    "permutation_importance": lambda X: permutation_importance(
        RNNClassifier(**CLASSIFIER.get_params()).fit(X, LABELS), X, LABELS
    ),
    "partial_dependence": lambda X: partial_dependence(
        RNNClassifier(**CLASSIFIER.get_params()).fit(X, LABELS), X, [0]
    ),
    "RFE": lambda X: RFE(CLASSIFIER).fit(X, LABELS),
    "SequentialFeatureSelector": lambda X: SequentialFeatureSelector(CLASSIFIER).fit(X, LABELS),
}
# Of these, what takes a data frame with one column of arrays.
TAKES_A_COLUMN = ["BaggingClassifier", "BaggingRegressor", "permutation_importance"]


@pytest.mark.parametrize("tool", REFUSES)
@pytest.mark.parametrize("container", ["SequenceArray", "list of arrays", "object array"])
def test_tool_refuses_every_ragged_container(tool, container):
    with pytest.raises((ValueError, TypeError, IndexError)):
        REFUSES[tool](CONTAINERS[container])


@pytest.mark.parametrize("tool", TAKES_A_COLUMN)
def test_tool_takes_a_data_frame_with_one_column_of_sequences(tool):
    REFUSES[tool](CONTAINERS["column of a DataFrame"])


def test_guide_names_every_tool_that_takes_or_refuses():
    guide = GUIDE.read_text(encoding="utf-8")
    for tool in (*REFUSES, *TAKES, "train_test_split", "resample", "shuffle"):
        assert re.split("[,. ]", tool)[0] in guide, tool
