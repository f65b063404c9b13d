"""Words from characters: the same vector in every batch, and what the equations say."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sksequence.layers import make_character_network
from sksequence.layers._characters import _distinct

WORDS = [[3, 1, 4, 1], [5], [], [3, 1], [1, 3], [5]]


def padded(words, fill=7, width=None):
    width = width or max(map(len, words), default=0)
    return torch.tensor([[[*w, *[fill] * (width - len(w))] for w in words]], dtype=torch.int64)


@pytest.fixture(params=["cnn", "rnn"])
def network(request):
    return make_character_network(request.param, 7, 6, torch.Generator().manual_seed(0))


def test_a_word_is_the_same_in_every_batch(network):
    together = network(padded(WORDS))
    assert together.shape == (1, 6, 6)
    wide = network(padded(WORDS, width=11))
    np.testing.assert_allclose(together.detach(), wide.detach(), atol=1e-6)
    for i, word in enumerate(WORDS):
        alone = network(padded([word]))
        np.testing.assert_allclose(alone[0, 0].detach(), together[0, i].detach(), atol=1e-6)


def test_words_differ_by_their_characters_and_order(network):
    vectors = network(padded(WORDS))[0].detach()
    assert torch.equal(vectors[2], torch.zeros(6))
    assert torch.equal(vectors[1], vectors[5])
    assert not torch.allclose(vectors[3], vectors[4])


def test_the_convolution_is_torchs():
    network = make_character_network("cnn", 7, 6, torch.Generator().manual_seed(0))
    word = WORDS[0]
    steps = network.table(torch.tensor([word])).transpose(1, 2)  # (1, size, n_characters)
    # the first third of the filters reads the character after, the last the one before
    after, own, before = network.filters.chunk(3, dim=1)
    kernel = torch.stack([before.T, own.T, after.T], dim=2)
    expected = torch.tanh(F.conv1d(steps, kernel, network.bias, padding=1)).amax(dim=2)
    found = network(padded([word]))[0]
    np.testing.assert_allclose(found.detach(), expected.detach(), atol=1e-6)


def test_gradients_reach_everything(network):
    network(padded(WORDS)).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_distinct_words_are_told_apart():
    rng = np.random.default_rng(0)
    words = [rng.integers(0, 7, size=rng.integers(0, 6)).tolist() for _ in range(20_000)]
    ids, index = _distinct(padded(words), 7)
    assert torch.equal(ids[index], padded(words))
    assert len(ids) == len({tuple(w) for w in words})
