"""Targets, masked losses, and the way back to the user's types."""

from sksequence.tasks._alignment import Alignment, encode_strings, steps_needed, string_losses
from sksequence.tasks._classification import Classification, MultilabelClassification
from sksequence.tasks._distributions import DISTRIBUTIONS, Distribution, make_distribution
from sksequence.tasks._forecasting import Forecasting
from sksequence.tasks._next_step import NextStep, step_losses
from sksequence.tasks._regression import LOSSES, POSITIVE, Regression
from sksequence.tasks._tagging import Tagging
from sksequence.tasks._transduction import NumericTransduction, Transduction

__all__ = [
    "DISTRIBUTIONS",
    "LOSSES",
    "POSITIVE",
    "Alignment",
    "Classification",
    "Distribution",
    "Forecasting",
    "MultilabelClassification",
    "NextStep",
    "NumericTransduction",
    "Regression",
    "Tagging",
    "Transduction",
    "encode_strings",
    "make_distribution",
    "step_losses",
    "steps_needed",
    "string_losses",
]
