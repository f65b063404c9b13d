"""Rows of a table with an index (sequence, step) -> the steps of each sequence."""

from __future__ import annotations

from typing import Any

import numpy as np


def order_of_steps(index: Any) -> tuple[np.ndarray, np.ndarray]:
    """In which order ``SequenceArray.from_frame`` has the rows.

    Sequences come as their names do for the first time, and their steps by the second level.

    Parameters
    ----------
    index : pandas.MultiIndex of two levels

    Returns
    -------
    order : ndarray of shape (n_rows,)
    lengths : ndarray of shape (n_sequences,)

    Raises
    ------
    ValueError
        If a row does not say of which sequence it is, or which step.
    """
    import pandas as pd

    codes, names = pd.factorize(index.get_level_values(0), sort=False)
    times = pd.factorize(index.get_level_values(1), sort=True)[0]
    for found, what in ((codes, "sequence"), (times, "step")):
        if (found < 0).any():
            row = int(np.argmax(found < 0))
            raise ValueError(
                f"the {what} of row {row} is missing in the index: every row needs one."
            )
    return np.lexsort((times, codes)), np.bincount(codes, minlength=len(names))


def rows_by_sequence(column: Any) -> list[list]:
    """The values of each sequence of a Series with an index (sequence, step)."""
    order, lengths = order_of_steps(column.index)
    values = column.iloc[order].tolist()
    stops = np.cumsum(lengths).tolist()
    return [values[stop - n : stop] for stop, n in zip(stops, lengths.tolist(), strict=True)]
