"""Every cell in an estimator: trained on ragged data, copied, stored, searched."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sksequence import RNNClassifier, RNNRegressor, SequenceArray, TokenEncoder
from sksequence.cells import CELLS, Cell, LeakyRNN, OutputRNN, PeepholeLSTM, ProjectedLSTM


@pytest.fixture(scope="module")
def data():
    """Ragged sequences of two features; the label is the sign of the first step."""
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(1, 7, size=24)]
    return SequenceArray.from_list(X), np.where([x[0, 0] > 0 for x in X], "up", "down")


def _classifier(cell, **options):
    defaults = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}
    return RNNClassifier(cell=cell, **(defaults | options))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", CELLS)
@pytest.mark.filterwarnings("ignore:.*delay.*:UserWarning")
def test_every_cell_trains_on_ragged_sequences(name, bidirectional, data):
    X, y = data
    model = _classifier(name, n_layers=2, bidirectional=bidirectional).fit(X, y)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (24, 2)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-6)
    # the answer for a sequence is its own, whatever stands beside it
    alone = np.concatenate([model.predict_proba(X[i : i + 1]) for i in range(4)])
    np.testing.assert_allclose(alone, probabilities[:4], rtol=0, atol=1e-5)
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), probabilities)
    stored = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(stored.predict_proba(X), probabilities)


@pytest.mark.parametrize(
    "cell",
    [ProjectedLSTM(2), OutputRNN(3), OutputRNN(9), PeepholeLSTM("full", bias=False)],
    ids=str,
)
def test_cells_whose_output_has_another_width(cell, data):
    X, y = data
    model = _classifier(cell, hidden_size=[5, 4], bidirectional=True).fit(X, y)
    assert model.predict(X).shape == (24,)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.filterwarnings("ignore:.*delay.*:UserWarning")
def test_every_cell_learns(name, data):
    X, _ = data
    y = np.array([x.mean() for x in X])
    model = RNNRegressor(
        cell=name, hidden_size=8, max_epochs=60, learning_rate=0.02, random_state=0
    ).fit(X, y)
    assert model.score(X, y) > 0.5


@pytest.mark.parametrize("name", ["output_rnn", "projected_lstm", "leaky_rnn"])
def test_cells_read_symbols(name):
    texts = ["abca", "abd", "xyz", "xy"] * 6
    model = make_pipeline(
        TokenEncoder("char"), _classifier(name, max_epochs=40, learning_rate=0.05)
    )
    labels = ["early", "early", "late", "late"] * 6
    assert model.fit(texts, labels).score(texts, labels) == 1


def test_cells_and_their_options_are_searched(data):
    X, y = data
    search = GridSearchCV(_classifier("gru"), {"cell": ["leaky_rnn", "mgu", "carousel"]}, cv=2)
    assert search.fit(X, y).best_params_["cell"] in {"leaky_rnn", "mgu", "carousel"}
    grid = {"cell__tau": [1.0, 8.0, "log-uniform"], "cell__recurrent_init": ["orthogonal"]}
    search = GridSearchCV(_classifier(LeakyRNN()), grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 3
    assert search.best_estimator_.cell.recurrent_init == "orthogonal"


def test_options_of_a_cell_are_parameters_of_the_estimator(data):
    X, y = data
    model = _classifier(LeakyRNN()).set_params(cell__tau=30.0)
    assert model.get_params()["cell__tau"] == 30.0
    slow = model.fit(X, y).predict_proba(X)
    fast = clone(model).set_params(cell__tau=1.0).fit(X, y).predict_proba(X)
    plain = clone(model).set_params(cell="rnn").fit(X, y).predict_proba(X)
    np.testing.assert_allclose(fast, plain, rtol=0, atol=1e-6)
    assert np.abs(fast - slow).max() > 1e-3


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (LeakyRNN(0.5), r"tau must be finite and at least 1, got 0\.5"),
        (LeakyRNN([1.0, 2.0, 3.0]), r"shape \(4,\) for 4 units, got shape \(3,\)"),
        (PeepholeLSTM("dense"), "peepholes must be one of diagonal, full"),
        (ProjectedLSTM(8), "from 1 to the number of units, which is 4"),
        ("peephole", "Did you mean 'peephole_lstm'?"),
    ],
)
def test_wrong_options_stop_fit(cell, message, data):
    with pytest.raises(ValueError, match=message):
        _classifier(cell).fit(*data)


class Own(Cell):
    """A user's cell with a weight and a state of its own."""

    n_gates = 1
    n_states = 2

    def __init__(self, rate=0.5):
        self.rate = rate

    def state_sizes(self, n_units):
        return (n_units, 1)

    def initial_weights(self, n_inputs, n_units, generator):
        import torch

        return {"mine": torch.randn(n_units, n_inputs + n_units + 1, generator=generator)}

    def step(self, weights, inputs, state):
        import torch

        h, count = state
        joint = torch.cat([inputs, h, count], dim=1)
        return torch.tanh(joint @ weights["mine"].T), self.rate * count + 1


def test_a_cell_of_ones_own_works_as_any_other(data):
    X, y = data
    model = _classifier(Own(), n_layers=2, bidirectional=True).fit(X, y)
    stored = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(stored.predict_proba(X), model.predict_proba(X))
    search = GridSearchCV(_classifier(Own()), {"cell__rate": [0.1, 0.9]}, cv=2).fit(X, y)
    assert search.best_params_["cell__rate"] in {0.1, 0.9}
