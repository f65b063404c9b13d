"""What estimators answer: each loss its own target, labels and numbers of every shape."""

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from sksequence import RNNClassifier, RNNRegressor, SequenceArray

RNG = np.random.default_rng(0)
ARRAYS = [RNG.normal(size=(n, 1)) for n in RNG.integers(3, 9, size=300)]
X = SequenceArray.from_list(ARRAYS)
MEANS = np.array([x.mean() for x in ARRAYS])
TRAIN, TEST = slice(0, 200), slice(200, 300)

QUICK = {"hidden_size": 8, "cell": "gru", "pooling": "mean", "random_state": 0}
QUICK |= {"learning_rate": 0.02, "max_epochs": 30, "early_stopping": False}


def regressor(**parameters):
    return RNNRegressor(**{**QUICK, **parameters})


def classifier(**parameters):
    return RNNClassifier(**{**QUICK, **parameters})


# Losses. Sequences that say nothing leave the best constant, which is known for each loss.

SILENT = np.zeros((200, 1))
SKEWED = RNG.exponential(scale=3.0, size=200) + 0.1
BEST_CONSTANT = {
    "squared_error": SKEWED.mean(),
    "absolute_error": np.median(SKEWED),
    "poisson": SKEWED.mean(),
    "gamma": SKEWED.mean(),
}


@pytest.mark.parametrize("loss", BEST_CONSTANT)
def test_each_loss_finds_its_constant(loss):
    fitted = regressor(loss=loss, batch_size="full", max_epochs=150).fit(SILENT, SKEWED)
    predicted = fitted.predict(SILENT)
    np.testing.assert_allclose(predicted, predicted[0])
    np.testing.assert_allclose(predicted[0], BEST_CONSTANT[loss], rtol=0.05)


def test_quantiles_are_those_of_the_targets():
    wanted = [0.1, 0.5, 0.9]
    several = regressor(loss="quantile", quantile=wanted, batch_size="full", max_epochs=250)
    predicted = several.fit(SILENT, SKEWED).predict(SILENT)
    assert predicted.shape == (200, 3)
    shares = (SKEWED[:, np.newaxis] <= predicted).mean(axis=0)
    np.testing.assert_allclose(shares, wanted, atol=0.03)
    one = regressor(loss="quantile", quantile=0.9, batch_size="full", max_epochs=250)
    alone = one.fit(SILENT, SKEWED).predict(SILENT)
    assert alone.shape == (200,)
    np.testing.assert_allclose((SKEWED <= alone).mean(), 0.9, atol=0.03)


def test_quantiles_of_two_targets_are_scored_by_the_pinball_loss_they_save():
    y = np.column_stack([MEANS, 10 * MEANS])
    wanted = [0.25, 0.75]
    fitted = regressor(loss="quantile", quantile=wanted).fit(X[TRAIN], y[TRAIN])
    predicted = fitted.predict(X[TEST])
    assert predicted.shape == (100, 2, 2)
    saved = []
    for i, quantile in enumerate(wanted):
        for target in range(2):
            truth, given = y[TEST][:, target], predicted[:, target, i]
            constant = np.full(100, np.quantile(truth, quantile))
            losses = [mean_pinball_loss(truth, p, alpha=quantile) for p in (given, constant)]
            saved.append(1 - losses[0] / losses[1])
    np.testing.assert_allclose(fitted.score(X[TEST], y[TEST]), np.mean(saved), rtol=1e-6)
    assert np.mean(saved) > 0.5


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_numbers_in_any_unit_are_found(loss):
    y = 1e6 + 5e4 * MEANS
    assert regressor(loss=loss).fit(X[TRAIN], y[TRAIN]).score(X[TEST], y[TEST]) > 0.9


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_positive_losses_find_the_rate_and_stay_positive(loss):
    rng = np.random.default_rng(1)
    rate = np.exp(0.5 + 1.5 * MEANS)
    y = rng.poisson(rate) if loss == "poisson" else rng.gamma(4.0, rate / 4.0)
    predicted = regressor(loss=loss).fit(X[TRAIN], y[TRAIN]).predict(X[TEST])
    assert (predicted > 0).all()
    assert np.corrcoef(np.log(predicted), np.log(rate[TEST]))[0, 1] > 0.9


def test_robust_losses_are_moved_less_by_outliers():
    rng = np.random.default_rng(1)
    y = 50 * MEANS
    spoiled = y + 1000.0 * (rng.uniform(size=300) < 0.1)
    off = {}
    for loss in ("squared_error", "huber", "absolute_error"):
        fitted = regressor(loss=loss).fit(X[TRAIN], spoiled[TRAIN])
        off[loss] = np.median(np.abs(fitted.predict(X[TEST]) - y[TEST]))
    assert off["absolute_error"] < 0.3 * off["huber"] < 0.3 * off["squared_error"]


# Shapes of targets


def test_several_targets_are_predicted_each_in_its_unit():
    y = np.column_stack([1e6 * MEANS, -MEANS, MEANS**2])
    predicted = regressor().fit(X[TRAIN], y[TRAIN]).predict(X[TEST])
    assert predicted.shape == (100, 3)
    for target in (0, 1):
        assert np.corrcoef(predicted[:, target], y[TEST][:, target])[0, 1] > 0.95


def test_one_column_of_targets_keeps_its_axis():
    assert regressor(max_epochs=1).fit(X, MEANS[:, None]).predict(X).shape == (300, 1)
    assert regressor(max_epochs=1).fit(X, MEANS).predict(X).shape == (300,)


