"""The seam to scikit-learn's private names."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence.utils._sklearn import SequenceOutputMixin, wrap_table


class Doubler(SequenceOutputMixin, TransformerMixin, BaseEstimator):
    """Doubles tables and leaves lists as they are."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X if isinstance(X, list) else wrap_table(2 * np.asarray(X), X, self)

    def get_feature_names_out(self, input_features=None):
        return np.array(["a", "b"], dtype=object)


FRAME = pd.DataFrame({"u": [1.0, 2.0], "v": [3.0, 4.0]}, index=["x", "y"])


def test_tables_take_the_container_that_is_asked_for():
    assert isinstance(Doubler().fit_transform(FRAME), np.ndarray)
    wrapped = Doubler().set_output(transform="pandas").fit_transform(FRAME)
    pd.testing.assert_frame_equal(wrapped, (2 * FRAME).set_axis(["a", "b"], axis=1))


def test_what_is_no_table_is_left_alone():
    assert Doubler().set_output(transform="pandas").fit_transform([[1], [2, 3]]) == [[1], [2, 3]]
    with sklearn.config_context(transform_output="pandas"):
        assert Doubler().fit_transform([[1], [2, 3]]) == [[1], [2, 3]]
        assert isinstance(Doubler().fit_transform(FRAME), pd.DataFrame)


def test_choice_goes_through_pipelines_and_clones():
    pipeline = make_pipeline(Doubler(), StandardScaler()).set_output(transform="pandas")
    assert list(pipeline.fit_transform(FRAME).columns) == ["a", "b"]
    chosen = clone(Doubler().set_output(transform="pandas"))
    assert isinstance(chosen.fit_transform(FRAME), pd.DataFrame)
    assert isinstance(chosen.set_output(transform=None).transform(FRAME), pd.DataFrame)
    assert isinstance(chosen.set_output(transform="default").transform(FRAME), np.ndarray)


def test_wrong_choice_is_refused_at_once():
    doubler = Doubler()
    with pytest.raises(ValueError, match=r"output config must be in .*'pandas'.*got table"):
        doubler.set_output(transform="table")
    assert isinstance(doubler.fit_transform(FRAME), np.ndarray)
