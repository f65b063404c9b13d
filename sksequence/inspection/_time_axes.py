"""What pictures of series have in common: axes of time, bands, places to draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sksequence.utils import import_optional

MOST = 12  # axes in one figure
INK = "#33373d"  # what was seen
BLUE = "#1f5f99"  # what is forecast
GREY = "#8a8f98"  # what it is compared with
COLORS = (BLUE, "#b5472b", "#3f7d4f", "#7a4f9a")  # of several forecasts
ROW = "a legend in a row"  # which is written anew when more is drawn


def pyplot_for(what: str) -> Any:
    """``matplotlib.pyplot``, or an error that names the extra."""
    return import_optional("matplotlib.pyplot", extra="plot", purpose=what)


def last_step(estimator: Any, *tables: Any) -> tuple[Any, list]:
    """The forecaster of a pipeline or a search, and tables as it reads them."""
    read = list(tables)
    while True:
        if isinstance(estimator, Pipeline):
            for _, step in estimator.steps[:-1]:
                if step not in (None, "passthrough"):
                    read = [step.transform(X) if np.ndim(X) == 2 else X for X in read]
            estimator = estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator, read


def check_forecaster(forecaster: Any, name: str) -> None:
    """Raise TypeError if it is none."""
    if hasattr(forecaster, "backtest"):
        return
    given = type(forecaster).__name__
    raise TypeError(
        f"{name} draws forecasts of RNNForecaster, WindowForecaster or NaiveForecaster, got a "
        f"{given}: a regressor of scikit-learn forecasts as WindowForecaster({given}())."
    )


def check_number(n: int, what: str, name: str, remedy: str) -> None:
    """Raise ValueError if there is more to draw than a figure holds."""
    if n > MOST:
        raise ValueError(f"{name} draws at most {MOST} {what} in one figure, got {n}: {remedy}.")


def axes_for(ax: Any, n: int, name: str, size: tuple[float, float]) -> tuple[list, bool]:
    """The given axes, or those of a new figure; and whether it is new."""
    if ax is not None:
        axes = list(np.ravel(np.array(ax, dtype=object)))
        if len(axes) != n:
            raise ValueError(
                f"{name} has {n} picture(s) to draw, got {len(axes)} axes: give one for each, or "
                "ax=None."
            )
        return axes, False
    n_columns = 1 if n <= 3 else 2 if n <= 8 else 3
    n_lines = -(-n // n_columns)
    width, height = size
    if n > 1:
        width, height = max(width, min(6 * n_columns, 15)), 0.5 + 0.72 * height * n_lines
    figure = pyplot_for(name).figure(figsize=(width, height), layout="constrained")
    grid = figure.add_gridspec(n_lines, n_columns)
    return [figure.add_subplot(grid[i // n_columns, i % n_columns]) for i in range(n)], True


def places(index: Any) -> np.ndarray:
    """Times as matplotlib reads them: those of the clock on the wall, periods at their start."""
    if hasattr(index, "to_timestamp"):
        index = index.to_timestamp()
    if getattr(index, "tz", None) is not None:
        index = index.tz_localize(None)
    return index.to_numpy()


def write_times(ax: Any, times: np.ndarray) -> None:
    """Few ticks, each with no more of the date than the one before leaves open."""
    dates = import_optional("matplotlib.dates", extra="plot", purpose="a picture of a series")
    ticker = import_optional("matplotlib.ticker", extra="plot", purpose="a picture of a series")
    if times.dtype.kind == "M":
        locator = dates.AutoDateLocator(minticks=3, maxticks=8)
        ax.xaxis.set_major_locator(locator)
        years, months, days, hours = "", "%Y", "%Y", "%d %b %Y"  # what all ticks have in common
        ax.xaxis.set_major_formatter(
            dates.ConciseDateFormatter(
                locator, offset_formats=[years, months, days, hours, hours, hours]
            )
        )
    else:
        ax.xaxis.set_major_locator(ticker.MaxNLocator(nbins=8, integer=True))


def band(ax: Any, x: np.ndarray, low: Any, high: Any, **settings: Any) -> None:
    """The space between two curves; a bar where they have a single point."""
    if len(x) > 1:
        ax.fill_between(x, low, high, linewidth=0, **settings)
    else:
        ax.vlines(x, low, high, linewidth=9, **settings)


def paler(color: str, share: float) -> tuple[float, float, float]:
    """A colour with so much white in it."""
    colors = import_optional("matplotlib.colors", extra="plot", purpose="a picture of a series")
    r, g, b = (1 - (1 - share) * (1 - part) for part in colors.to_rgb(color))
    return r, g, b


def tidy(ax: Any) -> None:
    """Only the lines that are read."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color="0.6", linewidth=0.8)
    ax.tick_params(color="0.6", labelsize=9)
    ax.grid(axis="y", color="0.92", linewidth=0.8)
    ax.set_axisbelow(True)


def write_legend(axes: list, place: str) -> None:
    """One legend for all axes: over the "figure", "above" the first axes or "inside" them."""
    found: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    lines = [label for label, handle in found.items() if hasattr(handle, "get_marker")]
    labels = lines + [label for label in reversed(found) if label not in lines]  # narrow to wide
    handles = [found[label] for label in labels]
    settings = {"frameon": False, "fontsize": 9, "handlelength": 1.6}
    letters = sum(map(len, labels)) + 7 * len(labels)  # with lines and spaces
    n_rows = -(-letters // int(13 * axes[0].figure.get_figwidth()))
    row = {"ncols": -(-len(labels) // n_rows), "columnspacing": 1.4, **settings}
    if place == "inside":
        place = _place_of_row(axes[0])
    if place == "figure":  # room for a title remains between it and the axes
        axes[0].figure.legend(handles, labels, loc="outside upper left", **row).set_gid(ROW)
    elif place == "above":
        corner = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
        axes[0].legend(handles, labels, **corner, **row).set_gid(ROW)
    else:
        axes[0].legend(handles, labels, **settings)


def _place_of_row(ax: Any) -> str:
    """Where a display that shares the axes wrote its legend, which is taken away; or "inside"."""
    for legend in ax.figure.legends:
        if legend.get_gid() == ROW and len(ax.figure.axes) == 1:
            legend.remove()
            return "figure"
    legend = ax.get_legend()
    return "above" if legend is not None and legend.get_gid() == ROW else "inside"


def short(value: float) -> str:
    """Three digits, and no powers of ten before a million."""
    return f"{value:,.0f}" if 100 <= abs(value) < 1e6 else f"{value:.3g}"


def by_series(data: Any) -> Iterator[tuple[Any, Any]]:
    """Each series of a frame with its name; of a frame without series the frame and None."""
    if data.index.nlevels == 1:
        yield None, data
        return
    keys = data.index.get_level_values(0)
    for key in keys.unique():
        yield key, data[keys == key].droplevel(0)
