r"""What a recurrent layer did at each step, and gradients through it.

For the state :math:`s_t` after step t (all parts side by side, for an LSTM h and c) and the loss
L,

.. math::

    \lambda_t = \frac{\partial L}{\partial s_t}
    = d_t + J_{t+1}^\top \lambda_{t+1}, \qquad
    J_t = \frac{\partial s_t}{\partial s_{t-1}},

where :math:`d_t` is what comes to the outputs of step t directly, from pooling or from the layer
above. The parts of a state are independent coordinates here, as they are for the step that
follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from sksequence.cells import Cell, Delayed
from sksequence.layers import RecurrentLayer, RecurrentStack, reverse_steps


@dataclass(eq=False)
class LayerTrace:
    """One layer in the order in which it read; steps are counted in that order.

    Parameters
    ----------
    name : str
    layer : RecurrentLayer

    Attributes
    ----------
    inputs : list of Tensor of shape (n_sequences, n_steps, n_inputs)
        Of each call of the layer.
    outputs : list of Tensor
        Of each call, in the order of time; ``grad`` is what came to them directly.
    states : list of tuple of Tensor
        After each step; ``start`` before the first.
    kept : list of dict
        What the cell kept of each step.
    last : tuple of Tensor or None
        The state that the last call gave away.
    """

    name: str
    layer: RecurrentLayer
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    states: list[tuple[Tensor, ...]] = field(default_factory=list)
    kept: list[dict[str, Tensor]] = field(default_factory=list)
    start: tuple[Tensor, ...] | None = None
    last: tuple[Tensor, ...] | None = None
    lengths: Tensor | None = None

    # -- while the network runs ---------------------------------------------------------------

    def observe(self, layer, t, state, kept):
        """One step."""
        self.states.append(tuple(part.detach() for part in state))
        self.kept.append({name: value.detach() for name, value in kept.items()})

    def hook(self, layer, args, kwargs, result):
        """One call: remember it, and give away aliases whose gradients are theirs alone."""
        inputs, lengths, state = _arguments(*args, **kwargs)
        if self.start is not None and (state is None or lengths is not None):
            raise TypeError(
                f"{self.name} is run several times on different sequences: its steps cannot be "
                "followed as one recurrence."
            )
        if self.start is None:
            if state is None:
                state = layer.initial_state(len(inputs), inputs)
            self.start = tuple(part.detach() for part in state)
            self.lengths = lengths
        outputs, last = result
        outputs = _alias(outputs)
        last = None if last is None else tuple(map(_alias, last))
        turned = reverse_steps(inputs, lengths) if layer.runs_backward else inputs
        self.inputs.append(turned.detach())
        self.outputs.append(outputs)
        self.last = last
        return outputs, last

    # -- afterwards -----------------------------------------------------------------------------

    @property
    def cell(self) -> Cell:
        """The cell of the layer, without a delay around it."""
        cell = self.layer.cell
        return cell.inner if isinstance(cell, Delayed) else cell

    @cached_property
    def n_steps(self) -> Tensor:
        """Steps of each sequence."""
        full = torch.full((len(self.inputs[0]),), len(self.states))
        return full if self.lengths is None else self.lengths.cpu()

    @cached_property
    def x(self) -> Tensor:
        """Inputs ``(n_sequences, n_steps, n_inputs)``."""
        return torch.cat(self.inputs, dim=1)

    @cached_property
    def before(self) -> tuple[Tensor, ...]:
        """For each part the state before each step, ``(n_sequences, n_steps, size)``."""
        states = [self.start, *self.states[:-1]]
        return tuple(torch.stack(part, dim=1) for part in zip(*states, strict=True))

    @cached_property
    def after(self) -> tuple[Tensor, ...]:
        """For each part the state after each step, ``(n_sequences, n_steps, size)``."""
        return tuple(torch.stack(part, dim=1) for part in zip(*self.states, strict=True))

    @cached_property
    def direct(self) -> Tensor:
        """d of every step, ``(n_sequences, n_steps, state size)``, after the backward pass."""
        parts = [_grad(outputs) for outputs in self.outputs]
        if self.layer.runs_backward:
            parts = [reverse_steps(part, self.lengths) for part in parts]
        direct = torch.cat(parts, dim=1)
        rest = sum(part.shape[2] for part in self.after) - direct.shape[2]
        direct = torch.cat([direct, direct.new_zeros(*direct.shape[:2], rest)], dim=2)
        if self.last is not None:
            rows = torch.arange(len(direct))
            direct[rows, self.n_steps - 1] += torch.cat([_grad(part) for part in self.last], dim=1)
        return direct

    def pull(self, x, state, cotangent, weights=None):
        """``cotangent^T J`` of one step for rows of inputs and states; or of the weights.

        Without `weights` the result is one tensor ``(n_rows, state size)``, else a dict.
        """
        own = {name: weight.detach() for name, weight in self.layer.weights.items()}
        leaves = tuple(part.detach().requires_grad_(weights is None) for part in state)
        if weights is not None:
            own = {name: weight.requires_grad_() for name, weight in own.items()}
        with torch.enable_grad():
            new = torch.cat(self.layer.cell.step(own, x, leaves), dim=1)
        wanted = leaves if weights is None else tuple(own.values())
        found = torch.autograd.grad(new, wanted, cotangent, allow_unused=True)
        found = [
            torch.zeros_like(w) if g is None else g for g, w in zip(found, wanted, strict=True)
        ]
        return torch.cat(found, dim=1) if weights is None else dict(zip(own, found, strict=True))

    def at(self, rows: Tensor, steps: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Inputs of some steps, and the states before them."""
        return self.x[rows, steps], tuple(part[rows, steps] for part in self.before)


