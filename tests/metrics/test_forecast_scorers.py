"""Scorers of forecasts ask the estimator for what their metric needs, in scikit-learn's tools."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sksequence.metrics import (
    continuous_ranked_probability_score,
    critical_success_index,
    get_scorer,
    interval_score,
    mean_absolute_scaled_error,
    naive_errors,
    pinball_loss,
    root_mean_squared_scaled_error,
    symmetric_mean_absolute_percentage_error,
)


class LastValue(RegressorMixin, BaseEstimator):
    """The last value, plus a shift, with the normal errors of its training series."""

    def __init__(self, shift=0.0):
        self.shift = shift

    def fit(self, X, y):
        self.naive_errors_ = naive_errors(y, seasonality=2)
        self.scale_ = float(np.sqrt(self.naive_errors_.squared[0, 0]))
        self.last_ = y.iloc[-1] + self.shift
        return self

    def predict(self, X):
        return pd.Series(self.last_, index=X.index)

    def predict_quantiles(self, X, quantiles):
        columns = {q: self.last_ + self.scale_ * norm.ppf(q) for q in quantiles}
        return pd.DataFrame(columns, index=X.index)

    def predict_interval(self, X, coverage):
        found = self.predict_quantiles(X, [(1 - coverage) / 2, (1 + coverage) / 2])
        return found.set_axis(["lower", "upper"], axis=1)

    def sample_paths(self, X, n_paths=20, *, random_state=None):
        draws = np.random.default_rng(random_state).normal(size=(n_paths, len(X)))
        return self.last_ + self.scale_ * draws


@pytest.fixture
def walk() -> tuple[pd.DataFrame, pd.Series]:
    index = pd.date_range("2020-01-01", periods=60, name="date")
    y = pd.Series(10 + np.random.default_rng(0).normal(size=60).cumsum(), index=index, name="y")
    return pd.DataFrame({"t": np.arange(60.0)}, index=index), y


def test_each_scorer_is_its_metric_with_the_sign_of_more_is_better(walk):
    X, y = walk
    fitted = LastValue().fit(X[:50], y[:50])
    X, train, y = X[50:], y[:50], y[50:]
    pred, bounds = fitted.predict(X), fitted.predict_interval(X, 0.8)
    quantiles = fitted.predict_quantiles(X, [0.2, 0.5])
    expected = {
        "neg_mean_absolute_scaled_error": -mean_absolute_scaled_error(
            y, pred, y_train=train, seasonality=2
        ),
        "neg_root_mean_squared_scaled_error": -root_mean_squared_scaled_error(
            y, pred, y_train=train, seasonality=2
        ),
        "neg_symmetric_mean_absolute_percentage_error": (
            -symmetric_mean_absolute_percentage_error(y, pred)
        ),
        "neg_pinball_loss": -pinball_loss(y, quantiles, quantiles=[0.2, 0.5]),
        "neg_interval_score": -interval_score(y, bounds["lower"], bounds["upper"], coverage=0.8),
        "neg_continuous_ranked_probability_score": -continuous_ranked_probability_score(
            y, fitted.sample_paths(X, random_state=0).T
        ),
        "critical_success_index": critical_success_index(y, pred, threshold=y.median()),
    }
    options = {
        "neg_pinball_loss": {"quantiles": [0.2, 0.5]},
        "neg_interval_score": {"coverage": 0.8},
        "critical_success_index": {"threshold": y.median()},
    }
    for name, score in expected.items():
        scorer = get_scorer(name, **options.get(name, {}))
        assert scorer(fitted, X, y) == pytest.approx(score, rel=1e-12), name


def test_intervals_may_be_arrays_of_several_targets():
    class Bounds(BaseEstimator):
        def predict_interval(self, X, coverage):
            bounds = np.stack([X - 1.0, X + 1.0], axis=-1)  # (n_times, n_targets, 2)
            return bounds.reshape(len(X), -1) if self.flat else bounds

        flat = False

    X = np.arange(6.0).reshape(3, 2)
    flat = Bounds()
    flat.flat = True
    assert get_scorer("neg_interval_score", coverage=0.9)(flat, X, X) == -2
    assert get_scorer("neg_interval_score", coverage=0.9)(Bounds(), X, X) == -2
    assert get_scorer("neg_interval_score", coverage=0.9)(Bounds(), X[:, 0], X[:, 0]) == -2


def test_in_cross_validation_and_through_pipelines_and_searches(walk):
    X, y = walk
    scoring = {
        "mase": get_scorer("neg_mean_absolute_scaled_error"),
        "crps": get_scorer("neg_continuous_ranked_probability_score"),
    }
    pipeline = make_pipeline(FunctionTransformer(), LastValue())
    cv = TimeSeriesSplit(3)
    found = cross_validate(pipeline, X, y, cv=cv, scoring=scoring, error_score="raise")
    for fold, (train, test) in enumerate(cv.split(X)):
        last = np.full(len(test), y.iloc[train[-1]])
        error = mean_absolute_scaled_error(y.iloc[test], last, y_train=y.iloc[train], seasonality=2)
        assert found["test_mase"][fold] == pytest.approx(-error)
    search = GridSearchCV(
        pipeline, {"lastvalue__shift": [0, 50]}, cv=cv, scoring=scoring, refit="mase"
    )
    search.fit(X, y)
    assert search.best_params_ == {"lastvalue__shift": 0}
    expected = mean_absolute_scaled_error(y, np.full(60, y.iloc[-1]), y_train=y, seasonality=2)
    assert scoring["mase"](search, X, y) == pytest.approx(-expected)


def test_what_the_estimator_lacks_is_named(walk):
    X, y = walk
    plain = LinearRegression().fit(X, y)
    assert get_scorer("neg_weighted_absolute_percentage_error")(plain, X, y) < 0
    for name, options, lacks in [
        ("neg_mean_absolute_scaled_error", {}, "naive_errors_"),
        ("neg_continuous_ranked_probability_score", {}, "sample_paths"),
        ("neg_interval_score", {"coverage": 0.9}, "predict_interval"),
        ("neg_pinball_loss", {"quantiles": [0.5]}, "predict_quantiles"),
    ]:
        with pytest.raises(TypeError, match=f"LinearRegression has no {lacks}, which"):
            get_scorer(name, **options)(plain, X, y)


def test_options():
    with pytest.raises(TypeError, match="'neg_interval_score' needs the option 'coverage', as in"):
        get_scorer("neg_interval_score")
    with pytest.raises(TypeError, match=r"no option 'y_train': its options are seasonality\."):
        get_scorer("neg_mean_absolute_scaled_error", y_train=[1])
    with pytest.raises(ValueError, match="Did you mean 'neg_mean_absolute_scaled_error'"):
        get_scorer("neg_mean_absolute_scaled_errors")
    with pytest.raises(ValueError, match="scorer of scikit-learn's own"):
        get_scorer("neg_brier_score")
    scorers = [
        get_scorer("neg_pinball_loss", quantiles=q) for q in ([0.1, 0.9], np.array([0.1, 0.9]))
    ]
    assert hash(scorers[0]) == hash(scorers[1])
    assert repr(scorers[0]) == "get_scorer('neg_pinball_loss', quantiles=(0.1, 0.9))"
    assert eval(repr(scorers[0])) == scorers[1]
