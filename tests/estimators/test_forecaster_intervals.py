"""What forecasters say about their own uncertainty."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor

from sksequence import RNNForecaster, WindowForecaster
from sksequence.estimators._forecast_marginals import errors_at_steps

SMALL = {"lookback": 6, "horizon": 3, "hidden_size": 6, "max_epochs": 2, "random_state": 0}
DAYS = pd.date_range("2000-01-01", periods=3000, freq="D")
LOSSES = ("squared_error", "gaussian", "student_t", "quantile")
pytestmark = pytest.mark.filterwarnings("ignore:RNNForecaster does not beat:UserWarning")


def autoregression(n, phi=0.8, seed=0):
    """An AR(1) process whose innovations have deviation 1."""
    innovations = np.random.default_rng(seed).normal(size=n)
    values = np.zeros(n)
    for t in range(1, n):
        values[t] = phi * values[t - 1] + innovations[t]
    return pd.Series(values, DAYS[:n])


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
@pytest.mark.parametrize("loss", LOSSES)
def test_ninety_percent_intervals_hold_nine_times_of_ten(strategy, loss):
    y = autoregression(1500)
    forecaster = RNNForecaster(
        8,
        3,
        strategy=strategy,
        loss=loss,
        max_epochs=8,
        learning_rate=0.01,
        random_state=0,
        validation_fraction=0.25,
    )
    table = forecaster.backtest(None, y, 300, quantiles=(0.05, 0.95))
    inside = table["actual"].between(table[0.05], table[0.95]).groupby(table["step"]).mean()
    assert inside.between(0.82, 0.97).all(), inside.tolist()
    assert 0.86 < inside.mean() < 0.95


@pytest.mark.parametrize("transform", [None, "log1p", "difference"])
def test_an_interval_holds_the_forecast_of_a_biased_forecaster(transform):
    """The mean of the past is below everything that follows in a series that rises."""
    y = pd.Series(np.exp(np.linspace(3, 6, 150)), DAYS[:150])
    forecaster = WindowForecaster(
        DummyRegressor(), 6, 4, target_transform=transform, validation_fraction=0.3
    ).fit(None, y)
    forecast = forecaster.predict(9).to_numpy()
    for coverage in (0.2, 0.9):
        bounds = forecaster.predict_interval(9, coverage).to_numpy()
        assert (bounds[:, 0] <= forecast).all() and (forecast <= bounds[:, 1]).all()
    found = forecaster.predict_quantiles(9, [0.1, 0.4, 0.5, 0.6, 0.9]).to_numpy()
    assert (np.diff(found, axis=1) >= 0).all()


def test_calibration_corrects_a_distribution_that_is_too_narrow():
    """Three times too narrow, or too wide, before: nominal after."""
    y = autoregression(1200)
    forecaster = RNNForecaster(8, 1, loss="gaussian", max_epochs=10, random_state=0)
    forecaster.set_params(validation_fraction=0.3).fit(None, y[:900])
    width = {}
    for name, calibrated in (("plain", False), ("calibrated", True)):
        bounds = forecaster.predict_interval(1, calibrated=calibrated)
        width[name] = float(bounds["upper"].iloc[0] - bounds["lower"].iloc[0])
    assert 0.6 < width["plain"] / width["calibrated"] < 1.6
    ranks = forecaster.ranks_.copy()
    forecaster.ranks_ = np.clip(0.5 + 3 * (ranks - 0.5), 0.001, 0.999)  # as if too narrow
    wider = forecaster.predict_interval(1)
    assert float((wider["upper"] - wider["lower"]).iloc[0]) > 1.5 * width["calibrated"]


@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("transform", [None, "log1p", "difference"])
def test_quantiles_ascend(strategy, loss, transform):
    y = autoregression(120) + 20
    forecaster = RNNForecaster(
        **SMALL, strategy=strategy, loss=loss, target_transform=transform, early_stopping=True
    ).fit(None, y)
    found = forecaster.predict_quantiles(7, [0.05, 0.3, 0.5, 0.9])
    assert (np.diff(found, axis=1) >= 0).all()
    bounds = forecaster.predict_interval(7, 0.5)
    expected = forecaster.predict_quantiles(7, [0.25, 0.75])
    np.testing.assert_array_equal(bounds, expected)


@pytest.mark.parametrize("loss", ["negative_binomial", "zero_inflated_gamma"])
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_counts_and_rain_are_never_negative(loss, strategy):
    rng = np.random.default_rng(0)
    counts = rng.negative_binomial(2, 0.4, size=200).astype(float)
    rain = np.where(rng.random(200) < 0.6, 0.0, rng.gamma(2.0, 3.0, size=200))
    y = pd.Series(counts if loss == "negative_binomial" else rain, DAYS[:200])
    options = {**SMALL, "max_epochs": 10}
    forecaster = RNNForecaster(**options, strategy=strategy, loss=loss).fit(None, y)
    found = forecaster.predict_quantiles(3, [0.05, 0.5, 0.95], calibrated=False).to_numpy()
    assert (found >= 0).all()
    assert (found[:, 2] > found[:, 0]).all()
    paths = forecaster.sample_paths(3, 400, random_state=0)
    assert (paths >= 0).all()
    if loss == "negative_binomial":
        assert (paths == paths.round()).all()
    else:
        assert 0.3 < (paths == 0).mean() < 0.85  # dry on 60 days of 100
    if strategy == "direct":
        np.testing.assert_allclose(forecaster.predict(3).mean(), y.mean(), rtol=0.5)


def test_paths_of_an_autoregression_spread_as_theory_says():
    """The variance of step j is (1 - phi^2j) / (1 - phi^2) times that of one step."""
    phi = 0.9
    y = autoregression(2500, phi)
    forecaster = RNNForecaster(
        10,
        6,
        strategy="recursive",
        loss="gaussian",
        max_epochs=12,
        learning_rate=0.01,
        random_state=0,
    ).fit(None, y)
    paths = forecaster.sample_paths(6, 2000, random_state=0)
    steps = np.arange(1, 7)
    expected = np.sqrt((1 - phi ** (2 * steps)) / (1 - phi**2))
    np.testing.assert_allclose(paths.std(axis=0), expected, rtol=0.25)


def test_paths_depend_on_their_seed_alone():
    forecaster = RNNForecaster(**SMALL, strategy="recursive", loss="gaussian")
    forecaster.fit(None, autoregression(80))
    first, again, other = (forecaster.sample_paths(4, 3, random_state=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    pd.testing.assert_frame_equal(forecaster.predict_interval(4), forecaster.predict_interval(4))


def test_closed_form_and_paths_agree():
    forecaster = RNNForecaster(**SMALL, loss="gaussian").fit(None, autoregression(120))
    paths = forecaster.sample_paths(3, 20000, random_state=0)
    exact = forecaster.predict_quantiles(3, [0.1, 0.5, 0.9], calibrated=False)
    drawn = np.quantile(paths, [0.1, 0.5, 0.9], axis=0).T
    np.testing.assert_allclose(exact, drawn, atol=0.1)
    np.testing.assert_allclose(forecaster.predict(3), exact[0.5], rtol=1e-5)


def test_calibration_leaves_the_probability_of_zero_as_it_is():
    """A dry day has a rank between nothing and the probability of zero, not the latter."""
    rng = np.random.default_rng(0)
    y = np.where(rng.random(1500) < 0.6, 0.0, rng.gamma(2.0, 3.0, size=1500))
    forecaster = RNNForecaster(
        5, 1, loss="zero_inflated_gamma", hidden_size=4, max_epochs=15, random_state=0
    )
    forecaster.fit(None, pd.Series(y, DAYS[:1500]))
    levels = np.linspace(0.05, 0.95, 19)
    plain, corrected = (
        forecaster.predict_quantiles(1, levels, calibrated=c).to_numpy()[0] for c in (False, True)
    )
    assert np.mean(forecaster.ranks_ < 0.5) == pytest.approx(0.5, abs=0.1)
    assert np.mean(plain == 0) == pytest.approx(0.6, abs=0.12)
    assert np.mean(corrected == 0) == pytest.approx(0.6, abs=0.12)


def test_bounds_beyond_the_horizon_are_no_narrower_than_within():
    """The last step may be the easiest: here the seventh value is always the same."""
    noise = np.random.default_rng(0).normal(size=400)
    y = pd.Series(np.where(np.arange(400) % 7 == 6, 0.0, noise), DAYS[:400])
    forecaster = RNNForecaster(7, 7, max_epochs=5, early_stopping=True, random_state=0)
    forecaster.set_params(validation_fraction=0.3).fit(None, y[:392])
    errors = errors_at_steps(forecaster.errors_, 10)
    np.testing.assert_array_equal(errors[:, :7], forecaster.errors_)
    widths = forecaster.predict_interval(21).diff(axis=1)["upper"].to_numpy()
    assert (widths[7:] == pytest.approx(widths[7])) and widths[7] > 0.7 * widths[:7].max()
    spread = np.abs(errors).mean(axis=0)
    assert (spread[7:] == spread[:7].max()).all()
