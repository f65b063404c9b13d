"""Covariates that are missing or symbols, lags that reach into the forecast."""

import numpy as np
import pandas as pd
import pytest

from sksequence import NaiveForecaster, RNNForecaster, WindowForecaster

SMALL = {"lookback": 6, "horizon": 3, "hidden_size": 6, "max_epochs": 2, "random_state": 0}
DAYS = pd.date_range("2024-01-01", periods=600, freq="D")


def noise(n=90, k=None, seed=0):
    return np.random.default_rng(seed).normal(size=n if k is None else (n, k))


# Missing covariates


def test_a_missing_covariate_is_marked_and_not_taken_for_its_mean():
    """y is high where x is missing and low where it is there, also where it is at its mean."""
    rng = np.random.default_rng(0)
    missing = rng.random(600) < 0.4
    x = np.where(missing, np.nan, rng.choice([-1.0, 0.0, 1.0], 600))
    X = pd.DataFrame({"x": x}, DAYS)
    y = pd.Series(np.where(missing, 2.0, -2.0) + 0.2 * noise(600), DAYS)
    options = {"hidden_size": 8, "max_epochs": 15, "learning_rate": 0.02, "random_state": 0}
    table = RNNForecaster(6, 1, missing="mask", **options).backtest(X, y, 60)
    errors = table[["forecast", "naive"]].sub(table["actual"], axis=0).abs().mean()
    assert errors["naive"] > 1.2
    assert errors["forecast"] < 0.5 * errors["naive"]


@pytest.mark.parametrize("strategy", ["direct", "seq2seq"])
def test_marks_and_time_since(strategy):
    X = pd.DataFrame(noise(90, 3), DAYS[:90], columns=["known", "whole", "past"])
    X.iloc[[20, 50], 0] = np.nan
    X.iloc[[30, 88, 89], 2] = np.nan
    y = pd.Series(noise(seed=1), DAYS[:90])
    options = {**SMALL, "strategy": strategy, "past_covariates": "past", "calendar": "month"}
    forecaster = RNNForecaster(**options, missing="mask").fit(X, y)
    spec = forecaster.network_.spec
    assert (spec.n_known, spec.n_observed) == (2 + 2 + 2, 1 + 2)  # a mark and the time since each
    future = X.shift(90, freq="D")[:9]
    expected = forecaster.predict(future)
    holes = future.copy()
    holes.iloc[4, 1] = holes.iloc[3, 1]  # of a column that was never missing, the last value stays
    filled = forecaster.predict(holes)
    holes.iloc[4, 1] = np.nan
    pd.testing.assert_series_equal(forecaster.predict(holes), filled)
    holes = future.copy()
    holes.iloc[4, 0] = X["known"].mean()
    at_mean = forecaster.predict(holes)
    holes.iloc[4, 0] = np.nan
    assert not np.allclose(forecaster.predict(holes), at_mean)
    assert not np.allclose(forecaster.predict(holes), expected)


@pytest.mark.parametrize("strategy", ["direct", "seq2seq"])
def test_a_backtest_with_missing_covariates_is_a_loop_of_update_and_predict(strategy):
    X = pd.DataFrame(noise(90, 2), DAYS[:90], columns=["u", "v"])
    X = X.mask(np.random.default_rng(3).random(X.shape) < 0.3)
    y = pd.Series(noise(seed=1), DAYS[:90])
    options = {**SMALL, "strategy": strategy, "past_covariates": "v", "missing": "mask"}
    table = RNNForecaster(**options).backtest(X, y, 6, n_steps=4)
    model = RNNForecaster(**options).fit(X[:81], y[:81])
    for i, (_, part) in enumerate(table.groupby("origin")):
        expected = model.predict(X[81 + i : 85 + i])
        np.testing.assert_allclose(part["forecast"], expected, rtol=1e-5, atol=1e-6)
        model.update(X[81 + i : 82 + i], y[81 + i : 82 + i])


# Symbols


