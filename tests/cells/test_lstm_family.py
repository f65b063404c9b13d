"""The relatives of the LSTM: where one of them becomes another, and torch's own."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sksequence.cells import (
    LSTM,
    LSTM1997,
    Carousel,
    CoupledLSTM,
    LayerNormLSTM,
    PeepholeLSTM,
    ProjectedLSTM,
)
from sksequence.kernels import run_cell

N_INPUTS, N_UNITS = 3, 4


def _weights(cell, seed=0):
    weights = cell.initial_weights(N_INPUTS, N_UNITS, torch.Generator().manual_seed(seed))
    return {name: w.double() for name, w in weights.items()}


def _problem(cell, n_steps=8):
    noise = torch.Generator().manual_seed(5)
    inputs = torch.randn(2, n_steps, N_INPUTS, dtype=torch.float64, generator=noise)
    state = [
        torch.randn(2, size, dtype=torch.float64, generator=noise)
        for size in cell.state_sizes(N_UNITS)
    ]
    return inputs, tuple(state)


def _same(cell, weights, other, other_weights):
    inputs, state = _problem(cell)
    ours = run_cell(cell, weights, inputs, state)
    theirs = run_cell(other, other_weights, inputs, state)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


# -- peepholes ------------------------------------------------------------------------------


@pytest.mark.parametrize("peepholes", ["diagonal", "full"])
def test_peepholes_of_zero_make_it_the_plain_lstm(peepholes):
    weights = _weights(PeepholeLSTM(peepholes))
    plain = {name: weights[name] for name in _weights(LSTM())}
    for name in weights.keys() - plain.keys():
        weights[name] = torch.zeros_like(weights[name])
    _same(PeepholeLSTM(peepholes), weights, LSTM(), plain)


def test_full_peepholes_that_are_diagonal_are_the_diagonal_ones():
    diagonal = _weights(PeepholeLSTM())
    full = {name: w for name, w in diagonal.items() if name not in _OWN}
    full["weight_ch"] = torch.cat([torch.diag(diagonal[name]) for name in _OWN])
    _same(PeepholeLSTM(), diagonal, PeepholeLSTM("full"), full)


_OWN = ("weight_ci", "weight_cf", "weight_co")


@pytest.mark.parametrize("peepholes", ["diagonal", "full"])
def test_input_and_forget_gates_see_the_old_memory_and_the_output_gate_the_new(peepholes):
    """Only the peepholes work here, and the candidate is 0: c = sigma(c_old) c_old."""
    cell = PeepholeLSTM(peepholes)
    weights = {name: torch.zeros_like(w) for name, w in _weights(cell).items()}
    if peepholes == "full":
        weights["weight_ch"] = torch.eye(N_UNITS).double().repeat(3, 1)
    else:
        weights |= {name: torch.ones(N_UNITS).double() for name in _OWN}
    inputs, (hidden, old) = _problem(cell)
    (_, new), kept = cell.look(weights, inputs[:, 0], (hidden, old))
    torch.testing.assert_close(new, old.sigmoid() * old)
    torch.testing.assert_close(kept["input"], old.sigmoid())
    torch.testing.assert_close(kept["output"], new.sigmoid())


def test_unknown_peepholes_are_refused():
    with pytest.raises(ValueError, match="peepholes must be one of diagonal, full, got 'dense'"):
        _weights(PeepholeLSTM("dense"))


# -- projection -----------------------------------------------------------------------------


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_projection_is_that_of_torch(size, bias):
    layer = nn.LSTM(
        N_INPUTS, N_UNITS, proj_size=size, bias=bias, batch_first=True, dtype=torch.float64
    )
    cell = ProjectedLSTM(size, bias=bias)
    named = {name.removesuffix("_l0"): w for name, w in layer.named_parameters()}
    start = _weights(cell)
    assert {n: w.shape for n, w in start.items()} == {n: w.shape for n, w in named.items()}
    inputs, state = _problem(cell)
    expected, last = layer(inputs, tuple(part[None] for part in state))
    outputs, our_last = run_cell(cell, named, inputs, state)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(our_last, tuple(part[0] for part in last), rtol=0, atol=1e-12)
    ramp = torch.linspace(-1, 1, outputs.numel(), dtype=torch.float64).view_as(outputs)
    ours, theirs = (
        torch.autograd.grad((each * ramp).sum(), list(named.values()))
        for each in (outputs, expected)
    )
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-11)


def test_projection_with_the_identity_is_the_plain_lstm():
    weights = _weights(ProjectedLSTM(N_UNITS))
    plain = {name: w for name, w in weights.items() if name != "weight_hr"}
    weights["weight_hr"] = torch.eye(N_UNITS).double()
    _same(ProjectedLSTM(N_UNITS), weights, LSTM(), plain)


def test_projection_takes_half_of_the_units_by_default():
    assert ProjectedLSTM().state_sizes(9) == (4, 9)
    assert ProjectedLSTM().state_sizes(1) == (1, 1)


@pytest.mark.parametrize("size", [0, 5, 2.0, "half", True])
def test_impossible_projections_are_refused(size):
    with pytest.raises(ValueError, match="from 1 to the number of units, which is 4, or None"):
        _weights(ProjectedLSTM(size))


# -- layer normalisation --------------------------------------------------------------------


def test_layer_normalisation_is_that_of_torch():
    cell = LayerNormLSTM()
    weights = {name: w + 0.1 * torch.randn_like(w) for name, w in _weights(cell).items()}
    inputs, (hidden, memory) = _problem(cell)
    new_hidden, new_memory = cell.step(weights, inputs[:, 0], (hidden, memory))
    wide = (4 * N_UNITS,)
    gates = (
        F.layer_norm(inputs[:, 0] @ weights["weight_ih"].T, wide, weights["norm_ih_weight"])
        + F.layer_norm(hidden @ weights["weight_hh"].T, wide, weights["norm_hh_weight"])
        + weights["bias_ih"]
        + weights["bias_hh"]
    )
    i, f, g, o = gates.chunk(4, dim=1)
    memory = f.sigmoid() * memory + i.sigmoid() * g.tanh()
    shown = F.layer_norm(memory, (N_UNITS,), weights["norm_c_weight"], weights["norm_c_bias"])
    torch.testing.assert_close(new_memory, memory, rtol=0, atol=1e-12)
    torch.testing.assert_close(new_hidden, o.sigmoid() * shown.tanh(), rtol=0, atol=1e-12)


def test_layer_normalisation_does_not_see_the_scale_of_its_weights():
    cell = LayerNormLSTM()
    weights = _weights(cell)
    inputs, state = _problem(cell)
    large = dict(
        weights, weight_ih=1e4 * weights["weight_ih"], weight_hh=1e4 * weights["weight_hh"]
    )
    larger = {n: 10 * w if n in ("weight_ih", "weight_hh") else w for n, w in large.items()}
    one, other = (run_cell(cell, w, inputs, state) for w in (large, larger))
    torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


def test_layer_normalisation_of_a_zero_state_is_finite():
    cell = LayerNormLSTM()
    weights = {name: w.requires_grad_() for name, w in _weights(cell).items()}
    inputs = torch.zeros(1, 3, N_INPUTS, dtype=torch.float64)
    outputs, _ = run_cell(cell, weights, inputs, cell.initial_state(1, N_UNITS, inputs))
    outputs.sum().backward()
    assert outputs.isfinite().all()
    assert all(w.grad is None or w.grad.isfinite().all() for w in weights.values())


# -- gates that are not there ---------------------------------------------------------------


def _set(weights, gate, value):
    weights["bias_ih"][gate * N_UNITS : (gate + 1) * N_UNITS] = value
    weights["bias_hh"][gate * N_UNITS : (gate + 1) * N_UNITS] = 0.0
    for name in ("weight_ih", "weight_hh"):
        weights[name][gate * N_UNITS : (gate + 1) * N_UNITS] = 0.0


def _rows(weights, gates):
    """The blocks of an LSTM's weights that belong to some of its gates."""
    return {
        name: torch.cat([w.split(N_UNITS)[gate] for gate in gates]) for name, w in weights.items()
    }


