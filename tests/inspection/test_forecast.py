import sys
import warnings
from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

matplotlib.use("Agg")
from matplotlib import dates
from matplotlib import pyplot as plt

from sksequence import (
    BacktestDisplay,
    ForecastDisplay,
    NaiveForecaster,
    RNNForecaster,
    WindowForecaster,
)

N_SEEN = 80


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def wave(n=100, start="2024-01-01", freq="D", name="visitors"):
    index = pd.date_range(start, periods=n, freq=freq, name="date")
    noise = np.random.default_rng(0).normal(0, 0.1, n)
    return pd.Series(10 + np.sin(np.arange(n) * 2 * np.pi / 7) + noise, index=index, name=name)


@pytest.fixture(scope="module")
def y():
    return wave()


@pytest.fixture(scope="module")
def model(y):
    forecaster = RNNForecaster(
        lookback=7, horizon=5, loss="gaussian", hidden_size=4, max_epochs=2, random_state=0
    )
    return forecaster.fit(None, y[:N_SEEN])


@pytest.fixture(scope="module")
def panel():
    parts = {f"shop {k}": (k + 1) * wave(40 + 5 * k, name="sales") for k in range(3)}
    return pd.concat(parts, names=["shop", "date"])


def seen_part(panel, n):
    return panel[panel.groupby(level=0).cumcount(ascending=False) >= n]


def line(ax, label):
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def values(ax, label):
    return np.asarray(line(ax, label).get_ydata(), dtype=float)


def bands(ax):
    return {c.get_label(): c for c in ax.collections if not c.get_label().startswith("_")}


def edges(collection):
    """Lowest and highest value at each place, from the outline of a band."""
    x, height = collection.get_paths()[0].vertices.T
    table = pd.Series(height).groupby(np.round(x, 6))
    return table.min().to_numpy(), table.max().to_numpy()


def labels(ax):
    legend = ax.get_legend() or ax.figure.legends[0]
    return [text.get_text() for text in legend.get_texts()]


# What is drawn


def test_lines_and_bands_are_what_the_forecaster_says(model, y):
    ax = ForecastDisplay.from_estimator(model, 5, y, levels=(0.5, 0.9)).ax_
    last = y.iloc[N_SEEN - 1]
    np.testing.assert_allclose(values(ax, "forecast"), [last, *model.predict(5)])
    np.testing.assert_allclose(values(ax, "what came"), y[N_SEEN : N_SEEN + 5])
    np.testing.assert_allclose(values(ax, "seen before"), y[N_SEEN - 15 : N_SEEN])
    assert labels(ax) == ["seen before", "what came", "forecast", "50 % interval", "90 % interval"]
    for coverage in (0.5, 0.9):
        low, high = edges(bands(ax)[f"{100 * coverage:g} % interval"])
        bounds = model.predict_interval(5, coverage)
        np.testing.assert_allclose(low, [last, *bounds["lower"]])
        np.testing.assert_allclose(high, [last, *bounds["upper"]])


def test_without_actuals_the_kept_rows_are_the_history(model, y):
    ax = ForecastDisplay.from_estimator(model, 3).ax_
    np.testing.assert_allclose(values(ax, "seen before"), model.tail_.values[:, 0])
    assert "what came" not in labels(ax)
    assert ax.get_ylabel() == "visitors"


def test_history_ends_where_the_forecaster_stopped_seeing(model, y):
    rows = y[N_SEEN + 2 : N_SEEN + 5].to_frame()[[]]  # two rows in between
    display = ForecastDisplay.from_estimator(model, rows, y, n_history=4)
    np.testing.assert_allclose(values(display.ax_, "seen before"), y[N_SEEN - 4 : N_SEEN])
    np.testing.assert_allclose(values(display.ax_, "what came"), y[N_SEEN : N_SEEN + 5])
    np.testing.assert_allclose(values(display.ax_, "forecast"), model.predict(rows))  # not joined


def test_newer_history_is_drawn_and_forecast_from(model, y):
    ax = ForecastDisplay.from_estimator(model, 5, history=y[50:90], n_history=10).ax_
    np.testing.assert_allclose(values(ax, "seen before"), y[80:90])
    expected = model.predict(5, history=y[50:90])
    np.testing.assert_allclose(values(ax, "forecast"), [y.iloc[89], *expected])


def test_a_value_missing_last_joins_nothing(y):
    seen = y[:N_SEEN].copy()
    seen.iloc[-1] = np.nan
    ax = ForecastDisplay(y[N_SEEN:], seen).plot().ax_
    np.testing.assert_allclose(values(ax, "forecast"), y[N_SEEN:])


