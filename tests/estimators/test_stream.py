"""Step by step is the same as all at once, and nothing else changes."""

import doctest
import pickle
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from sksequence import (
    PerStep,
    RNNClassifier,
    RNNRegressor,
    SequenceArray,
    SequenceScaler,
    TokenEncoder,
    Word2VecEmbedder,
)
from sksequence.cells import CELLS, Cell, Delayed
from sksequence.estimators import SequenceStream

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 12, size=24)
LENGTHS[0] = 11
NUMBERS = SequenceArray.from_list([RNG.normal(3, 2, size=(n, 2)) for n in LENGTHS])
IDS = [RNG.integers(0, 12, size=n) for n in LENGTHS]
SYMBOLS = SequenceArray.from_list(IDS, n_tokens=12)
VECTORS = SequenceArray.from_list(IDS, n_tokens=12, vectors=RNG.normal(size=(12, 5)))
CONTEXT = NUMBERS.with_context(RNG.normal(5, 2, size=(24, 3)))
CHANNELS = NUMBERS.with_channel("word", SYMBOLS.only).with_channel("sense", VECTORS.only)
LONG = LENGTHS > 5  # longer than the delays
LABELS = np.array(["no", "yes"])[np.arange(24) % 2]
AMOUNTS = RNG.gamma(2.0, size=24)
QUICK = {"hidden_size": 6, "max_epochs": 2, "random_state": 0}


def classifier(**parameters):
    return RNNClassifier(**{**QUICK, **parameters})


def regressor(**parameters):
    return RNNRegressor(**{**QUICK, **parameters})


class Faded(Cell):
    """A cell of one's own: half of the state stays."""

    n_gates = 1

    def step(self, weights, inputs, state):
        return (0.5 * state[0] + torch.tanh(inputs @ weights["weight_ih"].T),)


def steps_of(X, i=0):
    """The steps of sequence i as a user would have them one after the other."""
    sequence = X[i]
    if isinstance(sequence, dict):
        return [{name: c[t] for name, c in sequence.items()} for t in range(X.lengths[i])]
    return list(sequence)


def prefixes(X, i=0):
    """Sequence i cut after each of its steps, as a SequenceArray."""
    whole = X[[i]]
    return [
        SequenceArray(
            {name: c.steps(0, t) for name, c in whole.channels.items()},
            [0, t],
            context=whole.context,
        )
        for t in range(1, X.lengths[i] + 1)
    ]


def assert_same_as_predict(fitted, X, y=None):
    context = None if X.context is None else X.context[0]
    stream = fitted.stream(context=context)
    for t, (x, prefix) in enumerate(zip(steps_of(X), prefixes(X), strict=True)):
        answer = stream.step(x)
        expected = fitted.predict(prefix)[0]
        if isinstance(fitted, RNNClassifier):
            assert np.array_equal(answer, expected)
            expected = fitted.predict_proba(prefix)[0]
            answer = stream.predict_proba()
        np.testing.assert_allclose(answer, expected, atol=2e-6, rtol=2e-5)
        assert stream.n_steps == t + 1


CASES = {
    "mean": (classifier(pooling="mean"), NUMBERS, LABELS),
    "max": (classifier(pooling="max"), NUMBERS, LABELS),
    "attention": (classifier(pooling="attention", cell="gru"), NUMBERS, LABELS),
    "two layers, dropout": (regressor(hidden_size=[6, 5], dropout=0.3), NUMBERS, AMOUNTS),
    "residual, learned start": (
        regressor(n_layers=3, residual=True, initial_state="learned"),
        NUMBERS,
        AMOUNTS,
    ),
    "convolution": (classifier(conv_size=4, conv_width=3), NUMBERS, LABELS),
    "convolution of one step": (classifier(conv_size=4, conv_width=1), NUMBERS, LABELS),
    "convolution wider than all, mean": (
        regressor(conv_size=4, conv_width=15, pooling="mean"),
        NUMBERS,
        AMOUNTS,
    ),
    "symbols": (classifier(embedding_size=4), SYMBOLS, LABELS),
    "symbols, one-hot": (regressor(embedding_size=None), SYMBOLS, AMOUNTS),
    "vectors, trained": (classifier(), VECTORS, LABELS),
    "context at state": (classifier(context_at="state"), CONTEXT, LABELS),
    "context at steps": (regressor(context_at="steps", cell="gru"), CONTEXT, AMOUNTS),
    "context at both, convolution": (
        regressor(context_at="both", conv_size=3),
        CONTEXT,
        AMOUNTS,
    ),
    "three channels": (classifier(embedding_size=3), CHANNELS, LABELS),
    "not normalised, 64 bits": (regressor(normalize=False, dtype="float64"), NUMBERS, AMOUNTS),
    "multilabel": (classifier(), NUMBERS, RNG.integers(0, 2, size=(24, 3))),
    "two targets": (regressor(), NUMBERS, RNG.normal(size=(24, 2))),
    "three quantiles": (regressor(loss="quantile", quantile=[0.1, 0.5, 0.9]), NUMBERS, AMOUNTS),
    "gamma": (regressor(loss="gamma"), NUMBERS, AMOUNTS),
    "truncated": (classifier(tbptt_steps=3), NUMBERS, LABELS),
    "a cell of one's own": (classifier(cell=Faded()), NUMBERS, LABELS),
}


