"""Samples -> padded tensors with their lengths, on the device."""

from sksequence.batches._batch import SequenceBatch
from sksequence.batches._samples import SequenceSamples
from sksequence.batches._scaling import InputScaling, Standardizer

__all__ = ["InputScaling", "SequenceBatch", "SequenceSamples", "Standardizer"]