def test_constant_target_is_predicted():
    fitted = regressor(max_epochs=40).fit(X, np.full(300, 7.0))
    np.testing.assert_allclose(fitted.predict(X), 7.0, atol=0.1)


@pytest.mark.parametrize("labels", [["no", "yes"], [-1, 1], [False, True], [5.0, 7.0]])
def test_labels_come_back_in_their_own_type(labels):
    y = np.array(labels)[(MEANS > 0).astype(int)]
    fitted = classifier().fit(X[TRAIN], y[TRAIN])
    assert fitted.predict(X[TEST]).dtype == y.dtype
    np.testing.assert_array_equal(fitted.classes_, labels)
    assert fitted.score(X[TEST], y[TEST]) > 0.8


def test_probabilities_are_probabilities():
    y = np.digitize(MEANS, [-0.3, 0.3])
    fitted = classifier().fit(X[TRAIN], y[TRAIN])
    probabilities = fitted.predict_proba(X[TEST])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(fitted.predict(X[TEST]), probabilities.argmax(axis=1))
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X[TEST])), probabilities, rtol=1e-12)
    # they mean what they say: the mean probability of a class is its share
    shares = np.bincount(y[TEST], minlength=3) / 100
    np.testing.assert_allclose(probabilities.mean(axis=0), shares, atol=0.1)


def test_labels_that_hold_together():
    y = np.column_stack([MEANS > 0, MEANS > 0.3, np.abs(MEANS) > 1.0]).astype(int)
    fitted = classifier(max_epochs=40).fit(X[TRAIN], y[TRAIN])
    predicted = fitted.predict(X[TEST])
    assert predicted.shape == (100, 3)
    assert set(np.unique(predicted)) <= {0, 1}
    np.testing.assert_array_equal(predicted, (fitted.predict_proba(X[TEST]) > 0.5).astype(int))
    assert (predicted[:, :2] == y[TEST][:, :2]).mean() > 0.85
    assert predicted[:, :2].sum(axis=1).max() == 2  # both at once


# Context, states and attention


@pytest.mark.parametrize("context_at", ["state", "steps", "both"])
def test_context_is_used_wherever_it_enters(context_at):
    rng = np.random.default_rng(1)
    context = rng.normal(size=(300, 2))
    y = context[:, 0] - context[:, 1]
    noise = SequenceArray(rng.normal(size=X.values.shape), X.offsets, context=context)
    fitted = regressor(context_at=context_at).fit(noise[TRAIN], y[TRAIN])
    assert fitted.score(noise[TEST], y[TEST]) > 0.8


@pytest.mark.parametrize("bidirectional", [False, True])
def test_hidden_states_are_what_is_pooled(bidirectional):
    fitted = classifier(pooling="max", bidirectional=bidirectional, max_epochs=2, hidden_size=5)
    fitted.fit(X, MEANS > 0)
    states = fitted.hidden_states(X)
    np.testing.assert_array_equal(states.lengths, X.lengths)
    assert states.values.shape[1] == (10 if bidirectional else 5)
    head = fitted.network_.head
    pooled = np.stack([s.max(axis=0) for s in states])
    scores = pooled @ head.weight.detach().numpy().T + head.bias.detach().numpy()
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    expected = odds / odds.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fitted.predict_proba(X), expected, atol=1e-5)


def test_hidden_states_keep_names():
    named = SequenceArray(X.values, X.offsets, names=np.arange(300))
    states = regressor(max_epochs=1).fit(named, MEANS).hidden_states(named)
    np.testing.assert_array_equal(states.names, named.names)


def test_attention_weights_add_up_and_find_the_step_that_counts():
    rng = np.random.default_rng(1)
    lengths = rng.integers(3, 9, size=300)
    at = rng.integers(0, lengths)
    marked, y = [], rng.normal(size=300)
    for n, t, value in zip(lengths, at, y, strict=True):
        steps = np.column_stack([rng.normal(size=n), np.zeros(n)])
        steps[t] = value, 1.0  # the second feature marks the step whose first one is the answer
        marked.append(steps)
    fitted = regressor(pooling="attention", max_epochs=60, hidden_size=16).fit(marked, y)
    weights = fitted.attention_weights(marked)
    np.testing.assert_array_equal(weights.lengths, lengths)
    np.testing.assert_allclose([w.sum() for w in weights], 1.0, rtol=1e-5)
    found = np.array([w.argmax() for w in weights])
    assert fitted.score(marked, y) > 0.8
    assert ((found == at) | (found == at + 1)).mean() > 0.6  # there, or as soon as it was read


def test_symbols_and_vectors_are_read():
    rng = np.random.default_rng(1)
    ids = [rng.integers(0, 20, size=n) for n in X.lengths]
    y = np.array([(i < 10).mean() > 0.5 for i in ids])
    vectors = np.column_stack([np.where(np.arange(20) < 10, 1.0, -1.0), rng.normal(size=20)])
    symbols = SequenceArray.from_list(ids, n_tokens=20)
    meant = SequenceArray.from_list(ids, n_tokens=20, vectors=vectors)
    for given, parameters in (
        (symbols, {"embedding_size": 4}),
        (symbols, {"embedding_size": None}),
        (meant, {"embedding_trainable": True}),
        (meant, {"embedding_trainable": False}),
    ):
        fitted = classifier(**parameters).fit(given[TRAIN], y[TRAIN])
        assert fitted.score(given[TEST], y[TEST]) > 0.85, parameters
