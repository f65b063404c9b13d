"""Recurrent stacks as the specs of networks ask for them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from sksequence.cells import Cell
from sksequence.layers import Dropout, RecurrentStack

# Fields of a spec that are no sizes: training may go on with others.
FREE_FIELDS = ("dropout", "variational_dropout", "tbptt_steps")


def make_stack(
    spec: Any,
    n_inputs: int,
    generator: torch.Generator,
    bidirectional: bool = False,
    cell: Cell | None = None,
) -> RecurrentStack:
    """The stack of a spec.

    Parameters
    ----------
    spec : object
        With ``cell``, ``widths``, ``dropout``, ``variational_dropout``, ``residual``,
        ``initial_state`` and ``tbptt_steps``.
    n_inputs : int
    generator : torch.Generator
    bidirectional : bool, default=False
    cell : Cell, default=None
        None: that of the spec.
    """
    return RecurrentStack(
        spec.cell if cell is None else cell,
        n_inputs,
        spec.widths,
        generator,
        bidirectional=bidirectional,
        between=make_dropout(spec),
        residual=spec.residual,
        initial_state=spec.initial_state,
        tbptt_steps=spec.tbptt_steps,
    )


def make_dropout(spec: Any, quick: bool = False) -> Dropout:
    """The dropout of a spec."""
    return Dropout(spec.dropout, spec.variational_dropout, quick)


def set_free_fields(network: nn.Module, spec: Any) -> None:
    """Let a network go on by the `FREE_FIELDS` of another spec."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.rate = spec.dropout
            module.variational = getattr(spec, "variational_dropout", False)
        elif isinstance(module, RecurrentStack):
            module.tbptt_steps = spec.tbptt_steps


def fed_cell(cell: Cell) -> Cell:
    """The cell of a network that is given its own output.

    A cell whose only recurrence is through its output needs none of its own there.
    """
    return cell.without_recurrence() if feeds_output(cell) else cell


def feeds_output(cell: Cell) -> bool:
    """Whether a cell's only recurrence is through its output (Jordan, 1986)."""
    return getattr(cell, "feeds_output", False)
