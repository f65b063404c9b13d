"""Likelihoods are those of scipy and torch's distributions; draws have the right moments."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from sksequence.layers import (
    AdaptiveSoftmaxHead,
    BernoulliHead,
    MixtureHead,
    SoftmaxHead,
)


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def readouts(generator):
    return torch.randn(40, 6, generator=generator)


@pytest.mark.parametrize("width", [None, 6, 4])
def test_softmax_scores_what_its_probabilities_say(readouts, generator, width):
    table = None if width is None else nn.Embedding(12, width)
    head = SoftmaxHead(6, 10, generator, table)
    log_probs = head.log_probs(readouts)
    targets = torch.randint(0, 10, (40,), generator=generator)
    torch.testing.assert_close(log_probs.exp().sum(1), torch.ones(40))
    torch.testing.assert_close(
        head.losses(readouts, targets), -log_probs.gather(1, targets[:, None])[:, 0]
    )


def test_tied_softmax_trains_the_table_and_does_not_save_it_twice(readouts, generator):
    table = nn.Embedding(12, 6)
    head = SoftmaxHead(6, 10, generator, table)
    head.losses(readouts, torch.zeros(40)).sum().backward()
    assert table.weight.grad[:10].abs().sum() > 0
    assert list(head.state_dict()) == ["bias"]


def test_adaptive_softmax_is_a_distribution_over_the_users_numbers(readouts, generator):
    order = torch.randperm(50, generator=generator)
    head = AdaptiveSoftmaxHead(6, 50, order, generator)
    log_probs = head.log_probs(readouts)
    torch.testing.assert_close(log_probs.exp().sum(1), torch.ones(40))
    targets = torch.arange(40)
    torch.testing.assert_close(
        head.losses(readouts, targets), -log_probs.gather(1, targets[:, None])[:, 0]
    )


def test_bernoulli_likelihood(readouts, generator):
    head = BernoulliHead(6, 3, generator)
    targets = torch.bernoulli(torch.full((40, 3), 0.5), generator=generator)
    expected = -stats.bernoulli.logpmf(targets.numpy(), head.mean(readouts).detach().numpy())
    np.testing.assert_allclose(
        head.losses(readouts, targets).detach().numpy(), expected.sum(1), rtol=1e-5
    )


@pytest.mark.parametrize("n_components", [1, 4])
def test_mixture_likelihood(readouts, generator, n_components):
    head = MixtureHead(6, 2, n_components, generator)
    targets = torch.randn(40, 2, generator=generator)
    shares, means, scales = (p.detach().numpy() for p in head.parameters_of(readouts))
    density = stats.norm.pdf(targets.numpy()[:, None], means, scales).prod(2)
    np.testing.assert_allclose(
        head.losses(readouts, targets).detach().numpy(),
        -np.log((np.exp(shares) * density).sum(1)),
        rtol=1e-4,
    )


@torch.no_grad()
def test_draws_have_the_moments_of_their_distribution(generator):
    readouts = torch.randn(1, 6, generator=generator).expand(20000, -1)
    for head in (BernoulliHead(6, 2, generator), MixtureHead(6, 2, 3, generator)):
        drawn = head.draw(readouts, generator)
        np.testing.assert_allclose(drawn.mean(0), head.mean(readouts[:1])[0], atol=0.04)


@torch.no_grad()
def test_a_low_temperature_gives_the_mode(generator):
    readouts = torch.randn(50, 6, generator=generator)
    head = BernoulliHead(6, 2, generator)
    drawn = head.draw(readouts, generator, temperature=1e-4)
    torch.testing.assert_close(drawn, (head.mean(readouts) > 0.5).float())
