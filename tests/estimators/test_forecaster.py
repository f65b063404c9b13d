"""What a forecaster learns, reads and must not read."""

import numpy as np
import pandas as pd
import pytest
import torch

from sksequence import RNNForecaster

STRATEGIES = ("direct", "recursive", "seq2seq")
SMALL = {"lookback": 6, "horizon": 3, "hidden_size": 6, "max_epochs": 2, "random_state": 0}
START = "2024-01-01"


def series(values, freq="h", name="load"):
    values = np.asarray(values, dtype=float)
    index = pd.date_range(START, periods=len(values), freq=freq)
    if values.ndim == 1:
        return pd.Series(values, index=index, name=name)
    return pd.DataFrame(values, index=index, columns=list("abcdef")[: values.shape[1]])


def noise(n=90, k=None, seed=0):
    return np.random.default_rng(seed).normal(size=n if k is None else (n, k))


def wave(n, period=12):
    return np.sin(np.arange(n) * 2 * np.pi / period)


# What is learned


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_wave_goes_on(strategy):
    """A linear recurrence of second order, over more than one horizon."""
    y = series(100 + 5 * wave(420))
    forecaster = RNNForecaster(
        24, 6, strategy=strategy, hidden_size=16, max_epochs=50, learning_rate=0.01, random_state=0
    )
    forecaster.fit(None, y[:-12])
    assert np.abs(forecaster.predict(12) - y[-12:]).max() < 1.5  # of 10 from top to bottom
    assert forecaster.score(y[-12:], y[-12:]) > 0.8
    assert forecaster.validation_skill_ > 0.8


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_is_known_in_advance_drives_the_forecast(strategy):
    x = (noise(240) > 0).astype(float)
    X, y = series(x[:, None]), series(3 * x)
    forecaster = RNNForecaster(
        8, 2, strategy=strategy, hidden_size=16, max_epochs=60, learning_rate=0.01, random_state=0
    )
    forecaster.fit(X[:-20], y[:-20])
    assert np.abs(forecaster.predict(X[-20:]) - y[-20:]).mean() < 0.3


def test_several_targets_and_their_names():
    wide = series(np.column_stack([wave(200), 50 + 10 * wave(200, 8)]))
    forecaster = RNNForecaster(12, 4, hidden_size=16, max_epochs=40, random_state=0)
    forecaster.fit(None, wide[:-4])
    forecast = forecaster.predict(4)
    assert list(forecast.columns) == ["a", "b"]
    error = (forecast - wide[-4:]).abs().mean() / wide.std()
    assert error.max() < 0.3


# What forecasts are made of


def by_hand(forecaster, past, known):
    """The forecast of a direct head from one window, all by hand."""
    level, scale = past[-1], past.std()
    inputs = np.column_stack([(past - level) / scale, known[: len(past)]])
    network = forecaster.network_
    with torch.inference_mode():
        steps, _ = network.stack(torch.tensor(inputs[None], dtype=torch.float32), None)
        future = torch.tensor(known[None, len(past) :], dtype=torch.float32).flatten(1)
        read = torch.cat([steps[:, -1], torch.tanh(network.of_future(future))], dim=1)
        values = network.head(read)[0].numpy()
    return values * scale + level


def test_direct_goes_on_block_after_block():
    y, x = noise(90), noise(90, 1, seed=1)
    X = series(x)
    forecaster = RNNForecaster(**SMALL).fit(X[:80], series(y)[:80])
    known = (x - x[:80].mean(axis=0)) / x[:80].std(axis=0)
    first = by_hand(forecaster, y[74:80], known[74:83])
    second = by_hand(forecaster, np.r_[y[77:80], first], known[77:86])
    forecast = forecaster.predict(X[80:86])
    np.testing.assert_allclose(forecast, np.r_[first, second], rtol=1e-4, atol=1e-4)
    # and not longer than asked
    np.testing.assert_allclose(forecaster.predict(X[80:86])[:4], forecast[:4])


