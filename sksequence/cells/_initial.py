"""Weights at the start of training: uniform or orthogonal, with biases or without."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real

import numpy as np
import torch
from torch import Tensor

RECURRENT_INITS = ("uniform", "orthogonal")


def uniform_weights(
    shapes: Mapping[str, tuple[int, ...]], n_units: int, generator: torch.Generator
) -> dict[str, Tensor]:
    """Weights of these shapes, uniform in ``[-1/sqrt(n_units), 1/sqrt(n_units)]``."""
    bound = n_units**-0.5
    return {
        name: torch.empty(shape, dtype=torch.float32).uniform_(-bound, bound, generator=generator)
        for name, shape in shapes.items()
    }


def with_options(
    weights: dict[str, Tensor],
    n_units: int,
    generator: torch.Generator,
    *,
    bias: bool = True,
    recurrent_init: str = "uniform",
    recurrent: tuple[str, ...] = ("weight_hh",),
) -> dict[str, Tensor]:
    """The weights as the options of a cell want them.

    Parameters
    ----------
    weights : dict of str to Tensor
        As they were drawn, uniform.
    n_units : int
        Rows of a block, which belongs to one gate.
    generator : torch.Generator
    bias : bool, default=True
        False takes away what is called ``bias_...``.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        ``"orthogonal"`` draws each block of the recurrent matrices anew.
    recurrent : tuple of str, default=("weight_hh",)
        The names of the recurrent matrices.

    Raises
    ------
    ValueError
        For another word in `recurrent_init`.
    TypeError
        If `bias` is neither True nor False.
    """
    if recurrent_init not in RECURRENT_INITS:
        raise ValueError(
            f"recurrent_init must be one of {', '.join(RECURRENT_INITS)}, got {recurrent_init!r}."
        )
    check_switch("bias", bias)
    if not bias:
        weights = {name: w for name, w in weights.items() if not name.startswith("bias_")}
    if recurrent_init == "orthogonal":
        for name in recurrent:
            weights[name] = orthogonal_blocks(weights[name], n_units, generator)
    return weights


def orthogonal_blocks(weight: Tensor, n_rows: int, generator: torch.Generator) -> Tensor:
    """A matrix of the same shape whose blocks of `n_rows` rows are orthogonal each.

    A block that is not square has orthonormal rows or columns, whichever are fewer (Saxe et
    al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
    2014).
    """
    blocks = torch.empty_like(weight)
    for block in blocks.split(n_rows):
        torch.nn.init.orthogonal_(block, generator=generator)
    return blocks


def open_gate(weights: dict[str, Tensor], gate: int, n_units: int, value: float) -> None:
    """Let the bias of a gate start at `value`, in place; weights without biases stay."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ValueError(f"forget_bias must be a finite number, got {value!r}.")
    if "bias_ih" in weights:
        rows = slice(gate * n_units, (gate + 1) * n_units)
        weights["bias_ih"][rows] = value
        weights["bias_hh"][rows] = 0.0


def check_switch(name: str, value: bool) -> None:
    """Raise where an option that is on or off is something else, such as "no"."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r}.")
