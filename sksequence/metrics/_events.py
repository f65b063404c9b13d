"""Scores of events: rain or no rain, above or below a threshold."""

from typing import Any, NamedTuple

import numpy as np

from sksequence.metrics._forecasts import as_floats, check_same_rows


class Counts(NamedTuple):
    """What was forecast and what came."""

    hits: int
    misses: int
    false_alarms: int


def brier_score(y_true: Any, probability: Any, *, threshold: float | None = None) -> float:
    r"""Brier score: the mean squared error of the probabilities of an event.

    .. math:: \mathrm{BS} = \frac1n \sum_t (p_t - o_t)^2,

    with :math:`o_t = 1` where the event came and 0 where it did not [1]_. It is
    scikit-learn's ``brier_score_loss`` of amounts above a threshold.

    Parameters
    ----------
    y_true : array-like of shape (n_times,)
        Amounts; or events (bool, or 0 and 1) with ``threshold=None``.
    probability : array-like of shape (n_times,)
        Forecast probability of the event.
    threshold : float, default=None
        The event is an amount of at least this.

    Returns
    -------
    score : float
        Between 0 and 1; less is better.

    Raises
    ------
    ValueError
        When the shapes differ, a value is missing, a probability is none, or `y_true` holds
        amounts and there is no threshold.

    References
    ----------
    .. [1] G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly
       Weather Review 78:1-3, 1950.

    Examples
    --------
    >>> from sksequence.metrics import brier_score
    >>> brier_score([0.0, 3.1, 0.0, 12.5], [0.5, 0.5, 0.0, 1.0], threshold=0.05)
    0.125
    """
    from sklearn.metrics import brier_score_loss

    events = _events("y_true", y_true, threshold)
    check_same_rows("y_true", y_true, "probability", probability)
    chances = as_floats("probability", probability)
    _check_shapes(events, "probability", chances)
    if chances.min() < 0 or chances.max() > 1:
        raise ValueError(
            f"probability must lie between 0 and 1, got values from {chances.min():g} to "
            f"{chances.max():g}."
        )
    return float(brier_score_loss(events.ravel(), chances.ravel(), pos_label=True))


def critical_success_index(y_true: Any, y_pred: Any, *, threshold: float | None = None) -> float:
    r"""CSI, the threat score: events that were forecast, of all that came or were forecast.

    .. math::

       \mathrm{CSI} = \frac{\text{hits}}{\text{hits} + \text{misses} + \text{false alarms}}

    Parameters
    ----------
    y_true, y_pred : array-like of the same shape
        Actual and forecast amounts, of any shape, as a series or frames of a radar; or events
        (bool, or 0 and 1) with ``threshold=None``.
    threshold : float, default=None
        The event is an amount of at least this.

    Returns
    -------
    score : float
        Between 0 and 1; more is better. NaN when nothing came and nothing was forecast.

    Raises
    ------
    ValueError
        When the shapes differ, a value is missing, or there are amounts and no threshold.

    See Also
    --------
    sklearn.metrics.jaccard_score : The same of labels.

    Examples
    --------
    >>> from sksequence.metrics import critical_success_index
    >>> critical_success_index([0.0, 3.1, 0.0, 12.5], [0.2, 1.7, 0.0, 0.0], threshold=0.1)
    0.3333333333333333
    """
    counts = _count(y_true, y_pred, threshold)
    return _ratio(counts.hits, sum(counts))


def probability_of_detection(y_true: Any, y_pred: Any, *, threshold: float | None = None) -> float:
    r"""POD, the hit rate: events that were forecast, of all that came.

    .. math:: \mathrm{POD} = \frac{\text{hits}}{\text{hits} + \text{misses}}

    Who always forecasts the event has a POD of 1: print the false alarm ratio beside it.

    Parameters
    ----------
    y_true, y_pred : array-like of the same shape
        Actual and forecast amounts, of any shape; or events (bool, or 0 and 1) with
        ``threshold=None``.
    threshold : float, default=None
        The event is an amount of at least this.

    Returns
    -------
    score : float
        Between 0 and 1; more is better. NaN when the event never came.

    Raises
    ------
    ValueError
        When the shapes differ, a value is missing, or there are amounts and no threshold.

    See Also
    --------
    sklearn.metrics.recall_score : The same of labels.

    Examples
    --------
    >>> from sksequence.metrics import probability_of_detection
    >>> probability_of_detection([0.0, 3.1, 0.0, 12.5], [0.2, 1.7, 0.0, 0.0], threshold=0.1)
    0.5
    """
    counts = _count(y_true, y_pred, threshold)
    return _ratio(counts.hits, counts.hits + counts.misses)


def false_alarm_ratio(y_true: Any, y_pred: Any, *, threshold: float | None = None) -> float:
    r"""FAR: forecasts of the event that did not come true, of all its forecasts.

    .. math:: \mathrm{FAR} = \frac{\text{false alarms}}{\text{hits} + \text{false alarms}}

    It is 1 minus the precision, and not the false alarm *rate*, whose denominator are the
    cases without the event.

    Parameters
    ----------
    y_true, y_pred : array-like of the same shape
        Actual and forecast amounts, of any shape; or events (bool, or 0 and 1) with
        ``threshold=None``.
    threshold : float, default=None
        The event is an amount of at least this.

    Returns
    -------
    score : float
        Between 0 and 1; less is better. NaN when the event was never forecast.

    Raises
    ------
    ValueError
        When the shapes differ, a value is missing, or there are amounts and no threshold.

    See Also
    --------
    sklearn.metrics.precision_score : 1 minus this, of labels.

    Examples
    --------
    >>> from sksequence.metrics import false_alarm_ratio
    >>> false_alarm_ratio([0.0, 3.1, 0.0, 12.5], [0.2, 1.7, 0.0, 0.0], threshold=0.1)
    0.5
    """
    counts = _count(y_true, y_pred, threshold)
    return _ratio(counts.false_alarms, counts.hits + counts.false_alarms)


def _count(y_true: Any, y_pred: Any, threshold: float | None) -> Counts:
    check_same_rows("y_true", y_true, "y_pred", y_pred)
    came, said = _events("y_true", y_true, threshold), _events("y_pred", y_pred, threshold)
    _check_shapes(came, "y_pred", said)
    return Counts(int((came & said).sum()), int((came & ~said).sum()), int((~came & said).sum()))


def _events(name: str, given: Any, threshold: float | None) -> np.ndarray:
    values = as_floats(name, given)
    if threshold is not None:
        return values >= threshold
    if not np.isin(values, (0, 1)).all():
        other = values[~np.isin(values, (0, 1))][0]
        raise ValueError(
            f"{name} holds {other:g}, so these are amounts, not events: say from which amount on "
            "it is one, such as threshold=0.1."
        )
    return values == 1


def _check_shapes(came: np.ndarray, name: str, other: np.ndarray) -> None:
    if came.shape != other.shape:
        raise ValueError(
            f"y_true has the shape {came.shape} and {name} {other.shape}: give one for each."
        )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
