"""The distribution of each future value, in the units of the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.estimators._forecast_ask import roller_of
from sksequence.estimators._forecast_data import Origins, Past
from sksequence.estimators._forecast_tables import at_steps
from sksequence.tasks._distributions import POINT_LOSSES
from sksequence.utils._random import make_generator

# Paths from which quantiles are taken.
N_PATHS = 500
# Origins whose paths are in memory at a time.
N_PARTS = 256


@dataclass(frozen=True)
class Exact:
    """Closed-form distributions, with a transformation that keeps their order.

    Parameters
    ----------
    distribution : object
    parameters : ndarray of shape (n_origins, n_steps, n_targets, n_parameters)
    undo, apply : callable
        From the network's units to the user's and back, elementwise on
        ``(n_origins, n_steps, n_targets)``.
    """

    distribution: Any
    parameters: np.ndarray
    undo: Callable
    apply: Callable

    def quantile(self, levels: np.ndarray) -> np.ndarray:
        """Values below which `levels` of shape ``(n_steps, n_targets, n_q)`` lie."""
        found = [
            self.undo(_at_level(self.distribution, self.parameters, levels[:, :, q]))
            for q in range(levels.shape[2])
        ]
        return np.stack(found, axis=3)

    def cdf(self, values: np.ndarray) -> np.ndarray:
        """Probability of at most `values`, ``(n_origins, n_steps, n_targets)``."""
        return self.distribution.cdf(self.parameters, self.apply(values))


@dataclass(frozen=True)
class Drawn:
    """Paths that were drawn; marginals are those of the paths.

    Parameters
    ----------
    paths : ndarray of shape (n_paths, n_origins, n_steps, n_targets)
        In the units of the user.
    """

    paths: np.ndarray

    def quantile(self, levels: np.ndarray) -> np.ndarray:
        """Values below which `levels` of shape ``(n_steps, n_targets, n_q)`` lie."""
        result = np.empty((*self.paths.shape[1:], levels.shape[2]))
        for t, k in np.ndindex(*levels.shape[:2]):
            found = np.quantile(self.paths[:, :, t, k], levels[t, k], axis=0)  # (n_q, n)
            result[:, t, k] = found.T
        return result

    def cdf(self, values: np.ndarray) -> np.ndarray:
        """Share of the paths that are at most `values`."""
        return (self.paths <= values).mean(axis=0)


@dataclass(frozen=True)
class Around:
    """A point forecast with the errors that were seen on data held back.

    Errors that were all on one side shift the quantiles, but not beyond the forecast: below the
    median they are at most that, above it at least. So every interval holds the forecast, and what
    happens at least as often as errors like those would have it.

    Parameters
    ----------
    point : ndarray of shape (n_origins, n_steps, n_targets)
        In the network's units.
    scale : ndarray of shape (n_origins, 1, n_targets)
        Of the windows.
    errors : ndarray of shape (n_errors, n_steps, n_targets)
        In units of the windows.
    undo : callable
        ``undo(values)`` from the network's units to the user's.
    """

    point: np.ndarray
    scale: np.ndarray
    errors: np.ndarray
    undo: Callable

    def quantile(self, levels: np.ndarray) -> np.ndarray:
        """Values below which `levels` of shape ``(n_steps, n_targets, n_q)`` lie."""
        found, forecast = [], self.undo(self.point)
        for level in np.moveaxis(levels, 2, 0):
            error = conformal_quantiles(self.errors, level)
            values = self.undo(self.point + self.scale * error)
            found.append(beside(forecast, values, level))
        return np.stack(found, axis=3)


@dataclass(frozen=True)
class AroundChanges:
    """The same where errors add up over the steps, as those of changes do.

    Each row of errors is followed from the first step to the last, in the user's units.

    Parameters
    ----------
    point, scale, errors
        As of ``Around``.
    undo : callable
        ``undo(paths, part)`` for some of the origins, a slice of them.
    """

    point: np.ndarray
    scale: np.ndarray
    errors: np.ndarray
    undo: Callable

    def quantile(self, levels: np.ndarray) -> np.ndarray:
        """Values below which `levels` of shape ``(n_steps, n_targets, n_q)`` lie."""
        result = np.empty((*self.point.shape, levels.shape[2]))
        for at in range(0, len(self.point), N_PARTS):
            part = slice(at, at + N_PARTS)
            moved = self.scale[part] * self.errors[:, np.newaxis]
            paths = self.undo(self.point[part] + moved, part)  # (n_errors, n, n_steps, n_targets)
            (forecast,) = self.undo(self.point[part][np.newaxis], part)
            for q, level in enumerate(np.moveaxis(levels, 2, 0)):
                values = conformal_quantiles(paths, level)
                result[part, ..., q] = beside(forecast, values, level)
        return result


def beside(forecast: np.ndarray, values: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Quantiles on their side of the forecast: at most it below the median, at least it above."""
    low, high = np.minimum(values, forecast), np.maximum(values, forecast)
    return np.where(level < 0.5, low, np.where(level > 0.5, high, values))