def test_the_lstm_of_1997_is_one_whose_forget_gate_stays_open():
    weights = _weights(LSTM())
    _set(weights, 1, 100.0)
    _same(LSTM1997(), _rows(weights, [0, 2, 3]), LSTM(), weights)


def test_the_coupled_lstm_has_the_input_gate_one_minus_the_forget_gate():
    weights = _weights(LSTM())
    for name in weights:  # sigma(-a) = 1 - sigma(a)
        weights[name][:N_UNITS] = -weights[name][N_UNITS : 2 * N_UNITS]
    _same(CoupledLSTM(), _rows(weights, [1, 2, 3]), LSTM(), weights)


def test_the_carousel_is_an_lstm_with_all_gates_open():
    weights = _weights(LSTM())
    for gate in (0, 1, 3):
        _set(weights, gate, 100.0)
    _same(Carousel(), _rows(weights, [2]), LSTM(), weights)


def test_the_error_on_the_carousel_is_constant():
    """With no recurrent weights the memory's derivative along the steps is exactly 1."""
    cell = Carousel()
    weights = _weights(cell)
    weights["weight_hh"] = torch.zeros_like(weights["weight_hh"])
    inputs, (hidden, memory) = _problem(cell, n_steps=200)
    memory.requires_grad_()
    _, (_, last) = run_cell(cell, weights, inputs, (hidden, memory))
    (gradient,) = torch.autograd.grad(last.sum(), memory)
    torch.testing.assert_close(gradient, torch.ones_like(gradient), rtol=0, atol=0)


def test_the_coupled_memory_stays_between_minus_one_and_one():
    cell = CoupledLSTM()
    weights = {name: 30 * w for name, w in _weights(cell).items()}
    inputs, _ = _problem(cell, n_steps=300)
    _, (_, memory) = run_cell(cell, weights, inputs, cell.initial_state(2, N_UNITS, inputs))
    assert memory.abs().max() <= 1
