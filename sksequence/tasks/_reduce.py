"""Weighted means over the sequences of a batch."""

from __future__ import annotations

from torch import Tensor


def weighted_mean(losses: Tensor, weights: Tensor | None):
    """Mean of `losses` of shape ``(n_sequences,)`` and the weight it stands for."""
    if weights is None:
        return losses.mean(), len(losses)
    total = weights.sum()
    return (losses * weights).sum() / total, total
