"""Pictures of forecasts and of what came."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from sksequence.inputs import TimeTable
from sksequence.inspection._time_axes import (
    BLUE,
    INK,
    axes_for,
    band,
    by_series,
    check_forecaster,
    check_number,
    last_step,
    paler,
    places,
    pyplot_for,
    tidy,
    write_legend,
    write_times,
)

LEVELS = (0.5, 0.8, 0.95)
SIZE = (9.0, 3.8)  # inches of a figure for one series


class ForecastDisplay:
    """A forecast: what was seen before, what is expected and how surely, and what came.

    The intervals lie behind each other like a fan, the narrowest one darkest. Each series of a
    panel and each target has axes of its own. It is best made with :meth:`from_estimator`.

    Parameters
    ----------
    forecast : Series or DataFrame of shape (n_rows,) or (n_rows, n_targets)
        What is expected; the index holds times, or for a panel (series, time).
    history : like forecast, default=None
        What was seen before.
    quantiles : DataFrame of shape (n_rows, n_quantiles), default=None
        With a column for each probability, of several targets two levels (target, probability),
        as ``predict_quantiles`` gives it. Each pair ``q, 1 - q`` makes an interval; others are
        not drawn.
    actual : like forecast, default=None
        What came.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    ax_ : matplotlib Axes, or ndarray of Axes
        The axes; an array where there are several series or targets.

    See Also
    --------
    BacktestDisplay : How large the errors are, step by step.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sksequence import ForecastDisplay, NaiveForecaster
    >>> days = pd.date_range("2024-01-01", periods=28, freq="D")
    >>> y = pd.Series(np.tile([1.0, 2.0, 4.0, 3.0], 7), index=days, name="visitors")
    >>> forecaster = NaiveForecaster("seasonal", seasonality=4).fit(None, y[:20])
    >>> display = ForecastDisplay.from_estimator(forecaster, 8, y)
    >>> display.ax_.get_ylabel()
    'visitors'
    """

    def __init__(
        self, forecast: Any, history: Any = None, *, quantiles: Any = None, actual: Any = None
    ):
        self.forecast = forecast
        self.history = history
        self.quantiles = quantiles
        self.actual = actual

    @classmethod
    def from_estimator(
        cls,
        forecaster: Any,
        X: Any,
        y: Any = None,
        *,
        history: Any = None,
        X_history: Any = None,
        levels: Sequence[float] | None = LEVELS,
        calibrated: bool = True,
        n_history: int | None = None,
        series: Sequence | None = None,
        ax: Any = None,
    ) -> Self:
        """Forecast and draw.

        Parameters
        ----------
        forecaster : fitted forecaster, Pipeline that ends with one, or search over either
            ``RNNForecaster``, ``WindowForecaster`` or ``NaiveForecaster``.
        X : as in ``predict``
            The rows to forecast, or their number.
        y : like y of ``fit``, default=None
            What came. It may begin earlier: rows from before the forecast are drawn as history,
            of which the forecaster itself has kept its last rows only.
        history, X_history : as in ``predict``, default=None
            The past of other series, or a newer past, to forecast from.
        levels : sequence of float or None, default=(0.5, 0.8, 0.95)
            Probabilities of the intervals. They are left out with None, and where the forecaster
            has none: no ``predict_quantiles``, or a point forecast without data held back.
        calibrated : bool, default=True
            Whether probabilities are corrected, as in ``predict_quantiles``.
        n_history : int, default=None
            Rows of the past at most. None: three times those of the forecast, or a window.
        series : sequence, default=None
            Which series of a panel are drawn, by name; None: all that are forecast, at most 12.
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw, one for each series and target. None: a new figure.

        Returns
        -------
        ForecastDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there are more than 12 pictures to draw, a level is no probability, or the rows of
            `y` cannot be told.
        """
        pyplot_for(f"{cls.__name__}.from_estimator")
        intervals = _check_levels(levels)
        forecaster, (X, X_history) = last_step(forecaster, X, X_history)
        check_forecaster(forecaster, cls.__name__)
        asked = _Asked(forecaster, X, {"history": history, "X_history": X_history})
        forecast, past = asked.forecast(), asked.past()
        quantiles = asked.quantiles(intervals, calibrated, forecast.index)
        seen, actual = _before_and_after(
            forecast, past, _rows_of(y, forecast), n_history, getattr(forecaster, "lookback", 1)
        )
        drawn = [_chosen(table, series) for table in (forecast, seen, quantiles, actual)]
        return cls(drawn[0], drawn[1], quantiles=drawn[2], actual=drawn[3]).plot(ax)

    def plot(self, ax: Any = None, *, legend: bool = True) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw, one for each series and target. None: a new figure.
        legend : bool, default=True
            Whether lines and colours are named.

        Returns
        -------
        ForecastDisplay
            Itself, drawn.
        """
        name = type(self).__name__
        pyplot_for(f"{name}.plot")
        curves = self._curves()
        check_number(
            len(curves), "series", name, "choose some, e.g. series=[...], or rows of X of a few"
        )
        axes, new = axes_for(ax, len(curves), name, SIZE)
        for place, curve in zip(axes, curves, strict=True):
            curve.draw(place)
        if legend:
            write_legend(axes, "figure" if new else "inside")
        self.figure_ = axes[0].figure
        self.ax_ = axes[0] if len(axes) == 1 else np.array(axes)
        return self

    def _curves(self) -> list[_Curve]:
        tables = [
            {} if table is None else dict(by_series(_as_frame(table)))
            for table in (self.forecast, self.history, self.quantiles, self.actual)
        ]
        curves = []
        for key, expected in tables[0].items():
            parts = [table.get(key) for table in tables[1:]]
            n_targets = expected.shape[1]
            for j, name in enumerate(expected.columns):
                names = [] if key is None else [str(key)]
                unit = "" if isinstance(name, int | np.integer) else str(name)
                if n_targets > 1 and key is not None:
                    names.append(str(name))
                history, fan, actual = parts
                curves.append(
                    _Curve(
                        ", ".join(names),
                        unit,
                        expected.iloc[:, j],
                        None if history is None else history.iloc[:, j],
                        _intervals(fan, j, n_targets),
                        None if actual is None else actual.iloc[:, j],
                    )
                )
        return curves


