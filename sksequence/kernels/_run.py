"""All steps of a cell at once, by the way that is fastest where it runs."""

from __future__ import annotations

import torch
from torch import Tensor

from sksequence.cells import Cell
from sksequence.cells._stage import State, Weights, advance, inputs_share
from sksequence.kernels._fused import run_fused


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
        The state before the first step.
    all_states : bool, default=False
        Whether each part of the state is wanted after every step.

    Returns
    -------
    outputs : Tensor of shape (n_sequences, n_steps, output size)
    state : tuple of Tensors
        Each part after the last step ``(n_sequences, size)``, or, with `all_states`, after every
        step ``(n_sequences, n_steps, size)``.

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
    if cell.torch_layer is not None and not (all_states and cell.n_states > 1):
        outputs, last = run_fused(cell, weights, inputs, state)
        return outputs, (outputs,) if all_states else last
    if cell.stages() is None:
        return _by_steps(cell.step, weights, inputs, state, all_states)
    return _by_stages(cell, weights, inputs, state, all_states)


def _by_stages(cell, weights, inputs, state, all_states):
    stages, n_units = cell.stages(), weights["weight_ih"].shape[0] // cell.n_gates
    prepared = cell.prepare(weights, n_units)
    share = inputs_share(stages, prepared, inputs, n_units)

    def step(weights, share, state):
        return advance(stages, cell.state_names, weights, share, state, n_units)[0]

    return _by_steps(step, prepared, share, state, all_states)


def _by_steps(step, weights, inputs, state, all_states):
    states = []
    for now in inputs.unbind(1):  # (n_sequences, n_inputs)
        state = step(weights, now, state)
        states.append(state)
    if not all_states:
        return torch.stack([each[0] for each in states], dim=1), state
    parts = tuple(torch.stack(part, dim=1) for part in zip(*states, strict=True))
    return parts[0], parts
