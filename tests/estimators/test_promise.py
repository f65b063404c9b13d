"""The promise, kept by every estimator in configurations that exercise each part of it."""

import numpy as np
import pytest
import torch

from sksequence import RNNClassifier, RNNRegressor, SequenceArray
from sksequence.testing import check_sequence_estimator, sequence_checks
from sksequence.training import DivergenceError

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 9, size=24)
LENGTHS[[3, 11]] = 1
NUMBERS = SequenceArray.from_list([RNG.normal(size=(n, 2)) for n in LENGTHS])
IDS = [RNG.integers(0, 12, size=n) for n in LENGTHS]
SYMBOLS = SequenceArray.from_list(IDS, n_tokens=12)
VECTORS = SequenceArray.from_list(IDS, n_tokens=12, vectors=RNG.normal(size=(12, 5)))
CONTEXT = NUMBERS.with_context(RNG.normal(size=(24, 3)))
CHANNELS = NUMBERS.with_channel("word", SYMBOLS.only).with_channel("sense", VECTORS.only)
LABELS = np.array(["no", "yes"])[np.arange(24) % 2]
THREE = np.array(["a", "b", "c"])[np.arange(24) % 3]
MULTILABEL = RNG.integers(0, 2, size=(24, 3))
AMOUNTS = RNG.gamma(2.0, size=24)
PAIRS = RNG.normal(size=(24, 2))

# Narrow and briefly trained, to save time: what is checked holds at any width, at any epoch.
QUICK = {"hidden_size": 6, "max_epochs": 4}


def classifier(**parameters):
    return RNNClassifier(**{**QUICK, **parameters})


def regressor(**parameters):
    return RNNRegressor(**{**QUICK, **parameters})


CASES = {
    "defaults, three epochs": (RNNClassifier(max_epochs=3), NUMBERS, LABELS),
    "gru, several batches": (classifier(cell="gru", batch_size=9), NUMBERS, THREE),
    "rnn, two layers, dropout": (
        regressor(cell="rnn", hidden_size=[6, 5], dropout=0.3),
        NUMBERS,
        AMOUNTS,
    ),
    "bidirectional, last": (classifier(bidirectional=True), NUMBERS, LABELS),
    "bidirectional, mean": (regressor(bidirectional=True, pooling="mean"), NUMBERS, AMOUNTS),
    "bidirectional, max": (classifier(bidirectional=True, pooling="max"), NUMBERS, LABELS),
    "bidirectional, attention": (
        regressor(bidirectional=True, pooling="attention", cell="gru"),
        NUMBERS,
        AMOUNTS,
    ),
    "attention": (classifier(pooling="attention"), NUMBERS, LABELS),
    "convolution": (classifier(conv_size=4, conv_width=3), NUMBERS, LABELS),
    "convolution, bidirectional": (
        regressor(conv_size=4, conv_width=4, bidirectional=True),
        NUMBERS,
        AMOUNTS,
    ),
    "symbols, embedded": (classifier(embedding_size=4), SYMBOLS, LABELS),
    "symbols, one-hot": (regressor(embedding_size=None), SYMBOLS, AMOUNTS),
    "symbols, more than rows of weights": (
        classifier(embedding_size=None, cell="rnn", hidden_size=5),
        SYMBOLS,
        LABELS,
    ),
    "vectors, trainable": (classifier(), VECTORS, LABELS),
    "vectors, frozen": (regressor(embedding_trainable=False), VECTORS, AMOUNTS),
    "context at state": (classifier(context_at="state"), CONTEXT, LABELS),
    "context at steps": (regressor(context_at="steps"), CONTEXT, AMOUNTS),
    "context at both": (
        classifier(context_at="both", bidirectional=True, cell="gru"),
        CONTEXT,
        LABELS,
    ),
    "three channels": (classifier(embedding_size=3), CHANNELS, LABELS),
    "not normalised, 64 bits": (regressor(normalize=False, dtype="float64"), NUMBERS, AMOUNTS),
    "multilabel": (classifier(), NUMBERS, MULTILABEL),
    "two targets": (regressor(), NUMBERS, PAIRS),
    "three quantiles": (regressor(loss="quantile", quantile=[0.1, 0.5, 0.9]), NUMBERS, AMOUNTS),
    "gamma": (regressor(loss="gamma"), NUMBERS, AMOUNTS),
    "early stopping": (
        classifier(early_stopping=True, validation_fraction=0.25),
        NUMBERS,
        LABELS,
    ),
    "class weights": (classifier(class_weight={"no": 1.0, "yes": 3.0}), NUMBERS, LABELS),
}


