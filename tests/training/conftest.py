"""A small problem to train on."""

import copy
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from sksequence.batches import SequenceSamples
from sksequence.cells import GRU
from sksequence.inputs import SequenceArray, SequenceSchema
from sksequence.networks import NetworkSpec, build_sequence_network
from sksequence.tasks import Regression
from sksequence.training import TrainingPlan, train


@dataclass
class Problem:
    """Sequences of one feature with their sums, and a network that has not seen them."""

    network: torch.nn.Module
    task: Regression
    samples: SequenceSamples
    valid_samples: SequenceSamples

    def train(self, seed=0, valid=False, callbacks=(), task=None, **settings):
        """Train a copy of the network; returns it with the record of its training."""
        network = copy.deepcopy(self.network)
        plan = TrainingPlan(**{"max_epochs": 3, "learning_rate": 0.01, **settings})
        run = train(
            network,
            task or self.task,
            self.samples,
            plan,
            np.random.default_rng(seed),
            self.valid_samples if valid else None,
            callbacks,
        )
        return network, run


def _sums(rng, n):
    X = SequenceArray.from_list([rng.normal(size=k) for k in rng.integers(1, 7, size=n)])
    return X, np.array([[sequence.sum()] for sequence in X])


@pytest.fixture
def make_problem():
    """``make_problem(dropout=0.2, batch_size=8, dtype=torch.float64, ...)``."""

    def make(n=30, batch_size=8, dtype=torch.float32, weights=False, device="cpu", **spec):
        rng = np.random.default_rng(0)
        X, y = _sums(rng, n)
        X_valid, y_valid = _sums(rng, 10)
        weights = rng.uniform(0.5, 2, size=n) if weights else None
        task = Regression().fit(y, weights)
        options = {"dtype": dtype, "batch_size": batch_size, "device": device}
        network = build_sequence_network(
            NetworkSpec(SequenceSchema.of(X), n_outputs=1, cell=GRU(), widths=(4,), **spec),
            torch.Generator().manual_seed(0),
        )
        return Problem(
            network.to(device, dtype),
            task,
            SequenceSamples(X, task.encode(y), weights, **options),
            SequenceSamples(X_valid, task.encode(y_valid), **options),
        )

    return make
