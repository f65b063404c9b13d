"""Seams to foreign packages, one file each."""

from sksequence.utils._optional import import_optional

__all__ = ["import_optional"]
