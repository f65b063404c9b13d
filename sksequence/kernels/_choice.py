"""The one place where it is chosen how a cell runs over time.

The choice depends on the cell, the device, the threads and what is installed, never on what happens
to be compiled already: a second fit must give the same last digits as the first.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import torch
from torch import Tensor, nn

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
# So compiled code wherever there is some, for the LSTM too: from about 50 units on it is as fast
# as torch's at worst, and keeps 7 numbers a unit and step where torch keeps 20. With fewer units it
# is not (30 steps, batch 256, 8 inputs, 32 units: 8.8 against 7.4 ms; batch 32: 1.35 against 1.20),
# nor for a single step, nor without a gradient, where torch keeps nothing (40 steps, batch 200,
# 100 inputs, 64 units: 10.1 against 9.1 ms; one sequence of 256 steps, 512 units: 49 against 18 ms,
# since eight rows are computed for one), nor on two threads, of which torch makes more (64
# sequences, 64 units: 13 against 9 ms; 256 sequences: 49 against 51). GRUs and simple cells are
# faster compiled even so (without a gradient, the same sizes: 7.6 against 10.6, 21 against 26 ms).
# A cell compiles in 0.2 to 0.5 s, once on a machine, and loads in a few hundredths of a second, so
# even a small first fit takes it.
FEW_UNITS = 48


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
        return "fused" if fused and _torch_is_faster(cell, weights, inputs) else "compiled"
    return "fused" if fused else "torch"


def _torch_is_faster(cell: Cell, weights, inputs: Tensor) -> bool:
    """Only of the LSTM in 32 bits torch has a fast loop on a CPU."""
    if cell.torch_layer is not nn.LSTM or inputs.dtype != torch.float32:
        return False
    few = weights["weight_hh"].shape[1] < FEW_UNITS or inputs.shape[1] == 1
    return few or not torch.is_grad_enabled() or torch.get_num_threads() > 1


@cache
def can_compile() -> bool:
    """Whether the extra that brings the compiler is installed."""
    return find_spec("llvmlite") is not None
