"""Searching with two processes; importing in fresh ones."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import warnings
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
from _speed_table import Line, compare, print_table, seconds_text, timed
from _speed_training import BATCH

from sksequence import RNNClassifier, SequenceArray

GRID = {"hidden_size": [48, 64], "learning_rate": [0.002, 0.005]}


def search(repeat: int, quick: bool) -> None:
    """GridSearchCV: wall time with one and two loky workers, their start apart."""
    from sklearn.model_selection import GridSearchCV

    n = 300 if quick else 3000
    X, y, estimator = searched(n)

    def run(n_jobs):
        GridSearchCV(estimator, GRID, cv=3, n_jobs=n_jobs, refit=False).fit(X, y)

    started = time.perf_counter()
    warm = GridSearchCV(estimator.set_params(max_epochs=1), {"hidden_size": [2, 3]}, cv=2, n_jobs=2)
    warm.fit(X[:40], y[:40])
    warm_up = time.perf_counter() - started
    estimator.set_params(max_epochs=5)
    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore")
        halves = [stack.enter_context(Half(i, n)) for i in range(2)]
        ways = {"one": partial(run, 1), "two": partial(run, 2), "apart": partial(together, halves)}
        seconds = timed(ways, max(1, repeat // 5), time.perf_counter)
    lines = [
        compare("n_jobs=2 beside n_jobs=1", seconds["two"], seconds["one"], 1.8, faster=True),
        compare("two processes that share nothing", seconds["apart"], seconds["one"], faster=True),
        Line("first search with n_jobs=2: workers start, import torch", seconds_text(warm_up)),
    ]
    print_table(
        f"search: 4 candidates x 3 folds, {n} sequences x 30 steps, 5 epochs each, without refit; "
        "seconds of the wall; n_jobs=1 / the other. Two processes that share nothing, each with "
        "half of the fits and started beforehand, are what this machine can give",
        lines,
    )


def searched(n):
    """Sequences, labels and the estimator of the search."""
    X = np.random.default_rng(0).normal(size=(n, 30, 4)).astype(np.float32)
    y = (X[:, :, 0].sum(axis=1) > 0).astype(int)
    estimator = RNNClassifier(max_epochs=5, batch_size=BATCH, early_stopping=False, random_state=0)
    return SequenceArray.from_padded(X), y, estimator


class Half:
    """A process of its own that does every second fit of the search each time it is told."""

    def __init__(self, which, n):
        self.program = [sys.executable, str(Path(__file__)), str(which), str(n)]

    def __enter__(self):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(self.program, stdin=pipe, stdout=pipe, text=True)
        self.wait()  # it has imported and fitted once
        return self

    def begin(self):
        """Tell it to go; it answers when it is done."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def wait(self):
        """Until it answers."""
        if not self.process.stdout.readline():
            raise RuntimeError(f"a process of the measurement ended: {self.program}")

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait()


def together(halves):
    """Both halves at the same time."""
    for half in halves:
        half.begin()
    for half in halves:
        half.wait()


def serve_half(which, n):
    """The loop of a `Half`: fits and scores as GridSearchCV does, one for each line read."""
    import torch
    from sklearn.base import clone
    from sklearn.model_selection import ParameterGrid, StratifiedKFold

    torch.set_num_threads(1)  # as in a worker of joblib
    X, y, estimator = searched(n)
    folds = list(StratifiedKFold(3).split(X, y))
    fits = [(settings, *fold) for settings in ParameterGrid(GRID) for fold in folds][which::2]
    estimator.fit(X[:40], y[:40])
    print("ready", flush=True)
    for _ in sys.stdin:
        for settings, train, test in fits:
            one = clone(estimator).set_params(**settings).fit(X[train], y[train])
            one.score(X[test], y[test])
        print("done", flush=True)


# -- import -----------------------------------------------------------------------------------


def import_time(repeat: int, quick: bool) -> None:
    """Seconds of the wall that an import takes in a fresh interpreter."""
    codes = {
        "import sksequence": ("import sksequence", 0.5),
        "from sksequence import SequenceArray": ("from sksequence import SequenceArray", None),
        "from sksequence import RNNClassifier": ("from sksequence import RNNClassifier", None),
        "of that, what is not ours": ("import numpy, sklearn.base, torch, skorch", None),
    }
    lines = []
    import_seconds("import sksequence")  # compiles what is not compiled yet
    for what, (code, aim) in codes.items():
        middle = statistics.median(import_seconds(code) for _ in range(min(repeat, 7)))
        met = None if aim is None else middle < aim
        shown = "" if aim is None else f"< {aim:g} s"
        lines.append(Line(what, seconds_text(middle), aim=shown, met=met))
    print_table("import: seconds of the wall in a fresh interpreter, median", lines)


def import_seconds(code: str) -> float:
    """How long `code` runs in an interpreter of its own, its start not counted."""
    program = f"import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


if __name__ == "__main__":
    serve_half(int(sys.argv[1]), int(sys.argv[2]))
