"""The checker of cells passes all that come along, and names what is wrong with a broken one."""

import pytest
import torch
from torch import nn

from sksequence.cells import (
    CELLS,
    GRU,
    Cell,
    FeedForward,
    LeakyRNN,
    OutputRNN,
    PeepholeLSTM,
    ProjectedLSTM,
    _stage,
)
from sksequence.kernels import run_cell
from sksequence.testing import _check_cell, check_cell


class Mine(Cell):
    """A cell with a step of its own that keeps the contract; the others break it."""

    n_gates = 1

    def step(self, weights, inputs, state):
        total = inputs @ weights["weight_ih"].T + state[0] @ weights["weight_hh"].T
        return (torch.tanh(total + weights["bias_ih"] + weights["bias_hh"]),)


class Twice(Mine):
    """Two parts of different widths, weights of its own, an option, values to look at."""

    n_states = 2

    def __init__(self, rate=0.5):
        self.rate = rate

    def state_sizes(self, n_units):
        return (n_units, 2 * n_units)

    def initial_weights(self, n_inputs, n_units, generator):
        return {
            "weight_in": torch.randn(n_units, n_inputs, generator=generator),
            "weight_out": torch.randn(n_units, 2 * n_units, generator=generator),
        }

    def step(self, weights, inputs, state):
        h = torch.tanh(inputs @ weights["weight_in"].T + state[1] @ weights["weight_out"].T)
        return h, self.rate * state[1] + torch.cat([h, h * h], dim=1)


@pytest.mark.parametrize(
    "cell",
    [
        *CELLS,
        FeedForward(),
        GRU("before"),
        LeakyRNN("log-uniform", learn_tau=True, activation="relu"),
        OutputRNN(7, bias=False),
        PeepholeLSTM("full"),
        ProjectedLSTM(1),
        Mine,
        Mine(),
        Twice,
        Twice(0.9),
    ],
    ids=str,
)
def test_good_cells_pass(cell):
    before = torch.random.get_rng_state()
    assert check_cell(cell) is None
    assert torch.equal(torch.random.get_rng_state(), before)


BROKEN = []


def broken(message, error=AssertionError):
    """Register a cell with what it must be told."""

    def register(kind):
        BROKEN.append(pytest.param(kind, message, error, id=kind.__name__))
        return kind

    return register


@broken(
    "StoresElse cannot be copied.*must store each argument unchanged under its own name", TypeError
)
class StoresElse(Mine):
    def __init__(self, tau=1.0):
        self.time_constant = tau


@broken("Converts cannot be copied.*`self.tau = tau`", TypeError)
class Converts(Mine):
    def __init__(self, tau=1):
        self.tau = [tau]


@broken(r"NoDefault cannot be made without arguments .*give a cell object, NoDef", TypeError)
class NoDefault(Mine):
    def __init__(self, tau):
        self.tau = tau


@broken("NoStep does not say what a step is: define `step", TypeError)
class NoStep(Cell):
    n_gates = 1


@broken("NoGates does not say how many gates it has: set `n_gates`", TypeError)
class NoGates(Cell):
    def step(self, weights, inputs, state):
        return state


@broken("the cell NoCell is no sksequence.cells.Cell: it lacks initial_weights, init", TypeError)
class NoCell:
    def step(self, weights, inputs, state):
        return state


@broken(r"state_sizes\(4\) must be a tuple of whole numbers, got \[4\]")
class ListOfSizes(Mine):
    def state_sizes(self, n_units):
        return [n_units]


@broken(r"one number for each of the n_states=1 parts .* got \(4, 4\). Set `n_states = 2`")
class MoreSizes(Mine):
    def state_sizes(self, n_units):
        return n_units, n_units


@broken(r"output_size\(4\) is 8, but the output is the first part of the state, whose width is 4")
class OutputLast(Twice):
    def output_size(self, n_units):
        return 2 * n_units


@broken(r"initial_weights\(3, 4, generator\) must return a dict of names and tensors, got \(")
class TupleOfWeights(Mine):
    def initial_weights(self, n_inputs, n_units, generator):
        return (torch.ones(n_units, n_inputs),)


@broken(r"names a weight 'weight\.ih': a name is a string without a dot")
class DotInName(Mine):
    def initial_weights(self, n_inputs, n_units, generator):
        return {"weight.ih": torch.ones(n_units, n_inputs)}


@broken(r"names a weight 'forward'.*none that torch\.nn\.Module has")
class NameOfModules(Mine):
    def initial_weights(self, n_inputs, n_units, generator):
        return {"forward": torch.ones(n_units, n_inputs)}


def _with(kind, change):
    """Its weights, changed."""

    class Changed(kind):
        def initial_weights(self, n_inputs, n_units, generator):
            return change(super().initial_weights(n_inputs, n_units, generator))

    return Changed


@broken(r"\['weight_ih'\] must be a torch tensor, got ndarray")
class NumpyWeights(_with(Mine, lambda w: {name: v.numpy() for name, v in w.items()})):
    pass


@broken(r"\['weight_ih'\] must be torch\.float32.*got torch\.float64")
class DoubleWeights(_with(Mine, lambda w: {name: v.double() for name, v in w.items()})):
    pass


