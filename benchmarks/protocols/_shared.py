"""Means with their intervals; trainings of an hour."""

from __future__ import annotations

import os

import numpy as np
from scipy import stats

from sksequence.callbacks import Checkpoint


def resumable(estimator):
    """The estimator, with checkpoints where ``results.py --checkpoints`` names a folder."""
    folder = os.environ.get("SKSEQUENCE_CHECKPOINTS")
    return estimator.set_callbacks(Checkpoint(folder)) if folder else estimator


def with_interval(values, scale=1.0, digits=2) -> str:
    """Mean and half width of its 95 % interval (Student's t over folds or seeds)."""
    values = np.asarray(values, dtype=float) * scale
    if len(values) < 2:
        return f"{values.mean():.{digits}f}"
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return f"{values.mean():.{digits}f} ± {half:.{digits}f}"
