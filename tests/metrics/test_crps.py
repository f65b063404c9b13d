"""CRPS: the closed forms against its integral, and the samples against the closed forms."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.integrate import quad

from sksequence.metrics import (
    continuous_ranked_probability_score,
    crps_negative_binomial,
    crps_normal,
    crps_student_t,
    crps_zero_inflated_gamma,
)


def by_integral(cdf, y: float, low: float, high: float) -> float:
    """The definition: the integral of (F(x) - 1{x >= y})^2."""
    below = quad(lambda x: cdf(x) ** 2, low, y, limit=400)[0]
    return below + quad(lambda x: (1 - cdf(x)) ** 2, y, high, limit=400)[0]


@pytest.mark.parametrize("y", [-2.0, 0.3, 4.0])
def test_normal_is_the_integral(y):
    expected = by_integral(stats.norm(1.0, 1.5).cdf, y, -30, 30)
    assert crps_normal([y], 1.0, 1.5) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("df", [1.5, 2.0, 7.0])
@pytest.mark.parametrize("y", [-2.0, 0.3, 9.0])
def test_student_t_is_the_integral(df, y):
    expected = by_integral(stats.t(df, 1.0, 1.5).cdf, y, -np.inf, np.inf)
    assert crps_student_t([y], df, 1.0, 1.5) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("p", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("y", [-1.0, 0.0, 0.1, 6.0])
def test_zero_inflated_gamma_is_the_integral(p, y):
    def cdf(x: float) -> float:
        return (1 - p) + p * stats.gamma(0.7, scale=3.0).cdf(x) if x >= 0 else 0.0

    if y < 0:
        expected = -y + by_integral(cdf, 0.0, 0, 150)
    else:
        expected = by_integral(cdf, y, 0, 150)
    assert crps_zero_inflated_gamma([y], p, 0.7, 3.0) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("n", "p"), [(1, 0.5), (2.5, 0.3), (0.4, 0.05)])
@pytest.mark.parametrize("y", [0, 1, 7])
def test_negative_binomial_is_the_sum(n, p, y):
    k = np.arange(3000)
    expected = ((stats.nbinom(n, p).cdf(k) - (k >= y)) ** 2).sum()
    assert crps_negative_binomial([y], n, p) == pytest.approx(expected, rel=1e-7)


def test_closed_forms_by_another_program():
    """scoringrules 0.10, which follows the R package scoringRules."""
    assert crps_normal([0.3], 0, 1) == pytest.approx(0.2693329006866634, rel=1e-12)
    assert crps_student_t([0.3], 3.5, 0, 1) == pytest.approx(0.301824454876059, rel=1e-12)
    gamma = crps_zero_inflated_gamma([0.3], 1, 0.7, 2)
    assert gamma == pytest.approx(0.40091905526334326, rel=1e-12)
    assert crps_negative_binomial([5], 2.5, 0.3) == pytest.approx(0.9502816784913889, rel=1e-12)


def test_samples_by_another_program():
    """scoringrules 0.10: crps_ensemble, estimators "fair" and "nrg"."""
    y, samples = [0.3], [[2.0, -1.0, 0.5, 0.0]]
    assert continuous_ranked_probability_score(y, samples) == pytest.approx(0.08333333333)
    plain = continuous_ranked_probability_score(y, samples, fair=False)
    assert plain == pytest.approx(0.28125)


def test_plain_score_of_samples_is_the_integral_of_their_distribution():
    rng = np.random.default_rng(0)
    samples, y = np.sort(rng.normal(size=9)), 0.2
    grid = np.linspace(-4, 4, 80_001)
    cdf = np.searchsorted(samples, grid, side="right") / 9
    expected = ((cdf - (grid >= y)) ** 2).sum() * (grid[1] - grid[0])
    score = continuous_ranked_probability_score([y], samples[np.newaxis], fair=False)
    assert score == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("m", [2, 5, 50])
def test_fair_score_is_that_of_the_distribution_whatever_the_number_of_samples(m):
    rng = np.random.default_rng(m)
    y = np.full(40_000, 0.7)
    samples = rng.normal(size=(len(y), m))
    each = continuous_ranked_probability_score(y, samples, average=False)
    assert each.shape == y.shape
    error = each.std() / np.sqrt(len(y))
    assert abs(each.mean() - crps_normal([0.7], 0, 1)) < 4 * error
    plain = continuous_ranked_probability_score(y, samples, fair=False)
    # E|X - X'| = 2 / sqrt(pi) of a standard normal distribution
    assert plain - each.mean() == pytest.approx(1 / (np.sqrt(np.pi) * m), rel=0.05)


def test_one_sample_has_its_absolute_error():
    assert continuous_ranked_probability_score([1.0, 5.0], [[3.0], [4.0]], fair=False) == 1.5
    with pytest.raises(ValueError, match="a fair score needs at least 2 samples"):
        continuous_ranked_probability_score([1.0], [[3.0]])


def test_several_targets_and_frames():
    rng = np.random.default_rng(3)
    y, samples = rng.normal(size=(5, 2)), rng.normal(size=(5, 2, 8))
    expected = [
        [continuous_ranked_probability_score(y[i, j : j + 1], samples[i, j][None]) for j in (0, 1)]
        for i in range(5)
    ]
    each = continuous_ranked_probability_score(y, samples, average=False)
    np.testing.assert_allclose(each, expected)
    frame = pd.DataFrame(y)
    wide = pd.DataFrame(samples.reshape(5, 16))
    assert continuous_ranked_probability_score(frame, wide) == pytest.approx(np.mean(expected))


def test_parameters_broadcast_over_rows():
    y = np.array([0.0, 1.0, 2.0])
    each = crps_normal(y, y, [1.0, 2.0, 3.0], average=False)
    np.testing.assert_allclose(each, np.array([1, 2, 3]) * crps_normal([0.0], 0, 1))
    assert crps_normal(y, y, [1.0, 2.0, 3.0]) == pytest.approx(each.mean())


def test_better_forecasts_score_less():
    """Proper: in the mean the true distribution is best."""
    rain = np.where(np.random.default_rng(0).random(50_000) < 0.4, 1.0, 0.0)
    rain *= np.random.default_rng(1).gamma(0.7, 8.0, size=rain.shape)
    best = crps_zero_inflated_gamma(rain, 0.4, 0.7, 8.0)
    for p, k, theta in [(0.3, 0.7, 8.0), (0.5, 0.7, 8.0), (0.4, 1.2, 8.0), (0.4, 0.7, 6.0)]:
        assert crps_zero_inflated_gamma(rain, p, k, theta) > best


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: crps_normal([0.0], 0, 0), "scale must be above 0, got 0"),
        (lambda: crps_normal([np.nan], 0, 1), "y_true has nan in row 0"),
        (lambda: crps_normal([0.0], np.nan, 1), "loc has nan"),
        (lambda: crps_student_t([0.0], 1.0, 0, 1), "df must be above 1, or the score is infinite"),
        (lambda: crps_zero_inflated_gamma([0.0], 1.2, 1, 1), "probability must lie between 0 and"),
        (lambda: crps_zero_inflated_gamma([0.0], 0.2, -1, 1), "shape must be above 0, got -1"),
        (lambda: crps_negative_binomial([0], 1, 1.0), "p must lie between 0 and 1, both excluded"),
        (
            lambda: continuous_ranked_probability_score([1.0, 2.0], [[1.0, 2.0]]),
            "samples must have a row for each of the 2 rows of y_true",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
