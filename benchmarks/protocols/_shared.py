"""Means with their intervals."""

from __future__ import annotations

import numpy as np
from scipy import stats


def with_interval(values, scale=1.0, digits=2) -> str:
    """Mean and half width of its 95 % interval (Student's t over folds or seeds)."""
    values = np.asarray(values, dtype=float) * scale
    if len(values) < 2:
        return f"{values.mean():.{digits}f}"
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return f"{values.mean():.{digits}f} ± {half:.{digits}f}"
