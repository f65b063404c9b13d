"""Gradients through time: closed forms, autograd, and what is said about them."""

import math
import pickle

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sksequence import (
    RNNClassifier,
    RNNForecaster,
    RNNLanguageModel,
    RNNRegressor,
    Seq2SeqTransformer,
    SequenceScaler,
    TokenEncoder,
    gradient_flow,
)
from sksequence.cells import CELLS, GRU, LSTM, RNN, Delayed
from sksequence.inspection._loss_batch import loss_batch
from sksequence.inspection._trace import adjoints, jacobians, traced
from sksequence.layers import RecurrentLayer

N_UNITS = 3


def rotation(seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(N_UNITS, N_UNITS)))[0]


def linear_network(matrix, n_steps=60, n_sequences=4, pooling="last"):
    """h_t = W h_{t-1} + U x_t with a known W, and its data."""
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(n_sequences, n_steps)), rng.normal(size=n_sequences)
    cell = RNN(activation="identity")
    regressor = RNNRegressor(
        cell=cell, hidden_size=N_UNITS, pooling=pooling, max_epochs=1, random_state=0
    ).fit(X, y)
    (layer,) = (m for m in regressor.network_.modules() if isinstance(m, RecurrentLayer))
    layer.weight_hh.data = torch.as_tensor(matrix, dtype=torch.float64)
    return regressor, X, y


@pytest.mark.parametrize("factor", [0.6, 0.9, 1.0, 1.1])
def test_linear_recurrence_has_its_closed_form(factor):
    matrix = factor * rotation()
    regressor, X, y = linear_network(matrix)
    (layer,) = gradient_flow(regressor, X, y).layers
    powers = factor ** np.arange(60)
    # |(W^T)^k v| = factor^k |v| for every v
    np.testing.assert_allclose(layer.carried, np.tile(powers, (4, 1)), rtol=1e-9)
    head = regressor.network_.head.weight.detach().numpy()[0]
    residuals = (regressor.predict(X) - y) / y.std()  # in units of the standardised target
    expected = 2 * np.abs(residuals) * np.linalg.norm(head)  # of d (f - z)^2 / d h_T
    np.testing.assert_allclose(layer.gradient_norms, expected[:, None] * powers, rtol=1e-7)
    np.testing.assert_allclose(layer.singular_values, factor, rtol=1e-9)
    np.testing.assert_allclose(layer.product_norms, np.tile(factor ** np.arange(61), (4, 1)))
    memory = math.ceil(math.log(0.01) / math.log(factor)) if factor < 1 else math.inf
    assert layer.memory_length == memory


def test_products_of_a_matrix_that_is_not_normal():
    matrix = np.triu(np.random.default_rng(3).normal(size=(N_UNITS, N_UNITS)), 1) + 0.5 * np.eye(3)
    regressor, X, y = linear_network(matrix, n_steps=20)
    (layer,) = gradient_flow(regressor, X, y).layers
    norms = [np.linalg.norm(np.linalg.matrix_power(matrix, k), 2) for k in range(21)]
    np.testing.assert_allclose(layer.product_norms[0], norms, rtol=1e-9)
    singular = np.linalg.svd(matrix, compute_uv=False)
    np.testing.assert_allclose(layer.singular_values[2, 7], singular, rtol=1e-9)


def test_mean_pooling_gives_every_step_a_gradient_of_its_own():
    factor, n_steps = 0.5, 12
    regressor, X, y = linear_network(factor * np.eye(N_UNITS), n_steps, pooling="mean")
    (layer,) = gradient_flow(regressor, X, y).layers
    # d = v / T at each step: the sum over the later steps is geometric
    sums = (1 - factor ** np.arange(1, n_steps + 1)) / (1 - factor)
    ratio = layer.gradient_norms / layer.gradient_norms[:, :1]
    np.testing.assert_allclose(ratio, np.tile(sums, (4, 1)), rtol=1e-9)
    np.testing.assert_allclose(layer.carried[0], factor ** np.arange(n_steps), rtol=1e-9)


def ragged(n=9, seed=0):
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=(m, 2)) for m in rng.integers(5, 12, size=n)]
    return X, np.array([x[0, 0] > 0 for x in X])


