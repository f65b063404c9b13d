"""What may stand for a cell, and what is said of the rest."""

import pytest

from sksequence.cells import CELLS, GRU, LSTM, Cell, LeakyRNN, make_cell


@pytest.mark.parametrize("name", CELLS)
def test_a_name_a_class_and_an_object_give_the_same_cell(name):
    kind = CELLS[name]
    cells = [make_cell(name), make_cell(kind), make_cell(kind())]
    assert {type(cell) for cell in cells} == {kind}
    assert len({repr(cell) for cell in cells}) == 1


class Stepping(Cell):
    n_gates = 1

    def step(self, weights, inputs, state):
        return state


class Wanting(Stepping):
    def __init__(self, tau):
        self.tau = tau


class Silent(Cell):
    n_gates = 1


class Unsized(Cell):
    def step(self, weights, inputs, state):
        return state


class Overruled(GRU):
    def step(self, weights, inputs, state):
        return state


class Alone:
    def step(self, weights, inputs, state):
        return state


class Whole(Alone):
    initial_weights = initial_state = state_sizes = look = Alone.step


def test_cells_of_ones_own_are_taken():
    assert type(make_cell(Stepping)) is Stepping
    wanting = Wanting(3.0)
    assert make_cell(wanting) is not wanting
    assert make_cell(wanting).tau == 3.0


@pytest.mark.parametrize(
    ("cell", "error", "message"),
    [
        ("leaky", ValueError, "unknown cell 'leaky'.* Did you mean 'leaky_rnn'?"),
        ("peephole", ValueError, "Did you mean 'peephole_lstm'?"),
        ("LayerNorm-LSTM", ValueError, "Did you mean 'layer_norm_lstm'?"),
        ("Leaky RNN", ValueError, "Did you mean 'leaky_rnn'?"),
        ("lstm1997", ValueError, "Did you mean 'lstm_1997'?"),
        ("coupled", ValueError, "Did you mean 'coupled_lstm'?"),
        (Wanting, TypeError, r"cell=Wanting cannot be made without arguments .*'tau'.*Wanting\("),
        (Silent, TypeError, "the cell Silent does not say what a step is: define `step"),
        (Silent(), TypeError, "the cell Silent does not say what a step is"),
        (Cell, TypeError, "the cell Cell does not say what a step is"),
        (Unsized, TypeError, "Unsized does not say how many gates it has: set `n_gates`"),
        (Overruled, TypeError, "Overruled has a `step` of its own, but inherits `stages`"),
        (Alone, TypeError, "Alone is no .*Cell: it lacks initial_weights, initial_state, state_s"),
        (Alone(), TypeError, r"Derive it, class Alone\(Cell\), which brings everything but `step`"),
        (Whole(), TypeError, "the cell Whole is no sksequence.cells.Cell: its class is another"),
        (dict, TypeError, "or a class derived from sksequence.cells.Cell, got <class 'dict'>"),
        (3, TypeError, r"cell must be a name \(rnn, lstm, gru, .*got 3"),
        ([LSTM()], TypeError, "cell must be a name"),
    ],
)
def test_what_is_no_cell_is_told_why(cell, error, message):
    with pytest.raises(error, match=message):
        make_cell(cell)


def test_a_copy_has_the_options_and_leaves_the_original_alone():
    cell = LeakyRNN(tau=[1.0, 2.0])
    make_cell(cell).set_params(tau=5.0)
    assert cell.tau == [1.0, 2.0]
    assert make_cell(GRU("before")).reset == "before"
