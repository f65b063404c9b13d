"""scikit-learn transformers on sequences."""

from sksequence.preprocessing._columns import SequenceColumns
from sksequence.preprocessing._images import ImageFeaturizer
from sksequence.preprocessing._per_step import PerStep
from sksequence.preprocessing._scaler import SequenceScaler
from sksequence.preprocessing._tokens import TokenEncoder
from sksequence.preprocessing._word2vec import Word2VecEmbedder

__all__ = [
    "ImageFeaturizer",
    "PerStep",
    "SequenceColumns",
    "SequenceScaler",
    "TokenEncoder",
    "Word2VecEmbedder",
]
