"""Which sequences are still at work, and where what they gave goes in the end."""

from __future__ import annotations

import numbers

import torch
from torch import Tensor

from sksequence.decoding._tree import leaves


def first_leaf(state, memory) -> Tensor:
    """Some tensor of `state` or `memory`; ValueError unless all have the same number of rows."""
    found = [*leaves(state), *leaves(memory)]
    if not found:
        raise ValueError(
            "neither state nor memory holds a tensor, so the number of sequences is unknown: "
            "give one of them, with one row for each sequence."
        )
    sizes = sorted({leaf.shape[0] if leaf.dim() else 0 for leaf in found})
    if len(sizes) > 1:
        raise ValueError(
            f"the tensors of state and memory have {' and '.join(map(str, sizes))} rows: give one "
            "row for each sequence (hypotheses of a sequence are made inside)."
        )
    return found[0]


def step_limits(name: str, value, leaf: Tensor) -> Tensor:
    """`value`, one integer for all or one for each sequence, as one >= 1 for each sequence."""
    n = len(leaf)
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= 1:
        return torch.full((n,), int(value), device=leaf.device)
    if isinstance(value, Tensor):
        whole = not (value.is_floating_point() or value.is_complex() or value.dtype == torch.bool)
        if whole and value.shape == (n,) and bool((value >= 1).all()):
            return value.to(leaf.device, torch.long)
        value = f"{value.dtype} of shape {tuple(value.shape)}: {value.tolist()}"
    raise ValueError(
        f"{name} must be an integer >= 1, or an integer tensor of shape ({n},) with one >= 1 for "
        f"each sequence, got {value}."
    )


def remaining(ended: Tensor) -> Tensor | None:
    """Rows of the sequences that stay, or None while hardly any has ended.

    Leaving costs a copy of the memory: a sixteenth goes at a time, the last few at once.
    """
    if 16 * int(ended.sum()) < len(ended):  # the synchronisation of a step
        return None
    return (~ended).nonzero()[:, 0]


def lay_out(steps: list[tuple[Tensor, Tensor]], lengths: Tensor, fill: float) -> Tensor:
    """What each step gave to some sequences, side by side.

    Parameters
    ----------
    steps : list of (rows, values)
        `rows` of shape ``(A,)`` names the sequences, `values` of shape ``(A, ...)`` is theirs.
    lengths : Tensor of shape (B,)
        Steps of each sequence that count.
    fill : float
        What stands after them.

    Returns
    -------
    whole : Tensor of shape (B, T, ...)
    """
    n_steps = int(lengths.max())
    values = steps[0][1]
    whole = values.new_full((len(lengths), n_steps, *values.shape[1:]), fill)
    for t, (rows, values) in enumerate(steps[:n_steps]):
        whole[rows, t] = values
    over = torch.arange(n_steps, device=lengths.device) >= lengths[:, None]
    whole[over] = fill
    return whole
