"""From tables of the user to the rows that windows are cut from."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sksequence.batches import WindowRows
from sksequence.inputs import TimeTable
from sksequence.preprocessing._target_transforms import TargetTransforms

# Length of the cycle of each calendar feature, in its own units.
CALENDAR = {
    "minute": 60.0,
    "hour": 24.0,
    "day_of_week": 7.0,
    "day_of_month": 31.0,
    "day_of_year": 365.25,
    "week_of_year": 52.18,
    "month": 12.0,
    "quarter": 4.0,
}


def calendar_features(index: Any, names: tuple[str, ...]) -> np.ndarray:
    """Sine and cosine of the place in each cycle, ``(n_times, 2 * n_names)``."""
    columns = []
    for name in names:
        if name == "week_of_year":
            stamps = index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index
            place = stamps.isocalendar().week.to_numpy(dtype=float)
        else:
            attribute = "day" if name == "day_of_month" else name
            place = np.asarray(getattr(index, attribute), dtype=float)
        angle = 2 * np.pi * place / CALENDAR[name]
        columns += [np.sin(angle), np.cos(angle)]
    return np.stack(columns, axis=1)


@dataclass
class ForecastData:
    """What is learned from the tables of ``fit``, and how others are read with it.

    Parameters
    ----------
    calendar : tuple of str
    past, static : tuple of int
        Columns of the covariates that are known up to now only, or that do not change.
    known : tuple of int
        The other columns.
    transforms : TargetTransforms or None
    mean, scale : ndarray of shape (n_covariates,)
        Units of the covariates.
    lookback : int
        Rows of a window.
    marked : tuple of int
        Columns of which some values were missing: a mark of what was seen comes with them.
    categories : dict of int to int
        How many symbols there are in the columns that hold the number of one.
    """

    calendar: tuple[str, ...] = ()
    past: tuple[int, ...] = ()
    static: tuple[int, ...] = ()
    known: tuple[int, ...] = ()
    transforms: TargetTransforms | None = None
    mean: np.ndarray = field(default_factory=lambda: np.zeros(0))
    scale: np.ndarray = field(default_factory=lambda: np.ones(0))
    lookback: int = 24
    marked: tuple[int, ...] = ()
    categories: dict[int, int] = field(default_factory=dict)

    @property
    def n_lost(self) -> int:
        """First rows of a series that have no transformed value."""
        return 0 if self.transforms is None else self.transforms.n_lost

    @property
    def transform_names(self) -> tuple[str, ...]:
        """What becomes of the targets."""
        return () if self.transforms is None else tuple(self.transforms.names)

    @property
    def period(self) -> int:
        """Rows of a season, where seasons are subtracted; else 1."""
        seasonal = self.transforms is not None and "seasonal_difference" in self.transform_names
        return int(self.transforms.seasonality) if seasonal else 1

    @property
    def n_known(self) -> int:
        """Covariates that are known in advance, calendar included."""
        return self.n_numbers + 2 * len(self.calendar)

    @property
    def n_numbers(self) -> int:
        """Those of them that come from X, marks included."""
        return self.marks[1][1]

    @property
    def marks(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """From which to before which column past and known covariates hold marks."""
        first, second = (
            (len(columns), len(columns) + len(self._marked(columns)))
            for columns in (self.past, self.known)
        )
        return first, second

    def _marked(self, columns: tuple[int, ...]) -> list[int]:
        return [column for column in columns if column in self.marked]

    def learn(self, target: TimeTable, covariates: TimeTable | None, mark: bool = False) -> None:
        """Transforms of the targets, mean and deviation of the covariates, what to mark."""
        if self.transforms is not None:
            self.transforms.fit(target.values, target.offsets, target.keys)
        if covariates is not None:
            self.mean, scale = _mean_and_deviation(covariates.values)
            self.scale = np.where(scale > 0, scale, 1.0)
            missing = np.flatnonzero(np.isnan(covariates.values).any(axis=0)).tolist()
            self.marked = tuple(i for i in missing if mark and i not in self.static)

    def scaled(self, covariates: np.ndarray) -> np.ndarray:
        """Standardised covariates; what is missing is their mean."""
        return np.nan_to_num((covariates - self.mean) / self.scale)

    def with_marks(self, numbers: np.ndarray, columns: tuple[int, ...]) -> np.ndarray:
        """Some columns standardised, then marks (1: seen) of those that are marked."""
        if not numbers.shape[1]:
            return numbers
        marks = np.isfinite(numbers[:, self._marked(columns)]).astype(float)
        return np.concatenate([self.scaled(numbers)[:, list(columns)], marks], axis=1)

    def of_series(self, numbers: np.ndarray) -> np.ndarray:
        """What does not change, ``(n_series, n_static)``: symbols as indicators, numbers scaled."""
        scaled, parts = self.scaled(numbers) if numbers.shape[1] else numbers, []
        for column in self.static:
            part = scaled[:, [column]]
            if column in self.categories:
                part = numbers[:, [column]] == np.arange(self.categories[column])
            parts.append(part.astype(float))
        return np.concatenate([numbers[:, :0], *parts], axis=1)

    def future_known(self, index: Any, numbers: np.ndarray) -> np.ndarray:
        """Known covariates of future rows: calendar and scaled columns of X."""
        known = self.with_marks(numbers, self.known)
        if not self.calendar:
            return known
        return np.concatenate([known, calendar_features(index, self.calendar)], axis=1)


@dataclass(frozen=True)
class Origins:
    """Windows of the past with what is known of the future, one for each origin.

    Parameters
    ----------
    targets : ndarray of shape (n_origins, n_before, n_targets)
        As the network sees them; the last `lookback` of them are the past, those before serve
        lags.
    observed : ndarray of shape (n_origins, n_before, n_observed)
    known : ndarray of shape (n_origins, n_before + n_steps, n_known)
    static : ndarray of shape (n_origins, n_static)
    spread : ndarray of shape (n_origins, n_targets)
    history : ndarray of shape (n_origins, n_history, n_targets)
        The last values in the user's units, from which transforms are undone.
    series : ndarray of shape (n_origins,)
        As the transforms number them.
    """

    targets: np.ndarray
    observed: np.ndarray
    known: np.ndarray
    static: np.ndarray
    spread: np.ndarray
    history: np.ndarray
    series: np.ndarray

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def n_steps(self) -> int:
        """Steps of the future."""
        return self.known.shape[1] - self.targets.shape[1]

    def take(self, at: Any) -> Origins:
        """Some of them."""
        return Origins(*(getattr(self, name)[at] for name in self.__dataclass_fields__))

    def parts(self, n_windows: int) -> list[Origins]:
        """All of them, at most so many at a time."""
        size = max(1, n_windows)
        return [self.take(slice(at, at + size)) for at in range(0, len(self), size)]


class Past:
    """Rows to forecast from, in the user's units and in those of the network.

    Parameters
    ----------
    data : ForecastData
    target : TimeTable
    covariates : TimeTable or None
    spread : ndarray of shape (n_series, n_targets), optional
        Usual deviation in a window of each series; None: that of these rows.
    series : ndarray of shape (n_series,), optional
        Which of the series of ``fit`` they are, -1 for a new one; None: the same.
    """

    def __init__(
        self,
        data: ForecastData,
        target: TimeTable,
        covariates: TimeTable | None,
        spread: np.ndarray | None = None,
        series: np.ndarray | None = None,
    ):
        self.target, self.covariates, self.data = target, covariates, data
        self.series = np.arange(target.n_series) if series is None else series.copy()
        self.transforms = data.transforms
        if self.transforms is not None:
            new = np.flatnonzero(self.series < 0)
            if len(new):
                further = target if target.keys is None else target.select_series(target.keys[new])
                self.series[new] = self.transforms.n_series + np.arange(len(new))
                self.transforms = self.transforms.extended(
                    further.values, further.offsets, further.keys
                )
        self.rows = self._rows(spread)

    def _rows(self, spread) -> WindowRows:
        target, data = self.target, self.data
        values = target.values
        if self.transforms is not None:
            values = self.transforms.apply(values, target.offsets, self.series, target.keys)
        numbers = self.covariates_or_none(len(values))
        times = None
        if data.calendar:
            times = target.index
            times = times.get_level_values(-1) if times.nlevels > 1 else times
        return WindowRows(
            targets=values,
            observed=data.with_marks(numbers, data.past),
            known=data.future_known(times, numbers),
            static=data.of_series(numbers[target.offsets[:-1]]),
            spread=self._spread(values) if spread is None else spread,
            observed_marks=data.marks[0],
            known_marks=data.marks[1],
        )

    def _spread(self, values: np.ndarray) -> np.ndarray:
        target, names = self.target, set(self.data.transform_names)
        sizes = np.ones((target.n_series, values.shape[1]))
        short = (target.lengths < self.data.lookback).any()
        if short and names <= {"difference", "seasonal_difference"}:  # as large as values are
            series = np.repeat(np.arange(target.n_series), target.lengths)
            sizes = pd.DataFrame(np.abs(target.values)).groupby(series).mean().to_numpy()
        return spreads(values, target.offsets, self.data.lookback, sizes)

    def covariates_or_none(self, n_rows: int) -> np.ndarray:
        """Covariates in the user's units; without columns where there are none."""
        return np.zeros((n_rows, 0)) if self.covariates is None else self.covariates.values

    def origins(
        self,
        starts: np.ndarray,
        series: np.ndarray,
        n_before: int,
        ahead: np.ndarray,
    ) -> Origins:
        """Windows whose first step to forecast is at `starts`.

        Parameters
        ----------
        starts : ndarray of shape (n_origins,)
            Rows of the table, or the row after the last one of a series.
        series : ndarray of shape (n_origins,)
            Of this table.
        n_before : int
        ahead : ndarray of shape (n_origins, n_steps, n_known)
            What is known of the future.
        """
        first = self.target.offsets[series][:, None]
        lost = starts - first[:, 0] <= self.data.n_lost  # no row of these has been transformed
        earliest = np.where(lost[:, None], first, first + self.data.n_lost)
        back = np.maximum(starts[:, None] + np.arange(-n_before, 0), earliest)
        targets = self.rows.targets[back]
        targets[lost] = 0.0
        self._bring_near(targets[:, -self.data.lookback :], starts, first[:, 0])
        n_history = max(self.data.n_lost, 1)
        newest = np.maximum(starts[:, None] + np.arange(-n_history, 0), first)
        history = self.target.values[newest]
        if not np.isfinite(history).all():
            history = self.filled[newest]
        return Origins(
            targets,
            self.rows.observed[back],
            np.concatenate([self.rows.known[back], ahead], axis=1),
            self.rows.static[series],
            self.rows.spread[series],
            history,
            self.series[series],
        )

    @cached_property
    def filled(self) -> np.ndarray:
        """Targets, where missing as they were a season before, or else the newest before.

        Differences and returns are added to values, so that these must be there.
        """
        table, m = self.target, self.data.period
        series = np.repeat(np.arange(table.n_series), table.lengths)
        place = np.arange(len(series)) - table.offsets[series]
        values = pd.DataFrame(table.values)
        if m > 1:
            values = values.groupby([series, place % m]).ffill()
        return values.groupby(series).ffill().to_numpy()

    def _bring_near(self, windows: np.ndarray, starts: np.ndarray, first: np.ndarray) -> None:
        """Where a window has seen nothing, its first row becomes the newest value before it.

        Else it would not know its level.
        """
        for i, k in np.argwhere(~np.isfinite(windows).any(axis=1)):
            before = self.rows.targets[first[i] : starts[i], k]
            seen = before[np.isfinite(before)]
            if len(seen):
                windows[i, 0, k] = seen[-1]

    def known_ahead(
        self, starts: np.ndarray, series: np.ndarray, n_given: int, n_steps: int
    ) -> np.ndarray:
        """What rows of the table tell of the future, ``(n_origins, n_steps, n_known)``.

        Covariates of `n_given` steps, which then stay as they are; the calendar of all.
        """
        table, n_covariates = self.target, self.data.n_numbers
        steps = starts[:, None] + np.arange(n_steps)
        last = table.offsets[series + 1][:, None] - 1
        given = np.minimum(steps, np.minimum(starts[:, None] + n_given - 1, last))
        known = self.rows.known[given]
        if self.data.calendar:
            known[..., n_covariates:] = self.rows.known[np.minimum(steps, last), n_covariates:]
            beyond = steps > last
            if beyond.any():
                moved = (table.starts - table.offsets[:-1])[series][:, None]
                times = table.clock.index((steps + moved)[beyond])
                features = calendar_features(times, self.data.calendar)
                known[beyond, n_covariates:] = features
        return known

    def undo(self, values: np.ndarray, origins: Origins) -> np.ndarray:
        """Forecasts ``(n_origins, n_steps, n_targets)`` in the user's units."""
        if self.transforms is None:
            return values
        return self.transforms.invert(values, origins.history, origins.series)

    def apply(self, values: np.ndarray, origins: Origins) -> np.ndarray:
        """Values in the units of the network, where these do not depend on the rows before."""
        if self.transforms is None:
            return values
        n, n_steps, k = values.shape
        offsets = np.arange(n + 1) * n_steps
        flat = self.transforms.apply(values.reshape(-1, k), offsets, origins.series)
        return flat.reshape(values.shape)

    def undone(self, origins: Origins) -> Callable[[np.ndarray], np.ndarray]:
        """``undo`` for these origins."""
        return lambda values: self.undo(values, origins)


