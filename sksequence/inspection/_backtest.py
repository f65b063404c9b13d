"""Pictures of how forecasts were wrong."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sksequence.inspection._time_axes import (
    COLORS,
    GREY,
    axes_for,
    band,
    check_forecaster,
    check_number,
    last_step,
    paler,
    pyplot_for,
    short,
    tidy,
    write_legend,
)

SIZE = (7.4, 4.0)  # inches of a figure for one target
NEEDED = ("origin", "step", "actual", "forecast", "naive")


class BacktestDisplay:
    """How large the errors of forecasts are, step by step, beside those of the naive forecast.

    The line is the mean absolute error over all origins, the band around it holds the errors of
    most origins. Where the line is not below the grey one, the forecast is worth nothing. It is
    best made with :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    errors : DataFrame
        With the columns forecast, naive, and of the band low and high. The index holds the steps,
        of several targets (target, step).
    name : str, default=None
        What the forecasts are called; None: "forecast".
    coverage : float, default=None
        Share of the origins whose errors lie in the band; named in the legend.
    scaled : bool, default=False
        Whether the errors of the naive forecast are the unit.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    ax_ : matplotlib Axes, or ndarray of Axes
        The axes; an array where there are several targets.

    See Also
    --------
    sksequence.RNNForecaster.backtest : The numbers behind the picture.
    ForecastDisplay : One forecast.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sksequence import BacktestDisplay, NaiveForecaster
    >>> days = pd.date_range("2024-01-01", periods=60, freq="D")
    >>> y = pd.Series(np.arange(60.0), index=days)
    >>> table = NaiveForecaster("drift").backtest(None, y, n_origins=20, n_steps=7)
    >>> display = BacktestDisplay.from_predictions(table)
    >>> display.errors["naive"].tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    >>> bool(np.allclose(display.errors["forecast"], 0))
    True
    """

    def __init__(
        self,
        errors: Any,
        *,
        name: str | None = None,
        coverage: float | None = None,
        scaled: bool = False,
    ):
        self.errors = errors
        self.name = name
        self.coverage = coverage
        self.scaled = scaled

    @classmethod
    def from_predictions(
        cls,
        table: Any,
        *,
        coverage: float = 0.8,
        scaled: bool = False,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the errors of a backtest.

        Parameters
        ----------
        table : DataFrame
            What ``backtest`` gives: with the columns origin, step, actual, forecast and naive,
            and of a panel or of several targets series and target.
        coverage : float, default=0.8
            Share of the origins whose errors lie in the band. The error of a panel at an origin
            is the mean over its series.
        scaled : bool, default=False
            Divide the errors of each series by the mean absolute error of its naive forecast:
            for panels of large and small series. Series that the naive forecast meets exactly are
            left out.
        name : str, default=None
            What the forecasts are called; None: "forecast".
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw, one for each target. None: a new figure.

        Returns
        -------
        BacktestDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If a column is missing, or there is no value to compare with.
        """
        pyplot_for(f"{cls.__name__}.from_predictions")
        if not 0 < coverage < 1:
            raise ValueError(f"coverage must lie between 0 and 1, got {coverage!r}.")
        errors = _by_step(_absolute_errors(table, scaled), coverage)
        return cls(errors, name=name, coverage=coverage, scaled=scaled).plot(ax)

    @classmethod
    def from_estimator(
        cls,
        forecaster: Any,
        X: Any,
        y: Any,
        n_origins: int = 10,
        *,
        step: int = 1,
        n_steps: int | None = None,
        refit: bool | int = False,
        coverage: float = 0.8,
        scaled: bool = False,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Walk forward over the last rows and draw the errors.

        Parameters
        ----------
        forecaster : forecaster, Pipeline that ends with one, or search over either
            A copy is fitted on the rows before the first origin. The steps of a pipeline before
            it must be fitted.
        X, y, n_origins, step, n_steps, refit
            As in ``backtest``; n_steps=None: the forecaster's horizon.
        coverage, scaled, ax
            As in :meth:`from_predictions`.
        name : str, default=None
            What the forecasts are called; None: the name of the class.

        Returns
        -------
        BacktestDisplay
            Drawn.
        """
        pyplot_for(f"{cls.__name__}.from_estimator")
        forecaster, (X,) = last_step(forecaster, X)
        check_forecaster(forecaster, cls.__name__)
        steps = {} if n_steps is None else {"n_steps": n_steps}
        table = forecaster.backtest(X, y, n_origins, step=step, refit=refit, **steps)
        name = type(forecaster).__name__ if name is None else name
        return cls.from_predictions(table, coverage=coverage, scaled=scaled, name=name, ax=ax)

    def plot(self, ax: Any = None, *, color: Any = None, legend: bool = True) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw, one for each target. Several displays may share axes: the naive
            forecast is drawn once. None: a new figure.
        color : matplotlib color, default=None
            Of line and band; None: blue, and other colours for further displays in the axes.
        legend : bool, default=True
            Whether lines and colours are named.

        Returns
        -------
        BacktestDisplay
            Itself, drawn.
        """
        name = type(self).__name__
        pyplot_for(f"{name}.plot")
        parts = self._parts()
        check_number(len(parts), "targets", name, "give a table of a few of them")
        axes, new = axes_for(ax, len(parts), name, SIZE)
        where = ("above" if len(axes) > 1 else "figure") if new else "inside"
        for place, (target, errors) in zip(axes, parts, strict=True):
            n_before = sum(line.get_gid() == "forecast" for line in place.lines)
            self._draw(place, errors, COLORS[n_before % len(COLORS)] if color is None else color)
            self._name(place, target)
            if legend:
                write_legend([place], where)
        self.figure_ = axes[0].figure
        self.ax_ = axes[0] if len(axes) == 1 else np.array(axes)
        return self

    def _parts(self):
        if self.errors.index.nlevels == 1:
            return [(None, self.errors)]
        targets = self.errors.index.get_level_values(0)
        return [(t, self.errors[targets == t].droplevel(0)) for t in targets.unique()]

    def _draw(self, ax, errors, color):
        from matplotlib.ticker import MaxNLocator

        steps = errors.index.to_numpy()
        marker = "o" if len(steps) <= 24 else None
        name = "forecast" if self.name is None else self.name
        naive, mean = errors["naive"], errors["forecast"]
        if "low" in errors:
            around = None if self.coverage is None else f"{100 * self.coverage:g} % of the origins"
            shade = {"color": paler(color, 0.82), "label": around, "zorder": 1.5}
            if any(line.get_gid() == "forecast" for line in ax.lines):
                shade["alpha"] = 0.6  # the band below is seen through it
            band(ax, steps, errors["low"], errors["high"], **shade)
        if not any(line.get_gid() == "naive" for line in ax.lines):
            dashed = {"color": GREY, "linewidth": 1.6, "linestyle": (0, (4, 2)), "gid": "naive"}
            label = f"naive forecast, on average {short(naive.mean())}"
            ax.plot(steps, naive, label=label, marker=marker, markersize=3, **dashed)
        label = f"{name}, {short(mean.mean())}"
        line = {"color": color, "linewidth": 2, "gid": "forecast"}
        ax.plot(steps, mean, label=label, marker=marker, markersize=4, **line)
        ax.set_ylim(bottom=0)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        if len(steps) == 1:
            ax.set_xlim(steps[0] - 1, steps[0] + 1)

    def _name(self, ax, target):
        tidy(ax)
        ax.set_xlabel("steps ahead", fontsize=9)
        of = "" if target is None else f"\nof {target}"
        unit = "\n(1: that of the naive forecast)" if self.scaled else ""
        ax.set_ylabel(f"mean absolute error{of}{unit}", fontsize=9)


def _absolute_errors(table: Any, scaled: bool) -> Any:
    """A row for each value that came, with what it belongs to."""
    columns = list(getattr(table, "columns", ()))
    missing = [name for name in NEEDED if name not in columns]
    if not columns:
        raise TypeError(
            f"BacktestDisplay needs a table such as backtest gives, got a {type(table).__name__}: "
            "give one table, and draw the others into the same axes with ax=."
        )
    if missing:
        raise ValueError(
            f"BacktestDisplay needs a table with the columns {list(NEEDED)}, such as backtest "
            f"gives, but there is no {missing[0]!r} in {columns[:10]}."
        )
    where = [name for name in ("series", "target", "origin", "step") if name in table.columns]
    errors = table[where].reset_index(drop=True)
    for name in ("forecast", "naive"):
        errors[name] = np.abs(table[name] - table["actual"]).to_numpy(dtype=float)
    errors = errors.dropna(subset=["forecast", "naive"])
    if scaled:
        of = [name for name in ("series", "target") if name in where]
        groups = errors.groupby(of, sort=False)["naive"] if of else None
        unit = errors["naive"].mean() if groups is None else groups.transform("mean")
        errors[["forecast", "naive"]] = errors[["forecast", "naive"]].div(unit, axis=0)
        errors = errors[np.isfinite(errors["forecast"]) & np.isfinite(errors["naive"])]
    if not len(errors):
        raise ValueError("the table has no row with an actual value to compare a forecast with.")
    return errors


def _by_step(errors: Any, coverage: float) -> Any:
    """Means over the origins, and between which errors most of them lie."""
    by = [name for name in ("target", "step") if name in errors.columns]
    result = errors.groupby(by, sort=False)[["forecast", "naive"]].mean()
    origins = errors.groupby([*by, "origin"], sort=False)["forecast"].mean()
    if errors["origin"].nunique() > 1:
        each = origins.groupby(level=list(range(len(by))), sort=False)
        result["low"] = each.quantile((1 - coverage) / 2)
        result["high"] = each.quantile((1 + coverage) / 2)
    return result