@pytest.mark.parametrize("name", CASES)
def test_promise_is_kept(name):
    estimator, X, y = CASES[name]
    records = check_sequence_estimator(estimator, X, y, on_skip=None, on_fail=None)
    failed = {r["check_name"]: r["exception"] for r in records if r["status"] == "failed"}
    assert failed == {}
    skipped = {r["check_name"] for r in records if r["status"] == "skipped"}
    assert {name for name in skipped if "[" not in name} == does_not_apply(estimator, X)
    assert bool(skipped & {"check_array[3-D array]"}) == (X is not NUMBERS)


def does_not_apply(estimator, X):
    names = {"check_no_look_ahead"} if estimator.bidirectional else set()
    if X.context is not None or len(X.channels) > 1:
        names.add("check_unequal_steps")
    if X is SYMBOLS or X is VECTORS:
        names |= {"check_nan", "check_infinity", "check_unequal_steps"}
    return names


@pytest.mark.parametrize("estimator", [classifier(), regressor(bidirectional=True)])
def test_zero_weight_equals_removal_to_the_last_bit(estimator):
    rng = np.random.default_rng(1)
    y = LABELS if isinstance(estimator, RNNClassifier) else AMOUNTS
    weights = np.where(np.arange(24) % 3 == 1, 0.0, rng.uniform(0.5, 2.0, size=24))
    kept = weights > 0
    estimator.set_params(random_state=0, batch_size=5, early_stopping=True)
    spoiled = SequenceArray(
        np.where(np.repeat(kept, LENGTHS)[:, np.newaxis], NUMBERS.values, 1e9), NUMBERS.offsets
    )
    weighted = estimator.fit(spoiled, y, sample_weight=weights)
    expected = weighted.predict(NUMBERS), weighted.hidden_states(NUMBERS).values
    removed = estimator.fit(NUMBERS[kept], y[kept], sample_weight=weights[kept])
    np.testing.assert_array_equal(removed.predict(NUMBERS), expected[0])
    np.testing.assert_array_equal(removed.hidden_states(NUMBERS).values, expected[1])


def test_settings_of_torch_come_back_after_an_error():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(DivergenceError):
            regressor(learning_rate=1e30, gradient_clip=None).fit(NUMBERS, AMOUNTS)
        assert torch.get_num_threads() == 3
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        wide = classifier(hidden_size=512, max_epochs=1).fit(NUMBERS, LABELS)  # works on all three
        wide.predict(NUMBERS)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_answers_are_the_same_on_one_thread_and_on_two():
    before = torch.get_num_threads()
    fitted = classifier(hidden_size=512, max_epochs=1, random_state=0).fit(NUMBERS, LABELS)
    expected = fitted.predict_proba(NUMBERS)
    torch.set_num_threads(2)
    try:
        np.testing.assert_allclose(fitted.predict_proba(NUMBERS), expected, atol=1e-6)
    finally:
        torch.set_num_threads(before)


def mean_over_padding(pooling, states, lengths, mask):
    return states.mean(dim=1), None


def flip_with_padding(values, lengths):
    return values.flip(1)


@pytest.mark.parametrize(
    "place, spoiled, parameters",
    [
        ("sksequence.layers._pooling.MeanPooling.forward", mean_over_padding, {"pooling": "mean"}),
        (
            "sksequence.layers._recurrent.reverse_steps",
            flip_with_padding,
            {"bidirectional": True, "pooling": "max"},
        ),
    ],
)
def test_a_layer_that_reads_padding_is_caught(monkeypatch, place, spoiled, parameters):
    monkeypatch.setattr(place, spoiled)
    with pytest.raises(AssertionError, match="changes"):
        for estimator, check in sequence_checks(regressor(**parameters), NUMBERS, AMOUNTS):
            if "check_padding" in repr(check):
                check(estimator)
