"""A fit that refuses its arguments leaves a fitted estimator as it was."""

import joblib
import numpy as np
import pytest

from sksequence import (
    RNNClassifier,
    RNNRegressor,
    Seq2SeqTransformer,
    SequenceAutoencoder,
    SequenceCaptioner,
)

RNG = np.random.default_rng(0)
ARRAYS = [RNG.normal(size=(n, 2)) for n in RNG.integers(2, 6, size=12)]
WIDER = [np.column_stack([x, x[:, :1]]) for x in ARRAYS]
VECTORS = RNG.normal(size=(12, 3))
LABELS = ["no", "yes"] * 6
TEXTS = ["a cold soup", "warm", "a kind waiter"] * 4
QUICK = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
SMALL = {**QUICK, "embedding_size": 3}

# estimator, what it is fitted on, then arguments that it refuses, each with a part of the message
CASES = {
    "classifier": (
        RNNClassifier(**QUICK),
        (ARRAYS, LABELS),
        [
            ((ARRAYS, LABELS[:-1]), {}, "y has 11 targets"),
            ((WIDER, ["yes"] * 12), {}, "only one class"),
            ((WIDER, LABELS), {"sample_weight": -np.ones(12)}, "Negative values"),
            ((WIDER, LABELS), {"X_val": ARRAYS, "y_val": LABELS}, "2 features"),
            ((ARRAYS, TEXTS), {"X_val": ARRAYS, "y_val": LABELS}, "not fitted on"),
            ((ARRAYS, None), {}, "y is None"),
        ],
    ),
    "regressor": (
        RNNRegressor(**QUICK),
        (ARRAYS, range(12)),
        [
            ((ARRAYS, range(11)), {}, "y has 11 targets"),
            ((WIDER, LABELS), {}, "use RNNClassifier"),
            ((ARRAYS, VECTORS), {"X_val": ARRAYS, "y_val": range(12)}, r"1 column\(s\), but y"),
        ],
    ),
    "transformer": (
        Seq2SeqTransformer(**SMALL),
        (TEXTS, TEXTS),
        [
            ((TEXTS, TEXTS[:-1]), {}, "y has 11 targets"),
            ((ARRAYS, ["", *TEXTS[1:]]), {}, "in y:"),
            ((ARRAYS, TEXTS), {"X_val": WIDER, "y_val": TEXTS}, "3 features"),
        ],
    ),
    "captioner": (
        SequenceCaptioner(**SMALL, encoding_size=3),
        (VECTORS, TEXTS),
        [
            ((VECTORS, TEXTS[:-1]), {}, "y has 11 targets"),
            ((VECTORS[:, :2], ["", *TEXTS[1:]]), {}, "y"),
            ((VECTORS[:, :2], TEXTS), {"X_val": VECTORS, "y_val": TEXTS}, "3 features"),
        ],
    ),
    "autoencoder": (
        SequenceAutoencoder(**QUICK),
        (ARRAYS,),
        [
            (([*WIDER[:-1], np.empty((0, 3))],), {}, "sequence 11"),
            ((WIDER,), {"X_val": ARRAYS}, "2 features"),
            ((WIDER,), {"sample_weight": np.ones(11)}, "expected"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_refused_refit_changes_nothing(name):
    estimator, data, refused = CASES[name]
    predict = "predict" if hasattr(estimator, "predict") else "transform"
    estimator.fit(*data)
    before, answers = joblib.hash(vars(estimator)), getattr(estimator, predict)(data[0])
    for arguments, more, message in refused:
        with pytest.raises(ValueError, match=message):
            estimator.fit(*arguments, **more)
        assert joblib.hash(vars(estimator)) == before
    np.testing.assert_array_equal(getattr(estimator, predict)(data[0]), answers)
    with pytest.raises(ValueError, match="hidden_size"):
        estimator.set_params(hidden_size=0).fit(*data)
    np.testing.assert_array_equal(getattr(estimator, predict)(data[0]), answers)


def test_a_refused_first_fit_learns_nothing():
    estimator = RNNClassifier(**QUICK)
    with pytest.raises(ValueError, match="only one class"):
        estimator.fit(ARRAYS, ["yes"] * 12)
    assert vars(estimator) == estimator.get_params(deep=False)


def test_a_refused_partial_fit_changes_nothing():
    classifier = RNNClassifier(**QUICK).partial_fit(ARRAYS, LABELS, classes=["no", "yes"])
    before = joblib.hash(vars(classifier))
    with pytest.raises(ValueError, match="not fitted on"):
        classifier.partial_fit(ARRAYS, TEXTS)
    assert joblib.hash(vars(classifier)) == before
