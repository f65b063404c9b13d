"""Learn everything but the weights, then the weights, then what they are worth."""

from __future__ import annotations

import warnings
from dataclasses import fields
from typing import Any

import numpy as np

from sksequence.batches import WindowSamples
from sksequence.cells import make_cell
from sksequence.estimators._fitting import train_network
from sksequence.estimators._forecast_ask import expected, keep_form, origins_at, roller_of
from sksequence.estimators._forecast_data import ForecastData, Past, last_stretch, window_starts
from sksequence.estimators._forecast_marginals import marginals
from sksequence.estimators._forecast_read import check_calendar, check_lags, rows_before
from sksequence.estimators._forecast_tables import (
    as_tuple,
    check_seen,
    check_static,
    column_positions,
    seasonal_naive,
    warn_if_constant,
)
from sksequence.estimators._parameters import layer_widths
from sksequence.estimators._validation import AUTO_FROM
from sksequence.inputs import TimeTable
from sksequence.networks import ForecastSpec
from sksequence.preprocessing._target_transforms import TargetTransforms
from sksequence.tasks import Forecasting, make_distribution
from sksequence.tasks._distributions import POINT_LOSSES
from sksequence.utils._random import torch_generator

# Windows that are held back at most to see errors, and paths that each is compared with.
N_HELD_BACK = 400
N_PATHS = 200


def learn(forecaster: Any, target: TimeTable, covariates: TimeTable | None, y: Any) -> None:
    """Everything but the weights."""
    name = type(forecaster).__name__
    columns = None if covariates is None else covariates.columns
    n_columns = 0 if covariates is None else covariates.values.shape[1]
    past = column_positions(forecaster.past_covariates, columns, n_columns, "past_covariates")
    static = column_positions(forecaster.static_covariates, columns, n_columns, "static_covariates")
    if static:
        check_static(covariates, static, name)
    check_seen(target, name)
    warn_if_constant(target, name)
    transforms = as_tuple(forecaster.target_transform)
    forecaster.data_ = ForecastData(
        calendar=check_calendar(forecaster.calendar, target),
        past=past,
        static=static,
        known=tuple(i for i in range(n_columns) if i not in past + static),
        transforms=TargetTransforms(transforms, forecaster.seasonality) if transforms else None,
        lookback=forecaster.lookback,
    )
    forecaster.data_.learn(target, covariates)
    forecaster.lookback_, forecaster.horizon_ = forecaster.lookback, forecaster.horizon
    forecaster.lags_ = check_lags(forecaster.lags, forecaster.horizon)
    keep_form(forecaster, y)


def learn_distribution(forecaster: Any, target: TimeTable) -> None:
    """What the loss stands for, and whether the rest goes with it."""
    forecaster.distribution_ = make_distribution(forecaster.loss, forecaster.quantiles)
    if forecaster.strategy == "recursive" and forecaster.data_.past:
        raise ValueError(
            'strategy="recursive" cannot read past_covariates, since it reads past and future '
            'with the same weights and their future is not known: take "direct" or "seq2seq", or '
            "leave those columns out."
        )
    positive = forecaster.distribution_.positive
    if positive and forecaster.data_.transforms is None and (target.values < 0).any():
        row = int(np.argwhere(target.values < 0)[0][0])
        raise ValueError(
            f"loss={forecaster.loss!r} needs targets that are not negative, but row {row} of y is "
            f'{np.nanmin(target.values[row]):g}: take "gaussian" or "student_t".'
        )


def fit_on(
    forecaster: Any,
    target: TimeTable,
    covariates: TimeTable | None,
    rng: np.random.Generator,
    max_epochs: int,
    keep: bool,
    early_stopping: bool | str,
    first_rows: np.ndarray | None = None,
) -> None:
    """Train on the windows of the tables; with `first_rows`, on those that end there or later."""
    past = Past(forecaster.data_, target, covariates, forecaster.spread_ if keep else None)
    starts, series = windows_of(forecaster, past, first_rows)
    wanted = len(starts) >= AUTO_FROM if early_stopping == "auto" else early_stopping
    train, valid = np.arange(len(starts)), np.zeros(0, dtype=np.int64)
    if wanted:
        train, valid = last_stretch(
            starts, series, forecaster.horizon_, forecaster.validation_fraction
        )
    spec = make_spec(forecaster, past)
    earlier = None
    if keep:
        earlier = forecaster.history_
        check_same_spec(forecaster.network_.spec, spec)
    else:
        forecaster.network_ = spec.build(torch_generator(rng))
    parts = [samples_of(forecaster, past, starts[at], series[at]) for at in (train, valid)]
    interrupt = train_windows(forecaster, parts, len(train), len(valid), rng, max_epochs, earlier)
    forecaster.spread_ = past.rows.spread
    remember(forecaster, target, covariates)
    if first_rows is None:
        look_back(forecaster, past, starts[valid], series[valid])
    if interrupt is not None:
        raise interrupt


