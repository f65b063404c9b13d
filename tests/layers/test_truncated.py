"""Truncated backpropagation is backpropagation from states without a past."""

import pytest
import torch

from sksequence.cells import GRU, LSTM, RNN, Delayed, ProjectedLSTM
from sksequence.layers import Dropout, RecurrentStack

N_STEPS = 13
CELLS = [
    RNN(),
    LSTM(),
    GRU(),
    ProjectedLSTM(projection_size=2),
    Delayed("lstm", 3),
    Delayed("gru", 2, beside=True),
]
WINDOWS = [(4, 4), (2, 6), (1, 5), (3, 7), (5, 12)]


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _inputs(n_steps=N_STEPS, n_sequences=3):
    return torch.randn(n_sequences, n_steps, 2, dtype=torch.float64, generator=_generator(1))


RAMP = torch.randn(3, N_STEPS, 4, dtype=torch.float64, generator=_generator(2))


def _stack(cell, steps=None, widths=(4, 4), **options):
    options = {"residual": True, "initial_state": "learned", **options}
    return RecurrentStack(cell, 2, widths, _generator(), tbptt_steps=steps, **options).double()


def _scored(outputs, ramp=RAMP):
    return (outputs * ramp[..., : outputs.shape[-1]]).sum()


def _size(state):
    return sum(part.square().sum() for layers in state for parts in layers for part in parts)


def _gradients(loss, stack, inputs):
    leaves = [inputs, *stack.parameters()]
    found = torch.autograd.grad(loss, leaves, allow_unused=True)
    pairs = zip(leaves, found, strict=True)
    return [torch.zeros_like(leaf) if g is None else g for leaf, g in pairs]


def _detached(state):
    return [[tuple(part.detach() for part in parts) for parts in layers] for layers in state]


def _by_hand(stack, inputs, k1, k2, ramp=RAMP):
    """Each block of k1 steps from a detached state, k2 - k1 steps before it."""
    loss = 0.0
    for start in range(0, inputs.shape[1], k1):
        stop = min(start + k1, inputs.shape[1])
        first = 0 if start < k2 else start + k1 - k2
        state = None if first == 0 else _detached(stack(inputs[:, :first], None)[1])
        outputs, state = stack(inputs[:, first:stop], None, state)
        loss = loss + _scored(outputs[:, start - first :], ramp[:, start:stop])
    return loss + _size(state)  # the last state belongs to the last block


@pytest.mark.parametrize("cell", CELLS, ids=str)
@pytest.mark.parametrize("steps", WINDOWS, ids=str)
def test_the_gradient_is_that_by_hand(cell, steps):
    stack, plain = _stack(cell, steps), _stack(cell)
    inputs = _inputs().requires_grad_()
    outputs, state = stack(inputs, None)
    loss = _scored(outputs) + _size(state)
    torch.testing.assert_close(outputs, plain(inputs, None)[0], rtol=0, atol=1e-12)
    torch.testing.assert_close(state, plain(inputs, None)[1], rtol=0, atol=1e-12)
    expected = _gradients(_by_hand(plain, inputs, *steps), plain, inputs)
    found = _gradients(loss, stack, inputs)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("cell", CELLS, ids=str)
@pytest.mark.parametrize("steps", [(13, 13), (1, 13), (4, 50)], ids=str)
def test_a_window_over_all_steps_is_full_backpropagation(cell, steps):
    inputs = _inputs().requires_grad_()
    gradients = []
    for k in (steps, None):
        stack = _stack(cell, k)
        outputs, state = stack(inputs, None)
        loss = _scored(outputs) + _size(state)
        gradients.append(_gradients(loss, stack, inputs))
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)


