"""Units with time constants: what leaks, what is learned, what is refused."""

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sksequence.cells import RNN, LeakyRNN


def _weights(cell, n_units=4):
    return cell.initial_weights(2, n_units, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("activation", ["tanh", "relu", "logistic", "identity"])
def test_tau_of_one_is_the_plain_cell(activation):
    leaky, plain = LeakyRNN(1.0, activation=activation), RNN(activation)
    weights = _weights(leaky)
    torch.testing.assert_close(weights, _weights(plain), rtol=0, atol=0)
    noise = torch.Generator().manual_seed(1)
    ours = theirs = (torch.randn(3, 4, generator=noise),)
    for _ in range(5):
        x = torch.randn(3, 2, generator=noise)
        ours, theirs = leaky.step(weights, x, ours), plain.step(weights, x, theirs)
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_a_unit_alone_leaks_away_exponentially():
    tau = np.array([1.5, 4.0, 50.0])
    cell = LeakyRNN(tau, bias=False)
    weights = {"weight_ih": torch.zeros(3, 2), "weight_hh": torch.zeros(3, 3)}
    state = (torch.ones(1, 3, dtype=torch.float64),)
    weights = {name: w.double() for name, w in weights.items()}
    for _ in range(10):
        state = cell.step(weights, torch.zeros(1, 2, dtype=torch.float64), state)
    np.testing.assert_allclose(state[0][0], (1 - 1 / tau) ** 10, rtol=1e-12)


def test_constant_input_is_approached_with_the_time_constant():
    # h -> u, and u - h falls by 1 - 1/tau each step
    cell = LeakyRNN(20.0, activation="identity", bias=False)
    weights = {"weight_ih": torch.ones(1, 1), "weight_hh": torch.zeros(1, 1)}
    state = (torch.zeros(1, 1),)
    for _ in range(20):
        state = cell.step(weights, torch.full((1, 1), 3.0), state)
    assert state[0].item() == pytest.approx(3 * (1 - 0.95**20), rel=1e-5)
    assert 1 - 0.95**20 == pytest.approx(0.63, abs=0.02)  # as the docstring says


def test_log_uniform_spread_has_as_many_units_in_each_octave():
    cell = LeakyRNN("log-uniform", tau_max=256.0)
    tau = cell.time_constants(_weights(cell, 80), 80).numpy()
    counts, _ = np.histogram(np.log2(tau), bins=8, range=(0, 8))
    assert counts.tolist() == [10] * 8
    assert np.allclose(np.diff(np.log(tau)), np.log(256) / 80, rtol=1e-3)
    assert LeakyRNN("log-uniform").time_constants(_weights(cell, 1), 1).item() == pytest.approx(10)


def test_learned_time_constants_start_where_they_should():
    tau = [1.1, 1.5, 4.0, 300.0]
    cell = LeakyRNN(tau, learn_tau=True)
    weights = _weights(cell)
    np.testing.assert_allclose(cell.time_constants(weights, 4), tau, rtol=1e-5)
    near_one = LeakyRNN(1.0, learn_tau=True)
    np.testing.assert_allclose(near_one.time_constants(_weights(near_one), 4), 1.1, rtol=1e-5)


@pytest.mark.parametrize("w", [-1e4, -50.0, 0.0, 50.0])
def test_learned_time_constants_never_fall_below_one(w):
    cell = LeakyRNN(learn_tau=True)
    weights = {**_weights(cell), "weight_tau": torch.full((4,), w)}
    assert (cell.time_constants(weights, 4) >= 1).all()
    state = cell.step(weights, torch.ones(1, 2), (torch.ones(1, 4),))
    assert state[0].isfinite().all()


def test_gradient_descent_finds_the_time_constants_of_leaky_units():
    truth = torch.tensor([2.0, 8.0, 14.0])
    noise = torch.Generator().manual_seed(0)
    x = torch.randn(60, 20, 1, generator=noise)  # (n_steps, n_sequences, 1)
    cell = LeakyRNN(5.0, learn_tau=True, activation="identity", bias=False)
    weights = {"weight_ih": torch.ones(3, 1), "weight_hh": torch.zeros(3, 3)}

    def outputs(weights, cell):
        state, seen = (torch.zeros(20, 3),), []
        for now in x:
            state = cell.step(weights, now, state)
            seen.append(state[0])
        return torch.stack(seen)

    target = outputs(weights, LeakyRNN(truth.numpy(), activation="identity", bias=False))
    raw = cell.initial_weights(1, 3, noise)["weight_tau"].requires_grad_()
    optimizer = torch.optim.Adam([raw], lr=0.3)
    for _ in range(150):
        optimizer.zero_grad()
        error = outputs({**weights, "weight_tau": raw}, cell) - target
        # relative, since slow units move less
        (error**2).mean((0, 1)).div((target**2).mean((0, 1))).sum().backward()
        optimizer.step()
    found = cell.time_constants({"weight_tau": raw.detach()}, 3)
    np.testing.assert_allclose(found, truth, rtol=0.03)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"tau": 0.5},
            r"tau must be finite and at least 1, got 0\.5: a unit keeps the share 1 - 1",
        ),
        ({"tau": [1.0, 2.0, 0.0, 3.0]}, r"tau must be finite and at least 1, got 0\.0"),
        ({"tau": np.nan}, "got nan"),
        ({"tau": np.inf}, "got inf"),
        ({"tau": [1.0, 2.0]}, r"one for each unit, shape \(4,\) for 4 units, got shape \(2,\)"),
        ({"tau": "uniform"}, "one number for each unit, or 'log-uniform', got 'uniform'"),
        ({"tau": "log-uniform", "tau_max": 0.9}, r"tau_max must be finite and at least 1, got 0.9"),
    ],
)
@pytest.mark.parametrize("learn_tau", [True, False])
def test_wrong_time_constants_are_refused_at_the_start(options, message, learn_tau):
    with pytest.raises(ValueError, match=message):
        _weights(LeakyRNN(**options, learn_tau=learn_tau))


def test_time_constants_are_learned_or_not():
    with pytest.raises(TypeError, match="learn_tau must be True or False, got 'yes'"):
        _weights(LeakyRNN(learn_tau="yes"))


def test_unknown_activation_is_refused():
    cell = LeakyRNN(activation="sigmoid")
    with pytest.raises(ValueError, match="activation must be one of tanh, relu, logistic, iden"):
        cell.step(_weights(cell), torch.zeros(1, 2), (torch.zeros(1, 4),))


def test_an_array_of_time_constants_survives_a_copy():
    tau = np.array([1.0, 2.0])
    copied = clone(LeakyRNN(tau))
    np.testing.assert_array_equal(copied.tau, tau)
    assert copied.tau is not tau
