"""scikit-learn transformers on sequences."""

from sksequence.preprocessing._columns import SequenceColumns
from sksequence.preprocessing._images import ImageFeaturizer
from sksequence.preprocessing._midi import read_midi, write_midi
from sksequence.preprocessing._per_step import PerStep
from sksequence.preprocessing._scaler import SequenceScaler
from sksequence.preprocessing._spectrogram import LogMelSpectrogram
from sksequence.preprocessing._tag_schemes import convert_tags, repair_tags
from sksequence.preprocessing._tokens import TokenEncoder
from sksequence.preprocessing._word2vec import Word2VecEmbedder
from sksequence.preprocessing._word_features import WordFeatures

__all__ = [
    "ImageFeaturizer",
    "LogMelSpectrogram",
    "PerStep",
    "SequenceColumns",
    "SequenceScaler",
    "TokenEncoder",
    "Word2VecEmbedder",
    "WordFeatures",
    "convert_tags",
    "read_midi",
    "repair_tags",
    "write_midi",
]
