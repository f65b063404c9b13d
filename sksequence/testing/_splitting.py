"""The estimator survives scikit-learn's own splitting."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, train_test_split

from sksequence.testing._answers import answers, check_same, fit, fresh, is_repeatable
from sksequence.testing._examples import Examples


def check_cross_validation(estimator: Any, examples: Examples) -> None:
    """``cross_val_score`` gives a number for each fold."""
    scores = cross_val_score(
        fresh(estimator),
        examples.X,
        examples.y,
        cv=KFold(2, shuffle=True, random_state=0),
        scoring=_scoring(estimator),
        error_score="raise",
    )
    if not np.isfinite(scores).all():
        raise AssertionError(f"cross_val_score gave {scores}: expected numbers.")


def check_grid_search(estimator: Any, examples: Examples) -> None:
    """``GridSearchCV`` clones, fits and predicts as the estimator alone does."""
    search = GridSearchCV(
        fresh(estimator),
        [{}],
        cv=KFold(2, shuffle=True, random_state=0),
        scoring=_scoring(estimator),
        error_score="raise",
    )
    y = () if examples.y is None else (examples.y,)
    search.fit(examples.X, *y)
    given = answers(search.best_estimator_, examples.X)
    if is_repeatable(estimator, examples):
        expected = answers(fit(estimator, examples), examples.X)
        check_same(expected, given, "when refitted by GridSearchCV")


def check_train_test_split(estimator: Any, examples: Examples) -> None:
    """The parts that ``train_test_split`` makes can be fitted on and predicted from."""
    parts = [examples.X] if examples.y is None else [examples.X, examples.y]
    split = train_test_split(*parts, random_state=0, test_size=0.25)
    train = Examples(split[0], split[2] if examples.y is not None else None)
    answers(fit(estimator, train), split[1])


def _scoring(estimator: Any) -> Any:
    return None if hasattr(estimator, "score") else _no_score


def _no_score(estimator: Any, X: Any, y: Any = None) -> float:
    answers(estimator, X)
    return 0.0