def shops(kinds, n=80):
    """Shops that rise or fall, as their kind says."""
    parts = {k: (3 if kind == "city" else -3) * np.arange(n) for k, kind in kinds.items()}
    y = pd.concat({k: pd.Series(v + 5.0 + noise(n), DAYS[:n]) for k, v in parts.items()})
    y.index.names = ["shop", "day"]
    X = pd.DataFrame({"kind": y.index.get_level_values(0).map(kinds)}, index=y.index)
    return X, y


@pytest.mark.parametrize("dtype", ["str", "category", "object"])
def test_a_static_covariate_may_be_a_symbol(dtype):
    X, y = shops({"a": "city", "b": "village", "c": "city"})
    X["kind"] = X["kind"].astype(dtype)
    options = {"lookback": 2, "horizon": 1, "max_epochs": 30, "learning_rate": 0.02}
    forecaster = RNNForecaster(**options, static_covariates="kind", random_state=0)
    forecaster.fit(X, y)
    assert forecaster.categories_ == {"kind": ("city", "village")}
    assert forecaster.network_.spec.n_static == 2
    history = pd.concat({k: pd.Series([5.0, 5.0], DAYS[:2]) for k in ("new", "other")})
    kinds = pd.DataFrame({"kind": ["city"] * 2 + ["village"] * 2}, index=history.index)
    kinds["kind"] = kinds["kind"].astype(dtype)
    forecast = forecaster.predict(1, history=history, X_history=kinds)
    assert forecast["new"].item() > forecast["other"].item() + 2
    with pytest.warns(UserWarning, match=r"not seen 'moon' .* \(known: 'city', 'village'\)"):
        forecaster.predict(1, history=history, X_history=kinds.astype(object).assign(kind="moon"))


def test_symbols_that_change_are_refused_by_name():
    X, y = shops({"a": "city", "b": "village"})
    X.iloc[100, 0] = "city"
    message = r"names 'kind', but it changes in series 'b' in row 20, from 'village' to 'city'"
    for forecaster in (RNNForecaster(**SMALL), WindowForecaster(lookback=4)):
        with pytest.raises(ValueError, match=message):
            forecaster.set_params(static_covariates="kind").fit(X, y)
    NaiveForecaster().fit(X, y)  # looks at no covariates


def test_text_that_could_be_static_is_told_where_it_belongs():
    X, y = shops({"a": "city", "b": "village"})
    with pytest.raises(TypeError, match=r"column 'kind', .* static_covariates=\['kind'\]"):
        RNNForecaster(**SMALL).fit(X, y)
    X.iloc[3, 0] = "village"  # it changes: of no use there
    with pytest.raises(TypeError, match="text, 'city', in row 0"):
        RNNForecaster(**SMALL).fit(X, y)


def test_symbols_keep_their_numbers_while_training_goes_on():
    X, y = shops({"a": "city", "b": "village"})
    forecaster = RNNForecaster(**SMALL, static_covariates="kind", warm_start=True).fit(X, y)
    forecaster.fit(X.loc[["b"]], y.loc[["b"]])
    assert forecaster.categories_ == {"kind": ("city", "village")}


# Lags that reach into the forecast


@pytest.mark.parametrize("strategy", ["recursive", "seq2seq"])
def test_lags_shorter_than_the_horizon_read_the_forecast(strategy):
    """Only a network that is given y of four rows ago can go on with a season of four."""
    season = np.tile(noise(4, seed=5), 150)
    y = pd.Series(season, DAYS)
    options = {"hidden_size": 16, "max_epochs": 40, "learning_rate": 0.02, "random_state": 0}
    forecaster = RNNForecaster(1, 8, strategy=strategy, lags=4, **options).fit(None, y[:-16])
    np.testing.assert_allclose(forecaster.predict(16), y[-16:], atol=0.3)


