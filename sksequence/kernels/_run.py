"""All steps of a cell at once, by the way that is fastest where it runs."""

from __future__ import annotations

import torch
from torch import Tensor

from sksequence.cells import Cell
from sksequence.cells._stage import State, Weights
from sksequence.kernels import _torch_loop
from sksequence.kernels._choice import way_of
from sksequence.kernels._fused import has_fused, run_fused, step_fused
from sksequence.kernels._gradient import Loop
from sksequence.kernels._plan import plan_of
from sksequence.kernels._projection import share_of_inputs


def run_cell(
    cell: Cell, weights: Weights, inputs: Tensor, state: State, all_states: bool = False
) -> tuple[Tensor, State]:
    """Run a cell over all steps.

    Parameters
    ----------
    cell : Cell
    weights : dict of str to Tensor
        As ``cell.initial_weights`` names them.
    inputs : Tensor of shape (n_sequences, n_steps, n_inputs)
    state : tuple of Tensors of shape (n_sequences, size of the part)
        The state before the first step, of the same kind of number as the inputs.
    all_states : bool, default=False
        Whether each part of the state is wanted after every step.

    Returns
    -------
    outputs : Tensor of shape (n_sequences, n_steps, output size)
    state : tuple of Tensors
        Each part after the last step ``(n_sequences, size)``, or, with `all_states`, after every
        step ``(n_sequences, n_steps, size)``.

    Raises
    ------
    ValueError
        For a state, or a weight, whose shape does not fit.

    Examples
    --------
    >>> import torch
    >>> from sksequence.cells import GRU
    >>> from sksequence.kernels import run_cell
    >>> cell = GRU()
    >>> weights = cell.initial_weights(3, 4, torch.Generator().manual_seed(0))
    >>> inputs = torch.zeros(2, 5, 3)
    >>> outputs, last = run_cell(cell, weights, inputs, cell.initial_state(2, 4, inputs))
    >>> outputs.shape, last[0].shape
    (torch.Size([2, 5, 4]), torch.Size([2, 4]))
    """
    if cell.stages() is None:  # a user's own: how its weights are named is its own affair
        sizes = tuple(part.shape[1] for part in state)
    else:
        sizes = cell.state_sizes(weights["weight_ih"].shape[0] // cell.n_gates)
    _check_state(state, sizes, inputs)
    if inputs.shape[1] == 0:
        return _no_steps(state, sizes, inputs, all_states)
    way = way_of(cell, weights, inputs, all_states)
    if way == "fused":
        return run_fused(cell, weights, inputs, state, all_states)
    if way == "steps":
        return run_steps(cell, weights, inputs, state, all_states)
    loop = loop_named(way)
    if not torch.is_autocast_enabled(inputs.device.type):
        return run_loop(loop, cell, weights, inputs, state, all_states)
    with torch.autocast(inputs.device.type, enabled=False):  # the loop goes on in full precision
        dtype = weights["weight_ih"].dtype
        start = tuple(part.to(dtype) for part in state)
        return run_loop(loop, cell, weights, inputs.to(dtype), start, all_states)


def step_cell(cell: Cell, weights: Weights, inputs: Tensor, state: State) -> State:
    """One step: as ``cell.step``, by torch's own function where it has one.

    Parameters
    ----------
    cell : Cell
    weights : dict of str to Tensor
    inputs : Tensor of shape (n_sequences, n_inputs)
    state : tuple of Tensors of shape (n_sequences, size of the part)
    """
    # 28 instead of 70 microseconds for one sequence and an LSTM of 64 units
    if inputs.device.type == "cpu" and has_fused(cell, weights):
        return step_fused(cell, weights, inputs, state)
    return cell.step(weights, inputs, state)


def _check_state(state, sizes, inputs):
    wanted = [(len(inputs), size) for size in sizes]
    given = [tuple(part.shape) for part in state]
    if wanted != given:
        raise ValueError(
            f"the state must have parts of the shapes {wanted} for {len(inputs)} sequences, got "
            f"{given}."
        )
    for part in state:
        if part.dtype != inputs.dtype or part.device != inputs.device:
            raise ValueError(
                f"the state must be {inputs.dtype} on {inputs.device} as the inputs are, got "
                f"{part.dtype} on {part.device}."
            )


def _no_steps(state, sizes, inputs, all_states):
    """Nothing happens to the state."""
    empty = tuple(inputs.new_zeros(len(inputs), 0, size) for size in sizes)
    return empty[0], empty if all_states else state


def loop_named(way: str):
    """The module that loops over time: in machine code or in torch."""
    if way == "torch":
        return _torch_loop
    from sksequence.kernels import _compiled_loop  # reads llvmlite, which may not be there

    return _compiled_loop


def run_loop(loop, cell, weights, inputs, state, all_states):
    """By the description of a cell, with its own derivative."""
    n_units = weights["weight_ih"].shape[0] // cell.n_gates
    prepared = cell.prepare(weights, n_units)
    plan = plan_of(cell, prepared, n_units)
    share = share_of_inputs(cell.stages(), prepared, inputs, n_units)
    needed = [prepared[name] for name in plan.weights]
    outputs, *others = Loop.apply(loop, plan, all_states, share, *state, *needed)
    return outputs, (outputs if all_states else outputs[:, -1], *others)


def run_steps(cell, weights, inputs, state, all_states):
    """A user's own cell: step after step."""
    states = []
    for now in inputs.unbind(1):  # (n_sequences, n_inputs)
        state = cell.step(weights, now, state)
        states.append(state)
    if not all_states:
        return torch.stack([each[0] for each in states], dim=1), state
    parts = tuple(torch.stack(part, dim=1) for part in zip(*states, strict=True))
    return parts[0], parts
