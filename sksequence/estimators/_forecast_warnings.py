"""Warnings of forecasters, which point at the line of the user."""

from __future__ import annotations

import sys
import warnings

# Of these a caller further out is sought: cross-validation fits many times for one line.
INSIDE = frozenset({"sksequence", "sklearn", "joblib"})


def warn(message: str) -> None:
    """Give a UserWarning that names the line outside of the package which led to it."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _package_of(frame) in INSIDE:
        depth, frame = depth + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=depth + 1)


def _package_of(frame) -> str:
    return frame.f_globals.get("__name__", "").partition(".")[0]
