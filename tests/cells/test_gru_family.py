"""The gated recurrent unit in both forms, the minimal one, and the identity recurrence."""

import pytest
import torch

from sksequence.cells import GRU, IRNN, MGU, RNN
from sksequence.kernels import run_cell

N_INPUTS, N_UNITS = 3, 4


def _weights(cell, seed=0):
    weights = cell.initial_weights(N_INPUTS, N_UNITS, torch.Generator().manual_seed(seed))
    return {name: w.double() for name, w in weights.items()}


def _problem(n_steps=8):
    noise = torch.Generator().manual_seed(5)
    inputs = torch.randn(2, n_steps, N_INPUTS, dtype=torch.float64, generator=noise)
    return inputs, (torch.randn(2, N_UNITS, dtype=torch.float64, generator=noise),)


def _same(cell, weights, other, other_weights):
    inputs, state = _problem()
    ours = run_cell(cell, weights, inputs, state)
    theirs = run_cell(other, other_weights, inputs, state)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_both_forms_agree_when_the_product_is_diagonal():
    """r (u h) = u (r h) unit by unit, without a bias inside the product."""
    weights = _weights(GRU())
    weights["weight_hh"][2 * N_UNITS :] = torch.diag(torch.tensor([0.5, -2.0, 1.0, 0.1]).double())
    weights["bias_hh"][2 * N_UNITS :] = 0.0
    _same(GRU("before"), weights, GRU("after"), weights)


def test_both_forms_differ_otherwise():
    weights, (inputs, state) = _weights(GRU()), _problem()
    before, after = (
        run_cell(GRU(reset), weights, inputs, state)[0] for reset in ("before", "after")
    )
    assert (before - after).abs().max() > 1e-3


def test_both_forms_agree_when_nothing_is_reset():
    weights = _weights(GRU())
    weights["bias_ih"][:N_UNITS] = 100.0
    _same(GRU("before"), weights, GRU("after"), weights)


@pytest.mark.parametrize("reset", ["before", "after"])
def test_the_other_sign_of_z_is_the_same_cell(reset):
    """h = (1 - z) h + z n, with the weights of z times -1."""
    cell, weights, (inputs, (hidden,)) = GRU(reset), _weights(GRU()), _problem()
    new, kept = cell.look(weights, inputs[:, 0], (hidden,))
    z_kept = kept["update"]
    rows = slice(N_UNITS, 2 * N_UNITS)
    flipped = {name: w.clone() for name, w in weights.items()}
    for w in flipped.values():
        w[rows] = -w[rows]
    z_renewed = cell.look(flipped, inputs[:, 0], (hidden,))[1]["update"]
    torch.testing.assert_close(z_renewed, 1 - z_kept)
    torch.testing.assert_close(new[0], (1 - z_renewed) * hidden + z_renewed * kept["candidate"])


def test_unknown_place_of_the_reset_gate_is_refused():
    with pytest.raises(ValueError, match="reset must be one of after, before, got 'between'"):
        _weights(GRU("between"))


def test_torch_has_only_one_of_the_forms():
    assert GRU("after").torch_layer is torch.nn.GRU
    assert GRU("before").torch_layer is None


def test_the_minimal_unit_is_a_gated_unit_with_one_gate():
    """r = f and z = 1 - f, which is sigma of the negative."""
    weights = _weights(MGU())
    gated = {}
    for name, w in weights.items():
        f, n = w.split(N_UNITS)
        gated[name] = torch.cat([f, -f, n])
    _same(MGU(), weights, GRU("before"), gated)


@pytest.mark.parametrize("cell", [MGU(), GRU("before"), GRU()], ids=str)
def test_a_shut_gate_copies_the_state(cell):
    weights = _weights(cell)
    gate, value = (0, -100.0) if isinstance(cell, MGU) else (1, 100.0)
    weights["bias_ih"][gate * N_UNITS : (gate + 1) * N_UNITS] = value
    inputs, state = _problem(50)
    _, last = run_cell(cell, weights, inputs, state)
    torch.testing.assert_close(last, state)


# -- identity recurrence --------------------------------------------------------------------


def test_identity_recurrence_is_the_rectified_cell_with_another_start():
    cell, weights = IRNN(), _weights(IRNN())
    assert cell.torch_layer is torch.nn.RNN
    _same(cell, weights, RNN("relu"), weights)
    assert torch.equal(weights["weight_hh"], torch.eye(N_UNITS).double())
    assert not weights["bias_ih"].any()
    assert not weights["bias_hh"].any()


def test_identity_recurrence_draws_small_weights_for_the_inputs():
    drawn = IRNN().initial_weights(200, 200, torch.Generator().manual_seed(0))["weight_ih"]
    assert float(drawn.std()) == pytest.approx(0.001, rel=0.02)
    assert abs(float(drawn.mean())) < 2e-5


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_identity_recurrence_keeps_a_positive_state_or_lets_it_fade(scale):
    cell = IRNN(scale)
    weights = _weights(cell)
    start = torch.rand(2, N_UNITS, generator=torch.Generator().manual_seed(1)).double()
    inputs = torch.zeros(2, 10, N_INPUTS).double()
    _, (last,) = run_cell(cell, weights, inputs, (start,))
    torch.testing.assert_close(last, scale**10 * start)
    assert set(cell.get_params()) == {"scale", "bias"}
