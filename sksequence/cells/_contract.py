"""What a layer asks of a cell with a step of its own, before it is trained."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sksequence.cells._cell import Cell

_N_SEQUENCES = 2
_ASK = "sksequence.testing.check_cell tells more."


def check_own(cell: Cell, n_inputs: int, n_units: int) -> None:
    """Take one step of two sequences, and say what is wrong with what comes.

    Raises
    ------
    TypeError, ValueError
        If the weights are no dict of tensors, the next state has another form or shape than the
        state or hangs on nothing that can be trained, or the step writes into what it was given.
        An error of the step itself goes on, with a note of where it came from.
    """
    with torch.inference_mode(False):
        weights = cell.initial_weights(n_inputs, n_units, torch.Generator().manual_seed(0))
    _check_weights(cell, weights)
    _check_step(cell, weights, n_inputs, n_units)


def _check_weights(cell, weights):
    good = isinstance(weights, dict) and all(
        isinstance(name, str) and isinstance(values, Tensor) for name, values in weights.items()
    )
    if not good:
        raise TypeError(
            f"{type(cell).__name__}.initial_weights must return a dict of names and tensors, got "
            f"{_said(weights)}. {_ASK}"
        )


def _check_step(cell, weights, n_inputs, n_units):
    name = type(cell).__name__
    with torch.inference_mode(False), torch.enable_grad():
        weights = {key: values.detach().clone().requires_grad_() for key, values in weights.items()}
        inputs = torch.zeros(_N_SEQUENCES, n_inputs, requires_grad=True)
        state = cell.initial_state(_N_SEQUENCES, n_units, inputs)
        sizes = tuple(cell.state_sizes(n_units))
        _check_state(f"{name}.initial_state", state, sizes)
        before = [part._version for part in state]
        shapes = ", ".join(str(tuple(part.shape)) for part in state)
        try:
            new = cell.step(weights, inputs, state)
        except Exception as error:
            error.add_note(
                f"This came from the cell, in {name}.step with inputs {tuple(inputs.shape)} and a "
                f"state of {shapes}. {_ASK}"
            )
            raise
    _check_state(f"{name}.step", new, sizes)
    if [part._version for part in state] != before:
        raise ValueError(
            f"{name}.step changes the state that it was given in place, which the gradient still "
            f"needs: make new tensors, `h = h + x` instead of `h += x`. {_ASK}"
        )
    if not any(part.requires_grad for part in new):
        raise ValueError(
            f"{name}.step gives a state without a gradient, so that nothing before it would be "
            f"trained: .detach(), .data, .item(), numpy and torch.no_grad cut it. {_ASK}"
        )


def _check_state(where: str, state: Any, sizes: tuple[int, ...]) -> None:
    wanted = [(_N_SEQUENCES, size) for size in sizes]
    several = f"{len(sizes)} tensor{'s' * (len(sizes) > 1)}"
    if not isinstance(state, tuple) or not all(isinstance(part, Tensor) for part in state):
        raise TypeError(
            f"{where} must return the state as a tuple of {several}, got {_said(state)}. Write "
            f"`return (h,)`, with the comma, for one part. {_ASK}"
        )
    given = [tuple(part.shape) for part in state]
    if given != wanted:
        raise ValueError(
            f"{where} must return a tuple of {several} of the shapes (n_sequences, size) = "
            f"{_listed(wanted)}, got {_listed(given) or 'none'}. {_ASK}"
        )


def _listed(shapes: list) -> str:
    return ", ".join(map(str, shapes))


def _said(value: Any) -> str:
    kind = type(value).__name__
    return f"a {kind} of shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"a {kind}"
