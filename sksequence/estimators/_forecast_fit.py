"""Learn everything but the weights, then the weights, then what they are worth."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.batches import WindowSamples
from sksequence.cells import make_cell
from sksequence.estimators._fitting import train_network
from sksequence.estimators._forecast_ask import expected, keep_form, origins_at, roller_of
from sksequence.estimators._forecast_data import ForecastData, Past, last_stretch, window_starts
from sksequence.estimators._forecast_marginals import marginals
from sksequence.estimators._forecast_read import (
    check_calendar,
    check_lags,
    numbers_of_symbols,
    rows_before,
)
from sksequence.estimators._forecast_tables import (
    as_tuple,
    check_seen,
    check_static,
    column_positions,
    naive_errors_of,
    rows_since_seen,
    seasonal_naive,
    some_series,
    warn_if_constant,
    warn_of_covariates,
)
from sksequence.estimators._forecast_warnings import warn
from sksequence.estimators._parameters import layer_widths, recurrent_options
from sksequence.estimators._same_sizes import check_same_sizes
from sksequence.estimators._validation import AUTO_FROM
from sksequence.inputs import TimeTable
from sksequence.networks import ForecastSpec
from sksequence.networks._stacks import FREE_FIELDS, set_free_fields
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
        check_static(covariates, static, name, forecaster.categories_)
    check_seen(target, name)
    warn_if_constant(target, name)
    known = tuple(i for i in range(n_columns) if i not in past + static)
    if covariates is not None:
        warn_of_covariates(target, covariates, known, name)
    transforms = as_tuple(forecaster.target_transform)
    forecaster.data_ = ForecastData(
        calendar=check_calendar(forecaster.calendar, target),
        past=past,
        static=static,
        known=known,
        transforms=TargetTransforms(transforms, forecaster.seasonality) if transforms else None,
        lookback=forecaster.lookback,
        categories=numbers_of_symbols(forecaster, columns),
    )
    forecaster.data_.learn(target, covariates, forecaster.missing == "mask")
    forecaster.lookback_, forecaster.horizon_ = forecaster.lookback, forecaster.horizon
    forecaster.lags_ = check_lags(forecaster)
    forecaster.naive_errors_ = naive_errors_of(target, forecaster.seasonality)
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
    if positive:
        check_amounts(forecaster, target)


def check_amounts(forecaster: Any, target: TimeTable) -> None:
    """Raise ValueError if what should be counts or amounts is not."""
    values, loss = target.values, forecaster.loss
    bad, what = values < 0, "targets that are not negative"
    if forecaster.distribution_.discrete:
        bad, what = bad | (values % 1 > 0), "counts, whole numbers from 0,"
    if bad.any():
        row, column = np.argwhere(bad)[0]
        where = f"row {row}" if target.clock.kind == "none" else f"row {row} ({target.index[row]})"
        raise ValueError(
            f"loss={loss!r} needs {what} but {where} of y is {values[row, column]:g}: take "
            '"gaussian" or "student_t".'
        )
    names = as_tuple(forecaster.target_transform)
    if set(names) - (set() if forecaster.distribution_.discrete else {"scale"}):
        raise ValueError(
            f"loss={loss!r} is about y itself, not about {names}: set target_transform=None (it "
            "reads each window in units of its own anyway)."
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
    stop_by = spread_out(valid, forecaster.windows_per_epoch)
    spec = make_spec(forecaster, past)
    delay = max(getattr(spec.cell, "delays", (0,)))
    if delay >= forecaster.lookback:
        warn(
            f"the delay of {delay} steps of the cell reaches back beyond the window of "
            f"lookback={forecaster.lookback} rows: nothing comes over it. Choose a shorter delay, "
            "or a longer lookback."
        )
    earlier = None
    if keep:
        earlier = forecaster.history_
        check_same_spec(forecaster.network_.spec, spec)
        set_free_fields(forecaster.network_, spec)
        forecaster.network_.spec = spec
    else:
        forecaster.network_ = spec.build(torch_generator(rng))
    parts = [samples_of(forecaster, past, starts[at], series[at]) for at in (train, stop_by)]
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
    check_lengths(target, needed, type(forecaster).__name__, first_rows is None)
    starts, series = window_starts(target.offsets, n_before, horizon, first_rows)
    seen = np.zeros(len(starts), dtype=bool)
    for step in range(horizon):
        seen |= np.isfinite(past.rows.targets[starts + step]).any(axis=1)
    if not seen.any():
        raise ValueError(
            f"y has no window of {needed} rows with a value to forecast in it: give more rows."
        )
    seen &= _with_past(past.rows.targets, starts, forecaster.lookback_, seen)
    return starts[seen], series[seen]


def _with_past(targets, starts, lookback, wanted) -> np.ndarray:
    """Windows that know the level of each target; all, where none of those wanted does."""
    there = np.isfinite(targets)
    if there.all():
        return np.ones(len(starts), dtype=bool)
    counts = np.concatenate([np.zeros((1, targets.shape[1]), dtype=int), there.cumsum(axis=0)])
    known = (counts[starts] > counts[starts - lookback]).all(axis=1)
    return known if (known & wanted).any() else np.ones(len(starts), dtype=bool)


def check_lengths(target: TimeTable, needed: int, name: str, aloud: bool = True) -> None:
    """Warn of the series that are shorter than a window; a ValueError if all of them are."""
    short = np.flatnonzero(target.lengths < needed)
    if not len(short):
        return
    window = f"lookback + horizon = {needed}, lags and rows lost to target_transform included"
    longest = int(target.lengths.max())
    if len(short) == target.n_series:
        which = "y has" if target.keys is None else "the longest series of y has"
        raise ValueError(
            f"{which} {longest} rows (n_samples = {longest}), but one window of {name} needs "
            f"{window}: shorten them, or give more rows."
        )
    if aloud:
        warn(
            f"{len(short)} of the {target.n_series} series of y are shorter than a window of "
            f"{name} ({window}) and are not trained on: {some_series(target, short)}. They are "
            "forecast all the same, where needed as if their first row had been there before."
        )


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
        n_observed=rows.observed.shape[1] + len(range(*rows.observed_marks)),
        n_known=rows.known.shape[1]
        + len(range(*rows.known_marks))
        + n_targets * len(forecaster.lags_),
        n_static=rows.static.shape[1],
        n_parameters=distribution.n_parameters,
        with_missing=forecaster.missing == "mask",
        cell=make_cell(forecaster.cell),
        widths=layer_widths(forecaster.hidden_size, forecaster.n_layers),
        dropout=forecaster.dropout,
        teacher_forcing=(float(first), float(last)),
        location=location_of(distribution) if min(first, last) < 1 else 0,
        **recurrent_options(forecaster),
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
    check_same_sizes((fitted, wanted), free=(*FREE_FIELDS, "teacher_forcing", "location"))


def remember(forecaster: Any, target: TimeTable, covariates: TimeTable | None) -> None:
    """Keep the last rows only: for a window, a season, and windows that end in the next row.

    Where nothing was seen of late, those since the last value (of each place in the season).
    """
    n = rows_before(forecaster) + forecaster.data_.n_lost + forecaster.horizon_ - 1
    data = forecaster.data_
    n = max(n, forecaster.seasonality, rows_since_seen(target, data.period) + data.n_lost)
    whole = forecaster.in_sample == "one_step"
    forecaster.tail_ = target if whole else target.tail(n)
    forecaster.covariate_tail_ = covariates
    if covariates is not None and not whole:
        forecaster.covariate_tail_ = covariates.tail(n)


# -- what the stretch that was held back says ---------------------------------------------------


def look_back(
    forecaster: Any, past: Past, starts: np.ndarray, series: np.ndarray, aloud: bool = True
) -> None:
    """Errors and ranks for intervals, and skill against the naive forecast."""
    forecaster.errors_ = forecaster.ranks_ = forecaster.validation_skill_ = None
    if not len(starts):
        return
    starts, series = spread_out(starts, N_HELD_BACK), spread_out(series, N_HELD_BACK)
    horizon = forecaster.horizon_
    origins = origins_at(forecaster, past, starts, series, horizon)
    steps = starts[:, None] + np.arange(horizon)
    truth = past.target.values[steps]
    if forecaster.distribution_.name in POINT_LOSSES:
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
        if aloud:
            warn_if_naive_wins(forecaster, ratio)


def spread_out(values: np.ndarray, n: int | None) -> np.ndarray:
    """At most `n` of them, evenly from the first to the last; None: all."""
    if n is None or len(values) <= n:
        return values
    return values[np.linspace(0, len(values) - 1, n).round().astype(int)]


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
    warn(
        f"{type(forecaster).__name__} does not beat the naive forecast: on the last stretch of "
        f"time, held back from training, its mean absolute error is {ratio:.2f} times that of "
        f"repeating {what}. Forecasts may be worth no more than that; more data, covariates, "
        "another lookback, seasonality or target_transform may help."
    )
