"""Many steps at once: recurrence, convolution, pooling, dropout."""

from sksequence.layers._attention import ATTENTIONS, Attention, Memory, make_attention
from sksequence.layers._encoder import StepEncoder
from sksequence.layers._image import ImageEncoder
from sksequence.layers._parts import Dropout, TimeConvolution, embedding, linear
from sksequence.layers._pooling import (
    AttentionPooling,
    LastPooling,
    MaxPooling,
    MeanPooling,
    make_pooling,
)
from sksequence.layers._recurrent import RecurrentLayer, RecurrentStack, reverse_steps, state_sizes

__all__ = [
    "ATTENTIONS",
    "Attention",
    "AttentionPooling",
    "Dropout",
    "ImageEncoder",
    "LastPooling",
    "MaxPooling",
    "MeanPooling",
    "Memory",
    "RecurrentLayer",
    "RecurrentStack",
    "StepEncoder",
    "TimeConvolution",
    "embedding",
    "linear",
    "make_attention",
    "make_pooling",
    "reverse_steps",
    "state_sizes",
]
