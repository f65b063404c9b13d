"""One label a sequence, or several that may hold together."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sksequence.tasks._reduce import weighted_mean


class Classification:
    r"""One of several classes; the loss is the cross-entropy :math:`-\log p_y`.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted, in the user's type.
    """

    def __init__(self, classes: np.ndarray):
        self.classes = classes
        self.n_outputs = len(classes)

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Labels -> class numbers."""
        return np.searchsorted(self.classes, y)

    def loss(self, outputs, batch):
        """Weighted mean cross-entropy and the weight it stands for."""
        losses = F.cross_entropy(outputs.values, batch.targets, reduction="none")
        return weighted_mean(losses, batch.weights)

    def probabilities(self, values: Tensor) -> Tensor:
        """Outputs -> probabilities of shape ``(n_sequences, n_classes)``."""
        return torch.softmax(values, dim=1)

    def decode(self, probabilities: np.ndarray) -> np.ndarray:
        """Probabilities -> the most probable label."""
        return self.classes[probabilities.argmax(axis=1)]


class MultilabelClassification:
    """Any number of labels at once; the loss is the mean binary cross-entropy of the labels.

    Parameters
    ----------
    n_labels : int
    """

    def __init__(self, n_labels: int):
        self.classes = np.arange(n_labels)
        self.n_outputs = n_labels

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Indicator matrix -> floats."""
        return np.asarray(y, dtype=np.float64)

    def loss(self, outputs, batch):
        """Weighted mean binary cross-entropy and the weight it stands for."""
        losses = F.binary_cross_entropy_with_logits(outputs.values, batch.targets, reduction="none")
        return weighted_mean(losses.mean(dim=1), batch.weights)

    def probabilities(self, values: Tensor) -> Tensor:
        """Outputs -> probability of each label, shape ``(n_sequences, n_labels)``."""
        return torch.sigmoid(values)

    def decode(self, probabilities: np.ndarray) -> np.ndarray:
        """Probabilities -> indicator matrix of the labels above one half."""
        return (probabilities > 0.5).astype(int)