def train_windows(
    forecaster, parts, n_train, n_valid, rng, max_epochs, earlier
) -> KeyboardInterrupt | None:
    """Train the network; Ctrl-C is returned if it left a network, so that the rest is done too."""
    full = forecaster.batch_size == "full"
    n_windows = n_train if full else min(forecaster.batch_size, n_train)
    try:
        train_network(
            forecaster,
            Forecasting(forecaster.distribution_),
            parts[0],
            parts[1] if n_valid else None,
            rng,
            max_epochs,
            n_windows * forecaster.network_.spec.step_work,
            earlier,
        )
    except KeyboardInterrupt as interrupt:
        if not hasattr(forecaster, "network_"):
            raise
        return interrupt
    return None


def samples_of(forecaster, past: Past, starts, series):
    """The windows, to be made when the network stands on its device."""
    return lambda: WindowSamples(
        past.rows,
        starts,
        series,
        forecaster.lookback_,
        forecaster.horizon_,
        lags=forecaster.lags_,
        batch_size=forecaster.batch_size,
        windows_per_epoch=forecaster.windows_per_epoch,
        scaling=forecaster.distribution_.scaling,
        dtype=forecaster.network_.head.weight.dtype,
        device=forecaster.network_.head.weight.device,
    )


def windows_of(forecaster, past: Past, first_rows=None) -> tuple[np.ndarray, np.ndarray]:
    """Windows with a target that was seen: the first row of each to forecast, and its series."""
    target, horizon = past.target, forecaster.horizon_
    n_before = past.data.n_lost + rows_before(forecaster)
    needed = n_before + horizon
    if (target.lengths < needed).any():
        i = int(np.argmin(target.lengths))
        which = "y" if target.keys is None else f"the series {target.keys[i]!r} of y"
        raise ValueError(
            f"{which} has {target.lengths[i]} rows (n_samples = {target.lengths[i]}), but one "
            f"window of {type(forecaster).__name__} needs lookback + horizon = {needed}, lags and "
            "rows lost to target_transform included: shorten them, or leave that series out."
        )
    starts, series = window_starts(target.offsets, n_before, horizon, first_rows)
    seen = np.zeros(len(starts), dtype=bool)
    for step in range(horizon):
        seen |= np.isfinite(past.rows.targets[starts + step]).any(axis=1)
    if not seen.any():
        raise ValueError(
            f"y has no window of {needed} rows with a value to forecast in it: give more rows."
        )
    return starts[seen], series[seen]


def make_spec(forecaster: Any, past: Past) -> ForecastSpec:
    """The sizes of the network."""
    rows, distribution = past.rows, forecaster.distribution_
    share = forecaster.teacher_forcing
    first, last = share if isinstance(share, (tuple, list)) else (share, share)
    n_targets = rows.targets.shape[1]
    return ForecastSpec(
        strategy=forecaster.strategy,
        horizon=forecaster.horizon,
        n_targets=n_targets,
        n_observed=rows.observed.shape[1],
        n_known=rows.known.shape[1] + n_targets * len(forecaster.lags_),
        n_static=rows.static.shape[1],
        n_parameters=distribution.n_parameters,
        with_missing=forecaster.missing == "mask",
        cell=make_cell(forecaster.cell),
        widths=layer_widths(forecaster.hidden_size, forecaster.n_layers),
        dropout=forecaster.dropout,
        teacher_forcing=(float(first), float(last)),
        location=location_of(distribution) if min(first, last) < 1 else 0,
    )


def location_of(distribution: Any) -> int:
    """Which raw output is fed back while training."""
    if distribution.name == "quantile":
        return int(np.argmin(np.abs(distribution.levels - 0.5)))
    if distribution.scaling != "window":
        raise ValueError(
            f"teacher_forcing below 1 feeds the network its own forecasts while training, which "
            f"loss={distribution.name!r} does not allow: set teacher_forcing=1.0."
        )
    return 0