OTHERS = [RNN(activation="relu"), Delayed("lstm", delay=2), Delayed("gru", delay=2, beside=True)]


@pytest.mark.parametrize(
    ("cell", "pooling"),
    [("lstm", "last"), *((cell, "attention") for cell in [*CELLS, *OTHERS])],
    ids=str,
)
def test_weights_gradients_are_those_of_the_kernel(cell, pooling):
    X, y = ragged()
    classifier = RNNClassifier(
        cell=cell,
        hidden_size=[4, 3],
        bidirectional=True,
        pooling=pooling,
        initial_state="learned",
        residual=True,
        max_epochs=1,
        random_state=0,
    ).fit(X, y)
    flow = gradient_flow(classifier, X, y)
    batch = loss_batch(classifier, X, y, 100, "a test")
    loss = batch.loss()  # no layer is watched: the fast path
    loss.backward()
    assert flow.loss == pytest.approx(float(loss.detach()))
    layers = [m for m in batch.network.modules() if isinstance(m, RecurrentLayer)]
    assert [layer.name for layer in flow.layers] == [
        "recurrent 1",
        "recurrent 1 backward",
        "recurrent 2",
        "recurrent 2 backward",
    ]
    for found, layer in zip(flow.layers, layers, strict=True):
        for name, weight in layer.weights.items():
            np.testing.assert_allclose(found.weight_gradients[name], weight.grad, atol=1e-10)


def test_class_weights_count_as_in_training():
    X, y = ragged()
    classifier = RNNClassifier(
        hidden_size=3, class_weight={True: 5.0, False: 1.0}, max_epochs=1, random_state=0
    ).fit(X, y)
    batch = loss_batch(classifier, X, y, 100, "a test")
    batch.loss().backward()
    (layer,) = (m for m in batch.network.modules() if isinstance(m, RecurrentLayer))
    found = gradient_flow(classifier, X, y).layers[0].weight_gradients["weight_hh"]
    np.testing.assert_allclose(found, layer.weight_hh.grad, atol=1e-12)


def traces_of(classifier, X, y):
    batch = loss_batch(classifier, X, y, 100, "a test")
    with traced(batch.network) as traces:
        (batch.loss() * len(X)).backward()
    return traces


@pytest.mark.parametrize("cell", ["rnn", GRU(), "lstm"])
def test_products_and_gradients_equal_autograd(cell):
    X, y = ragged()
    classifier = RNNClassifier(cell=cell, hidden_size=3, max_epochs=1, random_state=0).fit(X, y)
    (trace,) = traces_of(classifier, X, y)
    total, _ = adjoints(trace)
    i = int(trace.n_steps.argmax())
    last, weights = int(trace.n_steps[i]) - 1, trace.layer.weights
    sizes = trace.layer.state_sizes

    def end(state):  # from the state after step last - 3 to that after the last
        for t in range(last - 2, last + 1):
            parts = tuple(state[None].split(sizes, dim=1))
            state = torch.cat(trace.cell.step(weights, trace.x[i : i + 1, t], parts), dim=1)[0]
        return state

    start = torch.cat([part[i, last - 3] for part in trace.after])
    expected = torch.autograd.functional.jacobian(end, start)
    product = torch.eye(sum(sizes), dtype=torch.float64)
    for jacobian in jacobians(trace, torch.tensor([i]), 3):
        product = product @ jacobian[0]
    torch.testing.assert_close(product, expected, atol=1e-12, rtol=1e-9)
    torch.testing.assert_close(total[i, last - 3], expected.T @ total[i, last])


def test_states_gradient_equals_that_of_the_graph():
    X, y = ragged()
    classifier = RNNClassifier(cell="gru", hidden_size=3, max_epochs=1, random_state=0).fit(X, y)
    batch = loss_batch(classifier, X, y, 100, "a test")
    (layer,) = (m for m in batch.network.modules() if isinstance(m, RecurrentLayer))
    states = []

    def keep(layer, t, state, kept):
        state[0].retain_grad()
        states.append(state[0])

    layer.observer = keep
    (batch.loss() * len(X)).backward()
    graph = torch.stack(
        [torch.zeros_like(s) if s.grad is None else s.grad for s in states], dim=1
    ).norm(dim=2)
    found = gradient_flow(classifier, X, y).layers[0].gradient_norms
    for i, x in enumerate(X):
        expected = graph[i, : len(x)].flip(0).numpy()
        np.testing.assert_allclose(found[i, : len(x)], expected, atol=1e-12)
        assert np.isnan(found[i, len(x) :]).all()