def test_recursive_feeds_back_its_own_forecast():
    y = series(noise(80))
    forecaster = RNNForecaster(**SMALL, strategy="recursive", dtype="float64").fit(None, y)
    past = y.to_numpy()[-6:]
    level, scale = past[-1], past.std()
    network, state = forecaster.network_, None
    values = list((past - level) / scale)
    expected = []
    with torch.inference_mode():
        for step in range(10):
            value = values[step] if step < 6 else expected[-1]
            given = torch.tensor([[[value]]], dtype=torch.float64)
            steps, state = network.reader(given, None, state)
            if step >= 5:
                expected.append(float(network.head(steps)[0, 0, 0]))
    np.testing.assert_allclose(forecaster.predict(5), level + scale * np.array(expected))


def test_units_of_the_data_do_not_matter():
    y = noise(80).cumsum()
    plain = RNNForecaster(**SMALL, dtype="float64").fit(None, series(y)).predict(7)
    moved = RNNForecaster(**SMALL, dtype="float64").fit(None, series(1e4 * y - 3e6)).predict(7)
    np.testing.assert_allclose(moved, 1e4 * plain - 3e6, rtol=1e-9)


def test_a_constant_goes_on_and_is_reported():
    y = series(np.full(60, 42.0))
    with pytest.warns(UserWarning, match="y never changes, so there is nothing to learn"):
        forecaster = RNNForecaster(4, 2, max_epochs=60, random_state=0).fit(None, y)
    np.testing.assert_allclose(forecaster.predict(4), 42, atol=0.1)


def test_calendar_features_are_those_of_the_rows_that_are_asked_for():
    """A target that only the day of the week explains, over any gap."""
    n = 420
    index = pd.date_range(START, periods=n, freq="D")
    y = pd.Series((index.day_of_week >= 5) * 10.0 + 0.1 * noise(n), index=index)
    forecaster = RNNForecaster(
        3, 1, calendar="day_of_week", hidden_size=16, max_epochs=20, random_state=0
    )
    forecaster.fit(None, y[:-40])
    asked = y.index[-5:]
    forecast = forecaster.predict(pd.DataFrame(index=asked))
    np.testing.assert_allclose(forecast, (asked.day_of_week >= 5) * 10.0, atol=2)


@pytest.mark.parametrize(
    ("freq", "names"),
    [("15min", ["minute", "hour"]), ("W", ["week_of_year", "day_of_year"]), ("MS", "quarter")],
)
def test_calendar_features_by_name(freq, names):
    y = series(noise(60), freq)
    forecaster = RNNForecaster(**SMALL, calendar=names).fit(None, y)
    assert forecaster.network_.spec.n_known == 2 * len([names] if isinstance(names, str) else names)
    periods = y.copy()
    periods.index = y.index.to_period()
    again = RNNForecaster(**SMALL, calendar=names).fit(None, periods)
    if freq != "W":  # the period of a week stands for its first day
        np.testing.assert_allclose(again.predict(3), forecaster.predict(3), rtol=1e-6)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_lags_reach_further_back_than_the_window(strategy):
    """Every 20 rows the same random numbers: only a lag can tell."""
    y = series(np.tile(noise(20), 20))
    options = {"hidden_size": 24, "max_epochs": 60, "learning_rate": 0.01, "random_state": 0}
    forecaster = RNNForecaster(2, 2, strategy=strategy, lags=20, **options).fit(None, y[:-30])
    assert np.abs(forecaster.predict(30) - y[-30:]).mean() < 0.35  # of about 1


def test_one_row_more_is_no_other_forecast():
    """With a calendar alone, a row does not depend on which others are asked for."""
    y = series(noise(90))
    for strategy in STRATEGIES:
        forecaster = RNNForecaster(**SMALL, strategy=strategy, calendar="hour").fit(None, y)
        long = forecaster.predict(8)
        for n in (1, 2, 5):
            pd.testing.assert_series_equal(forecaster.predict(n), long[:n])
        some = forecaster.predict(pd.DataFrame(index=long.index[[5, 1]]))
        np.testing.assert_allclose(some, long.iloc[[5, 1]])


