"""Training from a memory-mapped file beside training in memory: seconds, and peak memory."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path

import numpy as np
from _speed_memory import growth, status
from _speed_table import Line, compare, megabytes, print_table, timed

AIM = 1.3
N_STEPS = 100


def memory_map(repeat: int, quick: bool) -> None:
    """One epoch, and predictions, from a map and in memory; the files are in the page cache."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    n = 500 if quick else 2_000
    with tempfile.TemporaryDirectory() as folder:
        lines = time_lines(n, repeat, Path(folder))
        lines += memory_lines(1_000 if quick else 5_000, 1 if quick else 3, Path(folder))
    torch.set_num_threads(threads)
    print_table(
        f"memory_map: values in a file, {n:,} sequences of {N_STEPS} steps (ragged: 20 to 180), 16 "
        "features in 32 bits, LSTM, batches of 32, one epoch, one thread; map / memory. Peak: "
        "growth of what is private to a fresh process (the pages of a mapped file are the "
        "system's to take back), medians; beside it the size of the values",
        lines,
    )


def time_lines(n: int, repeat: int, folder: Path) -> list[Line]:
    """Ratios of seconds."""
    X = {"one length": sequences(n, 16), "ragged": sequences(n, 16, ragged=True)}
    order = np.random.default_rng(1).permutation(n)[: 9 * n // 10]
    lines = []
    for what, n_units, case, at in (
        ("64 units", 64, "one length", slice(None)),
        ("64 units, ragged", 64, "ragged", slice(None)),
        ("64 units, ragged, a shuffled fold", 64, "ragged", order),
        ("16 units, ragged, a shuffled fold", 16, "ragged", order),
    ):
        path = folder / case
        mapped = type(X[case]).from_disk(path) if path.exists() else X[case].to_disk(path)
        ways = {"map": mapped[at], "memory": X[case][at]}
        y = np.arange(len(ways["memory"])) % 2
        model = classifier(n_units)
        fits = {name: partial(model.fit, own, y) for name, own in ways.items()}
        seconds = timed(fits, repeat)
        lines.append(compare(f"fit, {what}", seconds["map"], seconds["memory"], AIM))
        answers = {name: partial(model.predict, own) for name, own in ways.items()}
        seconds = timed(answers, repeat)
        lines.append(compare(f"predict, {what}", seconds["map"], seconds["memory"], AIM))
    return lines


def sequences(n: int, n_features: int, ragged: bool = False):
    """Random numbers in memory."""
    from sksequence import SequenceArray

    rng = np.random.default_rng(0)
    lengths = rng.integers(20, 181, n) if ragged else np.full(n, N_STEPS)
    values = rng.normal(size=(lengths.sum(), n_features)).astype(np.float32)
    return SequenceArray(values, np.append(0, np.cumsum(lengths)))


def classifier(n_units: int):
    """An LSTM for one epoch."""
    from sksequence import RNNClassifier

    return RNNClassifier(
        hidden_size=n_units,
        max_epochs=1,
        batch_size=32,
        early_stopping=False,
        device="cpu",
        random_state=0,
    )


def memory_lines(n: int, n_processes: int, folder: Path) -> list[Line]:
    """Peaks of private memory for both, beside the size of the values."""
    size = sequences(n, 100).to_disk(folder / "wide").values.nbytes
    lines = []
    for way, what in (("map", "from the map"), ("memory", "read into memory")):
        program = [sys.executable, str(Path(__file__)), way, str(folder / "wide")]
        peaks = []
        for _ in range(n_processes):
            done = subprocess.run(program, check=True, capture_output=True, text=True)
            peaks.append(json.loads(done.stdout))
        lines.append(growth(f"peak of fit on {megabytes(size)} {what}", middle(peaks), size))
    return lines


def middle(values: list[int]) -> int:
    """The median."""
    return int(statistics.median(values))


def measure_in_this_process(way: str, folder: str) -> int:
    """Bytes by which private memory grows at most while the values are opened and learned."""
    import torch

    from sksequence import SequenceArray

    torch.set_num_threads(1)
    model, y = classifier(16), np.arange(10**6) % 2
    small = SequenceArray.from_disk(folder)[:100]
    model.fit(small, y[:100]).predict(small)
    with PeakOfPrivateMemory() as peak:
        X = SequenceArray.from_disk(folder)
        if way == "memory":
            X = SequenceArray(np.array(X.values), X.offsets)
        model.fit(X, y[: len(X)])
    return peak.grown


class PeakOfPrivateMemory:
    """How far the anonymous pages of this process grow, looked at every 2 ms (Linux)."""

    def __enter__(self):
        self.start = self.highest = status("RssAnon")
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._done.set()
        self._thread.join()

    @property
    def grown(self) -> int:
        """Bytes."""
        return self.highest - self.start

    def _look(self):
        while not self._done.wait(0.002):
            self.highest = max(self.highest, status("RssAnon"))


if __name__ == "__main__":
    print(json.dumps(measure_in_this_process(*sys.argv[1:])))
