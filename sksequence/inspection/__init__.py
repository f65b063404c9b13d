"""Look into fitted estimators."""

from sksequence.inspection._attention import AttentionDisplay
from sksequence.inspection._summary import NetworkSummary, summary

__all__ = ["AttentionDisplay", "NetworkSummary", "summary"]