@pytest.mark.parametrize("name", CASES)
def test_each_step_is_predict_on_the_prefix(name):
    estimator, X, y = CASES[name]
    assert_same_as_predict(estimator.fit(X, y), X)


@pytest.mark.parametrize("cell", list(CELLS))
def test_every_cell(cell):
    fitted = regressor(cell=cell, hidden_size=[5, 4], max_epochs=1)
    fitted.fit(NUMBERS[LONG], AMOUNTS[LONG])
    assert_same_as_predict(fitted, NUMBERS)


@pytest.mark.parametrize("beside", [False, True])
def test_delays(beside):
    delayed = Delayed("gru", delay=[2, 3], beside=beside)
    fitted = regressor(cell=delayed, n_layers=2, max_epochs=1)
    fitted.fit(NUMBERS[LONG], AMOUNTS[LONG])
    assert_same_as_predict(fitted, NUMBERS)
    stream = fitted.stream(2)
    stream.step(NUMBERS[0][:2])
    assert all(len(values) == 2 for values in stream.state.values())


def test_answers_are_in_the_users_types():
    labels = classifier().fit(NUMBERS, LABELS).stream()
    assert type(labels.step([1.0, 2.0])) is str
    assert labels.predict_proba().shape == (2,)
    whole = classifier().fit(NUMBERS, np.arange(24) % 3).stream()
    assert type(whole.step([1.0, 2.0])) is int
    number = regressor().fit(NUMBERS, AMOUNTS).stream()
    assert type(number.step(np.float32([1.0, 2.0]))) is float
    assert not hasattr(number, "predict_proba")
    with pytest.raises(AttributeError, match="RNNRegressor has no predict_proba: it predicts"):
        _ = number.predict_proba
    side_by_side = classifier().fit(NUMBERS, LABELS).stream(1)
    assert side_by_side.step([[1.0, 2.0]]).shape == (1,)
    assert side_by_side.predict_proba().shape == (1, 2)
    assert side_by_side.n_steps.tolist() == [1]


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
@pytest.mark.parametrize("X", [CONTEXT, SYMBOLS], ids=["context", "symbols"])
def test_side_by_side_is_one_by_one(pooling, X):
    long = X[LENGTHS >= 4][:5]
    fitted = regressor(pooling=pooling, conv_size=3, n_layers=2).fit(X, AMOUNTS)
    stream = fitted.stream(5, context=long.context)
    for t in range(4):
        answers = stream.step(np.array([steps_of(long, i)[t] for i in range(5)]))
        expected = [fitted.predict(prefixes(long, i)[t])[0] for i in range(5)]
        np.testing.assert_allclose(answers, expected, atol=2e-6, rtol=2e-5)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
