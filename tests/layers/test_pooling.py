"""Pooling equals numpy on sequences that were never filled up."""

import numpy as np
import pytest
import torch

from sksequence.layers import AttentionPooling, make_pooling

N_FORWARD, N_UNITS = 3, 5  # two units of a backward direction
LENGTHS = [4, 1, 6, 3]
MASK = torch.arange(6) < torch.tensor(LENGTHS)[:, None]


def _states(poison=None):
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(4, 6, N_UNITS, dtype=torch.float64, generator=generator)
    if poison is not None:
        states[~MASK] = poison
    return states.requires_grad_()


def _attention(layer, sequence):
    weight, bias = (p.detach().numpy() for p in layer.project.parameters())
    scores = np.tanh(sequence @ weight.T + bias) @ layer.query.detach().numpy()
    weights = np.exp(scores) / np.exp(scores).sum()
    return weights @ sequence


BY_HAND = {
    "last": lambda layer, s: np.concatenate([s[-1, :N_FORWARD], s[0, N_FORWARD:]]),
    "mean": lambda layer, s: s.mean(axis=0),
    "max": lambda layer, s: s.max(axis=0),
    "attention": _attention,
}


def _pool(name):
    generator = torch.Generator().manual_seed(1)
    return make_pooling(name, N_UNITS, N_FORWARD, generator).double()


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("poison", [None, torch.nan, torch.inf, 1e30])
def test_pooling_equals_numpy_whatever_stands_on_padding(name, poison):
    layer, states = _pool(name), _states(poison)
    pooled, _ = layer(states, torch.tensor(LENGTHS), MASK)
    expected = [BY_HAND[name](layer, states[i, :n].detach().numpy()) for i, n in enumerate(LENGTHS)]
    np.testing.assert_allclose(pooled.detach(), expected, rtol=1e-12)


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("poison", [torch.nan, torch.inf])
def test_gradients_do_not_see_padding(name, poison):
    gradients = []
    for states in (_states(), _states(poison)):
        layer = _pool(name)
        pooled, _ = layer(states, torch.tensor(LENGTHS), MASK)
        pooled.square().sum().backward()
        assert not states.grad[~MASK].any()
        gradients.append([states.grad, *(p.grad for p in layer.parameters())])
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("name", BY_HAND)
def test_sequences_of_one_length_need_no_mask(name):
    layer, states = _pool(name), _states()
    masked, _ = layer(states, torch.full((4,), 6), torch.ones(4, 6, dtype=torch.bool))
    plain, _ = layer(states, None, None)
    torch.testing.assert_close(plain, masked, rtol=0, atol=1e-14)


def test_last_of_one_direction_is_the_last_state():
    layer = make_pooling("last", N_UNITS, N_UNITS, torch.Generator())
    pooled, _ = layer(_states(), torch.tensor(LENGTHS), MASK)
    for i, n in enumerate(LENGTHS):
        assert torch.equal(pooled[i], _states()[i, n - 1])


@pytest.mark.parametrize("mask", [None, MASK])
def test_attention_weights_sum_to_one_on_steps_that_exist(mask):
    lengths = None if mask is None else torch.tensor(LENGTHS)
    _, weights = _pool("attention")(_states(), lengths, mask)
    assert weights.shape == (4, 6)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(4, dtype=torch.float64))
    assert (weights >= 0).all()
    if mask is not None:
        assert not weights[~mask].any()


def test_attention_without_a_preference_is_the_mean():
    layer = _pool("attention")
    layer.query.data.zero_()
    pooled, _ = layer(_states(), torch.tensor(LENGTHS), MASK)
    mean, _ = _pool("mean")(_states(), torch.tensor(LENGTHS), MASK)
    torch.testing.assert_close(pooled, mean)


def test_only_attention_has_weights_to_show_and_to_learn():
    for name in ("last", "mean", "max"):
        layer = _pool(name)
        assert layer(_states(), torch.tensor(LENGTHS), MASK)[1] is None
        assert not list(layer.parameters())
    one, other = (AttentionPooling(4, torch.Generator().manual_seed(s)) for s in (0, 0))
    torch.testing.assert_close(one.state_dict(), other.state_dict(), rtol=0, atol=0)