def test_padding_and_company_change_nothing():
    X, y = ragged()
    classifier = RNNClassifier(hidden_size=3, max_epochs=1, random_state=0).fit(X, y)
    together = gradient_flow(classifier, X, y).layers[0]
    alone = gradient_flow(classifier, X[4:5], y[4:5]).layers[0]
    n = len(X[4])
    np.testing.assert_allclose(together.gradient_norms[4, :n], alone.gradient_norms[0], rtol=1e-9)


@pytest.mark.parametrize("strategy", ["direct", "seq2seq", "recursive"])
def test_forecasters(strategy):
    series = np.sin(np.arange(60) / 3)
    forecaster = RNNForecaster(
        lookback=8, horizon=3, strategy=strategy, hidden_size=3, max_epochs=1, random_state=0
    ).fit(None, series)
    flow = gradient_flow(forecaster, None, series, max_sequences=20)
    assert flow.n_sequences == 20
    from sksequence.inspection._loss_batch import loss_batch

    batch = loss_batch(forecaster, None, series, 20, "a test")
    batch.loss().backward()
    layers = [m for m in batch.network.modules() if isinstance(m, RecurrentLayer)]
    for found, layer in zip(flow.layers, layers, strict=True):
        weights = layer.weights
        for name, gradient in found.weight_gradients.items():
            np.testing.assert_allclose(gradient, weights[name].grad, atol=1e-10)


def test_saturation_counts_values_near_the_ends():
    X, y = ragged()
    classifier = RNNClassifier(cell="lstm", hidden_size=3, max_epochs=1, random_state=0).fit(X, y)
    (layer,) = (m for m in classifier.network_.modules() if isinstance(m, RecurrentLayer))
    layer.bias_ih.data[:] = 0
    layer.bias_ih.data[3:6] = 50.0  # forget: open; the input gate stays in between
    layer.bias_ih.data[9:12] = -50.0  # output: closed
    saturation = gradient_flow(classifier, X, y).layers[0].saturation
    assert saturation["forget"] == (0.0, 1.0)
    assert saturation["output"] == (1.0, 0.0)
    assert saturation["input"][1] < 0.5


@pytest.mark.parametrize(
    ("activation", "bias", "expected"),
    [("tanh", 50.0, (0.0, 1.0)), ("tanh", -50.0, (1.0, 0.0)), ("relu", -50.0, (1.0, 0.0))],
)
def test_units_without_gates_saturate_too(activation, bias, expected):
    X, y = ragged()
    classifier = RNNClassifier(
        cell=RNN(activation=activation), hidden_size=3, max_epochs=1, random_state=0
    ).fit(X, y)
    (layer,) = (m for m in classifier.network_.modules() if isinstance(m, RecurrentLayer))
    layer.bias_ih.data[:] = bias
    flow = gradient_flow(classifier, X, y)
    assert flow.layers[0].saturation == {f"{activation} units": expected}


def test_estimator_stays_as_it_was():
    X, y = ragged()
    classifier = RNNClassifier(hidden_size=3, max_epochs=1, random_state=0).fit(X, y)
    gradients = [weight.grad.clone() for weight in classifier.network_.parameters()]
    before, training = pickle.dumps(classifier), classifier.network_.training
    gradient_flow(classifier, X, y)
    assert pickle.dumps(classifier) == before
    assert classifier.network_.training == training
    for module in classifier.network_.modules():
        assert not module._forward_hooks
        assert getattr(module, "observer", None) is None
    for weight, gradient in zip(classifier.network_.parameters(), gradients, strict=True):
        torch.testing.assert_close(weight.grad, gradient, rtol=0, atol=0)