def test_one_step_can_be_seen(model, y):
    ax = ForecastDisplay.from_estimator(model, 1, y).ax_
    assert line(ax, "forecast").get_marker() == "o"
    alone = ForecastDisplay(
        pd.Series([1.0], index=[5]), quantiles=pd.DataFrame({0.1: [0.0], 0.9: [3.0]}, index=[5])
    ).plot()
    (bar,) = bands(alone.ax_).values()
    np.testing.assert_allclose(bar.get_segments()[0], [[5, 0], [5, 3]])


def test_forecasters_without_intervals(y):
    for forecaster in (
        WindowForecaster(LinearRegression(), lookback=7, horizon=5, validation_fraction=0),
        RNNForecaster(7, 5, hidden_size=4, max_epochs=1, early_stopping=False, random_state=0),
    ):
        ax = ForecastDisplay.from_estimator(forecaster.fit(None, y[:N_SEEN]), 5, y).ax_
        assert labels(ax) == ["seen before", "what came", "forecast"]


def test_no_intervals_on_request(model):
    assert not bands(ForecastDisplay.from_estimator(model, 5, levels=None).ax_)


def test_bare_arrays_count_rows(y):
    forecaster = NaiveForecaster("last", gap=2).fit(None, y.to_numpy()[:N_SEEN])
    ax = ForecastDisplay.from_estimator(forecaster, 3, y.to_numpy()[N_SEEN + 2 : N_SEEN + 5]).ax_
    assert line(ax, "seen before").get_xdata()[-1] == N_SEEN - 1
    np.testing.assert_array_equal(line(ax, "forecast").get_xdata(), N_SEEN + np.array([2, 3, 4]))
    np.testing.assert_allclose(values(ax, "what came"), y[N_SEEN + 2 : N_SEEN + 5])


def test_columns_of_a_pipeline(y):
    X = pd.DataFrame({"sin": np.sin(np.arange(100.0))}, index=y.index)
    scaler = StandardScaler().set_output(transform="pandas")
    window = WindowForecaster(LinearRegression(), lookback=3, horizon=4)
    pipeline = make_pipeline(scaler, window).fit(X[:N_SEEN], y[:N_SEEN])
    ax = ForecastDisplay.from_estimator(pipeline, X[N_SEEN : N_SEEN + 4], y).ax_
    np.testing.assert_allclose(values(ax, "forecast")[1:], pipeline.predict(X[N_SEEN : N_SEEN + 4]))


# Several series and targets


def test_a_panel_has_axes_for_each_series(panel):
    forecaster = NaiveForecaster("last").fit(None, seen_part(panel, 6))
    display = ForecastDisplay.from_estimator(forecaster, 6, panel)
    assert [ax.get_title(loc="left") for ax in display.ax_] == ["shop 0", "shop 1", "shop 2"]
    for k, ax in enumerate(display.ax_):
        np.testing.assert_allclose(values(ax, "what came"), panel[f"shop {k}"][-6:])
    assert len(display.figure_.legends) == 1
    chosen = ForecastDisplay.from_estimator(forecaster, 6, panel, series=["shop 2", "shop 0"])
    assert [ax.get_title(loc="left") for ax in chosen.ax_] == ["shop 2", "shop 0"]
    with pytest.raises(ValueError, match="series names 'shop 9'"):
        ForecastDisplay.from_estimator(forecaster, 6, series=["shop 9"])


def test_more_series_than_a_figure_holds():
    many = pd.concat({k: wave(10) for k in range(13)}, names=["shop", "date"])
    forecaster = NaiveForecaster("last").fit(None, many)
    with pytest.raises(ValueError, match=r"at most 12 series in one figure, got 13: choose some"):
        ForecastDisplay.from_estimator(forecaster, 2)
    assert len(ForecastDisplay.from_estimator(forecaster, 2, series=range(12)).ax_) == 12


def test_targets_have_axes_and_intervals_of_their_own(y):
    both = pd.DataFrame({"day": y, "night": 3 * y})
    forecaster = RNNForecaster(7, 5, loss="gaussian", hidden_size=4, max_epochs=1, random_state=0)
    forecaster.fit(None, both[:N_SEEN])
    display = ForecastDisplay.from_estimator(forecaster, 5, both, levels=[0.8])
    assert [ax.get_ylabel() for ax in display.ax_] == ["day", "night"]
    bounds = forecaster.predict_interval(5, 0.8)
    for ax, name in zip(display.ax_, both.columns, strict=True):
        low, _ = edges(bands(ax)["80 % interval"])
        np.testing.assert_allclose(low[1:], bounds[name, "lower"])


# Times


