"""One step is the step of the cell, whoever takes it."""

import pytest
import torch

from sksequence.cells import GRU, LSTM, RNN, make_cell
from sksequence.kernels._run import step_cell
from tests.kernels.problems import FORMS, NAMES, Problem


@pytest.mark.parametrize("form", [*NAMES, "relu", "no biases"])
def test_a_step_and_its_gradients_are_those_of_the_cell(form):
    cell = {"relu": RNN("relu"), "no biases": LSTM(bias=False)}.get(form) or FORMS[form]
    problem = Problem(cell, n_steps=1)
    now = problem.inputs[:, 0]
    ways = {
        "ours": step_cell(problem.cell, problem.weights, now, problem.state),
        "cell": problem.cell.step(problem.weights, now, problem.state),
    }
    gradients = {
        way: torch.autograd.grad(sum(part.sin().sum() for part in new), problem.leaves())
        for way, new in ways.items()
    }
    torch.testing.assert_close(ways["ours"], ways["cell"], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(gradients["ours"], gradients["cell"], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("cell", [RNN(), LSTM(), GRU(), make_cell("mgu")], ids=str)
def test_torch_takes_the_steps_of_its_own_cells(cell, monkeypatch):
    def refuse(*arguments):
        raise AssertionError("step by step")

    problem = Problem(cell, torch.float32)
    monkeypatch.setattr(type(problem.cell), "step", refuse)
    if cell.torch_layer is None:
        with pytest.raises(AssertionError, match="step by step"):
            step_cell(problem.cell, problem.weights, problem.inputs[:, 0], problem.state)
        return
    assert step_cell(problem.cell, problem.weights, problem.inputs[:, 0], problem.state)
