"""A layer looks at a cell of somebody's own before it is trained."""

import pytest
import torch

from sksequence.cells import Cell, Delayed
from sksequence.layers import RecurrentLayer


class Mine(Cell):
    """One that keeps the contract."""

    n_gates = 1

    def step(self, weights, inputs, state):
        total = inputs @ weights["weight_ih"].T + state[0] @ weights["weight_hh"].T
        return (torch.tanh(total + weights["bias_ih"] + weights["bias_hh"]),)


class Bare(Mine):
    def step(self, weights, inputs, state):
        return super().step(weights, inputs, state)[0]


class Narrow(Mine):
    def step(self, weights, inputs, state):
        return (super().step(weights, inputs, state)[0][:, :-1],)


class Twofold(Mine):
    def step(self, weights, inputs, state):
        return super().step(weights, inputs, state) * 2


class InPlace(Mine):
    def step(self, weights, inputs, state):
        state[0].mul_(0.5)
        return super().step(weights, inputs, state)


class Cut(Mine):
    def step(self, weights, inputs, state):
        return (super().step(weights, inputs, state)[0].detach(),)


class Listed(Mine):
    def initial_weights(self, n_inputs, n_units, generator):
        return [torch.zeros(n_units, n_inputs)]


class Started(Mine):
    def initial_state(self, n_sequences, n_units, like):
        return (like.new_zeros(n_units),)


class Misspelt(Mine):
    def step(self, weights, inputs, state):
        return (inputs @ weights["weights_ih"].T,)


BROKEN = [
    (Bare, TypeError, r"Bare.step must return the state as a tuple of 1 tensor, got a Tensor of s"),
    (Narrow, ValueError, r"Narrow.step must .* size\) = \(2, 4\), got \(2, 3\)"),
    (Twofold, ValueError, r"Twofold.step must .*= \(2, 4\), got \(2, 4\), \(2, 4\)"),
    (InPlace, ValueError, "InPlace.step changes the state that it was given in place"),
    (Cut, ValueError, "Cut.step gives a state without a gradient"),
    (Listed, TypeError, "Listed.initial_weights must return a dict of names and tensors, got a li"),
    (Started, ValueError, r"Started.initial_state must .*= \(2, 4\), got \(4,\)"),
]


def _layer(cell, **options):
    return RecurrentLayer(cell, 3, 4, torch.Generator().manual_seed(0), **options)


@pytest.mark.parametrize(("kind", "error", "message"), BROKEN, ids=str)
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_broken_cell_is_named_with_its_method_and_shapes(kind, error, message, wrapped):
    cell = Delayed(kind(), 2, beside=True) if wrapped else kind()
    with pytest.raises(error, match=message + ".*check_cell tells more"):
        _layer(cell)


def test_an_error_of_its_own_is_told_apart_from_ours():
    with pytest.raises(KeyError, match="weights_ih") as raised:
        _layer(Misspelt())
    (note,) = raised.value.__notes__
    assert "Misspelt.step with inputs (2, 3) and a state of (2, 4)" in note


def test_looking_at_it_draws_nothing_and_keeps_nothing():
    plain, wrapped = torch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    before = torch.random.get_rng_state()
    weights = Mine().initial_weights(3, 4, plain)
    layer = RecurrentLayer(Mine(), 3, 4, wrapped)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.testing.assert_close(dict(layer.named_parameters()), weights, rtol=0, atol=0)
    assert torch.equal(plain.get_state(), wrapped.get_state())
    with torch.inference_mode():  # nothing is trained there
        assert _layer(Mine()).weight_ih.shape == (4, 3)
