"""Scaled errors: figures of other programs, closed forms, and panels."""

import pickle

import numpy as np
import pandas as pd
import pytest

from sksequence.metrics import (
    NaiveErrors,
    mean_absolute_scaled_error,
    naive_errors,
    root_mean_squared_scaled_error,
)

METRICS = [mean_absolute_scaled_error, root_mean_squared_scaled_error]


def panel(lengths: dict[str, int], first: int = 0, seed: int = 0) -> pd.Series:
    """Random walks with an index of two levels."""
    rng = np.random.default_rng(seed)
    rows = [(name, first + t) for name, n in lengths.items() for t in range(n)]
    index = pd.MultiIndex.from_tuples(rows, names=["series", "time"])
    return pd.Series(rng.normal(size=len(rows)).cumsum(), index=index)


def test_figures_of_another_program():
    """The example in the documentation of sktime's functions of the same names."""
    train, true, pred = [5, 0.5, 4, 6, 3, 5, 2], [3, -0.5, 2, 7, 2], [2.5, 0.0, 2, 8, 1.25]
    error = mean_absolute_scaled_error(true, pred, y_train=train)
    assert error == pytest.approx(0.18333333333333335, rel=1e-12)
    error = root_mean_squared_scaled_error(true, pred, y_train=train)
    assert error == pytest.approx(0.20568833780186058, rel=1e-12)
    several = [[0.5, 1], [-1, 1], [7, -6]], [[0, 2], [-1, 2], [8, -5]]
    train = [[0.5, 1], [-1, 1], [7, -6]]
    each = mean_absolute_scaled_error(*several, y_train=train, multioutput="raw_values")
    np.testing.assert_allclose(each, [0.10526316, 0.28571429], atol=1e-8)
    assert mean_absolute_scaled_error(*several, y_train=train) == pytest.approx(each.mean())


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seasonality", [1, 4])
def test_naive_forecast_of_the_training_series_itself_has_1(metric, seasonality):
    y = np.random.default_rng(0).normal(size=50)
    error = metric(y[seasonality:], y[:-seasonality], y_train=y, seasonality=seasonality)
    assert error == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_units_do_not_matter(metric):
    rng = np.random.default_rng(1)
    train, true, pred = rng.normal(size=30), rng.normal(size=5), rng.normal(size=5)
    moved = metric(1000 * true - 7, 1000 * pred - 7, y_train=1000 * train - 7)
    assert moved == pytest.approx(metric(true, pred, y_train=train), rel=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_panel_is_the_mean_over_its_series_however_they_are_named(metric):
    train = panel({"b": 30, "a": 10, "c": 20})
    true = panel({"a": 3, "c": 5, "b": 4}, first=100, seed=1)
    pred = true + np.random.default_rng(2).normal(size=len(true))
    single = [
        metric(true[name].to_numpy(), pred[name].to_numpy(), y_train=train[name].to_numpy())
        for name in "abc"
    ]
    error = metric(true, pred, y_train=train)
    assert error == pytest.approx(np.mean(single), rel=1e-12)
    groups, before = (y.index.get_level_values(0).to_numpy() for y in (true, train))
    arrays = metric(
        true.to_numpy(), pred.to_numpy(), y_train=train, groups=groups, groups_train=before
    )
    assert arrays == pytest.approx(error, rel=1e-12)
    shuffled = true.sample(frac=1, random_state=0)
    assert metric(shuffled, pred[shuffled.index], y_train=train) == pytest.approx(error, rel=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_naive_errors_stand_for_the_training_series(metric):
    train, true = panel({"a": 30, "b": 20}), panel({"b": 3, "a": 3}, first=50, seed=3)
    kept = pickle.loads(pickle.dumps(naive_errors(train, seasonality=7)))
    assert isinstance(kept, NaiveErrors)
    expected = metric(true, true + 1, y_train=train, seasonality=7)
    assert metric(true, true + 1, y_train=kept) == expected
    assert metric(true, true + 1, y_train=kept, seasonality=7) == expected
    with pytest.raises(ValueError, match=r"seasonality=1, but .* measured with seasonality=7"):
        metric(true, true, y_train=kept, seasonality=1)


def test_naive_errors_have_their_closed_form_and_skip_what_is_missing():
    line = np.arange(20.0)
    kept = naive_errors(np.column_stack([line, -3 * line]), seasonality=4)
    np.testing.assert_allclose(kept.absolute, [[4, 12]])
    np.testing.assert_allclose(kept.squared, [[16, 144]])
    line[3] = np.nan
    np.testing.assert_allclose(naive_errors(line, seasonality=4).absolute, 4)
    nullable = pd.Series([1, None, 4, 9], dtype="Int64")
    np.testing.assert_allclose(naive_errors(nullable).absolute, 5)


def test_what_does_not_fit_is_named():
    train, true = panel({"a": 10, "b": 10}), panel({"a": 2, "c": 2}, first=10)
    with pytest.raises(
        ValueError, match=r"the series 'c' of y_true has no naive error .* 'a', 'b'\. "
    ):
        mean_absolute_scaled_error(true, true, y_train=train)
    with pytest.raises(ValueError, match=r"y_true names its series \('a'\) and y_train does not"):
        mean_absolute_scaled_error(true, true, y_train=[1.0, 2.0, 4.0])
    with pytest.raises(ValueError, match=r"y_train names its series \('a', 'b'\) and y_true does"):
        mean_absolute_scaled_error([1.0], [1.0], y_train=train)
    flat = train.where(train.index.get_level_values(0) == "a", 3.0)
    with pytest.raises(ValueError, match=r"the series 'b' repeats itself exactly in y_train"):
        mean_absolute_scaled_error(train, train, y_train=flat)
    with pytest.raises(
        ValueError, match=r"the series 'a' has 10 rows .* seasonality=10 rows apart"
    ):
        naive_errors(train, seasonality=10)
    with pytest.raises(ValueError, match="the series has 2 rows in y_train"):
        naive_errors([1.0, np.nan])
    for wrong in (0, 1.5, "24", True):
        with pytest.raises(ValueError, match="seasonality must be"):
            naive_errors([1, 2], seasonality=wrong)
    with pytest.raises(ValueError, match=r"shape .* give one forecast for each row"):
        mean_absolute_scaled_error([1, 2], [1], y_train=[1, 2])
    with pytest.raises(ValueError, match="the groups of y_true must name the series"):
        mean_absolute_scaled_error([1, 2], [1, 2], y_train=[1, 2], groups=["a"])
    with pytest.raises(ValueError, match=r"multioutput must be .*got 'mean'"):
        mean_absolute_scaled_error([1, 2], [1, 2], y_train=[1, 2], multioutput="mean")


def test_rows_with_other_labels_are_not_compared():
    days = pd.date_range("2020-01-01", periods=3)
    true = pd.Series([1.0, 2.0, 3.0], index=days)
    shifted = pd.Series([1.0, 2.0, 3.0], index=days + pd.Timedelta(days=1))
    with pytest.raises(ValueError, match=r"row 0 is 2020-01-01 .* in y_true and 2020-01-02"):
        mean_absolute_scaled_error(true, shifted, y_train=[1, 2])
    assert mean_absolute_scaled_error(true, shifted.to_numpy(), y_train=[1, 2]) == 0
    missing = true.where(days != "2020-01-02")
    with pytest.raises(ValueError, match=r"y_true has nan in row 1 \(2020-01-02 .*leave such rows"):
        mean_absolute_scaled_error(missing, true, y_train=[1, 2])


def test_kept_errors_of_series_that_were_too_short_say_so():
    none = NaiveErrors((), 12, np.empty((0, 1)), np.empty((0, 1)))
    with pytest.raises(ValueError, match=r"no training series has two values .*=12 rows apart"):
        mean_absolute_scaled_error([1.0], [2.0], y_train=none)
    some = NaiveErrors(("a",), 12, np.ones((1, 1)), np.ones((1, 1)))
    true = panel({"b": 2})
    with pytest.raises(ValueError, match=r"'b' .* not there under this name, or has no two values"):
        mean_absolute_scaled_error(true, true, y_train=some)