def test_verdict_names_what_is_wrong_and_what_helps():
    regressor, X, y = linear_network(0.5 * rotation())
    said = gradient_flow(regressor, X, y).verdict
    assert "falls by 10^18 in 59 steps: 1 % is left after 7 steps" in said
    assert "gated cell" in said and "orthogonal" in said and "delays" in said
    regressor, X, y = linear_network(1.2 * rotation())
    said = gradient_flow(regressor, X, y).verdict
    assert "grows by 10^5 in 59 steps: it explodes" in said
    assert "gradient_clip (it is 1)" in said
    regressor, X, y = linear_network(rotation())
    assert gradient_flow(regressor, X, y).verdict == (
        "Fine: 100% of the gradient of the last step is left 59 steps back."
    )
    X, y = np.random.default_rng(0).normal(size=(20, 60)), np.arange(20) % 2
    classifier = RNNClassifier(
        cell=LSTM(forget_bias=-1.0), hidden_size=3, max_epochs=1, random_state=0
    ).fit(X, y)
    said = gradient_flow(classifier, X, y).verdict
    assert "a larger forget_bias (-1 now)" in said and 'pooling="mean"' in said
    forecaster = RNNForecaster(
        lookback=60, cell=LSTM(forget_bias=-1.0), hidden_size=3, max_epochs=1
    )
    series = np.random.default_rng(0).normal(size=90)
    said = gradient_flow(forecaster.fit(None, series), None, series).verdict
    assert "forget_bias" in said and "pooling" not in said  # which it does not have


def test_sequences_of_one_step():
    X, y = np.random.default_rng(0).normal(size=(8, 1)), np.arange(8) % 2
    X = list(X)
    classifier = RNNClassifier(hidden_size=2, max_epochs=1, random_state=0).fit(X, y)
    flow = gradient_flow(classifier, X, y)
    assert flow.verdict == "All sequences have one step: nothing goes back in time."
    assert len(flow.to_frame()) == 1


def test_no_gradient_at_all():
    X, y = ragged()
    classifier = RNNClassifier(hidden_size=2, max_epochs=1, random_state=0).fit(X, y)
    classifier.network_.head.weight.data[:] = 0
    flow = gradient_flow(classifier, X, y)
    assert "No gradient enters" in flow.verdict
    assert flow.memory_length == 0
    assert "No gradient enters" in str(flow)


def test_tables_and_what_is_printed():
    X, y = ragged()
    classifier = RNNClassifier(cell="rnn", hidden_size=[3, 2], max_epochs=1, random_state=0)
    flow = gradient_flow(classifier.fit(X, y), X, y, jacobian_steps=2)
    frame = flow.to_frame()
    longest = max(map(len, X))
    assert len(frame) == 2 * longest
    first = frame[frame["layer"] == "recurrent 1"]
    assert first["n_sequences"].tolist() == [sum(len(x) > k for x in X) for k in range(longest)]
    assert first["singular_max"].notna().sum() == 2
    assert first["product_norm"].notna().sum() == 3
    np.testing.assert_allclose(
        first["gradient_median"], np.nanmedian(flow.layers[0].gradient_norms, axis=0)
    )
    assert flow.saturation_frame()["values"].tolist() == ["tanh units"] * 2
    assert repr(flow) == str(flow)
    assert str(flow).startswith("RNNClassifier, RNN cells: the gradient in 9 sequences of up to")
    assert max(map(len, str(flow).splitlines())) < 110
    assert flow._repr_html_().count("<tr>") == 3


def test_pipelines_and_searches():
    X, y = ragged(n=20)
    pipeline = make_pipeline(
        SequenceScaler(), RNNClassifier(hidden_size=2, max_epochs=1, random_state=0)
    )
    search = GridSearchCV(pipeline, {"rnnclassifier__cell": ["rnn"]}, cv=2).fit(X, y)
    inner = search.best_estimator_
    np.testing.assert_array_equal(
        gradient_flow(search, X, y).layers[0].carried,
        gradient_flow(inner[-1], inner[0].transform(X), y).layers[0].carried,
    )
    texts = ["ab", "ba", "aab", "bba"] * 5
    letters = make_pipeline(
        TokenEncoder("char"), RNNClassifier(hidden_size=2, max_epochs=1, random_state=0)
    ).fit(texts, [0, 1] * 10)
    assert gradient_flow(letters, texts, [0, 1] * 10).n_sequences == 20


