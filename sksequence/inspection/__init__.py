"""Look into fitted estimators."""

from sksequence.inspection._alignment_display import AlignmentDisplay
from sksequence.inspection._attention import AttentionDisplay
from sksequence.inspection._backtest import BacktestDisplay
from sksequence.inspection._composition import plot_repeated_composition, repeated_composition
from sksequence.inspection._embedding_display import EmbeddingDisplay
from sksequence.inspection._forecast import ForecastDisplay
from sksequence.inspection._gradient_flow import GradientFlow, LayerFlow, gradient_flow
from sksequence.inspection._gradient_flow_display import GradientFlowDisplay
from sksequence.inspection._importance import permutation_importance
from sksequence.inspection._importance_display import SequenceImportanceDisplay
from sksequence.inspection._piano_roll_display import PianoRollDisplay
from sksequence.inspection._sequence_display import SequenceDisplay
from sksequence.inspection._state_display import StateDisplay
from sksequence.inspection._states import find_units
from sksequence.inspection._summary import NetworkSummary, summary
from sksequence.inspection._tag_display import TagDisplay
from sksequence.inspection._training_display import TrainingDisplay
from sksequence.inspection._unfolded import plot_unfolded

__all__ = [
    "AlignmentDisplay",
    "AttentionDisplay",
    "BacktestDisplay",
    "EmbeddingDisplay",
    "ForecastDisplay",
    "GradientFlow",
    "GradientFlowDisplay",
    "LayerFlow",
    "NetworkSummary",
    "PianoRollDisplay",
    "SequenceDisplay",
    "SequenceImportanceDisplay",
    "StateDisplay",
    "TagDisplay",
    "TrainingDisplay",
    "find_units",
    "gradient_flow",
    "permutation_importance",
    "plot_repeated_composition",
    "plot_unfolded",
    "repeated_composition",
    "summary",
]
