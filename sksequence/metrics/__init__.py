"""Scores for sequences, labels of steps and forecasts, and scorers for searches."""

from sksequence.metrics._bleu import bleu_score
from sksequence.metrics._cider import cider_score
from sksequence.metrics._crps import (
    continuous_ranked_probability_score,
    crps_negative_binomial,
    crps_normal,
    crps_student_t,
    crps_zero_inflated_gamma,
)
from sksequence.metrics._edit_distance import character_error_rate, word_error_rate
from sksequence.metrics._entities import (
    entity_f1_score,
    entity_precision_score,
    entity_recall_score,
    entity_report,
)
from sksequence.metrics._entity_labels import Entity, find_entities
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
from sksequence.metrics._tokens import token_accuracy_score, token_f1_score

__all__ = [
    "Entity",
    "NaiveErrors",
    "bleu_score",
    "brier_score",
    "character_error_rate",
    "cider_score",
    "continuous_ranked_probability_score",
    "critical_success_index",
    "crps_negative_binomial",
    "crps_normal",
    "crps_student_t",
    "crps_zero_inflated_gamma",
    "entity_f1_score",
    "entity_precision_score",
    "entity_recall_score",
    "entity_report",
    "exact_match_score",
    "false_alarm_ratio",
    "find_entities",
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
    "token_accuracy_score",
    "token_f1_score",
    "weighted_absolute_percentage_error",
    "word_error_rate",
]