@dataclass(frozen=True)
class _Curve:
    """One series of one target, each part indexed by time."""

    title: str
    unit: str
    forecast: Any
    history: Any = None
    intervals: list = field(default_factory=list)  # (coverage, low, high), the widest first
    actual: Any = None

    def draw(self, ax: Any) -> None:
        """Draw into axes."""
        joint = self._joint()
        start = [] if joint is None else [joint]
        x = np.concatenate([places(part.index) for part in (*start, self.forecast)])
        for i, (coverage, low, high) in enumerate(self.intervals):
            edges = [np.concatenate([*start, side]) for side in (low, high)]
            shade = paler(BLUE, 0.84 - 0.5 * i / max(len(self.intervals), 2))
            label = f"{100 * coverage:g} % interval"
            band(ax, x, *edges, color=shade, label=label, zorder=1.5)
        self._draw_past(ax)
        self._draw_actual(ax, start)
        expected = np.concatenate([*start, self.forecast])
        dot = {"marker": "o", "markersize": 5, "markevery": [-1]} if len(self.forecast) == 1 else {}
        ax.plot(x, expected, color=BLUE, linewidth=2, label="forecast", zorder=2.8, **dot)
        self._name(ax, x)

    def _draw_past(self, ax):
        if self.history is None or not len(self.history):
            return
        x = places(self.history.index)
        ax.plot(x, self.history, color=INK, linewidth=1.3, label="seen before", zorder=2.5)
        ax.axvline(x[-1], color="0.75", linewidth=0.8, zorder=1)

    def _draw_actual(self, ax, start):
        if self.actual is None or not self.actual.notna().any():
            return
        line = {"color": INK, "linewidth": 0.9}
        size = 4 if len(self.actual) <= 60 else 2.5
        dots = {"marker": "o", "markersize": size, "markerfacecolor": "white"}
        x = places(self.actual.index)
        if start:
            way = np.concatenate([places(start[0].index), x[:1]])
            ax.plot(way, [start[0].iloc[0], self.actual.iloc[0]], zorder=2.5, **line)
        ax.plot(x, self.actual, label="what came", zorder=2.6, **line, **dots)

    def _joint(self) -> Any:
        """The last row that was seen, if the forecast follows it directly: there they meet."""
        if self.history is None or not len(self.history) or not np.isfinite(self.history.iloc[-1]):
            return None
        times = places(self.forecast.index)
        seen = places(self.history.index)
        step = np.diff(times[:2]) if len(times) > 1 else np.diff(seen[-2:])
        follows = len(step) and times[0] - seen[-1] <= 1.2 * step[0]  # months differ in length
        return self.history.iloc[-1:] if follows else None

    def _name(self, ax, x):
        write_times(ax, x)
        tidy(ax)
        ax.margins(x=0.01)
        if self.title:
            ax.set_title(self.title, fontsize=10, loc="left")
        if self.unit:
            ax.set_ylabel(self.unit, fontsize=9)


def _intervals(fan: Any, j: int, n_targets: int) -> list:
    """Pairs of quantiles of one target that leave as much below as above, the widest first."""
    if fan is None:
        return []
    if fan.columns.nlevels == 2:
        fan = fan[fan.columns.get_level_values(0).unique()[j]]
    elif n_targets > 1:
        raise ValueError(
            "ForecastDisplay needs quantiles of several targets with two levels of columns "
            f"(target, probability), got one level: {list(fan.columns)}."
        )
    columns = {round(float(q), 9): fan[q].to_numpy() for q in fan.columns}
    lower = sorted(q for q in columns if q < 0.5 and round(1 - q, 9) in columns)
    return [(round(1 - 2 * q, 9), columns[q], columns[round(1 - q, 9)]) for q in lower]


