"""Options that all cells share: biases, the forget gate's start, an orthogonal recurrence."""

import inspect

import pytest
import torch
from torch import nn

from sksequence.cells import (
    CELLS,
    GRU,
    LSTM,
    RNN,
    CoupledLSTM,
    FeedForward,
    LayerNormLSTM,
    OutputRNN,
    PeepholeLSTM,
    ProjectedLSTM,
)
from sksequence.kernels import run_cell

OURS = {name: kind for name, kind in CELLS.items() if name != "delayed"}


def _start(cell, n_inputs=3, n_units=4, seed=0):
    return cell.initial_weights(n_inputs, n_units, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", OURS)
def test_every_cell_goes_without_biases(name):
    with_them, without = _start(OURS[name]()), _start(OURS[name](bias=False))
    assert {n for n in with_them if "bias" in n} >= {"bias_ih", "bias_hh"}
    assert list(without) == [n for n in with_them if "bias" not in n]
    for each in without:  # the others are drawn the same
        torch.testing.assert_close(without[each], with_them[each], rtol=0, atol=0)


@pytest.mark.parametrize("name", sorted(OURS.keys() - {"irnn"}))
def test_every_cell_may_start_orthogonal(name):
    n_units = 6
    weights = _start(OURS[name](recurrent_init="orthogonal"), n_units=n_units)
    plain = _start(OURS[name](), n_units=n_units)
    assert {n: w.shape for n, w in weights.items()} == {n: w.shape for n, w in plain.items()}
    torch.testing.assert_close(weights["weight_ih"], plain["weight_ih"], rtol=0, atol=0)
    blocks = weights["weight_hh"].split(n_units)
    assert len(blocks) == OURS[name]().n_gates
    for block in blocks:  # (n_units, output size), which is at most n_units
        torch.testing.assert_close(block.T @ block, torch.eye(block.shape[1]))
    drawn = plain["weight_hh"][:n_units]
    assert not torch.allclose(drawn.T @ drawn, torch.eye(drawn.shape[1]))
    if len(blocks) > 1:
        assert not torch.allclose(blocks[0], blocks[1])


def test_full_peepholes_and_the_output_matrix_start_orthogonal_too():
    for block in _start(PeepholeLSTM("full", recurrent_init="orthogonal"))["weight_ch"].split(4):
        torch.testing.assert_close(block @ block.T, torch.eye(4))
    for n_outputs in (2, 4, 9):
        matrix = _start(OutputRNN(n_outputs, recurrent_init="orthogonal"))["weight_ho"]
        assert matrix.shape == (n_outputs, 4)
        small = matrix @ matrix.T if n_outputs < 4 else matrix.T @ matrix
        torch.testing.assert_close(small, torch.eye(min(n_outputs, 4)))


@pytest.mark.parametrize("name", OURS)
def test_the_start_comes_from_the_generator_alone(name):
    options = inspect.signature(OURS[name]).parameters.keys() & {"recurrent_init"}
    cell = OURS[name](**dict.fromkeys(options, "orthogonal"))
    before = torch.random.get_rng_state()
    first, again, other = _start(cell, seed=3), _start(cell, seed=3), _start(cell, seed=4)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert not torch.equal(first["weight_ih"], other["weight_ih"])
    assert {w.dtype for w in first.values()} == {torch.float32}


@pytest.mark.parametrize("kind", [LSTM, PeepholeLSTM, ProjectedLSTM, LayerNormLSTM, CoupledLSTM])
def test_forget_gate_starts_at_its_bias(kind):
    gate = 0 if kind is CoupledLSTM else 1
    weights = _start(kind(forget_bias=2.5))
    total = (weights["bias_ih"] + weights["bias_hh"]).view(-1, 4)
    torch.testing.assert_close(total[gate], torch.full((4,), 2.5))
    others = torch.cat([total[:gate], total[gate + 1 :]])
    assert len(others.unique()) == others.numel()
    assert "bias_ih" not in _start(kind(forget_bias=2.5, bias=False))


@pytest.mark.parametrize("name", sorted(OURS.keys() - {"irnn"}))
def test_unknown_start_is_refused(name):
    cell = OURS[name](recurrent_init="identity")
    with pytest.raises(ValueError, match="recurrent_init must be one of uniform, orthogonal, got"):
        _start(cell)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [(RNN(bias=False), nn.RNN), (LSTM(bias=False), nn.LSTM), (GRU(bias=False), nn.GRU)],
)
def test_without_biases_it_is_torch_without_biases(cell, kind):
    layer = kind(3, 4, bias=False, batch_first=True)
    weights = {name.removesuffix("_l0"): w for name, w in layer.named_parameters()}
    assert weights.keys() == _start(cell).keys()
    inputs = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(0))
    outputs, _ = run_cell(cell, weights, inputs, cell.initial_state(2, 4, inputs))
    torch.testing.assert_close(outputs, layer(inputs)[0])


def test_cells_without_recurrence_have_no_recurrent_start():
    assert set(FeedForward().get_params()) == {"activation", "bias"}
    assert list(_start(FeedForward())) == ["weight_ih", "bias_ih", "bias_hh"]


@pytest.mark.parametrize("value", ["a", None, float("nan"), True])
@pytest.mark.parametrize("kind", [LSTM, PeepholeLSTM, ProjectedLSTM, LayerNormLSTM, CoupledLSTM])
def test_a_forget_bias_is_a_number(kind, value):
    with pytest.raises(ValueError, match="forget_bias must be a finite number, got"):
        _start(kind(forget_bias=value))


@pytest.mark.parametrize("name", OURS)
def test_biases_are_there_or_not(name):
    with pytest.raises(TypeError, match="bias must be True or False, got 'no'"):
        _start(OURS[name](bias="no"))
