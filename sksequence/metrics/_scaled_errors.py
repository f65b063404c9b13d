"""Errors in units of what the seasonal naive forecast misses by on the training series."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.metrics._forecasts import (
    Average,
    as_floats,
    average_targets,
    check_forecasts,
    mean_by_series,
    series_of_rows,
)


@dataclass(frozen=True, eq=False)
class NaiveErrors:
    """What the seasonal naive forecast misses by on the training series, by series and target.

    Parameters
    ----------
    series : tuple of length n_series
        Label of each series; ``(None,)`` for a single one without a name.
    seasonality : int
        Steps of a season.
    absolute, squared : ndarray of shape (n_series, n_targets)
        Mean absolute and mean squared difference between a value and that one season before.
    """

    series: tuple[Hashable, ...]
    seasonality: int
    absolute: np.ndarray
    squared: np.ndarray


def naive_errors(y_train: Any, *, seasonality: int = 1, groups: Any = None) -> NaiveErrors:
    """Measure the seasonal naive forecast on the training series: the units of scaled errors.

    It is small, so that a fitted forecaster can keep it instead of its training series.

    Parameters
    ----------
    y_train : array-like of shape (n_times,) or (n_times, n_targets)
        The training series, in order of time; a panel has an index of two levels
        (series, time) or `groups`. Differences with a missing value (NaN) do not count.
    seasonality : int, default=1
        Steps of a season; 1 is the forecast that the next value is the last one.
    groups : array-like of shape (n_times,), default=None
        The series of each row.

    Returns
    -------
    NaiveErrors

    Raises
    ------
    ValueError
        When `seasonality` is no positive whole number, or a series has no two values that are
        a season apart.

    Examples
    --------
    >>> from sksequence.metrics import naive_errors
    >>> naive_errors([1, 2, 4, 7]).absolute
    array([[2.]])
    """
    if isinstance(seasonality, bool) or not isinstance(seasonality, (int, np.integer)):
        raise ValueError(f"seasonality must be a whole number, got {seasonality!r}.")
    if seasonality < 1:
        raise ValueError(f"seasonality must be at least 1, got {seasonality}.")
    values = as_floats("y_train", y_train, missing=True)
    values = values.reshape(len(values), -1)  # (n_times, n_targets)
    codes, labels = series_of_rows("y_train", y_train, groups, len(values))
    order = np.argsort(codes, kind="stable")
    parts = np.split(values[order], np.cumsum(np.bincount(codes))[:-1])
    steps = [part[seasonality:] - part[:-seasonality] for part in parts]
    for label, part, step in zip(labels, parts, steps, strict=True):
        if not np.isfinite(step).any(axis=0).all():
            raise ValueError(
                f"{_series(label)} has {len(part)} rows in y_train and no two values that are "
                f"seasonality={seasonality} rows apart: leave it out, or take a shorter season."
            )
    return NaiveErrors(
        tuple(labels),
        int(seasonality),
        np.array([np.nanmean(np.abs(step), axis=0) for step in steps]),
        np.array([np.nanmean(step**2, axis=0) for step in steps]),
    )


def mean_absolute_scaled_error(
    y_true: Any,
    y_pred: Any,
    *,
    y_train: Any,
    seasonality: int | None = None,
    groups: Any = None,
    groups_train: Any = None,
    multioutput: Average = "uniform_average",
) -> Any:
    r"""MASE: the error in units of what the seasonal naive forecast missed by in training.

    For one series with the training values :math:`y_1, \dots, y_n`, the season :math:`m` and
    :math:`h` forecasts [1]_,

    .. math::

       \mathrm{MASE} = \frac{\frac1h \sum_{t=n+1}^{n+h} |y_t - \hat y_t|}
       {\frac1{n-m} \sum_{t=m+1}^{n} |y_t - y_{t-m}|}.

    Below 1 the forecasts miss by less than the naive forecast of *one* season ahead did. Over
    a panel it is the mean of the series' own values, as in the M4 competition.

    Parameters
    ----------
    y_true : array-like of shape (n_times,) or (n_times, n_targets)
        Actual values. In a panel the series are those of `groups`, else the first level of an
        index of two levels (series, time).
    y_pred : array-like of the same shape
        Forecasts.
    y_train : array-like or NaiveErrors
        The training series in order of time, or what :func:`naive_errors` keeps of them.
    seasonality : int, default=None
        Steps of a season :math:`m`; None means 1, or that of the NaiveErrors.
    groups, groups_train : array-like, default=None
        The series of each row of `y_true` and of `y_train`.
    multioutput : {"uniform_average", "raw_values"}, default="uniform_average"
        The mean over the targets, or an array with one value for each.

    Returns
    -------
    error : float or ndarray of shape (n_targets,)
        From 0; less is better.

    Raises
    ------
    ValueError
        When the sides do not fit together, a series has no training rows, or a training
        series repeats itself exactly each season, which leaves nothing to divide by.

    See Also
    --------
    root_mean_squared_scaled_error : The same of squared errors.

    References
    ----------
    .. [1] R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast accuracy",
       International Journal of Forecasting 22:679-688, 2006.

    Examples
    --------
    >>> from sksequence.metrics import mean_absolute_scaled_error
    >>> mean_absolute_scaled_error([9, 9], [8, 10], y_train=[1, 2, 4, 7])
    0.5
    """
    actual, forecast = check_forecasts(y_true, y_pred)
    codes, labels = series_of_rows("y_true", y_true, groups, len(actual))
    naive = _naive(y_train, seasonality, groups_train)
    errors = mean_by_series(np.abs(actual - forecast), codes)
    return average_targets((errors / _units(naive, labels, naive.absolute)).mean(0), multioutput)


def root_mean_squared_scaled_error(
    y_true: Any,
    y_pred: Any,
    *,
    y_train: Any,
    seasonality: int | None = None,
    groups: Any = None,
    groups_train: Any = None,
    multioutput: Average = "uniform_average",
) -> Any:
    r"""RMSSE: the root of the squared error in units of that of the seasonal naive forecast.

    .. math::

       \mathrm{RMSSE} = \sqrt{\frac{\frac1h \sum_{t=n+1}^{n+h} (y_t - \hat y_t)^2}
       {\frac1{n-m} \sum_{t=m+1}^{n} (y_t - y_{t-m})^2}}

    for one series, as in the M5 competition [1]_ (there with :math:`m = 1`, and each series
    from its first sale on); over a panel the mean of the series' own values. Unlike MASE it is
    least for the forecast of the mean, not of the median, which of sparse sales is 0.

    Parameters
    ----------
    y_true : array-like of shape (n_times,) or (n_times, n_targets)
        Actual values. In a panel the series are those of `groups`, else the first level of an
        index of two levels (series, time).
    y_pred : array-like of the same shape
        Forecasts.
    y_train : array-like or NaiveErrors
        The training series in order of time, or what :func:`naive_errors` keeps of them.
    seasonality : int, default=None
        Steps of a season :math:`m`; None means 1, or that of the NaiveErrors.
    groups, groups_train : array-like, default=None
        The series of each row of `y_true` and of `y_train`.
    multioutput : {"uniform_average", "raw_values"}, default="uniform_average"
        The mean over the targets, or an array with one value for each.

    Returns
    -------
    error : float or ndarray of shape (n_targets,)
        From 0; less is better.

    Raises
    ------
    ValueError
        As for :func:`mean_absolute_scaled_error`.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis and V. Assimakopoulos, "M5 accuracy competition:
       results, findings, and conclusions", International Journal of Forecasting 38:1346-1364,
       2022.

    Examples
    --------
    >>> from sksequence.metrics import root_mean_squared_scaled_error
    >>> root_mean_squared_scaled_error([9, 9], [8, 10], y_train=[1, 3, 5, 7])
    0.5
    """
    actual, forecast = check_forecasts(y_true, y_pred)
    codes, labels = series_of_rows("y_true", y_true, groups, len(actual))
    naive = _naive(y_train, seasonality, groups_train)
    errors = mean_by_series((actual - forecast) ** 2, codes)
    ratios = np.sqrt(errors / _units(naive, labels, naive.squared))
    return average_targets(ratios.mean(0), multioutput)


def _naive(y_train: Any, seasonality: int | None, groups: Any) -> NaiveErrors:
    if not isinstance(y_train, NaiveErrors):
        season = 1 if seasonality is None else seasonality
        return naive_errors(y_train, seasonality=season, groups=groups)
    if seasonality not in (None, y_train.seasonality):
        raise ValueError(
            f"seasonality={seasonality}, but the naive errors were measured with "
            f"seasonality={y_train.seasonality}: leave it out, or give the training series."
        )
    return y_train


def _units(naive: NaiveErrors, labels: Any, errors: np.ndarray) -> np.ndarray:
    """The naive errors of the series with these labels, shape ``(n_series, n_targets)``."""
    places = {label: i for i, label in enumerate(naive.series)}
    for label in labels:
        if label not in places:
            raise ValueError(_no_unit(label, naive))
    units = errors[[places[label] for label in labels]]
    if not units.all():
        label = labels[int(np.argwhere(units == 0)[0][0])]
        raise ValueError(
            f"{_series(label)} repeats itself exactly in y_train each {naive.seasonality} step(s), "
            "so the naive forecast misses by 0 there, which nothing can be divided by: leave the "
            "series out, or take another measure, such as weighted_absolute_percentage_error."
        )
    return units


def _no_unit(label: Hashable, naive: NaiveErrors) -> str:
    """The message for a series without a naive error, as far as the reason can be told."""
    apart = f"two values that are seasonality={naive.seasonality} rows apart"
    if not naive.series:
        return (
            f"There is nothing to measure scaled errors in: no training series has {apart}. Train "
            "on more rows, or take a shorter season."
        )
    listed = ", ".join(map(repr, naive.series[:5])) + (", ..." if len(naive.series) > 5 else "")
    if (label is None) != (None in naive.series):
        sides = ("y_train", "y_true") if label is None else ("y_true", "y_train")
        named = listed if label is None else repr(label)
        return (
            f"{sides[0]} names its series ({named}) and {sides[1]} does not: name them on both "
            "sides in the same way, by an index of two levels (series, time) or by groups and "
            "groups_train."
        )
    return (
        f"{_series(label)} of y_true has no naive error to be measured in; there are those of "
        f"{listed}. In y_train it is not there under this name, or has no {apart}: name it in "
        "the same way, leave it out, or take a shorter season."
    )


def _series(label: Hashable) -> str:
    return "the series" if label is None else f"the series {label!r}"
