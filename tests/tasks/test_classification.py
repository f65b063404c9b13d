"""Cross-entropy is scikit-learn's, and labels come back in the user's type."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from sksequence.tasks import Classification, MultilabelClassification


def _loss(task, values, targets, weights=None):
    weights = None if weights is None else torch.as_tensor(weights)
    batch = SimpleNamespace(targets=torch.as_tensor(task.encode(targets)), weights=weights)
    loss, weight = task.loss(SimpleNamespace(values=torch.as_tensor(values)), batch)
    return float(loss), float(weight)


LABELS = [
    np.array(["bad", "good", "so so"]),
    np.array([-3, 0, 7]),
    np.array([0.5, 1.5, 2.5]),
    np.array(["a", "b", "ccc"], dtype=object),
    np.array([False, True]),
]


@pytest.mark.parametrize("classes", LABELS, ids=lambda c: str(c.dtype))
def test_labels_come_back_in_their_type(classes):
    task = Classification(classes)
    assert task.n_outputs == len(classes)
    y = np.random.default_rng(0).choice(classes, size=20)
    encoded = task.encode(y)
    assert encoded.dtype == np.int64
    decoded = task.decode(np.eye(len(classes))[encoded])
    assert decoded.dtype == classes.dtype
    np.testing.assert_array_equal(decoded, y)


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_is_the_log_loss(n_classes, weighted):
    rng = np.random.default_rng(0)
    task = Classification(np.arange(n_classes))
    values, y = rng.normal(size=(30, n_classes)), rng.integers(0, n_classes, size=30)
    weights = rng.uniform(0.1, 3, size=30) if weighted else None
    probabilities = task.probabilities(torch.as_tensor(values)).numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    expected = log_loss(y, probabilities, sample_weight=weights, labels=task.classes)
    loss, weight = _loss(task, values, y, weights)
    assert loss == pytest.approx(expected, rel=1e-12)
    assert weight == pytest.approx(30 if weights is None else weights.sum())


@pytest.mark.parametrize("weighted", [False, True])
def test_best_constant_is_the_share_of_each_class(weighted):
    rng = np.random.default_rng(0)
    task = Classification(np.arange(3))
    y = rng.integers(0, 3, size=50) // 2 + (rng.random(50) < 0.3)
    weights = rng.uniform(0.1, 3, size=50) if weighted else np.ones(50)
    values = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([values], max_iter=200, tolerance_change=0)
    batch = SimpleNamespace(targets=torch.as_tensor(y), weights=torch.as_tensor(weights))

    def closure():
        optimizer.zero_grad()
        loss, _ = task.loss(SimpleNamespace(values=values.expand(50, -1)), batch)
        loss.backward()
        return loss

    optimizer.step(closure)
    shares = np.bincount(y, weights, minlength=3) / weights.sum()
    np.testing.assert_allclose(task.probabilities(values.detach())[0], shares, atol=1e-6)


def test_loss_is_finite_for_extreme_outputs():
    task = Classification(np.array(["a", "b"]))
    assert _loss(task, np.array([[1e4, -1e4]]), np.array(["b"]))[0] == pytest.approx(2e4)
    labels = MultilabelClassification(1)
    assert _loss(labels, np.array([[1e4]]), np.array([[0]]))[0] == pytest.approx(1e4)


# -- several labels at once -----------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
def test_multilabel_loss_is_the_mean_log_loss_of_the_labels(weighted):
    rng = np.random.default_rng(0)
    task = MultilabelClassification(4)
    values, y = rng.normal(size=(30, 4)), rng.integers(0, 2, size=(30, 4))
    weights = rng.uniform(0.1, 3, size=30) if weighted else None
    p = task.probabilities(torch.as_tensor(values)).numpy()
    expected = np.mean([log_loss(y[:, k], p[:, k], sample_weight=weights) for k in range(4)])
    loss, weight = _loss(task, values, y, weights)
    assert loss == pytest.approx(expected, rel=1e-12)
    assert weight == pytest.approx(30 if weights is None else weights.sum())


def test_multilabel_decoding_undoes_encoding():
    task = MultilabelClassification(3)
    y = np.random.default_rng(0).integers(0, 2, size=(20, 3))
    assert task.n_outputs == 3
    decoded = task.decode(task.encode(y) * 0.9 + 0.05)
    np.testing.assert_array_equal(decoded, y)
    assert decoded.dtype.kind == "i"
    np.testing.assert_array_equal(task.decode(np.array([[0.5, 0.51, 0.49]])), [[0, 1, 0]])