@pytest.mark.parametrize("freq", ["5min", "h", "D", "MS", "YS"])
def test_dates_are_few_and_do_not_touch(freq):
    y = wave(100, freq=freq)
    forecaster = NaiveForecaster("last").fit(None, y[:76])
    ax = ForecastDisplay.from_estimator(forecaster, 24, y).ax_
    assert isinstance(ax.xaxis.get_major_formatter(), dates.ConciseDateFormatter)
    ax.figure.canvas.draw()
    low, high = ax.get_xlim()
    at = [t for t in ax.get_xticklabels() if t.get_text() and low <= t.get_position()[0] <= high]
    boxes = [label.get_window_extent() for label in at]
    assert 2 <= len(boxes) <= 9
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_periods_and_time_zones_are_drawn_at_the_time_of_the_clock():
    months = wave(24, freq="MS")
    months.index = months.index.to_period("M")
    ax = ForecastDisplay.from_estimator(NaiveForecaster().fit(None, months), 2).ax_
    assert line(ax, "forecast").get_xdata()[-1] == np.datetime64("2026-02-01")
    hours = wave(24, freq="h").tz_localize("Asia/Hong_Kong")
    ax = ForecastDisplay.from_estimator(NaiveForecaster().fit(None, hours), 2).ax_
    assert line(ax, "forecast").get_xdata()[-1] == np.datetime64("2024-01-02T01:00")


# What is refused


def test_rows_that_cannot_be_told(model, y):
    with pytest.raises(ValueError, match=r"y has 7 rows without the index .* \(5 rows\)"):
        ForecastDisplay.from_estimator(model, 5, y.to_numpy()[:7])
    with pytest.raises(ValueError, match=r"y has 2 target\(s\), but 1 are forecast"):
        ForecastDisplay.from_estimator(model, 5, pd.DataFrame({"a": y, "b": y}))
    with pytest.raises(ValueError, match=r"levels must be probabilities between 0 and 1.*got \[95"):
        ForecastDisplay.from_estimator(model, 5, levels=[95])
    with pytest.raises(ValueError, match="has 1 picture"):
        ForecastDisplay.from_estimator(model, 5, ax=plt.subplots(2)[1])
    flat = pd.DataFrame({0.1: [0.0], 0.9: [1.0]})
    with pytest.raises(ValueError, match="two levels of columns"):
        ForecastDisplay(pd.DataFrame({"a": [0.0], "b": [0.0]}), quantiles=flat).plot()


