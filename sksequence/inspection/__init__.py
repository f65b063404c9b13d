"""Look into fitted estimators."""

from sksequence.inspection._summary import NetworkSummary, summary

__all__ = ["NetworkSummary", "summary"]