def _arguments(inputs, lengths, state=None, keep_state=False):
    return inputs, lengths, state


def _alias(values: Tensor) -> Tensor:
    """The same values, as a node of their own in the graph."""
    alias = values.view_as(values)
    if alias.requires_grad:
        alias.retain_grad()
    return alias


def _grad(values: Tensor) -> Tensor:
    return torch.zeros_like(values) if values.grad is None else values.grad


@contextmanager
def traced(network: nn.Module) -> Iterator[list[LayerTrace]]:
    """Watch all recurrent layers of a network while it runs, step by step."""
    traces = [LayerTrace(name, layer) for name, layer in named_layers(network)]
    handles = []
    for trace in traces:
        trace.layer.observer = trace.observe
        handles.append(trace.layer.register_forward_hook(trace.hook, with_kwargs=True))
    try:
        yield traces
    finally:
        for trace, handle in zip(traces, handles, strict=True):
            trace.layer.observer = None
            handle.remove()


def named_layers(network: nn.Module) -> Iterator[tuple[str, RecurrentLayer]]:
    """Recurrent layers in their order: "recurrent 1", "recurrent 1 backward", ..."""
    stacks = [(n, m) for n, m in network.named_modules() if isinstance(m, RecurrentStack)]
    for name, stack in stacks:
        prefix = "" if len(stacks) == 1 else f"{name.replace('.', ' ')}: "
        for i, directions in enumerate(stack.layers):
            for layer in directions:
                direction = " backward" if layer.runs_backward else ""
                yield f"{prefix}recurrent {i + 1}{direction}", layer


def adjoints(trace: LayerTrace) -> tuple[Tensor, Tensor]:
    r"""Gradients with respect to every state, and what is carried of that of the last step.

    Returns
    -------
    total : Tensor of shape (n_sequences, n_steps, state size)
        :math:`\lambda_t`.
    carried : Tensor of the same shape
        :math:`(J_T \cdots J_{t+1})^\top d_T`: what is left at step t of the gradient that enters
        at the last step of a sequence.
    """
    direct = trace.direct
    n, n_steps = direct.shape[:2]
    last = trace.n_steps - 1
    only_last = torch.zeros_like(direct)
    rows = torch.arange(n)
    only_last[rows, last] = direct[rows, last]
    entering = torch.cat([direct, only_last])  # both at once: (2 n_sequences, n_steps, size)
    result = torch.zeros_like(entering)
    twice = torch.cat([rows, rows])
    current = result.new_zeros(2 * n, direct.shape[2])
    for t in reversed(range(n_steps)):
        current = current + entering[:, t]
        result[:, t] = current
        if t:
            x, state = trace.at(twice, torch.full_like(twice, t))
            current = trace.pull(x, state, current)
    return result[:n], result[n:]


def weight_gradients(trace: LayerTrace, total: Tensor) -> dict[str, Tensor]:
    r"""Gradient with respect to the weights, :math:`\sum_t \lambda_t^\top \partial s_t/\partial w`,
    summed over the sequences."""
    there = torch.arange(total.shape[1]) < trace.n_steps[:, None]
    x, state = trace.at(*there.nonzero(as_tuple=True))
    return trace.pull(x, state, total[there], weights=True)


def jacobians(trace: LayerTrace, rows: Tensor, n_back: int) -> Iterator[Tensor]:
    """J of the last step of some sequences, of the one before, ...; ``(n, size, size)`` each."""
    size = sum(part.shape[2] for part in trace.after)
    directions = torch.eye(size, dtype=torch.float64).repeat(len(rows), 1)
    each = rows.repeat_interleave(size)
    for k in range(n_back):
        x, state = trace.at(each, trace.n_steps[each] - 1 - k)
        yield trace.pull(x, state, directions).view(len(rows), size, size)
