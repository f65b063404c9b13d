"""From back-pointers to outputs."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sksequence.decoding._tree import Decoded


class Step(NamedTuple):
    """One step of a beam search over A sequences, from J hypotheses each to K.

    Parameters
    ----------
    rows : Tensor of shape (A,)
        Which sequences.
    tokens : Tensor of shape (A, K)
        The symbol that each hypothesis got.
    parents : Tensor of shape (A, K)
        Which of the J before it goes on with.
    attention : Tensor of shape (A * J, S) or None
        Of the hypotheses before.
    """

    rows: Tensor
    tokens: Tensor
    parents: Tensor
    attention: Tensor | None


def trace_back(
    history: list[Step],
    scores: Tensor,
    log_probs: Tensor,
    lengths: Tensor,
    beams: Tensor,
    end: int,
) -> Decoded:
    """Follow the parents from the last symbol of each output to its first.

    Parameters
    ----------
    history : list of Step
    scores, log_probs, lengths, beams : Tensor of shape (B, n_best)
        An output is hypothesis `beams` of those with `lengths` symbols.
    end : int
        Fills up shorter outputs.
    """
    n_steps = int(lengths.max())
    tokens = torch.full((*lengths.shape, n_steps), end, device=lengths.device)
    attention = None
    if (weights := history[0].attention) is not None:
        attention = weights.new_zeros(*tokens.shape, weights.shape[1])  # (B, n_best, T, S)
    beams = beams.clone()
    place = torch.zeros_like(lengths[:, 0])
    for t in reversed(range(n_steps)):
        step = history[t]
        place[step.rows] = torch.arange(len(step.rows), device=place.device)
        sentence, rank = (lengths > t).nonzero(as_tuple=True)
        here, beam = place[sentence], beams[sentence, rank]
        parent = step.parents[here, beam]
        tokens[sentence, rank, t] = step.tokens[here, beam]
        if attention is not None:
            weights = step.attention.unflatten(0, (len(step.rows), -1))  # (A, J, S)
            attention[sentence, rank, t] = weights[here, parent]
        beams[sentence, rank] = parent
    return Decoded(tokens, lengths, log_probs, scores, attention)
