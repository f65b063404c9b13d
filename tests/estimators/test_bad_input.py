"""What cannot be used is refused with a message that says where it is and what to do."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError

from sksequence import RNNClassifier, RNNRegressor, SequenceArray

RNG = np.random.default_rng(0)
ARRAYS = [RNG.normal(size=(n, 2)) for n in RNG.integers(2, 7, size=20)]
X = SequenceArray.from_list(ARRAYS)
WORDS = SequenceArray.from_list([RNG.integers(0, 5, size=len(a)) for a in ARRAYS], n_tokens=5)
AGED = X.with_context(RNG.normal(size=20))
LABELS = np.array(["no", "yes"])[np.arange(20) % 2]
NUMBERS = np.arange(20.0)
PAIRS = np.column_stack([NUMBERS, NUMBERS])


def classifier(**parameters):
    return RNNClassifier(**{"hidden_size": 3, "max_epochs": 2, "random_state": 0, **parameters})


def regressor(**parameters):
    return RNNRegressor(**{"hidden_size": 3, "max_epochs": 2, "random_state": 0, **parameters})


@pytest.fixture(scope="module")
def fitted():
    return {
        "numbers": classifier().fit(X, LABELS),
        "words": classifier().fit(WORDS, LABELS),
        "aged": classifier().fit(AGED, LABELS),
        "small": classifier().fit(SequenceArray(X.values * 1e-9, X.offsets), LABELS),
        "table": classifier().fit(np.ones((4, 3)) * np.arange(4)[:, None], [0, 1, 0, 1]),
    }


TEXT = (
    r"sequence 0 holds text \('some words'\), but numbers are expected: put TokenEncoder\(\) or "
    r"Word2VecEmbedder\(\) before RNNClassifier, e\.g\. make_pipeline\(TokenEncoder\(\), "
    r"RNNClassifier\(\)\)"
)
BARE = (
    r"RNNClassifier got one bare string \('some words'\): expected a list of sequences\. Put it in "
    r"a list, and TokenEncoder\(\) before RNNClassifier"
)
HOLE = [ARRAYS[0], np.array([[1.0, 2.0], [3.0, np.nan]])]
PEAK = [ARRAYS[0], np.array([[1.0, 2.0], [3.0, -np.inf]])]

# What is given to fit as X, the kind of error, the message.
BAD_X = {
    "text": (["some words", "more"], TypeError, TEXT),
    "tokens": ([["some", "words"], ["more"]], TypeError, r"sequence 0 holds text \(\['some', 'wo"),
    "array of text": (np.array(["some words", "more"]), TypeError, TEXT),
    "Series of text": (pd.Series(["some words", "more"]), TypeError, TEXT),
    "column of text": (
        pd.DataFrame({"review": ["some words", "more"]}),
        TypeError,
        r"column 'review' holds text.*SequenceColumns\('review'\)",
    ),
    "bare string": ("some words", TypeError, BARE),
    "empty list": ([], ValueError, "got an empty list .* a minimum of 1 is required"),
    "empty SequenceArray": (X[:0], ValueError, "got 0 sequences .* a minimum of 1 is required"),
    "empty 3-D array": (np.zeros((0, 3, 2)), ValueError, "got 0 sequences"),
    "empty sequence": (
        [ARRAYS[0], ARRAYS[1][:0]],
        ValueError,
        r"sequence 1 is empty, but RNNClassifier needs at least one step in each: drop it, e\.g\. "
        r"with X\[X\.lengths > 0\] \(and the same rows of y\)",
    ),
    "empty named sequence": (
        SequenceArray(np.zeros((2, 1)), [0, 2, 2], names=["ann", "bob"]),
        ValueError,
        r"sequence 1 \('bob'\) is empty",
    ),
    "unequal features": (
        [ARRAYS[0], ARRAYS[1][:, :1]],
        ValueError,
        r"sequence 1 has steps of shape \(1,\), but the first sequence has steps of shape \(2,\)",
    ),
    "unequal features in a sequence": (
        [[[1.0, 2.0], [3.0]], [[1.0, 2.0]]],
        ValueError,
        "sequence 0 .*every step needs the same number of features",
    ),
    "NaN": (HOLE, ValueError, "Input X contains NaN: sequence 1, step 1.*SimpleImputer"),
    "infinity": (PEAK, ValueError, "Input X contains infinity: sequence 1, step 1"),
    "NaN in a table": ([[1.0, 2.0, np.nan], [3.0] * 3], ValueError, "NaN: sequence 0, step 2"),
    "NaN in the context": (
        X[:2].with_context([0.0, np.nan]),
        ValueError,
        "the context of sequence 1 has a missing or infinite value.*SimpleImputer",
    ),
    "number": (3, TypeError, "expected sequences .*, got int"),
    "dict": ({"a": 1}, TypeError, "expected sequences .*, got dict"),
    "generator": ((a for a in ARRAYS), TypeError, "expected sequences .*, got generator"),
    "sparse": (scipy.sparse.eye(2).tocsr(), TypeError, "Sparse data .* dense data is required"),
    "one series": (
        np.arange(5.0),
        ValueError,
        r"got 1D array(.|\n)*in a list, \[x\]",
    ),
    "number that 32 bits cannot hold": (
        [ARRAYS[0], np.array([[1.0, 2.0], [3.0, -1e300]])],
        ValueError,
        r"Input X contains -1e\+300: sequence 1, step 1\. RNNClassifier takes numbers up to "
        r"3\.4e\+38, beyond which they overflow: give them in another unit, or clip them",
    ),
    "context that 32 bits cannot hold": (
        X[:2].with_context([0.0, 1e39]),
        ValueError,
        r"the context of sequence 1 contains 1e\+39: RNNClassifier takes numbers up to 3\.4e\+38",
    ),
}


@pytest.mark.parametrize("name", BAD_X)
def test_bad_X_is_refused_by_fit(name):
    bad, error, message = BAD_X[name]
    with pytest.raises(error, match=message):
        classifier().fit(bad, ["no", "yes"])


@pytest.mark.parametrize("name", ["text", "bare string", "empty list", "empty sequence", "NaN"])
@pytest.mark.parametrize("method", ["predict", "predict_proba", "hidden_states"])
def test_bad_X_is_refused_by_prediction(name, method, fitted):
    bad, error, message = BAD_X[name]
    with pytest.raises(error, match=message):
        getattr(fitted["numbers"], method)(bad)


# What was fitted, what it is asked about, the message.
OTHER_X = {
    "features": (
        "numbers",
        [a[:, :1] for a in ARRAYS],
        "X has 1 features, but RNNClassifier is expecting 2 features as input",
    ),
    "a sequence alone": (
        "numbers",
        ARRAYS[0],
        r"X has 1 features, but RNNClassifier is expecting 2 features .* if it is one sequence, "
        r"of shape \(n_steps, n_features\), put it in a list",
    ),
    "features of a 3-D array": (
        "numbers",
        np.zeros((2, 3, 4)),
        "X has 4 features, but RNNClassifier is expecting 2 features",
    ),
    "width of a table": (
        "table",
        np.ones((4, 2)),
        "X has 2 features, but RNNClassifier is expecting 3 features",
    ),
    "vocabulary": (
        "words",
        SequenceArray.from_list([[5]], n_tokens=6),
        "X has a vocabulary of 6 symbols, but RNNClassifier was fitted on 5: encode it with the "
        "encoder that was fitted on the training data",
    ),
    "numbers for symbols": (
        "words",
        X,
        "holds numeric, but RNNClassifier was fitted on symbols: use the same preprocessing",
    ),
    "symbols for numbers": ("numbers", WORDS, "holds symbols, but .* was fitted on numeric"),
    "one more channel": (
        "numbers",
        X.with_channel("word", WORDS.only),
        r"has the channels \['values', 'word'\], but RNNClassifier was fitted on \['values'\]",
    ),
    "no context": (
        "aged",
        X,
        r"X has no context, but RNNClassifier was fitted with a context of 1 value: use "
        r"X\.with_context\(C\) with C of shape \(n_sequences, 1\)",
    ),
    "context from nowhere": (
        "numbers",
        AGED,
        r"a context of 1 value, but .* fitted with no context: use X\.with_context\(None\)",
    ),
    "longer context": (
        "aged",
        X.with_context(np.zeros((20, 3))),
        "a context of 3 values, but .* fitted with a context of 1 value",
    ),
    "far larger numbers": (
        "small",
        [ARRAYS[0], np.full((2, 2), 3e38)],
        "the network gives .*nan.* for sequence 1.*far larger than those it was fitted on",
    ),
}


@pytest.mark.parametrize("name", OTHER_X)
def test_other_X_than_in_fit_is_refused(name, fitted):
    which, bad, message = OTHER_X[name]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "overflow", RuntimeWarning)
        with pytest.raises(ValueError, match=message):
            fitted[which].predict(bad)


def test_context_of_another_length_is_refused():
    with pytest.raises(ValueError, match="context has 19 rows, but there are 20 sequences"):
        X.with_context(np.zeros(19))


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
@pytest.mark.parametrize("method", ["predict", "hidden_states", "attention_weights", "score"])
def test_unfitted_use_says_to_fit(kind, method):
    data = (X, NUMBERS) if method == "score" else (X,)
    with pytest.raises(NotFittedError, match=f"This {kind.__name__} instance is not fitted yet"):
        getattr(kind(pooling="attention"), method)(*data)


def test_attention_weights_need_that_pooling(fitted):
    assert not hasattr(fitted["numbers"], "attention_weights")
    with pytest.raises(AttributeError, match="needs pooling='attention', but pooling is 'last'"):
        fitted["numbers"].attention_weights(X)
    with pytest.raises(AttributeError, match="needs pooling='attention'"):
        RNNClassifier.attention_weights(fitted["numbers"], X)
    assert "How much each step counted" in RNNClassifier.attention_weights.__doc__


# Targets: the estimator, X, y, further arguments of fit, the message.
BAD_Y = {
    "longer than X": (
        classifier(),
        X[:19],
        LABELS,
        {},
        "X has 19 sequences, but y has 20 targets: give one for each sequence",
    ),
    "numbers longer than X": (regressor(), X[:19], NUMBERS, {}, "X has 19 sequences, but y has 20"),
    "none": (classifier(), X, None, {}, "requires y to be passed, but the target y is None"),
    "one class": (
        classifier(),
        X,
        ["yes"] * 20,
        {},
        "y has only one class, 'yes': a classifier needs at least two",
    ),
    "one class of weight": (
        classifier(),
        X,
        LABELS,
        {"sample_weight": np.asarray(LABELS == "yes", dtype=float)},
        "y has only one class, 'yes'",
    ),
    "as many classes as samples": (
        classifier(),
        X,
        np.arange(20),
        {},
        "every one of the 20 sequences has a class of its own.* use RNNRegressor",
    ),
    "continuous": (classifier(), X, NUMBERS + 0.5, {}, "Unknown label type: continuous"),
    "missing label": (
        classifier(),
        X,
        [*LABELS[:5], None, *LABELS[6:]],
        {},
        r"the label of sequence 5 is missing \(y\[5\] is None\): drop the sequence",
    ),
    "NaN for a label": (
        classifier(),
        X,
        [*LABELS[:5], np.nan, *LABELS[6:]],
        {},
        "the label of sequence 5 is missing",
    ),
    "NA for a label": (
        classifier(),
        X,
        pd.Series([*LABELS[:5], pd.NA, *LABELS[6:]]),
        {},
        "the label of sequence 5 is missing",
    ),
    "several columns of classes": (
        classifier(),
        X,
        np.arange(60).reshape(20, 3) % 4,
        {},
        r"y has 3 columns of several classes each: use MultiOutputClassifier",
    ),
    "text for numbers": (
        regressor(),
        X,
        LABELS,
        {},
        "y holds text, but RNNRegressor predicts numbers: use RNNClassifier for labels",
    ),
    "objects of text for numbers": (
        regressor(),
        X,
        LABELS.astype(object),
        {},
        "y holds text, but RNNRegressor predicts numbers",
    ),
    "NaN for a number": (regressor(), X, np.full(20, np.nan), {}, "Input y contains NaN"),
    "three axes": (regressor(), X, np.zeros((20, 2, 2)), {}, "dim 3"),
    "overflow": (
        regressor(),
        X,
        NUMBERS * 1e200,
        {},
        r"y holds a number as large as 2e\+201, whose square overflows: give y in another unit",
    ),
    "negative counts": (
        regressor(loss="poisson"),
        X,
        NUMBERS - 3,
        {},
        "loss='poisson' needs targets >= 0, got a smallest y of -3",
    ),
    "zero for gamma": (
        regressor(loss="gamma"),
        X,
        NUMBERS,
        {},
        "loss='gamma' needs targets > 0, got a smallest y of 0",
    ),
    "weights of another length": (
        classifier(),
        X,
        LABELS,
        {"sample_weight": np.ones(19)},
        r"sample_weight.shape == \(19,\), expected \(20,\)",
    ),
    "negative weights": (
        classifier(),
        X,
        LABELS,
        {"sample_weight": -np.ones(20)},
        "Negative values in data passed to `sample_weight`",
    ),
    "no weight at all": (
        classifier(),
        X,
        LABELS,
        {"sample_weight": np.zeros(20)},
        "Sample weights must contain at least one non-zero number",
    ),
    "X_val without y_val": (classifier(), X, LABELS, {"X_val": X}, "X_val and y_val go together"),
    "y_val of another length": (
        classifier(),
        X,
        LABELS,
        {"X_val": X[:3], "y_val": LABELS},
        "X_val has 3 sequences, but y_val has 20 targets",
    ),
    "X_val with other features": (
        classifier(),
        X,
        LABELS,
        {"X_val": [a[:, :1] for a in ARRAYS], "y_val": LABELS},
        "X_val has 1 features, but RNNClassifier is expecting 2 features",
    ),
    "y_val with another label": (
        classifier(),
        X,
        LABELS,
        {"X_val": X[:2], "y_val": ["no", "perhaps"]},
        r"y_val has labels that the classifier was not fitted on: \['perhaps'\]. Known are \['no', "
        r"'yes'\]: drop their sequences from y_val, or give some of them with y",
    ),
    "y_val with NaN": (
        regressor(),
        X,
        NUMBERS,
        {"X_val": X[:2], "y_val": [1.0, np.nan]},
        "y_val cannot be used: Input y contains NaN",
    ),
    "y_val with other columns": (
        regressor(),
        X,
        NUMBERS,
        {"X_val": X, "y_val": PAIRS},
        r"y_val has 2 column\(s\), but y has 1: give the same targets in both",
    ),
    "class weights of other classes": (
        classifier(class_weight={"perhaps": 1.0}),
        X,
        LABELS,
        {},
        "'no', 'yes'.* not in class_weight",
    ),
}


@pytest.mark.parametrize("name", BAD_Y)
def test_bad_targets_are_refused(name):
    estimator, sequences, y, more, message = BAD_Y[name]
    with pytest.raises(ValueError, match=message):
        estimator.fit(sequences, y, **more)
    with pytest.raises(NotFittedError):
        estimator.predict(sequences)


def test_partial_fit_names_labels_that_it_was_not_told_of():
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        classifier().partial_fit(X, LABELS)
    with pytest.raises(ValueError, match=r"\['yes'\]. Known are \['no', 'perhaps'\]: give all of"):
        classifier().partial_fit(X, LABELS, classes=["no", "perhaps"])
    begun = classifier().partial_fit(X, LABELS, classes=["no", "yes"])
    with pytest.raises(ValueError, match=r"classes=\['a', 'b'\] is not what .* \['no', 'yes'\]"):
        begun.partial_fit(X, LABELS, classes=["a", "b"])
    with pytest.raises(ValueError, match=r"not fitted on: \['perhaps'\]"):
        begun.partial_fit(X, np.where(LABELS == "no", "perhaps", "yes"))


def test_going_on_with_other_targets_is_refused():
    warm = regressor(warm_start=True).fit(X, NUMBERS)
    with pytest.raises(ValueError, match=r"y has shape \(20, 2\), .* has 1 target\(s\): give the"):
        warm.fit(X, PAIRS)
    with pytest.raises(ValueError, match="X has 1 features, but RNNRegressor is expecting 2"):
        warm.fit([a[:, :1] for a in ARRAYS], NUMBERS)
    with pytest.raises(ValueError, match=r"not fitted on: \['perhaps'\]"):
        classifier(warm_start=True).fit(X, LABELS).fit(X, ["perhaps", "yes"] * 10)


def long_frame(names="bcad"):
    steps = [(name, t, float(t)) for name in names for t in range(3)]
    return pd.DataFrame(steps, columns=["who", "t", "pulse"]).set_index(["who", "t"])


IN_ORDER = pd.Series(["no", "yes", "no", "yes"], index=list("bcad"))
OTHER_ORDER = (
    r"is indexed by the names of the sequences, but in another order than X: position 0 is 'a' in "
    r".* and 'b' in X\. Put it in order with .*\.loc\[names\].*, give .*\.to_numpy\(\)"
)


@pytest.mark.parametrize("read", [lambda frame: frame, SequenceArray.from_frame])
def test_targets_named_in_another_order_are_refused(read):
    sequences, disordered = read(long_frame()), IN_ORDER.sort_index()
    fitted = classifier().fit(sequences, IN_ORDER)
    calls = [
        lambda: classifier().fit(sequences, disordered),
        lambda: fitted.score(sequences, disordered),
        lambda: classifier().fit(sequences, IN_ORDER, X_val=sequences, y_val=disordered),
        lambda: classifier().fit(sequences, IN_ORDER, sample_weight=(disordered == "no") * 1.0),
        lambda: regressor().fit(sequences, (disordered == "no").astype(float)),
        lambda: regressor().fit(sequences, [1.0, 2.0, 3.0, 4.0]).score(sequences, disordered),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=OTHER_ORDER.replace(" X", " X(_val)?")):
            call()
    names = long_frame().index.unique(level=0)
    again = classifier().fit(sequences, disordered.loc[names])
    np.testing.assert_array_equal(again.predict_proba(sequences), fitted.predict_proba(sequences))


def test_targets_without_the_names_go_by_position():
    by_position = [
        IN_ORDER.to_numpy(),
        IN_ORDER.tolist(),
        IN_ORDER.reset_index(drop=True),
        IN_ORDER.set_axis(pd.MultiIndex.from_product([list("bcad"), [0]])),
    ]
    expected = classifier().fit(long_frame(), IN_ORDER).predict_proba(long_frame())
    for y in by_position:
        given = classifier().fit(long_frame(), y).predict_proba(long_frame())
        np.testing.assert_array_equal(given, expected)
