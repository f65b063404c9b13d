"""What a fit needs beside its data: ours, and a loop written by hand, in fresh processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np

N_DOCUMENTS, N_WORDS, N_TOKENS, VECTOR_SIZE, N_UNITS = 1000, 200, 20_000, 100, 64


def working_memory(way: str, batch_size: int, n_processes: int) -> int:
    """Bytes by which the resident set grows, at most; the median over processes.

    The same fit takes 43 or 73 MB, as the allocator happens to find room for the 32 MB that the
    LSTM asks for each time: hence a median.
    """
    program = [sys.executable, str(Path(__file__)), way, str(batch_size)]
    figures: list[int] = []
    for _ in range(n_processes):
        done = subprocess.run(program, check=True, capture_output=True, text=True)
        figures += json.loads(done.stdout)
    return int(statistics.median(figures))


def measure_in_this_process(way: str, batch_size: int) -> list[int]:
    """Three fits after a tiny one, which loads and starts libraries."""
    import torch
    from _speed_memory import grown

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    ids = rng.integers(0, N_TOKENS, (N_DOCUMENTS, N_WORDS))
    table = rng.normal(size=(N_TOKENS, VECTOR_SIZE)).astype(np.float32)
    prepare = {"ours": prepare_ours, "hand": prepare_by_hand}[way]
    fit = prepare(ids, table, rng.integers(0, 2, N_DOCUMENTS), batch_size)
    fit(100)
    return [grown(partial(fit, N_DOCUMENTS)) for _ in range(3)]


def prepare_ours(ids, table, y, batch_size):
    """A fit of the estimator on the first documents."""
    from sksequence import RNNClassifier, SequenceArray

    offsets = np.arange(N_DOCUMENTS + 1) * N_WORDS
    X = SequenceArray(ids.ravel(), offsets, n_tokens=N_TOKENS, vectors=table)
    classifier = RNNClassifier(
        hidden_size=N_UNITS,
        max_epochs=1,
        batch_size=batch_size,
        dropout=0.0,
        embedding_trainable=False,
        early_stopping=False,
        device="cpu",
        random_state=0,
    )
    return lambda n: classifier.fit(X[:n], y[:n])


def prepare_by_hand(ids, table, y, batch_size):
    """The loop of `train`; the vectors of a batch are looked up in the frozen table."""
    import torch
    from _speed_training import Network, train_by_hand

    ids, table, y = map(torch.from_numpy, (ids.astype(np.int32), table, y))

    def fit(n):
        def batches():
            for index in torch.randperm(n).split(batch_size):
                steps = torch.nn.functional.embedding(ids.index_select(0, index), table)
                yield steps, y.index_select(0, index), {}

        train_by_hand(Network(N_UNITS, VECTOR_SIZE), batches, 1)

    return fit


if __name__ == "__main__":
    print(json.dumps(measure_in_this_process(sys.argv[1], int(sys.argv[2]))))
