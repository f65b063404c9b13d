"""What a stack adds to its layers: residual connections, learned starts, noise of the same kind."""

import pytest
import torch

from sksequence.cells import GRU, LSTM, RNN, Delayed, ProjectedLSTM
from sksequence.layers import Dropout, RecurrentStack

LENGTHS = torch.tensor([4, 7, 1, 6, 7])
MASK = torch.arange(7) < LENGTHS[:, None]
CELLS = [
    RNN(),
    LSTM(),
    GRU(),
    ProjectedLSTM(projection_size=2),
    Delayed("lstm", 3),
    Delayed("gru", 9),
    Delayed("lstm", 3, beside=True),
    Delayed("gru", 1, beside=True),
    Delayed("rnn", [1, 4]),
]


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _inputs(width=4):
    return torch.randn(5, 7, width, dtype=torch.float64, generator=_generator(1))


def _stack(cell=None, widths=(4, 4), **options):
    stack = RecurrentStack(cell or GRU(), 4, widths, _generator(), **options).double()
    for layers in stack.layers:
        for layer in layers:
            for start in layer.start or ():
                torch.nn.init.normal_(start, generator=_generator(2))
    return stack


def _parts(state):
    return [part for layers in state for parts in layers for part in parts]


# -- chunks and ends of sequences -----------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS, ids=str)
@pytest.mark.parametrize("options", [{}, {"residual": True, "initial_state": "learned"}], ids=str)
def test_chunks_with_carried_state_are_the_whole(cell, options):
    stack = _stack(cell, **options)
    whole, end = stack(_inputs(), None)
    state, chunks = None, []
    for steps in _inputs().split([2, 1, 4], dim=1):
        outputs, state = stack(steps, None, state)
        chunks.append(outputs)
    torch.testing.assert_close(torch.cat(chunks, dim=1), whole, rtol=0, atol=1e-12)
    torch.testing.assert_close(_parts(state), _parts(end), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_states_are_those_where_sequences_end(cell):
    stack = _stack(cell)
    inputs = torch.where(MASK[:, :, None], _inputs(), torch.nan)
    outputs, state = stack(inputs, LENGTHS, keep_state=True)
    for i, n in enumerate(LENGTHS):
        alone, end = stack(inputs[i : i + 1, :n], None)
        torch.testing.assert_close(outputs[i : i + 1, :n], alone, rtol=0, atol=1e-12)
        mine = [part[i : i + 1] for part in _parts(state)]
        torch.testing.assert_close(mine, _parts(end), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_sequence_without_steps_keeps_its_state(cell):
    stack = _stack(cell)
    _, before = stack(_inputs(), None)
    lengths = torch.tensor([0, 7, 0, 2, 1])
    _, after = stack(_inputs(), lengths, before, keep_state=True)
    for old, new in zip(_parts(before), _parts(after), strict=True):
        torch.testing.assert_close(new[[0, 2]], old[[0, 2]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_watched_steps_are_those_of_the_run(cell):
    stack = _stack(cell)
    expected, end = stack(_inputs(), LENGTHS, keep_state=True)
    for layers in stack.layers:
        layers[0].observer = lambda *what: None
    outputs, state = stack(_inputs(), LENGTHS, keep_state=True)
    torch.testing.assert_close(outputs[MASK], expected[MASK], rtol=0, atol=1e-12)
    torch.testing.assert_close(_parts(state), _parts(end), rtol=0, atol=1e-12)


# -- residual -------------------------------------------------------------------------------


def test_residual_adds_the_input_of_each_layer():
    stack, plain = _stack(residual=True), _stack()
    below = _inputs()
    for (layer,) in plain.layers:
        below = below + layer(below, None)[0]
    torch.testing.assert_close(stack(_inputs(), None)[0], below, rtol=0, atol=1e-12)


def test_residual_only_where_widths_agree():
    stack, plain = _stack(widths=(3, 3), residual=True), _stack(widths=(3, 3))
    first, _ = plain.layers[0][0](_inputs(), None)
    expected = first + plain.layers[1][0](first, None)[0]
    torch.testing.assert_close(stack(_inputs(), None)[0], expected, rtol=0, atol=1e-12)


def test_residual_around_both_directions():
    options = {"widths": (2, 2), "bidirectional": True}
    stack, plain = _stack(residual=True, **options), _stack(**options)
    below = _inputs()  # as wide as two directions of two units
    for layers in plain.layers:
        below = below + torch.cat([layer(below, LENGTHS)[0] for layer in layers], dim=2)
    outputs, _ = stack(_inputs(), LENGTHS)
    torch.testing.assert_close(outputs[MASK], below[MASK], rtol=0, atol=1e-12)


def test_the_way_around_a_layer_is_not_dropped():
    stack = _stack(residual=True, between=Dropout(0.9))
    with torch.no_grad():
        for weight in stack.layers[1].parameters():
            weight.zero_()
    stack.between.generator = _generator()
    plain = stack.layers[0][0](_inputs(), None)[0] + _inputs()
    torch.testing.assert_close(stack(_inputs(), None)[0], plain, rtol=0, atol=1e-12)


# -- the state before the first step ----------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_learned_start_is_zero_at_first(cell):
    stack = RecurrentStack(cell, 4, (4, 4), _generator(), initial_state="learned").double()
    plain = RecurrentStack(cell, 4, (4, 4), _generator()).double()
    given, expected = stack(_inputs(), None)[0], plain(_inputs(), None)[0]
    torch.testing.assert_close(given, expected, rtol=0, atol=1e-12)
    added = set(stack.state_dict()) - set(plain.state_dict())
    n_parts = len(stack.layers[0][0].start_sizes)
    assert len(added) == 2 * n_parts
    assert all("start" in name for name in added)


@pytest.mark.parametrize("cell", CELLS[:-1], ids=str)
def test_the_gradient_of_a_learned_start_is_that_of_the_state(cell):
    stack = _stack(cell, widths=(4,), initial_state="learned")
    layer = stack.layers[0][0]
    stack(_inputs(), LENGTHS)[0][MASK].sum().backward()
    given = [torch.zeros(5, size).double().requires_grad_() for size in layer.start_sizes]
    state = layer.initial_state(5, _inputs(), given)
    layer(_inputs(), LENGTHS, state)[0][MASK].sum().backward()
    for start, part in zip(layer.start, given, strict=True):
        torch.testing.assert_close(start.grad / 2, part.grad.sum(0), rtol=1e-10, atol=1e-12)
        assert start.grad.any()


def test_a_context_is_added_to_the_learned_start():
    stack = _stack(LSTM(), initial_state="learned", bidirectional=True)
    beside = [[(torch.ones(5, 4).double(),)] * 2] * 2
    for layers, states in zip(stack.layers, stack.initial_state(5, _inputs(), beside), strict=True):
        for layer, (hidden, memory) in zip(layers, states, strict=True):
            assert torch.equal(hidden, (layer.start[0] + 1).expand(5, 4))
            assert torch.equal(memory, layer.start[1].expand(5, 4))


# -- noise ----------------------------------------------------------------------------------


def test_variational_dropout_is_the_same_at_every_step():
    dropout = Dropout(0.5, variational=True)
    dropout.generator = _generator()
    noise = dropout(torch.ones(50, 7, 40))
    assert torch.equal(noise, noise[:, :1].expand_as(noise))
    assert set(noise.unique().tolist()) == {0.0, 2.0}
    assert abs(float(noise.mean()) - 1) < 0.1
    assert not torch.equal(noise[0], noise[1])
    flat = dropout(torch.ones(50, 40))  # without steps there is nothing to repeat
    assert not torch.equal(flat[:25], flat[25:])


def test_noise_between_layers_is_the_same_at_every_step():
    stack = _stack(between=Dropout(0.5, variational=True))
    plain = _stack()
    stack.between.generator = _generator(3)
    outputs, _ = stack(_inputs(), None)
    stack.between.generator = _generator(3)
    (noise,) = stack.draw_noise(_inputs())
    assert noise.shape == (5, 1, 4)
    below, _ = plain.layers[0][0](_inputs(), None)
    expected, _ = plain.layers[1][0](below * noise, None)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-12)
    stack.eval()
    assert stack.draw_noise(_inputs()) is None
    given, expected = stack(_inputs(), None)[0], plain(_inputs(), None)[0]
    torch.testing.assert_close(given, expected, rtol=0, atol=1e-12)


def test_noise_does_not_hang_on_the_layout_in_memory():
    dropout = Dropout(0.5)
    drawn = []
    for values in (torch.ones(5, 7, 4), torch.ones(7, 5, 4).transpose(0, 1)):
        dropout.generator = _generator()
        drawn.append(dropout(values))
    assert torch.equal(*drawn)
