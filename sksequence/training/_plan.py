"""The settings of the training loop."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass

import torch

from sksequence.training._schedule import SCHEDULES

OPTIMIZERS = {
    name.lower(): getattr(torch.optim, name)
    for name in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "RMSprop", "SGD")
}
_FUSED = {"adam", "adamw", "sgd", "adagrad"}


@dataclass(frozen=True)
class TrainingPlan:
    """How long and how to train; it validates itself.

    Parameters
    ----------
    max_epochs : int
        Passes over the training data at most.
    optimizer : str
        Name of a torch optimiser, in lower case.
    learning_rate, weight_decay : float
    learning_rate_schedule : str or callable
        A name of `SCHEDULES`, or the factor as a function of the share of the training done.
    gradient_clip : float or None
        Largest norm of the gradient of all weights together, or largest size of each of its
        numbers.
    gradient_clip_by : {"norm", "value"}
        Which of the two.
    n_iter_no_change : int
        With validation data: epochs without a better validation loss before training stops.
    autocast : torch.dtype or None
        Run forward passes in this type where it is safe (mixed precision).
    verbose : int
        0 is silent, 1 shows a progress bar, 2 prints a line for each epoch.
    """

    max_epochs: int
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    learning_rate_schedule: str | Callable[[float], float] = "constant"
    weight_decay: float = 0.0
    gradient_clip: float | None = None
    gradient_clip_by: str = "norm"
    n_iter_no_change: int = 10
    autocast: torch.dtype | None = None
    verbose: int = 0

    def __post_init__(self):
        _check("max_epochs", self.max_epochs, numbers.Integral, 1)
        _check("n_iter_no_change", self.n_iter_no_change, numbers.Integral, 1)
        _check("learning_rate", self.learning_rate, numbers.Real, 0, open_below=True)
        _check("weight_decay", self.weight_decay, numbers.Real, 0)
        if self.gradient_clip is not None:
            _check("gradient_clip", self.gradient_clip, numbers.Real, 0, open_below=True)
        if self.gradient_clip_by not in ("norm", "value"):
            raise ValueError(
                f"gradient_clip_by must be 'norm' or 'value', got {self.gradient_clip_by!r}."
            )
        schedule = self.learning_rate_schedule
        if not callable(schedule) and schedule not in SCHEDULES:
            raise ValueError(
                f"unknown learning_rate_schedule {schedule!r}: known are {', '.join(SCHEDULES)}; "
                "or give a function of the share of the training that is done."
            )
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(
                f"unknown optimizer {self.optimizer!r}: known are {', '.join(OPTIMIZERS)}."
            )

    def optimizer_class(self):
        """The torch class and its settings."""
        settings = {"lr": self.learning_rate, "weight_decay": self.weight_decay}
        if self.optimizer in _FUSED:
            settings["fused"] = True
        return OPTIMIZERS[self.optimizer], settings


def _check(name, value, kind, minimum, open_below=False):
    good = isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)
    if not good or value < minimum or (open_below and value == minimum):
        what = "an integer" if kind is numbers.Integral else "a number"
        sign = ">" if open_below else ">="
        raise ValueError(f"{name} must be {what} {sign} {minimum}, got {value!r}.")
