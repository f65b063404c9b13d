"""Every cell is its published equations, and the derivatives it is described with are theirs."""

import re

import numpy as np
import pytest
import torch

from sksequence.cells import (
    CELLS,
    GRU,
    IRNN,
    LSTM,
    LSTM1997,
    MGU,
    RNN,
    Carousel,
    CoupledLSTM,
    FeedForward,
    LayerNormLSTM,
    LeakyRNN,
    OutputRNN,
    PeepholeLSTM,
    ProjectedLSTM,
)
from tests.cells import equations as by_hand

N_INPUTS, N_UNITS, N_SEQUENCES, N_STEPS = 3, 4, 5, 6
TAU = [1.0, 1.5, 4.0, 30.0]
NUMPY = {
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "logistic": by_hand.sigma,
    "identity": lambda a: a,
}


def _relu_tanh(n_outputs):
    return OutputRNN(n_outputs, activation="relu", output_activation="tanh")


# the cell, its equations, the number of its weights for i inputs and n units
CASES = {
    "irnn": (IRNN(), by_hand.rnn(NUMPY["relu"]), lambda i, n: n * (i + n + 2)),
    "carousel": (Carousel(), by_hand.carousel, lambda i, n: n * (i + n + 2)),
    "lstm": (LSTM(), by_hand.lstm, lambda i, n: 4 * n * (i + n + 2)),
    "lstm_1997": (LSTM1997(), by_hand.lstm_1997, lambda i, n: 3 * n * (i + n + 2)),
    "coupled_lstm": (CoupledLSTM(), by_hand.coupled_lstm, lambda i, n: 3 * n * (i + n + 2)),
    "peephole_lstm": (
        PeepholeLSTM(),
        by_hand.diagonal_peepholes,
        lambda i, n: 4 * n * (i + n + 2) + 3 * n,
    ),
    "full peepholes": (
        PeepholeLSTM("full"),
        by_hand.full_peepholes,
        lambda i, n: 4 * n * (i + n + 2) + 3 * n**2,
    ),
    "projected_lstm": (
        ProjectedLSTM(),
        by_hand.projected_lstm,
        lambda i, n: 4 * n * (i + n // 2 + 2) + n // 2 * n,
    ),
    "projected to 1": (
        ProjectedLSTM(1),
        by_hand.projected_lstm,
        lambda i, n: 4 * n * (i + 1 + 2) + n,
    ),
    "layer_norm_lstm": (
        LayerNormLSTM(),
        by_hand.layer_norm_lstm,
        lambda i, n: 4 * n * (i + n + 4) + 2 * n,
    ),
    "gru": (GRU(), by_hand.gru_after, lambda i, n: 3 * n * (i + n + 2)),
    "gru before": (GRU("before"), by_hand.gru_before, lambda i, n: 3 * n * (i + n + 2)),
    "mgu": (MGU(), by_hand.mgu, lambda i, n: 2 * n * (i + n + 2)),
    "leaky_rnn": (
        LeakyRNN(),
        by_hand.leaky_rnn(np.tanh, 4.0),
        lambda i, n: n * (i + n + 2),
    ),
    "leaky, a tau each": (LeakyRNN(TAU), by_hand.leaky_rnn(np.tanh, TAU), None),
    "leaky, learned": (LeakyRNN(TAU, learn_tau=True), by_hand.leaky_rnn(np.tanh), None),
    "leaky, spread": (
        LeakyRNN("log-uniform", learn_tau=True),
        by_hand.leaky_rnn(np.tanh),
        lambda i, n: n * (i + n + 2) + n,
    ),
    "output_rnn": (
        OutputRNN(),
        by_hand.output_rnn(np.tanh, np.tanh),
        lambda i, n: n * (i + n + 2) + n * (n + 1),
    ),
    "output narrow": (
        _relu_tanh(2),
        by_hand.output_rnn(NUMPY["relu"], np.tanh),
        lambda i, n: n * (i + 2 + 2) + 2 * (n + 1),
    ),
    "output wide": (
        _relu_tanh(7),
        by_hand.output_rnn(NUMPY["relu"], np.tanh),
        lambda i, n: n * (i + 7 + 2) + 7 * (n + 1),
    ),
    "feed forward": (FeedForward(), by_hand.feed_forward, lambda i, n: n * (i + 2)),
}
for _name, _function in NUMPY.items():
    CASES[f"rnn {_name}"] = (
        RNN(_name),
        by_hand.rnn(_function),
        lambda i, n: n * (i + n + 2),
    )
    CASES[f"leaky {_name}"] = (
        LeakyRNN(2.5, activation=_name),
        by_hand.leaky_rnn(_function, 2.5),
        None,
    )
    CASES[f"output {_name}"] = (
        OutputRNN(activation=_name, output_activation=_name),
        by_hand.output_rnn(_function, _function),
        None,
    )


def _problem(cell, seed=0):
    """Weights with noise on all of them, inputs and a state, in 64 bits."""
    noise = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, dtype=torch.float64, generator=noise)

    weights = cell.initial_weights(N_INPUTS, N_UNITS, torch.Generator().manual_seed(seed))
    weights = {name: w.double() + 0.3 * draw(*w.shape) for name, w in weights.items()}
    state = tuple(draw(N_SEQUENCES, size) for size in cell.state_sizes(N_UNITS))
    return weights, draw(N_STEPS, N_SEQUENCES, N_INPUTS), state


