"""A cell over all steps, with a delay or without."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from sksequence.cells import Cell, Delayed, FeedForward
from sksequence.kernels import run_cell

State = tuple[Tensor, ...]


def run(
    cell: Cell, weights: dict[str, Tensor], inputs: Tensor, state: State, all_states: bool = False
) -> tuple[Tensor, State]:
    """As ``kernels.run_cell``, also of a cell with a delay."""
    if isinstance(cell, FeedForward):
        return _run_apart(cell, weights, inputs, state, all_states)
    if not isinstance(cell, Delayed):
        return run_cell(cell, weights, inputs, state, all_states)
    weights = cell.inner_weights(weights)
    if cell.beside:
        return _run_beside(cell, weights, inputs, state, all_states)
    way = _run_chains_through if all_states else _run_chains
    return way(cell, weights, inputs, state)


def states_after(states: State, lengths: Tensor, start: State) -> State:
    """Of the states after all steps those after the last step of each sequence.

    Parameters
    ----------
    states : tuple of Tensors of shape (n_sequences, n_steps, size)
    lengths : Tensor of shape (n_sequences,)
    start : tuple of Tensors of shape (n_sequences, size)
        The states of sequences without any steps.
    """
    rows = torch.arange(len(lengths), device=lengths.device)
    last, any_steps = lengths.clamp(min=1) - 1, (lengths > 0)[:, None]
    return tuple(
        torch.where(any_steps, part[rows, last], first)
        for part, first in zip(states, start, strict=True)
    )


def _run_apart(cell, weights, inputs, state, all_states):
    """No step hangs on another: all of them as one."""
    (outputs,) = cell.step(weights, inputs.flatten(0, 1), state)
    outputs = outputs.unflatten(0, inputs.shape[:2])
    return outputs, (outputs if all_states else outputs[:, -1],)


def _run_chains(cell, weights, inputs, state):
    """D interleaved chains: D times as many sequences of a D-th of the steps."""
    inner, delay, n_steps = cell.inner, cell.delays[0], inputs.shape[1]
    n_rounds = n_steps // delay
    before = _oldest_first(state, inner.n_states)
    rounds = inputs[:, : n_rounds * delay]
    outputs, last = [], before
    if n_rounds:
        # chain d reads the steps d, d + D, ...; it follows the state of D - d steps before them
        chains = rounds.unflatten(1, (n_rounds, delay)).transpose(1, 2).flatten(0, 1)
        start = tuple(part.flatten(0, 1) for part in before)
        steps, ends = run_cell(inner, weights, chains, start)
        outputs.append(_in_order(steps, delay))
        last = tuple(part.unflatten(0, (-1, delay)) for part in ends)
    n_left = n_steps - n_rounds * delay
    if n_left:  # one step more for the first chains
        start = tuple(part[:, :n_left].flatten(0, 1) for part in last)
        new = inner.step(weights, inputs[:, -n_left:].flatten(0, 1), start)
        new = tuple(part.unflatten(0, (-1, n_left)) for part in new)
        outputs.append(new[0])
        last = tuple(
            torch.cat([part[:, n_left:], n], dim=1) for part, n in zip(last, new, strict=True)
        )
    state = tuple(part[:, d] for d in range(delay - 1, -1, -1) for part in last)
    return torch.cat(outputs, dim=1), state


def _run_chains_through(cell, weights, inputs, state):
    """The same with the states after all steps."""
    inner, delay, n_steps = cell.inner, cell.delays[0], inputs.shape[1]
    n_rounds = -(-n_steps // delay)
    before = _oldest_first(state, inner.n_states)
    padded = pad(inputs, (0, 0, 0, n_rounds * delay - n_steps))
    chains = padded.unflatten(1, (n_rounds, delay)).transpose(1, 2).flatten(0, 1)
    _, states = run_cell(inner, weights, chains, tuple(b.flatten(0, 1) for b in before), True)
    known = [  # (n_sequences, D + n_steps, size)
        torch.cat([old, _in_order(part, delay)[:, :n_steps]], dim=1)
        for part, old in zip(states, before, strict=True)
    ]
    firsts = range(delay, 0, -1)
    return known[0][:, delay:], tuple(k[:, d : d + n_steps] for d in firsts for k in known)


def _oldest_first(state, n_inner):
    """The parts of the states of D steps, each ``(n_sequences, D, size)``."""
    return tuple(torch.stack(state[p::n_inner][::-1], dim=1) for p in range(n_inner))


def _in_order(chains, delay):
    """``(n_sequences * D, n_rounds, size)`` -> ``(n_sequences, n_rounds * D, size)``."""
    return chains.unflatten(0, (-1, delay)).transpose(1, 2).flatten(1, 2)


def _run_beside(cell, weights, inputs, state, all_states):
    """Blocks of D steps: the outputs of D steps ago are there when a block begins."""
    inner, delay, n_steps = cell.inner, cell.delays[0], inputs.shape[1]
    n_inner = inner.n_states
    now, past = state[:n_inner], torch.stack((*state[n_inner:][::-1], state[0]), dim=1)
    outputs, parts = [past], []
    for block in inputs.split(delay, dim=1):
        given = torch.cat([block, outputs[-1][:, : block.shape[1]]], dim=2)
        steps, now = run_cell(inner, weights, given, now, all_states)
        if all_states:
            parts.append(now)
            now = tuple(part[:, -1] for part in now)
        outputs.append(steps)
    known = torch.cat(outputs, dim=1)  # (n_sequences, D + n_steps, size)
    firsts = range(delay - 1, 0, -1)
    if not all_states:
        return known[:, delay:], now + tuple(known[:, d + n_steps - 1] for d in firsts)
    latest = tuple(torch.cat(part, dim=1) for part in zip(*parts, strict=True))
    return known[:, delay:], latest + tuple(known[:, d : d + n_steps] for d in firsts)
