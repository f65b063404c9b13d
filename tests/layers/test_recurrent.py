"""Ragged batches without packing equal torch's layers on packed sequences."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from sksequence.cells import GRU, LSTM, RNN, Cell
from sksequence.layers import Dropout, RecurrentLayer, RecurrentStack, reverse_steps

N_INPUTS, WIDTH = 3, 4
LENGTHS = torch.tensor([4, 7, 1, 6, 7])
CELLS = {"rnn": (RNN(), nn.RNN), "lstm": (LSTM(), nn.LSTM), "gru": (GRU(), nn.GRU)}


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _inputs(poison=None):
    inputs = torch.randn(5, 7, N_INPUTS, dtype=torch.float64, generator=_generator(1))
    if poison is not None:
        inputs[torch.arange(7) >= LENGTHS[:, None]] = poison
    return inputs


def _pair(name, n_layers=2, bidirectional=True):
    """A stack of ours and torch's layer with the same weights."""
    cell, layer = CELLS[name]
    ours = RecurrentStack(cell, N_INPUTS, [WIDTH] * n_layers, _generator(), bidirectional).double()
    theirs = layer(
        N_INPUTS, WIDTH, n_layers, batch_first=True, bidirectional=bidirectional
    ).double()
    with torch.no_grad():
        for i, directions in enumerate(ours.layers):
            for direction, suffix in zip(directions, ("", "_reverse"), strict=False):
                for weight, values in direction.weights.items():
                    getattr(theirs, f"{weight}_l{i}{suffix}").copy_(values)
    return ours, theirs


def _by_torch(layer, inputs, state=None):
    packed = pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False)
    outputs, last = layer(packed, state)
    last = last if isinstance(last, tuple) else (last,)
    return pad_packed_sequence(outputs, batch_first=True)[0], last


MASK = torch.arange(7) < LENGTHS[:, None]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("keep_state", [False, True])
def test_ragged_batch_equals_packing(name, n_layers, bidirectional, keep_state):
    ours, theirs = _pair(name, n_layers, bidirectional)
    expected, last = _by_torch(theirs, _inputs())
    outputs, states = ours(_inputs(poison=1e6), LENGTHS, keep_state=keep_state)
    torch.testing.assert_close(outputs[MASK], expected[MASK], rtol=0, atol=1e-12)
    assert ours.n_outputs == outputs.shape[2] == WIDTH * (1 + bidirectional)
    flat = [state for directions in states for state in directions]
    if keep_state:
        for part in range(ours.layers[0][0].cell.n_states):
            ended = torch.stack([state[part] for state in flat])
            torch.testing.assert_close(ended, last[part], rtol=0, atol=1e-12)
    else:
        assert flat == [None] * len(flat)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("keep_state", [False, True])
def test_gradients_equal_packing(name, keep_state):
    ours, theirs = _pair(name)
    inputs, theirs_in = _inputs(poison=1e3).requires_grad_(), _inputs().requires_grad_()
    expected, _ = _by_torch(theirs, theirs_in)
    ramp = torch.linspace(-1, 2, expected[MASK].numel(), dtype=torch.float64)
    (expected[MASK].flatten() * ramp).sum().backward()
    outputs, _ = ours(inputs, LENGTHS, keep_state=keep_state)
    (outputs[MASK].flatten() * ramp).sum().backward()
    for i, directions in enumerate(ours.layers):
        for direction, suffix in zip(directions, ("", "_reverse"), strict=True):
            for weight, values in direction.weights.items():
                reference = getattr(theirs, f"{weight}_l{i}{suffix}").grad
                torch.testing.assert_close(values.grad, reference, rtol=0, atol=1e-10)
    torch.testing.assert_close(inputs.grad[MASK], theirs_in.grad[MASK], rtol=0, atol=1e-11)
    assert not inputs.grad[~MASK].any()


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("keep_state", [False, True])
def test_nothing_on_padding_can_leak(name, keep_state):
    ours, _ = _pair(name)
    clean, _ = ours(_inputs(), LENGTHS, keep_state=keep_state)
    outputs, states = ours(_inputs(poison=torch.nan), LENGTHS, keep_state=keep_state)
    torch.testing.assert_close(outputs[MASK], clean[MASK], rtol=0, atol=0)
    if keep_state:
        assert all(torch.isfinite(p).all() for ds in states for state in ds for p in state)


