"""A step size chosen epoch by epoch."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

from sksequence.callbacks._places import check_trains_network, is_epoch


class LearningRateSchedule:
    """Set the step size of the optimiser before each epoch, from what the training has shown.

    Schedules that depend only on how far training is need no callback: see the parameter
    ``learning_rate_schedule`` of the estimators, whose factor multiplies what is set here.

    Parameters
    ----------
    rule : callable
        ``rule(history, rate) -> rate``: the records of the epochs so far (``history_``, empty
        before the first one) and the step size of the last one give that of the next.

    Raises
    ------
    TypeError
        When fit begins, if the estimator trains no network.
    ValueError
        If the rule gives no number above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import RNNClassifier
    >>> from sksequence.callbacks import LearningRateSchedule
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=n).cumsum() for n in rng.integers(3, 9, size=80)]
    >>> y = ["up" if x[-1] > x[0] else "down" for x in X]
    >>> halved = LearningRateSchedule(lambda history, rate: rate / 2 if history else rate)
    >>> classifier = RNNClassifier(learning_rate=0.008, max_epochs=3, random_state=0)
    >>> [row["learning_rate"] for row in classifier.set_callbacks(halved).fit(X, y).history_]
    [0.008, 0.004, 0.002]
    """

    def __init__(self, rule: Callable[[list[dict[str, Any]], float], float]):
        if not callable(rule):
            raise TypeError(f"rule must be a function of (history, rate), got {rule!r}.")
        self.rule = rule

    def setup(self, estimator, context):
        """Check that there is a step size to set."""
        check_trains_network(estimator, "LearningRateSchedule", "sets the step size of")

    def teardown(self, estimator, context):
        """Nothing."""

    def on_fit_task_begin(self, estimator, context):
        """Before an epoch: set the step size."""
        if not is_epoch(context):
            return
        training = context.training
        rate = self.rule(list(training.history), training.base_rate)
        if not isinstance(rate, numbers.Real) or not math.isfinite(rate) or rate <= 0:
            raise ValueError(
                f"the rule of LearningRateSchedule gave {rate!r} before epoch "
                f"{len(training.history) + 1}: a step size is a number above 0."
            )
        training.base_rate = rate

    def on_fit_task_end(self, estimator, context):
        """Nothing."""
