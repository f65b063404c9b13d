"""Transforms of target series before they are forecast, and the exact way back."""

from __future__ import annotations

import copy
import itertools
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

TARGET_TRANSFORMS = ("scale", "log1p", "boxcox", "difference", "returns", "seasonal_difference")
# A power above 0 can be undone for every forecast; a negative one has a ceiling.
POWERS = (0.0, 2.0)


class Scale:
    """Divide by the mean absolute value of the series; what was zero stays zero."""

    n_lost = 0
    above = -np.inf

    def fit(self, values: np.ndarray, offsets: np.ndarray) -> Scale:
        """Learn a scale for each series and target."""
        self.scale = _per_series(_mean_size, values, offsets)
        return self

    def extend(self, values: np.ndarray, offsets: np.ndarray) -> None:
        """Learn those of further series."""
        self.scale = np.concatenate([self.scale, _per_series(_mean_size, values, offsets)])

    def forward(self, values: np.ndarray, offsets: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Values of the series given, row by row."""
        return values / np.repeat(self.scale[series], np.diff(offsets), axis=0)

    def backward(self, forecast: np.ndarray, history: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Forecasts in the units before."""
        return forecast * self.scale[series][:, np.newaxis]


class Log1p:
    """``log(1 + y)``."""

    n_lost = 0
    above = -1.0

    def fit(self, values: np.ndarray, offsets: np.ndarray) -> Log1p:
        """Nothing to learn."""
        return self

    def extend(self, values: np.ndarray, offsets: np.ndarray) -> None:
        """Nothing to learn."""

    def forward(self, values: np.ndarray, offsets: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Logarithms."""
        return np.log1p(values)

    def backward(self, forecast: np.ndarray, history: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Forecasts in the units before."""
        return np.expm1(forecast)


class BoxCox:
    r"""Power transform :math:`(y^\lambda - 1) / \lambda`, the logarithm at :math:`\lambda = 0`.

    Each series and target has the power between 0 and 2 that makes its values most like draws
    from a normal distribution (maximum likelihood; Box, Cox, 1964). A series that is new later
    gets the median power: that is what the network has learned to forecast.
    """

    n_lost = 0
    above = 0.0

    def fit(self, values: np.ndarray, offsets: np.ndarray) -> BoxCox:
        """Learn a power for each series and target."""
        self.power = _per_series(_best_power, values, offsets)
        self.median = np.median(self.power, axis=0)
        return self

    def extend(self, values: np.ndarray, offsets: np.ndarray) -> None:
        """Give further series the median power."""
        further = np.tile(self.median, (len(offsets) - 1, 1))
        self.power = np.concatenate([self.power, further])

    def forward(self, values: np.ndarray, offsets: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Powers of the series given, row by row."""
        return special.boxcox(values, np.repeat(self.power[series], np.diff(offsets), axis=0))

    def backward(self, forecast: np.ndarray, history: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Forecasts in the units before; where no value has this power, 0."""
        power = self.power[series][:, np.newaxis]
        lowest = np.divide(-1.0, power, out=np.full(power.shape, -np.inf), where=power > 0)
        return special.inv_boxcox(np.maximum(forecast, lowest), power)


class Difference:
    r""":math:`y_t - y_{t - m}`: the change since the step before, or since the season before."""

    above = -np.inf

    def __init__(self, period: int = 1):
        self.n_lost = period

    def fit(self, values: np.ndarray, offsets: np.ndarray) -> Difference:
        """Nothing to learn."""
        return self

    def extend(self, values: np.ndarray, offsets: np.ndarray) -> None:
        """Nothing to learn."""

    def forward(self, values: np.ndarray, offsets: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Changes; NaN where a series has no row so long before."""
        m, changes = self.n_lost, np.full(values.shape, np.nan)
        changes[m:] = values[m:] - values[:-m]
        place = np.arange(len(values)) - np.repeat(offsets[:-1], np.diff(offsets))
        changes[place < m] = np.nan
        return changes

    def backward(self, forecast: np.ndarray, history: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Forecast changes, added up from the last values that were seen."""
        m, horizon, k = self.n_lost, *forecast.shape[-2:]
        fill = [(0, 0)] * (forecast.ndim - 2) + [(0, -horizon % m), (0, 0)]
        seasons = np.pad(forecast, fill).reshape(*forecast.shape[:-2], -1, m, k)
        sums = np.cumsum(seasons, axis=-3) + _last_season(history, m)[:, np.newaxis]
        return sums.reshape(*forecast.shape[:-2], -1, k)[..., :horizon, :]


class Returns:
    r""":math:`\log y_t - \log y_{t-1}`: the rate of change."""

    n_lost = 1
    above = 0.0

    def __init__(self) -> None:
        self.difference = Difference()

    def fit(self, values: np.ndarray, offsets: np.ndarray) -> Returns:
        """Nothing to learn."""
        return self

    def extend(self, values: np.ndarray, offsets: np.ndarray) -> None:
        """Nothing to learn."""

    def forward(self, values: np.ndarray, offsets: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Changes of the logarithm; NaN in the first row of a series."""
        return self.difference.forward(np.log(values), offsets, series)

    def backward(self, forecast: np.ndarray, history: np.ndarray, series: np.ndarray) -> np.ndarray:
        """The last value that was seen, grown at the forecast rates."""
        return np.exp(self.difference.backward(forecast, np.log(history), series))


class TargetTransforms:
    r"""Transforms in the order given, inverted in reverse order.

    =====================  =========================================================
    scale                  :math:`y / s`, s the mean of \|y\| in the series
    log1p                  :math:`\log(1 + y)`
    boxcox                 :math:`(y^\lambda - 1) / \lambda`, a power for each series
    difference             :math:`y_t - y_{t-1}`
    returns                :math:`\log y_t - \log y_{t-1}`
    seasonal_difference    :math:`y_t - y_{t-m}`, m the seasonality
    =====================  =========================================================

    Where no rows are lost (`n_lost` is 0), every transform is increasing in each value, so that
    quantiles may be inverted like values; changes add up, and only whole paths may be.

    Parameters
    ----------
    names : str or sequence of str
    seasonality : int, optional
        Steps of a season, for ``"seasonal_difference"``.

    Attributes
    ----------
    n_lost : int
        First rows of a series that become NaN; as many rows of history are needed at least.

    Raises
    ------
    ValueError
        When a name is unknown, or the seasonality is needed and missing or no positive integer.
    """

    def __init__(self, names: str | Sequence[str], seasonality: int | None = None):
        self.names = (names,) if isinstance(names, str) else tuple(names)
        self.seasonality = seasonality
        self.steps: list[Any] = [_make_step(name, seasonality) for name in self.names]
        self.n_lost = sum(step.n_lost for step in self.steps)
        self.n_series = 0

    def fit(
        self, values: np.ndarray, offsets: np.ndarray, labels: Sequence | None = None
    ) -> TargetTransforms:
        """Learn what belongs to each series.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_targets)
            Rows of all series, one after another; NaN where missing.
        offsets : ndarray of shape (n_series + 1,)
            Where each series starts.
        labels : sequence, optional
            Names of the series, for errors.

        Raises
        ------
        ValueError
            When a value is too low for a transform.
        """
        for i, step in enumerate(self.steps):
            self._check(i, values, offsets, labels)
            step.fit(values, offsets)
            values = step.forward(values, offsets, np.arange(len(offsets) - 1))
        self.n_series = len(offsets) - 1
        return self

    def extended(
        self, values: np.ndarray, offsets: np.ndarray, labels: Sequence | None = None
    ) -> TargetTransforms:
        """A copy that also knows the series given, numbered after those it was fitted to."""
        other = copy.deepcopy(self)
        other.n_series += len(offsets) - 1
        series = np.arange(self.n_series, other.n_series)
        for i, step in enumerate(other.steps):
            other._check(i, values, offsets, labels)
            step.extend(values, offsets)
            values = step.forward(values, offsets, series)
        return other

    def apply(
        self,
        values: np.ndarray,
        offsets: np.ndarray,
        series: np.ndarray | None = None,
        labels: Sequence | None = None,
    ) -> np.ndarray:
        """Transformed values, the same shape; the first `n_lost` rows of each series are NaN.

        Parameters
        ----------
        values, offsets, labels
            As in `fit`.
        series : ndarray of int, optional
            Which of the fitted series these are; by default all of them, in their order.

        Raises
        ------
        ValueError
            When a value is too low for a transform, or there are other series than were fitted.
        """
        series = self._series(series, len(offsets) - 1)
        for i, step in enumerate(self.steps):
            self._check(i, values, offsets, labels)
            values = step.forward(values, offsets, series)
        return values

    def invert(
        self, forecast: np.ndarray, history: np.ndarray, series: np.ndarray | None = None
    ) -> np.ndarray:
        """Forecasts in the units of the user.

        Parameters
        ----------
        forecast : ndarray of shape (..., n_windows, horizon, n_targets)
            Leading axes may hold paths.
        history : ndarray of shape (n_windows, n_history, n_targets)
            What came directly before, in the units of the user. Where the value that a change
            is added to is missing, the last one seen takes its place (of the same season).
        series : ndarray of shape (n_windows,), optional
            Which of the fitted series each window belongs to; by default one window for each.

        Returns
        -------
        values : ndarray of the same shape

        Raises
        ------
        ValueError
            When the history is shorter than `n_lost`.
        """
        n_windows, n_history, k = history.shape
        if n_history < self.n_lost:
            raise ValueError(
                f"{' + '.join(map(repr, self.names))} can only be inverted after {self.n_lost} or "
                f"more rows of history, got {n_history}: give more of the past."
            )
        series = self._series(series, n_windows)
        offsets = np.arange(n_windows + 1) * n_history
        histories = [history.reshape(-1, k)]
        for step in self.steps[:-1]:
            histories.append(step.forward(histories[-1], offsets, series))
        for step, before in zip(self.steps[::-1], histories[::-1], strict=True):
            forecast = step.backward(forecast, before.reshape(history.shape), series)
        return forecast

    def _series(self, series: np.ndarray | None, n: int) -> np.ndarray:
        if series is not None:
            return np.asarray(series)
        if n != self.n_series:
            raise ValueError(
                f"the transforms were fitted to {self.n_series} series and got {n}: say by "
                "`series` which of the fitted ones they are."
            )
        return np.arange(n)

    def _check(self, i: int, values: np.ndarray, offsets: np.ndarray, labels) -> None:
        name, above = self.names[i], self.steps[i].above
        low = np.argwhere(values <= above)
        if not len(low):
            return
        row, column = low[0]
        at = int(np.searchsorted(offsets, row, side="right")) - 1
        where = f"row {row - offsets[at]}"
        if labels is not None or len(offsets) > 2:
            where += f" of series {at if labels is None else labels[at]!r}"
        if values.shape[1] > 1:
            where += f", target {column}"
        earlier = self.names[:i]
        after = f" after {' + '.join(map(repr, earlier))}" if earlier else ""
        raise ValueError(
            f"target transform {name!r} needs values above {above:g}, but {where} is "
            f"{values[row, column]:g}{after} ({len(low)} such value(s)): leave it out, or "
            f"{'use another' if earlier else 'shift the targets'}."
        )


def _make_step(name: str, seasonality: int | None):
    if name == "seasonal_difference":
        is_count = isinstance(seasonality, numbers.Integral) and not isinstance(seasonality, bool)
        if not is_count or seasonality < 1:
            raise ValueError(
                "target transform 'seasonal_difference' needs the steps of a season: seasonality "
                f"must be an integer of at least 1, got {seasonality!r}."
            )
        return Difference(int(seasonality))
    steps = {
        "scale": Scale,
        "log1p": Log1p,
        "boxcox": BoxCox,
        "difference": Difference,
        "returns": Returns,
    }
    if name not in steps:
        raise ValueError(
            f"a target transform must be one of {', '.join(map(repr, TARGET_TRANSFORMS))}, "
            f"got {name!r}."
        )
    return steps[name]()


def _per_series(measure, values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """A number for each series and target from what was observed, ``(n_series, n_targets)``."""
    return np.array(
        [
            [measure(column[np.isfinite(column)]) for column in values[start:stop].T]
            for start, stop in itertools.pairwise(offsets)
        ]
    ).reshape(len(offsets) - 1, values.shape[1])


def _mean_size(observed: np.ndarray) -> float:
    size = np.mean(np.abs(observed)) if len(observed) else 0.0
    return float(size) if size > 0 else 1.0


def _best_power(observed: np.ndarray) -> float:
    """The power of the largest likelihood; 1 for a series that does not change."""
    from scipy.optimize import minimize_scalar
    from scipy.stats import boxcox_llf

    if len(observed) < 3 or np.ptp(observed) <= 1e-9 * np.max(observed):
        return 1.0
    # the likelihood of a power does not depend on the units
    scaled = observed / np.exp(np.mean(np.log(observed)))
    found = minimize_scalar(lambda power: -boxcox_llf(power, scaled), bounds=POWERS)
    return float(found.x)


def _last_season(history: np.ndarray, m: int) -> np.ndarray:
    """The last value seen of each place in a season, ``(n_windows, m, n_targets)``."""
    n_windows, n_history, k = history.shape
    fill = [(0, 0), (-n_history % m, 0), (0, 0)]
    seasons = np.pad(history, fill, constant_values=np.nan).reshape(n_windows, -1, m, k)
    last = seasons[:, -1]
    for i in range(seasons.shape[1] - 2, -1, -1):
        if not np.isnan(last).any():
            break
        last = np.where(np.isnan(last), seasons[:, i], last)
    return last
