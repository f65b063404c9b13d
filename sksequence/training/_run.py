"""What training leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class DivergenceError(FloatingPointError):
    """The training loss became infinite or not a number."""


@dataclass
class TrainingRun:
    """The record of one call of the training loop.

    Parameters
    ----------
    history : list of dict
        One record an epoch: ``epoch``, ``train_loss``, ``valid_loss`` (with validation data),
        ``gradients_clipped`` (share of batches, with clipping), ``seconds``; it makes a
        DataFrame as it is.
    best_epoch : int or None
        The epoch whose weights were kept, counted from 1.
    stopped_by : str
        ``"max_epochs"``, ``"early_stopping"``, ``"callback"`` or ``"interrupt"``.
    """

    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int | None = None
    stopped_by: str = "max_epochs"

    @property
    def n_epochs(self) -> int:
        """Epochs that were finished."""
        return len(self.history)
