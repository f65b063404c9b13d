"""Forecasters say what they are worth: scaled errors, nominal coverage, warnings in their place."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sksequence import NaiveForecaster, RNNForecaster, WindowForecaster
from sksequence.estimators._forecast_marginals import conformal_quantiles
from sksequence.metrics import get_scorer, naive_errors
from sksequence.model_selection import PanelTimeSeriesSplit

SMALL = {"lookback": 6, "horizon": 3, "hidden_size": 6, "max_epochs": 2, "random_state": 0}
DAYS = pd.date_range("2020-01-01", periods=2000, freq="D")


def noise(n=90, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def autoregression(n, phi=0.8, seed=0):
    """An AR(1) process whose innovations have deviation 1."""
    values, innovations = np.zeros(n), noise(n, seed)
    for t in range(1, n):
        values[t] = phi * values[t - 1] + innovations[t]
    return pd.Series(values, DAYS[:n])


Y = pd.Series(noise(150).cumsum(), DAYS[:150], name="y")
FORECASTERS = [
    RNNForecaster(**SMALL, seasonality=7),
    WindowForecaster(Ridge(), 6, 3, seasonality=7),
    NaiveForecaster("drift", seasonality=7),
]
ROWS = Y.to_frame()[[]]  # an index alone


# Scaled errors


@pytest.mark.parametrize("forecaster", FORECASTERS)
def test_scaled_errors_in_cross_validation_are_those_by_hand(forecaster):
    cv = TimeSeriesSplit(3, test_size=10)
    mase, rmsse = (
        cross_val_score(forecaster, ROWS, Y, cv=cv, scoring=get_scorer(f"neg_{name}_scaled_error"))
        for name in ("mean_absolute", "root_mean_squared")
    )
    for fold, (train, test) in enumerate(cv.split(Y)):
        known = Y.iloc[train].to_numpy()
        errors = Y.iloc[test] - clone(forecaster).fit(None, Y.iloc[train]).predict(10)
        changes = known[7:] - known[:-7]
        assert mase[fold] == pytest.approx(-np.abs(errors).mean() / np.abs(changes).mean())
        assert rmsse[fold] == pytest.approx(-np.sqrt((errors**2).mean() / (changes**2).mean()))


def test_scaled_errors_of_a_panel_and_in_a_pipeline():
    y = pd.concat({"a": Y, "b": 50 * Y[30:]}, names=["shop", "day"])
    forecaster = NaiveForecaster(seasonality=7).fit(None, y)
    expected = naive_errors(y, seasonality=7)
    assert forecaster.naive_errors_.series == expected.series
    np.testing.assert_allclose(forecaster.naive_errors_.absolute, expected.absolute)
    np.testing.assert_allclose(forecaster.naive_errors_.squared, expected.squared)
    pipeline = make_pipeline(FunctionTransformer(), NaiveForecaster(seasonality=7))
    scorer = get_scorer("neg_mean_absolute_scaled_error")
    cv = PanelTimeSeriesSplit(2, test_size=5)
    scores = cross_val_score(pipeline, y.to_frame()[[]], y, cv=cv, scoring=scorer)
    assert (scores < 0).all()
    short = pd.concat({"a": Y, "b": Y[:7]}, names=["shop", "day"])  # no two values a season apart
    assert NaiveForecaster(seasonality=7).fit(None, short).naive_errors_.series == ("a",)


# Coverage


@pytest.mark.parametrize("transform", [None, "difference", ["difference", "scale"]])
@pytest.mark.parametrize("window", [False, True])
def test_bounds_hold_as_often_as_they_say(window, transform):
    """Errors of changes add up over the steps as they did, not as if all were of one sign."""
    options = {"target_transform": transform, "validation_fraction": 0.3}
    forecaster = WindowForecaster(LinearRegression(), 8, 4, **options)
    if window is False:
        forecaster = RNNForecaster(8, 4, max_epochs=6, random_state=0, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # six epochs may not beat the naive forecast
        table = forecaster.backtest(None, autoregression(1600), 400, quantiles=(0.05, 0.95))
    inside = table["actual"].between(table[0.05], table[0.95]).groupby(table["step"]).mean()
    assert inside.between(0.84, 0.98).all(), inside.tolist()


def test_bounds_of_a_walk_grow_like_a_root():
    """Beyond the horizon too: changes of a random walk, forecast block after block."""
    walk = pd.Series(noise(2000).cumsum(), DAYS)
    forecaster = WindowForecaster(
        LinearRegression(), 24, 3, target_transform="difference", validation_fraction=0.4
    ).fit(None, walk)
    bounds = forecaster.predict_interval(24, 0.8)
    width = (bounds["upper"] - bounds["lower"]).to_numpy()
    expected = 2 * 1.2816 * np.sqrt(np.arange(1, 25))
    np.testing.assert_allclose(width, expected, rtol=0.35)


def test_conformal_quantiles_by_hand():
    values = np.array([[3.0], [1.0], [np.nan], [2.0], [4.0]])  # four count
    levels = {0.5: 3.0, 0.6: 3.0, 0.8: 4.0, 0.95: 4.0, 0.4: 2.0, 0.2: 1.0, 0.01: 1.0}
    for level, expected in levels.items():
        assert conformal_quantiles(values, np.array(level)) == expected
    assert np.isnan(conformal_quantiles(np.full((3, 1), np.nan), np.array(0.5))).all()


@pytest.mark.filterwarnings("ignore:RNNForecaster does not beat:UserWarning")
def test_uncorrected_quantiles_of_a_backtest_are_those_of_the_distribution():
    y = autoregression(500)
    forecaster = RNNForecaster(**SMALL, loss="gaussian")
    plain, corrected = (
        forecaster.backtest(None, y, 20, quantiles=[0.05, 0.95], calibrated=c)
        for c in (False, True)
    )
    model = clone(forecaster).fit(None, y[:478])
    expected = model.predict_quantiles(3, [0.05, 0.95], calibrated=False)
    np.testing.assert_allclose(plain[[0.05, 0.95]][:3], expected, rtol=1e-5)
    pd.testing.assert_series_equal(plain["forecast"], corrected["forecast"])
    assert not np.allclose(plain[0.05], corrected[0.05])


@pytest.mark.parametrize("strategy", ["last", "seasonal", "drift", "climatology"])
def test_naive_bounds_of_what_each_strategy_is_right_for(strategy):
    """Nominal at every step, since errors grow as they do in these processes."""
    n = 2000
    y = {
        "last": noise(n).cumsum(),
        "seasonal": noise(n).reshape(-1, 5).cumsum(axis=0).ravel(),
        "drift": (0.3 + noise(n)).cumsum(),
        "climatology": np.tile(10 * noise(5, seed=1), n // 5) + noise(n),
    }[strategy]
    forecaster = NaiveForecaster(strategy, seasonality=5)
    series = pd.Series(y, DAYS)
    table = forecaster.backtest(None, series, 1000, n_steps=10, quantiles=[0.05, 0.95])
    inside = table["actual"].between(table[0.05], table[0.95]).groupby(table["step"]).mean()
    assert inside.between(0.86, 0.94).all(), inside.tolist()
    model = clone(forecaster).fit(None, series[:991])
    bounds = model.predict_interval(10)
    np.testing.assert_allclose(bounds, table[[0.05, 0.95]][:10])
    assert model.predict_quantiles(3, [0.2, 0.5, 0.8]).shape == (3, 3)


def test_naive_bounds_of_a_panel_are_those_of_each_series():
    y = pd.concat({"a": Y, "b": 50 * Y, "c": Y[:1]}, names=["shop", "day"])
    bounds = NaiveForecaster().fit(None, y).predict_interval(4)
    width = bounds["upper"] - bounds["lower"]
    np.testing.assert_allclose(width["b"], 50 * width["a"])
    assert width["c"].isna().all()  # one value tells of no error
    alone = NaiveForecaster().fit(None, Y)
    history = alone.predict_interval(4, history=50 * Y)
    np.testing.assert_allclose(history, bounds.loc["b"])


# Windows for any regressor


def test_windows_have_the_same_bounds_api():
    wide = pd.DataFrame({"a": autoregression(300), "b": autoregression(300, seed=1)})
    forecaster = WindowForecaster(Ridge(), 6, 3).fit(None, wide)
    bounds = forecaster.predict_interval(5)
    assert bounds.columns.tolist() == [(k, b) for k in "ab" for b in ("lower", "upper")]
    point = forecaster.predict(5)
    for k in "ab":
        assert (bounds[k, "lower"] < point[k]).all()
        assert (bounds[k, "upper"] > point[k]).all()
    assert forecaster.validation_skill_ > 0
    assert not hasattr(forecaster, "sample_paths")


def test_bounds_of_windows_come_from_rows_that_were_not_fitted():
    """A regressor that knows every row by heart has no errors on them."""
    forecaster = WindowForecaster(RandomForestRegressor(5), 4, 1, random_state=0)
    forecaster.fit(None, pd.Series(noise(300), DAYS[:300]))
    bounds = forecaster.predict_interval(1, 0.8)
    assert (bounds["upper"] - bounds["lower"]).item() > 2
    forecaster.set_params(validation_fraction=0).fit(None, pd.Series(noise(300), DAYS[:300]))
    with pytest.raises(ValueError, match="give more rows, or raise validation_fraction"):
        forecaster.predict_interval(1)


@pytest.mark.parametrize(
    "regressor",
    [None, RandomForestRegressor(5), make_pipeline(StandardScaler(), RandomForestRegressor(5))],
)
def test_a_seed_reaches_the_regressor(regressor):
    first, same, other = (
        WindowForecaster(regressor, 6, 3, random_state=seed).fit(None, Y).predict(3)
        for seed in (0, 0, 1)
    )
    pd.testing.assert_series_equal(first, same)
    assert not np.allclose(first, other)


# Warnings


def test_warnings_point_at_the_line_of_the_user():
    weeks = pd.Series(np.tile(noise(7), 60)[:400] + 1e-3 * noise(400), DAYS[:400])
    forecaster = RNNForecaster(**SMALL, seasonality=7)
    folds = TimeSeriesSplit(2, test_size=20)
    calls = [
        lambda: forecaster.fit(None, weeks),
        lambda: make_pipeline(forecaster).fit(None, weeks),
        lambda: forecaster.backtest(None, weeks, 2),
        lambda: cross_val_score(forecaster, weeks.to_frame()[[]], weeks, cv=folds),
        lambda: NaiveForecaster().fit(noise(9)[:, None], noise(9)).predict(noise(3)[:, None]),
        lambda: RNNForecaster(**SMALL, early_stopping=False).fit(None, 0 * weeks),
    ]
    for call in calls:
        with pytest.warns(UserWarning) as caught:
            call()
        assert {w.filename for w in caught} == {__file__}


# Validation


def test_windows_of_an_epoch_limit_those_held_back_too(monkeypatch):
    seen = []

    def trained(forecaster, parts, *rest):
        seen.extend(parts[1]()._starts)

    monkeypatch.setattr("sksequence.estimators._forecast_fit.train_windows", trained)
    monkeypatch.setattr("sksequence.estimators._forecast_fit.look_back", lambda *rest: None)
    RNNForecaster(**SMALL, windows_per_epoch=20).fit(None, autoregression(1000))
    assert len(seen) == 20
    assert (seen[0], seen[-1]) == (898, 997)  # of 992 windows, the last tenth
    assert set(np.diff(seen)) <= {5, 6}


# Rows that are compared


@pytest.mark.parametrize("forecaster", FORECASTERS)
def test_scores_of_a_target_alone(forecaster):
    fitted = clone(forecaster).fit(None, Y[:140])
    assert (
        fitted.score(None, Y[140:])
        == fitted.score(10, Y[140:])
        == fitted.score(ROWS[140:], Y[140:])
    )
    assert fitted.score(None, Y[145:]) == fitted.score(ROWS[145:], Y[145:])  # after a gap
    bare = clone(forecaster).fit(None, Y[:140].to_numpy())
    assert bare.score(None, Y[140:].to_numpy()) == bare.score(10, Y[140:].to_numpy())


@pytest.mark.parametrize("forecaster", FORECASTERS)
def test_a_truth_of_other_times_or_targets_is_refused(forecaster):
    fitted = clone(forecaster).fit(None, Y[:140])
    with pytest.raises(
        ValueError, match=r"first in row 0: X asks for 2020-05-20 .* y has 2020-05-22"
    ):
        fitted.score(8, Y[142:])
    with pytest.raises(ValueError, match="stand for other times, first in row 0"):
        fitted.score(ROWS[140:], Y[140:][::-1])
    both = pd.DataFrame({"a": Y, "b": -Y})
    fitted = clone(forecaster).fit(None, both[:140])
    with pytest.raises(ValueError, match=r"targets \['a', 'b'\], but y has \['b', 'a'\]"):
        fitted.score(None, both[["b", "a"]][140:])
