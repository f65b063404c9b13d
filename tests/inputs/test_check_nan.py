"""Missing values: refused with their place, or let through where somebody fills them."""

import numpy as np
import pandas as pd
import pytest

from sksequence.inputs import SequenceArray, check_sequences

NAN = np.nan
CONTAINERS = {
    "list": lambda x: [[[1.0], [2.0]], [[3.0], [x], [5.0]]],
    "2-D": lambda x: np.array([[1.0, 2.0], [3.0, x]]),
    "3-D": lambda x: np.array([[[1.0], [2.0]], [[3.0], [x]]]),
    "frame": lambda x: pd.DataFrame({"a": [1.0, 3.0], "b": [2.0, x]}),
    "container": lambda x: SequenceArray.from_list([[1.0, 2.0], [3.0, x, 5.0]]),
}


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_place_is_named_in_every_container(make):
    with pytest.raises(ValueError, match="contains NaN: sequence 1, step 1"):
        check_sequences(make(NAN))
    with pytest.raises(ValueError, match="contains infinity: sequence 1, step 1"):
        check_sequences(make(np.inf))


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_nan_passes_when_allowed_and_infinity_does_not(make):
    X = check_sequences(make(NAN), allow_nan=True)
    assert np.isnan(X[1][1]).all()
    assert np.isnan(X.values).sum() == 1
    with pytest.raises(ValueError, match="contains infinity: sequence 1, step 1"):
        check_sequences(make(-np.inf), allow_nan=True)


def test_infinity_is_found_behind_nan():
    X = [[NAN, 1.0], [2.0, np.inf]]
    with pytest.raises(ValueError, match="contains infinity: sequence 1, step 1"):
        check_sequences(X, allow_nan=True)


def test_context_follows_the_same_rule():
    X = SequenceArray.from_list([[1.0], [2.0]]).with_context([[0.0], [NAN]])
    assert np.isnan(check_sequences(X, allow_nan=True).context[1, 0])
    with pytest.raises(ValueError, match="context of sequence 1 has a missing"):
        check_sequences(X)
    X = X.with_context([[0.0], [np.inf]])
    with pytest.raises(ValueError, match="context of sequence 1 has a missing or infinite"):
        check_sequences(X, allow_nan=True)
