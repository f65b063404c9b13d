"""The one place where it is chosen how a cell runs over time.

The choice depends on the cell, the device and what is installed, never on what happens to be
compiled already: a second fit must give the same last digits as the first.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import torch
from torch import Tensor

from sksequence.cells import Cell
from sksequence.kernels._fused import has_fused


def way_of(cell: Cell, weights, inputs: Tensor, all_states: bool) -> str:
    """``"fused"``, ``"compiled"``, ``"torch"`` or ``"steps"``.

    Parameters
    ----------
    cell : Cell
    weights : dict of str to Tensor
    inputs : Tensor of shape (n_sequences, n_steps, n_inputs)
    all_states : bool
    """
    if cell.stages() is None:
        return "steps"
    fused = has_fused(cell, weights, all_states)
    if inputs.device.type != "cpu":
        return "fused" if fused else "torch"
    if inputs.dtype in (torch.float32, torch.float64) and can_compile():
        return "compiled"
    return "fused" if fused else "torch"


@cache
def can_compile() -> bool:
    """Whether the extra that brings the compiler is installed."""
    return find_spec("llvmlite") is not None