def check_same_spec(fitted: ForecastSpec, wanted: ForecastSpec) -> None:
    """Raise ValueError if parameters now ask for another network than the fitted one."""
    free = ("dropout", "teacher_forcing", "location")
    changed = [
        field.name
        for field in fields(fitted)
        if field.name not in free
        and repr(getattr(fitted, field.name)) != repr(getattr(wanted, field.name))
    ]
    if changed:
        names = ["hidden_size" if name == "widths" else name for name in changed]
        raise ValueError(
            f"{', '.join(names)} changed since the first fit, but training goes on with the "
            "network that is there: set it back, or fit anew with warm_start=False."
        )


def remember(forecaster: Any, target: TimeTable, covariates: TimeTable | None) -> None:
    """Keep the last rows only: for a window, a season, and windows that end in the next row."""
    n = rows_before(forecaster) + forecaster.data_.n_lost + forecaster.horizon_ - 1
    n = max(n, forecaster.seasonality)
    whole = forecaster.in_sample == "one_step"
    forecaster.tail_ = target if whole else target.tail(n)
    forecaster.covariate_tail_ = covariates
    if covariates is not None and not whole:
        forecaster.covariate_tail_ = covariates.tail(n)


# -- what the stretch that was held back says ---------------------------------------------------


def look_back(forecaster: Any, past: Past, starts: np.ndarray, series: np.ndarray) -> None:
    """Errors and ranks for intervals, and skill against the naive forecast."""
    forecaster.errors_ = forecaster.ranks_ = forecaster.validation_skill_ = None
    if not len(starts):
        return
    if len(starts) > N_HELD_BACK:
        kept = np.linspace(0, len(starts) - 1, N_HELD_BACK).astype(int)
        starts, series = starts[kept], series[kept]
    horizon = forecaster.horizon_
    origins = origins_at(forecaster, past, starts, series, horizon)
    steps = starts[:, None] + np.arange(horizon)
    truth = past.target.values[steps]
    if forecaster.loss in POINT_LOSSES:
        roller = roller_of(forecaster)
        errors = past.rows.targets[steps] - roller.means(origins)
        forecaster.errors_ = errors / roller.scales(origins)
    else:
        found: Any = marginals(forecaster, past, origins, 0, N_PATHS)
        filled = np.where(np.isfinite(truth), truth, np.nanmax(past.target.values))
        forecaster.ranks_ = np.where(np.isfinite(truth), _ranks(found, filled), np.nan)
    naive = seasonal_naive(past.target, starts, series, forecaster.seasonality, horizon)
    errors = [np.abs(truth - made) for made in (expected(forecaster, past, origins), naive)]
    there = np.isfinite(errors[0]) & np.isfinite(errors[1])
    if not there.any():
        return
    # as in `score`: the mean over the targets
    ours, theirs = (np.where(there, error, 0).sum(axis=(0, 1)) for error in errors)
    if (theirs > 0).all():
        ratio = float((ours / theirs).mean())
        forecaster.validation_skill_ = 1 - ratio
        warn_if_naive_wins(forecaster, ratio)


def _ranks(found: Any, values: np.ndarray) -> np.ndarray:
    """Where values lie in their distributions, in [0, 1]; uniform if these are right.

    A value that has a probability of its own (a dry day, a count) lies anywhere between what is
    below it and that with it (Brockwell, 2007, "Universal residuals").
    """
    below, up_to = found.cdf(np.nextafter(values, -np.inf)), found.cdf(values)
    chance = np.random.default_rng(0).random(values.shape)  # the same in every fit
    return below + chance * (up_to - below)


def warn_if_naive_wins(forecaster: Any, ratio: float) -> None:
    """Say so if repeating the last season would have been as good."""
    if ratio < 1:
        return
    what = "the last value" if forecaster.seasonality == 1 else "the last season"
    warnings.warn(
        f"{type(forecaster).__name__} does not beat the naive forecast: on the last stretch of "
        f"time, held back from training, its mean absolute error is {ratio:.2f} times that of "
        f"repeating {what}. Forecasts may be worth no more than that; more data, covariates, "
        "another lookback, seasonality or target_transform may help.",
        UserWarning,
        stacklevel=5,
    )
