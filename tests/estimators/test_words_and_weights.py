"""What is easily given in place of what is meant: words, times and weights."""

import numpy as np
import pytest

from sksequence import (
    RNNClassifier,
    RNNLanguageModel,
    RNNRegressor,
    RNNTagger,
    Seq2SeqTransformer,
    SequenceArray,
)
from sksequence.estimators._validation import held_back

RNG = np.random.default_rng(0)
X = [RNG.normal(size=(n, 2)) for n in RNG.integers(3, 7, size=12)]
Y = np.arange(12) % 2
TIMES = [np.cumsum(RNG.uniform(0.5, 2.0, size=len(steps))) for steps in X]
WORDS, TAGS = [["a", "b"], ["b", "c"]] * 6, [["X", "Y"], ["Y", "X"]] * 6
QUICK = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}


# -- which part is held back ----------------------------------------------------------------------


@pytest.mark.parametrize("make", [RNNClassifier, RNNRegressor])
def test_an_unknown_way_of_holding_back(make):
    with pytest.raises(
        ValueError,
        match=rf"validation of {make.__name__} must be one of 'random', a part drawn .*stratified "
        r"already.*; 'last', the last sequences; got 'stratified'\. .*X_val=",
    ):
        make(validation="stratified", **QUICK).fit(X, Y)
    with pytest.raises(ValueError, match=r"'validation' parameter .* Got 3"):
        make(validation=3, **QUICK).fit(X, Y)


def test_what_is_drawn_is_stratified():
    labels = np.repeat([0, 1], [360, 40])
    _, valid = held_back(400, labels, True, 0.1, np.random.default_rng(0))
    assert np.bincount(labels[valid]).tolist() == [36, 4]


# -- times ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [list, lambda x: np.stack([s[:3] for s in x])])
def test_lists_have_no_names_for_times(container):
    model = RNNClassifier(missing="mask", time="time", **QUICK)
    with pytest.raises(
        ValueError,
        match=r"time='time' of RNNClassifier names a channel or a feature, but nothing in X has a "
        r"name .*X has 2 features a step without names\. .*with_channel\('time', times\)",
    ):
        model.fit(container(X), Y)


def test_the_remedy_for_lists():
    model = RNNClassifier(missing="mask", time="time", **QUICK)
    timed = SequenceArray.from_list(X).with_channel("time", TIMES)
    answers = model.fit(timed, Y).predict_proba(timed)
    assert answers.shape == (12, 2)
    with pytest.raises(ValueError, match="nothing in X has a name that could be meant"):
        model.predict(X)


def test_times_in_place_of_their_name():
    with pytest.raises(TypeError, match=r"time of RNNClassifier must be a str.*got a list: the"):
        RNNClassifier(missing="mask", time=TIMES, **QUICK).fit(X, Y)


# -- weights --------------------------------------------------------------------------------------

CHOSEN = np.resize([True, False], 12)
FITS = {
    "classifier": lambda w: RNNClassifier(**QUICK).fit(X, Y, sample_weight=w),
    "regressor": lambda w: RNNRegressor(**QUICK).fit(X, Y, sample_weight=w),
    "tagger": lambda w: RNNTagger(**QUICK).fit(WORDS, TAGS, sample_weight=w),
    "language model": lambda w: RNNLanguageModel(**QUICK).fit(WORDS, sample_weight=w),
    "translator": lambda w: Seq2SeqTransformer(**QUICK).fit(WORDS, TAGS, sample_weight=w),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
@pytest.mark.parametrize(
    ("weights", "where"),
    [
        (CHOSEN, "sample_weight holds bools"),
        (CHOSEN.tolist(), r"sample_weight\[0\] is a bool"),
        ([1.0] * 11 + [True], r"sample_weight\[11\] is a bool"),
        (True, "sample_weight is a bool"),
    ],
)
def test_booleans_are_no_weights(fit, weights, where):
    with pytest.raises(TypeError, match=f"{where}, but a weight is a number >= 0: to choose"):
        fit(weights)


def test_booleans_are_no_weights_of_steps():
    model = RNNTagger(**QUICK)
    for weights in ([[1.0, True]] * 12, [np.array([1.0, 2.0])] * 11 + [np.array([True, True])]):
        with pytest.raises(TypeError, match=r"sample_weight\[\d+\]\[\d\] is a bool"):
            model.fit(WORDS, TAGS, sample_weight=weights)
    given = np.asarray(CHOSEN, dtype=float)
    model.fit(WORDS, TAGS, sample_weight=given)  # the remedy


def test_booleans_are_no_weights_of_classes():
    with pytest.raises(TypeError, match=r"class_weight\[1\] of RNNClassifier is True, a bool"):
        RNNClassifier(class_weight={0: 2.0, 1: True}, **QUICK).fit(X, Y)
    with pytest.raises(TypeError, match=r"class_weight\['Y'\] of RNNTagger is False, a bool"):
        RNNTagger(class_weight={"Y": False}, **QUICK).fit(WORDS, TAGS)
    several = np.column_stack([Y, 1 - Y])
    with pytest.raises(TypeError, match=r"class_weight\[0\] of RNNClassifier is True, a bool"):
        RNNClassifier(class_weight=[{0: 1, 1: 2}, {0: True, 1: 1}], **QUICK).fit(X, several)
