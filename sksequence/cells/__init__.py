"""One time step: state in, state out."""

from sksequence.cells._cell import Cell
from sksequence.cells._gru import GRU
from sksequence.cells._lstm import LSTM
from sksequence.cells._names import CELLS, make_cell
from sksequence.cells._rnn import RNN

__all__ = ["CELLS", "GRU", "LSTM", "RNN", "Cell", "make_cell"]
