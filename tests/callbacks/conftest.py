"""Small problems and the ways in which trainings end."""

import numpy as np
import pytest

from sksequence import RNNClassifier


class Watching:
    """What scikit-learn asks of every callback."""

    def setup(self, estimator, context):
        """Nothing."""

    def teardown(self, estimator, context):
        """Nothing."""

    def on_fit_task_begin(self, estimator, context):
        """Nothing."""

    def on_fit_task_end(self, estimator, context):
        """Nothing."""


class Crash(Watching):
    """An error after some batches."""

    def __init__(self, n_batches):
        self.n_left = n_batches

    def on_batch_end(self, estimator, context):
        """Count."""
        self.n_left -= 1
        if self.n_left < 0:
            raise RuntimeError("crash")


def walks(n=240, seed=0):
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=n).cumsum() for n in rng.integers(3, 20, size=n)]
    return X, ["up" if x[-1] > x[0] else "down" for x in X]


@pytest.fixture
def data():
    return walks()


@pytest.fixture
def classifier():
    """Everything that a training may depend on: noise, a schedule, early stopping."""
    return RNNClassifier(
        hidden_size=8,
        dropout=0.3,
        batch_size=16,
        max_epochs=6,
        learning_rate_schedule="one_cycle",
        early_stopping=True,
        validation_fraction=0.2,
        random_state=0,
    )


def weights(estimator):
    return [w.numpy() for w in estimator.network_.state_dict().values()]


def assert_same(one, other):
    """The same weights, bit for bit, and the same record."""
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one.best_epoch_ == other.best_epoch_
    for a, b in zip(one.history_, other.history_, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
