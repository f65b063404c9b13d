"""The loss of label strings against the sum over all paths."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sksequence.tasks import Alignment, encode_strings, steps_needed, string_losses

STRINGS = [np.array([0, 0]), np.array([], dtype=int), np.array([1]), np.array([2, 1, 2])]
LENGTHS = [5, 3, 1, 4]


def outputs():
    values = torch.randn(4, 5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values.requires_grad_()
    lengths = {"lengths": torch.tensor(LENGTHS)}
    return SimpleNamespace(values=torch.log_softmax(values, dim=2), extras=lengths), values


def by_hand(log_probs, string):
    """Minus the logarithm of the sum over all paths."""
    total, log_probs = -np.inf, log_probs.detach()
    for path in itertools.product(range(4), repeat=len(log_probs)):
        collapsed = [label for label, _ in itertools.groupby(path) if label != 3]
        if collapsed == list(string):
            total = np.logaddexp(total, sum(float(log_probs[t, k]) for t, k in enumerate(path)))
    return -total


def test_the_likelihood_is_the_sum_over_all_paths():
    given, _ = outputs()
    targets = torch.from_numpy(encode_strings(STRINGS)).long()
    losses = string_losses(given, targets[:, 1:], targets[:, 0])
    expected = [
        by_hand(values[:n], string)
        for values, n, string in zip(given.values, LENGTHS, STRINGS, strict=True)
    ]
    assert losses.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5, 1.0]])
def test_the_loss_is_a_mean_over_labels(weights):
    given, values = outputs()
    batch = SimpleNamespace(
        targets=torch.from_numpy(encode_strings(STRINGS)),
        weights=None if weights is None else torch.tensor(weights, dtype=torch.float64),
    )
    loss, weight = Alignment().loss(given, batch)
    own = [by_hand(v[:n], s) for v, n, s in zip(given.values, LENGTHS, STRINGS, strict=True)]
    factors = np.ones(4) if weights is None else np.array(weights)
    counts = factors * [2, 1, 1, 3]
    assert float(weight) == counts.sum()
    assert loss.item() == pytest.approx((factors * own).sum() / counts.sum())
    loss.backward()
    assert torch.isfinite(values.grad).all()
    assert (values.grad[1, 3:] == 0).all()


def test_steps_that_a_string_needs():
    assert [steps_needed(string) for string in STRINGS] == [3, 0, 1, 3]
    assert steps_needed(np.array([1, 1, 1, 2, 2])) == 8


def test_encoded_strings():
    assert encode_strings(STRINGS).tolist() == [
        [2, 0, 0, 0],
        [0, 0, 0, 0],
        [1, 1, 0, 0],
        [3, 2, 1, 2],
    ]
