"""Attention is a weighted mean; its weights are known where the scores are."""

import numpy as np
import pytest
import torch

from sksequence.layers import make_attention
from sksequence.layers._attention import ATTENTIONS, Memory

N_SEQUENCES, N_QUERIES, N_STEPS, N_UNITS, N_VALUES = 3, 2, 5, 4, 6
LENGTHS = torch.tensor([5, 1, 3])
MASK = torch.arange(N_STEPS) < LENGTHS[:, None]


def _tensor(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _attention(name, n_units=N_UNITS, n_values=N_VALUES, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return make_attention(name, n_units, n_values, generator).double()


QUERIES = _tensor(N_SEQUENCES, N_QUERIES, N_UNITS, seed=1)
VALUES = _tensor(N_SEQUENCES, N_STEPS, N_VALUES, seed=2)
PREVIOUS = torch.softmax(_tensor(N_SEQUENCES, N_QUERIES, N_STEPS, seed=3), dim=2)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_weights_add_up_to_one_and_are_zero_where_there_is_no_step(name):
    attention = _attention(name)
    context, weights = attention(QUERIES, attention.remember(VALUES, MASK), PREVIOUS)
    assert weights.shape == (N_SEQUENCES, N_QUERIES, N_STEPS)
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(N_SEQUENCES, N_QUERIES).double())
    assert (weights[~MASK[:, None].expand_as(weights)] == 0).all()
    assert (weights[MASK[:, None].expand_as(weights)] > 0).all()
    expected = np.einsum("bqs,bsv->bqv", weights.detach(), VALUES)
    np.testing.assert_allclose(context.detach(), expected, atol=1e-14)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_of_a_single_step_the_context_is_that_step(name):
    attention = _attention(name)
    context, weights = attention(QUERIES[1:2], attention.remember(VALUES[1:2], MASK[1:2]))
    assert (weights[0, :, 0] == 1).all()
    torch.testing.assert_close(context[0], VALUES[1, :1].expand(N_QUERIES, -1))


@pytest.mark.parametrize("name", ATTENTIONS)
def test_what_stands_in_padding_does_not_matter(name):
    attention = _attention(name)
    before = attention(QUERIES, attention.remember(VALUES, MASK), PREVIOUS * MASK[:, None])
    spoiled = torch.where(MASK[:, :, None], VALUES, 1e6)
    after = attention(QUERIES, attention.remember(spoiled, MASK), PREVIOUS * MASK[:, None])
    for one, other in zip(before, after, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_equal_steps_get_equal_weights(name):
    attention = _attention(name)
    same = VALUES[:, :1].expand(-1, N_STEPS, -1)
    weights = attention(QUERIES, attention.remember(same, MASK))[1]
    expected = (MASK / LENGTHS[:, None])[:, None].expand_as(weights).double()
    torch.testing.assert_close(weights, expected)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_a_query_is_answered_alone(name):
    attention = _attention(name)
    memory = attention.remember(VALUES, MASK)
    together = attention(QUERIES, memory, PREVIOUS)[0]
    for q in range(N_QUERIES):
        alone = attention(QUERIES[:, q : q + 1], memory, PREVIOUS[:, q : q + 1])[0]
        torch.testing.assert_close(alone[:, 0], together[:, q])


def test_dot_looks_at_the_one_hot_key_that_is_asked_for():
    attention = _attention("dot", n_units=N_STEPS, n_values=N_STEPS)
    assert not list(attention.parameters())
    keys = torch.eye(N_STEPS, dtype=torch.float64)[None]
    context, weights = attention(1000 * keys, attention.remember(keys, None))
    torch.testing.assert_close(weights, keys)
    torch.testing.assert_close(context, keys)
    weights = attention(keys, attention.remember(keys, None))[1]  # e^1 against four times e^0
    torch.testing.assert_close(
        weights.diagonal(dim1=1, dim2=2), torch.full((1, 5), np.e / (np.e + 4)).double()
    )


def test_general_with_the_identity_is_dot():
    general, dot = _attention("general", 4, 4), _attention("dot", 4, 4)
    general.score.project.weight.data = torch.eye(4, dtype=torch.float64)
    values = VALUES[..., :4]
    one = general(QUERIES, general.remember(values, MASK))[1]
    torch.testing.assert_close(one, dot(QUERIES, dot.remember(values, MASK))[1])


@pytest.mark.parametrize("name", ["general", "dot"])
def test_bilinear_scores_by_their_formula(name):
    attention = _attention(name)
    matrix = attention.score.project.weight.detach().numpy()  # (n_units, n_values)
    scores = np.einsum("bqu,uv,bsv->bqs", QUERIES, matrix, VALUES)
    _compare(attention, scores)


@pytest.mark.parametrize("name", ["additive", "location"])
def test_additive_scores_by_their_formula(name):
    attention = _attention(name)
    score = {k: v.detach().numpy() for k, v in attention.score.named_parameters()}
    hidden = (QUERIES.numpy() @ score["of_query.weight"].T)[:, :, None]
    hidden = hidden + (VALUES.numpy() @ score["of_value.weight"].T)[:, None]
    hidden = hidden + score["of_value.bias"]
    if name == "location":
        features = _convolved(PREVIOUS.numpy(), score["filters.weight"])
        hidden = hidden + features @ score["of_place.weight"].T
    _compare(attention, np.tanh(hidden) @ score["weigh.weight"][0])


def _compare(attention, scores):
    odds = np.exp(scores) * MASK.numpy()[:, None]
    expected = odds / odds.sum(axis=2, keepdims=True)
    weights = attention(QUERIES, attention.remember(VALUES, MASK), PREVIOUS)[1]
    np.testing.assert_allclose(weights.detach(), expected, rtol=1e-10)


def _convolved(weights, filters):
    """f_s = sum_k F_k a_{s + k - 3}, weights outside the source being zero."""
    n_filters, width = filters.shape
    features = np.zeros((*weights.shape, n_filters))
    n_steps = weights.shape[2]
    for s in range(n_steps):
        for k in range(width):
            at = s + k - width // 2
            if 0 <= at < n_steps:
                features[:, :, s] += weights[:, :, at, None] * filters[:, k]
    return features


def test_only_location_sees_where_the_step_before_looked():
    other = torch.flip(PREVIOUS, (2,))
    for name in ATTENTIONS:
        attention = _attention(name)
        memory = attention.remember(VALUES, MASK)
        one, two = attention(QUERIES, memory, PREVIOUS)[1], attention(QUERIES, memory, other)[1]
        assert torch.equal(one, two) == (name != "location") == (not attention.needs_previous)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_gradients_by_finite_differences(name):
    attention = _attention(name)

    def looked(queries, values, previous):
        return attention(queries, attention.remember(values, MASK), previous)

    inputs = [t.clone().requires_grad_() for t in (QUERIES, VALUES, PREVIOUS)]
    assert torch.autograd.gradcheck(looked, inputs)


def test_memory_keeps_what_was_given():
    attention = _attention("additive")
    memory = attention.remember(VALUES, None)
    assert isinstance(memory, Memory)
    assert memory.values is VALUES
    assert memory.mask is None
    torch.testing.assert_close(
        attention(QUERIES, memory)[1],
        attention(QUERIES, attention.remember(VALUES, torch.ones_like(MASK)))[1],
    )