def test_any_number_of_steps_at_once(pooling):
    fitted = classifier(pooling=pooling, conv_size=3, n_layers=2).fit(CONTEXT, LABELS)
    X = CONTEXT[:6]
    stream = fitted.stream(6, context=X.context)
    cuts = [1, 0, *(X.lengths[2:] // 2 + 1)]  # of the second no step at first
    parts = [[x[:cut] for x, cut in zip(X, cuts, strict=True)]]
    parts += [[x[cut:] for x, cut in zip(X, cuts, strict=True)]]
    before = SequenceArray.from_list(parts[0])
    with pytest.raises(ValueError, match=r"no step of sequence\(s\) \[1\] was read yet"):
        stream.step(before)
    assert stream.n_steps.tolist() == [0] * 6  # so that nothing was read of the others either
    stream.read(before)
    assert stream.n_steps.tolist() == cuts
    with pytest.raises(ValueError, match=r"no step of sequence\(s\) \[1\] was read yet"):
        stream.predict()
    stream.step(SequenceArray.from_list(parts[1]))
    np.testing.assert_allclose(stream.predict_proba(), fitted.predict_proba(X), atol=2e-6)
    nothing = SequenceArray.from_list([np.zeros((0, 2))] * 6)
    before = stream.state
    assert stream.step(nothing).tolist() == fitted.predict(X).tolist()
    for name, values in stream.state.items():
        np.testing.assert_array_equal(values, before[name])


def test_names_of_columns_and_categories():
    frame = pd.DataFrame(
        {
            "patient": np.repeat(np.arange(12), 3),
            "pulse": RNG.normal(70, 5, size=36),
            "heat": RNG.normal(37, 1, size=36),
            "drug": pd.Categorical(np.array(["none", "x"])[RNG.integers(0, 2, size=36)]),
        }
    )
    X = SequenceArray.from_frame(frame, sequence="patient")
    fitted = regressor().fit(X, AMOUNTS[:12])
    stream, rows = fitted.stream(), frame.drop(columns="patient")
    for t in range(3):
        answer = stream.step(rows.iloc[t] if t else rows.iloc[t].to_dict())
        np.testing.assert_allclose(answer, fitted.predict(prefixes(X)[t])[0], rtol=2e-5)
    side_by_side = fitted.stream(12)
    answers = side_by_side.step(rows.iloc[::3])
    np.testing.assert_allclose(answers[0], fitted.predict(prefixes(X)[0])[0], rtol=2e-5)
    with pytest.raises(ValueError, match=r"missing: \['heat'\], unknown: \['fever'\]"):
        stream.step({"pulse": 70.0, "fever": 38.0, "drug": "x"})
    with pytest.raises(ValueError, match=r"'y' of channel 'drug' is none of the categories"):
        stream.step({"pulse": 70.0, "heat": 38.0, "drug": "y"})
    with pytest.raises(TypeError, match=r"fitted on the channels \['values', 'drug'\]: give a"):
        stream.step([70.0, 38.0, 1.0])


# -- pipelines ----------------------------------------------------------------------------------

TEXTS = ["good food and good wine", "bad soup", "good soup", "bad wine and bad food"] * 4
MOODS = [1, 0, 1, 0] * 4


@pytest.mark.parametrize(
    "encoder", [TokenEncoder(), Word2VecEmbedder(vector_size=4, epochs=1, random_state=0)]
)
@pytest.mark.parametrize("trainable", [True, False])
def test_words_through_a_pipeline(encoder, trainable):
    pipe = make_pipeline(encoder, classifier(embedding_trainable=trainable)).fit(TEXTS, MOODS)
    stream = pipe[-1].stream(transformer=pipe[:-1])
    words = "good wine and soup".split()
    for t, word in enumerate(words):
        assert stream.step(word) == pipe.predict([" ".join(words[: t + 1])])[0]
    expected = pipe.predict_proba(["good wine and soup"])[0]
    np.testing.assert_allclose(stream.predict_proba(), expected, atol=2e-6)
    stream.reset()
    stream.step("good wine")  # a text of several words is several steps
    assert stream.n_steps == 2
    pair = pipe[-1].stream(2, transformer=pipe[:-1])
    pair.step(["good", "bad"])
    answers = pair.step(["wine", "soup and food"])
    assert answers.tolist() == pipe.predict(["good wine", "bad soup and food"]).tolist()
    assert pair.n_steps.tolist() == [2, 4]
    again = pickle.loads(pickle.dumps(stream))
    assert again.step("soup") == stream.step("soup")
    np.testing.assert_array_equal(again.predict_proba(), stream.predict_proba())


def test_numbers_through_a_pipeline():
    pipe = make_pipeline(SequenceScaler(), PerStep(PCA(1)), regressor()).fit(NUMBERS, AMOUNTS)
    stream = pipe[-1].stream(transformer=pipe[:-1])
    for x, prefix in zip(steps_of(NUMBERS), prefixes(NUMBERS), strict=True):
        np.testing.assert_allclose(stream.step(x), pipe.predict(prefix)[0], rtol=2e-5, atol=2e-6)
    pair = pipe[-1].stream(2, transformer=pipe[:-1])
    np.testing.assert_allclose(
        pair.step([NUMBERS[0][0], NUMBERS[1][0]]),
        pipe.predict([NUMBERS[0][:1], NUMBERS[1][:1]]),
        rtol=2e-5,
        atol=2e-6,
    )
    with pytest.raises(ValueError, match="expected 2 steps, one of each sequence, got"):
        pair.step([NUMBERS[0][0]])
    with pytest.raises(TypeError, match="transformer must have the method transform, such as"):
        pipe[-1].stream(transformer="scaler")


def test_vectors_that_are_no_part_of_the_model_come_as_vectors():
    fitted = classifier(embedding_trainable=False).fit(VECTORS, LABELS)
    stream = fitted.stream()
    for i, prefix in zip(IDS[0], prefixes(VECTORS), strict=True):
        stream.step(VECTORS.vectors[i])
        np.testing.assert_allclose(
            stream.predict_proba(), fitted.predict_proba(prefix)[0], atol=2e-6
        )
    with pytest.raises(TypeError, match="give the vectors, or stream\\(transformer=pipeline"):
        stream.step("word")
    with pytest.raises(ValueError, match=r"expected a step: numbers of shape \(5,\); got 3"):
        stream.step(3)


# -- state and reset ----------------------------------------------------------------------------


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
def test_state_goes_back(pooling):
    fitted = regressor(pooling=pooling, conv_size=3, n_layers=2).fit(CONTEXT, AMOUNTS)
    stream = fitted.stream(context=CONTEXT.context[0])
    first = [stream.step(x) for x in NUMBERS[0][:4]]
    state = stream.state
    kept = deepcopy(state)
    onward = [stream.step(x) for x in NUMBERS[0][4:8]]
    for name, values in state.items():  # copies: going on has not changed them
        np.testing.assert_array_equal(values, kept[name])
    for values in stream.state.values():
        values[:] = 7  # and changing them changes nothing
    other = fitted.stream(context=CONTEXT.context[1])
    for target in (stream, other):
        target.state = state
        assert target.predict() == first[-1]
        assert [target.step(x) for x in NUMBERS[0][4:8]] == onward
        assert target.n_steps == 8


def test_what_the_state_holds():
    fitted = classifier(conv_size=4, hidden_size=[6, 5], pooling="mean").fit(NUMBERS, LABELS)
    stream = fitted.stream(3)
    for t in range(3):
        stream.step(NUMBERS[0][t : t + 1].repeat(3, axis=0))
    shapes = {name: values.shape for name, values in stream.state.items()}
    assert shapes == {
        "n_steps": (3,),
        "layer_0.h": (3, 6),
        "layer_0.c": (3, 6),
        "layer_1.h": (3, 5),
        "layer_1.c": (3, 5),
        "convolution": (3, 2, 2),
        "pool.sum": (3, 5),
        "pool.count": (3, 1),
    }
    states = fitted.hidden_states(prefixes(NUMBERS)[2])
    np.testing.assert_allclose(stream.state["layer_1.h"][0], states[0][-1], atol=1e-6)
    np.testing.assert_allclose(stream.state["pool.sum"][0], states[0].sum(axis=0), atol=1e-6)
    assert stream.state["n_steps"].tolist() == [3, 3, 3]


def test_a_state_that_does_not_fit():
    fitted = classifier().fit(NUMBERS, LABELS)
    stream = fitted.stream(2)
    stream.step(NUMBERS[0][:2])
    state = stream.state
    expected = r"'layer_0.h' of the state must have shape \(2, 6\), .* got \(2, 5\)"
    with pytest.raises(ValueError, match=expected):
        stream.state = {**state, "layer_0.h": np.zeros((2, 5))}
    with pytest.raises(ValueError, match=r"must have shape \(3,\), .* got \(2,\)"):
        fitted.stream(3).state = state
    with pytest.raises(ValueError, match=r"has the entries \['layer_0.c', .*, got \['h'\]"):
        stream.state = {"h": np.zeros((2, 6))}
    with pytest.raises(ValueError, match="got ndarray"):
        stream.state = np.zeros((2, 6))
    with pytest.raises(ValueError, match=r"'layer_0\.c' of the state must hold numbers"):
        stream.state = {**state, "layer_0.c": np.full((2, 6), np.nan)}
    with pytest.raises(ValueError, match="n_steps of the state must not be negative"):
        stream.state = {**state, "n_steps": np.array([-1, 2])}
    for name, values in stream.state.items():  # what was refused has changed nothing
        np.testing.assert_array_equal(values, state[name])


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
def test_some_begin_anew(pooling):
    fitted = regressor(pooling=pooling, conv_size=3, initial_state="learned").fit(NUMBERS, AMOUNTS)
    a, b, c = (NUMBERS[i] for i in np.flatnonzero(LENGTHS >= 5)[:3])
    stream = fitted.stream(3)
    for t in range(3):
        stream.step([a[t], b[t], c[t]])
    stream.reset([True, False, False])
    assert stream.n_steps.tolist() == [0, 3, 3]
    answers = stream.step([b[0], b[3], c[3]])
    np.testing.assert_allclose(answers, fitted.predict([b[:1], b[:4], c[:4]]), rtol=2e-5, atol=2e-6)
    stream.reset(2)
    answers = stream.step([b[1], b[4], a[0]])
    np.testing.assert_allclose(answers, fitted.predict([b[:2], b[:5], a[:1]]), rtol=2e-5, atol=2e-6)
    stream.reset()
    with pytest.raises(ValueError, match=r"no step of sequence\(s\) \[0 1 2\] was read yet"):
        stream.predict()
    answers = stream.step([a[0], b[0], c[0]])
    np.testing.assert_allclose(answers, fitted.predict([a[:1], b[:1], c[:1]]), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("context_at", ["state", "steps"])
def test_a_sequence_that_begins_anew_may_have_another_context(context_at):
    fitted = regressor(context_at=context_at).fit(CONTEXT, AMOUNTS)
    stream = fitted.stream(2, context=CONTEXT.context[:2])
    x = NUMBERS[0][:2]
    stream.step(x)
    stream.reset(1, context=CONTEXT.context[5])
    answers = stream.step(x)
    ends = [np.concatenate([x[:1], x[:1]]), x[1:]]
    expected = fitted.predict(SequenceArray.from_list(ends, context=CONTEXT.context[[0, 5]]))
    np.testing.assert_allclose(answers, expected, rtol=2e-5, atol=2e-6)
    assert stream.state["context"].tolist() == CONTEXT.context[[0, 5]].tolist()


# -- manners ------------------------------------------------------------------------------------


def test_the_estimator_is_only_read():
    fitted = classifier(pooling="attention").fit(NUMBERS, LABELS)
    before = pickle.dumps(fitted)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    stream = fitted.stream()
    for x in NUMBERS[0]:
        stream.step(x)
    stream.reset()
    assert pickle.dumps(fitted) == before
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert not torch.is_inference_mode_enabled()


def test_another_fit_does_not_touch_a_stream():
    fitted = regressor().fit(NUMBERS, AMOUNTS)
    stream, kept = fitted.stream(), fitted.predict([NUMBERS[0][:2]])[0]
    stream.step(NUMBERS[0][0])
    fitted.set_params(hidden_size=3, normalize=False).fit(NUMBERS, 100 * AMOUNTS)
    np.testing.assert_allclose(stream.step(NUMBERS[0][1]), kept, rtol=2e-5)
    again = pickle.loads(pickle.dumps(stream))
    assert again.predict() == stream.predict()


def test_pickle_goes_on():
    fitted = classifier(pooling="mean").fit(CONTEXT, LABELS)
    stream = fitted.stream(context=CONTEXT.context[0])
    stream.step(NUMBERS[0][0])
    again = pickle.loads(pickle.dumps(stream))
    assert isinstance(again, SequenceStream) and again.n_steps == 1
    for x in NUMBERS[0][1:]:
        assert again.step(x) == stream.step(x)
    np.testing.assert_array_equal(again.predict_proba(), stream.predict_proba())
    assert repr(again) == "SequenceStream(RNNClassifier, n_steps=11)"
    assert repr(fitted.stream(2, context=CONTEXT.context[:2])) == (
        "SequenceStream(RNNClassifier, n_sequences=2, n_steps=[0 0])"
    )


def test_a_step_costs_one_step_of_the_cell_and_no_more_memory(monkeypatch):
    # a cell that torch has no function for
    fitted = classifier(cell="mgu", pooling="attention", conv_size=3).fit(NUMBERS, LABELS)
    stream = fitted.stream()
    stream.step([1.0, 2.0])
    size = len(pickle.dumps(stream))
    cell, calls = type(fitted.network_.spec.cell), []
    step = cell.step
    monkeypatch.setattr(cell, "step", lambda *args: calls.append(len(args[2])) or step(*args))
    for x in RNG.normal(3, 2, size=(50, 2)):
        stream.step(x)
    assert calls == [1] * 50  # of one sequence each
    assert abs(len(pickle.dumps(stream)) - size) < 16  # but for the digits of n_steps


def test_a_long_stream_keeps_its_precision():
    fitted = regressor(pooling="mean").fit(NUMBERS, AMOUNTS)
    values = RNG.normal(3, 2, size=(3000, 2))
    stream = fitted.stream()
    for x in values:
        answer = stream.step(x)
    np.testing.assert_allclose(answer, fitted.predict([values])[0], rtol=1e-5)


# -- bad input ----------------------------------------------------------------------------------


def test_bidirectional_networks_cannot():
    fitted = classifier(bidirectional=True).fit(NUMBERS, LABELS)
    with pytest.raises(ValueError, match="reads its sequences from the end too, so a new step"):
        fitted.stream()
    with pytest.raises(ValueError, match="not fitted"):
        classifier().stream()


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        ([1.0], ValueError, r"expected a step: numbers of shape \(2,\); got \[1.0\] of shape \(1,"),
        (1.0, ValueError, r"got 1.0 of shape \(\)"),
        ([[1.0, 2.0]], ValueError, r"of shape \(1, 2\)"),
        ("word", TypeError, r"RNNClassifier expected a step: numbers of shape \(2,\); got 'word'"),
        (["a", "b"], TypeError, "expected a step: numbers"),
        (None, TypeError, "expected a step: numbers"),
        ([[1.0], [2.0, 3.0]], ValueError, "whose rows differ in length"),
        ([1.0, np.nan], ValueError, "holds a value that is missing, infinite or too large"),
        ([1.0, np.inf], ValueError, "fill or clip it, got"),
        ([1.0, 1e300], ValueError, "too large for RNNClassifier"),
        ({"pulse": 1.0}, ValueError, r"missing: \['values'\], unknown: \['pulse'\]"),
        (SYMBOLS[:1], ValueError, "holds symbols, but RNNClassifier was fitted on numeric"),
        (NUMBERS[:2], ValueError, r"the stream has 1 sequence\(s\), got steps of 2"),
    ],
)
def test_steps_that_do_not_fit(step, error, message):
    stream = classifier().fit(NUMBERS, LABELS).stream()
    stream.step([1.0, 2.0])
    before = stream.state
    with pytest.raises(error, match=message):
        stream.step(step)
    for name, values in stream.state.items():  # what was refused was not read
        np.testing.assert_array_equal(values, before[name])


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        (12, ValueError, r"must lie in \[0, n_tokens\) = \[0, 12\), got 12"),
        (-1, ValueError, r"must lie in \[0, n_tokens\)"),
        (1.0, TypeError, r"expected a step: an integer id in \[0, 12\); got 1.0"),
        ("word", TypeError, r"give the encoder too: stream\(transformer=pipeline\[:-1\]\)"),
        ([1, 2], ValueError, r"got \[1, 2\] of shape \(2,\)"),
    ],
)
def test_symbols_that_do_not_fit(step, error, message):
    stream = classifier().fit(SYMBOLS, LABELS).stream()
    with pytest.raises(error, match=message):
        stream.step(step)


