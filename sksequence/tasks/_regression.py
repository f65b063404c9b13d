"""Numbers out, by the loss that fits them."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sksequence.tasks._reduce import weighted_mean

LOSSES = ("squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma")
POSITIVE = ("poisson", "gamma")


class Regression:
    r"""One or more numbers for each sequence.

    With :math:`z = (y - m) / s` (mean and standard deviation of the training targets) and the
    output :math:`f`, the loss of a target is

    ==================  =========================================================
    squared_error       :math:`(z - f)^2`
    absolute_error      :math:`|z - f|`
    huber               :math:`\tfrac12 (z - f)^2` up to \|z - f\| = 1, then linear
    quantile            :math:`\max(q (z - f), (q - 1)(z - f))` (Koenker, Bassett, 1978)
    poisson             :math:`e^f - (y / s) f`, s the mean of y
    gamma               :math:`f + (y / s) e^{-f}`, s the mean of y
    ==================  =========================================================

    The last two are deviances without their constant part; their prediction is
    :math:`s e^f`, always positive.

    Parameters
    ----------
    loss : str
    quantiles : sequence of float
        For ``"quantile"``: the outputs of each target.
    """

    def __init__(self, loss: str = "squared_error", quantiles=(0.5,)):
        self.loss_name = loss
        self.quantiles = tuple(quantiles) if loss == "quantile" else ()
        self.n_outputs = 0

    def fit(self, y: np.ndarray, weights: np.ndarray | None) -> Regression:
        """Learn location and scale of targets of shape ``(n_sequences, n_targets)``."""
        mean = np.average(y, axis=0, weights=weights)
        if self.loss_name in POSITIVE:
            self.shift, self.scale = np.zeros_like(mean), np.where(mean > 0, mean, 1.0)
        else:
            scale = np.sqrt(np.average(np.square(y - mean), axis=0, weights=weights))
            constant = scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)
            self.shift, self.scale = mean, np.where(constant, 1.0, scale)
        self.n_outputs = y.shape[1] * max(1, len(self.quantiles))
        return self

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Targets in units of the training targets."""
        return (y - self.shift) / self.scale

    def loss(self, outputs, batch):
        """Weighted mean loss and the weight it stands for."""
        losses = self._losses(outputs.values, batch.targets)  # (n_sequences, n_targets, ...)
        return weighted_mean(losses.flatten(1).mean(dim=1), batch.weights)

    def _losses(self, values: Tensor, targets: Tensor) -> Tensor:
        if self.loss_name == "squared_error":
            return F.mse_loss(values, targets, reduction="none")
        if self.loss_name == "absolute_error":
            return F.l1_loss(values, targets, reduction="none")
        if self.loss_name == "huber":
            return F.huber_loss(values, targets, reduction="none")
        if self.loss_name == "poisson":
            return values.exp() - targets * values
        if self.loss_name == "gamma":
            return values + targets * torch.exp(-values)
        q = values.new_tensor(self.quantiles)
        error = targets[:, :, None] - values.unflatten(1, (-1, len(q)))  # (n, n_targets, n_q)
        return torch.maximum(q * error, (q - 1) * error)

    def decode(self, values: np.ndarray) -> np.ndarray:
        """Outputs -> numbers in the user's units, ``(n_sequences, n_targets[, n_quantiles])``."""
        if self.loss_name in POSITIVE:
            return np.exp(values) * self.scale
        if len(self.quantiles) > 1:
            values = values.reshape(len(values), -1, len(self.quantiles))
            return values * self.scale[:, None] + self.shift[:, None]
        return values * self.scale + self.shift
