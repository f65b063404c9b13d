"""scikit-learn's own checks of estimators, which are about tables: one row, one series."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sksequence import RNNClassifier, RNNRegressor

EXACT = {"dtype": "float64", "batch_size": "full"}

# As they are by default, and exact. The exact ones are 16 units wide (64 by default, which pass
# as well) to save time: width plays no part in what is checked.
ESTIMATORS = [
    RNNClassifier(),
    RNNRegressor(),
    RNNClassifier(hidden_size=16, **EXACT),
    RNNRegressor(hidden_size=16, **EXACT),
    RNNClassifier(hidden_size=16, missing="mask", **EXACT),
]


def expected_failures(estimator):
    if estimator.batch_size == "full":
        return {}
    return {
        "check_sample_weight_equivalence_on_dense_data": (
            "a weight of two is compared with the same row twice, to nine digits: mini-batches of "
            "random rows in 32 bits differ more than that"
        )
    }


# scikit-learn casts targets with infinity to integers to see whether they are classes
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_checks_of_sklearn(estimator, check):
    check(estimator)
