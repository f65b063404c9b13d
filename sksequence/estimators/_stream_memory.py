"""What a stream keeps between two steps: states, a window of inputs, and a running pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sksequence.networks import SequenceNetwork

Pool = tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class Memory:
    """All that a network needs of the steps before, one row for each sequence.

    Parameters
    ----------
    stack : nested lists and tuples of Tensor
        Where the recurrence stopped.
    window : tuple of Tensor
        The last steps that a convolution still sees, ``(n_sequences, width - 1, n_inputs)``;
        empty without one.
    pool : tuple of Tensor
        What the pooling needs of the states so far.
    """

    stack: Any
    window: tuple[Tensor, ...]
    pool: Pool

    def map(self, function: Callable[..., Tensor], *others: Memory) -> Memory:
        """`function` of each tensor (and of those of `others` in the same place)."""
        return Memory(
            *(
                _map(function, getattr(self, part), *(getattr(o, part) for o in others))
                for part in ("stack", "window", "pool")
            )
        )

    def named(self, network: SequenceNetwork) -> dict[str, Tensor]:
        """The tensors by name: ``layer_0.h``, ``convolution``, ``pool.sum``, ..."""
        tensors = {}
        for i, layer in enumerate(self.stack):
            parts = list(_leaves(layer))
            names = getattr(network.spec.cell, "state_names", ())
            if len(names) != len(parts):
                names = range(len(parts))
            tensors |= {f"layer_{i}.{name}": part for name, part in zip(names, parts, strict=True)}
        tensors |= {"convolution": window for window in self.window}
        names = POOLS[network.spec.pooling].names
        return tensors | {f"pool.{n}": part for n, part in zip(names, self.pool, strict=True)}


@dataclass(frozen=True)
class RunningPool:
    """A pooling that reads its steps one after the other.

    Parameters
    ----------
    names : tuple of str
        Of the tensors that it keeps.
    update : callable
        ``update(layer, states, pool)`` with states of shape ``(n_sequences, n_steps,
        n_units)``; pool is None at the start.
    result : callable
        ``result(pool)``, the pooled vectors ``(n_sequences, n_units)``.
    """

    names: tuple[str, ...]
    update: Callable[[Any, Tensor, Pool | None], Pool]
    result: Callable[[Pool], Tensor]


def advance(
    network: SequenceNetwork,
    inputs: dict[str, Tensor],
    memory: Memory | None,
    context: Tensor | None,
) -> Memory:
    """Read the next steps, ``(n_sequences, n_steps, ...)`` in each channel.

    With memory None they are the first ones of their sequences.
    """
    steps = network.encoder(inputs)  # (n_sequences, n_steps, n_inputs)
    if context is not None and network.spec.context_at != "state":
        beside = context[:, None].expand(-1, steps.shape[1], -1)
        steps = torch.cat([steps, beside], dim=2)
    window: tuple[Tensor, ...] = ()
    if network.convolution is not None:
        steps, window = _convolve(network.convolution, steps, memory)
    if memory is not None:
        state = memory.stack
    else:
        state = None if network.context is None else network.context(context)
    states, stack = network.stack(steps, None, state)
    pool = POOLS[network.spec.pooling].update(
        network.pooling, states, None if memory is None else memory.pool
    )
    return Memory(stack, window, pool)


def advance_apart(
    network: SequenceNetwork,
    inputs: dict[str, Tensor],
    memory: Memory,
    context: Tensor | None,
    begun: np.ndarray,
    lengths: np.ndarray,
) -> Memory:
    """Read unequally many steps, where some sequences may be at their first one.

    What begins, or goes on, with equally many steps is read together.

    Parameters
    ----------
    begun : ndarray of bool of shape (n_sequences,)
        False: rows of the memory have no meaning yet.
    lengths : ndarray of int of shape (n_sequences,)
        How many steps of `inputs` exist.
    """
    kinds = np.stack([begun, lengths], axis=1)
    for goes_on, length in np.unique(kinds[lengths > 0], axis=0).tolist():
        at = np.flatnonzero((kinds == (goes_on, length)).all(axis=1))
        rows = torch.from_numpy(at).to(network.head.weight.device)
        new = advance(
            network,
            {name: values[rows, :length] for name, values in inputs.items()},
            memory.map(lambda kept, rows=rows: kept[rows]) if goes_on else None,
            None if context is None else context[rows],
        )
        memory = memory.map(lambda kept, part, rows=rows: kept.index_copy(0, rows, part), new)
    return memory


def pooled(network: SequenceNetwork, memory: Memory) -> Tensor:
    """The vectors from which answers are read, ``(n_sequences, n_units)``."""
    result = POOLS[network.spec.pooling].result(memory.pool)
    return result.to(network.head.weight.dtype)


def _convolve(layer, steps: Tensor, memory: Memory | None):
    """The causal convolution of new steps, whose window begins among the steps before."""
    if memory is None:  # before the first step there are zeros
        before = steps.new_zeros(len(steps), layer.before, steps.shape[2])
    else:
        (before,) = memory.window
    seen = torch.cat([before, steps], dim=1)  # (n_sequences, width - 1 + n_steps, n_inputs)
    convolved = torch.relu(layer.convolution(seen.transpose(1, 2))).transpose(1, 2)
    return convolved, (seen[:, steps.shape[1] :],)


def _map(function, *trees):
    first = trees[0]
    if isinstance(first, (list, tuple)):
        parts = [_map(function, *branches) for branches in zip(*trees, strict=True)]
        return parts if isinstance(first, list) else tuple(parts)
    return function(*trees)


def _leaves(tree):
    if isinstance(tree, (list, tuple)):
        for branch in tree:
            yield from _leaves(branch)
    else:
        yield tree


# -- running pools: sums in 64 bits, so that a stream may be as long as it likes -------------


def _wide(tensor: Tensor) -> torch.dtype:
    return tensor.dtype if tensor.device.type == "mps" else torch.float64


def _last(layer, states: Tensor, pool: Pool | None) -> Pool:
    return (states[:, -1],)


def _mean(layer, states: Tensor, pool: Pool | None) -> Pool:
    total = states.sum(dim=1, dtype=_wide(states))
    count = total.new_full((len(states), 1), states.shape[1])
    return (total, count) if pool is None else (pool[0] + total, pool[1] + count)


def _max(layer, states: Tensor, pool: Pool | None) -> Pool:
    largest = states.amax(dim=1)
    return (largest,) if pool is None else (torch.maximum(pool[0], largest),)


def _attention(layer, states: Tensor, pool: Pool | None) -> Pool:
    r"""The largest score m so far, :math:`\sum_t e^{s_t - m}`, :math:`\sum_t e^{s_t - m} h_t`."""
    states_wide = states.to(_wide(states))
    scores = (torch.tanh(layer.project(states)) @ layer.query).to(states_wide.dtype)
    top = scores.amax(dim=1, keepdim=True)  # (n_sequences, 1)
    if pool is not None:
        top = torch.maximum(top, pool[0])
    weights = torch.exp(scores - top)  # (n_sequences, n_steps)
    total = weights.sum(dim=1, keepdim=True)
    weighted = torch.einsum("bt,btu->bu", weights, states_wide)
    if pool is not None:
        factor = torch.exp(pool[0] - top)
        total, weighted = total + factor * pool[1], weighted + factor * pool[2]
    return top, total, weighted


POOLS = {
    "last": RunningPool(("last",), _last, lambda pool: pool[0]),
    "mean": RunningPool(("sum", "count"), _mean, lambda pool: pool[0] / pool[1]),
    "max": RunningPool(("largest",), _max, lambda pool: pool[0]),
    "attention": RunningPool(
        ("top_score", "total", "weighted_sum"), _attention, lambda pool: pool[2] / pool[1]
    ),
}
