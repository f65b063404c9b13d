"""Saved estimators: small, the same, and independent of the machine they were made on."""

import copy
import io
import pickle

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone

from sksequence import RNNClassifier, RNNRegressor, SequenceArray
from sksequence.cells import GRU

RNG = np.random.default_rng(0)
X = SequenceArray.from_list([RNG.normal(size=(n, 3)) for n in RNG.integers(2, 9, size=30)])
WORDS = SequenceArray.from_list(
    [RNG.integers(0, 50, size=n) for n in X.lengths],
    n_tokens=50,
    vectors=RNG.normal(size=(50, 8)).astype(np.float32),
)
LABELS = np.array(["no", "yes"])[np.arange(30) % 2]
NUMBERS = RNG.normal(size=30)

CASES = {
    "classifier": (RNNClassifier(hidden_size=6, max_epochs=2, random_state=0), X, LABELS),
    "regressor": (RNNRegressor(hidden_size=6, max_epochs=2, random_state=0), X, NUMBERS),
    "everything": (
        RNNClassifier(
            hidden_size=[5, 4],
            cell=GRU(),
            bidirectional=True,
            pooling="attention",
            dropout=0.3,
            conv_size=3,
            context_at="both",
            max_epochs=2,
            random_state=0,
        ),
        X.with_context(NUMBERS),
        LABELS,
    ),
    "64 bits": (
        RNNClassifier(hidden_size=6, max_epochs=2, dtype="float64", random_state=0),
        X,
        LABELS,
    ),
    "table trained": (RNNClassifier(hidden_size=6, max_epochs=2, random_state=0), WORDS, LABELS),
    "table frozen": (
        RNNRegressor(hidden_size=6, max_epochs=2, embedding_trainable=False, random_state=0),
        WORDS,
        NUMBERS,
    ),
}


def answers(fitted, data):
    return fitted.predict_proba(data) if hasattr(fitted, "predict_proba") else fitted.predict(data)


@pytest.fixture(scope="module", params=CASES)
def case(request):
    estimator, data, y = CASES[request.param]
    return clone(estimator).fit(data, y), data


def by_pickle(fitted):
    return pickle.loads(pickle.dumps(fitted))


