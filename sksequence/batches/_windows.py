"""Windows of long series, cut when a batch is made and never before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

# Windows of a batch without training.
N_WINDOWS = 1024
# The scale of a window is at least this share of what is usual in its series: a calm window before
# a jump would else outweigh all others.
SMALLEST = 0.25


@dataclass(frozen=True, eq=False)
class WindowBatch:
    """Windows of the past with what is known of the future.

    Parameters
    ----------
    past : Tensor of shape (n_windows, lookback, n_targets)
        The targets up to now, in units of the window: ``(value - level) / scale``; zero where
        missing.
    seen : Tensor of shape (n_windows, lookback, n_targets) or None
        1 where a target of the past was observed, else 0; None: all were.
    observed : Tensor of shape (n_windows, lookback, n_observed)
        Covariates that are known up to now only.
    known : Tensor of shape (n_windows, lookback + horizon, n_known)
        Covariates that are known in advance, of the past and of the future.
    static : Tensor of shape (n_windows, n_static)
        What does not change in a series.
    level, scale : Tensor of shape (n_windows, 1, n_targets)
        The units of the window.
    targets : Tensor of shape (n_windows, horizon, n_targets) or None
        The future in units of the window; NaN where missing.
    positions : ndarray of shape (n_windows,)
        Where these windows stand in their samples.
    """

    past: Tensor
    seen: Tensor | None
    observed: Tensor
    known: Tensor
    static: Tensor
    level: Tensor
    scale: Tensor
    targets: Tensor | None = None
    weights: Tensor | None = None
    positions: object = None

    def __len__(self) -> int:
        return len(self.past)

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.past.device

    @property
    def horizon(self) -> int:
        """Steps of the future."""
        return self.known.shape[1] - self.past.shape[1]


@dataclass(frozen=True)
class WindowRows:
    """All rows that windows are cut from, series after series, as numpy arrays.

    Parameters
    ----------
    targets : ndarray of shape (n_rows, n_targets)
        NaN where missing (after the last row of a series: the future).
    observed : ndarray of shape (n_rows, n_observed)
    known : ndarray of shape (n_rows, n_known)
    static : ndarray of shape (n_series, n_static)
    spread : ndarray of shape (n_series, n_targets)
        Usual standard deviation in a window of each series; one that hardly changes is not blown
        up.
    observed_marks, known_marks : (int, int)
        From which to before which column `observed` and `known` hold marks of what was seen (1)
        and what is missing (0); the time since comes with each.
    """

    targets: np.ndarray
    observed: np.ndarray
    known: np.ndarray
    static: np.ndarray
    spread: np.ndarray
    observed_marks: tuple[int, int] = (0, 0)
    known_marks: tuple[int, int] = (0, 0)


class WindowSamples:
    """Windows that end at given rows; their values are gathered on the device.

    Parameters
    ----------
    rows : WindowRows
    starts : ndarray of shape (n_windows,)
        Row of the first step to forecast; the `lookback` rows before it are the past.
    series : ndarray of shape (n_windows,)
        Which series each window belongs to.
    lookback, horizon : int
    lags : tuple of int, default=()
        Values of the targets so many rows ago are the last of the known covariates, in units of
        the window; the rows before the past must reach as far back. One that is smaller than
        `horizon` reads targets.
    batch_size : int, default=1024
    windows_per_epoch : int, default=None
        So many windows, drawn anew, make an epoch; None: all.
    scaling : {"window", "mean", "log", "none"}
        "window": level is the last value that was seen, scale the standard deviation in the
        window. "mean": level 0, scale the mean of the absolute values (for what is never
        negative). "log": logarithms of one more than the value, level that of the mean, scale 1
        (for counts). "none": 0 and 1.
    with_targets : bool
    dtype, device
    """

    def __init__(
        self,
        rows: WindowRows,
        starts: np.ndarray,
        series: np.ndarray,
        lookback: int,
        horizon: int,
        *,
        lags: tuple[int, ...] = (),
        batch_size: int | str = N_WINDOWS,
        windows_per_epoch: int | None = None,
        scaling: str = "window",
        with_targets: bool = True,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ):
        self._device = torch.device(device)
        self._starts, self._series = starts, series
        self._lookback, self._horizon, self._lags = lookback, horizon, lags
        n_most = len(starts) if batch_size == "full" else int(batch_size)
        self._batch_size = max(1, min(n_most, len(starts)))
        self._n_drawn = min(windows_per_epoch or len(starts), len(starts))
        self._scaling = scaling
        self._dtype = dtype
        self._with_targets = with_targets
        # in 64 bits: the level of a window is taken off before the values become short
        self._targets = torch.from_numpy(np.ascontiguousarray(rows.targets)).to(self._device)
        self._missing = not bool(torch.isfinite(self._targets).all())
        self._observed, self._known, self._static = (
            torch.from_numpy(np.array(values)).to(self._device, dtype)
            for values in (rows.observed, rows.known, rows.static)
        )
        self._marks = rows.observed_marks, rows.known_marks
        self._spread = torch.from_numpy(np.array(rows.spread)).to(self._device)

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def n_batches(self) -> int:
        """Batches in an epoch."""
        return -(-self._n_drawn // self._batch_size)

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterator[WindowBatch]:
        """One pass over the windows of an epoch in a new random order."""
        drawn = rng.permutation(len(self))[: self._n_drawn]
        for positions in np.array_split(drawn, self.n_batches):
            yield self.batch(positions)

    def ordered_batches(self) -> Iterator[WindowBatch]:
        """All windows in their order."""
        for start in range(0, len(self), N_WINDOWS):
            yield self.batch(np.arange(start, min(start + N_WINDOWS, len(self))))

    def batch(self, positions: np.ndarray) -> WindowBatch:
        """The windows at `positions` as one batch."""
        starts = torch.from_numpy(self._starts[positions]).to(self._device)[:, None]
        first, stop = -self._lookback, self._horizon
        steps = starts + torch.arange(first, stop, device=self._device)
        before = steps[:, :-stop]
        values = _gather(self._targets, steps if self._with_targets else before)
        past = values[:, : self._lookback]  # (n_windows, lookback, n_targets)
        series = torch.from_numpy(self._series[positions]).to(self._device)
        level, scale = self._units(past, self._spread.index_select(0, series)[:, None])

        def in_units(values):
            if self._scaling == "log":
                values = torch.log1p(values)
            return ((values - level) / scale).to(self._dtype)

        scaled = in_units(values)  # past and, where they are known, targets
        earlier = [in_units(_gather(self._targets, steps - lag)) for lag in self._lags]
        observed, ahead = (
            _with_time_since(_gather(numbers, at), marks)
            for numbers, at, marks in zip(
                (self._observed, self._known), (before, steps), self._marks, strict=True
            )
        )
        known = [ahead, *(torch.nan_to_num(part) for part in earlier)]
        inputs = scaled[:, : self._lookback]
        return WindowBatch(
            past=torch.nan_to_num(inputs) if self._missing else inputs,
            seen=torch.isfinite(past).to(self._dtype) if self._missing else None,
            observed=observed,
            known=torch.cat(known, dim=2) if earlier else known[0],
            static=self._static.index_select(0, series),
            level=level,
            scale=scale,
            targets=scaled[:, self._lookback :] if self._with_targets else None,
            positions=positions,
        )

    def _units(self, past: Tensor, of_series: Tensor) -> tuple[Tensor, Tensor]:
        if self._scaling == "none":
            return torch.zeros_like(past[:, :1]), torch.ones_like(past[:, :1])
        if self._scaling in ("mean", "log"):
            size = torch.nan_to_num(torch.nanmean(past.abs(), dim=1, keepdim=True))
            size = torch.maximum(size, SMALLEST * of_series)
            if self._scaling == "log":
                return torch.log1p(size), torch.ones_like(size)
            return torch.zeros_like(size), _not_zero(size)
        if not self._missing:
            spread = past.std(dim=1, correction=0, keepdim=True)
            return past[:, -1:], _not_zero(torch.maximum(spread, SMALLEST * of_series))
        level = last_seen(past)
        mean = torch.nanmean(past, dim=1, keepdim=True)
        spread = torch.nanmean((past - mean).square(), dim=1, keepdim=True).sqrt()
        return level, _not_zero(torch.maximum(torch.nan_to_num(spread), SMALLEST * of_series))


def last_seen(past: Tensor) -> Tensor:
    """The last value of each window that is not missing, ``(n_windows, 1, n_targets)``; else 0."""
    if bool(torch.isfinite(past[:, -1]).all()):
        return past[:, -1:]
    there = torch.isfinite(past)
    steps = torch.arange(1, past.shape[1] + 1, device=past.device)[:, None]
    last = (there * steps).amax(dim=1, keepdim=True)  # 0: none was seen
    found = torch.nan_to_num(past).gather(1, (last - 1).clamp(min=0))
    return torch.where(last > 0, found, 0.0)


def _with_time_since(numbers: Tensor, marks: tuple[int, int]) -> Tensor:
    """Numbers ``(n_windows, n_steps, n)`` and log(1 + steps since) for each column of marks."""
    if marks[0] == marks[1]:
        return numbers
    seen = numbers[:, :, slice(*marks)]
    steps = torch.arange(1, seen.shape[1] + 1, device=seen.device, dtype=seen.dtype)[:, None]
    since = steps - torch.cummax(seen * steps, dim=1).values  # from the first step, if never
    return torch.cat([numbers, torch.log1p(since)], dim=2)


def _not_zero(scale: Tensor) -> Tensor:
    """A scale to divide by: 1 where nothing changes or nothing was seen."""
    return torch.where(scale > 0, scale, 1.0)


def _gather(rows: Tensor, at: Tensor) -> Tensor:
    if not rows.shape[1]:
        return rows.new_empty(*at.shape, 0)
    return rows.index_select(0, at.flatten()).view(*at.shape, rows.shape[1])
