"""The loss of labels of steps: means over what is labelled, with weights, whatever the padding."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sksequence.layers import ChainHead
from sksequence.tasks import Tagging

CLASSES = np.array(["a", "b", "c"])
LENGTHS = torch.tensor([4, 2])
MASK = torch.arange(4) < LENGTHS[:, None]
GENERATOR = torch.Generator().manual_seed(0)
VALUES = torch.randn(2, 4, 3, generator=GENERATOR, dtype=torch.float64)
LABELS = torch.tensor([[0, 2, 1, 1], [1, 0, 0, 0]])
HEAD = ChainHead(5, 3, GENERATOR).double()
with torch.no_grad():
    HEAD.transitions.normal_(generator=GENERATOR)


def loss(chain, labels=LABELS, partial=False, **weights):
    given = {"weights": None, "step_weights": None, **weights}
    batch = SimpleNamespace(targets=labels, lengths=LENGTHS, **given)
    outputs = SimpleNamespace(values=VALUES, mask=MASK, extras={"head": HEAD})
    found, weight = Tagging(CLASSES, chain, partial).loss(outputs, batch)
    return float(torch.as_tensor(found).detach()), float(weight)


def test_a_softmax_has_the_mean_cross_entropy_of_the_steps():
    log_probs = torch.log_softmax(VALUES, dim=2).gather(2, LABELS[:, :, None])[:, :, 0]
    assert loss(False) == pytest.approx((-float(log_probs[MASK].mean()), 6))


def test_both_ways_to_a_chain_are_one():
    whole = loss(True)
    assert whole == pytest.approx(loss(True, partial=True))
    assert whole == pytest.approx(loss(True, step_weights=torch.ones(2, 4)))
    weights = torch.tensor([1.0, 3.0])
    assert loss(True, weights=weights) == pytest.approx(loss(True, partial=True, weights=weights))
    assert loss(True, weights=weights)[1] == 4 + 3 * 2


@pytest.mark.parametrize("chain", [False, True])
def test_unlabelled_steps_have_no_loss(chain):
    labels = LABELS.clone()
    labels[0, 2] = -1
    found, weight = loss(chain, labels, partial=True)
    assert weight == 5
    assert np.isfinite(found)
    nothing = loss(chain, torch.full((2, 4), -1), partial=True)
    assert nothing == (0.0, 0.0)


def test_labels_there_and_back():
    task = Tagging(CLASSES, chain=False)
    labels = np.array(["c", "a", "b"])
    one_hot = np.eye(3)[task.encode(labels)]
    assert task.decode(one_hot).tolist() == labels.tolist()
