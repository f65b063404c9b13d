"""Watching a training, and what is done while it runs."""

from sksequence.callbacks._checkpoint import Checkpoint
from sksequence.callbacks._checkpoint_file import CheckpointError

__all__ = ["Checkpoint", "CheckpointError"]