def test_sequences_are_chosen_evenly():
    X, y = ragged(n=30)
    classifier = RNNClassifier(hidden_size=2, max_epochs=1, random_state=0).fit(X, y)
    few = gradient_flow(classifier, X, y, max_sequences=3).layers[0].carried
    assert np.isfinite(few).sum(axis=1).tolist() == [len(X[0]), len(X[14]), len(X[29])]


def test_bad_input():
    X, y = ragged()
    with pytest.raises(NotFittedError):
        gradient_flow(RNNClassifier(), X, y)
    with pytest.raises(NotFittedError):
        gradient_flow(make_pipeline(SequenceScaler(), RNNClassifier()), X, y)
    classifier = RNNClassifier(hidden_size=2, max_epochs=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="needs the targets: y is None"):
        gradient_flow(classifier, X, None)
    with pytest.raises(ValueError, match="labels that the classifier was not fitted on"):
        gradient_flow(classifier, X, ["a"] * 9)
    with pytest.raises(ValueError, match="max_sequences must be an int of at least 1, got 0"):
        gradient_flow(classifier, X, y, max_sequences=0)
    with pytest.raises(ValueError, match=r"jacobian_steps must be .* got -1"):
        gradient_flow(classifier, X, y, jacobian_steps=-1)
    with pytest.raises(TypeError, match="Ridge has none"):
        gradient_flow(Ridge().fit([[0.0], [1.0]], [0, 1]), [[0.0]], [0])
    with pytest.raises(TypeError, match="refit=True"):
        search = GridSearchCV(classifier, {"cell": ["rnn"]}, cv=2, refit=False)
        gradient_flow(search.fit(X, y), X, y)
    with pytest.raises(TypeError, match="needs a fitted estimator"):
        gradient_flow(RNNClassifier, X, y)
    regressor = RNNRegressor(hidden_size=2, max_epochs=1, random_state=0).fit(X, y * 1.0)
    with pytest.raises(ValueError, match="fitted with one target"):
        gradient_flow(regressor, X, np.zeros((9, 2)))


@pytest.mark.parametrize("end", ["auto", None])
def test_of_a_language_model_the_gradient_is_that_of_its_likelihood(end):
    texts = ["abcab", "cab", "bbcacba", "a"] * 5
    model = RNNLanguageModel(
        cell="gru", hidden_size=4, max_epochs=1, length_model=end, random_state=0
    ).fit(texts)
    flow = gradient_flow(model, texts)
    n_steps = sum(map(len, texts)) + (len(texts) if end else 0)
    assert flow.loss == pytest.approx(-model.score_samples(texts).sum() / n_steps, rel=1e-5)
    batch = loss_batch(model, texts, None, 100, "a test")
    batch.loss().backward()
    (layer,) = (m for m in batch.network.modules() if isinstance(m, RecurrentLayer))
    for name, gradient in flow.layers[0].weight_gradients.items():
        np.testing.assert_allclose(gradient, layer.weights[name].grad, atol=1e-12)
    assert flow.layers[0].carried.shape[0] == len(texts)


def test_a_long_text_is_looked_at_in_pieces():
    text = "ab" * 1100
    model = RNNLanguageModel(hidden_size=3, max_epochs=1, tbptt_steps=50, random_state=0).fit(text)
    whole = loss_batch(model, text[:1000], None, 100, "a test").batch
    pieces = loss_batch(model, text, None, 4, "a test").batch
    assert (len(whole), whole.n_steps) == (1, 1000)
    assert (len(pieces), pieces.n_steps) == (4, 200)


def test_losses_that_are_not_known_are_named():
    X = ["ab"] * 6
    writer = Seq2SeqTransformer(hidden_size=3, max_epochs=1).fit(X, X)
    with pytest.raises(TypeError, match="not of Seq2SeqTransformer; StateDisplay shows"):
        gradient_flow(writer, X, X)
