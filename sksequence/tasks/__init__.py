"""Targets, masked losses, and the way back to the user's types."""

from sksequence.tasks._classification import Classification, MultilabelClassification
from sksequence.tasks._regression import LOSSES, POSITIVE, Regression
from sksequence.tasks._transduction import NumericTransduction, Transduction

__all__ = [
    "LOSSES",
    "POSITIVE",
    "Classification",
    "MultilabelClassification",
    "NumericTransduction",
    "Regression",
    "Transduction",
]
