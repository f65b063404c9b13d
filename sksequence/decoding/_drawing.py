"""Symbols drawn step after step, with as little around a step as can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sksequence.decoding._rows import remaining
from sksequence.decoding._tree import select

MOST_STEPS = 32  # between two looks at which sequences have ended


@torch.no_grad()
def draw_blocks(
    advance: Callable,
    log_weights: Tensor,
    state: Any,
    memory: Any,
    *,
    choose: Callable,
    end: int,
    limits: Tensor,
    one_by_one: bool = False,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Draw until all sequences have ended; what they have is looked at every few steps only.

    Parameters
    ----------
    advance : callable
        ``advance(tokens, state, memory) -> log_weights, state``.
    log_weights : Tensor of shape (B, V)
        Logarithms of the probabilities of the first symbol, up to a number for each row.
    state, memory : object
        Trees of tensors with B rows, or None.
    choose : callable
        ``choose(log_weights, rows, step) -> tokens``.
    end : int
        What ends a sequence; it may be given to `advance`.
    limits : integer Tensor of shape (B,)
        Steps at most.
    one_by_one : bool, default=False
        Look after each step.

    Yields
    ------
    rows : integer Tensor of shape (n,)
        Sequences, in their order.
    tokens : integer Tensor of shape (n, n_steps)
        Their next symbols; after an `end`, or more steps than a sequence may have, any.
    """
    rows = torch.arange(len(log_weights), device=log_weights.device)
    ended = torch.zeros_like(rows, dtype=torch.bool)
    tokens, step, most = rows, 0, int(limits.max())
    while len(rows):
        block = []
        ahead = 1 if one_by_one else min(max(1, step // 8), MOST_STEPS)
        for _ in range(min(ahead, most - step)):
            if step:
                log_weights, state = advance(tokens, state, memory)
            tokens = choose(log_weights, rows, step)
            block.append(tokens)
            step += 1
        drawn = torch.stack(block, dim=1)
        yield rows, drawn
        ended = ended | (drawn == end).any(dim=1) | (limits[rows] <= step)
        keep = remaining(ended)
        if keep is not None:
            rows, ended, tokens, state, memory = select((rows, ended, tokens, state, memory), keep)


def whole_sequences(blocks: Iterator, limits: np.ndarray, end: int) -> list[np.ndarray]:
    """The symbols of each sequence before its `end`.

    Parameters
    ----------
    blocks : iterator
        Of :func:`draw_blocks`.
    limits : ndarray of shape (B,)
    end : int
    """
    parts = [(rows.cpu().numpy(), drawn.cpu().numpy()) for rows, drawn in blocks]
    n_steps = sum(drawn.shape[1] for _, drawn in parts)
    whole = np.full((len(limits), n_steps + 1), end, dtype=np.int64)
    start = 0
    for rows, drawn in parts:
        whole[rows, start : start + drawn.shape[1]] = drawn
        start += drawn.shape[1]
    lengths = np.minimum((whole == end).argmax(axis=1), limits)
    return [row[:n] for row, n in zip(whole, lengths, strict=True)]
