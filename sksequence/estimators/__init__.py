"""The scikit-learn face: one family of estimators a file."""

from sksequence.estimators._autoencoder import SequenceAutoencoder
from sksequence.estimators._captioner import SequenceCaptioner
from sksequence.estimators._classifier import RNNClassifier
from sksequence.estimators._forecaster import RNNForecaster
from sksequence.estimators._language_model import RNNLanguageModel
from sksequence.estimators._naive_forecasters import NaiveForecaster
from sksequence.estimators._regressor import RNNRegressor
from sksequence.estimators._seq2seq import Seq2SeqTransformer
from sksequence.estimators._stream import SequenceStream
from sksequence.estimators._tagger import RNNTagger
from sksequence.estimators._transcriber import CTCTranscriber
from sksequence.estimators._transcriber_stream import TranscriberStream
from sksequence.estimators._window_forecaster import WindowForecaster

__all__ = [
    "CTCTranscriber",
    "NaiveForecaster",
    "RNNClassifier",
    "RNNForecaster",
    "RNNLanguageModel",
    "RNNRegressor",
    "RNNTagger",
    "Seq2SeqTransformer",
    "SequenceAutoencoder",
    "SequenceCaptioner",
    "SequenceStream",
    "TranscriberStream",
    "WindowForecaster",
]
