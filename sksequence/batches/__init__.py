"""Samples -> padded tensors with their lengths, on the device."""

from sksequence.batches._batch import SequenceBatch
from sksequence.batches._pairs import PairBatch, PairSamples
from sksequence.batches._samples import SequenceSamples
from sksequence.batches._scaling import InputScaling, Standardizer
from sksequence.batches._streams import StreamSamples
from sksequence.batches._windows import WindowBatch, WindowRows, WindowSamples

__all__ = [
    "InputScaling",
    "PairBatch",
    "PairSamples",
    "SequenceBatch",
    "SequenceSamples",
    "Standardizer",
    "StreamSamples",
    "WindowBatch",
    "WindowRows",
    "WindowSamples",
]
