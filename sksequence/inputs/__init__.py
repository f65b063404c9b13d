"""What users give -> checked sequences."""

from sksequence.inputs._channel import Channel
from sksequence.inputs._check import check_sequences
from sksequence.inputs._clock import Clock
from sksequence.inputs._schema import ChannelSchema, SequenceSchema
from sksequence.inputs._sequence_array import SequenceArray
from sksequence.inputs._time_table import TimeTable, read_time_table
from sksequence.inputs._vocabulary import Vocabulary
from sksequence.inputs._windows import last_window, make_windows

__all__ = [
    "Channel",
    "ChannelSchema",
    "Clock",
    "SequenceArray",
    "SequenceSchema",
    "TimeTable",
    "Vocabulary",
    "check_sequences",
    "last_window",
    "make_windows",
    "read_time_table",
]
