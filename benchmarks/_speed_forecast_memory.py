"""What training on the windows of a long series needs beside the series, in fresh processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
from _speed_table import Line, megabytes

LOOKBACK, HORIZON, BATCH, N_BATCHES = 48, 12, 32, 50


def memory_lines(n_processes: int, quick: bool) -> list[Line]:
    """Growth of the resident set for two lengths, beside the series and beside its windows."""
    return [memory_line(n, n_processes) for n in ((50_000,) if quick else (250_000, 1_000_000))]


def memory_line(n_hours: int, n_processes: int) -> Line:
    """A fit on a series of so many hours; the median over processes."""
    program = [sys.executable, str(Path(__file__)), str(n_hours)]
    figures = []
    for _ in range(n_processes):
        done = subprocess.run(program, check=True, capture_output=True, text=True)
        figures.append(json.loads(done.stdout))
    ours, series = statistics.median(figures), 8 * n_hours
    windows = (n_hours - LOOKBACK - HORIZON + 1) * (LOOKBACK + HORIZON) * 4
    return Line(
        f"memory of a fit on {n_hours:,} hours ({megabytes(series)}): all windows at once",
        megabytes(ours),
        megabytes(windows),
        f"{ours / windows:.2f}",
        "< 1",
        ours < windows,
    )


def measure_in_this_process(n_hours: int) -> int:
    """Bytes by which a fit makes the resident set grow, after a small one that loads libraries."""
    import pandas as pd
    import torch
    from _speed_memory import grown

    from sksequence import RNNForecaster

    torch.set_num_threads(1)
    values = np.random.default_rng(0).normal(size=n_hours).cumsum()
    y = pd.Series(values, index=pd.date_range("1900-01-01", periods=n_hours, freq="h"))
    forecaster = RNNForecaster(
        LOOKBACK,
        HORIZON,
        batch_size=BATCH,
        max_epochs=1,
        windows_per_epoch=BATCH * N_BATCHES,
        early_stopping=False,
        device="cpu",
        random_state=0,
    )
    forecaster.fit(None, y[:1000])
    return grown(partial(forecaster.fit, None, y))


if __name__ == "__main__":
    print(json.dumps(measure_in_this_process(int(sys.argv[1]))))