def test_every_cell_that_has_a_name_is_here():
    assert {type(cell) for cell, *_ in CASES.values()} >= set(CELLS.values()) - {
        kind for name, kind in CELLS.items() if name == "delayed"
    }


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_steps_are_the_equations(name, bias):
    cell, step, _ = CASES[name]
    cell = type(cell)(**{**cell.get_params(), "bias": bias})
    weights, inputs, state = _problem(cell)
    assert any("bias" in name for name in weights) == bias
    by_numpy = {name: w.numpy() for name, w in weights.items()}
    expected = tuple(part.numpy() for part in state)
    for x in inputs:
        state = cell.step(weights, x, state)
        expected = step(by_numpy, x.numpy(), expected, N_UNITS)
    assert len(state) == len(expected) == cell.n_states
    for ours, theirs in zip(state, expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_gradients_equal_finite_differences(name):
    cell = CASES[name][0]
    weights, inputs, state = _problem(cell)
    leaves = [*weights.values(), inputs[0], *state]
    n_weights = len(weights)

    def outputs(*leaves):
        named = dict(zip(weights, leaves, strict=False))
        return cell.step(named, leaves[n_weights], leaves[n_weights + 1 :])

    assert torch.autograd.gradcheck(outputs, [leaf.requires_grad_() for leaf in leaves])


@pytest.mark.parametrize("name", CASES)
def test_each_stage_has_the_derivative_of_its_function(name):
    noise = torch.Generator().manual_seed(1)

    def draw(count):
        values = torch.randn(count, 50, dtype=torch.float64, generator=noise)
        return tuple(row.requires_grad_() for row in values)

    for stage in CASES[name][0].stages():
        a = draw(stage.n_gates + len(stage.apart))
        s, p = draw(len(stage.takes)), draw(len(stage.parameters))
        results, kept = stage.update(a, s, p)
        assert len(results) == len(stage.gives)
        assert len(kept) == len(stage.keeps)
        d = draw(len(results))
        by_hand = stage.gradient(d, kept, s, p)
        assert [len(group) for group in by_hand] == [len(a), len(s), len(p)]
        leaves = [*a, *s, *p]
        expected = torch.autograd.grad(results, leaves, d, materialize_grads=True)
        for ours, theirs in zip(sum(by_hand, ()), expected, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2]])
def test_number_of_weights(name):
    cell, _, count = CASES[name]
    for n_inputs, n_units in [(3, 4), (1, 8), (10, 4)]:
        weights = cell.initial_weights(n_inputs, n_units, torch.Generator())
        assert sum(w.numel() for w in weights.values()) == count(n_inputs, n_units)


@pytest.mark.parametrize("kind", dict.fromkeys(type(cell) for cell, *_ in CASES.values()))
def test_docstring_says_how_many_weights_there_are(kind):
    formula = re.search(r"It has ``(.+?)`` weights", kind.__doc__)[1]
    for n_inputs, n_units in [(3, 4), (1, 8)]:
        size = kind().output_size(n_units)
        said = eval(formula, {"n_inputs": n_inputs, "n_units": n_units, "size": size})
        if kind is PeepholeLSTM:
            said += 3 * n_units  # a sentence of its own
        weights = kind().initial_weights(n_inputs, n_units, torch.Generator())
        assert sum(w.numel() for w in weights.values()) == said


@pytest.mark.parametrize("name", CASES)
def test_looking_is_stepping_and_gates_are_shares(name):
    cell = CASES[name][0]
    weights, inputs, state = _problem(cell)
    looked, kept = cell.look(weights, inputs[0], state)
    torch.testing.assert_close(looked, cell.step(weights, inputs[0], state), rtol=0, atol=0)
    assert set(cell.gates) <= set(kept)
    for gate in cell.gates:
        assert kept[gate].shape == (N_SEQUENCES, N_UNITS)
        assert ((kept[gate] > 0) & (kept[gate] < 1)).all()