# What is not read


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_forecast_looks_ahead(strategy):
    """In a backtest, changing row t changes only what is forecast after t."""
    X, y = series(noise(90, 2)), series(noise(90, seed=1))
    past = None if strategy == "recursive" else ["b"]
    forecaster = RNNForecaster(**SMALL, strategy=strategy, past_covariates=past)
    before = forecaster.backtest(X, y, 20)
    changed = y.copy()
    changed.iloc[80] += 100
    X_changed = X.copy()
    if past:
        X_changed.iloc[80, 1] += 100
    after = forecaster.backtest(X_changed, changed, 20)
    blind = before["origin"] < y.index[80]
    assert 0 < blind.sum() < len(blind)
    pd.testing.assert_series_equal(after["forecast"][blind], before["forecast"][blind])
    assert not np.allclose(after["forecast"][~blind], before["forecast"][~blind])


@pytest.mark.parametrize("strategy", ["direct", "seq2seq"])
def test_past_covariates_of_the_future_are_ignored(strategy):
    X, y = series(noise(90, 2)), series(noise(90, seed=1))
    forecaster = RNNForecaster(**SMALL, strategy=strategy, past_covariates="b")
    forecaster.fit(X[:80], y[:80])
    future = X[80:].copy()
    expected = forecaster.predict(future)
    for value in (1e6, np.nan):
        future["b"] = value
        pd.testing.assert_series_equal(forecaster.predict(future), expected)
    future["a"] = 5.0
    assert not np.allclose(forecaster.predict(future), expected)


def test_past_covariates_of_the_past_are_read():
    x = noise(300)
    X, y = series(x[:, None]), series(np.r_[0, x[:-1]])
    forecaster = RNNForecaster(8, 1, past_covariates="a", hidden_size=16, max_epochs=40)
    forecaster.set_params(random_state=0, early_stopping=False).fit(X[:-1], y[:-1])
    assert abs(forecaster.predict(X[-1:]) - y[-1:]).item() < 0.25


def test_recursive_says_why_it_takes_no_past_covariates():
    X, y = series(noise(60, 2)), series(noise(60))
    with pytest.raises(ValueError, match=r'"recursive" cannot read past_covariates.*"seq2seq"'):
        RNNForecaster(**SMALL, strategy="recursive", past_covariates="b").fit(X, y)


# Gaps, past rows


def test_a_gap_is_forecast_through():
    y = series(noise(80))
    forecaster = RNNForecaster(**SMALL).fit(None, y[:60])
    whole = forecaster.predict(y[60:])
    pd.testing.assert_series_equal(forecaster.predict(y[65:]), whole[5:])


@pytest.mark.filterwarnings("ignore:RNNForecaster was fitted on rows without an index")
def test_bare_arrays_follow_after_a_gap():
    y, X = noise(60), noise(80, 1, seed=1)
    forecaster = RNNForecaster(**SMALL, past_covariates=0).fit(X[:60], y)
    whole = forecaster.predict(X[60:70])
    forecaster.set_params(gap=4)
    np.testing.assert_array_equal(forecaster.predict(X[64:70]), whole[4:])
    np.testing.assert_array_equal(forecaster.predict(6), whole[4:])


def test_past_rows_are_refused_or_forecast_one_step_ahead():
    y = series(noise(60))
    forecaster = RNNForecaster(**SMALL).fit(None, y[:50])
    with pytest.raises(ValueError, match=r"10 of the 20 rows .* first is row 0 \(2024-01-02 16"):
        forecaster.predict(y[40:])
    forecaster = RNNForecaster(**SMALL, in_sample="one_step").fit(None, y[:50])
    expected = [forecaster.predict(1, history=y[: t + 40]).item() for t in range(10)]
    forecast = forecaster.predict(y[40:])
    np.testing.assert_allclose(forecast[:10], expected, rtol=1e-5)
    np.testing.assert_allclose(forecast[10:], forecaster.predict(10))
    with pytest.raises(ValueError, match="no quantiles, intervals or paths of them"):
        forecaster.predict_interval(y[40:])


def test_the_first_rows_do_not_see_themselves():
    y = series(noise(50))
    options = {**SMALL, "in_sample": "one_step", "target_transform": "difference"}
    forecaster = RNNForecaster(**options).fit(None, y)
    forecast = forecaster.predict(y)
    assert np.isfinite(forecast).all()
    np.testing.assert_allclose(forecast[:2], y.mean())  # before these there is no change
    assert np.abs(forecast - y).min() > 1e-6


