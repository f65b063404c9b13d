"""Where a fit stands in what surrounds it."""

from __future__ import annotations

from typing import Any


def place(context: Any) -> tuple[int, ...]:
    """The numbers of the tasks around a fit (search, candidate and fold, step of a pipeline).

    Empty for a fit that stands alone.
    """
    numbers: list[int] = []
    while context.parent is not None:
        numbers.append(context.task_id)
        context = context.parent
    return tuple(reversed(numbers))


def is_epoch(context: Any) -> bool:
    """Whether a task is an epoch of a network's training."""
    return context.task_name == "epoch" and hasattr(context, "training")


def is_fit(context: Any) -> bool:
    """Whether a task is the whole training of a network."""
    return context.task_name == "fit" and hasattr(context, "training")


def is_searched(context: Any) -> bool:
    """Whether something other than a pipeline stands around a fit."""
    own = context.estimator_name
    while context.parent is not None:
        context = context.parent
        if context.estimator_name not in (own, "Pipeline"):
            return True
    return False


def check_trains_network(estimator: Any, callback: str, what: str) -> None:
    """Raise TypeError unless an estimator trains a network; `what` a callback does there."""
    if not trains_network(estimator):
        raise TypeError(
            f"{callback} {what} a network, and {type(estimator).__name__} trains none itself: in "
            "a pipeline or a search, call set_callbacks of the estimator inside that does, such as "
            "RNNClassifier."
        )


def trains_network(estimator: Any) -> bool:
    """Whether an estimator trains a network of ours."""
    return getattr(estimator, "_trains_network", False)
