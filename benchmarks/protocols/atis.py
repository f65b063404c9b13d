"""Slots in questions about flights (ATIS): F1 of whole slots on the 893 test questions.

Learned from the 4,478 training questions; the 500 validation questions decide when to stop (without
the few in which a label occurs that no training question has; in the test questions such labels
count as missed). A chain over a bidirectional LSTM of words and their characters, the same settings
for each seed.
"""

from __future__ import annotations

import time

import numpy as np

from protocols._shared import with_interval
from protocols._tagging_baselines import MostFrequentTag
from sksequence import RNNTagger
from sksequence.datasets import fetch_atis
from sksequence.metrics import entity_f1_score, exact_match_score

N_SEEDS = 3
PUBLISHED = "slot-gated BLSTM 94.8, attention BiRNN 95.9"


def tagger(seed, quick):
    """A chain over words and characters."""
    return RNNTagger(
        output="crf",
        scheme="BIO",
        embedding_size=100,
        hidden_size=100,
        dropout=0.5,
        batch_size=16,
        learning_rate=0.003,
        learning_rate_schedule="plateau",
        max_epochs=3 if quick else 40,
        n_iter_no_change=8,
        random_state=seed,
    )


def run(data, seed, quick):
    """F1 of slots, and of the most frequent label of each word."""
    questions = fetch_atis(data_home=data)
    train, validation, test = (questions[part] for part in ("train", "validation", "test"))
    n_train = 1000 if quick else None
    X, y = train.data[:n_train], train.target[:n_train]
    known = {label for row in y for label in row}
    some = [i for i, row in enumerate(validation.target) if known.issuperset(row)]
    X_val, y_val = ([validation[name][i] for i in some] for name in ("data", "target"))
    scores, whole, minutes = [], [], []
    for s in range(seed, seed + (1 if quick else N_SEEDS)):
        started = time.perf_counter()
        model = tagger(s, quick).fit(X, y, X_val=X_val, y_val=y_val)
        minutes.append((time.perf_counter() - started) / 60)
        found = [row.tolist() for row in model.predict(test.data)]
        scores.append(100 * entity_f1_score(test.target, found))
        whole.append(100 * exact_match_score(test.target, found))
        print(
            f"seed {s}: {scores[-1]:.2f}, {model.n_epochs_} epochs, {minutes[-1]:.1f} min",
            flush=True,
        )
    naive = 100 * entity_f1_score(test.target, MostFrequentTag().fit(X, y).predict(test.data))
    return [
        ("ours, F1 of slots", with_interval(scores), "aim >= 95"),
        ("ours, questions without a mistake %", with_interval(whole), ""),
        ("most frequent label of each word, F1", f"{naive:.2f}", "baseline"),
        ("published, F1 of slots", PUBLISHED, ""),
        ("minutes to train", f"{np.median(minutes):.1f}", "median"),
    ]
