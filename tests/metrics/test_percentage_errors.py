"""Percentages by hand, their bounds, and what each series counts."""

import numpy as np
import pandas as pd
import pytest

from sksequence.metrics import (
    symmetric_mean_absolute_percentage_error,
    weighted_absolute_percentage_error,
)


def test_smape_by_hand_and_its_bounds():
    """200 * (10 / 210 + 20 / 180) / 2."""
    error = symmetric_mean_absolute_percentage_error([100, 100], [110, 80])
    assert error == pytest.approx(100 * (10 / 210 + 20 / 180))
    assert symmetric_mean_absolute_percentage_error([1, 2], [-1, 0]) == 200
    assert symmetric_mean_absolute_percentage_error([0, 0], [0, 1]) == 100
    assert symmetric_mean_absolute_percentage_error([0, 5], [0, 5]) == 0


def test_smape_counts_a_forecast_too_low_for_more():
    low, high = ([100], [90]), ([100], [110])
    assert symmetric_mean_absolute_percentage_error(*low) > (
        symmetric_mean_absolute_percentage_error(*high)
    )


def test_each_series_counts_alike_in_smape_and_by_its_size_in_wape():
    true, pred = np.array([100.0, 100, 100, 1]), np.array([100.0, 100, 100, 3])
    groups = ["big", "big", "big", "small"]
    assert symmetric_mean_absolute_percentage_error(true, pred, groups=groups) == 50
    assert symmetric_mean_absolute_percentage_error(true, pred) == 25
    assert weighted_absolute_percentage_error(true, pred) == pytest.approx(200 / 301)
    index = pd.MultiIndex.from_arrays([groups, range(4)])
    framed = symmetric_mean_absolute_percentage_error(pd.Series(true, index=index), pred)
    assert framed == 50


def test_several_targets():
    true, pred = [[1, 10], [3, 30]], [[1, 11], [1, 30]]
    each = weighted_absolute_percentage_error(true, pred, multioutput="raw_values")
    np.testing.assert_allclose(each, [50, 2.5])
    assert weighted_absolute_percentage_error(true, pred) == pytest.approx(26.25)
    each = symmetric_mean_absolute_percentage_error(true, pred, multioutput="raw_values")
    np.testing.assert_allclose(each, [50, 100 / 21])


def test_forecast_of_zero_has_100_and_scale_does_not_matter():
    y = np.random.default_rng(0).gamma(1, size=30)
    assert weighted_absolute_percentage_error(y, 0 * y) == pytest.approx(100)
    assert weighted_absolute_percentage_error(9 * y, 9 * y + 9) == pytest.approx(
        weighted_absolute_percentage_error(y, y + 1)
    )


@pytest.mark.parametrize(
    "metric", [symmetric_mean_absolute_percentage_error, weighted_absolute_percentage_error]
)
def test_what_does_not_fit_is_named(metric):
    with pytest.raises(ValueError, match=r"shape \(2,\) and y_pred \(3,\)"):
        metric([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="y_pred has inf in row 1: leave such rows out"):
        metric([1, 2], [1, np.inf])
    with pytest.raises(ValueError, match="at least one value, got the shape"):
        metric([], [])
    with pytest.raises(ValueError, match=r"\(n_times,\) or \(n_times, n_targets\), got"):
        metric(np.ones((2, 2, 2)), np.ones((2, 2, 2)))


def test_nothing_to_take_per_cent_of():
    with pytest.raises(ValueError, match="all actual values of a target are 0"):
        weighted_absolute_percentage_error([0, 0], [1, 2])
