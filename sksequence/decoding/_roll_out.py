"""Numeric outputs: a decoder that reads its own last output."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sksequence.decoding._rows import first_leaf, lay_out, remaining, step_limits
from sksequence.decoding._tree import select


@dataclass(frozen=True, eq=False)
class RolledOut:
    """Numeric outputs of B sequences.

    Parameters
    ----------
    values : Tensor of shape (B, T, F)
        Zero after the end of a sequence.
    lengths : Tensor of shape (B,)
        Number of steps of each.
    attention : Tensor of shape (B, T, S) or None
        Zero after the end of a sequence.
    """

    values: Tensor
    lengths: Tensor
    attention: Tensor | None


@torch.no_grad()
def roll_out(
    decoder, state, memory, *, first: Tensor, max_steps=None, lengths: Tensor | None = None
) -> RolledOut:
    """Feed a decoder its own outputs until it says that it is done.

    The step at which the probability of stopping is above one half is the last one and belongs
    to the output, which has therefore one step at least.

    Parameters
    ----------
    decoder : object
        Has ``advance_values(values, state, memory) -> values, stop, state, attention`` with
        values of shape ``(B, F)``, the probability of stopping after this step of shape
        ``(B,)`` and attention of shape ``(B, S)`` or None.
    state : object
        Tree of tensors with one row for each sequence, the decoder's state at the start.
    memory : object
        Tree of tensors with one row for each sequence, or None.
    first : Tensor of shape (B, F)
        What goes in at the first step.
    max_steps : int or integer Tensor of shape (B,), default=None
        Steps after which an output ends in any case. May be left out with `lengths`.
    lengths : integer Tensor of shape (B,), default=None
        Take exactly so many steps; the probability of stopping (which may be None then) and
        `max_steps` do not count.

    Returns
    -------
    rolled_out : RolledOut

    Raises
    ------
    ValueError
        If neither `max_steps` nor `lengths` is given, if one is not >= 1, or if the rows of
        `first`, `state` and `memory` differ in number.

    Examples
    --------
    >>> import torch
    >>> from sksequence.decoding import roll_out
    >>> class Halving:  # stops at one or below
    ...     def advance_values(self, values, state, memory):
    ...         values = values / 2
    ...         return values, (values[:, 0] <= 1).float(), state, None
    >>> first = torch.tensor([[8.0], [2.0]])
    >>> result = roll_out(Halving(), None, None, first=first, max_steps=9)
    >>> result.values[:, :, 0]
    tensor([[4., 2., 1.],
            [1., 0., 0.]])
    >>> result.lengths
    tensor([3, 1])
    """
    first_leaf((state, first), memory)
    if max_steps is None and lengths is None:
        raise ValueError("roll_out must know when to stop: give max_steps or lengths.")
    if lengths is None:
        limits = step_limits("max_steps", max_steps, first)
    else:
        limits = step_limits("lengths", lengths, first)
    rows = torch.arange(len(first), device=first.device)
    ended = torch.zeros_like(rows, dtype=torch.bool)
    n_steps = torch.zeros_like(rows)
    values, steps, attentions = first, [], []
    while len(rows):
        values, stop, state, attention = decoder.advance_values(values, state, memory)
        steps.append((rows, values))
        attentions.append((rows, attention))
        n_steps[rows] += ~ended
        ended = ended | (limits[rows] <= len(steps))
        if lengths is None:
            ended = ended | (stop > 0.5)
        keep = remaining(ended)
        if keep is not None:
            rows, ended, values, state, memory = select((rows, ended, values, state, memory), keep)
    attention = None
    if attentions[0][1] is not None:
        attention = lay_out(attentions, n_steps, 0.0)
    return RolledOut(lay_out(steps, n_steps, 0.0), n_steps, attention)
