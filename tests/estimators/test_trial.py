"""What a newcomer tried first."""

import numpy as np
import pandas as pd
import pytest

from sksequence import RNNClassifier, SequenceArray, make_windows

X = SequenceArray.from_list([[1.0, 2.0], [2.0], [3.0, 1.0], [0.0, 1.0, 2.0]])
Y = ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"hidden_size": 7}, "hidden_size"), ({"cell": "gru", "pooling": "max"}, "cell, pooling")],
)
def test_warm_start_refuses_another_network(changes, named):
    fitted = RNNClassifier(hidden_size=4, max_epochs=1, warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match=f"{named} changed since the first fit"):
        fitted.set_params(**changes).fit(X, Y)
    assert fitted.set_params(hidden_size=4, cell="lstm", pooling="last", dropout=0.5).fit(X, Y)


def test_label_columns_hold_zero_and_one():
    with pytest.raises(ValueError, match=r"must hold 0 and 1 .* got \[1, 3\]"):
        RNNClassifier(max_epochs=1).fit(X, np.array([[1, 3], [3, 1], [1, 1], [3, 3]]))


def test_windows_do_not_run_from_one_series_into_the_next():
    index = pd.MultiIndex.from_product([["x", "y"], range(6)])
    with pytest.raises(ValueError, match="windows of each series"):
        make_windows(pd.Series(np.arange(12.0), index=index), lookback=3)


def test_two_indices_are_refused():
    with pytest.raises(IndexError, match=r"one axis, got the index \(1, 2\)"):
        X[1, 2]


def test_infinity_has_a_remedy_of_its_own():
    with pytest.raises(ValueError, match=r"infinity: sequence 1, step 0.* clip them"):
        RNNClassifier().fit([[1.0], [np.inf], [2.0]], ["a", "b", "a"])
