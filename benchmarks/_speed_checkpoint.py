"""What checkpoints cost a training."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from _speed_table import Line, print_table, seconds_text

from sksequence import RNNClassifier, SequenceArray
from sksequence.callbacks import Checkpoint

AIM = 0.02
N_TOKENS = 5000


class TimedCheckpoint(Checkpoint):
    """Knows the seconds that its writing took."""

    spent = 0.0

    def on_epoch_settled(self, estimator, context):
        """Look at the clock before and after."""
        started = time.perf_counter()
        super().on_epoch_settled(estimator, context)
        self.spent += time.perf_counter() - started


def checkpoint(repeat: int, quick: bool) -> None:
    """Writing beside everything else in the same fit, so that load on the machine hits both."""
    n = 200 if quick else 2_000
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0], rng.integers(5, 131, size=n).cumsum()])
    texts = SequenceArray(rng.integers(0, N_TOKENS, size=offsets[-1]), offsets, n_tokens=N_TOKENS)
    y = np.arange(n) % 2
    settings = {"max_epochs": 3 if quick else 10, "early_stopping": False, "random_state": 0}
    lines = []
    for what, max_share in (("as it is by default", 0.02), ("after every epoch", None)):
        shares, rests, sizes = [], [], 0
        for _ in range(1 if quick else max(3, repeat // 3)):
            with tempfile.TemporaryDirectory() as folder:
                callback = TimedCheckpoint(folder, max_share=max_share)
                classifier = RNNClassifier(**settings).set_callbacks(callback)
                started = time.perf_counter()
                classifier.fit(texts, y)
                rest = time.perf_counter() - started - callback.spent
                files = list(Path(folder).rglob("*.checkpoint"))
                sizes = max(path.stat().st_size for path in files)
            shares.append(callback.spent / rest)
            rests.append(rest)
        share = statistics.median(shares)
        spread = f"{share:.1%} ({min(shares):.1%}-{max(shares):.1%})"
        aim, met = ("<= 2 %", share <= AIM) if max_share is not None else ("", None)
        middle = statistics.median(rests)
        lines.append(
            Line(what, seconds_text(share * middle), seconds_text(middle), spread, aim, met)
        )
    print_table(
        f"checkpoints: seconds of writing beside those of training {settings['max_epochs']} epochs "
        f"of {n:,} texts of 5-130 tokens, 64 units; a checkpoint has {sizes / 1e6:.1f} MB "
        "(weights, two moments of each); ours: writing, reference: the rest of the fit",
        lines,
    )
