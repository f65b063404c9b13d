"""Whole models, and builders that choose their sizes."""

from sksequence.networks._alignment import AlignmentNetwork, AlignmentSpec
from sksequence.networks._bottleneck import BottleneckEncoder, BottleneckSpec
from sksequence.networks._decoder import Decoder, DecoderSpec
from sksequence.networks._encoder_decoder import (
    Encoded,
    EncoderDecoder,
    EncoderDecoderSpec,
    SequenceEncoder,
)
from sksequence.networks._forecast import DirectNetwork, ForecastSpec, RollingNetwork
from sksequence.networks._grid import GridEncoder, GridSpec
from sksequence.networks._language import HeadSpec, LanguageNetwork, LanguageSpec
from sksequence.networks._outputs import Outputs
from sksequence.networks._saving import pack_network, starting_vectors, unpack_network
from sksequence.networks._sequence import NetworkSpec, SequenceNetwork, build_sequence_network
from sksequence.networks._tagging import TaggingNetwork, TaggingSpec

__all__ = [
    "AlignmentNetwork",
    "AlignmentSpec",
    "BottleneckEncoder",
    "BottleneckSpec",
    "Decoder",
    "DecoderSpec",
    "DirectNetwork",
    "Encoded",
    "EncoderDecoder",
    "EncoderDecoderSpec",
    "ForecastSpec",
    "GridEncoder",
    "GridSpec",
    "HeadSpec",
    "LanguageNetwork",
    "LanguageSpec",
    "NetworkSpec",
    "Outputs",
    "RollingNetwork",
    "SequenceEncoder",
    "SequenceNetwork",
    "TaggingNetwork",
    "TaggingSpec",
    "build_sequence_network",
    "pack_network",
    "starting_vectors",
    "unpack_network",
]