@pytest.mark.parametrize("cls", [ForecastDisplay, BacktestDisplay])
def test_without_matplotlib_the_error_names_the_extra(cls, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "sksequence\[plot\]"'):
        cls(pd.DataFrame()).plot()


# Backtests


def test_errors_by_step_are_means_over_the_origins(y):
    forecaster = NaiveForecaster("drift", seasonality=7)
    table = forecaster.backtest(None, y, n_origins=9, n_steps=4)
    display = BacktestDisplay.from_predictions(table, coverage=0.5)
    absolute = np.abs(table["forecast"] - table["actual"]).to_numpy().reshape(9, 4)
    np.testing.assert_allclose(display.errors["forecast"], absolute.mean(axis=0))
    np.testing.assert_allclose(display.errors["low"], np.quantile(absolute, 0.25, axis=0))
    np.testing.assert_allclose(display.errors["high"], np.quantile(absolute, 0.75, axis=0))
    naive = np.abs(table["naive"] - table["actual"]).to_numpy().reshape(9, 4).mean(axis=0)
    grey, blue = display.ax_.lines
    np.testing.assert_allclose(grey.get_ydata(), naive)
    np.testing.assert_allclose(blue.get_ydata(), absolute.mean(axis=0))
    assert labels(display.ax_)[0] == f"naive forecast, on average {naive.mean():.3g}"
    assert labels(display.ax_)[2] == "50 % of the origins"
    low, high = edges(bands(display.ax_)["50 % of the origins"])
    np.testing.assert_allclose([low, high], display.errors[["low", "high"]].T)


def test_backtest_of_an_estimator(y):
    forecaster = WindowForecaster(LinearRegression(), lookback=7, horizon=3, seasonality=7)
    display = BacktestDisplay.from_estimator(forecaster, None, y, 12)
    table = forecaster.backtest(None, y, 12)
    pd.testing.assert_frame_equal(
        display.errors, BacktestDisplay.from_predictions(table).errors, check_exact=True
    )
    assert labels(display.ax_)[1].startswith("WindowForecaster, ")
    longer = BacktestDisplay.from_estimator(forecaster, None, y, 12, n_steps=6, name="window")
    assert list(longer.errors.index) == [1, 2, 3, 4, 5, 6]
    assert labels(longer.ax_)[1].startswith("window, ")


def test_forecasts_share_axes_with_one_naive_line(y):
    ax = plt.subplots()[1]
    for strategy in ("drift", "climatology"):
        table = NaiveForecaster(strategy, seasonality=7).backtest(None, y, 5, n_steps=3)
        BacktestDisplay.from_predictions(table, name=strategy, ax=ax)
    assert len({line.get_color() for line in ax.lines}) == 3
    assert [label.split(",")[0] for label in labels(ax)[:3]] == [
        "naive forecast",
        "drift",
        "climatology",
    ]


def test_a_legend_over_a_figure_is_written_anew_for_what_is_drawn_later(y):
    both = pd.DataFrame({"day": y, "night": 3 * y})
    for target, kept in ((y, "figure"), (both, "axes")):
        tables = [NaiveForecaster(s).backtest(None, target, 5) for s in ("drift", "last")]
        display = BacktestDisplay.from_predictions(tables[0], name="drift")
        BacktestDisplay.from_predictions(tables[1], name="last", ax=display.ax_)
        legends = display.figure_.legends if kept == "figure" else [display.ax_[1].get_legend()]
        assert len(legends) == 1
        names = [text.get_text().split(",")[0] for text in legends[0].get_texts()]
        assert names[:3] == ["naive forecast", "drift", "last"]


def test_what_is_no_forecaster_is_refused(y):
    ridge = Ridge().fit([[0.0], [1.0]], [0.0, 1.0])
    with pytest.raises(TypeError, match=r"got a Ridge: .* WindowForecaster\(Ridge\(\)\)"):
        ForecastDisplay.from_estimator(ridge, 5)
    with pytest.raises(TypeError, match="BacktestDisplay draws forecasts of RNNForecaster"):
        BacktestDisplay.from_estimator(ridge, None, y)
    with pytest.raises(TypeError, match="such as backtest gives, got a dict"):
        BacktestDisplay.from_predictions({"drift": y})


def test_scaled_errors_of_the_naive_forecast_are_one(panel):
    table = NaiveForecaster("drift").backtest(None, panel, 6, n_steps=4)
    scaled = BacktestDisplay.from_predictions(table, scaled=True).errors
    assert scaled["naive"].mean() == pytest.approx(1)
    table[["actual", "forecast", "naive"]] *= np.where(table["series"] == "shop 1", 1e3, 1)[:, None]
    again = BacktestDisplay.from_predictions(table, scaled=True).errors
    np.testing.assert_allclose(again, scaled)  # whatever the units of a series


def test_targets_have_errors_of_their_own(y):
    both = pd.DataFrame({"day": y, "night": 3 * y})
    table = NaiveForecaster("drift").backtest(None, both, 5, n_steps=3)
    display = BacktestDisplay.from_predictions(table)
    assert [ax.get_ylabel() for ax in display.ax_] == [
        "mean absolute error\nof day",
        "mean absolute error\nof night",
    ]
    np.testing.assert_allclose(
        display.errors.loc["night", "forecast"], 3 * display.errors.loc["day", "forecast"]
    )


def test_one_origin_has_no_band_and_missing_values_do_not_count(y):
    table = NaiveForecaster("last").backtest(None, y, 1, n_steps=3)
    table.iloc[1, table.columns.get_loc("actual")] = np.nan
    display = BacktestDisplay.from_predictions(table)
    assert list(display.errors.index) == [1, 3]
    assert not bands(display.ax_)
    table["actual"] = np.nan
    with pytest.raises(ValueError, match="no row with an actual value"):
        BacktestDisplay.from_predictions(table)


def test_tables_that_are_no_backtest():
    with pytest.raises(ValueError, match=r"there is no 'origin' in \['step', 'actual'\]"):
        BacktestDisplay.from_predictions(pd.DataFrame({"step": [1], "actual": [1.0]}))
    with pytest.raises(ValueError, match="coverage must lie between 0 and 1, got 80"):
        BacktestDisplay.from_predictions(pd.DataFrame(), coverage=80)


def test_a_single_step_and_large_numbers(y):
    table = NaiveForecaster("drift").backtest(None, 1e6 * y, 5, n_steps=1)
    display = BacktestDisplay.from_predictions(table)
    assert "e+" not in " ".join(labels(display.ax_))
    assert display.ax_.get_xlim() == (0, 2)


def test_nothing_is_said_twice(y):
    X = np.zeros((N_SEEN, 1))
    forecaster = RNNForecaster(7, 2, loss="gaussian", hidden_size=4, max_epochs=1, random_state=0)
    forecaster.fit(X, y.to_numpy()[:N_SEEN])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        display = ForecastDisplay.from_estimator(forecaster, X[:2])
    assert sum("taken to follow" in str(one.message) for one in said) == 1
    assert len(bands(display.ax_)) == 3
