"""A cell's steps are its equations, its fused run, and torch's layer with the same weights."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from sksequence.cells import CELLS, GRU, LSTM, RNN, make_cell
from sksequence.kernels import run_cell

N_INPUTS, N_UNITS, N_SEQUENCES, N_STEPS = 3, 4, 5, 7
LAYERS = {
    "rnn": (RNN(), nn.RNN, {}),
    "rnn relu": (RNN("relu"), nn.RNN, {"nonlinearity": "relu"}),
    "lstm": (LSTM(), nn.LSTM, {}),
    "gru": (GRU(), nn.GRU, {}),
}


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _problem(cell, seed=0):
    """Weights, inputs and a state, in 64 bits, that want a gradient."""
    weights = cell.initial_weights(N_INPUTS, N_UNITS, _generator(seed))
    weights = {name: w.double().requires_grad_() for name, w in weights.items()}
    noise = torch.Generator().manual_seed(seed + 1)

    def draw(*shape):
        return torch.randn(*shape, dtype=torch.float64, generator=noise).requires_grad_()

    state = tuple(draw(N_SEQUENCES, N_UNITS) for _ in range(cell.n_states))
    return weights, draw(N_SEQUENCES, N_STEPS, N_INPUTS), state


def _by_steps(cell, weights, inputs, state):
    outputs = []
    for step in inputs.unbind(1):
        state = cell.step(weights, step, state)
        outputs.append(state[0])
    return torch.stack(outputs, 1), state


def _by_torch(layer, options, weights, inputs, state):
    module = layer(N_INPUTS, N_UNITS, batch_first=True, dtype=torch.float64, **options)
    named = {f"{name}_l0": w for name, w in weights.items()}
    start = tuple(part[None] for part in state)
    start = start if len(start) == 2 else start[0]
    outputs, last = torch.func.functional_call(module, named, (inputs, start))
    last = last if isinstance(last, tuple) else (last,)
    return outputs, tuple(part[0] for part in last)


def _gradients(outputs, last, leaves):
    ramp = torch.linspace(-1, 2, outputs.numel(), dtype=outputs.dtype).view_as(outputs)
    total = (outputs * ramp).sum() + sum((part**2).sum() for part in last)
    return torch.autograd.grad(total, leaves)


@pytest.mark.parametrize("name", LAYERS)
def test_steps_equal_the_fused_run_and_torch(name):
    cell, layer, options = LAYERS[name]
    weights, inputs, state = _problem(cell)
    leaves = [*weights.values(), inputs, *state]
    results = [
        _by_torch(layer, options, weights, inputs, state),
        _by_steps(cell, weights, inputs, state),
        run_cell(cell, weights, inputs, state),
    ]
    expected, last = results[0]
    gradients = _gradients(expected, last, leaves)
    for ours, our_last in results[1:]:
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-12)
        torch.testing.assert_close(our_last, last, rtol=0, atol=1e-12)
        torch.testing.assert_close(
            _gradients(ours, our_last, leaves), gradients, rtol=0, atol=1e-11
        )


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_equal_finite_differences(name):
    cell = LAYERS[name][0]
    weights, inputs, state = _problem(cell)

    def outputs(*leaves):
        named = dict(zip(weights, leaves, strict=False))
        return cell.step(named, leaves[4], leaves[5:])

    assert torch.autograd.gradcheck(outputs, [*weights.values(), inputs[:, 0], *state])


# -- closed forms ---------------------------------------------------------------------------


def _constant_weights(cell, **biases):
    weights = cell.initial_weights(N_INPUTS, N_UNITS, _generator())
    weights = {name: torch.zeros_like(w) for name, w in weights.items()}
    for gate, value in biases.items():
        weights["bias_ih"].view(cell.n_gates, N_UNITS)[int(gate[1:])] = value
    return weights


def test_lstm_with_an_open_forget_gate_remembers():
    # gates i, f, g, o; i shut, f and o open
    weights = _constant_weights(LSTM(), b0=-100.0, b1=100.0, b3=100.0)
    memory = torch.randn(N_SEQUENCES, N_UNITS, generator=_generator())
    inputs = torch.randn(N_SEQUENCES, 50, N_INPUTS, generator=_generator())
    _, (hidden, cell) = run_cell(LSTM(), weights, inputs, (torch.zeros_like(memory), memory))
    torch.testing.assert_close(cell, memory)
    torch.testing.assert_close(hidden, memory.tanh())


def test_zero_weights_halve_the_memory():
    # all gates are 1/2 and the candidate is 0
    start = torch.ones(1, N_UNITS)
    inputs = torch.ones(1, 3, N_INPUTS)
    (hidden,) = run_cell(GRU(), _constant_weights(GRU()), inputs, (start,))[1]
    torch.testing.assert_close(hidden, start / 8)
    _, memory = run_cell(LSTM(), _constant_weights(LSTM()), inputs, (start, start))[1]
    torch.testing.assert_close(memory, start / 8)


def test_gru_with_a_shut_update_gate_copies_its_state():
    weights = _constant_weights(GRU(), b1=100.0)
    start = torch.randn(2, N_UNITS, generator=_generator())
    outputs, _ = run_cell(
        GRU(), weights, torch.randn(2, 9, N_INPUTS, generator=_generator()), (start,)
    )
    torch.testing.assert_close(outputs, start[:, None].expand(-1, 9, -1))


def test_linear_units_add_up_their_inputs():
    cell = RNN("relu")
    weights = _constant_weights(cell)
    weights["weight_hh"] = torch.eye(N_UNITS)
    weights["weight_ih"][:, 0] = 1.0
    inputs = torch.rand(2, 6, N_INPUTS, generator=_generator())
    outputs, _ = run_cell(cell, weights, inputs, cell.initial_state(2, N_UNITS, inputs))
    torch.testing.assert_close(outputs[:, :, 2], inputs[:, :, 0].cumsum(1))


# -- the start ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        (RNN(), lambda i, n: n * (i + n + 2)),
        (LSTM(), lambda i, n: 4 * n * (i + n + 2)),
        (GRU(), lambda i, n: 3 * n * (i + n + 2)),
    ],
)
def test_number_of_weights_is_what_the_docstring_says(cell, count):
    for n_inputs, n_units in [(3, 4), (1, 1), (10, 2)]:
        weights = cell.initial_weights(n_inputs, n_units, _generator())
        total = sum(w.numel() for w in weights.values())
        assert total == count(n_inputs, n_units)
        reference = LAYERS[type(cell).__name__.lower()][1](n_inputs, n_units)
        assert total == sum(w.numel() for w in reference.parameters())
    formula = {"RNN": "n_units * (", "LSTM": "4 * n_units * (", "GRU": "3 * n_units * ("}
    assert f"``{formula[type(cell).__name__]}n_inputs + n_units + 2)``" in type(cell).__doc__


@pytest.mark.parametrize("cell", [RNN(), LSTM(), GRU()], ids=str)
def test_weights_are_uniform_and_come_from_the_generator(cell):
    before = torch.random.get_rng_state()
    weights = cell.initial_weights(300, 25, _generator(3))
    again = cell.initial_weights(300, 25, _generator(3))
    other = cell.initial_weights(300, 25, _generator(4))
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.testing.assert_close(weights, again, rtol=0, atol=0)
    assert not torch.equal(weights["weight_ih"], other["weight_ih"])
    values = weights["weight_ih"]
    assert values.abs().max() <= 0.2  # 1 / sqrt(25)
    assert float(values.std()) == pytest.approx(0.2 / np.sqrt(3), rel=0.02)
    assert abs(float(values.mean())) < 0.005


@pytest.mark.parametrize("bias", [1.0, 0.0, -2.5])
def test_forget_gate_starts_at_its_bias(bias):
    weights = LSTM(forget_bias=bias).initial_weights(N_INPUTS, N_UNITS, _generator())
    total = (weights["bias_ih"] + weights["bias_hh"]).view(4, N_UNITS)
    torch.testing.assert_close(total[1], torch.full((N_UNITS,), bias))
    assert len(total[[0, 2, 3]].unique()) == 3 * N_UNITS


def test_the_usual_forget_bias_is_one():
    assert LSTM().forget_bias == 1.0


@pytest.mark.parametrize("cell", [RNN(), LSTM(), GRU()], ids=str)
def test_initial_state_is_zero_and_like_the_inputs(cell):
    state = cell.initial_state(2, N_UNITS, torch.ones(1, dtype=torch.float64))
    assert len(state) == cell.n_states
    for part in state:
        assert part.dtype == torch.float64
        assert part.shape == (2, N_UNITS)
        assert not part.any()


# -- names ----------------------------------------------------------------------------------


def test_cells_by_name():
    for name, kind in CELLS.items():
        assert type(make_cell(name)) is kind
    assert set(CELLS) >= {"rnn", "lstm", "gru"}


def test_a_cell_object_is_copied_with_its_options():
    cell = LSTM(forget_bias=3.0)
    copied = make_cell(cell)
    assert copied is not cell
    assert copied.forget_bias == 3.0
    assert clone(RNN("relu")).get_params()["activation"] == "relu"


@pytest.mark.parametrize(
    ("cell", "error", "message"),
    [
        ("lstn", ValueError, r"unknown cell 'lstn': known are rnn, lstm, gru.* mean 'lstm'\?"),
        ("GRU", ValueError, r"Did you mean 'gru'\?"),
        ("transformer", ValueError, "unknown cell 'transformer': known are rnn, lstm, gru"),
        (nn.LSTM, TypeError, r"a Cell object such as LSTM\(\).*got <class"),
        (None, TypeError, r"cell must be a name \(rnn, lstm, gru.*got None"),
    ],
)
def test_unknown_cells_are_refused(cell, error, message):
    with pytest.raises(error, match=message):
        make_cell(cell)


def test_unknown_activation_is_refused_in_a_step_and_in_a_run():
    cell = RNN("sigmoid")
    weights, inputs, state = _problem(cell)
    for call in (
        lambda: cell.step(weights, inputs[:, 0], state),
        lambda: run_cell(cell, weights, inputs, state),
    ):
        with pytest.raises(
            ValueError, match="one of tanh, relu, logistic, identity, got 'sigmoid'"
        ):
            call()


@pytest.mark.gpu
@pytest.mark.parametrize("name", LAYERS)
def test_cells_on_a_gpu(name):
    cell = LAYERS[name][0]
    weights, inputs, state = _problem(cell)
    here, last = run_cell(cell, weights, inputs, state)
    there = {k: w.cuda() for k, w in weights.items()}
    outputs, end = run_cell(cell, there, inputs.cuda(), tuple(part.cuda() for part in state))
    torch.testing.assert_close(outputs.cpu(), here)
    torch.testing.assert_close(tuple(part.cpu() for part in end), last)
