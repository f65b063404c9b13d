"""`set_output` for transformers that make tables or sequences."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import make_pipeline

from sksequence.inputs import SequenceArray
from sksequence.utils._sklearn import SequenceOutputMixin, StrOptions, wrap_table


class Lengths(SequenceOutputMixin, TransformerMixin, BaseEstimator):
    """A table with one column, or the sequences themselves."""

    def __init__(self, table=True):
        self.table = table

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        X = SequenceArray.from_list(list(X))
        return wrap_table(X.lengths[:, None], X, self) if self.table else X

    def get_feature_names_out(self, input_features=None):
        return np.array(["length"], dtype=object)


X = [[1.0, 2.0], [3.0]]


def test_tables_are_wrapped_as_asked():
    assert isinstance(Lengths().fit_transform(X), np.ndarray)
    table = Lengths().set_output(transform="pandas").fit_transform(X)
    assert isinstance(table, pd.DataFrame)
    assert table.columns.tolist() == ["length"]
    assert table["length"].tolist() == [2, 1]
    with config_context(transform_output="pandas"):
        assert isinstance(Lengths().fit_transform(X), pd.DataFrame)


def test_sequences_stay_sequences():
    sequences = Lengths(table=False).set_output(transform="pandas")
    assert isinstance(sequences.fit_transform(X), SequenceArray)
    pipeline = make_pipeline(Lengths(table=False), Lengths()).set_output(transform="pandas")
    assert isinstance(pipeline.fit_transform(X), pd.DataFrame)


def test_the_choice_survives_cloning_and_none_keeps_it():
    chosen = Lengths().set_output(transform="pandas").set_output()
    assert isinstance(clone(chosen).fit_transform(X), pd.DataFrame)
    assert isinstance(chosen.set_output(transform="default").fit_transform(X), np.ndarray)


def test_unknown_containers_are_refused_at_once():
    with pytest.raises(ValueError, match="output config must be in"):
        Lengths().set_output(transform="excel")


def test_options_are_named_in_one_order():
    assert str(StrOptions({"b", "c", "a"})) == "a str among {'a', 'b', 'c'}"
    assert str(StrOptions(["b", "c", "a"])) == "a str among {'b', 'c', 'a'}"
    assert StrOptions({"b", "a"}).is_satisfied_by("a")
    assert not StrOptions({"b", "a"}).is_satisfied_by("c")
    assert not StrOptions({"b", "a"}).is_satisfied_by(["a"])