def spreads(
    values: np.ndarray, offsets: np.ndarray, lookback: int, sizes: np.ndarray
) -> np.ndarray:
    """Usual deviation in a window of each series: the root of the mean variance of its windows.

    What a series drifts over the years is no part of it. 0 where nothing was seen to change;
    but a series shorter than a window gets as large a share of its size as the others have.
    """
    lengths = np.diff(offsets)
    series = np.repeat(np.arange(len(lengths)), lengths)
    windows = pd.DataFrame(values).groupby(series).rolling(lookback, min_periods=1)
    variances = windows.var(ddof=0).set_axis(series)
    # only of whole windows, or of the whole of a series that is shorter
    place = np.arange(len(values)) - np.repeat(offsets[:-1], lengths)
    whole = place >= np.repeat(np.minimum(lookback, lengths), lengths) - 1
    means = variances[whole].groupby(level=0).mean()
    result = np.sqrt(means.fillna(0.0).clip(lower=0.0).to_numpy())
    short = (lengths < lookback)[:, np.newaxis] & (result == 0)
    if short.any():
        result = np.where(short, _usual_share(result, sizes) * sizes, result)
    return result


def _usual_share(spread: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Median over the series that change of spread / size, for each target; else 0."""
    there = (spread > 0) & (sizes > 0)
    shares = np.divide(spread, sizes, out=np.full(spread.shape, np.nan), where=there)
    return np.array([np.nanmedian(c) if np.isfinite(c).any() else 0.0 for c in shares.T])


def _mean_and_deviation(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each column, missing values left out; 0 where all are missing."""
    seen = np.isfinite(values)
    n_seen = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, values, 0.0).sum(axis=0) / n_seen
    squares = np.where(seen, values - mean, 0.0) ** 2
    return mean, np.sqrt(squares.sum(axis=0) / n_seen)


