"""Scores of forecast quantiles and of the intervals between two of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sksequence.metrics._forecasts import as_columns, check_same_rows, check_share, last_axis


def pinball_loss(
    y_true: Any, y_quantiles: Any, *, quantiles: float | Sequence[float], average: bool = True
) -> Any:
    r"""Pinball loss of forecast quantiles, of several levels at once.

    For the forecast :math:`q` of the quantile of level :math:`\alpha` a value :math:`y` costs
    :math:`\alpha (y - q)` when it lies above and :math:`(1 - \alpha)(q - y)` when it lies below
    [1]_. Twice its mean over all levels is the continuous ranked probability score.

    Parameters
    ----------
    y_true : array-like of shape (n_times,) or (n_times, n_targets)
        Actual values.
    y_quantiles : array-like of shape (n_times, n_quantiles)
        A column for each level; for several targets ``(n_times, n_targets, n_quantiles)``, or a
        table with the columns of each target side by side.
    quantiles : float or sequence of float
        The levels, each between 0 and 1.
    average : bool, default=True
        The mean over the levels; else an array with one loss for each.

    Returns
    -------
    loss : float or ndarray of shape (n_quantiles,)
        From 0, in units of y; less is better.

    Raises
    ------
    ValueError
        When a level is none, the shapes do not fit, or a value is missing.

    See Also
    --------
    sklearn.metrics.mean_pinball_loss : The same of a single level, with sample weights.

    References
    ----------
    .. [1] R. Koenker and G. Bassett, "Regression quantiles", Econometrica 46:33-50, 1978.

    Examples
    --------
    >>> from sksequence.metrics import pinball_loss
    >>> pinball_loss([10, 10], [[8, 12], [9, 11]], quantiles=[0.25, 0.75], average=False)
    array([0.375, 0.375])
    """
    from sklearn.metrics import mean_pinball_loss

    levels = [check_share("quantiles", level) for level in np.atleast_1d(np.asarray(quantiles))]
    check_same_rows("y_true", y_true, "y_quantiles", y_quantiles)
    actual = as_columns("y_true", y_true)
    if np.ndim(y_quantiles) == 1:
        y_quantiles = np.asarray(y_quantiles)[:, np.newaxis]
    forecasts = last_axis("y_quantiles", actual, y_quantiles)  # (n_times, n_targets, n_quantiles)
    if forecasts.shape[2] != len(levels):
        raise ValueError(
            f"y_quantiles has {forecasts.shape[2]} forecast(s) for each value, but quantiles names "
            f"{len(levels)} level(s): give one column for each level."
        )
    losses = [
        mean_pinball_loss(actual, forecasts[:, :, i], alpha=level) for i, level in enumerate(levels)
    ]
    return float(np.mean(losses)) if average else np.array(losses)


def interval_coverage(y_true: Any, lower: Any, upper: Any) -> float:
    """Share of the actual values that lie in their interval, bounds included.

    Intervals for 90 % should hold 90 %: more is not better, they are then too wide.

    Parameters
    ----------
    y_true : array-like of shape (n_times,) or (n_times, n_targets)
        Actual values.
    lower, upper : array-like of the same shape
        Bounds of the intervals.

    Returns
    -------
    share : float
        Between 0 and 1.

    Raises
    ------
    ValueError
        When the shapes differ, a value is missing, or a lower bound is above its upper one.

    Examples
    --------
    >>> from sksequence.metrics import interval_coverage
    >>> interval_coverage([1, 2, 3, 4], [0, 0, 0, 0], [3, 3, 3, 3])
    0.75
    """
    actual, low, high = _check_intervals(y_true, lower, upper)
    return float(np.mean((low <= actual) & (actual <= high)))


def interval_score(
    y_true: Any, lower: Any, upper: Any, *, coverage: float, average: bool = True
) -> Any:
    r"""Winkler's interval score: the width, and a penalty for each value outside.

    For the interval :math:`[l, u]` that is to hold the share :math:`1 - \alpha` [1]_,

    .. math::

       S = (u - l) + \frac2\alpha (l - y)_+ + \frac2\alpha (y - u)_+ .

    It is least, in the mean, for the quantiles of levels :math:`\alpha/2` and
    :math:`1 - \alpha/2`, and equals :math:`2/\alpha` times the sum of their pinball losses.

    Parameters
    ----------
    y_true : array-like of shape (n_times,) or (n_times, n_targets)
        Actual values.
    lower, upper : array-like of the same shape
        Bounds of the intervals.
    coverage : float
        The share :math:`1 - \alpha` of the values that the intervals are to hold, as 0.9.
    average : bool, default=True
        The mean over rows and targets; else an array of the shape of `y_true`.

    Returns
    -------
    score : float or ndarray
        From 0, in units of y; less is better.

    Raises
    ------
    ValueError
        When `coverage` is no share, the shapes differ, a value is missing, or a lower bound is
        above its upper one.

    References
    ----------
    .. [1] T. Gneiting and A. E. Raftery, "Strictly proper scoring rules, prediction, and
       estimation", Journal of the American Statistical Association 102:359-378, 2007, eq. 43.

    Examples
    --------
    >>> from sksequence.metrics import interval_score
    >>> interval_score([5, 11], [0, 0], [10, 10], coverage=0.9, average=False)
    array([10., 30.])
    """
    alpha = 1 - check_share("coverage", coverage)
    actual, low, high = _check_intervals(y_true, lower, upper)
    outside = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    scores = high - low + 2 / alpha * outside
    return float(scores.mean()) if average else scores.reshape(np.shape(y_true))


def _check_intervals(y_true: Any, lower: Any, upper: Any) -> tuple[np.ndarray, ...]:
    sides = {"y_true": y_true, "lower": lower, "upper": upper}
    for name in ("lower", "upper"):
        check_same_rows("y_true", y_true, name, sides[name])
    columns = [as_columns(name, given) for name, given in sides.items()]
    if len({one.shape for one in columns}) > 1:
        listed = ", ".join(f"{name} {np.shape(given)}" for name, given in sides.items())
        raise ValueError(f"the shapes of values and bounds differ: {listed}.")
    crossed = np.argwhere(columns[1] > columns[2])
    if len(crossed):
        row, target = crossed[0]
        raise ValueError(
            f"the lower bound {columns[1][row, target]:g} of row {row} lies above the upper bound "
            f"{columns[2][row, target]:g}: exchange them, or sort the quantiles of each row."
        )
    return tuple(columns)
