"""Splitters that keep the future out of the past: panels, and windows that overlap."""

from sksequence.model_selection._panels import PanelTimeSeriesSplit
from sksequence.model_selection._windows import WindowSplit

__all__ = ["PanelTimeSeriesSplit", "WindowSplit"]
