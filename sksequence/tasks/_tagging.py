"""A label for each step."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

UNLABELLED = -1


class Tagging:
    r"""A label for each step.

    The loss of a step is :math:`-\log p(y_t)` of a softmax, or of a chain
    :math:`-\log p(y_t \mid y_1 \dots y_{t-1})`: these add up to :math:`-\log p(y_1 \dots y_T)`,
    and can be weighted one by one.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted, in the user's type.
    chain : bool
        Whether labels make a chain.
    partial : bool, default=False
        Whether there are unlabelled steps, or ones with a weight of their own.
    """

    def __init__(self, classes: np.ndarray, chain: bool, partial: bool = False):
        self.classes = classes
        self.n_outputs = len(classes)
        self.chain = chain
        self.partial = partial

    def encode(self, labels: np.ndarray) -> np.ndarray:
        """Labels -> class numbers; all must be known."""
        return np.searchsorted(self.classes, labels)

    def loss(self, outputs: Any, batch: Any) -> tuple[Tensor, Tensor | int]:
        """Weighted mean loss of a step and the weight it stands for."""
        if self.chain and not self.partial and batch.step_weights is None:
            return _whole_chains(outputs, batch)
        labels = batch.targets.long()
        if outputs.mask is not None:
            labels = labels.masked_fill(~outputs.mask, UNLABELLED)
        losses = self._step_losses(outputs, labels, batch)
        weights = (labels != UNLABELLED).to(losses.dtype)
        if batch.step_weights is not None:
            weights = weights * batch.step_weights
        if batch.weights is not None:
            weights = weights * batch.weights[:, None]
        total = weights.sum()
        loss = (losses * weights).sum() / total.clamp(min=torch.finfo(total.dtype).tiny)
        return loss.to(outputs.values.dtype), total

    def _step_losses(self, outputs, labels: Tensor, batch) -> Tensor:
        """``(n_sequences, n_steps)``; zero at unlabelled steps."""
        if self.chain:
            lengths = None if outputs.mask is None else batch.lengths
            return outputs.extras["head"].step_losses(outputs.values, labels, lengths)
        losses = F.cross_entropy(
            outputs.values.flatten(0, 1),
            labels.flatten(),
            reduction="none",
            ignore_index=UNLABELLED,
        )
        return losses.view(labels.shape)

    def probabilities(self, values: Tensor) -> Tensor:
        """Scores -> probabilities, over the last axis."""
        return torch.softmax(values, dim=-1)

    def decode(self, probabilities: np.ndarray) -> np.ndarray:
        """Probabilities -> the most probable labels."""
        return self.classes[probabilities.argmax(axis=-1)]


def _whole_chains(outputs, batch) -> tuple[Tensor, Tensor | int]:
    """Every step has a label, and sequences may have weights."""
    lengths = None if outputs.mask is None else batch.lengths
    losses = outputs.extras["head"].losses(outputs.values, batch.targets, lengths)
    counts = batch.lengths.to(losses.dtype)
    if batch.weights is not None:
        losses, counts = losses * batch.weights, counts * batch.weights
    total = counts.sum()
    return losses.sum() / total, total
