"""Watching a training, and what is done while it runs."""

from sksequence.callbacks._checkpoint import Checkpoint
from sksequence.callbacks._checkpoint_file import CheckpointError
from sksequence.callbacks._learning_rate import LearningRateSchedule
from sksequence.callbacks._loggers import MLflowLogger, TensorBoardLogger
from sksequence.callbacks._stages import StagesOfTraining
from sksequence.callbacks._validation_monitor import ValidationMonitor

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "LearningRateSchedule",
    "MLflowLogger",
    "StagesOfTraining",
    "TensorBoardLogger",
    "ValidationMonitor",
]
