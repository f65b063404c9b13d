"""A description and the step that follows from it."""

import pytest
import torch
import torch.nn.functional as F

from sksequence.cells import Cell
from sksequence.cells._functions import identity, positive, relu, sigmoid, tanh
from sksequence.cells._stage import Product, Stage, inputs_share
from sksequence.kernels import run_cell

WIDTH = 4


def _linear(a, s, p):
    return (a[0],), ()


def _linear_gradient(d, k, s, p):
    return (d[0],), (), ()


def _apart(a, s, p):
    return (a[0] * a[1] * p[0],), (a[0], a[1])


def _apart_gradient(d, k, s, p):
    return (d[0] * k[1] * p[0], d[0] * k[0] * p[0]), (), (d[0] * k[0] * k[1],)


class Described(Cell):
    """A cell with one gate and whatever stages it is given."""

    n_gates = 1

    def __init__(self, parts=()):
        self.parts = parts

    def stages(self):
        return self.parts


def _weights(**others):
    noise = torch.Generator().manual_seed(0)
    weights = Cell.initial_weights(Described(), 3, WIDTH, noise)
    weights |= {name: torch.randn(shape, generator=noise) for name, shape in others.items()}
    return {name: values.double() for name, values in weights.items()}


def _draw(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def test_a_step_is_the_equation():
    stage = Stage(
        _linear, _linear_gradient, 1, (0, 1), (Product("h", "weight_hh", (0, 1)),), gives=("h",)
    )
    weights, inputs, hidden = _weights(), _draw(2, 3), _draw(2, WIDTH)
    (found,) = Described((stage,)).step(weights, inputs, (hidden,))
    expected = F.linear(inputs, weights["weight_ih"], weights["bias_ih"]) + F.linear(
        hidden, weights["weight_hh"], weights["bias_hh"]
    )
    torch.testing.assert_close(found, expected)


def test_a_gate_apart_has_its_own_bias_and_a_number_for_each_unit():
    stage = Stage(
        _apart,
        _apart_gradient,
        1,
        (0, 1),
        (Product("h", "weight_hh", (0, 1)),),
        apart=(0,),
        parameters=("scale",),
        gives=("h",),
        keeps=("x", "u"),
    )
    weights, inputs, hidden = _weights(scale=(WIDTH,)), _draw(2, 3), _draw(2, WIDTH)
    (found,), kept = Described((stage,)).look(weights, inputs, (hidden,))
    x = F.linear(inputs, weights["weight_ih"], weights["bias_ih"])
    u = F.linear(hidden, weights["weight_hh"], weights["bias_hh"])
    torch.testing.assert_close(found, x * u * weights["scale"])
    torch.testing.assert_close(kept, {"x": x, "u": u})


def test_shares_and_products_are_normalised():
    stage = Stage(
        _linear,
        _linear_gradient,
        1,
        (0, 1),
        (
            Product("h", "weight_hh", (0, 1), normalize="recurrent"),
            Product("h", None, (0, 1), normalize="state"),
        ),
        gives=("h",),
        normalize_inputs="inputs",
    )
    names = [f"{n}_{k}" for n in ("recurrent", "inputs") for k in ("weight", "bias")]
    weights = _weights(**dict.fromkeys(names, (WIDTH,)))  # that of the state has no weights
    inputs, hidden = _draw(2, 1, 3), _draw(2, WIDTH)

    def normal(values, name):
        values = values - values.mean(-1, keepdim=True)
        values = values / (values.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        return values * weights[f"{name}_weight"] + weights[f"{name}_bias"] if name else values

    expected = (
        normal(inputs[:, 0] @ weights["weight_ih"].t(), "inputs")
        + normal(hidden @ weights["weight_hh"].t(), "recurrent")
        + normal(hidden, None)
        + weights["bias_ih"]
        + weights["bias_hh"]
    )
    cell = Described((stage,))
    torch.testing.assert_close(cell.step(weights, inputs[:, 0], (hidden,))[0], expected)
    outputs, _ = run_cell(cell, weights, inputs, (hidden,))
    torch.testing.assert_close(outputs[:, 0], expected)


def test_functions_and_their_names():
    x = torch.tensor([-2.0, 0.0, 3.0], dtype=torch.float64)
    torch.testing.assert_close(sigmoid(x), 1 / (1 + (-x).exp()))
    torch.testing.assert_close(tanh(x), (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()))
    assert relu(x).tolist() == [0.0, 0.0, 3.0]
    assert positive(x).tolist() == [0.0, 0.0, 1.0]
    assert positive(x).dtype == x.dtype
    assert identity(x) is x


def test_without_biases_the_share_is_the_product():
    stage = Stage(_linear, _linear_gradient, 1, (0, 1), (), gives=("h",))
    weights = {"weight_ih": _draw(WIDTH, 3)}
    inputs = _draw(5, 3)
    share = inputs_share((stage,), weights, inputs, WIDTH)
    torch.testing.assert_close(share, inputs @ weights["weight_ih"].t())


def test_a_cell_with_neither_step_nor_stages_says_so():
    class Empty(Cell):
        n_gates = 1

    with pytest.raises(NotImplementedError, match=r"Empty has neither a `step`.* nor `stages`"):
        Empty().step(_weights(), _draw(2, 3), (_draw(2, WIDTH),))
