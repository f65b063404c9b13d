"""Scores for sequences that were written, and scorers for scikit-learn's searches."""

from sksequence.metrics._bleu import bleu_score
from sksequence.metrics._cider import cider_score
from sksequence.metrics._exact import exact_match_score
from sksequence.metrics._scorer import get_scorer

__all__ = ["bleu_score", "cider_score", "exact_match_score", "get_scorer"]
