"""A forecaster is an estimator like any other, whose rows are time steps."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_regressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sksequence import NaiveForecaster, RNNForecaster, WindowForecaster
from sksequence.model_selection import PanelTimeSeriesSplit

SMALL = {"lookback": 6, "horizon": 3, "hidden_size": 6, "max_epochs": 2, "random_state": 0}
DAYS = pd.date_range("2024-01-01", periods=90, freq="D")
ROWS_ARE_TIME_STEPS = {
    "check_methods_sample_order_invariance": (
        "rows are time steps: in another order they are another series"
    ),
    "check_methods_subset_invariance": (
        "rows are time steps: bare rows are taken to follow directly, each batch anew"
    ),
    "check_regressor_data_not_an_array": (
        "rows are time steps: it predicts the rows of fit, which with an index are refused as past"
    ),
}


PAST = "check_regressor_data_not_an_array"


def noise(n=90, k=None, seed=0):
    return np.random.default_rng(seed).normal(size=n if k is None else (n, k))


X = pd.DataFrame(noise(90, 2), DAYS, columns=["u", "v"])
Y = pd.Series(noise(seed=1).cumsum(), DAYS, name="y")


def checked(estimator):
    if isinstance(estimator, NaiveForecaster):
        return {"check_regressor_data_not_an_array": ROWS_ARE_TIME_STEPS[PAST]}
    return ROWS_ARE_TIME_STEPS


# Two epochs instead of a hundred, to save time: none of the checks is about accuracy.
@pytest.mark.filterwarnings("ignore:.* was fitted on rows without an index:UserWarning")
@pytest.mark.filterwarnings("ignore:.*does not beat the naive forecast:UserWarning")
@pytest.mark.filterwarnings("ignore:y never changes:UserWarning")
@parametrize_with_checks(
    [
        RNNForecaster(lookback=2, hidden_size=8, max_epochs=2),
        RNNForecaster(lookback=2, hidden_size=8, max_epochs=2, dtype="float64", batch_size="full"),
        WindowForecaster(LinearRegression(), lookback=2),
        NaiveForecaster(),
    ],
    expected_failed_checks=checked,
)
def test_checks_of_sklearn(estimator, check):
    check(estimator)


def test_it_is_a_regressor_that_clones():
    forecaster = RNNForecaster(**SMALL, lags=[8], quantiles=(0.1, 0.9))
    assert is_regressor(forecaster)
    assert repr(clone(forecaster)) == repr(forecaster)


@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq"])
def test_the_same_seed_gives_the_same_forecast(strategy):
    options = {**SMALL, "strategy": strategy, "teacher_forcing": (1.0, 0.5), "dropout": 0.2}
    state = np.random.get_state()[1].copy()
    first, second = (RNNForecaster(**options).fit(X, Y).predict(after(4)) for _ in range(2))
    other = RNNForecaster(**{**options, "random_state": 1}).fit(X, Y).predict(after(4))
    pd.testing.assert_series_equal(first, second)
    assert not np.allclose(first, other)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def after(n):
    """Rows that follow, with covariates."""
    return pd.DataFrame(noise(n, 2, seed=5), pd.date_range(DAYS[-1], periods=n + 1)[1:], X.columns)


@pytest.mark.parametrize("loss", ["squared_error", "gaussian"])
@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq"])
def test_a_pickle_is_small_and_says_the_same(strategy, loss):
    forecaster = RNNForecaster(**SMALL, strategy=strategy, loss=loss, early_stopping=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it may not beat the naive forecast
        forecaster.fit(X, Y)
    stored = pickle.dumps(forecaster)
    assert len(stored) < 20_000
    restored = pickle.loads(stored)
    pd.testing.assert_series_equal(restored.predict(after(5)), forecaster.predict(after(5)))
    pd.testing.assert_frame_equal(
        restored.predict_interval(after(5)), forecaster.predict_interval(after(5))
    )


def test_only_the_last_rows_are_kept():
    long = pd.Series(noise(5000), pd.date_range("2000-01-01", periods=5000))
    forecaster = RNNForecaster(**SMALL, windows_per_epoch=200, early_stopping=False)
    forecaster.fit(None, long)
    assert len(forecaster.tail_) == 6 + 3 - 1
    forecaster.set_params(seasonality=365).fit(None, long)
    assert len(forecaster.tail_) == 365
    assert len(pickle.dumps(forecaster)) < 20_000


# Cross-validation


def test_cross_validation_is_forecasting_fold_by_fold():
    cv = TimeSeriesSplit(3, test_size=8)
    forecaster = RNNForecaster(**SMALL)
    scores = cross_val_score(forecaster, X, Y, cv=cv)
    expected = []
    for train, test in cv.split(X):
        model = clone(forecaster).fit(X.iloc[train], Y.iloc[train])
        error = np.abs(model.predict(X.iloc[test]) - Y.iloc[test]).mean()
        naive = np.abs(Y.iloc[train[-1]] - Y.iloc[test]).mean()
        expected.append(1 - error / naive)
    np.testing.assert_allclose(scores, expected)


@pytest.mark.filterwarnings("ignore:RNNForecaster was fitted on rows without an index")
def test_folds_with_a_gap():
    """An index is forecast through the gap; bare arrays are told of it."""
    cv = TimeSeriesSplit(2, test_size=6, gap=4)
    indexed = cross_val_score(RNNForecaster(**SMALL, past_covariates=["u", "v"]), X, Y, cv=cv)
    bare = cross_val_score(
        RNNForecaster(**SMALL, past_covariates=[0, 1], gap=4), X.to_numpy(), Y.to_numpy(), cv=cv
    )
    np.testing.assert_allclose(bare, indexed)


def test_shuffled_folds_are_noticed():
    with pytest.raises(ValueError, match="TimeSeriesSplit"):
        cross_val_score(
            RNNForecaster(**SMALL),
            X,
            Y,
            cv=KFold(3, shuffle=True, random_state=0),
            error_score="raise",
        )


def test_a_search_over_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), RNNForecaster(**SMALL))
    pipeline.set_output(transform="pandas")
    grid = {"rnnforecaster__lookback": [4, 8], "rnnforecaster__strategy": ["direct", "recursive"]}
    search = GridSearchCV(
        pipeline, grid, cv=TimeSeriesSplit(2, test_size=5), scoring="neg_mean_absolute_error"
    ).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(after(3)).index.equals(after(3).index)


def test_training_scores_and_learning_curves_are_one_step_ahead():
    forecaster = RNNForecaster(**SMALL, in_sample="one_step")
    cv = TimeSeriesSplit(2, test_size=8)
    result = cross_validate(forecaster, X, Y, cv=cv, return_train_score=True)
    assert np.isfinite(result["train_score"]).all()
    _, train, test = learning_curve(forecaster, X, Y, cv=cv, train_sizes=[0.6, 1.0])
    assert np.isfinite(train).all()
    assert np.isfinite(test).all()


def test_folds_of_a_panel():
    y = pd.concat({k: Y + 50 * i for i, k in enumerate("ab")}, names=["shop", "day"])
    rows = y.to_frame()[[]]  # an index alone
    scores = cross_val_score(
        RNNForecaster(**SMALL), rows, y, cv=PanelTimeSeriesSplit(2, test_size=5)
    )
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


# Score and honesty


def test_score_is_skill_against_the_seasonal_naive_forecast():
    forecaster = RNNForecaster(**SMALL, seasonality=7).fit(None, Y[:80])
    truth = Y[80:]
    naive = Y[73:80].to_numpy()[np.arange(10) % 7]
    forecast = forecaster.predict(truth)
    expected = 1 - np.abs(truth - forecast).mean() / np.abs(truth - naive).mean()
    assert np.isclose(forecaster.score(truth, truth), expected)
    holes = truth.copy()
    holes.iloc[[0, 4]] = np.nan
    kept = holes.notna().to_numpy()
    part = 1 - np.abs(truth - forecast)[kept].mean() / np.abs(truth - naive)[kept].mean()
    assert np.isclose(forecaster.score(truth, holes), part)
    weights = kept.astype(float)
    assert np.isclose(forecaster.score(truth, truth, sample_weight=weights), part)


def test_score_of_several_targets_is_the_mean_of_theirs():
    y = pd.DataFrame({"small": Y, "large": 1e6 * noise(seed=3).cumsum()}, index=DAYS)
    forecaster = RNNForecaster(**SMALL).fit(None, y[:80])
    truth, forecast = y[80:], forecaster.predict(10)
    errors, naive = (truth - forecast).abs().mean(), (truth - y.iloc[79]).abs().mean()
    assert np.isclose(forecaster.score(truth[[]], truth), (1 - errors / naive).mean())


def test_it_says_when_the_naive_forecast_is_as_good():
    days = pd.date_range("2020-01-01", periods=400)
    weeks = pd.Series(np.tile(noise(7), 58)[:400] + 1e-3 * noise(400), days)
    with pytest.warns(UserWarning, match=r"does not beat the naive .* repeating the last season"):
        forecaster = RNNForecaster(**SMALL, seasonality=7).fit(None, weeks)
    assert forecaster.validation_skill_ < 0
    with warnings.catch_warnings():  # the last value is easily beaten
        warnings.simplefilter("error")
        forecaster.set_params(seasonality=1).fit(None, weeks)
    assert forecaster.validation_skill_ > 0


def test_validation_skill_is_measured_in_the_users_units():
    """Of differences, the naive forecast is still the last value and not the last change."""
    trend = pd.Series(np.arange(400.0) + 0.01 * noise(400), pd.date_range("2020", periods=400))
    forecaster = RNNForecaster(**SMALL, target_transform="difference").fit(None, trend)
    assert forecaster.validation_skill_ > 0.95  # the last change is nearly as good: about 0 there


# Training on


def test_warm_start_goes_on_with_the_same_network():
    forecaster = RNNForecaster(**SMALL, warm_start=True).fit(None, Y)
    network = forecaster.network_
    forecaster.fit(None, Y)
    assert forecaster.network_ is network
    assert forecaster.n_epochs_ == 4
    with pytest.raises(ValueError, match="hidden_size changed since the first fit"):
        forecaster.set_params(hidden_size=9).fit(None, Y)


def test_a_fit_that_is_refused_leaves_the_forecaster_as_it_was():
    forecaster = RNNForecaster(**SMALL).fit(None, Y)
    before = forecaster.predict(3)
    for refused in (Y[:5], Y.where(Y > Y.iloc[7])):
        with pytest.raises(ValueError, match=r"needs lookback|contains NaN"):
            forecaster.fit(None, refused)
        pd.testing.assert_series_equal(forecaster.predict(3), before)
    with pytest.raises(ValueError, match="not fitted yet"):
        clone(forecaster).predict(3)
