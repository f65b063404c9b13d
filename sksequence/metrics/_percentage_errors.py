"""Errors in per cent: sMAPE as in the M competitions, and WAPE."""

from typing import Any

import numpy as np

from sksequence.metrics._forecasts import (
    Average,
    average_targets,
    check_forecasts,
    mean_by_series,
    series_of_rows,
)


def symmetric_mean_absolute_percentage_error(
    y_true: Any, y_pred: Any, *, groups: Any = None, multioutput: Average = "uniform_average"
) -> Any:
    r"""sMAPE in per cent, from 0 to 200, as in the M4 competition.

    .. math::

       \mathrm{sMAPE} = \frac{200}{h} \sum_{t=1}^{h}
       \frac{|y_t - \hat y_t|}{|y_t| + |\hat y_t|},

    where a term with :math:`y_t = \hat y_t = 0` is 0 [1]_. Others leave out the factor 2 or
    the 100: look before comparing figures. It is not symmetric in the error (a forecast that is
    too low costs more than one as much too high), and close to zero it says little.

    Parameters
    ----------
    y_true : array-like of shape (n_times,) or (n_times, n_targets)
        Actual values. In a panel the series are those of `groups`, else the first level of an
        index of two levels (series, time).
    y_pred : array-like of the same shape
        Forecasts.
    groups : array-like of shape (n_times,), default=None
        The series of each row. Each series then counts alike, however many rows it has.
    multioutput : {"uniform_average", "raw_values"}, default="uniform_average"
        The mean over the targets, or an array with one value for each.

    Returns
    -------
    error : float or ndarray of shape (n_targets,)
        Between 0 and 200; less is better.

    Raises
    ------
    ValueError
        When the sides do not fit together or a value is missing.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis and V. Assimakopoulos, "The M4 competition: 100,000 time
       series and 61 forecasting methods", International Journal of Forecasting 36:54-74, 2020.

    Examples
    --------
    >>> from sksequence.metrics import symmetric_mean_absolute_percentage_error
    >>> symmetric_mean_absolute_percentage_error([100, 100], [100, 300])
    50.0
    """
    actual, forecast = check_forecasts(y_true, y_pred)
    codes, _ = series_of_rows("y_true", y_true, groups, len(actual))
    size = np.abs(actual) + np.abs(forecast)
    shares = np.abs(actual - forecast) / np.where(size == 0, 1.0, size)
    return average_targets(200 * mean_by_series(shares, codes).mean(0), multioutput)


def weighted_absolute_percentage_error(
    y_true: Any, y_pred: Any, *, multioutput: Average = "uniform_average"
) -> Any:
    r"""WAPE in per cent: all that was missed by, of all that there was.

    .. math:: \mathrm{WAPE} = 100 \, \frac{\sum_t |y_t - \hat y_t|}{\sum_t |y_t|}

    over all rows, those of a panel taken together, so that large series count more. It stands
    zeros among the actual values, which the mean of percentages does not.

    Parameters
    ----------
    y_true : array-like of shape (n_times,) or (n_times, n_targets)
        Actual values.
    y_pred : array-like of the same shape
        Forecasts.
    multioutput : {"uniform_average", "raw_values"}, default="uniform_average"
        The mean over the targets, or an array with one value for each.

    Returns
    -------
    error : float or ndarray of shape (n_targets,)
        From 0; the forecast of always 0 has 100; less is better.

    Raises
    ------
    ValueError
        When the sides do not fit together, a value is missing, or all actual values are 0.

    Examples
    --------
    >>> from sksequence.metrics import weighted_absolute_percentage_error
    >>> weighted_absolute_percentage_error([0, 10, 30], [1, 9, 32])
    10.0
    """
    actual, forecast = check_forecasts(y_true, y_pred)
    total = np.abs(actual).sum(axis=0)
    if not total.all():
        raise ValueError(
            "all actual values of a target are 0, so there is nothing to take per cent of: take "
            "scikit-learn's mean_absolute_error."
        )
    return average_targets(100 * np.abs(actual - forecast).sum(axis=0) / total, multioutput)
