"""Every cell over time, forward and backward, beside torch's LSTM and GRU; and compiling."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import torch
from _speed_table import Line, compare, print_table, seconds_text, timed
from torch import nn

from sksequence.cells import CELLS, make_cell
from sksequence.kernels._choice import can_compile
from sksequence.kernels._run import loop_named, run_cell, run_loop

# steps, batch, inputs, units
SIZES = [(30, 32, 4, 16), (100, 64, 8, 64), (50, 32, 100, 128), (100, 256, 8, 64)]
QUICK = SIZES[:2]
# GRU beside nn.GRU: by (batch, units) and threads, how many times faster at least
GRU_AIMS = {(64, 64, 1): 1.5, (64, 64, 2): 2.0, (32, 16, 1): 5.0, (32, 16, 2): 5.0}


def cells(repeat: int, quick: bool) -> None:
    """Tables for one and two threads, and the seconds of compiling."""
    before = torch.get_num_threads()
    names = [name for name in CELLS if make_cell(name).stages() is not None]
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for size in QUICK if quick else SIZES:
            _table(names, size, threads, repeat)
    torch.set_num_threads(before)
    if can_compile():
        _compiling()


def _table(names, size, threads, repeat):
    n_steps, n_sequences, n_inputs, n_units = size
    inputs = torch.randn(n_sequences, n_steps, n_inputs)
    torchs = {f"nn.{kind.__name__}": _layer(kind, inputs, n_units) for kind in (nn.LSTM, nn.GRU)}
    loops = {"": None, ", torch alone": loop_named("torch")}
    loops = loops if can_compile() else {"": None}
    ours = {
        name + said: partial(_by_cell, make_cell(name), inputs, n_units, loop)
        for name in names
        for said, loop in loops.items()
    }
    ways = torchs | {name: way() for name, way in ours.items()}
    often = max(1, int(4e5 / (n_steps * n_sequences * n_units)))
    several = {name: partial(_times, way, often) for name, way in ways.items()}
    # on one thread the processor's seconds, which other programs hardly change
    clock = time.process_time if threads == 1 else time.perf_counter
    seconds = {
        name: [s / often for s in each] for name, each in timed(several, repeat, clock).items()
    }
    lines = [compare(name, seconds[name], seconds["nn.LSTM"], _aim(name)) for name in ours]
    aim = GRU_AIMS.get((n_sequences, n_units, threads))
    lines.append(compare("gru, beside nn.GRU", seconds["gru"], seconds["nn.GRU"], aim, faster=True))
    print_table(
        f"cells: {n_steps} steps, {n_sequences} sequences, {n_inputs} inputs, {n_units} units, "
        f"{threads} thread{'s'[: threads - 1]}; forward and backward beside nn.LSTM",
        lines,
    )


def _aim(name):
    if not can_compile() or "torch alone" in name:
        return None
    return 1.0 if name == "lstm" else 1.2


def _times(way, often):
    for _ in range(often):
        way()


def _layer(kind, inputs, n_units):
    layer = kind(inputs.shape[2], n_units, batch_first=True)
    weights = list(layer.parameters())

    def run():
        outputs, _ = layer(inputs)
        torch.autograd.grad(outputs, weights, torch.ones_like(outputs))

    return run


def _by_cell(cell, inputs, n_units, loop):
    drawn = cell.initial_weights(inputs.shape[2], n_units, torch.Generator().manual_seed(0))
    weights = {name: values.requires_grad_() for name, values in drawn.items()}
    state = cell.initial_state(len(inputs), n_units, inputs)
    way = run_cell if loop is None else partial(run_loop, loop)

    def run():
        outputs, _ = way(cell, weights, inputs, state, False)
        torch.autograd.grad(outputs, list(weights.values()), torch.ones_like(outputs))

    return run


PROGRAM = """
import sys, torch
from sksequence.kernels import compile_kernels
torch.zeros(1).sum()
print(compile_kernels(sys.argv[1:] or None))
"""


def _compiling():
    """In fresh processes: first with an empty folder, then with what the first one kept."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for names in (["gru"], ["lstm"], []):
            environment = os.environ | {
                "SKSEQUENCE_KERNELS": str(Path(folder) / "_".join(["kernels", *names]))
            }
            command = [sys.executable, "-c", PROGRAM, *names]
            cold, warm = (
                float(subprocess.check_output(command, env=environment, text=True))
                for _ in range(2)
            )
            what = f"first use of {names[0]}" if names else "all cells"
            lines.append(Line(what, seconds_text(warm), seconds_text(cold)))
    print_table("cells: seconds to load (ours) and to compile (reference) in 32 bits", lines)
