"""From tables of the user to the rows that windows are cut from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
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


def calendar_features(index: pd.Index, names: tuple[str, ...]) -> np.ndarray:
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
    missing : {"error", "mask", "ffill"}
    """

    calendar: tuple[str, ...] = ()
    past: tuple[int, ...] = ()
    static: tuple[int, ...] = ()
    known: tuple[int, ...] = ()
    transforms: TargetTransforms | None = None
    missing: str = "error"
    mean: np.ndarray = field(default_factory=lambda: np.zeros(0))
    scale: np.ndarray = field(default_factory=lambda: np.ones(0))
    spread: np.ndarray = field(default_factory=lambda: np.ones((1, 1)))

    @property
    def n_lost(self) -> int:
        """First rows of a series that have no transformed value."""
        return 0 if self.transforms is None else self.transforms.n_lost

    @property
    def n_observed(self) -> int:
        """Covariates that are known up to now only."""
        return len(self.past)

    @property
    def n_known(self) -> int:
        """Covariates that are known in advance, calendar included."""
        return len(self.known) + 2 * len(self.calendar)

    def learn(self, target: TimeTable, covariates: TimeTable | None) -> None:
        """Transforms of the targets, mean and deviation of the covariates."""
        if self.transforms is not None:
            self.transforms.fit(target.values, target.offsets)
        if covariates is not None and covariates.values.shape[1]:
            self.mean = np.nanmean(covariates.values, axis=0)
            scale = np.nanstd(covariates.values, axis=0)
            self.scale = np.where(scale > 0, scale, 1.0)

    def scaled(self, covariates: np.ndarray) -> np.ndarray:
        """Standardised covariates; what is missing is their mean."""
        return np.nan_to_num((covariates - self.mean) / self.scale)

    def transformed(self, target: TimeTable) -> np.ndarray:
        """The targets as the network sees them, ``(n_rows, n_targets)``."""
        if self.transforms is None:
            return target.values
        return self.transforms.apply(target.values, target.offsets)

    def rows(self, target: TimeTable, covariates: TimeTable | None) -> WindowRows:
        """All rows of the tables."""
        values = self.transformed(target)
        numbers = np.zeros((len(values), 0))
        if covariates is not None and covariates.values.shape[1]:
            numbers = self.scaled(covariates.values)
        known = [numbers[:, list(self.known)]]
        if self.calendar:
            known.append(calendar_features(times_of_rows(target), self.calendar))
        return WindowRows(
            targets=values,
            observed=numbers[:, list(self.past)],
            known=np.concatenate(known, axis=1),
            static=numbers[target.offsets[:-1]][:, list(self.static)],
            spread=self.spread_of(values, target.offsets),
        )

    def spread_of(self, values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Standard deviation of each series, ``(n_series, n_targets)``."""
        parts = [values[a:b] for a, b in itertools.pairwise(offsets)]
        return np.array([np.nan_to_num(_deviation(part)) for part in parts])

    def future_known(self, index: pd.Index | None, numbers: np.ndarray) -> np.ndarray:
        """Known covariates of future rows: calendar and scaled columns of X."""
        scaled = self.scaled(numbers) if numbers.shape[1] else numbers
        known = scaled[:, list(self.known)]
        if not self.calendar:
            return known
        return np.concatenate([known, calendar_features(index, self.calendar)], axis=1)


def times_of_rows(table: TimeTable) -> pd.Index:
    """The time of every row."""
    index = table.index
    return index.get_level_values(-1) if index.nlevels > 1 else index


def _deviation(values: np.ndarray) -> np.ndarray:
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape[1])
    mean = np.nanmean(values, axis=0) if finite.any(axis=0).all() else np.zeros(values.shape[1])
    return np.sqrt(np.nansum((values - mean) ** 2, axis=0) / np.maximum(finite.sum(axis=0), 1))


def window_starts(
    offsets: np.ndarray, n_before: int, horizon: int, step: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """First row to forecast of every window with a complete past and future, and its series."""
    starts, series = [], []
    for i, (first, stop) in enumerate(itertools.pairwise(offsets)):
        rows = np.arange(first + n_before, stop - horizon + 1, step)
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
    for i in np.unique(series):
        at = np.flatnonzero(series == i)
        n_valid = int(np.ceil(fraction * len(at)))
        kept = len(at) - n_valid - (horizon - 1)
        if kept < 1:  # too short to hold anything back
            train.append(at)
            continue
        train.append(at[:kept])
        valid.append(at[-n_valid:])
    empty = np.zeros(0, dtype=np.int64)
    return np.concatenate(train), np.concatenate(valid) if valid else empty


def select_static(columns: Any) -> tuple:
    """A parameter that names columns, as a tuple."""
    if columns is None:
        return ()
    return (columns,) if isinstance(columns, (str, int)) else tuple(columns)
