"""Handwritten digits (MNIST), row by row: 28 steps of 28 pixels, accuracy on 10,000 new ones.

An LSTM reads an image from the top to the bottom and answers after the last row. Pixels are divided
by 255 and not standardised: a column at the border is black in nearly every image, and a stroke
there would count a thousand times what it is. All settings are a first guess, none was varied.
Logistic regression sees all pixels at once.
"""

from __future__ import annotations

import time

import numpy as np
from sklearn.linear_model import LogisticRegression

from protocols._shared import with_interval
from sksequence import RNNClassifier
from sksequence.datasets import fetch_mnist

N_SEEDS = 3
PUBLISHED = "pixel by pixel: LSTM 98.9, IRNN 97.0, GRU 96.2 to 96.8"


def classifier(seed, epochs):
    """One LSTM over rows."""
    return RNNClassifier(
        hidden_size=128,
        dropout=0.2,
        normalize=False,
        batch_size=128,
        learning_rate=0.004,
        learning_rate_schedule="one_cycle",
        early_stopping=False,
        max_epochs=epochs,
        random_state=seed,
    )


def run(data, seed, quick):
    """Accuracy over seeds, and of logistic regression."""
    digits = fetch_mnist(data_home=data)
    X, X_test = (part.data / np.float32(255) for part in (digits.train, digits.test))
    y, y_test = digits.train.target, digits.test.target
    epochs = 8
    if quick:
        X, y, epochs = X[:3000], y[:3000], 2
    right, minutes = [], []
    for s in range(seed, seed + (1 if quick else N_SEEDS)):
        started = time.perf_counter()
        model = classifier(s, epochs).fit(X, y)
        minutes.append((time.perf_counter() - started) / 60)
        right.append(100 * model.score(X_test, y_test))
        print(f"seed {s}: {right[-1]:.2f} % right, {minutes[-1]:.1f} min", flush=True)
    started = time.perf_counter()
    pixels = LogisticRegression(C=0.1, max_iter=100, tol=0.01).fit(X.reshape(len(X), -1), y)
    plain = 100 * pixels.score(X_test.reshape(len(X_test), -1), y_test)
    seconds = time.perf_counter() - started
    return [
        ("ours, accuracy %", with_interval(right), f"aim >= 98.5; over {len(right)} seeds"),
        ("seeds", ", ".join(f"{value:.2f}" for value in right), ""),
        ("logistic regression on pixels, %", f"{plain:.2f}", f"baseline, {seconds:.0f} s"),
        ("published, %", PUBLISHED, "784 steps"),
        ("minutes to train", f"{np.median(minutes):.1f}", f"median, {epochs} epochs, one thread"),
    ]
