"""What is wrong with a cell, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from sksequence.cells import Cell, make_cell
from sksequence.kernels import run_cell
from sksequence.testing._check_stages import check_stages

_SIZES = ((3, 4), (1, 1), (2, 5))  # n_inputs, n_units
_N_SEQUENCES = 5
_EPS = 1e-6  # of finite differences


def check_cell(cell: str | Cell | type[Cell]) -> None:
    """Check that a cell keeps the contract, and say precisely where it does not.

    A cell is a class derived from ``sksequence.cells.Cell``. It holds options, no weights and no
    state, and says

    - how many blocks of `n_units` rows the weights of its inputs have (``n_gates``), and which
      weights there are, unless they are those of torch's layers (``initial_weights``),
    - how many parts its state has (``n_states``, the first part is the output) and how wide they
      are, unless all have `n_units` numbers (``state_sizes``),
    - what a step is: ``step(weights, inputs, state)`` takes a dict of tensors, inputs
      ``(n_sequences, n_inputs)`` and a tuple of tensors ``(n_sequences, size)``, and returns the
      next state as such a tuple. It changes nothing in place, treats every sequence alone, and
      torch can differentiate it.

    Parameters
    ----------
    cell : str, Cell, or class derived from Cell
        Whatever an estimator takes as ``cell=``.

    Raises
    ------
    TypeError
        If it is no cell, with what is missing.
    AssertionError
        At the first rule that is broken: the method, what was expected of it and what came.

    Examples
    --------
    >>> import torch
    >>> from sksequence.cells import Cell
    >>> from sksequence.testing import check_cell
    >>> class Forgetful(Cell):
    ...     n_gates = 1
    ...
    ...     def step(self, weights, inputs, state):
    ...         return torch.tanh(inputs @ weights["weight_ih"].T)
    >>> check_cell(Forgetful)
    Traceback (most recent call last):
        ...
    AssertionError: Forgetful.step must return the state as a tuple of 1 tensor, got a
    Tensor. Write `return (h,)`, with the comma, ...
    """
    made = make_cell(cell)
    for n_inputs, n_units in _SIZES:
        _check_sizes(made, n_units)
        _check_initial_weights(made, n_inputs, n_units)
        _check_initial_state(made, n_units)
        case = _Case.draw(made, n_inputs, n_units)
        if made.stages() is not None:
            with _told(f"{case.name}.stages"):
                check_stages(made, case.weights, n_units)
        for check in (_check_step, _check_untouched, _check_repeated, _check_neighbours):
            check(case)
        for check in (_check_gradients, _check_look, _check_run):
            check(case)


@dataclass
class _Case:
    """A cell with weights, inputs of a step and a state, in 64 bits."""

    cell: Cell
    weights: dict[str, Tensor]
    inputs: Tensor  # (n_sequences, n_inputs)
    state: tuple[Tensor, ...]
    sizes: tuple[int, ...]

    @classmethod
    def draw(cls, cell: Cell, n_inputs: int, n_units: int) -> _Case:
        """Noise is added to the weights: those that start at zero must not hide anything."""
        noise = _generator(1)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, dtype=torch.float64, generator=noise)

        weights = cell.initial_weights(n_inputs, n_units, _generator())
        weights = {name: w.double() + 0.1 * normal(*w.shape) for name, w in weights.items()}
        sizes = cell.state_sizes(n_units)
        state = tuple(0.5 * normal(_N_SEQUENCES, size) for size in sizes)
        return cls(cell, weights, normal(_N_SEQUENCES, n_inputs), state, sizes)

    @property
    def name(self) -> str:
        return type(self.cell).__name__

    def step(self, rows: slice = slice(None), dtype: torch.dtype = torch.float64) -> Any:
        """A step of some of the sequences, with copies of everything."""
        weights = {name: w.to(dtype, copy=True) for name, w in self.weights.items()}
        inputs = self.inputs[rows].to(dtype, copy=True)
        state = tuple(part[rows].to(dtype, copy=True) for part in self.state)
        shapes = ", ".join(str(tuple(part.shape)) for part in state)
        with _told(f"{self.name}.step with inputs {tuple(inputs.shape)} and a state of {shapes}"):
            return self.cell.step(weights, inputs, state)


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say with an error of the cell's own code in which call it came."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, AssertionError):
            error.add_note(f"This came from the cell, in {what}.")
        raise


def _fail(message: str) -> NoReturn:
    raise AssertionError(message)


def _count(number: int, noun: str = "tensor") -> str:
    return f"{number} {noun}" + "s" * (number != 1)


def _shapes(sizes: tuple[int, ...], n_sequences: int) -> str:
    return ", ".join(str((n_sequences, size)) for size in sizes)


# -- what the cell says of itself -----------------------------------------------------------


def _check_sizes(cell: Cell, n_units: int) -> None:
    name, sizes = type(cell).__name__, cell.state_sizes(n_units)
    whole = isinstance(sizes, tuple) and all(type(size) is int and size > 0 for size in sizes)
    if not whole:
        _fail(f"{name}.state_sizes({n_units}) must be a tuple of whole numbers, got {sizes!r}.")
    if len(sizes) != cell.n_states:
        _fail(
            f"{name}.state_sizes({n_units}) must have one number for each of the n_states="
            f"{cell.n_states} parts of the state, got {sizes}. Set `n_states = {len(sizes)}`, "
            "or change state_sizes."
        )
    if cell.output_size(n_units) != sizes[0]:
        _fail(
            f"{name}.output_size({n_units}) is {cell.output_size(n_units)}, but the output is the "
            f"first part of the state, whose width is {sizes[0]} by state_sizes. Put what the "
            "cell gives out first, and leave output_size as it is."
        )


def _check_initial_weights(cell: Cell, n_inputs: int, n_units: int) -> None:
    where = f"{type(cell).__name__}.initial_weights({n_inputs}, {n_units}, generator)"
    before = torch.random.get_rng_state()
    with _told(where):
        weights, again = (cell.initial_weights(n_inputs, n_units, _generator()) for _ in "ab")
    if not isinstance(weights, dict) or not weights:
        _fail(f"{where} must return a dict of names and tensors, got {weights!r}.")
    for name, values in weights.items():
        _check_weight(where, name, values)
    if len({id(values) for values in weights.values()}) < len(weights):
        _fail(f"{where} has the same tensor under two names: give each name its own.")
    if not torch.equal(torch.random.get_rng_state(), before) or any(
        not torch.equal(values, again[name]) for name, values in weights.items()
    ):
        _fail(
            f"{where} must draw from `generator` alone: two calls with the same seed differed, "
            "or torch's global random state moved. Pass `generator=generator` to what draws."
        )
    _check_weight_ih(cell, where, weights, (n_inputs, n_units))


def _check_weight(where: str, name: Any, values: Any) -> None:
    if not isinstance(name, str) or not name or "." in name or hasattr(nn.Module, name):
        _fail(
            f"{where} names a weight {name!r}: a name is a string without a dot, and none that "
            "torch.nn.Module has already. `weight_...` and `bias_...` are good ones."
        )
    if not isinstance(values, Tensor):
        _fail(f"{where}[{name!r}] must be a torch tensor, got {type(values).__name__}.")
    if values.dtype != torch.float32:
        _fail(
            f"{where}[{name!r}] must be torch.float32, from which the estimator's dtype is made, "
            f"got {values.dtype}."
        )
    if values.requires_grad:
        _fail(
            f"{where}[{name!r}] must be plain numbers, got a tensor that requires a gradient: the "
            "layer makes parameters of them. Return `.detach()`, no nn.Parameter."
        )
    if not values.isfinite().all():
        _fail(f"{where}[{name!r}] has NaN or infinity in it: torch.empty must still be filled.")


def _check_weight_ih(cell: Cell, where: str, weights: dict, sizes: tuple[int, int]) -> None:
    n_inputs, n_units = sizes
    n_gates = cell.n_gates
    if "weight_ih" not in weights:
        if cell.stages() is not None:
            _fail(
                f"{type(cell).__name__} has stages, which need a weight 'weight_ih' of shape "
                f"(n_gates * n_units, n_inputs); its weights are {', '.join(weights)}."
            )
        return
    expected, shape = (n_gates * n_units, n_inputs), tuple(weights["weight_ih"].shape)
    if shape != expected:
        _fail(
            f"{where}['weight_ih'] must have the shape (n_gates * n_units, n_inputs) = "
            f"{expected} with n_gates={n_gates}, got {shape}."
        )


def _check_initial_state(cell: Cell, n_units: int) -> None:
    where = f"{type(cell).__name__}.initial_state({_N_SEQUENCES}, {n_units}, like)"
    like = torch.zeros(1, dtype=torch.float64)
    with _told(where):
        state = cell.initial_state(_N_SEQUENCES, n_units, like)
    _check_state(where, state, cell.state_sizes(n_units), _N_SEQUENCES, like.dtype)


# -- what a step does -----------------------------------------------------------------------


def _check_state(where, state, sizes, n_sequences, dtype) -> None:
    if not isinstance(state, tuple):
        _fail(
            f"{where} must return the state as a tuple of {_count(len(sizes))}, got a "
            f"{type(state).__name__}. Write `return (h,)`, with the comma, for one part, "
            "`return h, c` for two."
        )
    if len(state) != len(sizes):
        _fail(
            f"{where} must return a tuple of {_count(len(sizes))}, one for each of the n_states="
            f"{len(sizes)} parts of the state, got {len(state)}. The output is the first part of "
            "the state; it is not returned beside it."
        )
    for i, (part, size) in enumerate(zip(state, sizes, strict=True)):
        _check_part(f"part {i} of what {where} returns", part, (n_sequences, size), dtype)


def _check_part(what: str, part: Any, shape: tuple[int, int], dtype: torch.dtype) -> None:
    if not isinstance(part, Tensor):
        _fail(f"{what} must be a tensor, got {type(part).__name__}.")
    if tuple(part.shape) != shape:
        _fail(f"{what} must have the shape (n_sequences, size) = {shape}, got {tuple(part.shape)}.")
    if part.dtype != dtype:
        _fail(
            f"{what} must keep the dtype of the inputs, {dtype}, got {part.dtype}. Make new "
            "tensors with `inputs.new_zeros(...)` or `torch.zeros_like(...)`."
        )
    if not part.isfinite().all():
        _fail(f"{what} has NaN or infinity in it, from ordinary weights, inputs and state.")


def _check_step(case: _Case) -> None:
    for n_sequences in (_N_SEQUENCES, 1):
        for dtype in (torch.float64, torch.float32):
            state = case.step(slice(n_sequences), dtype)
            _check_state(f"{case.name}.step", state, case.sizes, n_sequences, dtype)


def _check_untouched(case: _Case) -> None:
    """A step that writes into what it was given spoils the gradient, and other steps."""
    given = {f"weights[{name!r}]": w for name, w in case.weights.items()}
    given |= {"inputs": case.inputs}
    given |= {f"state[{i}]": part for i, part in enumerate(case.state)}
    before = {name: (values.clone(), values._version) for name, values in given.items()}
    names, options = list(case.weights), dict(vars(case.cell))
    case.cell.step(case.weights, case.inputs, case.state)
    for name, values in given.items():
        kept, version = before[name]
        if values._version != version or not torch.equal(values, kept):
            _fail(
                f"{case.name}.step changes {name} in place, which others still need. Make a new "
                "tensor: `h = h + x` instead of `h += x`, `torch.tanh` instead of `tanh_`."
            )
    if list(case.weights) != names:
        _fail(f"{case.name}.step changes the dict of weights: make a new dict.")
    changed = [key for key, value in vars(case.cell).items() if options.get(key) is not value]
    if changed or len(vars(case.cell)) < len(options):
        _fail(
            f"{case.name}.step changes the cell itself (self.{', self.'.join(changed)}). What goes "
            "on from step to step belongs in the state: one cell serves all layers."
        )


def _check_repeated(case: _Case) -> None:
    first, second = case.step(), case.step()
    if any(not torch.equal(a, b) for a, b in zip(first, second, strict=True)):
        _fail(
            f"{case.name}.step gives two answers to the same weights, inputs and state. It must "
            "not draw random numbers nor keep anything outside of the state; dropout is the "
            "estimator's, `dropout=`."
        )


def _check_neighbours(case: _Case) -> None:
    together = case.step()
    for row in range(_N_SEQUENCES):
        alone = case.step(slice(row, row + 1))
        for i, (whole, part) in enumerate(zip(together, alone, strict=True)):
            if not torch.allclose(whole[row : row + 1], part, rtol=1e-7, atol=1e-9):
                _fail(
                    f"{case.name}.step: part {i} of the state of a sequence depends on the other "
                    f"sequences of the batch (it differs by up to "
                    f"{float((whole[row] - part[0]).abs().max()):.2g} when the sequence is "
                    "alone). Sums, means and normalisations go over dim=1, the units, never over "
                    "dim=0, the sequences."
                )


def _check_gradients(case: _Case) -> None:
    leaves = {f"weights[{name!r}]": w.clone() for name, w in case.weights.items()}
    leaves |= {"inputs": case.inputs.clone()}
    leaves |= {f"state[{i}]": part.clone() for i, part in enumerate(case.state)}
    for leaf in leaves.values():
        leaf.requires_grad_()
    weights, inputs, state = _unpack(case, list(leaves.values()))
    with _told(f"{case.name}.step with tensors that want a gradient"):
        state = case.cell.step(weights, inputs, state)
        for i, part in enumerate(state):
            _check_graph(case, i, part)
        # twice, so that what only the next step sees has its part
        last = case.cell.step(weights, inputs, state)
    total = sum(part.sum() for part in (*state, *last))
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    for name, gradient in zip(leaves, found, strict=True):
        if gradient is None and not name.startswith("state"):
            _fail(
                f"{case.name}.step: {name} has no part in the next state, so that it would never "
                "be trained. Use it, leave it away, or look for a .detach(), .data or numpy on "
                "its way."
            )
    _check_finite_differences(case, leaves)


def _unpack(case: _Case, leaves: list[Tensor]) -> tuple[dict, Tensor, tuple]:
    n_weights = len(case.weights)
    weights = dict(zip(case.weights, leaves, strict=False))
    return weights, leaves[n_weights], tuple(leaves[n_weights + 1 :])


def _check_graph(case: _Case, i: int, part: Tensor) -> None:
    if not part.requires_grad:
        _fail(
            f"{case.name}.step is not differentiable: part {i} of the next state has no gradient. "
            "Compute it with torch's functions from weights, inputs and state; .detach(), "
            ".data, .item(), numpy and torch.no_grad cut the gradient."
        )


def _check_finite_differences(case: _Case, leaves: dict[str, Tensor]) -> None:
    """The slope of a weighted sum of the state, in one direction of each tensor."""
    noise = _generator(2)

    def total(values: list[Tensor]) -> Tensor:
        state = case.cell.step(*_unpack(case, values))
        return sum((part * w).sum() for part, w in zip(state, weights, strict=True))

    def like(values: Tensor) -> Tensor:
        return torch.randn(values.shape, dtype=values.dtype, generator=noise)

    weights = [like(part) for part in case.state]
    values = list(leaves.values())
    gradients = torch.autograd.grad(total(values), values, materialize_grads=True)
    for i, (name, gradient) in enumerate(zip(leaves, gradients, strict=True)):
        direction = like(values[i])
        moved = [[*values[:i], values[i] + e * direction, *values[i + 1 :]] for e in (_EPS, -_EPS)]
        slope = float((total(moved[0]) - total(moved[1])).detach()) / (2 * _EPS)
        found = float((gradient * direction).sum())
        if abs(slope - found) > 1e-4 * (1 + abs(slope)):
            _fail(
                f"{case.name}.step: its gradient with respect to {name} is not that of finite "
                f"differences ({found:.5g} against {slope:.5g}). Was a part detached, or has a "
                "torch.autograd.Function a wrong backward?"
            )


# -- what goes through the cell, and all steps at once --------------------------------------


def _check_look(case: _Case) -> None:
    where = f"{case.name}.look"
    with _told(where):
        answer = case.cell.look(case.weights, case.inputs, case.state)
    if not isinstance(answer, tuple) or len(answer) != 2 or not isinstance(answer[1], dict):
        _fail(f"{where} must return the next state and a dict of kept values, got {answer!r}.")
    state, kept = answer
    expected = case.step()
    if any(not torch.allclose(a, b) for a, b in zip(state, expected, strict=True)):
        _fail(f"{where} must give the same state as {case.name}.step; it differs.")
    for gate in case.cell.gates if kept else ():
        if gate not in kept:
            _fail(f"{case.name}.gates names {gate!r}, but {where} keeps {', '.join(kept)}.")
        if not ((kept[gate] >= 0) & (kept[gate] <= 1)).all():
            _fail(f"{case.name}.gates names {gate!r}, whose values are not all between 0 and 1.")


def _check_run(case: _Case) -> None:
    """All steps at once, as layers take them, are the steps one by one."""
    inputs = torch.stack([case.inputs, 0.5 * case.inputs, -case.inputs], dim=1)
    with _told(f"{case.name} over several steps"):
        outputs, last = run_cell(case.cell, case.weights, inputs, case.state)
    state, expected = case.state, []
    for now in inputs.unbind(1):
        state = case.cell.step(case.weights, now, state)
        expected.append(state[0])
    pairs = zip((outputs, *last), (torch.stack(expected, dim=1), *state), strict=True)
    if any(not torch.allclose(a, b, rtol=1e-6, atol=1e-8) for a, b in pairs):
        _fail(
            f"{case.name} gives other numbers over several steps at once than step by step: are "
            "its `torch_layer` and its `stages` the same equations?"
        )
