"""The promise, as checks that any estimator on sequences can be put to."""

from sksequence.testing._check_cell import check_cell
from sksequence.testing._suite import (
    check_sequence_estimator,
    parametrize_with_sequence_checks,
    sequence_checks,
)

__all__ = [
    "check_cell",
    "check_sequence_estimator",
    "parametrize_with_sequence_checks",
    "sequence_checks",
]
