"""An estimator that keeps the promise, for others to break it."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from sksequence import SequenceArray
from sksequence.inputs import SequenceSchema, check_sequences
from sksequence.testing import check_sequence_estimator


def breaks(broken, *checks):
    """Register an estimator in a list with the checks that it must fail, all of them."""

    def register(kind):
        broken.append(pytest.param(kind(), set(checks), id=kind.__name__))
        return kind

    return register


def failed_checks(estimator):
    records = check_sequence_estimator(estimator, on_fail=None, on_skip=None)
    return {r["check_name"] for r in records if r["status"] == "failed"}


class Honest(RegressorMixin, BaseEstimator):
    """Least squares on the mean and the last step of a sequence; it keeps the promise."""

    def __init__(self, scale=1.0, random_state=None):
        self.scale = scale
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        X = self.read(X, reset=True)
        self.schema_ = SequenceSchema.of(X)
        y = np.asarray(y)
        if len(y) != len(X):
            raise ValueError(f"y has {len(y)} values for {len(X)} sequences.")
        root = np.sqrt(np.ones(len(X)) if sample_weight is None else sample_weight)
        A = self.features(X) * root[:, np.newaxis]
        self.coef_ = np.linalg.lstsq(A, y * root, rcond=None)[0] * self.scale
        return self

    def predict(self, X):
        return self.features(self.read_again(X)) @ self.coef_

    def hidden_states(self, X):
        return SequenceArray.from_list([np.cumsum(x, axis=0) for x in self.read_again(X)])

    def read(self, X, reset=False):
        return check_sequences(X, estimator=self, reset=reset)

    def read_again(self, X):
        check_is_fitted(self)
        X = self.read(X)
        self.schema_.check(X, type(self).__name__)
        return X

    def features(self, X):
        return np.stack([np.concatenate([self.mean(x, X), x[-1], [1.0]]) for x in X])

    def mean(self, x, X):
        return x.mean(axis=0)
