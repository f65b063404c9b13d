"""Whether labels name sequences in the order in which they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def misplaced(names: pd.Index, labels: pd.Index) -> int | None:
    """The first place where `labels` has the name of another sequence; None: they may pass.

    Labels that share nothing with the names go by position, and so does a default index unless
    it numbers the very names. Labels that are nowhere before (or nowhere behind) the names at
    the same places are of another kind too: positions beside numbers that begin with 1, or the
    times of targets beside the last times of the windows that they follow. Of two orders of the
    same labels, that is never true.

    Parameters
    ----------
    names, labels : pandas.Index of the same length
    """
    import pandas as pd

    if len(names) != len(labels) or labels.equals(names):
        return None
    elsewhere = (_objects(labels) != _objects(names)) & labels.isin(names)
    if not elsewhere.any():
        return None
    by_position = isinstance(labels, pd.RangeIndex) and labels.equals(pd.RangeIndex(len(labels)))
    if by_position and not labels.isin(names).all():
        return None
    return None if _on_one_side(names, labels) else int(np.argmax(elsewhere))


def quoted(index: pd.Index, i: int) -> str:
    """A label as Python writes it, for messages."""
    label = index[i]
    return repr(label.item() if isinstance(label, np.generic) else label)


def _on_one_side(names: pd.Index, labels: pd.Index) -> bool:
    one, other = _objects(names), _objects(labels)
    try:
        return bool((one <= other).all() or (one >= other).all())
    except TypeError:  # labels of several kinds
        return False


def _objects(index: pd.Index) -> np.ndarray:
    return np.asarray(index, dtype=object)
