"""A delay of D steps makes D interleaved chains, or a connection beside the ordinary one."""

import pytest
import torch

from sksequence.cells import GRU, LSTM, RNN, Cell, Delayed, ProjectedLSTM, make_cell
from sksequence.layers import RecurrentLayer, RecurrentStack

INNER = [RNN(), LSTM(), GRU(), ProjectedLSTM(projection_size=2)]


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _inputs(n_steps=11):
    return torch.randn(3, n_steps, 2, dtype=torch.float64, generator=_generator(1))


def _layer(cell, seed=0):
    return RecurrentLayer(cell, 2, 4, _generator(seed)).double()


@pytest.mark.parametrize("inner", INNER, ids=str)
@pytest.mark.parametrize("delay", [1, 2, 4, 11, 20])
def test_alone_it_is_as_many_chains(inner, delay):
    delayed, ordinary = _layer(Delayed(inner, delay)), _layer(inner)
    inputs = _inputs().requires_grad_()
    outputs, state = delayed(inputs, None)
    expected = torch.empty_like(outputs)
    ends = {}
    for first in range(min(delay, 11)):
        chain = inputs[:, first::delay]
        expected[:, first::delay], ends[first] = ordinary(chain, None)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-12)
    n_parts = len(ordinary.state_sizes)
    for ago in range(min(delay, 11)):
        mine = state[ago * n_parts : (ago + 1) * n_parts]
        torch.testing.assert_close(mine, ends[(10 - ago) % delay], rtol=0, atol=1e-12)
    torch.testing.assert_close(
        torch.autograd.grad(outputs.square().sum(), [inputs, *delayed.parameters()]),
        torch.autograd.grad(expected.square().sum(), [inputs, *ordinary.parameters()]),
        rtol=0,
        atol=1e-11,
    )


@pytest.mark.parametrize("inner", INNER, ids=str)
@pytest.mark.parametrize("delay", [1, 3])
def test_beside_without_weights_it_is_the_ordinary_cell(inner, delay):
    delayed, ordinary = _layer(Delayed(inner, delay, beside=True)), _layer(inner)
    with torch.no_grad():
        delayed.weight_delay.zero_()
    outputs, state = delayed(_inputs(), None)
    expected, end = ordinary(_inputs(), None)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(state[: len(end)], end, rtol=0, atol=1e-12)


@pytest.mark.parametrize("delay", [1, 3, 20])
def test_beside_by_the_equation_of_the_simple_cell(delay):
    layer = _layer(Delayed("rnn", delay, beside=True))
    w, inputs = layer.weights, _inputs()
    outputs, _ = layer(inputs, None)
    states = [torch.zeros(3, 4).double()] * delay
    for x in inputs.unbind(1):
        total = x @ w["weight_ih"].T + states[-1] @ w["weight_hh"].T
        total = total + states[-delay] @ w["weight_delay"].T
        states.append(torch.tanh(total + w["bias_ih"] + w["bias_hh"]))
    expected = torch.stack(states[delay:], dim=1)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("inner", INNER, ids=str)
def test_steps_are_the_run(inner, beside):
    cell = Delayed(inner, 3, beside)
    layer = _layer(cell)
    state = cell.initial_state(3, 4, _inputs())
    assert tuple(part.shape[1] for part in state) == cell.state_sizes(4)
    assert len(state) == cell.n_states == len(cell.state_names)
    outputs, end = layer(_inputs(), None)
    for t, x in enumerate(_inputs().unbind(1)):
        looked, kept = cell.look(layer.weights, x, state)
        state = cell.step(layer.weights, x, state)
        torch.testing.assert_close(looked, state, rtol=0, atol=0)
        torch.testing.assert_close(state[0], outputs[:, t], rtol=0, atol=1e-12)
        assert set(cell.gates) <= set(kept)
    torch.testing.assert_close(state, end, rtol=0, atol=1e-12)


def test_a_list_has_a_delay_for_each_layer():
    stack = RecurrentStack(Delayed("gru", [1, 3]), 2, (4, 5), _generator()).double()
    assert [layers[0].cell.delay for layers in stack.layers] == [1, 3]
    below, _ = stack.layers[0][0](_inputs(), None)
    expected, _ = stack.layers[1][0](below, None)
    torch.testing.assert_close(stack(_inputs(), None)[0], expected, rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match=r"delay=\[1, 3\] has 2 delays, but the network has 3"):
        RecurrentStack(Delayed("gru", [1, 3]), 2, (4, 4, 4), _generator())


@pytest.mark.parametrize("delay", [0, -1, 1.5, True, "2", [], [2, 0]])
def test_what_is_no_delay_is_refused(delay):
    with pytest.raises(ValueError, match=r"delay must be a number of steps >= 1, or a list"):
        RecurrentStack(Delayed("gru", delay), 2, (4,), _generator())


def test_what_cannot_be_delayed_is_refused():
    class Own(Cell):
        n_gates = 1

        def initial_weights(self, n_inputs, n_units, generator):
            return {"weight": torch.ones(n_units)}

        def step(self, weights, inputs, state):
            return (weights["weight"] * state[0],)

    with pytest.raises(TypeError, match="without a delay of its own"):
        Delayed(Delayed("gru")).state_sizes(3)
    with pytest.raises(TypeError, match="without a delay of its own, got 'delayed'"):
        Delayed("delayed").state_sizes(3)
    with pytest.raises(TypeError, match="without a delay of its own, got 3"):
        Delayed(3).state_sizes(3)
    with pytest.raises(ValueError, match="no weights 'weight_ih' of its inputs: use beside=False"):
        _layer(Delayed(Own(), beside=True))


def test_it_is_copied_with_its_parameters():
    cell = make_cell(Delayed(LSTM(forget_bias=2.0), 3))
    assert repr(cell) == "Delayed(cell=LSTM(forget_bias=2.0), delay=3)"
    assert cell.set_params(cell__forget_bias=0.0).inner.forget_bias == 0.0
