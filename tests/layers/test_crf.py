"""The linear chain against sums over all sequences of labels."""

import itertools

import numpy as np
import pytest
import torch

from sksequence.decoding import viterbi
from sksequence.layers import ChainHead
from sksequence.layers._crf import (
    conditional_log_probs,
    log_partition,
    marginals,
    path_scores,
)

LENGTHS = torch.tensor([4, 1, 3, 2])


@pytest.fixture
def chain():
    generator = torch.Generator().manual_seed(0)

    def normal(*shape):
        return 2 * torch.randn(*shape, generator=generator, dtype=torch.float64)

    return normal(4, 4, 3), normal(3, 3), normal(3), normal(3)


def all_paths(chain, i):
    """Every sequence of labels of sequence i with its score, by the definition."""
    emissions, transitions, start, end = chain
    n = int(LENGTHS[i])
    for y in itertools.product(range(3), repeat=n):
        score = start[y[0]] + end[y[-1]] + sum(emissions[i, t, k] for t, k in enumerate(y))
        yield y, float(score + sum(transitions[j, k] for j, k in itertools.pairwise(y)))


def test_log_partition_is_the_sum_over_all_paths(chain):
    expected = [np.logaddexp.reduce([s for _, s in all_paths(chain, i)]) for i in range(4)]
    np.testing.assert_allclose(log_partition(*chain, LENGTHS), expected, rtol=1e-12)


def test_score_of_a_path(chain):
    for i in range(4):
        for y, score in all_paths(chain, i):
            labels = torch.zeros(4, 4, dtype=torch.long)
            labels[i, : len(y)] = torch.tensor(y)
            assert path_scores(chain[0], labels, *chain[1:], LENGTHS)[i] == pytest.approx(score)


def test_marginals_are_sums_over_paths(chain):
    found = marginals(*chain, LENGTHS)
    for i in range(4):
        expected = np.zeros((4, 3))
        for y, score in all_paths(chain, i):
            expected[np.arange(len(y)), y] += np.exp(score)
        n = int(LENGTHS[i])
        expected[:n] /= expected[:n].sum(axis=1, keepdims=True)
        np.testing.assert_allclose(found[i], expected, atol=1e-12)


def test_viterbi_finds_the_best_path(chain):
    labels, scores = viterbi(*chain, LENGTHS)
    for i in range(4):
        y, score = max(all_paths(chain, i), key=lambda path: path[1])
        assert tuple(labels[i, : len(y)].tolist()) == y
        assert float(scores[i]) == pytest.approx(score)


def test_labels_given_those_before(chain):
    labels = torch.tensor([[2, 0, 1, 1], [1, 0, 0, 0], [0, 2, 2, 0], [1, 2, 0, 0]])
    found = conditional_log_probs(chain[0], labels, *chain[1:], LENGTHS)
    for i in range(4):
        n = int(LENGTHS[i])
        before = 0.0
        for t in range(n + 1):  # the paths that begin like the labels
            begun = labels[i, :t].tolist()
            paths = [s for y, s in all_paths(chain, i) if list(y[:t]) == begun]
            total = np.logaddexp.reduce(paths)
            if t:
                assert float(found[i, t - 1]) == pytest.approx(total - before)
            before = total
        assert (found[i, n:] == 0).all()
    whole = path_scores(chain[0], labels, *chain[1:], LENGTHS) - log_partition(*chain, LENGTHS)
    np.testing.assert_allclose(found.sum(dim=1), whole, rtol=1e-10)


