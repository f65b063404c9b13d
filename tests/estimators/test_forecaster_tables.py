"""Tables in, tables out: one series or a panel, arrays or pandas, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import NaiveForecaster, RNNForecaster, WindowForecaster

SMALL = {"lookback": 6, "horizon": 3, "hidden_size": 6, "max_epochs": 2, "random_state": 0}
DAYS = pd.date_range("2024-01-01", periods=60, freq="D")


def noise(n=60, k=None, seed=0):
    return np.random.default_rng(seed).normal(size=n if k is None else (n, k))


def panel(lengths=(60, 45, 50), starts=(0, 15, 2), k=None):
    """Series of different lengths that start at different times."""
    parts = {}
    for i, (length, start) in enumerate(zip(lengths, starts, strict=True)):
        values = noise(length, k, seed=i) + 100 * i
        part = DAYS[start : start + length]
        parts["abc"[i]] = pd.DataFrame(values, part) if k else pd.Series(values, part)
    return pd.concat(parts, names=["shop", "day"])


# The index of the answer


INDEXES = {
    "dates": DAYS,
    "dates with a zone": pd.date_range("2024-03-20", periods=60, freq="h", tz="Europe/Berlin"),
    "business days": pd.bdate_range("2024-01-01", periods=60),
    "month ends": pd.date_range("2019-01-31", periods=60, freq="ME"),
    "dates without freq": pd.DatetimeIndex(DAYS.to_numpy()),
    "periods": pd.period_range("2019-01", periods=60, freq="M"),
    "range": pd.RangeIndex(10, 130, 2),
    "integers": pd.Index(np.arange(5, 65)),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_index_and_name_of_the_answer(kind):
    index = INDEXES[kind].rename("when")
    y = pd.Series(noise(), index=index, name="sales")
    forecaster = RNNForecaster(**SMALL).fit(None, y[:52])
    counted, asked = forecaster.predict(8), forecaster.predict(y[52:])
    assert counted.name == asked.name == "sales"
    pd.testing.assert_index_equal(asked.index, index[52:])
    pd.testing.assert_index_equal(counted.index, index[52:])
    assert getattr(counted.index, "freq", None) == getattr(index, "freq", None)
    pd.testing.assert_series_equal(counted, asked)
    bounds = forecaster.set_params(loss="gaussian").fit(None, y[:52]).predict_interval(y[52:])
    pd.testing.assert_index_equal(bounds.index, index[52:])
    assert list(bounds.columns) == ["lower", "upper"]


def test_a_frame_of_one_column_stays_a_frame():
    y = pd.DataFrame({"sales": noise()}, index=DAYS)
    forecaster = RNNForecaster(**SMALL).fit(None, y[:50])
    forecast = forecaster.predict(y[50:][[]])
    assert list(forecast.columns) == ["sales"]
    assert forecast.index.equals(DAYS[50:])


def test_several_targets_have_two_levels_of_quantiles():
    y = pd.DataFrame(noise(k=2), index=DAYS, columns=["u", "v"])
    forecaster = RNNForecaster(**SMALL, loss="gaussian").fit(None, y)
    found = forecaster.predict_quantiles(4, [0.1, 0.9])
    assert list(found.columns) == [("u", 0.1), ("u", 0.9), ("v", 0.1), ("v", 0.9)]
    assert forecaster.predict_interval(4).columns.nlevels == 2
    assert forecaster.sample_paths(4, 5).shape == (5, 4, 2)


@pytest.mark.filterwarnings("ignore:RNNForecaster was fitted on rows without an index")
def test_arrays_and_pandas_give_the_same():
    X, y = noise(60, 2), noise(60, seed=1)
    frame, series = pd.DataFrame(X, DAYS), pd.Series(y, DAYS)
    expected = RNNForecaster(**SMALL).fit(frame[:50], series[:50]).predict(frame[50:])
    bare = RNNForecaster(**SMALL).fit(X[:50], y[:50]).predict(X[50:])
    assert isinstance(bare, np.ndarray)
    np.testing.assert_array_equal(bare, expected)
    lists = RNNForecaster(**SMALL).fit(X[:50].tolist(), y[:50].tolist()).predict(X[50:].tolist())
    np.testing.assert_array_equal(lists, expected)
    for mixed in ((frame[:50], y[:50]), (X[:50], series[:50])):
        given = RNNForecaster(**SMALL).fit(*mixed).predict(pd.DataFrame(X[50:], DAYS[50:]))
        np.testing.assert_array_equal(given, expected)


def test_bare_arrays_are_taken_to_follow_with_a_warning():
    forecaster = RNNForecaster(**SMALL).fit(noise(50, 1), noise(50, seed=1))
    with pytest.warns(UserWarning, match="taken to follow directly. Whether folds were shuffled"):
        assert forecaster.predict(noise(4, 1)).shape == (4,)


# Panels


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_each_series_of_a_panel_goes_on_from_its_own_end(strategy):
    y = panel()
    forecaster = RNNForecaster(**SMALL, strategy=strategy).fit(None, y)
    forecast = forecaster.predict(2)
    assert forecast.index.names == ["shop", "day"]
    first = [forecast[key].index[0] for key in "abc"]
    assert first == [DAYS[-1] + DAYS.freq, DAYS[-1] + DAYS.freq, DAYS[52]]
    np.testing.assert_allclose(forecast.groupby("shop").mean(), [0, 100, 200], atol=4)
    # each on its own, with the same network
    for key in "abc":
        alone = forecaster.predict(2, history=y[[key]])
        np.testing.assert_allclose(alone, forecast[key], rtol=1e-3)


def test_rows_of_a_panel_in_any_order():
    y = panel()
    forecaster = RNNForecaster(**SMALL).fit(None, y)
    forecast = forecaster.predict(4)
    some = forecast.sample(frac=0.5, random_state=0)
    pd.testing.assert_series_equal(forecaster.predict(some), some)


def test_a_new_series_brings_its_past():
    y = panel()
    forecaster = RNNForecaster(**SMALL, target_transform="scale").fit(None, y[["a", "b"]])
    new = y[["c"]]
    forecast = forecaster.predict(3, history=new)
    assert forecast.index[0] == ("c", DAYS[52])
    assert forecast.between(190, 210).all()
    with pytest.raises(ValueError, match=r"series 'c', which RNNForecaster has not seen.*history="):
        forecaster.predict(forecast)
    with pytest.raises(ValueError, match=r"history has 4 rows of the series 'c', but .* read 6"):
        forecaster.predict(3, history=new[:4])


def test_static_covariates_tell_series_apart():
    """Two series with the same past go on differently, as their static column says."""
    flip = (np.random.default_rng(0).random(80) > 0.5) * 1.0
    days = pd.date_range("2024-01-01", periods=80)
    y = pd.concat({"up": pd.Series(flip, days), "down": pd.Series(flip, days)})
    y["up"] = flip + 3 * np.arange(80)
    y["down"] = flip - 3 * np.arange(80)
    X = pd.DataFrame({"kind": np.repeat([1.0, 0.0], 80)}, index=y.index)
    options = {**SMALL, "lookback": 2, "horizon": 1, "max_epochs": 60, "learning_rate": 0.02}
    forecaster = RNNForecaster(**options, static_covariates="kind", early_stopping=False).fit(X, y)
    history = pd.concat({k: pd.Series([5.0, 5.0, 5.0], days[:3]) for k in ("up", "down")})
    kinds = pd.DataFrame({"kind": [1.0] * 3 + [0.0] * 3}, index=history.index)
    forecast = forecaster.predict(1, history=history, X_history=kinds)
    assert forecast["up"].item() > 5.5 > 4.5 > forecast["down"].item()
    X.iloc[100] = 7.0
    with pytest.raises(ValueError, match="names 'kind', but it changes in series 'down' in row 20"):
        forecaster.fit(X, y)


@pytest.mark.parametrize("transform", [None, "difference", "seasonal_difference", "boxcox"])
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_short_series_are_not_trained_on_but_forecast(strategy, transform):
    """The rest of the panel gives the same network; a row or two go on at about their size."""
    y = panel() + 1000
    short = {"d": y["a"][:7] * 1e3, "e": y["a"][:2] * 1e-3, "f": y["a"][:1] * 1e6}
    with_short = pd.concat([y, pd.concat(short, names=y.index.names)])
    options = {**SMALL, "strategy": strategy, "target_transform": transform, "seasonality": 4}
    alone = RNNForecaster(**options).fit(None, y)
    message = r"3 of the 6 series .* not trained on: 'd' \(7 rows\), 'e' \(2 rows\), 'f' \(1 rows\)"
    with pytest.warns(UserWarning, match=message):
        forecaster = RNNForecaster(**options).fit(None, with_short)
    forecast = forecaster.predict(5)
    pd.testing.assert_series_equal(forecast[list("abc")], alone.predict(5), check_names=False)
    for key, part in short.items():
        np.testing.assert_allclose(forecast[key], part.mean(), rtol=0.2)
    more = pd.concat({"e": pd.Series([1.0, 1.0], DAYS[2:4])}, names=y.index.names)
    assert forecaster.update(None, more).predict(1)["e"].index == DAYS[4]


def test_short_series_are_left_out_of_a_backtest():
    y = pd.concat([panel(), pd.concat({"d": Y[:6]}, names=["shop", "day"])])
    with pytest.warns(UserWarning, match=r"left out of the backtest: 'd' \(6 rows\)"):
        table = RNNForecaster(**SMALL).backtest(None, y, 5)
    expected = RNNForecaster(**SMALL).backtest(None, panel(), 5)
    pd.testing.assert_frame_equal(table, expected)


def test_newer_rows_as_history():
    y = pd.Series(noise(), DAYS)
    forecaster = RNNForecaster(**SMALL).fit(None, y[:40])
    expected = forecaster.predict(3, history=y[30:50])
    pd.testing.assert_series_equal(forecaster.update(None, y[40:50]).predict(3), expected)


# What is refused


X, Y = pd.DataFrame(noise(60, 2), DAYS, columns=["u", "v"]), pd.Series(noise(), DAYS)
UNSORTED = Y.iloc[[*range(20), 21, 20, *range(22, 60)]]
FIT = {
    "nothing to learn from": ({}, None, None, "requires y to be passed"),
    "a time twice": ({}, None, pd.concat([Y[:20], Y[19:]]), "a time twice: 2024-01-20"),
    "out of order": ({}, None, UNSORTED, "rows out of order: row 21 .* after row 20"),
    "a gap": ({}, None, Y.drop(DAYS[30]), "gap: after 2024-01-30 .* expected 2024-01-31"),
    "text": ({}, X.assign(u="red"), Y, "text, 'red', in row 0 .* column 'u'"),
    "infinity": ({}, X.replace(X.iloc[4, 1], np.inf), Y, "infinity in row 4 .* column 'v'"),
    "other rows": ({}, X[1:], Y, "X has 59 rows and y has 60"),
    "other times": ({}, X.shift(freq="D"), Y, "other times, first in row 0: X has 2024-01-02"),
    "too short": ({}, None, Y[:8], r"y has 8 rows .* needs lookback \+ horizon = 9"),
    "short series alone": ({}, None, panel((7, 8, 2)), "the longest series of y has 8 rows"),
    "no such column": ({"past_covariates": "w"}, X, Y, r"column 'w', but X has only \['u', 'v'\]"),
    "no such feature": ({"calendar": ["day"]}, None, Y, "calendar has 'day', but knows only"),
    "halves of counts": ({"loss": "negative_binomial"}, None, Y.abs(), "whole numbers from 0"),
    "logs of rain": (
        {"loss": "zero_inflated_gamma", "target_transform": "log1p"},
        None,
        Y.abs(),
        "is about y itself, not about",
    ),
    "no dates": ({"calendar": "hour"}, None, Y.reset_index(drop=True), "need a DatetimeIndex"),
    "short lags": ({"lags": [2]}, None, Y, "at least horizon=3.*got 2"),
    "negative counts": (
        {"loss": "negative_binomial"},
        None,
        Y - 9,
        "numbers from 0, but row 0",
    ),
    "negative logs": ({"target_transform": "returns"}, None, Y, "'returns' needs values above 0"),
    "no transform": ({"target_transform": "square"}, None, Y, "'square'"),
    "one dimension": ({}, X["u"].to_numpy(), Y, "Reshape your data"),
}


@pytest.mark.parametrize("case", FIT)
def test_what_fit_refuses(case):
    parameters, covariates, target, message = FIT[case]
    with pytest.raises((ValueError, TypeError), match=message):
        RNNForecaster(**SMALL, **parameters).fit(covariates, target)


FUTURE = X.shift(30, freq="D")[30:]  # 60 rows were fitted: these follow
ASK = {
    "no rows": (None, "X=None which rows to forecast"),
    "minus one row": (-1, "at least 1, got -1"),
    "half a row": (2.5, r"their number, such as predict\(12\); got 2.5"),
    "no index": (FUTURE.to_numpy(), r'set_output\(transform="pandas"\)'),
    "other columns": (FUTURE.rename(columns={"u": "w"}), "'w'|feature names"),
    "other order": (FUTURE[["v", "u"]], "order"),
    "no covariates": (FUTURE[[]], r"covariates \['u', 'v'\], which are known in advance"),
    "only a number": (3, r"covariates \['u', 'v'\], which are known in advance"),
    "a hole": (FUTURE.mask(FUTURE == FUTURE.iloc[3, 1]), "column 'v' has no number in row 3"),
    "another frequency": (FUTURE.shift(12, freq="h"), "lies between two steps"),
    "another kind": (FUTURE.reset_index(drop=True), "an integer index, but before it was"),
    "a row twice": (FUTURE.iloc[[0, 1, 1]], "row 2 .* twice"),
    "two levels": (pd.concat({"a": FUTURE}), r"2 level\(s\), but .* one level \(time\)"),
    "the past": (X, r"60 of the 60 rows .* past .* row 0 \(2024-01-01"),
}


@pytest.fixture(scope="module")
def fitted():
    return RNNForecaster(**SMALL).fit(X, Y)


@pytest.mark.parametrize("case", ASK)
def test_what_predict_refuses(case, fitted):
    rows, message = ASK[case]
    with pytest.raises((ValueError, TypeError), match=message):
        fitted.predict(rows)


def test_covariates_that_fit_did_not_see():
    forecaster = RNNForecaster(**SMALL).fit(None, Y)
    rows = forecaster.predict(FUTURE.index)  # an index names rows as a table does
    pd.testing.assert_series_equal(rows, forecaster.predict(FUTURE[[]]))
    with pytest.raises(ValueError, match="it was fitted without covariates"):
        forecaster.predict(FUTURE)
    with pytest.raises(ValueError, match=r"came with covariates, but .* fitted without"):
        forecaster.update(FUTURE, FUTURE["u"])


def test_history_needs_the_covariates_of_fit(fitted):
    with pytest.raises(ValueError, match=r"without covariates, but .* was fitted with"):
        fitted.predict(FUTURE, history=Y[-20:])


def test_an_index_lost_on_the_way():
    pipeline = make_pipeline(StandardScaler(), RNNForecaster(**SMALL)).fit(X, Y)
    with pytest.raises(ValueError, match=r'call set_output\(transform="pandas"\)'):
        pipeline.predict(FUTURE)
    pipeline.set_output(transform="pandas").fit(X, Y)
    assert pipeline.predict(FUTURE).index.equals(FUTURE.index)


@pytest.mark.parametrize("loss", ["squared_error", "gaussian"])
def test_quantiles_that_are_none(loss):
    forecaster = RNNForecaster(**SMALL, loss=loss).fit(None, Y)
    with pytest.raises(ValueError, match="between 0 and 1"):
        forecaster.predict_quantiles(3, [0.5, 1.0])
    with pytest.raises(ValueError, match="coverage must lie between 0 and 1"):
        forecaster.predict_interval(3, 90)


def test_point_forecasts_have_no_paths_and_no_bounds_without_errors():
    forecaster = RNNForecaster(**SMALL).fit(None, Y)
    with pytest.raises(ValueError, match="loss='squared_error' learns none"):
        forecaster.sample_paths(3)
    with pytest.raises(ValueError, match="set early_stopping=True, or learn a distribution"):
        forecaster.predict_interval(3)


@pytest.mark.parametrize("estimator", [NaiveForecaster("drift"), WindowForecaster(lookback=4)])
def test_the_others_refuse_in_the_same_words(estimator):
    for case in ("a gap", "a time twice", "out of order", "infinity"):
        _, covariates, target, message = FIT[case]
        with pytest.raises(ValueError, match=message):
            estimator.fit(covariates, target)
