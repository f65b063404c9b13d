"""Estimators are fitted once for all ways of saving them."""

import pytest
from sklearn.base import clone

from tests.persistence.fitted import CASES


@pytest.fixture(scope="session", params=CASES)
def case(request):
    """Each fitted estimator, what it is asked, and what it answers."""
    estimator, X, y, answer, asked = CASES[request.param]
    fitted = clone(estimator).fit(X, y)
    return request.param, fitted, lambda other: answer(other, asked), answer(fitted, asked)


@pytest.fixture(scope="session")
def classifier():
    """A small fitted classifier; not to be changed."""
    estimator, X, y, _, _ = CASES["classifier"]
    return clone(estimator).fit(X, y)
