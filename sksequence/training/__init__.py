"""The loop: plan, engine, record."""

from sksequence.training._engine import train
from sksequence.training._environment import choose_device, explained_memory, threads
from sksequence.training._plan import OPTIMIZERS, TrainingPlan
from sksequence.training._run import DivergenceError, TrainingRun
from sksequence.training._schedule import SCHEDULES
from sksequence.training._training import Training, Watcher

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "DivergenceError",
    "Training",
    "TrainingPlan",
    "TrainingRun",
    "Watcher",
    "choose_device",
    "explained_memory",
    "threads",
    "train",
]