@pytest.mark.parametrize("name", CELLS)
def test_uniform_batch_needs_no_lengths(name):
    ours, theirs = _pair(name)
    outputs, states = ours(_inputs(), None)
    expected, last = theirs(_inputs())
    last = last if isinstance(last, tuple) else (last,)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-12)
    ended = torch.stack([state[0] for directions in states for state in directions])
    torch.testing.assert_close(ended, last[0], rtol=0, atol=1e-12)
    full = torch.full((5,), 7)
    torch.testing.assert_close(ours(_inputs(), full)[0], outputs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("keep_state", [False, True])
def test_state_goes_in_and_out(name, keep_state):
    ours, _ = _pair(name, bidirectional=False)
    whole, end = ours(_inputs(), None)
    first, state = ours(_inputs()[:, :3], None)
    second, last = ours(_inputs()[:, 3:], None, state, keep_state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole, rtol=0, atol=1e-12)
    torch.testing.assert_close(last, end, rtol=0, atol=1e-12)


def test_widths_may_differ_between_layers():
    stack = RecurrentStack(GRU(), N_INPUTS, (5, 2), _generator(), bidirectional=True).double()
    outputs, _ = stack(_inputs(), LENGTHS)
    assert outputs.shape == (5, 7, 4)
    assert stack.n_outputs == 4
    assert stack.n_forward == 2
    assert [layer[0].weight_ih.shape for layer in stack.layers] == [(15, 3), (6, 10)]


def test_dropout_stands_between_layers_only():
    stack = RecurrentStack(GRU(), N_INPUTS, (4, 4), _generator(), between=Dropout(0.5))
    lone = RecurrentStack(GRU(), N_INPUTS, (4,), _generator(), between=Dropout(0.5))
    inputs = _inputs().float()
    for module in (stack, lone):
        module.between.generator = _generator()
    assert not torch.equal(stack(inputs, None)[0], stack(inputs, None)[0])
    assert torch.equal(lone(inputs, None)[0], lone(inputs, None)[0])
    stack.eval()
    assert torch.equal(stack(inputs, None)[0], stack(inputs, None)[0])


# -- cells without a fused run --------------------------------------------------------------


class Average(Cell):
    """h_t = (x_t + h_{t-1}) / 2, without weights that are learned."""

    n_gates = 1

    def step(self, weights, inputs, state):
        return ((inputs[:, :1] + state[0]) / 2,)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("keep_state", [False, True])
def test_any_cell_runs_step_by_step(backward, keep_state):
    layer = RecurrentLayer(Average(), N_INPUTS, 1, _generator(), backward).double()
    inputs = _inputs(poison=torch.nan)
    outputs, state = layer(inputs, LENGTHS, keep_state=keep_state)
    for i, n in enumerate(LENGTHS):
        steps = inputs[i, :n, 0].flip(0) if backward else inputs[i, :n, 0]
        value, expected = 0.0, []
        for x in steps:
            value = (float(x) + value) / 2
            expected.append(value)
        if keep_state:
            assert float(state[0][i]) == pytest.approx(value)
        expected = torch.tensor(expected, dtype=torch.float64)
        expected = expected.flip(0) if backward else expected
        torch.testing.assert_close(outputs[i, :n, 0], expected)


# -- reversal -------------------------------------------------------------------------------


def test_sequences_are_reversed_within_their_own_length():
    values = torch.arange(1.0, 9.0).view(2, 4, 1)
    reversed_ = reverse_steps(values, torch.tensor([3, 1]))[:, :, 0]
    assert reversed_.tolist() == [[3, 2, 1, 4], [5, 6, 7, 8]]
    assert reverse_steps(values, None)[:, :, 0].tolist() == [[4, 3, 2, 1], [8, 7, 6, 5]]


def test_twice_reversed_is_the_same():
    inputs = _inputs(poison=torch.nan)
    torch.testing.assert_close(
        reverse_steps(reverse_steps(inputs, LENGTHS), LENGTHS), inputs, equal_nan=True
    )


@pytest.mark.gpu
@pytest.mark.parametrize("name", CELLS)
def test_stack_on_a_gpu(name):
    ours, _ = _pair(name)
    here, _ = ours(_inputs(), LENGTHS)
    there, _ = ours.cuda()(_inputs().cuda(), LENGTHS.cuda())
    torch.testing.assert_close(there.cpu()[MASK], here[MASK])


# -- looking on -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("backward", [False, True])
def test_an_observer_sees_every_state_inside_the_graph(name, backward):
    layer = RecurrentLayer(CELLS[name][0], N_INPUTS, WIDTH, _generator(), backward).double()
    expected, _ = layer(_inputs(), LENGTHS)
    seen = []
    layer.observer = lambda *what: seen.append(what)
    outputs, _ = layer(_inputs(), LENGTHS)
    torch.testing.assert_close(outputs[MASK], expected[MASK], rtol=0, atol=1e-12)
    assert [t for _, t, _, _ in seen] == list(range(7))
    assert all(who is layer for who, _, _, _ in seen)
    states = torch.stack([state[0] for _, _, state, _ in seen], dim=1)
    back = reverse_steps(states, LENGTHS) if backward else states
    torch.testing.assert_close(back[MASK], outputs[MASK], rtol=0, atol=0)
    hidden = [state[0] for _, _, state, _ in seen]
    longest = outputs[1]  # the last state it has read hangs on every one before it
    gradients = torch.autograd.grad(longest[0 if backward else 6].sum(), hidden)
    assert all(bool(g[1].any()) for g in gradients)
    assert not any(bool(g[0].any()) for g in gradients)  # and on no other sequence
