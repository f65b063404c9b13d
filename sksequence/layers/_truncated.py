"""Truncated backpropagation through time."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

PIECE = 64  # steps that go forward at once, about, where blocks are shorter


def run_truncated(stack, inputs, lengths, state, keep_state, noise):
    """As ``stack.run``, but gradients go back through ``stack.tbptt_steps`` only."""
    run = _Run(stack, lengths if keep_state else None, noise, inputs.shape[1])
    flat = _flat(state)
    outputs, *last = _Truncated.apply(run, inputs, len(flat), *flat, *run.weights)
    if lengths is None or keep_state:
        return outputs, run.nested(last)
    return outputs, [[None] for _ in stack.layers]


class _Run:
    """One run of a stack over sequences of `n_steps`, in blocks that have windows.

    Parameters
    ----------
    stack : RecurrentStack
    lengths : Tensor of shape (n_sequences,) or None
        Where the last states are wanted; None: after the last step of all.
    noise : list of Tensors or None
        As ``stack.draw_noise`` gave it.
    n_steps : int
    """

    def __init__(self, stack, lengths, noise, n_steps):
        self.stack, self.lengths, self.noise, self.n_steps = stack, lengths, noise, n_steps

    @property
    def weights(self) -> list[Tensor]:
        """Those of all cells."""
        return [w for (layer,) in self.stack.layers for w in layer.weights.values()]

    def nested(self, flat) -> list:
        """Tensors one after the other as a state of the stack."""
        parts = iter(flat)
        return [[tuple(next(parts) for _ in layer.state_sizes)] for (layer,) in self.stack.layers]

    def blocks(self) -> list[tuple[int, int, int]]:
        """Of each block: where its window begins, and where it begins and ends itself."""
        k1, k2 = self.stack.tbptt_steps
        return [
            (0 if start < k2 else start + k1 - k2, start, min(start + k1, self.n_steps))
            for start in range(0, self.n_steps, k1)
        ]

    def noise_of(self, start: int, stop: int, rows: Tensor | None = None):
        """The noise of the steps from `start` to `stop` and, of the sequences, `rows`."""
        if self.noise is None:
            return None
        chosen = [n if n.shape[1] == 1 else n[:, start:stop] for n in self.noise]
        return [_rows(n, rows) for n in chosen]

    # -- forward --------------------------------------------------------------------------

    def forward(self, inputs: Tensor, state: list):
        """The outputs, the last states, and the states in which windows begin, by step."""
        k1 = self.stack.tbptt_steps[0]
        firsts = {first for first, _, _ in self.blocks()}
        bounds = [*range(0, self.n_steps, k1 * max(1, PIECE // k1)), self.n_steps]
        begin, last, outputs = {0: _flat(state)}, _flat(state), None
        for start, stop in pairwise(bounds):
            inside = [first for first in firsts if start < first < stop]
            steps, state, through = self._piece(inputs, state, start, stop, bool(inside))
            if outputs is None:  # in place: no second copy of all steps
                outputs = steps.new_empty(len(steps), self.n_steps, steps.shape[2])
            outputs[:, start:stop] = steps
            begin.update({f: [p[:, f - start - 1].clone() for p in through] for f in inside})
            begin[stop] = _flat(state)
            last = self._last(last, state, through, start, stop)
        return outputs, last, {f: begin[f] for f in sorted(firsts)}

    def _piece(self, inputs, state, start, stop, inside):
        noise, inputs = self.noise_of(start, stop), inputs[:, start:stop]
        if not inside and self.lengths is None:
            return *self.stack.run(inputs, None, state, noise=noise), []
        steps, through = self.stack.run_through(inputs, state, noise)
        ends = [[tuple(part[:, -1] for part in parts)] for (parts,) in through]
        return steps, ends, _flat(through)

    def _last(self, last, state, through, start, stop):
        if self.lengths is None:
            return _flat(state)
        ends_here = ((self.lengths > start) & (self.lengths <= stop))[:, None]
        at = (self.lengths - start - 1).clamp(0, stop - start - 1)
        sequences = torch.arange(len(at), device=at.device)
        return [
            torch.where(ends_here, part[sequences, at], old)
            for part, old in zip(through, last, strict=True)
        ]

    # -- backward -------------------------------------------------------------------------

    def wanted(self, of_outputs, of_last, n_sequences: int):
        """The blocks to which a gradient comes, each with its sequences (None: all)."""
        blocks, k1 = self.blocks(), self.stack.tbptt_steps[0]
        device = next(g.device for g in (of_outputs, *of_last) if g is not None)
        touched = torch.zeros(n_sequences, len(blocks) * k1, dtype=torch.bool, device=device)
        if of_outputs is not None:
            touched[:, : self.n_steps] = (of_outputs != 0).any(2)
        if any(g is not None for g in of_last):
            if self.lengths is None:
                touched[:, self.n_steps - 1] = True
            else:
                sequences = torch.arange(n_sequences, device=device)
                touched[sequences, self.lengths.clamp(min=1) - 1] = True
        by_block = touched.unflatten(1, (len(blocks), k1)).any(2).cpu()
        for block, chosen in zip(blocks, by_block.unbind(1), strict=True):
            if chosen.all():
                yield block, None
            elif chosen.any():
                yield block, chosen.nonzero()[:, 0].to(device)

    def window(self, block, rows, inputs, begin, of_outputs, of_last):
        """Run the window of a block again; what it gives, and the gradients of that."""
        first, start, stop = block
        lengths = None if self.lengths is None else _rows(self.lengths, rows)
        within = None if lengths is None else (lengths - first).clamp(0, stop - first)
        ends = [None] * len(of_last) if lengths is None and stop < self.n_steps else of_last
        noise = self.noise_of(first, stop, rows)
        steps, state = self.stack.run(inputs, within, self.nested(begin), True, noise)
        given, gradients = [], []
        if of_outputs is not None:
            given.append(steps[:, start - first :])
            gradients.append(_rows(of_outputs[:, start:stop], rows))
        for part, gradient in zip(_flat(state), ends, strict=True):
            if gradient is None or not part.requires_grad:
                continue
            gradient = _rows(gradient, rows)
            if lengths is not None:
                at = lengths.clamp(min=1)
                ends_here = ((at > start) & (at <= stop))[:, None]
                gradient = torch.where(ends_here, gradient, 0.0)
            given.append(part)
            gradients.append(gradient)
        return given, gradients


class _Truncated(torch.autograd.Function):
    """Outputs and last states of a stack; windows are run again on the way back."""

    @staticmethod
    def forward(ctx, run, inputs, n_state, *tensors):
        outputs, last, begin = run.forward(inputs, run.nested(tensors[:n_state]))
        ctx.run, ctx.n_state, ctx.firsts = run, n_state, list(begin)
        kind = inputs.device.type
        ctx.autocast = kind, torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind)
        weights, states = tensors[n_state:], [p for parts in begin.values() for p in parts]
        ctx.save_for_backward(inputs, *weights, *states)
        ctx.set_materialize_grads(False)
        return outputs, *last

    @staticmethod
    @once_differentiable
    def backward(ctx, of_outputs, *of_last):
        run, n_state = ctx.run, ctx.n_state
        needs = ctx.needs_input_grad[1:2] + ctx.needs_input_grad[3:]  # inputs, state, weights
        inputs, *saved = ctx.saved_tensors  # an error if an optimiser was faster than this
        weights = run.weights
        states = saved[len(weights) :]
        sums = _Sums([inputs, *states[:n_state], *weights], needs)
        if of_outputs is None and all(g is None for g in of_last):
            return None, sums.total[0], None, *sums.total[1:]
        wanted = run.wanted(of_outputs, of_last, len(inputs))
        for block, rows in wanted:
            first, _, stop = block
            at = ctx.firsts.index(first) * n_state
            leaves = [inputs[:, first:stop], *states[at : at + n_state]]
            leaves = [_rows(leaf, rows).detach() for leaf in leaves] + weights
            slots = [  # of what the gradient is wanted
                i for i, n in enumerate(needs) if n and (first == 0 or not 0 < i <= n_state)
            ]
            for i in slots:
                leaves[i].requires_grad_()
            with torch.enable_grad(), torch.autocast(*ctx.autocast):
                given, gradients = run.window(
                    block, rows, leaves[0], leaves[1 : 1 + n_state], of_outputs, of_last
                )
            found = torch.autograd.grad(
                given, [leaves[i] for i in slots], gradients, allow_unused=True
            )
            sums.add(dict(zip(slots, found, strict=True)), rows, first, stop, n_state)
        return None, sums.total[0], None, *sums.total[1:]


class _Sums:
    """The gradients of all windows, added up.

    Parameters
    ----------
    leaves : list of Tensors
        The inputs, the parts of the state, the weights.
    needs : sequence of bool
        Of which of them the gradient is wanted.
    """

    def __init__(self, leaves, needs):
        self.total = [
            torch.zeros_like(x) if n else None for x, n in zip(leaves, needs, strict=True)
        ]

    def add(self, found, rows, first, stop, n_state):
        """Add the gradients of a window, by the place of their leaf."""
        for i, gradient in found.items():
            if gradient is None:
                continue
            total = self.total[i][:, first:stop] if i == 0 else self.total[i]
            if rows is None or i > n_state:
                total += gradient
            else:
                total.index_add_(0, rows, gradient)


def _flat(state) -> list[Tensor]:
    return [part for (parts,) in state for part in parts]


def _rows(values: Tensor, rows: Tensor | None) -> Tensor:
    return values if rows is None else values[rows]
