"""What cannot be set, and what goes wrong in training: each with what to do about it."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from sksequence import RNNClassifier, RNNRegressor, SequenceArray
from sksequence.training import DivergenceError

RNG = np.random.default_rng(0)
X = SequenceArray.from_list([RNG.normal(size=(n, 2)) for n in RNG.integers(2, 7, size=20)])
LABELS = np.array(["no", "yes"])[np.arange(20) % 2]
NUMBERS = np.arange(20.0)


def classifier(**parameters):
    return RNNClassifier(**{"hidden_size": 3, "max_epochs": 2, "random_state": 0, **parameters})


def regressor(**parameters):
    return RNNRegressor(**{"hidden_size": 3, "max_epochs": 2, "random_state": 0, **parameters})


# Parameters

BAD_PARAMETERS = [
    ({"device": "tpu"}, "unknown device 'tpu': use 'auto', 'cpu', 'cuda' or 'cuda:0'"),
    ({"device": "meta"}, "unknown device 'meta'"),
    ({"cell": "lstn"}, "unknown cell 'lstn': known are rnn, lstm, gru.* Did you mean 'lstm'"),
    ({"cell": 3}, "'cell' parameter of RNNClassifier must be .*Got 3 instead"),
    ({"pooling": "sum"}, "'pooling' parameter .*'attention'.*Got 'sum' instead"),
    ({"hidden_size": 0}, r"'hidden_size' parameter .* int in the range \[1, inf\).*Got 0"),
    ({"hidden_size": [3, 0]}, r"hidden_size must hold positive widths, got \[3, 0\]"),
    ({"hidden_size": [3, 2], "n_layers": 3}, "gives 2 layers, but n_layers=3: leave n_layers at 1"),
    ({"batch_size": 0}, r"'batch_size' parameter .*\{'full'\}. Got 0 instead"),
    ({"learning_rate": 0}, r"'learning_rate' parameter .* range \(0.0, inf\). Got 0"),
    ({"optimizer": "lbfgs"}, "'optimizer' parameter .*'adam'.*Got 'lbfgs' instead"),
    ({"dropout": 1.0}, r"'dropout' parameter .* range \[0.0, 1.0\).* Got 1.0 instead"),
    ({"context_at": "end"}, "'context_at' parameter .*'both'.*Got 'end' instead"),
    ({"max_epochs": 2.5}, "'max_epochs' parameter .*Got 2.5 instead"),
    ({"early_stopping": "yes"}, r"'early_stopping' parameter .*\{'auto'\}. Got 'yes' instead"),
    ({"validation_fraction": 1.0}, "'validation_fraction' parameter .*Got 1.0 instead"),
    ({"gradient_clip": 0}, "'gradient_clip' parameter .*or None. Got 0 instead"),
    ({"embedding_size": 0}, "'embedding_size' parameter .*or None. Got 0 instead"),
    ({"dtype": "float16"}, "'dtype' parameter .*'float64'.*Got 'float16' instead"),
    ({"random_state": "x"}, "'random_state' parameter .*Generator.*Got 'x' instead"),
    ({"class_weight": "equal"}, "'class_weight' parameter .*'balanced'.*Got 'equal' instead"),
    ({"early_stopping": True, "validation_fraction": 0.99}, "of 20 sequences leaves none to tra"),
]


@pytest.mark.parametrize("parameters, message", BAD_PARAMETERS)
def test_bad_parameter_is_named_with_what_is_allowed(parameters, message):
    with pytest.raises(ValueError, match=message):
        classifier(**parameters).fit(X, LABELS)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"loss": "mse"}, "'loss' parameter of RNNRegressor .*'squared_error'.*Got 'mse' instead"),
        ({"loss": "quantile", "quantile": 1.5}, r"'quantile' parameter .*\(0.0, 1.0\).*Got 1.5"),
        ({"loss": "quantile", "quantile": [0.5, 1.5]}, "quantile must lie strictly between 0 and"),
    ],
)
def test_bad_parameter_of_the_regressor_is_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        regressor(**parameters).fit(X, NUMBERS)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_without_cuda_says_what_to_do():
    for device in ("cuda", "cuda:1"):
        with pytest.raises(ValueError, match=f"device='{device}', but torch finds no CUDA device"):
            classifier(device=device).fit(X, LABELS)
    with pytest.raises(ValueError, match="dtype='mixed' needs CUDA, but the device is cpu"):
        classifier(dtype="mixed").fit(X, LABELS)


# What goes wrong on the way

SIGNS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
    MemoryError("Unable to allocate 2.00 GiB for an array"),
]


def raises(error):
    def forward(*args, **kwargs):
        raise error

    return forward


@pytest.mark.parametrize("error", SIGNS)
def test_out_of_memory_says_the_batch_size_and_what_to_lower(monkeypatch, error):
    estimator = classifier(batch_size=16)
    monkeypatch.setattr("sksequence.networks.SequenceNetwork.forward", raises(error))
    with pytest.raises(MemoryError, match="on cpu with batch_size=16: lower batch_size") as caught:
        estimator.fit(X, LABELS)
    assert caught.value.__cause__ is error
    with pytest.raises(NotFittedError):  # its weights have seen nothing
        estimator.predict(X)


@pytest.mark.parametrize("error", SIGNS)
def test_out_of_memory_in_prediction_says_to_give_fewer(monkeypatch, error):
    fitted = classifier().fit(X, LABELS)
    monkeypatch.setattr("sksequence.networks.SequenceNetwork.forward", raises(error))
    with pytest.raises(MemoryError, match="in prediction: give fewer sequences at a time"):
        fitted.predict(X)
    monkeypatch.undo()
    assert fitted.predict(X).shape == (20,)


def test_other_errors_of_torch_stay_what_they_are(monkeypatch):
    error = RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    monkeypatch.setattr("sksequence.networks.SequenceNetwork.forward", raises(error))
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        classifier().fit(X, LABELS)


@pytest.mark.parametrize("estimator, y", [(classifier(), LABELS), (regressor(), NUMBERS)])
def test_diverging_loss_says_what_to_try(estimator, y):
    estimator.set_params(learning_rate=1e38, gradient_clip=None, optimizer="sgd", max_epochs=50)
    with pytest.raises(DivergenceError, match=r"the loss became inf.* in epoch") as caught:
        estimator.fit(X, y)
    assert "Lower learning_rate (now 1e+38), set gradient_clip=1.0" in str(caught.value)
    with pytest.raises(NotFittedError):
        estimator.predict(X)


def test_a_diverged_refit_does_not_leave_the_old_answers_behind():
    estimator = classifier().fit(X, LABELS)
    estimator.set_params(learning_rate=1e38, gradient_clip=None, optimizer="sgd", max_epochs=50)
    with pytest.raises(DivergenceError):
        estimator.fit(X, LABELS)
    with pytest.raises(NotFittedError):
        estimator.predict(X)
