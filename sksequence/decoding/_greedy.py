"""One hypothesis for each sequence: greedy search, and the loop that sampling shares."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from sksequence.decoding._rows import first_leaf, lay_out, remaining, step_limits
from sksequence.decoding._tree import Decoded, select


def greedy_search(decoder, state, memory, *, start: int, end: int, max_steps) -> Decoded:
    """Take the most probable symbol at each step; of equally probable ones the lowest.

    Parameters
    ----------
    decoder : object
        Has ``advance(tokens, state, memory) -> Advance``.
    state : object
        Tree of tensors with one row for each sequence, the decoder's state at the start.
    memory : object
        Tree of tensors with one row for each sequence, or None.
    start, end : int
        The symbol that goes in first, and the one after which an output is complete. `end` is
        never given to the decoder.
    max_steps : int or integer Tensor of shape (B,)
        Steps after which an output ends without `end`, for all or for each sequence.

    Returns
    -------
    decoded : Decoded
        With ``n_best == 1``; the scores are the log-probabilities.

    Raises
    ------
    ValueError
        If `max_steps` is not >= 1, or the rows of `state` and `memory` differ in number.

    Examples
    --------
    >>> import torch
    >>> from sksequence.decoding import Advance, greedy_search
    >>> class Chain:  # the next symbol depends on the last: 0, 1, end = 2, start = 3
    ...     rows = [[0.1, 0.7, 0.2], [0.1, 0.3, 0.6], [0.0, 0.0, 1.0], [0.5, 0.4, 0.1]]
    ...     def advance(self, tokens, state, memory):
    ...         return Advance(torch.tensor(self.rows).log()[tokens], state)
    >>> state = torch.zeros(2, 1)  # two sequences
    >>> limits = torch.tensor([5, 1])
    >>> decoded = greedy_search(Chain(), state, None, start=3, end=2, max_steps=limits)
    >>> decoded.tokens[:, 0]
    tensor([[0, 1],
            [0, 2]])
    >>> decoded.lengths[:, 0]
    tensor([2, 1])
    >>> decoded.log_probabilities[:, 0].exp()  # 0.5 * 0.7 * 0.6 and 0.5
    tensor([0.2100, 0.5000])
    """
    return follow(decoder, state, memory, _most_probable, start, end, max_steps)


def _most_probable(log_probs: Tensor, rows: Tensor, step: int) -> tuple[Tensor, Tensor]:
    log_p, token = log_probs.max(dim=1)  # the first of equal ones
    return token, log_p


@torch.no_grad()
def follow(decoder, state, memory, choose: Callable, start: int, end: int, max_steps) -> Decoded:
    """Go from symbol to symbol, as ``choose(log_probs, rows, step) -> tokens, log_p`` says."""
    leaf = first_leaf(state, memory)
    limits = step_limits("max_steps", max_steps, leaf)
    rows = torch.arange(len(leaf), device=leaf.device)
    ended = torch.zeros_like(rows, dtype=torch.bool)
    token = torch.full_like(rows, start)
    steps: list[tuple[Tensor, Tensor]] = []
    log_ps, attentions = [], []
    while len(rows):
        answer = decoder.advance(token, state, memory)
        chosen, log_p = choose(answer.log_probs, rows, len(steps))
        chosen = chosen.masked_fill(ended, end)
        steps.append((rows, chosen))
        log_ps.append((rows, log_p.masked_fill(ended, 0.0)))
        attentions.append((rows, answer.attention))
        ended = ended | (chosen == end) | (limits[rows] <= len(steps))
        token, state = chosen.masked_fill(ended, start), answer.state
        keep = remaining(ended)
        if keep is not None:
            rows, ended, token, state, memory = select((rows, ended, token, state, memory), keep)
    return _gather(steps, log_ps, attentions, limits, end)


def _gather(steps, log_ps, attentions, limits: Tensor, end: int) -> Decoded:
    """What the steps gave, as one Decoded."""
    all_steps = torch.full_like(limits, len(steps))
    tokens = lay_out(steps, all_steps, end)  # (B, T')
    lengths = (tokens != end).sum(dim=1)
    tokens = tokens[:, : int(lengths.max())]
    log_p = lay_out(log_ps, all_steps, 0.0).sum(dim=1)
    attention = None
    if attentions[0][1] is not None:
        attention = lay_out(attentions, lengths, 0.0)[:, None]
    return Decoded(tokens[:, None], lengths[:, None], log_p[:, None], log_p[:, None], attention)
