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


@dataclass(eq=False)
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
    seen : tuple of tuples of Tensor
        Where values may be missing, what was seen last and when; else empty.
    """

    stack: Any
    window: tuple[Tensor, ...]
    pool: Pool
    seen: tuple = ()

    def map(self, function: Callable[..., Tensor], *others: Memory) -> Memory:
        """`function` of each tensor (and of those of `others` in the same place)."""
        trees = ((m.stack, m.window, m.pool, m.seen) for m in (self, *others))
        return Memory(*_map(function, *trees))


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


class SteppedNetwork:
    """A network that goes on from what it remembers.

    Parameters
    ----------
    network : SequenceNetwork
        Not bidirectional, in evaluation mode.
    """

    def __init__(self, network: SequenceNetwork):
        spec = network.spec
        self.pool = POOLS[spec.pooling]
        self.dtype, self.device = network.head.weight.dtype, network.head.weight.device
        self._context_beside = bool(spec.schema.n_context) and spec.context_at != "state"
        self._cells = [directions[0].cell for directions in network.stack.layers]
        # what each step needs, without the search through modules and their hooks
        self._fill = getattr(network.encoder, "fill", None)
        encoder = network.encoder if self._fill is None else network.encoder.encoder
        self._encode, self._stack = encoder.forward, network.stack.forward
        self._convolution, self._context = network.convolution, network.context
        self._pooling, self._head = network.pooling, network.head.forward

    def advance(
        self, inputs: dict[str, Tensor], memory: Memory | None, context: Tensor | None
    ) -> Memory:
        """Read the next steps, ``(n_sequences, n_steps, ...)`` in each channel.

        With memory None they are the first ones of their sequences.
        """
        seen = () if memory is None else memory.seen
        if self._fill is not None:
            inputs, seen = self._fill(inputs, seen or None)
        steps = self._encode(inputs)  # (n_sequences, n_steps, n_inputs)
        if self._context_beside:
            beside = context[:, None].expand(-1, steps.shape[1], -1)
            steps = torch.cat([steps, beside], dim=2)
        window, state, pool = (), None, None
        if memory is not None:
            window, state, pool = memory.window, memory.stack, memory.pool
        elif self._context is not None:
            state = self._context(context)
        if self._convolution is not None:
            steps, window = _convolve(self._convolution, steps, window)
        states, state = self._stack(steps, None, state)
        return Memory(state, window, self.pool.update(self._pooling, states, pool), seen)

    def advance_apart(
        self,
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
            rows = torch.from_numpy(at).to(self.device)
            new = self.advance(
                {name: values[rows, :length] for name, values in inputs.items()},
                memory.map(lambda kept, rows=rows: kept[rows]) if goes_on else None,
                None if context is None else context[rows],
            )
            memory = memory.map(lambda kept, part, rows=rows: kept.index_copy(0, rows, part), new)
        return memory

    def check_times(self, inputs: dict[str, Tensor], memory: Memory, begun: np.ndarray) -> None:
        """Raise ValueError where the times of new steps are missing or before those read.

        What goes on is told by `begun`, as of ``advance_apart``.
        """
        if self._fill is None or self._fill.time is None or not inputs:
            return
        first = self._fill.times(inputs)[:, 0, 0]
        back = (first < memory.seen[-1][0][:, 0]) & torch.from_numpy(begun).to(first.device)
        if bool(torch.isnan(first).any()) or bool(back.any()):
            raise ValueError(
                "the time of a step is missing or lies before the time of the step before: give "
                "steps in the order of their times."
            )

    def outputs(self, memory: Memory) -> Tensor:
        """The outputs for the steps so far, ``(n_sequences, n_outputs)``, in 64 bits."""
        pooled = self.pool.result(memory.pool)
        return self._head(pooled.to(self.dtype)).cpu().double()

    def named(self, memory: Memory) -> dict[str, Tensor]:
        """The tensors of a memory by name: ``layer_0.h``, ``convolution``, ``pool.sum``, ..."""
        tensors: dict[str, Tensor] = {}
        for i, layer in enumerate(memory.stack):
            parts = list(_leaves(layer))
            names = getattr(self._cells[i], "state_names", ())
            if len(names) != len(parts):
                names = [str(j) for j in range(len(parts))]
            tensors |= {f"layer_{i}.{n}": part for n, part in zip(names, parts, strict=True)}
        if memory.window:
            tensors["convolution"] = memory.window[0]
        pool = zip(self.pool.names, memory.pool, strict=True)
        tensors |= {f"pool.{name}": part for name, part in pool}
        return tensors if self._fill is None else tensors | self._fill.named(memory.seen)


def _convolve(layer, steps: Tensor, window: tuple[Tensor, ...]):
    """The causal convolution of new steps, whose window begins among the steps before."""
    if not window:  # before the first step there are zeros
        window = (steps.new_zeros(len(steps), layer.before, steps.shape[2]),)
    seen = torch.cat([*window, steps], dim=1)  # (n_sequences, width - 1 + n_steps, n_inputs)
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
    weighted = torch.bmm(weights[:, None], states_wide)[:, 0]  # (n_sequences, n_units)
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
