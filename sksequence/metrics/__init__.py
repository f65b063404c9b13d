"""Scores for sequences that were written and for forecasts, and scorers for searches."""

from sksequence.metrics._bleu import bleu_score
from sksequence.metrics._cider import cider_score
from sksequence.metrics._crps import (
    continuous_ranked_probability_score,
    crps_negative_binomial,
    crps_normal,
    crps_student_t,
    crps_zero_inflated_gamma,
)
from sksequence.metrics._events import (
    brier_score,
    critical_success_index,
    false_alarm_ratio,
    probability_of_detection,
)
from sksequence.metrics._exact import exact_match_score
from sksequence.metrics._percentage_errors import (
    symmetric_mean_absolute_percentage_error,
    weighted_absolute_percentage_error,
)
from sksequence.metrics._quantiles import interval_coverage, interval_score, pinball_loss
from sksequence.metrics._scaled_errors import (
    NaiveErrors,
    mean_absolute_scaled_error,
    naive_errors,
    root_mean_squared_scaled_error,
)
from sksequence.metrics._scorer import get_scorer
from sksequence.metrics._skill import skill_score

__all__ = [
    "NaiveErrors",
    "bleu_score",
    "brier_score",
    "cider_score",
    "continuous_ranked_probability_score",
    "critical_success_index",
    "crps_negative_binomial",
    "crps_normal",
    "crps_student_t",
    "crps_zero_inflated_gamma",
    "exact_match_score",
    "false_alarm_ratio",
    "get_scorer",
    "interval_coverage",
    "interval_score",
    "mean_absolute_scaled_error",
    "naive_errors",
    "pinball_loss",
    "probability_of_detection",
    "root_mean_squared_scaled_error",
    "skill_score",
    "symmetric_mean_absolute_percentage_error",
    "weighted_absolute_percentage_error",
]
