"""The loop: plan, engine, record."""

from sksequence.training._engine import train
from sksequence.training._environment import choose_device, explained_memory, threads
from sksequence.training._plan import OPTIMIZERS, TrainingPlan
from sksequence.training._run import DivergenceError, TrainingRun
from sksequence.training._schedule import SCHEDULES

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "DivergenceError",
    "TrainingPlan",
    "TrainingRun",
    "choose_device",
    "explained_memory",
    "threads",
    "train",
]