def window_starts(
    offsets: np.ndarray, n_before: int, horizon: int, first_rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """First row to forecast of every window with a complete past and future, and its series.

    With `first_rows`, only of windows whose last row is not before that row of their series.
    """
    starts, series = [], []
    for i, (first, stop) in enumerate(itertools.pairwise(offsets)):
        earliest = first + n_before
        if first_rows is not None:
            earliest = max(earliest, first_rows[i] - horizon + 1)
        rows = np.arange(earliest, stop - horizon + 1)
        starts.append(rows)
        series.append(np.full(len(rows), i))
    return np.concatenate(starts).astype(np.int64), np.concatenate(series).astype(np.int64)


def last_stretch(
    starts: np.ndarray, series: np.ndarray, horizon: int, fraction: float
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the windows to train on and of those that come last in each series.

    No target of a training window lies in the stretch that is held back.
    """
    train, valid = [], []
    edges = np.flatnonzero(np.diff(series, prepend=-1, append=-1))
    for first, stop in itertools.pairwise(edges):
        n_valid = int(np.ceil(fraction * (stop - first)))
        held_back = np.arange(stop - n_valid, stop)
        at = np.arange(first, stop - n_valid)
        at = at[starts[at] + horizon <= starts[held_back[0]]]
        if len(at):
            valid.append(held_back)
        else:  # too short to hold anything back
            at = np.arange(first, stop)
        train.append(at)
    empty = np.zeros(0, dtype=np.int64)
    return np.concatenate(train), np.concatenate(valid) if valid else empty
