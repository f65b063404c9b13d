"""Metadata in scikit-learn's sense: weights, groups and validation data reach whom they should."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import Pipeline, make_pipeline

from sksequence import RNNClassifier, RNNRegressor, SequenceArray, SequenceScaler

RNG = np.random.default_rng(0)
X = SequenceArray.from_list([RNG.normal(size=(n, 2)) for n in RNG.integers(1, 7, size=60)])
MEANS = np.array([x[:, 0].mean() for x in X])
LABELS = np.array(["low", "middle", "high"])[np.argsort(np.argsort(MEANS)) // 20]
GROUPS = np.arange(60) % 5
WITHOUT_LOW = np.where(LABELS == "low", 0.0, 1.0)

CLASSIFIER = RNNClassifier(hidden_size=4, max_epochs=3, random_state=0)


@pytest.fixture(autouse=True)
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def weighted(estimator):
    return (
        clone(estimator)
        .set_fit_request(sample_weight=True, groups=False)
        .set_score_request(sample_weight=True)
    )


def test_weights_and_groups_reach_each_fold():
    folds = list(GroupKFold(3).split(X, LABELS, GROUPS))
    result = cross_validate(
        weighted(CLASSIFIER),
        X,
        LABELS,
        params={"sample_weight": WITHOUT_LOW, "groups": GROUPS},
        cv=GroupKFold(3),
        return_estimator=True,
        error_score="raise",
    )
    for (train, test), fitted, score in zip(
        folds, result["estimator"], result["test_score"], strict=True
    ):
        alone = clone(CLASSIFIER).fit(X[train], LABELS[train], WITHOUT_LOW[train])
        assert list(fitted.classes_) == ["high", "middle"]  # a weight of zero is removal
        expected = alone.predict_proba(X[test])
        np.testing.assert_array_equal(fitted.predict_proba(X[test]), expected)
        assert score == alone.score(X[test], LABELS[test], WITHOUT_LOW[test])


def test_weights_and_groups_reach_a_search():
    search = GridSearchCV(weighted(CLASSIFIER), {"hidden_size": [3, 4]}, cv=GroupKFold(3))
    search.fit(X, LABELS, sample_weight=WITHOUT_LOW, groups=GROUPS)
    assert list(search.classes_) == ["high", "middle"]


def test_weights_reach_a_pipeline_a_vote_and_a_stack():
    pipeline = make_pipeline(
        SequenceScaler().set_fit_request(sample_weight=True), weighted(CLASSIFIER)
    )
    pipeline.fit(X, LABELS, sample_weight=WITHOUT_LOW)
    expected = X[WITHOUT_LOW > 0].values.mean(axis=0)
    np.testing.assert_allclose(pipeline[0].mean_, expected)
    assert list(pipeline.classes_) == ["high", "middle"]
    members = [("a", weighted(CLASSIFIER)), ("b", weighted(CLASSIFIER))]
    vote = VotingClassifier(members).fit(X, LABELS, sample_weight=WITHOUT_LOW)
    assert set(vote.predict(X)) <= {"high", "middle"}
    final = LogisticRegression().set_fit_request(sample_weight=True)
    stack = StackingClassifier(members, final_estimator=final, cv=2)
    assert stack.fit(X, LABELS, sample_weight=np.full(60, 0.5)).predict(X).shape == (60,)


def test_weights_reach_cross_val_predict_and_learning_curve():
    given = cross_val_predict(
        weighted(CLASSIFIER),
        X,
        LABELS,
        cv=3,
        params={"sample_weight": np.linspace(0.1, 1.0, 60)},
        method="predict_proba",
    )
    np.testing.assert_allclose(given.sum(axis=1), 1.0)
    estimator = weighted(CLASSIFIER).set_partial_fit_request(sample_weight=True)
    _, _, scores = learning_curve(
        estimator,
        X,
        LABELS,
        params={"sample_weight": np.linspace(0.1, 1.0, 60)},
        train_sizes=[1.0],
        cv=3,
        error_score="raise",
    )
    assert scores.shape == (1, 3)


def test_weights_for_nobody_are_an_error_of_scikit_learn():
    with pytest.raises(UnsetMetadataPassedError, match=r"RNNClassifier\.set_fit_request"):
        cross_validate(CLASSIFIER, X, LABELS, params={"sample_weight": WITHOUT_LOW})


def test_validation_data_stop_the_training():
    regressor = RNNRegressor(hidden_size=8, n_iter_no_change=3, random_state=0)
    noise = np.random.default_rng(1).normal(size=20)
    stopped = regressor.fit(X[:40], MEANS[:40], X_val=X[40:], y_val=noise)
    assert stopped.n_epochs_ < regressor.max_epochs
    losses = [record["valid_loss"] for record in stopped.history_]
    assert np.argmin(losses) + 1 == stopped.best_epoch_
    scaled = (noise - MEANS[:40].mean()) / MEANS[:40].std()
    predicted = (stopped.predict(X[40:]) - MEANS[:40].mean()) / MEANS[:40].std()
    np.testing.assert_allclose(np.mean((scaled - predicted) ** 2), min(losses), rtol=1e-5)


def test_validation_data_go_through_the_steps_before():
    stopping = clone(CLASSIFIER).set_fit_request(X_val=True, y_val=True)
    pipeline = Pipeline([("scale", SequenceScaler()), ("rnn", stopping)], transform_input=["X_val"])
    pipeline.fit(X[:40], LABELS[:40], X_val=X[40:], y_val=LABELS[40:])
    scaler = SequenceScaler().fit(X[:40])
    alone = clone(CLASSIFIER).fit(
        scaler.transform(X[:40]),
        LABELS[:40],
        X_val=scaler.transform(X[40:]),
        y_val=LABELS[40:],
    )
    for record, expected in zip(pipeline[-1].history_, alone.history_, strict=True):
        assert record["valid_loss"] == expected["valid_loss"]
    search = GridSearchCV(pipeline, {"rnn__hidden_size": [3, 4]}, cv=2, error_score="raise")
    search.fit(X[:40], LABELS[:40], X_val=X[40:], y_val=LABELS[40:])
    assert "valid_loss" in search.best_estimator_[-1].history_[0]


def test_without_routing_weights_go_to_fit_by_the_step_s_name():
    with sklearn.config_context(enable_metadata_routing=False):
        pipeline = make_pipeline(SequenceScaler(), CLASSIFIER)
        pipeline.fit(X, LABELS, rnnclassifier__sample_weight=WITHOUT_LOW)
        assert list(pipeline.classes_) == ["high", "middle"]
        search = GridSearchCV(CLASSIFIER, {"hidden_size": [3, 4]}, cv=2, error_score="raise")
        search.fit(X, LABELS, sample_weight=WITHOUT_LOW)
        assert list(search.classes_) == ["high", "middle"]
