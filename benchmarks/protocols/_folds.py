"""Averaged networks beside a baseline, on the same folds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import StratifiedKFold


@dataclass(frozen=True)
class Comparison:
    """What was measured, fold by fold.

    Attributes
    ----------
    ours, baseline : ndarray of shape (n_folds,)
        Measure of the averaged networks and of the baseline.
    alone : ndarray of shape (n_folds, n_networks)
        Of each network alone.
    seconds : ndarray of shape (n_folds,)
        To train the averaged networks of a fold.
    predicted, by_baseline : ndarray of shape (n_sequences,)
        Labels given to the test parts by the averaged networks and by the baseline; empty where
        there was none.
    """

    ours: np.ndarray
    baseline: np.ndarray
    alone: np.ndarray
    seconds: np.ndarray
    predicted: np.ndarray
    by_baseline: np.ndarray


def compare_vote(
    members: list[Any],
    baseline: Any,
    sequences: list[str],
    y: np.ndarray,
    n_folds: int,
    measure: Callable[[np.ndarray, np.ndarray], float],
    quick: bool,
) -> Comparison:
    """The mean of several networks and a baseline over stratified folds; quick: over one of them.

    Both are fitted on the training part of a fold and measured on its test part.
    """
    X = np.asarray(sequences, dtype=object)
    vote = VotingClassifier([(f"member{k}", m) for k, m in enumerate(members)], voting="soft")
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=0).split(X, y)
    predicted, by_baseline = np.full_like(y, ""), np.full_like(y, "")
    figures, alone = [], []
    for k, (train, test) in enumerate(list(folds)[: 1 if quick else None]):
        started = time.perf_counter()
        model = clone(vote).fit(list(X[train]), y[train])
        seconds = time.perf_counter() - started
        alone.append([measure(y[test], given) for given in _given_by_each(model, list(X[test]))])
        predicted[test] = model.predict(list(X[test]))
        plain = clone(baseline).fit(list(X[train]), y[train])
        by_baseline[test] = plain.predict(list(X[test]))
        both = [measure(y[test], labels[test]) for labels in (predicted, by_baseline)]
        figures.append([*both, seconds])
        each = ", ".join(f"{figure:.4f}" for figure in alone[-1])
        print(
            f"fold {k + 1}: {both[0]:.4f} ({each} alone), baseline {both[1]:.4f}, {seconds:.0f} s",
            flush=True,
        )
    together, plain, seconds = np.transpose(figures)
    return Comparison(together, plain, np.array(alone), seconds, predicted, by_baseline)


def _given_by_each(model: VotingClassifier, texts: list[str]) -> list[np.ndarray]:
    """Labels by each of the averaged networks."""
    numbers = [member.predict(texts).astype(int) for member in model.estimators_]
    return [model.classes_[its] for its in numbers]
