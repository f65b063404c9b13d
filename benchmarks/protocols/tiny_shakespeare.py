"""Plays of Shakespeare, character by character: nats a character on the last tenth.

The first nine tenths are learned from, and a fiftieth of them decides which epoch is kept. The
last tenth is scored once, as one text, the state carried from its first character to its last.
"""

from __future__ import annotations

import time

from protocols._shared import resumable
from protocols._text_baselines import InterpolatedNGrams
from sksequence import RNNLanguageModel
from sksequence.datasets import fetch_tiny_shakespeare

PARTS = ("train", "test")
SETTINGS = {
    "hidden_size": 512,
    "embedding_size": 128,
    "dropout": 0.4,
    "tbptt_steps": 100,
    "batch_size": 32,
    "learning_rate": 0.003,
    "learning_rate_schedule": "one_cycle",
    "max_epochs": 22,
    "n_iter_no_change": 22,
    "validation_fraction": 0.02,
}
QUICK = {"hidden_size": 128, "max_epochs": 2, "early_stopping": False}


def run(data, seed, quick):
    """One network, and counts of runs of up to six characters."""
    train, test = (fetch_tiny_shakespeare(split=part, data_home=data).data for part in PARTS)
    settings = SETTINGS
    if quick:
        settings, train, test = {**SETTINGS, **QUICK}, train[:100_000], test[:20_000]
    n_symbols = len(set(train)) + 1  # the unknown one
    rows = []
    for order in (1, 3, 5, 6):
        loss = InterpolatedNGrams(order, n_symbols).fit([train]).loss([test])
        rows.append((f"runs of {order}, interpolated", f"{loss:.3f}", "baseline"))
    started = time.perf_counter()
    model = resumable(RNNLanguageModel(**settings, verbose=2, random_state=seed)).fit(train)
    seconds = time.perf_counter() - started
    loss = -model.score(test)
    n_weights = sum(weight.numel() for weight in model.network_.parameters())
    return [
        ("ours, nats a character", f"{loss:.4f}", "aim <= 1.45"),
        ("ours, bits a character", f"{model.bits_per_step(test):.3f}", ""),
        *rows,
        ("weights", f"{n_weights:,}", f"{model.n_epochs_} epochs, kept: {model.best_epoch_}"),
        ("minutes to train", f"{seconds / 60:.1f}", "aim <= 60 on 2 cores"),
        (
            "drawn at 0.7",
            f"`{model.sample(max_steps=120, temperature=0.7, random_state=0)[0]!r}`",
            "",
        ),
    ]
