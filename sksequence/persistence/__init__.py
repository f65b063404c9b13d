"""Fitted estimators as files that hold numbers and names, and no code."""

from sksequence.persistence._loading import load
from sksequence.persistence._saving import save

__all__ = ["load", "save"]
