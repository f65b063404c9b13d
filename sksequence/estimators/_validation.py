"""Which sequences are held back to decide when to stop."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split

AUTO_FROM = 300


def held_back(n: int, labels, early_stopping, fraction: float, rng: np.random.Generator):
    """Positions to train on and positions to validate on (None: train on all).

    ``early_stopping="auto"`` holds back from `AUTO_FROM` sequences on. With `labels` the split
    is stratified where every class is large enough.
    """
    wanted = n >= AUTO_FROM if early_stopping == "auto" else early_stopping
    if not wanted:
        return np.arange(n), None
    n_valid = int(np.ceil(fraction * n))
    if n_valid >= n:
        raise ValueError(
            f"validation_fraction={fraction} of {n} sequences leaves none to train on: lower it "
            "or set early_stopping=False."
        )
    seed = int(rng.integers(2**31))
    train, valid = train_test_split(
        np.arange(n),
        test_size=n_valid,
        random_state=seed,
        stratify=_strata(labels, n_valid),
    )
    return np.sort(train), np.sort(valid)


def _strata(labels, n_valid: int):
    if labels is None or labels.ndim != 1:
        return None
    classes, counts = np.unique(labels, return_counts=True)
    n_train = len(labels) - n_valid
    fits = counts.min() >= 2 and len(classes) <= min(n_valid, n_train)
    return labels if fits else None
