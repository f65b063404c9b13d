"""Recurrence through the output: its limits, and what is left without it."""

import pytest
import torch

from sksequence.cells import RNN, FeedForward, OutputRNN
from sksequence.kernels import run_cell


def _weights(cell, n_units=4, seed=0):
    weights = cell.initial_weights(3, n_units, torch.Generator().manual_seed(seed))
    return {name: w.double() for name, w in weights.items()}


def _inputs(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_with_the_identity_as_output_it_is_the_simple_cell():
    cell = OutputRNN(output_activation="identity")
    weights = _weights(cell)
    weights["weight_ho"], weights["bias_o"] = torch.eye(4).double(), torch.zeros(4).double()
    plain = {name: weights[name] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    inputs, start = _inputs(2, 9, 3), (_inputs(2, 4),)
    ours = run_cell(cell, weights, inputs, start)
    torch.testing.assert_close(ours, run_cell(RNN(), plain, inputs, start), rtol=0, atol=1e-12)


def test_what_is_not_in_the_output_is_forgotten():
    """Two different pasts with the same last output have the same future."""
    cell = OutputRNN(n_outputs=1)
    weights = _weights(cell)
    inputs = _inputs(1, 6, 3)
    _, (last,) = run_cell(cell, weights, inputs[:, :4], cell.initial_state(1, 4, inputs))
    whole, _ = run_cell(cell, weights, inputs, cell.initial_state(1, 4, inputs))
    again, _ = run_cell(cell, weights, inputs[:, 4:], (last,))
    torch.testing.assert_close(again, whole[:, 4:])
    assert last.shape == (1, 1)


def test_without_recurrence_the_fed_back_output_is_an_input():
    """f(W x + U y + b) is the feed-forward step with the weights [W, U] on [x, y]."""
    cell = OutputRNN(n_outputs=2, activation="logistic")
    step = cell.without_recurrence()
    assert step.get_params() == {"activation": "logistic", "bias": True}
    weights, inputs, y = _weights(cell), _inputs(5, 3), _inputs(5, 2)
    joint = torch.cat([weights["weight_ih"], weights["weight_hh"]], dim=1)
    fed = {"weight_ih": joint, "bias_ih": weights["bias_ih"], "bias_hh": weights["bias_hh"]}
    (hidden,) = step.step(fed, torch.cat([inputs, y], dim=1), (torch.zeros(5, 4).double(),))
    _, kept = cell.look(weights, inputs, (y,))
    torch.testing.assert_close(hidden, kept["hidden"])
    assert cell.feeds_output


def test_a_step_without_memory_does_not_read_its_state():
    cell = FeedForward()
    weights, inputs = _weights(cell), _inputs(2, 3)
    one = cell.step(weights, inputs, (torch.zeros(2, 4),))
    other = cell.step(weights, inputs, (torch.full((2, 4), torch.nan),))
    torch.testing.assert_close(one, other, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_outputs": 0}, "n_outputs must be a whole number from 1 on or None, got 0"),
        ({"n_outputs": 2.0}, r"n_outputs must be a whole number from 1 on or None, got 2\.0"),
        ({"n_outputs": True}, "got True"),
        ({"activation": "softmax"}, "^activation must be one of tanh, relu.*got 'softmax'"),
        (
            {"output_activation": "softmax"},
            "^output_activation must be one of tanh, relu.*'softmax'",
        ),
    ],
)
def test_wrong_options_are_refused(options, message):
    cell = OutputRNN(**options)
    with pytest.raises(ValueError, match=message):
        cell.step(_weights(cell), torch.zeros(1, 3).double(), (torch.zeros(1, 4).double(),))
