"""The future of a window as a distribution."""

from __future__ import annotations

import torch

from sksequence.tasks._links import about_level, counts_of
from sksequence.tasks._reduce import weighted_mean


class Forecasting:
    """The loss of a distribution at every step of the future that was observed.

    Parameters
    ----------
    distribution : object
        ``distribution.loss(parameters, target)``, see ``make_distribution``.
    """

    def __init__(self, distribution):
        self.distribution = distribution

    def loss(self, outputs, batch):
        """Mean loss of an observed value and how many there are."""
        targets = batch.targets  # (n_windows, horizon, n_targets)
        values = outputs.values
        if self.distribution.scaling == "log":
            targets = counts_of(targets, batch.level)
            values = about_level(values, batch.level)
        there = torch.isfinite(targets)
        if bool(there.all()):
            losses = self.distribution.loss(values, targets)
            return losses.mean(), losses.numel()
        losses = self.distribution.loss(values, torch.nan_to_num(targets))
        return weighted_mean(losses.flatten(), there.flatten().to(losses.dtype))
