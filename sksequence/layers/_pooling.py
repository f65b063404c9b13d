"""From the states of all steps to one vector a sequence."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sksequence.layers._parts import linear


class LastPooling(nn.Module):
    """The state after the whole sequence was read.

    Of a bidirectional stack: the forward half at the last step beside the backward half at
    the first one.

    Parameters
    ----------
    n_forward : int
        Units of the forward direction.
    """

    def __init__(self, n_forward: int):
        super().__init__()
        self.n_forward = n_forward

    def forward(self, states: Tensor, lengths: Tensor | None, mask: Tensor | None):
        """``(n_sequences, n_steps, n_units)`` -> ``(n_sequences, n_units)``."""
        forwards = states[:, :, : self.n_forward]
        if lengths is None:
            last = forwards[:, -1]
        else:
            rows = torch.arange(len(states), device=states.device)
            last = forwards[rows, lengths - 1]
        if states.shape[2] > self.n_forward:
            last = torch.cat([last, states[:, 0, self.n_forward :]], dim=1)
        return last, None


class MeanPooling(nn.Module):
    """The mean of the states of all steps."""

    def forward(self, states: Tensor, lengths: Tensor | None, mask: Tensor | None):
        """``(n_sequences, n_steps, n_units)`` -> ``(n_sequences, n_units)``."""
        if mask is None:
            return states.mean(dim=1), None
        total = torch.where(mask[:, :, None], states, 0.0).sum(dim=1)
        return total / lengths[:, None], None


class MaxPooling(nn.Module):
    """The largest value of each unit over all steps."""

    def forward(self, states: Tensor, lengths: Tensor | None, mask: Tensor | None):
        """``(n_sequences, n_steps, n_units)`` -> ``(n_sequences, n_units)``."""
        if mask is not None:
            states = states.masked_fill(~mask[:, :, None], -torch.inf)
        return states.amax(dim=1), None


class AttentionPooling(nn.Module):
    r"""A weighted mean of the states; the weights are learned (Yang et al., 2016).

    .. math::

        u_t = \tanh(W h_t + b), \quad
        \alpha_t = \frac{\exp(u_t^\top v)}{\sum_s \exp(u_s^\top v)}, \quad
        p = \sum_t \alpha_t h_t

    Parameters
    ----------
    n_units : int
    generator : torch.Generator
    """

    def __init__(self, n_units: int, generator: torch.Generator):
        super().__init__()
        self.project = linear(n_units, n_units, generator)
        bound = n_units**-0.5
        self.query = nn.Parameter(
            torch.empty(n_units, dtype=torch.float32).uniform_(-bound, bound, generator=generator)
        )

    def forward(self, states: Tensor, lengths: Tensor | None, mask: Tensor | None):
        """The pooled vectors and the weights of shape ``(n_sequences, n_steps)``."""
        if mask is not None:  # 0 * inf must not arise from what stands on padding
            states = torch.where(mask[:, :, None], states, 0.0)
        scores = torch.tanh(self.project(states)) @ self.query  # (n_sequences, n_steps)
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=1)
        return torch.einsum("bt,btu->bu", weights, states), weights


def make_pooling(name: str, n_units: int, n_forward: int, generator: torch.Generator):
    """A pooling layer from its name."""
    if name == "last":
        return LastPooling(n_forward)
    if name == "attention":
        return AttentionPooling(n_units, generator)
    return {"mean": MeanPooling, "max": MaxPooling}[name]()
