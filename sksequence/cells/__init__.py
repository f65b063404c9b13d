"""One time step: state in, state out."""

from sksequence.cells._carousel import Carousel
from sksequence.cells._cell import Cell
from sksequence.cells._coupled_lstm import CoupledLSTM
from sksequence.cells._delayed import Delayed
from sksequence.cells._feed_forward import FeedForward
from sksequence.cells._gru import GRU
from sksequence.cells._irnn import IRNN
from sksequence.cells._layer_norm_lstm import LayerNormLSTM
from sksequence.cells._leaky_rnn import LeakyRNN
from sksequence.cells._lstm import LSTM
from sksequence.cells._lstm_1997 import LSTM1997
from sksequence.cells._mgu import MGU
from sksequence.cells._names import CELLS, make_cell
from sksequence.cells._output_rnn import OutputRNN
from sksequence.cells._peephole_lstm import PeepholeLSTM
from sksequence.cells._projected_lstm import ProjectedLSTM
from sksequence.cells._rnn import RNN
from sksequence.cells._stage import Product, Stage

__all__ = [
    "CELLS",
    "GRU",
    "IRNN",
    "LSTM",
    "LSTM1997",
    "MGU",
    "RNN",
    "Carousel",
    "Cell",
    "CoupledLSTM",
    "Delayed",
    "FeedForward",
    "LayerNormLSTM",
    "LeakyRNN",
    "OutputRNN",
    "PeepholeLSTM",
    "Product",
    "ProjectedLSTM",
    "Stage",
    "make_cell",
]
