"""Whichever way a cell runs over time, it is its steps one after the other."""

import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from sksequence.cells import GRU, LSTM, RNN, Cell, LeakyRNN
from sksequence.kernels import _choice, _threads, compile_kernels, run_cell
from sksequence.kernels._fused import has_fused, run_fused
from sksequence.kernels._run import loop_named, run_loop, run_steps
from tests.kernels.problems import FORMS, NAMES, Problem

WAYS = ["torch", "compiled"]


def _way(name):
    if name == "compiled":
        pytest.importorskip("llvmlite")
    return partial(run_loop, loop_named(name))


def _assert_equal(ours, theirs, **tolerance):
    torch.testing.assert_close(ours, theirs, **tolerance)


@pytest.mark.parametrize("all_states", [False, True], ids=["last", "all"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", FORMS)
def test_loops_equal_autograd_over_steps(form, way, all_states):
    problem = Problem(FORMS[form])
    expected = problem.solve(run_steps, all_states)
    _assert_equal(problem.solve(_way(way), all_states), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_loops_in_32_bits(name, way):
    exact = Problem(FORMS[name]).solve(run_steps)
    ours = Problem(FORMS[name], torch.float32).solve(_way(way))
    for a, b in zip((ours[0], *ours[1], *ours[2]), (exact[0], *exact[1], *exact[2]), strict=True):
        assert a.dtype == torch.float32
        assert (a - b).abs().max() <= 1e-5 * max(1.0, b.abs().max())


@pytest.mark.parametrize("name", NAMES)
def test_gradients_equal_finite_differences(name):
    problem = Problem(FORMS[name], n_units=3, n_sequences=2, n_steps=3)

    def outputs(*leaves):
        n = len(problem.weights)
        weights = dict(zip(problem.weights, leaves[:n], strict=True))
        result, states = run_cell(problem.cell, weights, leaves[n], leaves[n + 1 :], True)
        return (result, *states[1:])

    assert torch.autograd.gradcheck(outputs, problem.leaves())


@pytest.mark.parametrize(
    ("cell", "layer"),
    [
        (RNN(), nn.RNN),
        (RNN("relu"), partial(nn.RNN, nonlinearity="relu")),
        (LSTM(), nn.LSTM),
        (GRU(), nn.GRU),
    ],
    ids=["rnn", "relu", "lstm", "gru"],
)
@pytest.mark.parametrize("way", WAYS)
def test_loops_equal_torchs_layers(cell, layer, way):
    problem = Problem(cell)

    def by_torch(cell, weights, inputs, state, all_states):
        module = layer(inputs.shape[2], state[0].shape[1], batch_first=True, dtype=inputs.dtype)
        named = {f"{name}_l0": w for name, w in weights.items()}
        start = tuple(part[None] for part in state)
        start = start if len(start) == 2 else start[0]
        outputs, last = torch.func.functional_call(module, named, (inputs, start))
        last = last if isinstance(last, tuple) else (last,)
        return outputs, tuple(part[0] for part in last)

    expected = problem.solve(by_torch)
    _assert_equal(problem.solve(_way(way)), expected, rtol=1e-10, atol=1e-10)
    _assert_equal(problem.solve(run_fused), expected, rtol=1e-10, atol=1e-10)


# -- what must not matter -------------------------------------------------------------------


@pytest.mark.parametrize("form", ["gru", "learned tau", "layer_norm_lstm"])
def test_the_loops_threads_do_not_matter(form, monkeypatch):
    monkeypatch.setattr(_threads, "ENOUGH", 1)
    problem = Problem(FORMS[form], torch.float32, n_sequences=37)
    results = []
    for n_threads in (1, 2, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda n=n_threads: n)
        results.append(problem.solve(_way("compiled"), True))
    for each in results[1:]:
        _assert_equal(each, results[0], rtol=0, atol=0)


def test_neighbours_do_not_matter():
    problem = Problem(GRU(), torch.float32, n_sequences=19)
    run = _way("compiled")
    together, _ = run(problem.cell, problem.weights, problem.inputs, problem.state, False)
    for rows in (slice(0, 1), slice(7, 12), slice(18, 19)):
        state = tuple(part[rows] for part in problem.state)
        alone, _ = run(problem.cell, problem.weights, problem.inputs[rows], state, False)
        _assert_equal(alone, together[rows], rtol=0, atol=1e-6)  # the projection is torch's


def test_two_threads_of_the_caller_at_once():
    problem = Problem(LSTM(), torch.float32, n_sequences=40, n_steps=30)
    way = _way("compiled")
    expected = problem.solve(way)
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda _: problem.solve(way), range(8)):
            _assert_equal(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_without_the_compiler_the_numbers_are_the_same(name, monkeypatch):
    problem = Problem(FORMS[name])
    expected = problem.solve(run_cell)
    monkeypatch.setattr(_choice, "can_compile", lambda: False)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    _assert_equal(problem.solve(run_cell), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", ["lstm", "full peepholes", "layer_norm_lstm"])
def test_memory_layout_does_not_matter(form, way):
    problem = Problem(FORMS[form])
    expected = problem.solve(_way(way))
    problem.inputs = problem.inputs.detach().transpose(0, 1).contiguous().transpose(0, 1)
    problem.inputs.requires_grad_()
    problem.state = tuple(
        part.detach().t().contiguous().t().requires_grad_() for part in problem.state
    )
    assert not problem.inputs.is_contiguous()
    _assert_equal(problem.solve(_way(way)), expected, rtol=1e-12, atol=1e-12)


# -- shapes at the edge ---------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("n_sequences", "n_steps"), [(1, 1), (1, 5), (9, 1), (8, 2)])
def test_few_sequences_and_steps(n_sequences, n_steps, way):
    problem = Problem(FORMS["full peepholes"], n_sequences=n_sequences, n_steps=n_steps)
    _assert_equal(problem.solve(_way(way)), problem.solve(run_steps), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("n_units", [1, 2, 5, 16, 32, 37])
def test_any_number_of_units(n_units):
    problem = Problem(FORMS["layer_norm_lstm"], n_units=n_units)
    found = problem.solve(_way("compiled"))
    _assert_equal(found, problem.solve(run_steps), rtol=1e-8, atol=1e-9)


def test_no_steps_leave_the_state():
    problem = Problem(LSTM(), n_steps=0)
    outputs, last = run_cell(problem.cell, problem.weights, problem.inputs, problem.state)
    assert outputs.shape == (11, 0, 21)
    assert last is problem.state
    _, states = run_cell(problem.cell, problem.weights, problem.inputs, problem.state, True)
    assert [tuple(part.shape) for part in states] == [(11, 0, 21)] * 2


# -- gradients in part ----------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wanted", ["weight_hh", "bias_hh", "inputs", "state", "nothing"])
def test_gradients_of_some_leaves_only(wanted, way):
    problem = Problem(GRU())
    expected = dict(
        zip([*problem.weights, "inputs", "state"], problem.solve(run_steps)[2], strict=True)
    )
    for leaf in problem.leaves():
        leaf.requires_grad_(False)
    named = {**problem.weights, "inputs": problem.inputs, "state": problem.state[0]}
    if wanted == "nothing":
        outputs, _ = _way(way)(problem.cell, problem.weights, problem.inputs, problem.state, False)
        assert not outputs.requires_grad
        return
    named[wanted].requires_grad_()
    problem.leaves = lambda: [named[wanted]]
    (found,) = problem.solve(_way(way))[2]
    _assert_equal(found, expected[wanted], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("way", WAYS)
def test_the_last_state_alone_carries_gradients(way):
    problem = Problem(LSTM())

    def memory(run):
        _, (_, last) = run(problem.cell, problem.weights, problem.inputs, problem.state, False)
        return torch.autograd.grad(last.square().sum(), problem.leaves(), allow_unused=True)

    _assert_equal(memory(_way(way)), memory(run_steps), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", ["lstm", "gru", "layer_norm_lstm"])
def test_a_kept_graph_is_gone_through_twice(form, way):
    problem = Problem(FORMS[form])
    outputs, last = _way(way)(problem.cell, problem.weights, problem.inputs, problem.state, False)
    total = outputs.square().sum() + sum(part.sum() for part in last)
    first = torch.autograd.grad(total, problem.leaves(), retain_graph=True)
    _assert_equal(torch.autograd.grad(total, problem.leaves()), first, rtol=0, atol=0)
    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.grad(total, problem.leaves())


@pytest.mark.parametrize("way", WAYS)
def test_a_state_goes_on_in_a_second_run(way):
    """Two runs of half of the steps are one run, gradients included."""
    problem = Problem(FORMS["full peepholes"])

    def halves(cell, weights, inputs, state, all_states):
        first, state = _way(way)(cell, weights, inputs[:, :3], state, False)
        second, state = _way(way)(cell, weights, inputs[:, 3:], state, False)
        return torch.cat([first, second], 1), state

    _assert_equal(problem.solve(halves), problem.solve(run_steps), rtol=1e-10, atol=1e-10)


def test_what_is_not_a_number_stays_so():
    problem = Problem(LSTM(), torch.float32)
    with torch.no_grad():
        problem.inputs[3, 2, 0] = float("nan")
        outputs, _ = _way("compiled")(
            problem.cell, problem.weights, problem.inputs, problem.state, False
        )
    bad = torch.zeros(11, 6, dtype=torch.bool)
    bad[3, 2:] = True
    assert torch.equal(outputs.isnan().all(2), bad)
    assert torch.equal(outputs.isnan().any(2), bad)


# -- accuracy of the functions --------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("activation", "exact"), [("tanh", torch.tanh), ("logistic", torch.sigmoid)]
)
def test_functions_are_exact_to_a_few_units_in_the_last_place(activation, exact, dtype):
    """An RNN without recurrence is its activation; errors relative to the value itself."""
    x = torch.cat([torch.linspace(-30, 30, 20_001), torch.logspace(-30, 1, 10_000)]).to(dtype)
    cell = RNN(activation)
    one, none = torch.ones(1, 1, dtype=dtype), torch.zeros(1, 1, dtype=dtype)
    weights = {"weight_ih": one, "weight_hh": none, "bias_ih": none[0], "bias_hh": none[0]}
    wide = {name: w.expand(21, *w.shape[1:]).contiguous() for name, w in weights.items()}
    wide["weight_hh"] = torch.zeros(21, 21, dtype=dtype)
    state = (torch.zeros(len(x), 21, dtype=dtype),)
    ours, _ = _way("compiled")(cell, wide, x[:, None, None], state, False)
    expected = exact(x.double())[:, None].expand(-1, 21)
    error = ((ours[:, 0].double() - expected) / expected).abs().max()
    assert error < 4 * torch.finfo(dtype).eps


# -- what is refused ------------------------------------------------------------------------


def test_a_state_that_does_not_fit_is_refused():
    problem = Problem(LSTM())
    with pytest.raises(ValueError, match=r"parts of the shapes \[\(11, 21\), \(11, 21\)\] for 11"):
        run_cell(problem.cell, problem.weights, problem.inputs, problem.state[:1])
    narrow = tuple(part.float() for part in problem.state)
    with pytest.raises(ValueError, match=r"must be torch.float64 on cpu .* got torch.float32"):
        run_cell(problem.cell, problem.weights, problem.inputs, narrow)


@pytest.mark.parametrize("name", ["weight_hh", "weight_tau"])
def test_a_weight_that_does_not_fit_is_refused(name):
    class Wrong(LeakyRNN):
        def prepare(self, weights, n_units):
            prepared = super().prepare(weights, n_units)
            wrong = name if name in prepared else self.stages()[0].parameters[0]
            return prepared | {wrong: torch.ones(3, 3, dtype=torch.float64)}

    problem = Problem(LeakyRNN())
    with pytest.raises(ValueError, match=r"has .* (asks for|are expected)"):
        run_cell(Wrong(), problem.weights, problem.inputs, problem.state)


# -- a user's own cell, and which way is taken ----------------------------------------------


class Decay(Cell):
    """h = h / 2 + x W'."""

    n_gates = 1

    def step(self, weights, inputs, state):
        return (state[0] / 2 + inputs @ weights["weight_ih"].t(),)


@pytest.mark.parametrize("all_states", [False, True])
def test_a_users_cell_runs_step_by_step(all_states):
    weights = {"weight_ih": torch.ones(2, 1)}
    start = (torch.full((1, 2), 8.0),)
    outputs, states = run_cell(Decay(), weights, torch.ones(1, 3, 1), start, all_states)
    _assert_equal(outputs, torch.tensor([[[5.0, 5.0], [3.5, 3.5], [2.75, 2.75]]]))
    _assert_equal(states[0], outputs if all_states else outputs[:, -1])


def test_the_choice(monkeypatch):
    problem = Problem(LSTM(), torch.float32)

    def chosen(cell, dtype=torch.float32, all_states=False):
        return _choice.way_of(cell, problem.weights, problem.inputs.to(dtype), all_states)

    monkeypatch.setattr(_choice, "can_compile", lambda: True)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert chosen(LeakyRNN()) == "compiled"
    assert chosen(LSTM()) == "fused"  # few units
    wide = LSTM().initial_weights(2, 64, torch.Generator())
    inputs = torch.zeros(3, 5, 2)
    assert _choice.way_of(LSTM(), wide, inputs, False) == "compiled"
    assert _choice.way_of(LSTM(), wide, inputs, True) == "compiled"
    assert _choice.way_of(LSTM(), wide, inputs[:, :1], False) == "fused"
    with torch.no_grad():
        assert _choice.way_of(LSTM(), wide, inputs, False) == "fused"
    assert chosen(LeakyRNN(), torch.bfloat16) == "torch"
    assert chosen(Decay()) == "steps"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert _choice.way_of(LSTM(), wide, inputs, False) == "fused"
    monkeypatch.setattr(_choice, "can_compile", lambda: False)
    assert chosen(LeakyRNN()) == "torch"
    assert chosen(LSTM()) == "fused"
    assert chosen(LSTM(), all_states=True) == "torch"
    assert chosen(GRU(), all_states=True) == "fused"
    assert not has_fused(RNN("logistic"), {})


# -- compiled code is kept ------------------------------------------------------------------

PROGRAM = """
import logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout)
from sksequence.kernels import compile_kernels
compile_kernels(["rnn"])
"""


def test_the_next_process_reads_what_was_compiled(tmp_path):
    pytest.importorskip("llvmlite")
    environment = os.environ | {"SKSEQUENCE_KERNELS": str(tmp_path / "new")}
    said = []
    for _ in range(2):
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=Path(__file__).parents[2],
        )
        said.append(done.stdout)
    assert "compiled in" in said[0]
    assert "read from the folder in" in said[1]
    assert len(list((tmp_path / "new").iterdir())) == 2  # products, loops


def test_a_folder_that_cannot_be_written_is_no_harm(tmp_path, monkeypatch, caplog):
    pytest.importorskip("llvmlite")
    from sksequence.kernels import _compile

    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SKSEQUENCE_KERNELS", str(tmp_path / "file"))
    with caplog.at_level(logging.INFO, "sksequence.kernels"):
        _compile._keep(_compile._folder() / "code.o", b"code")
    assert "are not kept" in caplog.text


def test_damaged_code_is_compiled_anew(tmp_path, monkeypatch):
    pytest.importorskip("llvmlite")
    from sksequence.kernels import _compile

    monkeypatch.setenv("SKSEQUENCE_KERNELS", str(tmp_path))
    machine = _compile._machine()
    text = "define i64 @one() {\n  ret i64 1\n}\n"
    code, known = machine.code(text)
    assert not known
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(code[: len(code) // 2])
    assert machine.code(text) == (code, False)
    assert machine.code(text) == (code, True)


def test_compiling_without_the_compiler_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    with pytest.raises(ImportError, match=r"sksequence\[fast\]"):
        compile_kernels(["gru"])


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMES)
def test_cells_on_a_gpu(name):
    problem = Problem(FORMS[name])
    expected = problem.solve(run_steps)
    there = Problem(FORMS[name])
    there.weights = {k: w.detach().cuda().requires_grad_() for k, w in there.weights.items()}
    there.inputs = there.inputs.detach().cuda().requires_grad_()
    there.state = tuple(part.detach().cuda().requires_grad_() for part in there.state)
    outputs, last = run_cell(there.cell, there.weights, there.inputs, there.state)
    _assert_equal(outputs.cpu(), expected[0])
    _assert_equal(tuple(part.cpu() for part in last), expected[1])
