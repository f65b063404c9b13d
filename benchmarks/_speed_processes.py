"""Searching with two processes; importing in fresh ones."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import warnings
from functools import partial

import numpy as np
from _speed_table import Line, compare, print_table, seconds_text, timed
from _speed_training import BATCH

from sksequence import RNNClassifier, SequenceArray


def search(repeat: int, quick: bool) -> None:
    """GridSearchCV: wall time with one and two loky workers, their start apart."""
    from sklearn.model_selection import GridSearchCV

    rng = np.random.default_rng(0)
    n = 300 if quick else 3000
    X = rng.normal(size=(n, 30, 4)).astype(np.float32)
    y = (X[:, :, 0].sum(axis=1) > 0).astype(int)
    X = SequenceArray.from_padded(X)
    estimator = RNNClassifier(max_epochs=5, batch_size=BATCH, early_stopping=False, random_state=0)
    grid = {"hidden_size": [48, 64], "learning_rate": [0.002, 0.005]}

    def run(n_jobs):
        GridSearchCV(estimator, grid, cv=3, n_jobs=n_jobs, refit=False).fit(X, y)

    started = time.perf_counter()
    warm = GridSearchCV(estimator.set_params(max_epochs=1), {"hidden_size": [2, 3]}, cv=2, n_jobs=2)
    warm.fit(X[:40], y[:40])
    warm_up = time.perf_counter() - started
    estimator.set_params(max_epochs=5)
    ways = {"one": partial(run, 1), "two": partial(run, 2)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds = timed(ways, max(1, repeat // 5), time.perf_counter)
    lines = [
        compare("n_jobs=2 beside n_jobs=1", seconds["two"], seconds["one"], 1.8, faster=True),
        Line("first search with n_jobs=2: workers start, import torch", seconds_text(warm_up)),
    ]
    print_table(
        f"search: 4 candidates x 3 folds, {n} sequences x 30 steps, 5 epochs each, without refit; "
        "seconds of the wall; n_jobs=1 / n_jobs=2",
        lines,
    )


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
