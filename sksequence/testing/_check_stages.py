"""What is wrong with the description of a cell by stages."""

from __future__ import annotations

from typing import Any, NoReturn

import torch
from torch import Tensor

from sksequence.cells import Cell


def check_stages(cell: Cell, weights: dict[str, Tensor], n_units: int) -> None:
    """Check names and numbers of a description, and its derivatives.

    Raises
    ------
    AssertionError
        With the stage, what was expected of it and what came.
    """
    name, stages = type(cell).__name__, cell.stages()
    if not isinstance(stages, tuple):
        _fail(f"{name}.stages must return a tuple of Stages, got {stages!r}.")
    if len(cell.state_names) != cell.n_states:
        _fail(
            f"{name}.state_names must name the n_states={cell.n_states} parts of the state, got "
            f"{cell.state_names}."
        )
    read = [gate for stage in stages if stage.inputs for gate in range(*stage.inputs)]
    if sorted(read) != list(range(cell.n_gates)):
        _fail(
            f"{name}.n_gates is {cell.n_gates}, but the stages read the blocks {read} of the "
            "inputs' share: each block of weight_ih must be read once."
        )
    prepared = cell.prepare(dict(weights), n_units)
    known = set(cell.state_names)
    for i, stage in enumerate(stages):
        where = f"stage {i} of {name}"
        _check_names(where, stage, known, prepared)
        _check_gates(where, stage)
        _check_functions(where, stage)
        known |= set(stage.gives)
    given = {value for stage in stages for value in stage.gives}
    if not given & set(cell.state_names):
        _fail(f"{name}.stages: none gives a part of the state ({', '.join(cell.state_names)}).")


def _fail(message: str) -> NoReturn:
    raise AssertionError(message)


def _check_names(where: str, stage: Any, known: set[str], weights: dict) -> None:
    for value in (*stage.takes, *(product.of for product in stage.products)):
        if value not in known:
            _fail(
                f"{where} reads {value!r}, which is neither a part of the state nor given by an "
                f"earlier stage; known are {', '.join(sorted(known))}."
            )
    wanted = [*stage.parameters, *(p.weight for p in stage.products if p.weight is not None)]
    wanted += [f"{p.normalize}_weight" for p in stage.products if p.normalize is not None]
    for weight in wanted:
        if weight not in weights:
            _fail(
                f"{where} needs the weight {weight!r}; initial_weights and prepare give "
                f"{', '.join(weights)}."
            )


def _check_gates(where: str, stage: Any) -> None:
    filled: set[int] = set()
    if stage.inputs is not None:
        filled |= set(range(stage.inputs[1] - stage.inputs[0]))
    for product in stage.products:
        gates = set(range(*product.gates))
        if not gates <= set(range(stage.n_gates)):
            _fail(
                f"{where} has n_gates={stage.n_gates}, but its product of {product.of!r} goes to "
                f"the gates {product.gates}."
            )
        filled |= gates
    if filled != set(range(stage.n_gates)):
        _fail(
            f"{where} has n_gates={stage.n_gates}, but inputs and products reach only the gates "
            f"{sorted(filled)}."
        )


def _check_functions(where: str, stage: Any) -> None:
    """The function gives what it names, and `gradient` is its derivative."""
    noise = torch.Generator().manual_seed(0)

    def draw(count: int) -> tuple[Tensor, ...]:
        values = torch.randn(count, 20, dtype=torch.float64, generator=noise)
        return tuple(row.requires_grad_() for row in values)

    a = draw(stage.n_gates + len(stage.apart))
    s, p = draw(len(stage.takes)), draw(len(stage.parameters))
    results, kept = stage.update(a, s, p)
    _check_count(f"{where}: update's results", results, "gives", stage.gives)
    _check_count(f"{where}: update's kept values", kept, "keeps", stage.keeps)
    d = draw(len(results))
    found = stage.gradient(d, kept, s, p)
    leaves = (*a, *s, *p)
    expected = torch.autograd.grad(results, leaves, d, materialize_grads=True)
    counts = (len(a), len(s), len(p))
    if tuple(len(group) for group in found) != counts:
        _fail(
            f"{where}: gradient must return (da, ds, dp) with {counts} values, got "
            f"{tuple(len(group) for group in found)}."
        )
    names = [f"a[{i}]" for i in range(len(a))]
    names += [f"s[{i}] ({value})" for i, value in enumerate(stage.takes)]
    names += [f"p[{i}] ({value})" for i, value in enumerate(stage.parameters)]
    for value, ours, theirs in zip(names, sum(found, ()), expected, strict=True):
        error = float((torch.as_tensor(ours) - theirs).detach().abs().max())
        if error > 1e-8:
            _fail(
                f"{where}: gradient is not the derivative of update with respect to {value}: it "
                f"differs by up to {error:.2g}."
            )


def _check_count(what: str, values: Any, field: str, names: tuple[str, ...]) -> None:
    if len(values) != len(names):
        _fail(
            f"{what} are {len(values)}, but {field} names {len(names)}: {', '.join(names) or '-'}."
        )
