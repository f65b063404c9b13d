"""The k largest values of a row, in an order that is the same everywhere."""

from __future__ import annotations

import torch
from torch import Tensor


def largest(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k largest of each row and where they stand; of equal ones the first come first.

    ``torch.topk`` leaves open which of equal values it takes. It is k times as fast as sorting
    the row, so only the rows where that matters are sorted. The order among values of minus
    infinity, which no search follows, may stay open.

    Parameters
    ----------
    values : Tensor of shape (n, V)
    k : int
        At most V.

    Returns
    -------
    largest : Tensor of shape (n, k)
    places : integer Tensor of shape (n, k)
    """
    n_values = values.shape[1]
    if 8 * k >= n_values:
        return _sorted(values, k)
    found, places = values.topk(k + 1, dim=1)
    equal = (found[:, 1:] == found[:, :-1]) & (found[:, 1:] > -torch.inf)
    rows = equal.any(dim=1).nonzero()[:, 0]
    found, places = found[:, :k], places[:, :k]
    if len(rows):
        found[rows], places[rows] = _sorted(values[rows], k)
    return found, places


def _sorted(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    found, places = torch.sort(values, dim=1, descending=True, stable=True)
    return found[:, :k], places[:, :k]
