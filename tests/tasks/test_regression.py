"""Each loss equals its formula, and the best constant is the statistic it is named for."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn.metrics import (
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from sksequence.tasks import LOSSES, POSITIVE, Regression

QUANTILE = 0.8


def _targets(n=40, n_targets=1, seed=0):
    """Skewed and positive."""
    return np.random.default_rng(seed).gamma(1.5, 4.0, size=(n, n_targets)) + 0.1


def _task(loss, y, weights=None, quantiles=(QUANTILE,)):
    return Regression(loss, quantiles).fit(y, weights)


def _loss(task, values, y, weights=None):
    """The task's loss in numbers: of outputs against targets in the user's units."""
    outputs = SimpleNamespace(values=torch.as_tensor(values))
    weights = None if weights is None else torch.as_tensor(weights)
    batch = SimpleNamespace(targets=torch.as_tensor(task.encode(y)), weights=weights)
    loss, weight = task.loss(outputs, batch)
    return float(loss), float(weight)


def _huber(y, prediction, sample_weight=None):
    error = np.abs(y - prediction)
    losses = np.where(error <= 1, error**2 / 2, error - 0.5)
    return np.average(losses, weights=sample_weight)


METRICS = {
    "squared_error": mean_squared_error,
    "absolute_error": mean_absolute_error,
    "huber": _huber,
    "quantile": lambda *args, **kw: mean_pinball_loss(*args, alpha=QUANTILE, **kw),
}


@pytest.mark.parametrize("loss", METRICS)
@pytest.mark.parametrize("weighted", [False, True])
def test_loss_equals_the_metric_of_standardised_targets(loss, weighted):
    y = _targets()
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.1, 3, size=len(y)) if weighted else None
    task = _task(loss, y, weights)
    values = rng.normal(size=y.shape)
    ours, weight = _loss(task, values, y, weights)
    z = task.encode(y)[:, 0]
    assert ours == pytest.approx(METRICS[loss](z, values[:, 0], sample_weight=weights), rel=1e-12)
    assert weight == pytest.approx(len(y) if weights is None else weights.sum())


@pytest.mark.parametrize(
    ("loss", "deviance"), [("poisson", mean_poisson_deviance), ("gamma", mean_gamma_deviance)]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_half_deviance_up_to_a_constant(loss, deviance, weighted):
    y = _targets()
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.1, 3, size=len(y)) if weighted else None
    task = _task(loss, y, weights)
    differences = []
    for seed in range(3):
        values = np.random.default_rng(seed).normal(size=y.shape)
        z = task.encode(y)[:, 0]
        half = deviance(z, np.exp(values[:, 0]), sample_weight=weights) / 2
        differences.append(_loss(task, values, y, weights)[0] - half)
    np.testing.assert_allclose(differences, differences[0], rtol=1e-9)


def test_poisson_takes_zeros():
    y = np.array([[0.0], [0.0], [6.0]])
    task = _task("poisson", y)
    assert task.scale == 2.0
    assert _loss(task, np.zeros((3, 1)), y)[0] == 1.0
    assert _task("poisson", np.zeros((3, 1))).scale == 1.0


STATISTICS = {
    "squared_error": lambda y, w: np.average(y, weights=w),
    "absolute_error": lambda y, w: _quantile(y, w, 0.5),
    "quantile": lambda y, w: _quantile(y, w, QUANTILE),
    "poisson": lambda y, w: np.average(y, weights=w),
    "gamma": lambda y, w: np.average(y, weights=w),
}


def _quantile(y, weights, q):
    order = np.argsort(y)
    share = np.cumsum(weights[order]) / weights.sum()
    return y[order][np.searchsorted(share, q)]


@pytest.mark.parametrize("loss", STATISTICS)
def test_best_constant_is_mean_median_or_quantile(loss):
    y = _targets(41)
    weights = np.random.default_rng(2).uniform(0.5, 2, size=41)
    task = _task(loss, y, weights)
    found = minimize_scalar(
        lambda f: _loss(task, np.full((41, 1), f), y, weights)[0],
        bounds=(-5, 5),
        method="bounded",
        options={"xatol": 1e-10},
    )
    best = task.decode(np.array([[found.x]]))[0, 0]
    assert best == pytest.approx(STATISTICS[loss](y[:, 0], weights), rel=1e-5)


def test_best_constant_of_huber_lies_between_median_and_mean():
    y = _targets(41)
    task = _task("huber", y)
    found = minimize_scalar(lambda f: _loss(task, np.full((41, 1), f), y)[0])
    best = task.decode(np.array([[found.x]]))[0, 0]
    assert np.median(y) < best < y.mean()


# -- the way back ---------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("n_targets", [1, 3])
def test_decoding_undoes_encoding(loss, n_targets):
    y = _targets(n_targets=n_targets) * np.array([1.0, 1e-6, 1e6])[:n_targets]
    task = _task(loss, y)
    assert task.n_outputs == n_targets
    encoded = task.encode(y)
    values = np.log(encoded) if loss in POSITIVE else encoded
    np.testing.assert_allclose(task.decode(values), y, rtol=1e-12)


@pytest.mark.parametrize("loss", [name for name in LOSSES if name not in POSITIVE])
def test_targets_are_standardised_column_by_column(loss):
    y = _targets(n_targets=2) * [1.0, 1000.0] + [0.0, 1e6]
    weights = np.random.default_rng(0).uniform(size=len(y))
    z = _task(loss, y, weights).encode(y)
    mean = np.average(z, axis=0, weights=weights)
    np.testing.assert_allclose(mean, 0, atol=1e-9)
    np.testing.assert_allclose(np.average(z**2, axis=0, weights=weights), 1, rtol=1e-9)


@pytest.mark.parametrize("loss", POSITIVE)
def test_positive_targets_are_divided_by_their_mean(loss):
    y = _targets(n_targets=2)
    task = _task(loss, y)
    np.testing.assert_allclose(task.encode(y).mean(axis=0), 1)
    np.testing.assert_allclose(task.decode(np.zeros((1, 2)))[0], y.mean(axis=0))
    assert (task.decode(np.full((1, 2), -50.0)) > 0).all()


def test_constant_targets_are_centred_only():
    for value in (0.0, 3.0, 1e300):
        task = _task("squared_error", np.full((5, 1), value))
        assert task.scale == 1.0
        np.testing.assert_array_equal(task.encode(np.full((5, 1), value)), 0)


# -- several quantiles, several targets -----------------------------------------------------


def test_several_quantiles_are_the_mean_of_their_losses():
    y = _targets(n_targets=2)
    quantiles = (0.1, 0.5, 0.9)
    task = _task("quantile", y, quantiles=quantiles)
    assert task.n_outputs == 6
    values = np.random.default_rng(0).normal(size=(40, 6))
    z = task.encode(y)
    expected = [
        mean_pinball_loss(z[:, t], values[:, 3 * t + k], alpha=q)
        for t in range(2)
        for k, q in enumerate(quantiles)
    ]
    assert _loss(task, values, y)[0] == pytest.approx(np.mean(expected), rel=1e-12)
    decoded = task.decode(values)
    assert decoded.shape == (40, 2, 3)
    np.testing.assert_allclose(decoded[:, 1, 2], values[:, 5] * y[:, 1].std() + y[:, 1].mean())


def test_loss_of_several_targets_is_their_mean():
    y = _targets(n_targets=3)
    task = _task("squared_error", y)
    values = np.random.default_rng(0).normal(size=y.shape)
    assert _loss(task, values, y)[0] == pytest.approx(mean_squared_error(task.encode(y), values))


def test_integer_weights_count_repetitions():
    y, values = _targets(4), np.random.default_rng(0).normal(size=(4, 1))
    counts = np.array([1, 3, 2, 1])
    for loss in LOSSES:
        weighted = _task(loss, y, counts.astype(float))
        repeated = _task(loss, y.repeat(counts, axis=0))
        ours = _loss(weighted, values, y, counts.astype(float))
        theirs = _loss(repeated, values.repeat(counts, axis=0), y.repeat(counts, axis=0))
        assert ours == pytest.approx(theirs, rel=1e-12)


def test_only_the_quantile_loss_has_quantiles():
    assert Regression("huber", (0.1, 0.9)).quantiles == ()
    assert set(POSITIVE) < set(LOSSES)
