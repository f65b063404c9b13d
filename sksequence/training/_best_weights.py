"""The weights that are kept in the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from sksequence.training._trees import to_device

# A validation loss that falls by less counts as no change.
TOLERANCE = 1e-4


class BestWeights:
    """The weights with the lowest validation loss, and how long no loss has been lower.

    Parameters
    ----------
    parameters : list of torch.nn.Parameter
    patience : int
        Epochs without a better loss before training stops.

    Attributes
    ----------
    epoch : int or None
        The epoch whose weights are kept, counted from 1.
    """

    def __init__(self, parameters: list, patience: int):
        self._parameters, self._patience = parameters, patience
        self._loss, self._waited = np.inf, 0
        self._weights: list[torch.Tensor] | None = None
        self._chosen = False  # by a watcher, whatever the losses say
        self.epoch: int | None = None

    @property
    def there(self) -> bool:
        """Whether any are kept."""
        return self._weights is not None

    def compare(self, loss: float, epoch: int) -> bool:
        """Learn the loss of an epoch; whether the patience is over."""
        self._waited = 0 if loss < self._loss - TOLERANCE else self._waited + 1
        if loss < self._loss:
            self._loss = loss
            if not self._chosen:
                self._keep(epoch)
        return self._waited >= self._patience

    def choose(self, epoch: int) -> None:
        """Keep the weights of this moment; from now on losses keep none."""
        self._keep(epoch)
        self._chosen = True

    def _keep(self, epoch: int) -> None:
        self.epoch = epoch
        self._weights = [p.detach().clone() for p in self._parameters]

    def put_back(self) -> None:
        """Give the network the weights that are kept."""
        with torch.no_grad():
            for parameter, best in zip(self._parameters, self._weights or [], strict=True):
                parameter.copy_(best)

    def state(self) -> dict[str, Any]:
        """What was best so far."""
        return {
            "best_loss": float(self._loss),
            "best_weights": self._weights,
            "best_epoch": self.epoch,
            "waited": self._waited,
            "watcher_keeps": self._chosen,
        }

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        self._loss, self._waited = state["best_loss"], state["waited"]
        self._weights = to_device(state["best_weights"], self._parameters[0].device)
        self._chosen, self.epoch = state["watcher_keeps"], state["best_epoch"]
