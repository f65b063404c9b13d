"""How the step size of the optimiser changes while it trains."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

# The step size of "plateau" is divided by two after an epoch that brought nothing.
PLATEAU_FACTOR = 0.5
# Share of the training in which "one_cycle" rises, and where it begins and ends.
RISE, LOWEST = 0.3, 0.04


def constant(progress: float) -> float:
    """Always the same."""
    return 1.0


def linear(progress: float) -> float:
    """Falls evenly to nothing."""
    return 1.0 - progress


def cosine(progress: float) -> float:
    r"""Falls to nothing along a cosine, :math:`\tfrac12 (1 + \cos \pi p)` (Loshchilov and
    Hutter, 2017)."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def one_cycle(progress: float) -> float:
    """Rises from a small start, then falls to nothing, along cosines (Smith and Topin, 2019)."""
    if progress < RISE:
        return LOWEST + (1.0 - LOWEST) * (1.0 - cosine(progress / RISE))
    return cosine((progress - RISE) / (1.0 - RISE))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "one_cycle": one_cycle,
    "plateau": constant,  # until an epoch brings nothing
}


class Schedule:
    """The factor of the learning rate at each batch.

    Parameters
    ----------
    schedule : str or callable
        A name of `SCHEDULES`, or ``schedule(progress) -> factor`` with the share of the training
        that is done, in [0, 1).
    """

    def __init__(self, schedule: str | Callable[[float], float]):
        self._by_progress = SCHEDULES[schedule] if isinstance(schedule, str) else schedule
        self._waits = schedule == "plateau"
        self._factor = 1.0
        self._best = math.inf
        self.changes = schedule != "constant"

    def factor(self, progress: float) -> float:
        """The factor where `progress` of the training is done."""
        return self._factor * self._by_progress(progress)

    def after_epoch(self, loss: float) -> None:
        """Learn how an epoch ended."""
        if self._waits and not loss < self._best:
            self._factor *= PLATEAU_FACTOR
        self._best = min(self._best, loss)

    def state(self) -> tuple[float, float]:
        """What was learned of the epochs so far."""
        return self._factor, self._best

    def go_on(self, state: tuple[float, float]) -> None:
        """Go on from such a state."""
        self._factor, self._best = state


class StepSize:
    """The step size of an optimiser: a base, which the schedule multiplies.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
    base : float
    schedule : Schedule
    """

    def __init__(self, optimizer: Any, base: float, schedule: Schedule):
        self._optimizer, self._base, self._schedule = optimizer, base, schedule

    @property
    def base(self) -> float:
        """Without the schedule."""
        return self._base

    @base.setter
    def base(self, rate: float) -> None:
        self._base = float(rate)
        self._set(1.0)

    @property
    def now(self) -> float:
        """That of the next step."""
        return self._optimizer.param_groups[0]["lr"]

    def follow(self, progress: float) -> None:
        """Set it where `progress` of the training is done."""
        if self._schedule.changes:
            self._set(self._schedule.factor(progress))

    def after_epoch(self, loss: float) -> None:
        """Learn how an epoch ended."""
        self._schedule.after_epoch(loss)

    def _set(self, factor: float) -> None:
        rate = self._base * factor
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def state(self) -> dict[str, Any]:
        """The base and what the schedule learned; the optimiser has a state of its own."""
        return {"learning_rate": self._base, "schedule": self._schedule.state()}

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        self._base = state["learning_rate"]
        self._schedule.go_on(state["schedule"])
