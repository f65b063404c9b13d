"""Deep sequence learning with the scikit-learn API.

Everything named here is loaded when it is first used, so that ``import sksequence`` is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sksequence.estimators import (
        CTCTranscriber,
        NaiveForecaster,
        RNNClassifier,
        RNNForecaster,
        RNNLanguageModel,
        RNNRegressor,
        RNNTagger,
        Seq2SeqTransformer,
        SequenceAutoencoder,
        SequenceCaptioner,
        WindowForecaster,
    )
    from sksequence.inputs import SequenceArray, last_window, make_windows
    from sksequence.inspection import (
        AlignmentDisplay,
        AttentionDisplay,
        BacktestDisplay,
        EmbeddingDisplay,
        ForecastDisplay,
        GradientFlowDisplay,
        SequenceDisplay,
        SequenceImportanceDisplay,
        StateDisplay,
        TagDisplay,
        TrainingDisplay,
        gradient_flow,
        permutation_importance,
        summary,
    )
    from sksequence.persistence import load, save
    from sksequence.preprocessing import (
        ImageFeaturizer,
        LogMelSpectrogram,
        PerStep,
        SequenceColumns,
        SequenceScaler,
        TokenEncoder,
        Word2VecEmbedder,
        WordFeatures,
    )

__version__ = "0.1.0.dev0"

_HOME = {
    "SequenceArray": "inputs",
    "last_window": "inputs",
    "make_windows": "inputs",
    "TokenEncoder": "preprocessing",
    "SequenceScaler": "preprocessing",
    "ImageFeaturizer": "preprocessing",
    "LogMelSpectrogram": "preprocessing",
    "PerStep": "preprocessing",
    "SequenceColumns": "preprocessing",
    "Word2VecEmbedder": "preprocessing",
    "WordFeatures": "preprocessing",
    "CTCTranscriber": "estimators",
    "NaiveForecaster": "estimators",
    "RNNClassifier": "estimators",
    "RNNForecaster": "estimators",
    "RNNLanguageModel": "estimators",
    "RNNRegressor": "estimators",
    "RNNTagger": "estimators",
    "Seq2SeqTransformer": "estimators",
    "SequenceAutoencoder": "estimators",
    "SequenceCaptioner": "estimators",
    "WindowForecaster": "estimators",
    "AlignmentDisplay": "inspection",
    "AttentionDisplay": "inspection",
    "BacktestDisplay": "inspection",
    "EmbeddingDisplay": "inspection",
    "ForecastDisplay": "inspection",
    "GradientFlowDisplay": "inspection",
    "SequenceDisplay": "inspection",
    "SequenceImportanceDisplay": "inspection",
    "StateDisplay": "inspection",
    "TagDisplay": "inspection",
    "TrainingDisplay": "inspection",
    "gradient_flow": "inspection",
    "permutation_importance": "inspection",
    "summary": "inspection",
    "load": "persistence",
    "save": "persistence",
}

__all__ = [
    "AlignmentDisplay",
    "AttentionDisplay",
    "BacktestDisplay",
    "CTCTranscriber",
    "EmbeddingDisplay",
    "ForecastDisplay",
    "GradientFlowDisplay",
    "ImageFeaturizer",
    "LogMelSpectrogram",
    "NaiveForecaster",
    "PerStep",
    "RNNClassifier",
    "RNNForecaster",
    "RNNLanguageModel",
    "RNNRegressor",
    "RNNTagger",
    "Seq2SeqTransformer",
    "SequenceArray",
    "SequenceAutoencoder",
    "SequenceCaptioner",
    "SequenceColumns",
    "SequenceDisplay",
    "SequenceImportanceDisplay",
    "SequenceScaler",
    "StateDisplay",
    "TagDisplay",
    "TokenEncoder",
    "TrainingDisplay",
    "WindowForecaster",
    "Word2VecEmbedder",
    "WordFeatures",
    "__version__",
    "gradient_flow",
    "last_window",
    "load",
    "make_windows",
    "permutation_importance",
    "save",
    "summary",
]


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'sksequence' has no attribute {name!r}")
    return getattr(import_module(f"sksequence.{_HOME[name]}"), name)


def __dir__():
    return sorted(__all__)
