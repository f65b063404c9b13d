"""Scores of events are scikit-learn's under the names of meteorology."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, jaccard_score, precision_score, recall_score

from sksequence.metrics import (
    brier_score,
    critical_success_index,
    false_alarm_ratio,
    probability_of_detection,
)

SCORES = [critical_success_index, probability_of_detection, false_alarm_ratio]


def test_scores_of_the_tornado_forecasts_of_1884():
    """Finley, by Wilks: 28 hits, 23 misses, 72 false alarms and 2680 times neither."""
    came = np.repeat([1, 1, 0, 0], [28, 23, 72, 2680])
    said = np.repeat([1, 0, 1, 0], [28, 23, 72, 2680])
    assert round(critical_success_index(came, said), 3) == 0.228
    assert round(probability_of_detection(came, said), 3) == 0.549
    assert round(false_alarm_ratio(came, said), 3) == 0.72


@pytest.mark.parametrize("threshold", [0.1, 1.0, 3.0])
def test_scores_are_scikit_learns_of_labels(threshold):
    rng = np.random.default_rng(0)
    rain, forecast = rng.gamma(0.5, 2, size=(2, 500))
    came, said = rain >= threshold, forecast >= threshold
    options = {"threshold": threshold}
    assert critical_success_index(rain, forecast, **options) == jaccard_score(came, said)
    assert probability_of_detection(rain, forecast, **options) == recall_score(came, said)
    found = false_alarm_ratio(rain, forecast, **options)
    assert found == pytest.approx(1 - precision_score(came, said))
    chance = rng.random(500)
    assert brier_score(rain, chance, **options) == brier_score_loss(came, chance)


def test_an_amount_of_the_threshold_itself_is_an_event():
    assert probability_of_detection([0.05, 0.0], [0.05, 0.0], threshold=0.05) == 1


def test_frames_of_any_shape_and_events_as_they_are():
    rng = np.random.default_rng(1)
    came, said = rng.random((2, 3, 8, 8)) < 0.4
    for score in SCORES:
        assert score(came, said) == score(came.ravel(), said.ravel())
        assert score(pd.Series(came.ravel()), said.ravel()) == score(came, said)
        assert score(3.0 * came, 3.0 * said, threshold=2) == score(came, said)


def test_what_has_no_cases_is_nan():
    nothing = np.zeros(4)
    for score in SCORES:
        assert np.isnan(score(nothing, nothing))
    assert critical_success_index(nothing, nothing + 1) == 0
    assert np.isnan(probability_of_detection(nothing, nothing + 1))
    assert np.isnan(false_alarm_ratio(nothing + 1, nothing))


def test_brier_score_of_climate_and_of_a_period_without_events():
    """The constant forecast of the base rate has o (1 - o)."""
    came = np.repeat([True, False], [30, 70])
    assert brier_score(came, np.full(100, 0.3)) == pytest.approx(0.3 * 0.7)
    assert brier_score(np.zeros(10), np.full(10, 0.2)) == pytest.approx(0.04)
    assert brier_score(np.ones(10), np.full(10, 0.2)) == pytest.approx(0.64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: brier_score([0.0, 2.5], [0.1, 0.2]), "y_true holds 2.5, so these are amounts"),
        (lambda: brier_score([0, 1], [0.1, 1.2]), "probability must lie between 0 and 1, .* 1.2"),
        (lambda: brier_score([0, 1], [0.1]), r"y_true has the shape \(2,\) and probability \(1,\)"),
        (lambda: critical_success_index([0, 1], [0, 3]), "y_pred holds 3, so these are amounts"),
        (lambda: false_alarm_ratio([0, 1], [[0, 1]]), r"the shape \(2,\) and y_pred \(1, 2\)"),
        (lambda: probability_of_detection([0, np.nan], [0, 1]), "y_true has nan in row 1"),
        (
            lambda: brier_score(pd.Series([0, 1]), pd.Series([0.1, 0.2], index=[1, 2])),
            "rows of y_true and probability have different labels",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
