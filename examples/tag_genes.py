"""Genes in DNA: which bases are coding? With a memory, and with a window.

    python examples/tag_genes.py

Draws stretches of DNA with open reading frames in them, and labels each base. A start codon occurs
anywhere by chance; that a gene is still open depends on a start hundreds of bases ago, and on no
stop codon in its frame since. Logistic regression sees 30 bases on each side. About a minute on one
core. Prints the figures of both and saves a picture of two stretches.
"""

from __future__ import annotations

import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sksequence import RNNTagger, TagDisplay, TokenEncoder
from sksequence.datasets import make_genes
from sksequence.metrics import token_accuracy_score, token_f1_score

PICTURES = Path("demo_pictures")
N_TRAIN, N_TEST = 400, 50
HALF = 30  # bases on each side
N_BASES = 20_000  # that logistic regression learns from


def windows(sequence):
    """Each base with its neighbours on both sides, one-hot; zeros beyond the ends."""
    steps = np.zeros((len(sequence) + 2 * HALF, 4), dtype=np.float32)
    for i, base in enumerate(sequence):
        steps[HALF + i, "acgt".index(base)] = 1
    seen = np.lib.stride_tricks.sliding_window_view(steps, 2 * HALF + 1, axis=0)
    return seen.reshape(len(sequence), -1)  # (n_bases, 4 * (2 * HALF + 1))


def by_window(X, y, X_new):
    """Labels of new sequences by logistic regression on windows."""
    seen, labels = np.concatenate([windows(s) for s in X]), np.concatenate(y)
    some = np.random.default_rng(0).permutation(len(seen))[:N_BASES]
    model = LogisticRegression(C=0.1, max_iter=200).fit(seen[some], labels[some])
    return [model.predict(windows(s)) for s in X_new]


def tagger():
    """A convolution over nine bases and an LSTM in both directions."""
    return RNNTagger(
        conv_size=32,
        conv_width=9,
        hidden_size=32,
        dropout=0.1,
        batch_size=8,
        learning_rate=0.01,
        learning_rate_schedule="cosine",
        max_epochs=22,
        early_stopping=False,
        random_state=0,
    )


def main():
    """Learn, compare, look."""
    X, y = make_genes(N_TRAIN, random_state=0)
    X_new, y_new = make_genes(N_TEST, random_state=1)
    n_bases = sum(map(len, X_new))
    share = np.mean(np.concatenate(y_new) == "coding")
    print(
        f"{N_TRAIN} stretches to learn from, {N_TEST} new ones of {n_bases:,} bases, "
        f"{100 * share:.0f} % of them coding."
    )
    started = time.perf_counter()
    model = make_pipeline(TokenEncoder(analyzer="char"), tagger()).fit(X, y)
    print(f"trained {model[-1].n_epochs_} epochs in {time.perf_counter() - started:.0f} s")
    found = model.predict(X_new)
    answers = {"network": found, f"window of {2 * HALF + 1}": by_window(X, y, X_new)}
    for name, labels in answers.items():
        f1 = token_f1_score(y_new, labels, labels=["coding"])
        right = token_accuracy_score(y_new, labels)
        print(f"{name:>14}: F1 of coding {100 * f1:.1f} %, {100 * right:.1f} % of the bases right")

    shortest = np.argsort([len(s) for s in X_new])[:2]
    sides = ([side[i] for i in shortest] for side in (y_new, found, X_new))
    display = TagDisplay.from_predictions(*sides, outside="other", kind="text")
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / "tag_genes.png"
    display.figure_.savefig(path, dpi=120)
    print(f"picture: {path.resolve()}")


if __name__ == "__main__":
    main()
