"""Cells by name, and what else may stand for a cell."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, NoReturn

from sklearn.base import clone

from sksequence.cells._carousel import Carousel
from sksequence.cells._cell import Cell
from sksequence.cells._coupled_lstm import CoupledLSTM
from sksequence.cells._delayed import Delayed
from sksequence.cells._gru import GRU
from sksequence.cells._irnn import IRNN
from sksequence.cells._layer_norm_lstm import LayerNormLSTM
from sksequence.cells._leaky_rnn import LeakyRNN
from sksequence.cells._lstm import LSTM
from sksequence.cells._lstm_1997 import LSTM1997
from sksequence.cells._mgu import MGU
from sksequence.cells._output_rnn import OutputRNN
from sksequence.cells._peephole_lstm import PeepholeLSTM
from sksequence.cells._projected_lstm import ProjectedLSTM
from sksequence.cells._rnn import RNN

CELLS: dict[str, type[Cell]] = {
    "rnn": RNN,
    "lstm": LSTM,
    "gru": GRU,
    "irnn": IRNN,
    "leaky_rnn": LeakyRNN,
    "output_rnn": OutputRNN,
    "carousel": Carousel,
    "lstm_1997": LSTM1997,
    "peephole_lstm": PeepholeLSTM,
    "projected_lstm": ProjectedLSTM,
    "layer_norm_lstm": LayerNormLSTM,
    "coupled_lstm": CoupledLSTM,
    "mgu": MGU,
    "delayed": Delayed,
}

_CONTRACT = ("initial_weights", "initial_state", "state_sizes", "step", "look")


def make_cell(cell: str | Cell | type[Cell]) -> Cell:
    """A cell from its name, from a cell object (which is copied) or from a class of cells.

    A class of your own is as good as one of those that come along, when it derives from `Cell`
    and defines ``step``; ``sksequence.testing.check_cell`` tells what is wrong with one.

    Raises
    ------
    ValueError
        For an unknown name; the nearest known one is proposed.
    TypeError
        For anything else; for what looks like a cell, the message says what it lacks.

    Examples
    --------
    >>> from sksequence.cells import make_cell
    >>> make_cell("gru")
    GRU()
    """
    if isinstance(cell, str):
        return _named(cell)()
    made: Any = _instance(cell) if isinstance(cell, type) and issubclass(cell, Cell) else cell
    if not isinstance(made, Cell):
        _refuse(cell)
    _check_complete(made)
    try:
        return clone(made)
    except (AttributeError, RuntimeError) as error:
        name = type(made).__name__
        raise TypeError(
            f"the cell {name} cannot be copied ({error}): {name}.__init__ must store each argument "
            "unchanged under its own name, `self.tau = tau`, and do nothing else."
        ) from error


def _named(name: str) -> type[Cell]:
    if name not in CELLS:
        plain = name.lower().replace("-", "_").replace(" ", "_")
        near = get_close_matches(plain, CELLS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown cell {name!r}: known are {', '.join(CELLS)}.{hint}")
    return CELLS[name]


def _instance(kind: type[Cell]) -> Cell:
    try:
        return kind()
    except TypeError as error:
        raise TypeError(
            f"cell={kind.__name__} cannot be made without arguments ({error}): give a cell "
            f"object, {kind.__name__}(...), or all its options a default."
        ) from error


def _refuse(cell: Any) -> NoReturn:
    """Say what may stand for a cell, and what this one lacks."""
    kind = cell if isinstance(cell, type) else type(cell)
    if not any(hasattr(kind, method) for method in _CONTRACT):
        raise TypeError(
            f"cell must be a name ({', '.join(CELLS)}), a Cell object such as LSTM() or a class "
            f"derived from sksequence.cells.Cell, got {cell!r}."
        )
    missing = [method for method in _CONTRACT if not hasattr(kind, method)]
    lacks = f"it lacks {', '.join(missing)}" if missing else "its class is another"
    raise TypeError(
        f"the cell {kind.__name__} is no sksequence.cells.Cell: {lacks}. Derive it, "
        f"class {kind.__name__}(Cell), which brings everything but `step`."
    )


def _check_complete(cell: Cell) -> None:
    """Raise where a class of cells leaves open what every cell must say itself."""
    kind = type(cell)
    if kind.step is Cell.step and kind.stages is Cell.stages:
        raise TypeError(
            f"the cell {kind.__name__} does not say what a step is: define "
            "`step(self, weights, inputs, state)`, which returns the next state."
        )
    if kind.step is not Cell.step and cell.stages() is not None:
        raise TypeError(
            f"the cell {kind.__name__} has a `step` of its own, but inherits `stages`, which the "
            "loops over time run instead: derive it from Cell, or define `stages` alone."
        )
    if not hasattr(cell, "n_gates"):
        raise TypeError(
            f"the cell {kind.__name__} does not say how many gates it has: set `n_gates`, the "
            "number of blocks of n_units rows of the weights of its inputs, 1 for a cell without "
            "gates."
        )
