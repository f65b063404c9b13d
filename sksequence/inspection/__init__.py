"""Look into fitted estimators."""

from sksequence.inspection._attention import AttentionDisplay
from sksequence.inspection._backtest import BacktestDisplay
from sksequence.inspection._forecast import ForecastDisplay
from sksequence.inspection._summary import NetworkSummary, summary

__all__ = [
    "AttentionDisplay",
    "BacktestDisplay",
    "ForecastDisplay",
    "NetworkSummary",
    "summary",
]
