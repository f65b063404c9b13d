"""The time loop of a cell, forward and backward."""

from sksequence.kernels._compile import compile_kernels
from sksequence.kernels._run import run_cell

__all__ = ["compile_kernels", "run_cell"]
