"""Cells in many forms, and a small problem for each."""

import torch

from sksequence.cells import (
    CELLS,
    GRU,
    LSTM,
    RNN,
    LeakyRNN,
    OutputRNN,
    PeepholeLSTM,
    ProjectedLSTM,
    make_cell,
)

NAMES = [name for name in CELLS if make_cell(name).stages() is not None]
FORMS = {name: make_cell(name) for name in NAMES} | {
    "rnn relu": RNN("relu"),
    "rnn logistic": RNN("logistic"),
    "rnn identity": RNN("identity"),
    "lstm without bias": LSTM(bias=False),
    "gru without bias": GRU(bias=False),
    "gru before": GRU(reset="before"),
    "learned tau": LeakyRNN(learn_tau=True),
    "full peepholes": PeepholeLSTM("full"),
    "projection of 3": ProjectedLSTM(3),
    "four outputs": OutputRNN(n_outputs=4),
}
N_INPUTS, N_UNITS, N_SEQUENCES, N_STEPS = 3, 21, 11, 6  # 21 = 16 + 4 + 1 lanes, 11 = 8 + 3 rows


class Problem:
    """Weights, inputs and a state that want gradients, all drawn from one seed."""

    def __init__(
        self,
        cell,
        dtype=torch.float64,
        n_units=N_UNITS,
        n_sequences=N_SEQUENCES,
        n_steps=N_STEPS,
        n_inputs=N_INPUTS,
    ):
        noise = torch.Generator().manual_seed(1)

        def draw(*shape):
            return torch.randn(*shape, generator=noise).to(dtype).requires_grad_()

        self.cell = cell
        drawn = cell.initial_weights(n_inputs, n_units, noise)
        self.weights = {
            name: (w + 0.1 * torch.randn(w.shape, generator=noise)).to(dtype).requires_grad_()
            for name, w in drawn.items()
        }
        self.inputs = draw(n_sequences, n_steps, n_inputs)
        self.state = tuple(draw(n_sequences, size) for size in cell.state_sizes(n_units))

    def leaves(self):
        """Everything that wants a gradient."""
        return [*self.weights.values(), self.inputs, *self.state]

    def solve(self, way, all_states=False):
        """Outputs, states and the gradients of a weighted sum of them."""
        outputs, states = way(self.cell, self.weights, self.inputs, self.state, all_states)
        noise = torch.Generator().manual_seed(2)
        total = sum(
            (part * torch.randn(part.shape, generator=noise).to(part.dtype)).sum()
            for part in (outputs, *states)
        )
        return outputs, states, torch.autograd.grad(total, self.leaves())
