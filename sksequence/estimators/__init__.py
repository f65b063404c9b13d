"""The scikit-learn face: one family a file."""

from sksequence.estimators._classifier import RNNClassifier
from sksequence.estimators._regressor import RNNRegressor

__all__ = ["RNNClassifier", "RNNRegressor"]
