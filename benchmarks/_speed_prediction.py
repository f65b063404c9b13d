"""Prediction beside the bare module."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from _speed_table import compare, print_table, timed
from _speed_training import N_TOKENS, Network, one_thread, ragged_text

from sksequence import RNNClassifier, RNNRegressor, SequenceArray

N_UNITS = 64
ONE = 68  # steps of the one sequence


def predict(repeat: int, quick: bool) -> None:
    """One sequence at a time, then many at once."""
    X, y = ragged_text(300 if quick else 2000)
    settings = {"hidden_size": N_UNITS, "max_epochs": 1, "dropout": 0.0, "random_state": 0}
    symbols = RNNClassifier(**settings).fit(X, y)
    regressor = RNNRegressor(**settings).fit(X, y.astype(float))
    numbers = np.random.default_rng(0).normal(size=(300, ONE, 4)).astype(np.float32)
    numeric = RNNClassifier(**settings).fit(numbers, y[:300])
    ids = X.values[:ONE]
    one = SequenceArray(ids, [0, ONE], n_tokens=N_TOKENS)
    step = SequenceArray.from_padded(numbers[:1])
    with one_thread():
        bare_ids = bare(Network(N_UNITS, 64, N_TOKENS), torch.from_numpy(ids.astype(np.int64)))
        bare_numbers = bare(Network(N_UNITS), torch.from_numpy(numbers[0]))
        single = {
            "bare ids": bare_ids,
            "ids": partial(symbols.predict_proba, one),
            "bare numbers": bare_numbers,
            "numbers": partial(numeric.predict_proba, step),
            "array": partial(numeric.predict_proba, numbers[:1]),
            "regressor": partial(regressor.predict, one),
        }
        seconds = timed({k: partial(often, f, 20) for k, f in single.items()}, 3 * repeat)
        seconds = {name: [s / 20 for s in values] for name, values in seconds.items()}
        many = {
            "ours": partial(symbols.predict_proba, X),
            "regressor": partial(regressor.predict, X),
            "bare": partial(padded_in_order, X),
        }
        seconds_many = timed(many, max(3, repeat // 3))
    lines = [
        compare("one sequence of ids", seconds["ids"], seconds["bare ids"], 2.0),
        compare("one sequence of numbers", seconds["numbers"], seconds["bare numbers"], 2.0),
        compare("the same as a 3-D array", seconds["array"], seconds["bare numbers"], 2.0),
        compare("RNNRegressor (64 bits), one", seconds["regressor"], seconds["bare ids"]),
        compare(f"{len(X)} at once, {rate(seconds_many['ours'], X)}", seconds_many["ours"],
                seconds_many["bare"]),
        compare(f"RNNRegressor, {rate(seconds_many['regressor'], X)}", seconds_many["regressor"],
                seconds_many["bare"]),
    ]  # fmt: skip
    print_table(
        f"predict: LSTM with {N_UNITS} units, one sequence of {ONE} steps through predict_proba, "
        "then ragged text as in `ragged`; the reference is the bare module in inference mode (of "
        "many: batches of 256 in the given order, padded); one thread; ours / reference",
        lines,
    )


def bare(network, steps):
    """A function that runs one sequence through a module."""
    steps = steps[None]

    @torch.inference_mode()
    def run():
        return torch.softmax(network(steps), dim=1).numpy()

    return run


@torch.inference_mode()
def padded_in_order(X):
    """What one writes without sorting by length."""
    network = Network(N_UNITS, 64, N_TOKENS)
    answers = []
    for start in range(0, len(X), 256):
        part = X[start : start + 256]
        steps = torch.from_numpy(part.to_padded().astype(np.int64))
        answers.append(torch.softmax(network(steps, torch.from_numpy(part.lengths)), dim=1))
    return torch.cat(answers).numpy()


def often(function, n):
    """Call `function` `n` times."""
    for _ in range(n):
        function()


def rate(seconds, X) -> str:
    """``12,345 sequences/s``, from the median."""
    return f"{len(X) / np.median(seconds):,.0f} sequences/s"
