"""What backpropagation through time holds, whole and truncated, as sequences grow longer."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from _speed_table import Line, megabytes, print_table, seconds_text

N_SEQUENCES, N_INPUTS, N_UNITS = 32, 8, 64
WAYS = {"full": None, "(50, 50)": (50, 50), "(1, 50)": (1, 50)}
STEPS = (100, 400, 1600)


def truncation(repeat: int, quick: bool) -> None:
    """Peaks of memory, and times, of a pass through an LSTM with a loss at every step."""
    steps = STEPS[:2] if quick else STEPS
    found = {way: measured(way, steps) for way in WAYS}
    print_table(
        f"truncation: LSTM with {N_UNITS} units, {N_SEQUENCES} sequences, {N_INPUTS} inputs, a "
        "loss at every step; growth of the resident set at its peak, forward and backward, without "
        "the outputs and their gradient; reference: those two, which are there either way",
        [
            Line(f"{way}, {n:,} steps", megabytes(peak - apart(n)), megabytes(apart(n)))
            for way, figures in found.items()
            for n, (peak, _) in zip(steps, figures, strict=True)
        ],
    )
    print_table(
        "truncation: seconds of the processor for the same; reference: full backpropagation",
        [
            Line(f"{way}, {n:,} steps", *map(seconds_text, (mine, full)), f"{mine / full:.1f}")
            for way, figures in found.items()
            for n, (_, mine), (_, full) in zip(steps, figures, found["full"], strict=True)
            if way != "full"
        ],
    )


def apart(n_steps: int) -> int:
    """Bytes of the outputs and of their gradient."""
    return 2 * 4 * N_SEQUENCES * n_steps * N_UNITS


def measured(way: str, steps: tuple[int, ...]) -> list[tuple[int, float]]:
    """Bytes and seconds for each number of steps, in a process of its own."""
    program = [sys.executable, str(Path(__file__)), way, *map(str, steps)]
    done = subprocess.run(program, check=True, capture_output=True, text=True)
    return [tuple(each) for each in json.loads(done.stdout)]


def measure_in_this_process(way: str, steps: list[int]) -> list[tuple[int, float]]:
    """Each after a short pass, which loads and compiles."""
    import torch
    from _speed_memory import grown

    from sksequence.cells import LSTM
    from sksequence.layers import RecurrentStack

    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    stack = RecurrentStack(LSTM(), N_INPUTS, (N_UNITS,), generator, tbptt_steps=WAYS[way])

    def forth_and_back(inputs):
        outputs, _ = stack(inputs, None)
        outputs.backward(torch.ones_like(outputs))

    def one(n_steps):
        inputs = torch.randn(N_SEQUENCES, n_steps, N_INPUTS, generator=generator)
        peak = grown(partial(forth_and_back, inputs))
        started = time.process_time()
        forth_and_back(inputs)
        return peak, time.process_time() - started

    one(60)
    return [one(n) for n in steps]


if __name__ == "__main__":
    print(json.dumps(measure_in_this_process(sys.argv[1], [int(n) for n in sys.argv[2:]])))
