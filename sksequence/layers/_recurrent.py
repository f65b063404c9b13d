"""A cell applied step after step, forwards or backwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sksequence.cells import Cell, Delayed
from sksequence.cells._contract import check_own
from sksequence.kernels._run import step_cell
from sksequence.layers._running import State, run, states_after

Observer = Callable[..., Any]


class RecurrentLayer(nn.Module):
    """One cell over all steps, forwards or backwards.

    A backward layer runs over each sequence reversed within its own length (a gather), so
    that padding cannot leak in.

    Parameters
    ----------
    cell : Cell
    n_inputs, n_units : int
    generator : torch.Generator
        Draws the initial weights.
    backward : bool, default=False
    learned_start : bool, default=False
        Whether the state before the first step is learned; it is the cell's own at first.

    Attributes
    ----------
    state_sizes : tuple of int
        Width of each part of the state; the first is that of the outputs.
    start_sizes : tuple of int
        Width of each part of the state before the first step, which a delay only repeats.
    observer : callable or None
        ``observer(layer, t, state, kept)`` is called after each step, t counting from zero in
        the direction in which the layer reads, with the new state and what the cell kept of the
        step (its gates, by name). While it is set all steps are taken one by one, so that
        gradients with respect to each state exist.
    """

    def __init__(
        self,
        cell: Cell,
        n_inputs: int,
        n_units: int,
        generator: torch.Generator,
        backward: bool = False,
        learned_start: bool = False,
    ):
        super().__init__()
        self.cell = cell
        self.n_units = n_units
        inner = _without_delay(cell)
        if inner.stages() is None:  # a step of somebody's own, of which nothing is known
            check_own(inner, n_inputs, n_units)
        self.state_sizes = tuple(cell.state_sizes(n_units))
        self.start_sizes = tuple(inner.state_sizes(n_units))
        self.runs_backward = backward
        self.observer: Observer | None = None
        weights = cell.initial_weights(n_inputs, n_units, generator)
        self._names = tuple(weights)
        for name, values in weights.items():
            self.register_parameter(name, nn.Parameter(values))
        self.start: nn.ParameterList | None = None
        if learned_start:
            self.start = nn.ParameterList(
                torch.zeros(size, dtype=torch.float32) for size in self.start_sizes
            )

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights by the cell's names."""
        return {name: self._parameters[name] for name in self._names}

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        self._in_one_piece()
        return self

    def _in_one_piece(self):
        """On CUDA, lay the weights out as cuDNN wants them; the values stay the same."""
        torch_layer = _without_delay(self.cell).torch_layer
        if torch_layer is None or not self.weight_ih.is_cuda:
            return
        n_inputs = self.weight_ih.shape[1]
        layer = torch_layer(n_inputs, self.n_units, bias="bias_ih" in self._names, device="meta")
        if not all(hasattr(layer, f"{name}_l0") for name in self._names):
            return  # a delayed connection beside the ordinary one
        for name in self._names:
            setattr(layer, f"{name}_l0", self._parameters[name])
        layer.flatten_parameters()

    def initial_state(self, n_sequences: int, like: Tensor, beside: Sequence[Tensor] = ()) -> State:
        """The state before the first step.

        Parameters
        ----------
        n_sequences : int
        like : Tensor
            Of the type and on the device of the state.
        beside : sequence of Tensors of shape (n_sequences, start size), default=()
            What is added to the first parts of the cell's own state, or of the learned one.
        """
        if self.start is None and not beside:
            return self.cell.initial_state(n_sequences, self.n_units, like)
        own = _without_delay(self.cell).initial_state(n_sequences, self.n_units, like)
        parts = list(own)
        for others in (self.start or (), beside):
            for i, other in enumerate(others):
                parts[i] = parts[i] + other
        return self.cell.spread(tuple(parts)) if isinstance(self.cell, Delayed) else tuple(parts)

    def forward(self, inputs: Tensor, lengths: Tensor | None, state=None, keep_state=False):
        """Run over all steps.

        Parameters
        ----------
        inputs : Tensor of shape (n_sequences, n_steps, n_inputs)
        lengths : Tensor of shape (n_sequences,) or None
            None: all sequences have all steps.
        state : tuple of Tensors of shape (n_sequences, state size), default=None
            None starts from the cell's initial state, or from the learned one.
        keep_state : bool, default=False
            True: the state after the last step of each sequence is wanted, exactly.

        Returns
        -------
        outputs : Tensor of shape (n_sequences, n_steps, n_units)
            Arbitrary on padding.
        state : tuple of Tensors or None
            None where it was not asked for and is not known.
        """
        if state is None:
            state = self.initial_state(len(inputs), inputs)
        if self.runs_backward:
            inputs = reverse_steps(inputs, lengths)
        outputs, state = self._run(inputs, lengths, state, keep_state)
        if self.runs_backward:
            outputs = reverse_steps(outputs, lengths)
        return outputs, state

    def run_through(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Forwards over steps that all exist: outputs, and each part of all states.

        The parts have shape ``(n_sequences, n_steps, state size)``.
        """
        return run(self.cell, self.weights, inputs, state, all_states=True)

    def _run(self, inputs, lengths, state, keep_state):
        ragged = lengths is not None
        if self.observer is not None:
            return self._run_watched(inputs, lengths, state)
        if inputs.shape[1] == 1 and not (ragged and keep_state):
            # a run takes longer to set up than one step
            state = step_cell(self.cell, self.weights, inputs[:, 0], state)
            return state[0][:, None], None if ragged else state
        outputs, last = run(self.cell, self.weights, inputs, state, ragged and keep_state)
        if not ragged:
            return outputs, last
        return outputs, states_after(last, lengths, state) if keep_state else None

    def _run_watched(self, inputs, lengths, state):
        weights, outputs = self.weights, []
        for t, step in enumerate(inputs.unbind(1)):  # step: (n_sequences, n_inputs)
            new, kept = self.cell.look(weights, step, state)
            self.observer(self, t, new, kept)
            outputs.append(new[0])
            if lengths is not None:  # a sequence that has ended keeps its state
                goes_on = (t < lengths)[:, None]
                new = tuple(torch.where(goes_on, n, s) for n, s in zip(new, state, strict=True))
            state = new
        return torch.stack(outputs, dim=1), state


def _without_delay(cell: Cell) -> Cell:
    return cell.inner if isinstance(cell, Delayed) else cell


def reverse_steps(values: Tensor, lengths: Tensor | None) -> Tensor:
    """Each sequence backwards within its own length; padding stays where it is.

    Parameters
    ----------
    values : Tensor of shape (n_sequences, n_steps, n_features)
    lengths : Tensor of shape (n_sequences,) or None
    """
    if lengths is None:
        return values.flip(1)
    steps = torch.arange(values.shape[1], device=values.device)
    back = lengths[:, None] - 1 - steps  # (n_sequences, n_steps), negative on padding
    index = torch.where(back < 0, steps, back)
    return values.gather(1, index[:, :, None].expand_as(values))
