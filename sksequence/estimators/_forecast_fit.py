"""Learn everything but the weights, then the weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.batches import WindowSamples
from sksequence.cells import make_cell
from sksequence.estimators._fitting import train_network
from sksequence.estimators._forecast_ask import look_back
from sksequence.estimators._forecast_data import ForecastData, last_stretch, window_starts
from sksequence.estimators._forecast_read import check_calendar, check_lags, rows_before
from sksequence.estimators._forecast_tables import column_positions
from sksequence.estimators._parameters import layer_widths
from sksequence.estimators._validation import AUTO_FROM
from sksequence.inputs import TimeTable
from sksequence.networks import ForecastSpec
from sksequence.preprocessing._target_transforms import TargetTransforms
from sksequence.tasks import Forecasting, make_distribution
from sksequence.utils._random import torch_generator


def learn(forecaster, target: TimeTable, covariates: TimeTable | None, y: Any) -> None:
    """Everything but the weights."""
    columns = None if covariates is None else covariates.columns
    n_columns = 0 if covariates is None else covariates.values.shape[1]
    past = column_positions(forecaster.past_covariates, columns, n_columns, "past_covariates")
    static = column_positions(forecaster.static_covariates, columns, n_columns, "static_covariates")
    names = () if forecaster.target_transform is None else forecaster.target_transform
    names = (names,) if isinstance(names, str) else tuple(names)
    calendar = (
        (forecaster.calendar,)
        if isinstance(forecaster.calendar, str)
        else forecaster.calendar or ()
    )
    check_calendar(forecaster, calendar, target)
    forecaster.data_ = ForecastData(
        calendar=tuple(calendar),
        past=past,
        static=static,
        known=tuple(i for i in range(n_columns) if i not in past + static),
        transforms=TargetTransforms(names, forecaster.seasonality) if names else None,
        missing=forecaster.missing,
    )
    forecaster.data_.learn(target, covariates)
    forecaster.distribution_ = make_distribution(forecaster.loss, forecaster.quantiles)
    forecaster.lags_ = check_lags(forecaster)
    forecaster.one_target_ = getattr(y, "ndim", np.ndim(y)) == 1
    forecaster.target_name_ = getattr(y, "name", None)
    forecaster.covariate_names_ = columns


def train(forecaster, target, covariates, rng, max_epochs, keep, early_stopping):
    rows = forecaster.data_.rows(target, covariates)
    starts, series = windows_of(forecaster, rows, target)
    wanted = len(starts) >= AUTO_FROM if early_stopping == "auto" else early_stopping
    train, valid = np.arange(len(starts)), np.zeros(0, dtype=np.int64)
    if wanted:
        train, valid = last_stretch(
            starts, series, forecaster.horizon, forecaster.validation_fraction
        )
    earlier = getattr(forecaster, "history_", []) if keep else None
    if earlier is None:
        forecaster.network_ = make_spec(forecaster, rows).build(torch_generator(rng))

    def samples(at):
        return lambda: WindowSamples(
            rows,
            starts[at],
            series[at],
            forecaster.lookback,
            forecaster.horizon,
            lags=forecaster.lags_,
            batch_size=forecaster.batch_size,
            windows_per_epoch=forecaster.windows_per_epoch,
            scaling=forecaster.distribution_.scaling,
            dtype=forecaster.network_.head.weight.dtype,
            device=forecaster.network_.head.weight.device,
        )

    width = max(forecaster.network_.spec.widths)
    n_rows = (
        len(train) if forecaster.batch_size == "full" else min(forecaster.batch_size, len(train))
    )
    train_network(
        forecaster,
        Forecasting(forecaster.distribution_),
        samples(train),
        samples(valid) if len(valid) else None,
        rng,
        max_epochs,
        n_rows * forecaster.network_.spec.cell.n_gates * 2 * width * width,
        earlier,
    )
    if earlier is None:
        forecaster.spread_ = rows.spread
    remember(forecaster, target, covariates)
    look_back(forecaster, rows, target, starts[valid], series[valid])
    return forecaster


def windows_of(forecaster, rows, target: TimeTable):
    n_before = forecaster.data_.n_lost + rows_before(forecaster)
    needed = n_before + forecaster.horizon
    if (target.lengths < needed).any():
        i = int(np.argmin(target.lengths))
        which = "y" if target.keys is None else f"the series {target.keys[i]!r} of y"
        raise ValueError(
            f"{which} has {target.lengths[i]} rows, but one window needs lookback + lags + "
            f"horizon = {needed}: shorten them, or leave that series out."
        )
    starts, series = window_starts(target.offsets, n_before, forecaster.horizon)
    steps = np.arange(forecaster.horizon)
    seen = np.isfinite(rows.targets[starts[:, None] + steps]).any(axis=(1, 2))
    return starts[seen], series[seen]


def make_spec(forecaster, rows) -> ForecastSpec:
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
        n_parameters=forecaster.distribution_.n_parameters,
        with_missing=forecaster.missing == "mask",
        cell=make_cell(forecaster.cell),
        widths=layer_widths(forecaster.hidden_size, forecaster.n_layers),
        dropout=forecaster.dropout,
        teacher_forcing=(float(first), float(last)),
    )


def remember(forecaster, target: TimeTable, covariates: TimeTable | None) -> None:
    """Keep the last rows only."""
    n = rows_before(forecaster) + forecaster.data_.n_lost
    n = max(n, forecaster.seasonality)
    whole = forecaster.in_sample == "one_step"
    forecaster.tail_ = target if whole else target.tail(n)
    forecaster.covariate_tail_ = covariates
    if covariates is not None and not whole:
        forecaster.covariate_tail_ = covariates.tail(n)
