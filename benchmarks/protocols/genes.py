"""Genes in DNA (generated): is a base coding? F1 of the coding bases of 100 new sequences.

``make_genes`` as it is by default but for their number: 2000 sequences of 300 to 900 bases to learn
from, genes of 20 to 80 codons, a tenth of the codons and of the letters of the binding sites noise.
The network reads the bases in both directions after a convolution over nine of them; its settings
were chosen on another draw. Logistic regression sees a base and 15, 30 or 60 neighbours on each
side, one-hot, which is what can be told without a memory: it sees rhythm and binding sites, and not
whether a frame is still open. It learns from 30,000 bases.
"""

from __future__ import annotations

import time

import numpy as np
from sklearn.linear_model import LogisticRegression

from protocols._shared import with_interval
from sksequence import RNNTagger, TokenEncoder
from sksequence.datasets import make_genes
from sksequence.metrics import token_accuracy_score, token_f1_score

N_SEEDS = 3
HALF_WIDTHS = (15, 30, 60)
N_BASES = 30_000  # that logistic regression learns from


def tagger(seed, quick):
    """Convolution and bidirectional LSTM over bases."""
    return RNNTagger(
        conv_size=32,
        conv_width=9,
        hidden_size=48,
        dropout=0.1,
        batch_size=8,
        learning_rate=0.01,
        learning_rate_schedule="cosine",
        max_epochs=2 if quick else 20,
        early_stopping=False,
        random_state=seed,
    )


def windows(sequences, half):
    """Each base with `half` neighbours on each side, one-hot; zeros beyond the ends."""
    rows = []
    for sequence in sequences:
        codes = np.array(["acgt".index(base) for base in sequence])
        steps = np.zeros((len(codes) + 2 * half, 4), dtype=np.float32)
        steps[np.arange(len(codes)) + half, codes] = 1
        seen = np.lib.stride_tricks.sliding_window_view(steps, 2 * half + 1, axis=0)
        rows.append(seen.reshape(len(codes), -1))
    return rows


def run(data, seed, quick):
    """F1 of a network and of logistic regression on windows, over drawn sets."""
    scores, accuracies, minutes = [], [], []
    by_width = {half: [] for half in (HALF_WIDTHS[:1] if quick else HALF_WIDTHS)}
    n_train, n_new = (60, 20) if quick else (2000, 100)
    for s in range(seed, seed + (1 if quick else N_SEEDS)):
        X, y = make_genes(n_train, random_state=2 * s)
        X_new, y_new = make_genes(n_new, random_state=2 * s + 1)
        encoder = TokenEncoder(analyzer="char").fit(X)
        started = time.perf_counter()
        model = tagger(s, quick).fit(encoder.transform(X), y)
        minutes.append((time.perf_counter() - started) / 60)
        found = model.predict(encoder.transform(X_new))
        scores.append(100 * token_f1_score(y_new, found, labels=["coding"]))
        accuracies.append(100 * token_accuracy_score(y_new, found))
        for half, several in by_width.items():
            several.append(100 * by_window(X, y, X_new, y_new, half, s))
        beside = ", ".join(f"{2 * half + 1}: {found[-1]:.2f}" for half, found in by_width.items())
        print(f"seed {s}: {scores[-1]:.2f}, windows of {beside}; {minutes[-1]:.1f} min", flush=True)
    baselines = [
        (
            f"logistic regression, window of {2 * half + 1}, F1 of coding %",
            with_interval(found),
            "baseline",
        )
        for half, found in by_width.items()
    ]
    best = max(by_width.values(), key=np.mean)
    return [
        ("ours, F1 of coding %", with_interval(scores), "aim >= 95"),
        ("ours, accuracy %", with_interval(accuracies), ""),
        *baselines,
        ("ours minus the best window, points", with_interval(np.subtract(scores, best)), "paired"),
        ("minutes to train", f"{np.median(minutes):.1f}", "median"),
    ]


def by_window(X, y, X_new, y_new, half, seed):
    """F1 of logistic regression, learned from some of the bases."""
    rng = np.random.default_rng(seed)
    seen, labels = np.concatenate(windows(X, half)), np.concatenate(y)
    some = rng.permutation(len(seen))[:N_BASES]
    model = LogisticRegression(C=0.1, max_iter=200).fit(seen[some], labels[some])
    found = [model.predict(rows) for rows in windows(X_new, half)]
    return token_f1_score(y_new, found, labels=["coding"])
