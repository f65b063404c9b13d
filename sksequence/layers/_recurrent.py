"""A cell applied step after step, in one or both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from sksequence.cells import Cell

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

    Attributes
    ----------
    state_sizes : tuple of int
        Width of each part of the state; the first is that of the outputs.
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
    ):
        super().__init__()
        self.cell = cell
        self.n_units = n_units
        self.state_sizes = state_sizes(cell, n_units)
        self.runs_backward = backward
        self.observer: Observer | None = None
        weights = cell.initial_weights(n_inputs, n_units, generator)
        self._names = tuple(weights)
        for name, values in weights.items():
            self.register_parameter(name, nn.Parameter(values))

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
        if self.cell.torch_layer is None or not self.weight_ih.is_cuda:
            return
        n_inputs = self.weight_ih.shape[1]
        layer = self.cell.torch_layer(n_inputs, self.n_units, device="meta")
        for name in self._names:
            setattr(layer, f"{name}_l0", self._parameters[name])
        layer.flatten_parameters()

    def forward(self, inputs: Tensor, lengths: Tensor | None, state=None, keep_state=False):
        """Run over all steps.

        Parameters
        ----------
        inputs : Tensor of shape (n_sequences, n_steps, n_inputs)
        lengths : Tensor of shape (n_sequences,) or None
            None: all sequences have all steps.
        state : tuple of Tensors of shape (n_sequences, state size), default=None
            None starts from the cell's initial state.
        keep_state : bool, default=False
            True: the state after the last step of each sequence is wanted, exactly.

        Returns
        -------
        outputs : Tensor of shape (n_sequences, n_steps, n_units)
        state : tuple of Tensors, or None if it was not asked for and sequences end unequally
        """
        if state is None:
            state = self.cell.initial_state(len(inputs), self.n_units, inputs)
        if self.runs_backward:
            inputs = reverse_steps(inputs, lengths)
        outputs, state = self._run(inputs, lengths, state, keep_state)
        if self.runs_backward:
            outputs = reverse_steps(outputs, lengths)
        return outputs, state

    def _run(self, inputs, lengths, state, keep_state):
        ragged = lengths is not None
        if self.observer is not None:
            return self._run_steps(inputs, lengths, state)
        if inputs.shape[1] == 1 and not ragged:  # fused kernels take longer to set up than to run
            state = self.cell.step(self.weights, inputs[:, 0], state)
            return state[0][:, None], state
        if not (ragged and keep_state):
            result = self.cell.run(self.weights, inputs, state)
            if result is not None:
                outputs, last = result
                return outputs, None if ragged else last
        return self._run_steps(inputs, lengths, state)

    def _run_steps(self, inputs, lengths, state):
        weights = self.weights
        outputs = []
        for t, step in enumerate(inputs.unbind(1)):  # step: (n_sequences, n_inputs)
            if self.observer is None:
                new = self.cell.step(weights, step, state)
            else:
                new, kept = _look(self.cell, weights, step, state)
                self.observer(self, t, new, kept)
            outputs.append(new[0])
            if lengths is not None:  # a sequence that has ended keeps its state
                goes_on = (t < lengths)[:, None]
                new = tuple(torch.where(goes_on, n, s) for n, s in zip(new, state, strict=True))
            state = new
        return torch.stack(outputs, dim=1), state


def state_sizes(cell: Cell, n_units: int) -> tuple[int, ...]:
    """Widths of the parts of a cell's state."""
    if hasattr(cell, "state_sizes"):
        return tuple(cell.state_sizes(n_units))
    return (n_units,) * cell.n_states


def _look(cell: Cell, weights: dict[str, Tensor], inputs: Tensor, state: tuple[Tensor, ...]):
    if hasattr(cell, "look"):
        return cell.look(weights, inputs, state)
    return cell.step(weights, inputs, state), {}


class RecurrentStack(nn.Module):
    """Recurrent layers one above the other, each in one or both directions.

    Parameters
    ----------
    cell : Cell
    n_inputs : int
    widths : sequence of int
        Units of each layer (of each of its directions).
    generator : torch.Generator
    bidirectional : bool, default=False
    between : nn.Module or None
        Applied to what goes from a layer to the next (dropout).
    """

    def __init__(self, cell, n_inputs, widths, generator, bidirectional=False, between=None):
        super().__init__()
        self.between = between
        self.layers = nn.ModuleList()
        for width in widths:
            directions = [RecurrentLayer(cell, n_inputs, width, generator)]
            if bidirectional:
                directions.append(RecurrentLayer(cell, n_inputs, width, generator, backward=True))
            self.layers.append(nn.ModuleList(directions))
            self.n_forward = directions[0].state_sizes[0]
            n_inputs = self.n_forward * len(directions)
        self.n_outputs = n_inputs

    def forward(self, inputs: Tensor, lengths: Tensor | None, state=None, keep_state=False):
        """Run all layers.

        `state` and the returned state are lists, one entry for each layer, of lists, one for
        each direction, of the cell's state.

        Returns
        -------
        outputs : Tensor of shape (n_sequences, n_steps, n_outputs)
            Of the last layer; forward and backward units side by side.
        state : list
        """
        states = []
        for i, directions in enumerate(self.layers):
            if i and self.between is not None:
                inputs = self.between(inputs)
            start = state[i] if state is not None else [None] * len(directions)
            results = [
                layer(inputs, lengths, s, keep_state)
                for layer, s in zip(directions, start, strict=True)
            ]
            inputs = results[0][0] if len(results) == 1 else torch.cat([r[0] for r in results], 2)
            states.append([r[1] for r in results])
        return inputs, states


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