def test_side_by_side_steps_that_do_not_fit():
    stream = classifier().fit(NUMBERS, LABELS).stream(3)
    with pytest.raises(ValueError, match=r"3 steps, one of each sequence: numbers of shape \(3, 2"):
        stream.step([1.0, 2.0])
    with pytest.raises(IndexError, match=r"which=3 is none of the 3 sequence\(s\) of this stream"):
        stream.reset(3)
    for wrong, error in ((0, ValueError), (True, TypeError), (2.0, TypeError)):
        with pytest.raises(error, match="n_sequences must be"):
            classifier().fit(NUMBERS, LABELS).stream(wrong)


def test_contexts_that_do_not_fit():
    with_context = classifier().fit(CONTEXT, LABELS)
    with pytest.raises(ValueError, match=r"fitted with context= with 3 value\(s\) a sequence, got"):
        with_context.stream()
    with pytest.raises(ValueError, match=r"context must have shape \(2, 3\) .* got \(3,\)"):
        with_context.stream(2, context=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="context holds a value that is missing"):
        with_context.stream(context=[1.0, np.nan, 3.0])
    with pytest.raises(ValueError, match=r"fitted with no context, got one of shape \(3,\)"):
        classifier().fit(NUMBERS, LABELS).stream(context=[1.0, 2.0, 3.0])


def test_the_guide_gives_what_it_shows():
    guide = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "streams.rst"
    result = doctest.testfile(str(guide), module_relative=False, encoding="utf-8")
    assert result.attempted > 20
    assert result.failed == 0
