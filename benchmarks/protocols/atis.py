"""Slots in questions about flights (ATIS): F1 of whole slots on the 893 test questions.

Learned from the 4,478 training questions, for a fixed number of epochs; the 500 validation
questions are scored beside the test and decide nothing. Labels that no training question has count
as missed. A chain over a bidirectional LSTM of words and their characters, the same settings for
each seed, which are those that papers report for networks of this kind: none was chosen by the test
questions.
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
        hidden_size=128,
        dropout=0.5,
        batch_size=16,
        learning_rate=0.003,
        learning_rate_schedule="cosine",
        max_epochs=3 if quick else 20,
        early_stopping=False,
        random_state=seed,
    )


def run(data, seed, quick):
    """F1 of slots, and of the most frequent label of each word."""
    questions = fetch_atis(data_home=data)
    train, validation, test = (questions[part] for part in ("train", "validation", "test"))
    n_train = 1000 if quick else None
    X, y = train.data[:n_train], train.target[:n_train]
    scores, held, whole, minutes = [], [], [], []
    for s in range(seed, seed + (1 if quick else N_SEEDS)):
        started = time.perf_counter()
        model = tagger(s, quick).fit(X, y)
        minutes.append((time.perf_counter() - started) / 60)
        found = [row.tolist() for row in model.predict(test.data)]
        scores.append(100 * entity_f1_score(test.target, found))
        whole.append(100 * exact_match_score(test.target, found))
        held.append(100 * entity_f1_score(validation.target, model.predict(validation.data)))
        print(
            f"seed {s}: {scores[-1]:.2f}, validation {held[-1]:.2f}, {minutes[-1]:.1f} min",
            flush=True,
        )
    naive = 100 * entity_f1_score(test.target, MostFrequentTag().fit(X, y).predict(test.data))
    return [
        ("ours, F1 of slots", with_interval(scores), "aim >= 95"),
        ("ours, F1 on the validation questions", with_interval(held), ""),
        ("ours, questions without a mistake %", with_interval(whole), ""),
        ("most frequent label of each word, F1", f"{naive:.2f}", "baseline"),
        ("published, F1 of slots", PUBLISHED, ""),
        ("minutes to train", f"{np.median(minutes):.1f}", "median"),
    ]