@pytest.mark.parametrize("strategy", ["recursive", "seq2seq"])
def test_a_lag_of_one_is_what_the_step_is_given_anyway(strategy):
    """Each step is given the value before it: as its input, and as the lag of one."""
    forecaster = RNNForecaster(**SMALL, strategy=strategy, lags=[1, 2], dtype="float64")
    forecaster.fit(None, pd.Series(noise(), DAYS[:90]))
    read = []
    network = forecaster.network_
    hook = network.writer.register_forward_pre_hook(lambda module, args: read.append(args[0]))
    forecaster.predict(3)
    hook.remove()
    values = np.array([step[0, 0].numpy() for step in read if step.shape[1] == 1])[-3:]
    np.testing.assert_allclose(values[:, 0], values[:, 1])  # (value before, lag 1, lag 2)
    np.testing.assert_allclose(values[1:, 2], values[:-1, 0])


def test_lags_that_cannot_be_known():
    y = pd.Series(noise(), DAYS[:90])
    message = r'at least horizon=3 .* got 2: leave it out, or take strategy="recursive" or'
    with pytest.raises(ValueError, match=message):
        RNNForecaster(**SMALL, lags=[4, 2]).fit(None, y)
    with pytest.raises(ValueError, match=r"got 2: leave it out\.$"):
        WindowForecaster(lookback=4, horizon=3, lags=2).fit(None, y)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        RNNForecaster(**SMALL, strategy="recursive", lags=[0]).fit(None, y)


# Counts


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
@pytest.mark.parametrize(("size", "rtol"), [(3, 0.6), (30_000, 0.4)])
def test_counts_of_any_size_are_learned(strategy, size, rtol):
    """A season whose mean doubles and halves, around three or thirty thousand."""
    rng = np.random.default_rng(0)
    mean = size * 2.0 ** np.sin(np.arange(500) * np.pi / 4)
    y = pd.Series(rng.negative_binomial(20, 20 / (20 + mean)).astype(float), DAYS[:500])
    forecaster = RNNForecaster(8, 4, strategy=strategy, loss="negative_binomial")
    forecaster.set_params(max_epochs=25, learning_rate=0.01, random_state=0)
    forecast = forecaster.fit(None, y[:-4]).predict(4)
    np.testing.assert_allclose(forecast, mean[-4:], rtol=rtol)
    paths = forecaster.sample_paths(4, 300, random_state=0)
    assert (paths == paths.round()).all()
    np.testing.assert_allclose(paths.mean(axis=0), forecast, rtol=0.25)
    assert forecaster.validation_skill_ > 0.2


@pytest.mark.filterwarnings("ignore:RNNForecaster does not beat:UserWarning")  # of mere noise
def test_a_panel_of_small_and_large_counts():
    rng = np.random.default_rng(1)
    y = pd.concat(
        {k: pd.Series(rng.poisson(10**k, 200) * 1.0, DAYS[:200]) for k in (0, 2, 5)},
        names=["k", "day"],
    )
    forecaster = RNNForecaster(8, 2, loss="negative_binomial", random_state=0, max_epochs=20)
    forecast = forecaster.fit(None, y).predict(2).groupby("k").mean()
    np.testing.assert_allclose(forecast, [1, 100, 100_000], rtol=0.4)


# What is known of the future


def test_columns_known_up_to_the_present_may_be_left_out_of_the_future():
    X = pd.DataFrame(noise(90, 3), DAYS[:90], columns=["known", "seen", "other"])
    y = pd.Series(noise(seed=1), DAYS[:90])
    forecaster = RNNForecaster(**SMALL, past_covariates=["seen", "other"]).fit(X[:80], y[:80])
    whole = forecaster.predict(X[80:])
    for columns in (["known"], ["other", "known"]):
        pd.testing.assert_series_equal(forecaster.predict(X.loc[DAYS[80:90], columns]), whole)
    with pytest.raises(ValueError, match="known"):
        forecaster.predict(X[80:][["seen", "other"]])