def conformal_quantiles(values: np.ndarray, level: np.ndarray) -> np.ndarray:
    r"""Quantiles over the first axis, with the correction for the number of values.

    The upper half takes the :math:`\lceil (n + 1) q \rceil`-th smallest of n values, the lower
    half is its mirror image (Vovk, Gammerman and Shafer, 2005). NaN do not count; NaN if there
    is nothing else.

    Parameters
    ----------
    values : ndarray of shape (n, ...)
    level : ndarray
        Broadcasts with all axes but the first.
    """
    level = np.broadcast_to(level, values.shape[1:])
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan), axis=0)  # NaN come last
    n = np.isfinite(ordered).sum(axis=0)
    exact = np.round((n + 1) * level, 9)  # 0.95 * 20 is 19
    rank = np.where(level >= 0.5, np.ceil(exact), np.floor(exact)).astype(int)
    place = np.clip(rank - 1, 0, np.maximum(n - 1, 0))
    return np.take_along_axis(ordered, place[np.newaxis], axis=0)[0]


def errors_at_steps(errors: np.ndarray, n_steps: int) -> np.ndarray:
    """Errors ``(n, horizon, n_targets)`` for more steps: beyond the horizon those of its worst.

    The last step may be the easiest, where a season ends with it.
    """
    beyond = max(n_steps - errors.shape[1], 0)
    there = np.isfinite(errors)
    size = np.where(there, np.abs(errors), 0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    worst = np.take_along_axis(errors, size.argmax(axis=0)[np.newaxis, np.newaxis], axis=1)
    return np.concatenate([errors, np.repeat(worst, beyond, axis=1)], axis=1)[:, :n_steps]


def errors_ahead(errors: np.ndarray, n_steps: int) -> np.ndarray:
    """Errors ``(n, horizon, n_targets)`` for more steps: after each row one a horizon later."""
    n_blocks = -(-n_steps // errors.shape[1])
    rolled = [np.roll(errors, -i * errors.shape[1], axis=0) for i in range(n_blocks)]
    return np.concatenate(rolled, axis=1)[:, :n_steps]


def _at_level(distribution, parameters, levels) -> np.ndarray:
    """Quantiles at one level for each step and target."""
    result = np.empty(parameters.shape[:3])
    for t, k in np.ndindex(*levels.shape):
        found = distribution.quantile(parameters[:, t, k], np.array([levels[t, k]]))
        result[:, t, k] = found[..., 0]
    return result


# -- of a fitted forecaster -----------------------------------------------------------------------


def marginals(
    forecaster: Any, past: Past, origins: Origins, random_state: Any, n_paths: int = N_PATHS
) -> Exact | Drawn | Around | AroundChanges:
    """The distribution of each future value."""
    roller, undo = roller_of(forecaster), past.undone(origins)
    if forecaster.distribution_.name in POINT_LOSSES:
        needs_errors(forecaster)
        point, scale, n_steps = roller.means(origins), roller.scales(origins), origins.n_steps
        if past.data.n_lost == 0:
            return Around(point, scale, errors_at_steps(forecaster.errors_, n_steps), undo)
        errors = errors_ahead(forecaster.errors_, n_steps)
        return AroundChanges(
            point, scale, errors, lambda paths, part: past.undo(paths, origins.take(part))
        )
    at_once = forecaster.strategy == "direct" and origins.n_steps <= forecaster.horizon_
    if at_once and past.data.n_lost == 0:
        return Exact(
            forecaster.distribution_,
            roller.parameters(origins),
            undo,
            lambda values: past.apply(values, origins),
        )
    return Drawn(drawn_paths(forecaster, past, origins, n_paths, random_state))


def drawn_paths(
    forecaster: Any, past: Past, origins: Origins, n_paths: int, random_state: Any
) -> np.ndarray:
    """Possible futures ``(n_paths, n_origins, n_steps, n_targets)`` in the user's units."""
    drawn = roller_of(forecaster).paths(origins, n_paths, make_generator(random_state))
    return past.undo(drawn, origins)


def corrected_levels(
    forecaster: Any, wanted: np.ndarray, n_steps: int, calibrated: bool
) -> np.ndarray:
    """Probabilities ``(n_steps, n_targets, n_q)``, corrected by what held before."""
    n_targets = forecaster.tail_.values.shape[1]
    levels = np.broadcast_to(wanted, (n_steps, n_targets, len(wanted)))
    if not calibrated or forecaster.distribution_.name in POINT_LOSSES or forecaster.ranks_ is None:
        return levels
    ranks = at_steps(forecaster.ranks_, n_steps)
    each = np.broadcast_to(ranks[..., np.newaxis], (*ranks.shape, len(wanted)))
    corrected = conformal_quantiles(each, levels)
    corrected = np.where(np.isfinite(corrected), corrected, levels)
    return np.clip(corrected, 1e-6, 1 - 1e-6)


def needs_distribution(forecaster: Any, what: str) -> None:
    """Raise ValueError of a loss that has nothing to draw from."""
    if forecaster.distribution_.name in POINT_LOSSES:
        raise ValueError(
            f"{what} draws from a distribution, but loss={forecaster.loss!r} learns none: take "
            '"gaussian", "student_t", "negative_binomial", "zero_inflated_gamma" or "quantile".'
        )


def needs_errors(forecaster: Any) -> None:
    """Raise ValueError of a point forecast without errors that were seen."""
    if forecaster.errors_ is not None:
        return
    remedy = "give more rows, or raise validation_fraction"
    if hasattr(forecaster, "early_stopping"):
        remedy = 'set early_stopping=True, or learn a distribution, e.g. loss="gaussian"'
    raise ValueError(
        f"bounds around a point forecast (loss={forecaster.distribution_.name!r}) come from errors "
        f"on a stretch of time that was held back, but there was none: {remedy}."
    )
