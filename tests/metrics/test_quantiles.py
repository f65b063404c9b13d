"""Quantiles and intervals: scikit-learn's loss, Winkler's score, and what is proper."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.metrics import mean_pinball_loss

from sksequence.metrics import crps_normal, interval_coverage, interval_score, pinball_loss


@pytest.fixture
def y() -> np.ndarray:
    return np.random.default_rng(0).normal(size=20_000)


def test_each_level_is_scored_as_by_scikit_learn(y):
    levels = [0.1, 0.5, 0.95]
    forecasts = np.column_stack([y + shift for shift in (-1.0, 0.3, 2.0)])
    each = pinball_loss(y, forecasts, quantiles=levels, average=False)
    expected = [mean_pinball_loss(y, forecasts[:, i], alpha=levels[i]) for i in range(3)]
    np.testing.assert_allclose(each, expected)
    assert pinball_loss(y, forecasts, quantiles=levels) == pytest.approx(np.mean(expected))
    assert pinball_loss(y, forecasts[:, 1], quantiles=0.5) == pytest.approx(expected[1])


def test_twice_the_mean_over_all_levels_is_the_crps(y):
    levels = (np.arange(400) + 0.5) / 400
    forecasts = np.tile(norm.ppf(levels), (200, 1))
    loss = pinball_loss(y[:200], forecasts, quantiles=levels)
    assert 2 * loss == pytest.approx(crps_normal(y[:200], 0, 1), rel=1e-3)


def test_several_targets_in_an_axis_or_side_by_side():
    rng = np.random.default_rng(1)
    y, forecasts = rng.normal(size=(6, 2)), rng.normal(size=(6, 2, 3))
    levels = [0.2, 0.5, 0.8]
    expected = [mean_pinball_loss(y, forecasts[:, :, i], alpha=levels[i]) for i in range(3)]
    for given in (forecasts, forecasts.reshape(6, 6), pd.DataFrame(forecasts.reshape(6, 6))):
        each = pinball_loss(y, given, quantiles=levels, average=False)
        np.testing.assert_allclose(each, expected)


def test_interval_score_is_the_pinball_loss_of_its_bounds(y):
    """2 / alpha times the sum of the losses at alpha / 2 and 1 - alpha / 2."""
    coverage, alpha = 0.8, 0.2
    lower, upper = np.full_like(y, -1.0), np.full_like(y, 1.5)
    bounds = np.column_stack([lower, upper])
    losses = pinball_loss(y, bounds, quantiles=[0.1, 0.9], average=False)
    score = interval_score(y, lower, upper, coverage=coverage)
    assert score == pytest.approx(2 / alpha * losses.sum())


def test_interval_score_by_another_program():
    """scoringrules 0.10: interval_score([5, 11, -1], 0, 10, alpha=0.1)."""
    scores = interval_score([5, 11, -1], [0] * 3, [10] * 3, coverage=0.9, average=False)
    np.testing.assert_allclose(scores, [10, 30, 30])
    frame = pd.DataFrame({"y": [5, 11, -1]})
    scores = interval_score(frame, 0 * frame, 0 * frame + 10, coverage=0.9, average=False)
    assert scores.shape == (3, 1)


def test_true_quantiles_have_the_least_interval_score(y):
    def score(width: float, shift: float = 0.0) -> float:
        return interval_score(y, 0 * y + shift - width, 0 * y + shift + width, coverage=0.9)

    best = score(norm.ppf(0.95))
    assert best < min(score(1.2), score(2.1), score(norm.ppf(0.95), 0.3))
    # in the mean 2 z + 2 / alpha * 2 (phi(z) - z (1 - Phi(z))) = 2 phi(z) / (alpha / 2)
    assert best == pytest.approx(2 * norm.pdf(norm.ppf(0.95)) / 0.05, rel=0.02)


def test_coverage_of_true_quantiles_is_nominal(y):
    z = norm.ppf(0.95)
    share = interval_coverage(y, 0 * y - z, 0 * y + z)
    assert abs(share - 0.9) < 4 * np.sqrt(0.09 / len(y))
    assert interval_coverage([1, 2, 3], [1, 2, 4], [1, 2, 5]) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: interval_coverage([1, 2], [2, 0], [1, 3]), "lower bound 2 of row 0 lies above"),
        (lambda: interval_coverage([1, 2], [0], [3]), r"differ: y_true \(2,\), lower \(1,\)"),
        (lambda: interval_score([1], [0], [3], coverage=90), "coverage must lie between 0 and 1"),
        (lambda: pinball_loss([1], [[0, 1]], quantiles=[0.5]), "2 forecast.* names 1 level"),
        (lambda: pinball_loss([1], [[0]], quantiles=[1.0]), "quantiles must lie between"),
        (lambda: pinball_loss([1, 2], [[0]], quantiles=[0.5]), "a row for each of the 2 rows"),
        (
            lambda: pinball_loss(np.ones((2, 2)), np.ones((2, 3)), quantiles=[0.1, 0.5, 0.9]),
            r"its 2 target\(s\) side by side or in a last axis, got the shape \(2, 3\)",
        ),
        (
            lambda: interval_coverage(
                pd.Series([1, 2]), pd.Series([0, 0]), pd.Series([3, 3], index=[1, 2])
            ),
            "rows of y_true and upper have different labels",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
