"""The time loop of a cell, forward and backward."""

from sksequence.kernels._run import run_cell

__all__ = ["run_cell"]
