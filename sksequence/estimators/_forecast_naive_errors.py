"""How far naive forecasts are off: errors of one step, and how they grow."""

from __future__ import annotations

import itertools

import numpy as np

from sksequence.estimators._forecast_marginals import beside, conformal_quantiles
from sksequence.estimators._forecast_tables import some_series
from sksequence.estimators._forecast_warnings import warn
from sksequence.inputs import TimeTable

# Errors of a series that are kept; of more, as many quantiles.
N_ERRORS = 1000

# What becomes of a series without the rows that a strategy learns from, and what to do.
TOO_SHORT = {
    "seasonal": (
        "a whole season",
        "steps that were never seen repeat the last value, and bounds of intervals are NaN",
        'a shorter seasonality, or strategy="last"',
    ),
    "climatology": (
        "any step of the season twice",
        "each value is its own mean, steps that were never seen get the mean of all, and "
        "intervals have width zero",
        'a shorter seasonality, or strategy="last"',
    ),
    "drift": (
        "a row that could miss the line from the first to the last",
        "intervals have width zero, or with one row bounds that are NaN",
        'strategy="last"',
    ),
}


def warn_if_too_short(table: TimeTable, strategy: str, m: int, what: str = "y") -> None:
    """Warn of series in which a strategy has not seen what it repeats; once for all of them."""
    needed = {"seasonal": m, "climatology": m + 1, "drift": 3}.get(strategy, 0)
    short = np.flatnonzero(table.lengths < needed)
    if not len(short):
        return
    who = f"{what} has {table.lengths[0]} row(s), fewer than the {needed}"
    if table.keys is not None:
        who = (
            f"{len(short)} of the {table.n_series} series of {what} have fewer rows than the "
            f"{needed} ({some_series(table, short)})"
        )
    season = "" if strategy == "drift" else f" with seasonality={m}"
    lacking, outcome, instead = TOO_SHORT[strategy]
    warn(
        f'{who} that strategy="{strategy}"{season} needs to see {lacking}: {outcome}. Give longer '
        f"series, or set {instead}."
    )


def errors_in_sample(
    table: TimeTable, strategy: str, m: int, slope: np.ndarray | None, climate: np.ndarray | None
) -> list[np.ndarray]:
    """What a strategy missed by one step (one season) ahead, in ascending order, by series.

    Parameters
    ----------
    table : TimeTable
    strategy : {"last", "seasonal", "drift", "climatology"}
    m : int
        Rows of a season.
    slope : ndarray of shape (n_series, n_targets) or None
    climate : ndarray of shape (n_series, m, n_targets) or None

    Returns
    -------
    list of ndarray of shape (n_errors, n_targets)
    """
    result = []
    for i, (first, stop) in enumerate(itertools.pairwise(table.offsets)):
        values = table.values[first:stop]
        if climate is not None:
            errors = values - climate[i, (table.starts[i] + np.arange(stop - first)) % m]
        else:
            ahead = m if strategy == "seasonal" else 1
            errors = values[ahead:] - values[:-ahead]
        if slope is not None:
            errors = errors - slope[i]
        result.append(_fewer(errors))
    return result


def growth(steps: np.ndarray, strategy: str, m: int, n_rows: np.ndarray) -> np.ndarray:
    r"""The deviation of errors so many steps ahead (from 1), that of one step being 1.

    ===============  ======================================
    "last"           :math:`\sqrt j`
    "seasonal"       :math:`\sqrt{\lceil j / m \rceil}`
    "drift"          :math:`\sqrt{j\, (1 + j / (T - 1))}`
    "climatology"    1
    ===============  ======================================

    for uncorrelated errors of mean 0 and a series of T rows (Hyndman, Athanasopoulos, 2021,
    "Forecasting: principles and practice", 5.5). What repeated values lag behind in a trend grows
    as j, or as the number of seasons, and leaves bands that grow as its root.
    """
    if strategy == "climatology":
        return np.ones(np.broadcast_shapes(steps.shape, n_rows.shape))
    variance = np.ceil(steps / m) if strategy == "seasonal" else steps
    if strategy == "drift":
        variance = variance * (1 + steps / np.maximum(n_rows - 1, 1))
    return np.sqrt(np.broadcast_to(variance, np.broadcast_shapes(steps.shape, n_rows.shape)))


def quantiles_of_errors(errors: list[np.ndarray], wanted: np.ndarray, strategy: str) -> np.ndarray:
    """Conformal quantiles ``(n_series, n_targets, n_q)``; NaN of a series without errors.

    Errors of a trend are all on one side. Quantiles below the median are then at most 0, where
    the forecast is, and those above it at least: the band is wider, never narrower, and holds the
    forecast. Only "climatology", whose errors have mean 0 at every step of a season, keeps
    quantiles of one sign: they tell of values that are lopsided around their mean, as rain is.
    """
    n_targets = errors[0].shape[1]
    result = np.full((len(errors), n_targets, len(wanted)), np.nan)
    for i, seen in enumerate(errors):
        if len(seen):
            each = np.broadcast_to(seen[..., np.newaxis], (*seen.shape, len(wanted)))
            result[i] = conformal_quantiles(each, wanted)
    return result if strategy == "climatology" else beside(np.zeros(()), result, wanted)


def _fewer(errors: np.ndarray) -> np.ndarray:
    """In ascending order, NaN last; at most so many, evenly over their ranks."""
    errors = np.sort(errors, axis=0)
    if len(errors) <= N_ERRORS:
        return errors
    return np.nanquantile(errors, (np.arange(N_ERRORS) + 0.5) / N_ERRORS, axis=0)
