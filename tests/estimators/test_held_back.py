"""Which sequences decide when to stop: stratified, whole groups, or the last ones."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.model_selection import GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline

from sksequence import RNNClassifier, RNNRegressor, SequenceArray, SequenceScaler
from sksequence.estimators._validation import held_back

SMALL = {"hidden_size": 2, "max_epochs": 1, "random_state": 0, "early_stopping": True}
RNG = np.random.default_rng(0)
X = SequenceArray.from_list([RNG.normal(size=(n, 1)) for n in RNG.integers(1, 4, size=60)])
GROUPS = np.array([f"patient {i}" for i in np.arange(60) % 12])
LABELS = (np.arange(60) % 12 < 6).astype(int)  # a class is one of a group


@pytest.fixture
def parts(monkeypatch):
    """The sequences of each fit that were trained on and those held back, by their first value."""
    seen = []

    def spy(*args):
        seen.append(tuple(part if part is None else np.sort(part) for part in held_back(*args)))
        return seen[-1]

    monkeypatch.setattr("sksequence.estimators._validation.held_back", spy)
    return seen


@pytest.mark.parametrize("estimator", [RNNClassifier(**SMALL), RNNRegressor(**SMALL)])
def test_no_group_is_on_both_sides(parts, estimator):
    estimator.set_params(validation_fraction=0.25).fit(X, LABELS, groups=GROUPS)
    ((train, valid),) = parts
    assert not set(GROUPS[train]) & set(GROUPS[valid])
    np.testing.assert_array_equal(np.sort(np.concatenate([train, valid])), np.arange(60))
    assert len(valid) == 15  # three groups of five


@pytest.mark.parametrize("seed", range(5))
def test_classes_are_as_frequent_as_whole_groups_allow(seed):
    rng = np.random.default_rng(seed)
    _, valid = held_back(60, LABELS, True, 1 / 3, rng, GROUPS)
    assert LABELS[valid].mean() == 0.5
    _, valid = held_back(60, np.stack([LABELS, 1 - LABELS], axis=1), True, 1 / 3, rng, GROUPS)
    assert LABELS[valid].mean() == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_uneven_groups_come_close_to_the_fraction(seed):
    groups = np.repeat(np.arange(20), np.arange(1, 21))  # 210 sequences, 1 to 20 in a group
    train, valid = held_back(210, None, True, 0.1, np.random.default_rng(seed), groups)
    assert abs(len(valid) - 21) <= 1
    assert len(train) + len(valid) == 210


def test_two_groups_are_one_and_one():
    groups = np.array([0] * 9 + [1])
    train, valid = held_back(10, None, True, 0.1, np.random.default_rng(0), groups)
    assert (len(train), len(valid)) == (9, 1)


def test_groups_change_nothing_where_nothing_is_held_back():
    model = RNNRegressor(**{**SMALL, "early_stopping": False})
    expected = model.fit(X, LABELS).predict(X)
    np.testing.assert_array_equal(model.fit(X, LABELS, groups=GROUPS).predict(X), expected)
    model.set_params(early_stopping=True)
    expected = model.fit(X, LABELS, X_val=X, y_val=LABELS).predict(X)
    given = model.fit(X, LABELS, X_val=X, y_val=LABELS, groups=GROUPS).predict(X)
    np.testing.assert_array_equal(given, expected)


def test_a_weight_of_zero_takes_a_sequence_out_of_its_group():
    weights = np.where(np.arange(60) < 40, 1.0, 0.0)
    weighted = RNNRegressor(**SMALL).fit(X, LABELS, weights, groups=GROUPS)
    fewer = RNNRegressor(**SMALL).fit(X[:40], LABELS[:40], np.ones(40), groups=GROUPS[:40])
    np.testing.assert_array_equal(weighted.predict(X), fewer.predict(X))


def test_the_last_ones(parts):
    RNNRegressor(**SMALL, validation="last", validation_fraction=0.21).fit(X, LABELS)
    ((train, valid),) = parts
    np.testing.assert_array_equal(train, np.arange(47))
    np.testing.assert_array_equal(valid, np.arange(47, 60))


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (GROUPS[:-1], "X has 60 sequences, but groups has 59 entries"),
        (np.zeros(60), r"all 60 sequences are of one group \(0.0\)"),
        ([None, *GROUPS[1:]], r"the group of sequence 0 is missing \(groups\[0\] is None\)"),
        (np.where(np.arange(60) == 3, np.nan, 1.0), "the group of sequence 3 is missing"),
        (np.zeros((60, 2)), "1d array"),
    ],
)
def test_errors_about_groups(groups, message):
    with pytest.raises(ValueError, match=message):
        RNNClassifier(**SMALL).fit(X, LABELS, groups=groups)


def test_errors_about_the_last_ones():
    with pytest.raises(ValueError, match="validation='last' holds back the last sequences"):
        RNNClassifier(**SMALL, validation="last").fit(X, LABELS, groups=GROUPS)
    with pytest.raises(ValueError, match="validation of RNNClassifier must be one of"):
        RNNClassifier(validation="first").fit(X, LABELS)


def test_groups_in_another_order_are_refused():
    named = SequenceArray(X.values, X.offsets, names=np.arange(60))
    shuffled = pd.Series(GROUPS, index=np.arange(60)[::-1])
    with pytest.raises(ValueError, match="groups is indexed by the names"):
        RNNClassifier(**SMALL).fit(named, LABELS, groups=shuffled)


def test_groups_are_routed_to_each_fold_and_into_a_pipeline(parts):
    with sklearn.config_context(enable_metadata_routing=True):
        for make in (lambda model: model, lambda model: make_pipeline(SequenceScaler(), model)):
            parts.clear()
            model = make(RNNClassifier(**SMALL).set_fit_request(groups=True))
            cross_validate(
                model,
                X,
                LABELS,
                cv=GroupKFold(3),
                params={"groups": GROUPS},
                error_score="raise",
            )
            folds = GroupKFold(3).split(X, LABELS, GROUPS)
            for (train_at, _), (train, valid) in zip(folds, parts, strict=True):
                inside = GROUPS[train_at]
                assert not set(inside[train]) & set(inside[valid])
                assert len(train) + len(valid) == len(inside)


def test_a_class_that_is_held_back_whole_is_told():
    labels = np.array(["a"] * 30 + ["b"] * 24 + ["c"] * 6)
    last = RNNClassifier(**SMALL, validation="last")
    told = "classes 'c' are in the part that is held back .*.6 of 60 .*never learns.*'random'"
    with pytest.warns(UserWarning, match=told):
        last.fit(X, labels)
    last.set_params(validation="random").fit(X, labels)  # stratified
    last.set_params(validation="last").fit(X, labels, X_val=X, y_val=labels)
    several = np.stack([labels == "a", labels == "c"], axis=1).astype(int)
    with pytest.warns(UserWarning, match="labels of the columns 1 are in the part"):
        last.fit(X, several)


def test_a_class_of_one_group_is_told_when_it_is_held_back():
    groups = np.repeat(["p", "q"], 30)
    with pytest.warns(UserWarning, match="held back.*classes several groups each"):
        RNNClassifier(**SMALL).fit(X, np.repeat(["sick", "well"], 30), groups=groups)
