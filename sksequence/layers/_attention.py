"""Attention: which steps of a memory a query looks at."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sksequence.layers._parts import linear

ATTENTIONS = ("additive", "dot", "general", "location")


class Memory(NamedTuple):
    """What attention looks at: one row for each sequence of a batch.

    Parameters
    ----------
    values : Tensor of shape (n_sequences, n_steps, n_values)
        Of which a weighted mean is taken.
    keys : Tensor of shape (n_sequences, n_steps, n_keys)
        With which a query is compared; made from the values once.
    mask : Tensor of shape (n_sequences, n_steps) or None
        True on steps that exist; None: all of them do.
    """

    values: Tensor
    keys: Tensor
    mask: Tensor | None


class Attention(nn.Module):
    r"""Weighted mean of a memory, the weights by comparison with a query.

    .. math:: a = \mathrm{softmax}_s\, e(q, m_s), \qquad c = \sum_s a_s m_s

    ==========  ==================================  ==========================================
    name        :math:`e(q, m_s)`                   source
    ==========  ==================================  ==========================================
    additive    :math:`v^T \tanh(W q + U m_s)`      Bahdanau, Cho and Bengio (2015)
    dot         :math:`q^T m_s`                     Luong, Pham and Manning (2015)
    general     :math:`q^T U m_s`                   Luong, Pham and Manning (2015)
    location    :math:`v^T \tanh(W q + U m_s +      Chorowski et al. (2015)
                V f_s)`, f the weights of the
                step before, convolved
    ==========  ==================================  ==========================================

    Parameters
    ----------
    score : nn.Module
        ``score.keys(values)`` and ``score(queries, keys, previous)``.
    """

    def __init__(self, score: nn.Module):
        super().__init__()
        self.score = score

    @property
    def needs_previous(self) -> bool:
        """Whether the weights of the step before are needed."""
        return isinstance(self.score, LocationScore)

    def remember(self, values: Tensor, mask: Tensor | None) -> Memory:
        """Make the memory of `values` of shape ``(n_sequences, n_steps, n_values)``."""
        return Memory(values, self.score.keys(values), mask)

    def forward(self, queries: Tensor, memory: Memory, previous: Tensor | None = None):
        """Look at the memory.

        Parameters
        ----------
        queries : Tensor of shape (n_sequences, n_queries, n_units)
        memory : Memory
        previous : Tensor of shape (n_sequences, n_queries, n_steps), default=None
            The weights of the step before, which only "location" looks at; None: nothing is
            known of it.

        Returns
        -------
        context : Tensor of shape (n_sequences, n_queries, n_values)
        weights : Tensor of shape (n_sequences, n_queries, n_steps)
            Not negative; they add up to one and are zero on steps that do not exist.
        """
        scores = self.score(queries, memory.keys, previous)  # (n_sequences, n_queries, n_steps)
        if memory.mask is not None:
            scores = scores.masked_fill(~memory.mask[:, None], -torch.inf)
        weights = torch.softmax(scores, dim=2)
        return torch.bmm(weights, memory.values), weights


class DotScore(nn.Module):
    """``q . m``, where the values are as wide as the queries; else they are projected first."""

    def __init__(self, n_units: int, n_values: int, generator: torch.Generator):
        super().__init__()
        self.project = None
        if n_units != n_values:
            self.project = linear(n_values, n_units, generator, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        return values if self.project is None else self.project(values)

    def forward(self, queries: Tensor, keys: Tensor, previous: Tensor | None) -> Tensor:
        return torch.bmm(queries, keys.transpose(1, 2))


class GeneralScore(nn.Module):
    """``q . U m``."""

    def __init__(self, n_units: int, n_values: int, generator: torch.Generator):
        super().__init__()
        self.project = linear(n_values, n_units, generator, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        return self.project(values)

    def forward(self, queries: Tensor, keys: Tensor, previous: Tensor | None) -> Tensor:
        return torch.bmm(queries, keys.transpose(1, 2))


class AdditiveScore(nn.Module):
    """``v . tanh(W q + U m)``."""

    def __init__(self, n_units: int, n_values: int, generator: torch.Generator):
        super().__init__()
        self.of_value = linear(n_values, n_units, generator)
        self.of_query = linear(n_units, n_units, generator, bias=False)
        self.weigh = linear(n_units, 1, generator, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        return self.of_value(values)

    def forward(self, queries: Tensor, keys: Tensor, previous: Tensor | None) -> Tensor:
        # (n_sequences, n_queries, n_steps, n_units)
        hidden = self.of_query(queries)[:, :, None] + keys[:, None]
        return self.weigh(torch.tanh(hidden)).squeeze(3)


class LocationScore(nn.Module):
    """``v . tanh(W q + U m + V f)`` with features f of where the step before looked."""

    n_filters = 8
    width = 7

    def __init__(self, n_units: int, n_values: int, generator: torch.Generator):
        super().__init__()
        self.of_value = linear(n_values, n_units, generator)
        self.of_query = linear(n_units, n_units, generator, bias=False)
        self.filters = linear(self.width, self.n_filters, generator, bias=False)
        self.of_place = linear(self.n_filters, n_units, generator, bias=False)
        self.weigh = linear(n_units, 1, generator, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        return self.of_value(values)

    def forward(self, queries: Tensor, keys: Tensor, previous: Tensor | None) -> Tensor:
        hidden = self.of_query(queries)[:, :, None] + keys[:, None]
        if previous is not None:
            side = self.width // 2
            around = nn.functional.pad(previous, (side, side)).unfold(2, self.width, 1)
            hidden = hidden + self.of_place(self.filters(around))
        return self.weigh(torch.tanh(hidden)).squeeze(3)


_SCORES = {
    "additive": AdditiveScore,
    "dot": DotScore,
    "general": GeneralScore,
    "location": LocationScore,
}


def make_attention(name: str, n_units: int, n_values: int, generator: torch.Generator) -> Attention:
    """The attention called `name` for queries of `n_units` and a memory of `n_values`."""
    return Attention(_SCORES[name](n_units, n_values, generator))
