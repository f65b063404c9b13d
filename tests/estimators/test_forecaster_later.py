"""More rows: update, training on, walking forward."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.svm import SVR

from sksequence import NaiveForecaster, RNNForecaster, WindowForecaster
from sksequence.tasks import Forecasting

SMALL = {"lookback": 6, "horizon": 3, "hidden_size": 6, "max_epochs": 2, "random_state": 0}
DAYS = pd.date_range("2024-01-01", periods=90, freq="D")


def noise(n=90, k=None, seed=0):
    return np.random.default_rng(seed).normal(size=n if k is None else (n, k))


X = pd.DataFrame(noise(90, 2), DAYS, columns=["u", "v"])
Y = pd.Series(noise(seed=1).cumsum() + 50, DAYS, name="y")
PANEL = pd.concat({k: Y[5 * i :] + 50 * i for i, k in enumerate("ab")}, names=["shop", "day"])


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
@pytest.mark.parametrize("transform", [None, "difference", "boxcox"])
def test_a_backtest_is_a_loop_of_update_and_predict(strategy, transform):
    forecaster = RNNForecaster(**SMALL, strategy=strategy, target_transform=transform)
    table = forecaster.backtest(X, Y, 5, step=2, n_steps=4)
    assert not hasattr(forecaster, "network_")
    assert not hasattr(forecaster, "n_features_in_")
    model, n = clone(forecaster).fit(X[:78], Y[:78]), 78
    for origin, part in table.groupby("origin"):
        assert origin == DAYS[n - 1]
        forecast = model.predict(X[n : n + 4])
        np.testing.assert_allclose(part["forecast"], forecast, rtol=1e-5)
        np.testing.assert_array_equal(part["actual"], Y[n : n + 4])
        np.testing.assert_array_equal(part["naive"], Y.iloc[n - 1])
        assert part.index.equals(forecast.index) or list(part.index) == list(forecast.index)
        if n + 4 < 90:
            model.update(X[n : n + 2], Y[n : n + 2])
            n += 2
    assert n + 4 == 90


def test_a_backtest_that_fits_again():
    forecaster = RNNForecaster(**SMALL)
    table = forecaster.backtest(None, Y, 4, refit=True)
    for i, (_, part) in enumerate(table.groupby("origin")):
        expected = clone(forecaster).fit(None, Y[: 84 + i]).predict(3)
        np.testing.assert_allclose(part["forecast"], expected, rtol=1e-6)
    every = forecaster.backtest(None, Y, 4, refit=2)
    first, third = table["forecast"].to_numpy()[:3], table["forecast"].to_numpy()[6:9]
    np.testing.assert_allclose(every["forecast"].to_numpy()[:3], first, rtol=1e-6)
    np.testing.assert_allclose(every["forecast"].to_numpy()[6:9], third, rtol=1e-6)
    assert not np.allclose(every["forecast"], table["forecast"])


def test_a_backtest_of_a_panel_with_several_targets():
    y = pd.DataFrame({"p": PANEL, "q": PANEL**2})
    table = RNNForecaster(**SMALL, seasonality=7).backtest(None, y, 2)
    assert len(table) == 2 * 2 * 3 * 2
    row = table[(table["series"] == "b") & (table["target"] == "q")].iloc[4]
    when = table[(table["series"] == "b") & (table["target"] == "q")].index[4]
    assert row["step"] == 2
    assert row["origin"] + 2 * DAYS.freq == when
    assert row["actual"] == y.loc[("b", when), "q"]
    assert row["naive"] == y.loc[("b", when - 7 * DAYS.freq), "q"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_origins": 80}, "82 rows now|none to learn from|needs lookback"),
        ({"n_origins": 200}, r"y has 90 rows, but 200 origins.* lower n_origins"),
        ({"n_origins": 0}, "n_origins must be a whole number of at least 1, got 0"),
        ({"step": 0.5}, "step must be a whole number"),
        ({"refit": -1}, "refit must be True, False or a positive"),
        ({"refit": "always"}, "positive whole number, got 'always'"),
        ({"quantiles": [0.5, 2.0]}, "between 0 and 1"),
    ],
)
def test_backtests_that_cannot_be(settings, message):
    with pytest.raises(ValueError, match=message):
        RNNForecaster(**SMALL).backtest(None, Y, **settings)


def test_updates_must_follow():
    forecaster = RNNForecaster(**SMALL).fit(X[:50], Y[:50])
    network = forecaster.network_.head.weight.clone()
    forecaster.update(X[50:51], Y[50:51])
    assert (forecaster.network_.head.weight == network).all()
    assert forecaster.predict(X[51:54]).index[0] == DAYS[51]
    with pytest.raises(ValueError, match="must directly follow 2024-02-20"):
        forecaster.update(X[60:], Y[60:])
    with pytest.raises(ValueError, match="leave out the rows that were given before"):
        forecaster.update(X[40:], Y[40:])
    with pytest.raises(ValueError, match="feature names"):
        forecaster.update(X[["u"]][51:52], Y[51:52])


def test_updates_of_some_series_of_a_panel():
    forecaster = RNNForecaster(**SMALL).fit(None, PANEL)
    more = pd.concat({"b": pd.Series([1.0], [DAYS[-1] + DAYS.freq])}, names=["shop", "day"])
    more.index = more.index.set_levels(more.index.levels[1].as_unit("us"), level=1)
    forecast = forecaster.update(None, more).predict(1)
    assert forecast.index.tolist() == [
        ("a", DAYS[-1] + DAYS.freq),
        ("b", DAYS[-1] + 2 * DAYS.freq),
    ]


def test_training_on_reads_the_windows_that_end_in_new_rows():
    forecaster = RNNForecaster(**SMALL, batch_size="full").fit(None, Y[:60])
    before = forecaster.network_.head.weight.clone()
    forecaster.partial_fit(None, Y[60:61])  # one row is enough
    assert not (forecaster.network_.head.weight == before).all()
    assert forecaster.n_epochs_ == 3
    assert forecaster.predict(1).index[0] == DAYS[61]
    started = RNNForecaster(**SMALL).partial_fit(None, Y[:60])
    assert started.n_epochs_ == 1


def test_training_on_learns():
    """Rows that follow another law: the error on it falls."""
    new = pd.Series(50 + 5 * np.sin(np.arange(400) * np.pi / 4), index=pd.RangeIndex(400))
    old = pd.Series(noise(100), index=pd.RangeIndex(-100, 0))
    forecaster = RNNForecaster(8, 2, random_state=0, max_epochs=2).fit(None, old)
    stays = RNNForecaster(8, 2, random_state=0, max_epochs=2).fit(None, old).update(None, new[:392])
    forecaster.partial_fit(None, new[:392], n_epochs=20)
    truth = new[392:]
    error, before = (np.abs(f.predict(8) - truth).mean() for f in (forecaster, stays))
    assert error < 0.3 * before


def test_an_interrupt_leaves_a_forecaster_that_forecasts(monkeypatch):
    calls = []
    loss = Forecasting.loss

    def interrupted(self, outputs, batch):
        calls.append(1)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return loss(self, outputs, batch)

    monkeypatch.setattr(Forecasting, "loss", interrupted)
    forecaster = RNNForecaster(**{**SMALL, "max_epochs": 50})
    with pytest.raises(KeyboardInterrupt):
        forecaster.fit(None, Y)
    assert forecaster.n_epochs_ < 50
    assert np.isfinite(forecaster.predict(4)).all()


# Baselines with the same manners


def test_naive_forecasts_by_hand():
    y, ahead = Y[:80], np.arange(1, 11)
    last = y.to_numpy()[-7:]
    by_hand = {
        "last": np.full(10, last[-1]),
        "seasonal": np.r_[last, last[:3]],
        "drift": last[-1] + ahead * (last[-1] - y.iloc[0]) / 79,
        "climatology": [y.to_numpy()[(80 + j) % 7 :: 7].mean() for j in range(10)],
    }
    for strategy, expected in by_hand.items():
        forecaster = NaiveForecaster(strategy, seasonality=7).fit(None, y)
        forecast = forecaster.predict(Y[80:])
        np.testing.assert_allclose(forecast, expected, err_msg=strategy)
        assert forecast.name == "y"
    assert NaiveForecaster("seasonal", seasonality=7).fit(None, y).score(Y[80:], Y[80:]) == 0


@pytest.mark.parametrize("strategy", ["last", "seasonal", "drift", "climatology"])
def test_naive_forecasts_of_a_new_series(strategy):
    forecaster = NaiveForecaster(strategy, seasonality=7).fit(None, PANEL)
    alone = NaiveForecaster(strategy, seasonality=7).fit(None, Y[:40])
    history = pd.concat({"new": Y[:40]}, names=["shop", "day"])
    forecast = forecaster.predict(9, history=history)
    np.testing.assert_allclose(forecast["new"], alone.predict(9))
    assert forecaster.predict(1).index.get_level_values(0).tolist() == ["a", "b"]


def test_naive_forecasts_of_holes_and_panels():
    y = PANEL.copy()
    y.iloc[-1] = np.nan
    forecast = NaiveForecaster().fit(None, y).predict(2)
    assert forecast["b"].tolist() == [y.iloc[-2]] * 2
    assert forecast["a"].tolist() == [Y.iloc[-1]] * 2


@pytest.mark.parametrize(
    "forecaster",
    [
        NaiveForecaster("seasonal", seasonality=5),
        NaiveForecaster("drift"),
        NaiveForecaster("climatology", seasonality=5),
        WindowForecaster(LinearRegression(), 6, 3),
    ],
)
def test_their_backtest_is_a_loop_of_update_and_predict(forecaster):
    table = forecaster.backtest(X, Y, 4, n_steps=3)
    model = clone(forecaster).fit(X[:84], Y[:84])
    for i, (_, part) in enumerate(table.groupby("origin")):
        np.testing.assert_allclose(part["forecast"], model.predict(X[84 + i : 87 + i]))
        model.update(X[84 + i : 85 + i], Y[84 + i : 85 + i])


def test_a_linear_recurrence_is_exact_for_a_linear_window():
    y = pd.Series(5 + np.sin(np.arange(90.0)) + np.sin(0.3 * np.arange(90.0)), DAYS)
    forecaster = WindowForecaster(LinearRegression(), lookback=6, horizon=2).fit(None, y[:60])
    np.testing.assert_allclose(forecaster.predict(30), y[60:], atol=1e-3)


@pytest.mark.parametrize("regressor", [Ridge(), SVR(), None])
def test_any_regressor_will_do(regressor):
    options = {"past_covariates": "v", "calendar": "day_of_week", "lags": 8}
    forecaster = WindowForecaster(regressor, 6, 3, target_transform="difference", **options)
    forecast = forecaster.fit(X[:80], Y[:80]).predict(X[80:])
    assert np.abs(forecast - Y[80:]).max() < 30
    assert forecast.index.equals(DAYS[80:])


def test_window_rows_are_the_numbers_of_the_window():
    """By hand, in units of the window: past, covariates of past and future, targets."""
    forecaster = WindowForecaster(LinearRegression(), 4, 2).fit(X[["u"]][:20], Y[:20])
    scaled = ((X["u"] - X["u"][:20].mean()) / X["u"][:20].std(ddof=0)).to_numpy()
    y = Y.to_numpy()
    rows, targets = [], []
    for t in range(4, 19):
        level, scale = y[t - 1], y[t - 4 : t].std()
        rows.append(np.r_[(y[t - 4 : t] - level) / scale, scaled[t - 4 : t + 2]])
        targets.append((y[t : t + 2] - level) / scale)
    expected = LinearRegression().fit(rows, targets)
    usual = np.sqrt(np.mean([y[t - 4 : t].var() for t in range(4, 21)]))
    if min(y[t - 4 : t].std() for t in range(4, 19)) > 0.25 * usual:
        np.testing.assert_allclose(forecaster.regressor_.coef_, expected.coef_, atol=1e-8)
    else:  # the seed gave a calm window: floors would have to be taken over too
        pytest.fail("choose a seed without calm windows")