# Target transforms, undone


TRANSFORMS = {
    None: lambda y, j: y[-1],
    "scale": lambda y, j: y[-1],
    "log1p": lambda y, j: y[-1],
    "boxcox": lambda y, j: y[-1],
    "difference": lambda y, j: y[-1] + j * (y[-1] - y[-2]),
    "returns": lambda y, j: y[-1] * (y[-1] / y[-2]) ** j,
    "seasonal_difference": lambda y, j: (
        np.r_[y, [np.nan] * 4][len(y) + (j - 1) % 4 - 4] + ((j - 1) // 4 + 1) * (y[-1] - y[-5])
    ),
    ("log1p", "difference"): lambda y, j: np.expm1(
        np.log1p(y[-1]) + j * (np.log1p(y[-1]) - np.log1p(y[-2]))
    ),
}


@pytest.mark.parametrize("names", TRANSFORMS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_transforms_are_undone(names, strategy):
    """A network that says 0 repeats the last transformed value, here in the user's units."""
    y = 5 + np.abs(noise(60))
    transform = list(names) if isinstance(names, tuple) else names
    forecaster = RNNForecaster(
        **SMALL, strategy=strategy, target_transform=transform, seasonality=4
    ).fit(None, series(y))
    for parameter in forecaster.network_.head.parameters():
        parameter.data.zero_()
    expected = [TRANSFORMS[names](y, j) for j in range(1, 8)]
    np.testing.assert_allclose(forecaster.predict(7), expected, rtol=1e-6)
    table = forecaster.backtest(None, series(y), 2, n_steps=2)
    assert np.isfinite(table["forecast"]).all()


# Missing values


def test_missing_values_are_refused_with_their_place():
    y = series(noise(60))
    y.iloc[7] = np.nan
    with pytest.raises(ValueError, match=r"y contains NaN: .* at 2024-01-01 07:00:00.*ffill"):
        RNNForecaster(**SMALL).fit(None, y)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_masked_values_are_not_learned_and_not_needed(strategy):
    """Holes in a wave: what is not seen is not taken for zero."""
    y = series(50 + 5 * wave(400))
    holes = y.copy()
    holes[np.random.default_rng(0).random(400) < 0.2] = np.nan
    forecaster = RNNForecaster(
        24, 4, strategy=strategy, missing="mask", hidden_size=16, max_epochs=25, random_state=0
    )
    forecaster.fit(None, holes[:-4])
    assert forecaster.network_.spec.n_signals == 3
    assert np.abs(forecaster.predict(4) - y[-4:]).max() < 2.5  # of 10 from top to bottom


def test_forward_filled_values_are_the_ones_before():
    y = series(noise(60))
    holes, filled = y.copy(), y.copy()
    holes.iloc[[20, 58, 59]] = np.nan
    filled = holes.ffill()
    given = RNNForecaster(**SMALL, missing="ffill").fit(None, holes).predict(3)
    expected = RNNForecaster(**SMALL).fit(None, filled).predict(3)
    pd.testing.assert_series_equal(given, expected)
    holes.iloc[0] = np.nan
    with pytest.raises(ValueError, match="first row of y is missing"):
        RNNForecaster(**SMALL, missing="ffill").fit(None, holes)


def test_rows_that_are_not_there_are_filled_on_request():
    y = series(noise(60))
    holes = y.drop(y.index[[20, 30]])
    with pytest.raises(ValueError, match=r"gap: after 2024-01-01 19:00.*resample='h'"):
        RNNForecaster(**SMALL).fit(None, holes)
    filled = y.copy()
    filled.iloc[[20, 30]] = np.nan
    expected = RNNForecaster(**SMALL, missing="mask").fit(None, filled).predict(3)
    given = RNNForecaster(**SMALL, missing="mask", resample="h").fit(None, holes).predict(3)
    np.testing.assert_array_equal(given, expected)


def test_a_series_without_values_is_named():
    y = pd.concat({"a": series(noise(40)), "b": series(np.full(40, np.nan))})
    with pytest.raises(ValueError, match="the series 'b' of y has no value at all"):
        RNNForecaster(**SMALL, missing="mask").fit(None, y)