@broken(r"\['weight_ih'\] must be plain numbers, got a tensor that requires a gradient")
class ParameterWeights(_with(Mine, lambda w: {name: nn.Parameter(v) for name, v in w.items()})):
    pass


@broken(r"\['bias_ih'\] has NaN or infinity in it: torch.empty must still be filled")
class EmptyWeights(
    _with(Mine, lambda w: w | {"bias_ih": torch.full_like(w["bias_ih"], torch.nan)})
):
    pass


@broken("has the same tensor under two names")
class SharedWeights(_with(Mine, lambda w: w | {"bias_hh": w["bias_ih"]})):
    pass


@broken("must draw from `generator` alone")
class GlobalRandom(Mine):
    def initial_weights(self, n_inputs, n_units, generator):
        weights = super().initial_weights(n_inputs, n_units, generator)
        return weights | {"weight_hh": torch.randn(n_units, n_units)}


@broken(
    r"\['weight_ih'\] must have the shape \(n_gates \* n_units, n_inputs\) = \(8, 3\) with n_gat"
)
class WrongGates(Mine):
    n_gates = 2

    def initial_weights(self, n_inputs, n_units, generator):
        return Mine().initial_weights(n_inputs, n_units, generator)


@broken(r"initial_state\(5, 4, like\) must return the state as a tuple of 1 tensor, got a Ten")
class BareStart(Mine):
    def initial_state(self, n_sequences, n_units, like):
        return like.new_zeros(n_sequences, n_units)


@broken(r"part 0 of what .*initial_state.* must keep the dtype of the inputs, torch.float64")
class FloatStart(Mine):
    def initial_state(self, n_sequences, n_units, like):
        return (torch.zeros(n_sequences, n_units),)


@broken("BareTensor.step must return the state as a tuple of 1 tensor, got a Tensor. Write `r")
class BareTensor(Mine):
    def step(self, weights, inputs, state):
        return super().step(weights, inputs, state)[0]


@broken(
    r"a tuple of 1 tensor, one for each .* got 2\. The output is the first part of the state; it"
)
class OutputBeside(Mine):
    def step(self, weights, inputs, state):
        (h,) = super().step(weights, inputs, state)
        return h, h


@broken("part 1 of what LikeTorch.step returns must be a tensor, got tuple")
class LikeTorch(Twice):
    def step(self, weights, inputs, state):
        new = super().step(weights, inputs, state)
        return new[0], new


@broken(
    r"part 0 of what .*step returns must have the shape \(n_sequences, size\) = \(5, 4\), got \(4"
)
class Transposed(Mine):
    def step(self, weights, inputs, state):
        return (super().step(weights, inputs, state)[0].T,)


@broken(r"the shape \(n_sequences, size\) = \(1, 4\), got \(4,\)")
class Squeezes(Mine):
    def step(self, weights, inputs, state):
        return (super().step(weights, inputs, state)[0].squeeze(0),)


@broken(r"must keep the dtype of the inputs, torch.float64, got torch.float32. Make new tens")
class Floats(Mine):
    def step(self, weights, inputs, state):
        return (super().step(weights, inputs, state)[0].float(),)


@broken("has NaN or infinity in it, from ordinary weights")
class Infinite(Mine):
    def step(self, weights, inputs, state):
        return (super().step(weights, inputs, state)[0] / 0,)


@broken(r"changes state\[0\] in place, which others still need. Make a new tensor: `h = h \+ x`")
class InPlace(Mine):
    def step(self, weights, inputs, state):
        state[0].mul_(0.5)
        return super().step(weights, inputs, state)


@broken(r"changes weights\['bias_ih'\] in place")
class WeightsInPlace(Mine):
    def step(self, weights, inputs, state):
        weights["bias_ih"] += 1
        return super().step(weights, inputs, state)


@broken("changes the dict of weights: make a new dict")
class AddsWeight(Mine):
    def step(self, weights, inputs, state):
        weights["sum"] = weights["bias_ih"] + weights["bias_hh"]
        return super().step(weights, inputs, state)


@broken(r"changes the cell itself \(self\.last\)")
class Remembers(Mine):
    def step(self, weights, inputs, state):
        self.last = super().step(weights, inputs, state)
        return self.last


@broken("gives two answers to the same weights, inputs and state")
class Noisy(Mine):
    def step(self, weights, inputs, state):
        (h,) = super().step(weights, inputs, state)
        return (h + torch.rand(h.shape, dtype=h.dtype, generator=_NOISE),)


_NOISE = torch.Generator()


@broken("part 0 of the state of a sequence depends on the other sequences of the batch")
class Centred(Mine):
    def step(self, weights, inputs, state):
        (h,) = super().step(weights, inputs, state)
        return (h - h.mean(dim=0),)


@broken("is not differentiable: part 0 of the next state has no gradient")
class Detached(Mine):
    def step(self, weights, inputs, state):
        return (super().step(weights, inputs, state)[0].detach(),)