def test_a_sequence_within_the_window_is_not_cut_by_longer_neighbours():
    """Windows that begin at the first step are full backpropagation, run again or not."""
    stack, plain = _stack(LSTM(), (5, 12)), _stack(LSTM())
    inputs = _inputs().requires_grad_()
    loss, full = ((s(inputs, None)[0][:, :12]).square().sum() for s in (stack, plain))
    torch.testing.assert_close(
        _gradients(loss, stack, inputs), _gradients(full, plain, inputs), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("cell", CELLS, ids=str)
@pytest.mark.parametrize("keep_state", [False, True])
def test_ragged_sequences_are_as_if_alone(cell, keep_state):
    lengths = torch.tensor([13, 5, 8])
    stack, plain = _stack(cell, (2, 5)), _stack(cell)
    inputs = _inputs().requires_grad_()
    outputs, state = stack(inputs, lengths, keep_state=keep_state)
    loss = sum(_scored(outputs[i, :n], RAMP[i, :n]) for i, n in enumerate(lengths))
    expected = 0.0
    for i, n in enumerate(lengths):
        alone = _by_hand(plain, inputs[i : i + 1, :n], 2, 5, RAMP[i : i + 1])
        if not keep_state:  # take away what only the state brings
            alone = alone - _by_hand(plain, inputs[i : i + 1, :n], 2, 5, 0 * RAMP[i : i + 1])
        expected = expected + alone
    if keep_state:
        loss = loss + _size(state)
    torch.testing.assert_close(
        _gradients(loss, stack, inputs),
        _gradients(expected, plain, inputs),
        rtol=0,
        atol=1e-11,
    )


def test_the_gradient_goes_on_into_the_state_that_was_given():
    stack = _stack(GRU(), (3, 6), initial_state="zeros")
    start = [[(torch.ones(3, 4).double().requires_grad_(),)] for _ in range(2)]
    late, early = (
        torch.autograd.grad(stack(_inputs(), None, start)[0][:, t].sum(), start[0][0][0])[0]
        for t in (12, 2)
    )
    assert early.any()
    assert not late.any()


def test_dropout_is_the_same_when_a_window_is_run_again():
    for variational in (False, True):
        gradients = []
        for steps in ((5, 12), None):
            stack = _stack(GRU(), steps, between=Dropout(0.5, variational))
            inputs = _inputs().requires_grad_()
            stack.between.generator = _generator(4)
            outputs, _ = stack(inputs, None)
            gradients.append([outputs, *_gradients(outputs.square().sum(), stack, inputs)])
        torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)


def _held(n_steps, steps, pool=lambda outputs: outputs.sum()):
    """Numbers that the graph holds between forward and backward, without inputs and outputs."""
    stack = _stack(LSTM(), steps, widths=(4,), initial_state="zeros")
    inputs = _inputs(n_steps)
    saved = {}

    def pack(values):
        saved[values.data_ptr()] = values.numel()
        return values

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda values: values):
        outputs, _ = stack(inputs, None)
        loss = pool(outputs)
    held = sum(saved.values())
    loss.backward()
    return held - inputs.numel()


def test_the_graph_between_forward_and_backward_is_a_state_for_each_block():
    weights = sum(
        p.numel() for p in _stack(LSTM(), widths=(4,), initial_state="zeros").parameters()
    )
    full = [_held(n, None) for n in (100, 400)]
    assert full[1] - full[0] >= 300 * 3 * 4  # a number of each unit and step at least
    short, long = (_held(n, (20, 20)) for n in (100, 400))
    assert long - short == 15 * 3 * 2 * 4  # 15 blocks more, 3 sequences, a state of 2 x 4
    assert short <= weights + 5 * 3 * 2 * 4


def test_only_windows_with_a_loss_are_run_again(monkeypatch):
    stack, seen = _stack(GRU(), (5, 10), widths=(4,)), []
    true_run = stack.run

    def run(inputs, *others, **named):
        if torch.is_grad_enabled():
            seen.append(tuple(inputs.shape[:2]))
        return true_run(inputs, *others, **named)

    monkeypatch.setattr(stack, "run", run)
    outputs, _ = stack(_inputs(100, 6), None)
    outputs[:, -1].sum().backward()
    assert seen == [(6, 10)]
    seen.clear()
    outputs, _ = stack(_inputs(100, 6), torch.tensor([100, 98, 97, 12, 11, 96]))
    (outputs[[0, 1, 2, 5], -4].sum() + outputs[[3, 4], 10].sum()).backward()
    assert seen == [(2, 10), (4, 10)]


def test_without_gradients_there_are_no_windows():
    stack, plain = _stack(LSTM(), (2, 4)), _stack(LSTM())
    with torch.no_grad():
        given, expected = stack(_inputs(), None)[0], plain(_inputs(), None)[0]
    torch.testing.assert_close(given, expected, rtol=0, atol=1e-12)


def test_what_is_watched_is_not_cut():
    stack = _stack(GRU(), (2, 4), widths=(4,))
    states = []
    stack.layers[0][0].observer = lambda layer, t, state, kept: states.append(state[0])
    outputs, _ = stack(_inputs(), None)
    assert torch.autograd.grad(outputs[:, -1].sum(), states[0])[0].any()


def test_two_directions_have_no_window():
    with pytest.raises(ValueError, match="the backward direction reads from the end"):
        _stack(GRU(), (2, 4), bidirectional=True)
    stack = _stack(GRU(), bidirectional=True)
    with pytest.raises(ValueError, match="tbptt_steps does not go with bidirectional=True"):
        stack.tbptt_steps = (2, 4)
