"""One sequence in, another one out."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from sksequence.tasks._reduce import weighted_mean


class Transduction:
    r"""Symbols out; the loss of a step is the cross-entropy with smoothed labels.

    .. math:: -(1 - \varepsilon) \log p_y - \varepsilon \tfrac1V \sum_v \log p_v

    (Szegedy et al., 2016), over all symbols of the targets and their end symbols.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        The share :math:`\varepsilon`.
    """

    def __init__(self, label_smoothing: float = 0.0):
        self.label_smoothing = label_smoothing

    def loss(self, outputs, batch):
        """Weighted mean loss of a symbol and the weight it stands for."""
        targets = of_existing_steps(batch.targets, outputs.mask).long()
        # a network that is asked for its loss without training is compared: no smoothing
        smoothing = self.label_smoothing if outputs.values.requires_grad else 0.0
        losses = F.cross_entropy(
            outputs.values, targets, reduction="none", label_smoothing=smoothing
        )
        return weighted_mean(losses, step_weights(batch, outputs.mask))


class NumericTransduction:
    r"""Numbers out: the squared error of each step, and the cross-entropy of its being the last.

    .. math:: \tfrac1F \lVert z_t - f_t \rVert^2 - \log p(e_t)

    with the standardised targets z of F features and the end e of the sequence.
    """

    def loss(self, outputs, batch):
        """Weighted mean loss of a step and the weight it stands for."""
        mask = outputs.mask
        targets = of_existing_steps(batch.targets, mask)  # (n_scored, n_features)
        values, stop = outputs.values[:, :-1], outputs.values[:, -1]
        errors = F.mse_loss(values, targets, reduction="none").mean(dim=1)
        ends = of_existing_steps(last_steps(batch.target).to(values.dtype), mask)
        errors = errors + F.binary_cross_entropy_with_logits(stop, ends, reduction="none")
        return weighted_mean(errors, step_weights(batch, mask))


def of_existing_steps(values: Tensor, mask: Tensor | None) -> Tensor:
    """``(n_sequences, n_steps, ...)`` -> ``(n_scored, ...)``, sequence after sequence."""
    return values.flatten(0, 1) if mask is None else values[mask]


def step_weights(batch, mask: Tensor | None) -> Tensor | None:
    """The weight of each scored step: that of its sequence."""
    if batch.weights is None:
        return None
    n_steps = batch.targets.shape[1]
    return of_existing_steps(batch.weights[:, None].expand(-1, n_steps), mask)


def last_steps(batch) -> Tensor:
    """True on the last step of each sequence, shape ``(n_sequences, n_steps)``."""
    steps = torch.arange(batch.n_steps, device=batch.device)
    return steps == batch.lengths[:, None] - 1
