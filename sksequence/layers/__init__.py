"""Many steps at once: recurrence, convolution, pooling, dropout."""

from sksequence.layers._attention import ATTENTIONS, Attention, Memory, make_attention
from sksequence.layers._characters import CharacterCNN, CharacterRNN, make_character_network
from sksequence.layers._crf import ChainHead
from sksequence.layers._encoder import StepEncoder
from sksequence.layers._frames import FrameNetwork, FrameStepEncoder
from sksequence.layers._heads import (
    AdaptiveSoftmaxHead,
    BernoulliHead,
    EndingHead,
    MixtureHead,
    SoftmaxHead,
)
from sksequence.layers._image import ImageEncoder
from sksequence.layers._missing import FilledStepEncoder, MissingInputs
from sksequence.layers._parts import Dropout, TimeConvolution, embedding, linear
from sksequence.layers._pooling import (
    AttentionPooling,
    LastPooling,
    MaxPooling,
    MeanPooling,
    make_pooling,
)
from sksequence.layers._recurrent import RecurrentLayer, reverse_steps
from sksequence.layers._stack import RecurrentStack

__all__ = [
    "ATTENTIONS",
    "AdaptiveSoftmaxHead",
    "Attention",
    "AttentionPooling",
    "BernoulliHead",
    "ChainHead",
    "CharacterCNN",
    "CharacterRNN",
    "Dropout",
    "EndingHead",
    "FilledStepEncoder",
    "FrameNetwork",
    "FrameStepEncoder",
    "ImageEncoder",
    "LastPooling",
    "MaxPooling",
    "MeanPooling",
    "Memory",
    "MissingInputs",
    "MixtureHead",
    "RecurrentLayer",
    "RecurrentStack",
    "SoftmaxHead",
    "StepEncoder",
    "TimeConvolution",
    "embedding",
    "linear",
    "make_attention",
    "make_character_network",
    "make_pooling",
    "reverse_steps",
]