def test_rows_at_another_frequency_are_forecast_with_a_warning():
    X = pd.DataFrame(noise(90, 1), DAYS[:90], columns=["known"])
    forecaster = RNNForecaster(**SMALL).fit(X[:80], pd.Series(noise(80, seed=1), DAYS[:80]))
    with pytest.warns(UserWarning, match=r"3 steps apart, .* frequency D.*\['known'\] .* stay"):
        forecaster.predict(X[80::3])
    forecaster.predict(X[80:].iloc[[0, 1, 5]])  # a choice of rows


def test_a_target_among_what_is_known_in_advance_is_noticed():
    y = pd.Series(noise(90), DAYS[:90], name="y")
    X = pd.DataFrame({"u": noise(90, seed=1), "y": y})
    for forecaster in (RNNForecaster(**SMALL), WindowForecaster(lookback=6)):
        for table in (X, y):
            with pytest.warns(UserWarning, match="column 'y' of X is y itself"):
                forecaster.fit(table, y)
        forecaster.set_params(past_covariates=["y"]).fit(X, y)
    RNNForecaster(**SMALL).fit(X.assign(y=y.shift(1, fill_value=0.0)), y)


def test_a_column_without_any_value_is_named():
    X = pd.DataFrame({"u": noise(90, seed=1), "empty": np.nan}, DAYS[:90])
    with pytest.warns(UserWarning, match="column 'empty' of X has no value at all"):
        RNNForecaster(**SMALL, missing="mask").fit(X, pd.Series(noise(90), DAYS[:90]))


def test_a_named_column_of_a_table_that_lost_its_names():
    X, y = noise(90, 2), pd.Series(noise(90), DAYS[:90])
    forecaster = RNNForecaster(**SMALL, past_covariates=["wind"])
    with pytest.raises(ValueError, match=r"names the column 'wind', .*\[0, 1\]: .*set_output"):
        forecaster.fit(X, y)
    with pytest.raises(ValueError, match=r"only \['u', 'v'\]: name one of them"):
        forecaster.fit(pd.DataFrame(X, y.index, columns=["u", "v"]), y)


# Targets that were not seen for long


def outage(n=240, level=1000.0):
    """A series far from 0 with an outage in the middle and one at the end."""
    y = pd.Series(level + noise(n) + 5 * np.sin(np.arange(n) * np.pi / 6), DAYS[:n])
    y.iloc[100:125] = y.iloc[-20:] = np.nan
    return y


TRANSFORMS = [None, "difference", "returns", "seasonal_difference", ["log1p", "difference"]]


@pytest.mark.filterwarnings("ignore:RNNForecaster does not beat:UserWarning")
@pytest.mark.parametrize("loss", ["squared_error", "gaussian"])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_window_that_saw_nothing_goes_on_from_the_newest_value(transform, loss):
    options = {**SMALL, "target_transform": transform, "loss": loss, "seasonality": 12}
    forecaster = RNNForecaster(**options, missing="mask", early_stopping=True).fit(None, outage())
    for answer in (forecaster.predict(5), forecaster.predict_interval(5)):
        assert np.abs(answer.to_numpy() - 1000).max() < 40
    nothing = pd.Series(np.nan, DAYS[240:270])
    assert abs(forecaster.update(None, nothing).predict(1).iloc[0] - 1000) < 40
    assert max(abs(record["train_loss"]) for record in forecaster.history_) < 20


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_backtest_with_missing_targets_is_a_loop_of_update_and_predict(transform):
    y = outage().mask(np.random.default_rng(1).random(240) < 0.3)[:230]
    options = {**SMALL, "target_transform": transform, "seasonality": 12}
    forecaster = RNNForecaster(**options, missing="mask", early_stopping=False)
    table = forecaster.backtest(None, y, 12)
    forecaster.fit(None, y[:216])
    for i in range(12):
        expected = table["forecast"][table["origin"] == DAYS[215 + i]]
        np.testing.assert_allclose(forecaster.predict(3), expected)
        forecaster.update(None, y[216 + i : 217 + i])
