"""Cells by name."""

from __future__ import annotations

from difflib import get_close_matches

from sklearn.base import clone

from sksequence.cells._cell import Cell
from sksequence.cells._gru import GRU
from sksequence.cells._lstm import LSTM
from sksequence.cells._rnn import RNN

CELLS: dict[str, type[Cell]] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


def make_cell(cell: str | Cell) -> Cell:
    """A cell from its name or from a cell object (which is copied).

    Raises
    ------
    ValueError
        For an unknown name; the nearest known one is proposed.
    TypeError
        For anything else.

    Examples
    --------
    >>> from sksequence.cells import make_cell
    >>> make_cell("gru")
    GRU()
    """
    if isinstance(cell, Cell):
        return clone(cell)
    if not isinstance(cell, str):
        raise TypeError(
            f"cell must be a name ({', '.join(CELLS)}) or a Cell object such as LSTM(), got "
            f"{cell!r}."
        )
    if cell not in CELLS:
        near = get_close_matches(cell.lower(), CELLS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown cell {cell!r}: known are {', '.join(CELLS)}.{hint}")
    return CELLS[cell]()