@broken(r"weights\['bias_hh'\] has no part in the next state, so that it would never be trained")
class Unused(Mine):
    def step(self, weights, inputs, state):
        weights = weights | {"bias_hh": torch.zeros_like(weights["bias_hh"])}
        return super().step(weights, inputs, state)


@broken(r"its gradient with respect to weights\['weight_ih'\] is not that of finite")
class HalfDetached(Mine):
    def step(self, weights, inputs, state):
        (h,) = super().step(weights, inputs, state)
        return (h + (h**2).detach(),)


@broken(r"look must return the next state and a dict of kept values")
class LooksShort(Mine):
    def look(self, weights, inputs, state):
        return self.step(weights, inputs, state)


@broken("look must give the same state as LooksElsewhere.step; it differs")
class LooksElsewhere(Mine):
    def look(self, weights, inputs, state):
        (h,) = self.step(weights, inputs, state)
        return (2 * h,), {"h": h}


@broken("gates names 'reset', but LooksForGate.look keeps h")
class LooksForGate(Mine):
    gates = ("reset",)

    def look(self, weights, inputs, state):
        new = self.step(weights, inputs, state)
        return new, {"h": new[0]}


@broken("gates names 'h', whose values are not all between 0 and 1")
class NoGate(LooksForGate):
    gates = ("h",)


@broken("OtherStep has a `step` of its own, but inherits `stages`", TypeError)
class OtherStep(GRU):
    def step(self, weights, inputs, state):
        return state


# -- described cells ------------------------------------------------------------------------


def _tanh(a, s, p):
    h = a[0].tanh()
    return (h,), (h,)


def _tanh_gradient(d, k, s, p):
    return (d[0] * (1 - k[0] * k[0]),), (), ()


def _stages(update=_tanh, gradient=_tanh_gradient, of="h", weight="weight_hh", **changes):
    products = (_stage.Product(of, weight, changes.pop("to", (0, 1))),)
    options = {"n_gates": 1, "inputs": (0, 1), "gives": ("h",), "keeps": ("h",)} | changes
    return (_stage.Stage(update, gradient, products=products, **options),)


class Described(Cell):
    n_gates = 1

    def stages(self):
        return _stages()


def test_a_good_description_passes():
    check_cell(Described)


@broken("Listed.stages must return a tuple of Stages, got \\[Stage")
class Listed(Described):
    def stages(self):
        return list(_stages())


@broken(r"state_names must name the n_states=1 parts of the state, got \('h', 'c'\)")
class MoreNames(Described):
    state_names = ("h", "c")


@broken(r"n_gates is 2, but the stages read the blocks \[0\] of the inputs' share")
class TwoGates(Described):
    n_gates = 2


@broken("stage 0 of OfNothing reads 'm', which is neither a part of the state nor given")
class OfNothing(Described):
    def stages(self):
        return _stages(of="m")


@broken("needs the weight 'weight_hr'; initial_weights and prepare give weight_ih, weight_hh")
class NoMatrix(Described):
    def stages(self):
        return _stages(weight="weight_hr")


@broken(r"has n_gates=1, but its product of 'h' goes to the gates \(0, 2\)")
class TooManyGates(Described):
    def stages(self):
        return _stages(to=(0, 2))


@broken(r"has n_gates=2, but inputs and products reach only the gates \[0\]")
class EmptyGate(Described):
    def stages(self):
        return _stages(n_gates=2)


@broken("update's kept values are 1, but keeps names 2: h, c")
class KeepsMore(Described):
    def stages(self):
        return _stages(keeps=("h", "c"))


@broken(r"gradient is not the derivative of update with respect to a\[0\]: it differs by up to")
class WrongDerivative(Described):
    def stages(self):
        return _stages(gradient=lambda d, k, s, p: ((d[0] * (1 - k[0]),), (), ()))


@broken(r"gradient must return \(da, ds, dp\) with \(1, 0, 0\) values, got \(1, 1, 0\)")
class MoreGradients(Described):
    def stages(self):
        return _stages(gradient=lambda d, k, s, p: ((d[0],), (d[0],), ()))


@pytest.mark.parametrize(("kind", "message", "error"), BROKEN)
def test_broken_cells_are_told_what_is_wrong(kind, message, error):
    with pytest.raises(error, match=f"(?s){message}") as raised:
        check_cell(kind)
    assert kind.__name__ in str(raised.value) or "Changed" in str(raised.value)


def test_an_error_of_the_cell_itself_comes_with_the_call():
    class Fails(Mine):
        def step(self, weights, inputs, state):
            return (inputs @ weights["weight_xh"].T,)

    with pytest.raises(KeyError, match="weight_xh") as raised:
        check_cell(Fails)
    note = "This came from the cell, in Fails.step with inputs (5, 3) and a state of (5, 4)."
    assert raised.value.__notes__ == [note]


def test_a_loop_over_time_that_is_not_the_steps_is_told(monkeypatch):
    def half(cell, weights, inputs, state):
        outputs, last = run_cell(cell, weights, inputs, state)
        return 0.5 * outputs, last

    monkeypatch.setattr(_check_cell, "run_cell", half)
    with pytest.raises(AssertionError, match="Mine gives other numbers over several steps at onc"):
        check_cell(Mine)
