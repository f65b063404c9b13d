"""Averaged networks beside a baseline, on the same folds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier


@dataclass(frozen=True)
class Comparison:
    """What was measured, fold by fold.

    Attributes
    ----------
    ours, alone, baseline : ndarray of shape (n_folds,)
        Measure of the averaged networks, mean measure of each of them alone, of the baseline.
    seconds : ndarray of shape (n_folds,)
        To train the averaged networks of a fold.
    predicted : ndarray of shape (n_sequences,)
        Labels that the averaged networks gave to the test parts; empty where there was none.
    """

    ours: np.ndarray
    alone: np.ndarray
    baseline: np.ndarray
    seconds: np.ndarray
    predicted: np.ndarray


def compare(
    ours: VotingClassifier,
    baseline: Any,
    texts: list[str],
    y: np.ndarray,
    folds: list[tuple[np.ndarray, np.ndarray]],
    measure: Callable[[np.ndarray, np.ndarray], float],
) -> Comparison:
    """Fit both on the training part of each fold and measure them on its test part."""
    X, predicted, rows = np.asarray(texts, dtype=object), np.full_like(y, ""), []
    for k, (train, test) in enumerate(folds):
        started = time.perf_counter()
        model = clone(ours).fit(list(X[train]), y[train])
        seconds = time.perf_counter() - started
        alone = [measure(y[test], given) for given in _given_by_each(model, list(X[test]))]
        predicted[test] = model.predict(list(X[test]))
        plain = clone(baseline).fit(list(X[train]), y[train]).predict(list(X[test]))
        found = measure(y[test], predicted[test]), np.mean(alone), measure(y[test], plain), seconds
        rows.append(found)
        print(
            "fold {}: {:.4f}, alone {:.4f}, baseline {:.4f}, {:.0f} s".format(k + 1, *found),
            flush=True,
        )
    return Comparison(*np.transpose(rows), predicted)


def _given_by_each(model: VotingClassifier, texts: list[str]) -> list[np.ndarray]:
    """Labels by each of the averaged networks."""
    numbers = [member.predict(texts).astype(int) for member in model.estimators_]
    return [model.classes_[its] for its in numbers]
