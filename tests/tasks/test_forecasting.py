"""The loss of a forecast counts what was observed."""

import numpy as np
import torch

from sksequence.batches import WindowBatch
from sksequence.networks import Outputs
from sksequence.tasks import Forecasting, make_distribution


def scored(targets, parameters, name="gaussian"):
    fields = dict.fromkeys(("past", "seen", "observed", "known", "static", "level", "scale"))
    batch = WindowBatch(**fields, targets=targets)
    return Forecasting(make_distribution(name)).loss(Outputs(parameters), batch)


def test_the_mean_of_all_steps_and_targets():
    targets = torch.randn(4, 3, 2, generator=torch.Generator().manual_seed(0))
    parameters = torch.zeros(4, 3, 2, 1)
    loss, n = scored(targets, parameters, "squared_error")
    assert n == 24
    np.testing.assert_allclose(loss, (targets**2).mean(), rtol=1e-6)


def test_missing_values_do_not_count():
    targets = torch.tensor([[[1.0], [float("nan")], [3.0]]])
    parameters = torch.zeros(1, 3, 1, 1, requires_grad=True)
    loss, n = scored(targets, parameters, "squared_error")
    assert n == 2
    assert float(loss.detach()) == 5.0
    loss.backward()
    np.testing.assert_allclose(parameters.grad.flatten(), [-1, 0, -3])


def test_the_likelihood_of_a_distribution():
    targets = torch.full((2, 1, 1), 0.5)
    parameters = torch.zeros(2, 1, 1, 2)
    distribution = make_distribution("gaussian")
    loss, _ = scored(targets, parameters)
    mean, deviation = distribution.natural(np.zeros(2))
    expected = np.log(deviation) + ((0.5 - mean) / deviation) ** 2 / 2
    difference = float(loss) - expected  # up to the constant log(2 pi) / 2
    assert min(abs(difference), abs(difference - np.log(2 * np.pi) / 2)) < 1e-6


def test_the_likelihood_of_counts_is_that_of_the_counts_themselves():
    """Logarithms come in, about the window; the mean is the window's mean times e^a."""
    counts = torch.tensor([[[0.0], [3.0], [40_000.0]]])
    mean, distribution = 250.0, make_distribution("negative_binomial")
    level = torch.full((1, 1, 1), np.log1p(mean), dtype=torch.float64)
    read = (torch.log1p(counts.double()) - level).float()
    raw = torch.tensor([[[[0.3, -1.0]]]]).expand(1, 3, 1, 2)
    fields = dict.fromkeys(("past", "seen", "observed", "known", "static", "scale"))
    batch = WindowBatch(**fields, level=level, targets=read)
    loss, _ = Forecasting(distribution).loss(Outputs(raw), batch)
    plain = torch.tensor([np.log(mean) + 0.3, -1.0]).float().expand(1, 3, 1, 2)
    np.testing.assert_allclose(loss, distribution.loss(plain, counts).mean(), rtol=1e-5)
    assert np.isclose(
        distribution.mean(distribution.natural(plain.numpy()))[0, 0, 0], mean * np.e**0.3
    )
