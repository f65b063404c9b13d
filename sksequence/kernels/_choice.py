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

# Forward and backward, one thread, milliseconds of the processor (an EPYC with AVX-512, busy with
# other things; torch 2.13); steps, batch, inputs, units:
#
#                        nn.LSTM  nn.GRU | compiled: lstm   gru  peephole  layer norm | torch: lstm
#   30,  32,   4,  16       0.62    3.49 |           0.61  0.62      0.64        0.97 |         3.3
#  100,  64,   8,  64      14.3    30.6  |          13.7  11.6      16.6       22.8  |        34
#   50,  32, 100, 128      14.8    21.2  |          14.2  11.4                        |
#  100, 256,   8,  64      92.9    91.9  |          61.1  47.8                        |
#
# So compiled code wherever there is some, for the LSTM as well: it is as fast as torch's at worst
# and keeps 7 numbers a unit and step where torch keeps 20. It compiles in 0.2 to 0.5 s, once on
# a machine, and loads in a few hundredths of a second, so even a small first fit takes it.


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