def by_joblib(fitted):
    buffer = io.BytesIO()
    joblib.dump(fitted, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


@pytest.mark.parametrize("way", [by_pickle, by_joblib, copy.deepcopy])
def test_saved_estimator_gives_the_same_answers(case, way):
    fitted, data = case
    loaded = way(fitted)
    np.testing.assert_array_equal(answers(loaded, data), answers(fitted, data))
    np.testing.assert_array_equal(
        loaded.hidden_states(data).values, fitted.hidden_states(data).values
    )
    assert loaded.get_params().keys() == fitted.get_params().keys()
    assert loaded.history_ == fitted.history_


def test_saved_estimator_can_go_on_training():
    estimator, data, y = CASES["classifier"]
    fitted = clone(estimator).set_params(warm_start=True).fit(data, y)
    loaded = by_pickle(fitted)
    np.testing.assert_array_equal(
        loaded.fit(data, y).predict_proba(data), fitted.fit(data, y).predict_proba(data)
    )
    assert by_pickle(fitted).partial_fit(data, y).n_epochs_ == 5


def test_mapped_into_memory_it_predicts(tmp_path):
    fitted = clone(CASES["classifier"][0]).fit(X, LABELS)
    joblib.dump(fitted, tmp_path / "model.joblib")
    mapped = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    np.testing.assert_array_equal(mapped.predict_proba(X), fitted.predict_proba(X))
    assert mapped.partial_fit(X, LABELS).n_epochs_ == 3


def test_pickle_is_weights_and_little_else(case):
    fitted, _ = case
    weights = sum(v.numel() * v.element_size() for v in fitted.network_.state_dict().values())
    assert len(pickle.dumps(fitted)) < weights + 8_000


def test_pickle_of_a_frozen_table_does_not_hold_it():
    big = SequenceArray.from_list([[1, 2], [3]], n_tokens=5000, vectors=np.ones((5000, 20)))
    frozen = RNNRegressor(hidden_size=3, max_epochs=1, embedding_trainable=False)
    assert len(pickle.dumps(frozen.fit(big, [0.0, 1.0]))) < 20_000
    trained = RNNRegressor(hidden_size=3, max_epochs=1)
    assert len(pickle.dumps(trained.fit(big, [0.0, 1.0]))) > 5000 * 20 * 4


def test_pickle_holds_arrays_of_numpy_and_no_tensor(case):
    fitted, _ = case
    _, weights, _ = fitted.__getstate__()["network_"]
    assert all(isinstance(values, np.ndarray) for values in weights.values())
    assert b"torch.storage" not in pickle.dumps(fitted)
    assert b"_rebuild_tensor" not in pickle.dumps(fitted)
    assert isinstance(fitted.network_, torch.nn.Module)  # saving did not take it apart


def test_unfitted_estimator_can_be_saved():
    loaded = by_pickle(RNNClassifier(cell=GRU(), hidden_size=5))
    assert loaded.fit(X, LABELS).predict(X).shape == (30,)


# With a CUDA device


@pytest.mark.gpu
@pytest.mark.parametrize("name", CASES)
def test_cuda_answers_are_near_those_of_the_cpu(name):
    estimator, data, y = CASES[name]
    on_cpu = clone(estimator).set_params(device="cpu", max_epochs=10).fit(data, y)
    there = by_pickle(on_cpu)
    there.network_.to("cuda")
    np.testing.assert_allclose(answers(there, data), answers(on_cpu, data), rtol=1e-3, atol=1e-4)
    states = there.hidden_states(data).values
    np.testing.assert_allclose(states, on_cpu.hidden_states(data).values, atol=1e-4)


@pytest.mark.gpu
@pytest.mark.parametrize("name", CASES)
def test_cuda_training_is_reproducible_and_near_that_of_the_cpu(name):
    estimator, data, y = CASES[name]
    settings = {"max_epochs": 3, "dropout": 0.0}
    on_cpu = clone(estimator).set_params(device="cpu", **settings).fit(data, y)
    on_cuda = clone(estimator).set_params(device="cuda", **settings).fit(data, y)
    again = clone(estimator).set_params(device="cuda", **settings).fit(data, y)
    np.testing.assert_allclose(answers(on_cuda, data), answers(again, data), rtol=1e-5)
    np.testing.assert_allclose(answers(on_cuda, data), answers(on_cpu, data), rtol=0.05, atol=0.02)


@pytest.mark.gpu
@pytest.mark.parametrize("name", CASES)
def test_pickle_from_cuda_opens_on_the_cpu(name, monkeypatch):
    estimator, data, y = CASES[name]
    fitted = clone(estimator).set_params(device="cuda").fit(data, y)
    assert fitted.network_.head.weight.is_cuda
    expected = answers(fitted, data)
    saved = pickle.dumps(fitted)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    loaded = pickle.loads(saved)
    assert not loaded.network_.head.weight.is_cuda
    np.testing.assert_allclose(answers(loaded, data), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.gpu
def test_mixed_precision_trains_on_cuda():
    fitted = RNNClassifier(hidden_size=8, max_epochs=30, dtype="mixed", random_state=0)
    fitted.fit(X, (np.array([x[:, 0].mean() for x in X]) > 0).astype(int))
    assert fitted.history_[-1]["train_loss"] < fitted.history_[0]["train_loss"]
    assert {p.dtype for p in fitted.network_.parameters()} == {torch.float32}


@pytest.mark.gpu
@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_promise_is_kept_on_cuda(kind):
    from sksequence.testing import check_sequence_estimator

    estimator = kind(hidden_size=6, max_epochs=3, device="cuda", dtype="float64")
    check_sequence_estimator(estimator, on_skip=None)