# -- what a forecaster gives ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """A fitted forecaster and the rows that it is asked for."""

    forecaster: Any
    X: Any
    past_rows: dict  # history, X_history

    def forecast(self) -> Any:
        """A DataFrame; bare rows are counted on from those that were fitted."""
        rows = self.forecaster.predict(self.X, **self._given())
        clockless = self.forecaster.tail_.clock.kind == "none"
        frame = _as_frame(rows)
        if clockless:
            first = self.past().index[-1] + 1 + self.forecaster.gap
            frame = frame.set_axis(range(first, first + len(frame)), axis=0)
        return frame

    def past(self) -> Any:
        """What it forecasts from."""
        history = self.past_rows["history"]
        if history is not None:
            return _as_frame(history)
        return _table_frame(self.forecaster.tail_)

    def quantiles(self, levels: list, calibrated: bool, index: Any) -> Any:
        """A DataFrame with a column for each bound, or None where there are none."""
        import pandas as pd

        if not levels or not hasattr(self.forecaster, "predict_quantiles"):
            return None
        wanted = [round(q, 9) for c in levels for q in ((1 - c) / 2, (1 + c) / 2)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # predict has said it already
            try:
                found = self.forecaster.predict_quantiles(
                    self.X, wanted, calibrated=calibrated, **self._given()
                )
            except ValueError:  # a point forecast without errors that were held back
                return None
        if isinstance(found, pd.DataFrame):
            return found.set_axis(index, axis=0)
        if found.ndim == 2:
            return pd.DataFrame(found, index=index, columns=wanted)
        columns = pd.MultiIndex.from_product([range(found.shape[1]), wanted])
        return pd.DataFrame(found.reshape(len(found), -1), index=index, columns=columns)

    def _given(self):
        return {name: rows for name, rows in self.past_rows.items() if rows is not None}


def _check_levels(levels) -> list:
    found = sorted({float(level) for level in (() if levels is None else levels)})
    if found and not 0 < found[0] <= found[-1] < 1:
        raise ValueError(
            f"levels must be probabilities between 0 and 1, such as {LEVELS}, got {levels!r}."
        )
    return found


def _as_frame(rows: Any) -> Any:
    import pandas as pd

    if isinstance(rows, pd.Series):
        return rows.to_frame(0 if rows.name is None else rows.name)
    return rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(np.asarray(rows))


def _table_frame(table: TimeTable) -> Any:
    import pandas as pd

    return pd.DataFrame(table.values, index=table.index, columns=table.columns)


def _rows_of(y: Any, forecast: Any) -> Any:
    """What came, with times; rows without an index are those of the forecast."""
    if y is None:
        return None
    frame = _as_frame(y)
    if frame.shape[1] != forecast.shape[1]:
        raise ValueError(
            f"y has {frame.shape[1]} target(s), but {forecast.shape[1]} are forecast: give the "
            "same columns."
        )
    if hasattr(y, "iloc") and type(frame.index) is type(forecast.index):
        return frame
    if len(frame) != len(forecast):
        raise ValueError(
            f"y has {len(frame)} rows without the index that the forecast has, so it must be as "
            f"long as the forecast ({len(forecast)} rows): give a Series or DataFrame with its "
            "times, or these rows alone."
        )
    return frame.set_axis(forecast.index, axis=0)


def _before_and_after(forecast, past, y, n_history, lookback) -> tuple[Any, Any]:
    """Rows of the past, as many as are drawn, and what came in the rows that are forecast."""
    import pandas as pd

    pasts = dict(by_series(past))
    known = {} if y is None else dict(by_series(y))
    before, after = {}, {}
    for key, rows in by_series(forecast):
        seen = pasts[key]
        n = max(3 * len(rows), lookback, 12) if n_history is None else n_history
        if key in known:
            origin, stop = seen.index[-1], rows.index[-1]
            given = known[key].set_axis(seen.columns, axis=1)
            after[key] = given[(given.index > origin) & (given.index <= stop)]
            given = given[given.index <= origin]
            seen = pd.concat([given[~given.index.isin(seen.index)], seen]).sort_index()
        before[key] = seen.iloc[max(len(seen) - n, 0) :]
    return _together(before), _together(after)


def _together(tables: dict) -> Any:
    import pandas as pd

    if not tables:
        return None
    return tables[None] if None in tables else pd.concat(tables)


def _chosen(table: Any, series: Any) -> Any:
    """Rows of some of the series, in their order."""
    import pandas as pd

    if table is None or series is None:
        return table
    parts = dict(by_series(table))
    missing = [key for key in series if key not in parts]
    if missing:
        there = [key for key in parts if key is not None]
        raise ValueError(
            f"series names {missing[0]!r}, but the series that are forecast are {there[:12]}."
        )
    return pd.concat({key: parts[key] for key in series})