def test_unlabelled_steps_are_summed_over(chain):
    labels = torch.tensor([[2, -1, 1, -1], [-1, 0, 0, 0], [-1, 2, -1, 0], [1, -1, 0, 0]])
    found = conditional_log_probs(chain[0], labels, *chain[1:], LENGTHS).sum(dim=1)
    for i in range(4):
        known = labels[i, : int(LENGTHS[i])].tolist()
        paths = list(all_paths(chain, i))
        fits = [s for y, s in paths if all(k in (-1, j) for j, k in zip(y, known, strict=True))]
        expected = np.logaddexp.reduce(fits) - np.logaddexp.reduce([s for _, s in paths])
        assert float(found[i]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_gradients_are_those_of_finite_differences(chain, lengths):
    inputs = [part.clone().requires_grad_() for part in chain]
    assert torch.autograd.gradcheck(lambda *c: log_partition(*c, lengths), inputs)
    labels = torch.tensor([[2, -1, 1, -1], [1, 0, 0, 0], [-1, 2, -1, 0], [1, 2, 0, 0]])
    weights = torch.rand(4, 4, generator=torch.Generator().manual_seed(1))

    def weighted(emissions, *scores):
        return (weights * conditional_log_probs(emissions, labels, *scores, lengths)).sum()

    assert torch.autograd.gradcheck(weighted, inputs)


def test_gradient_of_the_log_partition_is_the_marginals(chain):
    emissions = chain[0].clone().requires_grad_()
    log_partition(emissions, *chain[1:], LENGTHS).sum().backward()
    np.testing.assert_allclose(emissions.grad, marginals(*chain, LENGTHS), atol=1e-12)


def test_padding_does_not_matter(chain):
    emissions, *scores = chain
    changed = emissions.clone()
    changed[1, 1:] = 1e3
    for function in (log_partition, marginals):
        one, other = function(emissions, *scores, LENGTHS), function(changed, *scores, LENGTHS)
        assert torch.equal(one, other)
    alone = marginals(emissions[2:3, :3], *scores)
    np.testing.assert_allclose(marginals(emissions, *scores, LENGTHS)[2:3, :3], alone, rtol=1e-10)


def test_zero_transitions_are_a_softmax(chain):
    emissions = chain[0]
    zeros = torch.zeros(3, 3, dtype=torch.float64), *torch.zeros(2, 3, dtype=torch.float64)
    np.testing.assert_allclose(marginals(emissions, *zeros), torch.softmax(emissions, 2))
    labels = torch.tensor([[2, 0, 1, 1]] * 4)
    found = conditional_log_probs(emissions, labels, *zeros)
    expected = torch.log_softmax(emissions, 2).gather(2, labels[:, :, None])[:, :, 0]
    np.testing.assert_allclose(found, expected)
    assert torch.equal(viterbi(emissions, *zeros)[0], emissions.argmax(dim=2))


def test_large_scores_and_long_chains():
    generator = torch.Generator().manual_seed(0)
    emissions = 50 * torch.randn(2, 3000, 4, generator=generator)
    scores = 20 * torch.randn(4, 4, generator=generator), torch.zeros(4), torch.zeros(4)
    leaves = [part.clone().requires_grad_() for part in (emissions, *scores)]
    total = log_partition(*leaves)
    best = viterbi(emissions, *scores)[1]
    assert (total >= best - 1).all()
    assert (total <= best * (1 + 1e-5) + 3000).all()
    total.sum().backward()
    assert all(leaf.grad.isfinite().all() for leaf in leaves)


def test_what_is_forbidden_never_occurs():
    head = ChainHead(5, 3, torch.Generator().manual_seed(0)).double()
    head.forbidden[0, 1] = head.forbidden_start[2] = head.forbidden_end[0] = True
    generator = torch.Generator().manual_seed(1)
    emissions = 5 * torch.randn(50, 6, 3, generator=generator, dtype=torch.float64)
    labels, _ = viterbi(emissions, *head.scores(-1e4))
    rows = [tuple(pair) for row in labels.tolist() for pair in itertools.pairwise(row)]
    assert (0, 1) not in rows
    assert {(0, 0), (0, 2), (1, 0)} <= set(rows)
    found = marginals(emissions, *(s.detach() for s in head.scores()))
    assert found[:, 0, 2].max() < 1e-60
    assert found[:, -1, 0].max() < 1e-60
    losses = head.losses(emissions, labels)
    losses.sum().backward()
    assert losses.isfinite().all()
    assert head.transitions.grad[0, 1] == 0


def test_a_sequence_without_any_legal_path_still_has_numbers():
    head = ChainHead(5, 2, torch.Generator().manual_seed(0))
    head.forbidden[:] = True
    emissions = torch.zeros(1, 5, 2, requires_grad=True)
    losses = head.losses(emissions, torch.zeros(1, 5, dtype=torch.long))
    losses.sum().backward()
    assert float(losses.detach()) == pytest.approx(5 * np.log(2), rel=1e-5)
    assert emissions.grad.isfinite().all()
    np.testing.assert_allclose(marginals(emissions, *head.scores()).numpy(), 0.5, rtol=1e-6)
