"""Digits spoken by six people (recordings 0 to 4 test, 5 to 49 train), alone and in strings.

Strings hold 3 to 7 recordings of one speaker end to end, those for the test only recordings of the
test part. The label error is the edit distance over the number of digits. All settings are a first
guess: none was varied, but epochs and strings are fewer than in the first run, to save time.
"""

from __future__ import annotations

import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from protocols._shared import with_interval
from sksequence import CTCTranscriber, LogMelSpectrogram, RNNClassifier
from sksequence.datasets import fetch_spoken_digits

N_SEEDS, N_STRINGS, N_TEST = 3, 1000, 300
N_FRAMES = 20  # of a recording, stretched, for the baseline
TRAINING = {"learning_rate_schedule": "one_cycle", "early_stopping": False, "batch_size": 32}


def hearing():
    """Log-mel energies of sound at 8000 samples a second."""
    return LogMelSpectrogram(sampling_rate=8000, n_mels=32)


def classifier(seed, epochs):
    """One digit: a bidirectional GRU and the largest values over time."""
    network = RNNClassifier(
        cell="gru",
        bidirectional=True,
        pooling="max",
        dropout=0.3,
        learning_rate=0.003,
        max_epochs=epochs,
        random_state=seed,
        **TRAINING,
    )
    return make_pipeline(hearing(), network)


def transcriber(seed, epochs):
    """A string: a convolution that takes three steps at a time, and a bidirectional LSTM."""
    network = CTCTranscriber(
        hidden_size=96,
        conv_size=64,
        conv_width=5,
        stride=3,
        dropout=0.3,
        learning_rate=0.004,
        max_epochs=epochs,
        random_state=seed,
        **TRAINING,
    )
    return make_pipeline(hearing(), network)


def strings(part, n, seed, shortest=3, longest=7):
    """Recordings of one speaker end to end, and what was said."""
    rng = np.random.default_rng(seed)
    speakers = np.unique(part.speaker)
    X, y = [], []
    for k in range(n):
        own = np.flatnonzero(part.speaker == speakers[k % len(speakers)])
        at = rng.choice(own, size=rng.integers(shortest, longest + 1))
        X.append(np.concatenate([part.data[i] for i in at]))
        y.append("".join(part.target[i] for i in at))
    return X, y


def stretched(X):
    """Each spectrogram at the same number of frames, as one row."""
    return np.stack(
        [x[np.linspace(0, len(x) - 1, N_FRAMES).round().astype(int)].ravel() for x in X]
    )


def run(data, seed, quick):
    """Accuracy of one digit and label error of strings, over seeds."""
    digits = fetch_spoken_digits(data_home=data)
    train, test = digits.train, digits.test
    n_strings, epochs = (200, (2, 4)) if quick else (N_STRINGS, (15, 15))
    X_test, y_test = strings(test, N_TEST, seed + 1000)
    ours, errors, wide, seconds = [], [], [], []
    for s in range(seed, seed + (1 if quick else N_SEEDS)):
        started = time.perf_counter()
        one = classifier(s, epochs[0]).fit(train.data, train.target)
        middle = time.perf_counter()
        ours.append(100 * one.score(test.data, test.target))
        X, y = strings(train, n_strings, s)
        began = time.perf_counter()
        several = transcriber(s, epochs[1]).fit(X, y)
        seconds.append((middle - started, time.perf_counter() - began))
        errors.append(100 * (1 - several.score(X_test, y_test)))
        several[-1].set_params(beam_size=10)
        wide.append(100 * (1 - several.score(X_test, y_test)))
        print(f"seed {s}: {ours[-1]:.2f} % right, {errors[-1]:.2f} % label error", flush=True)
    mel = hearing()
    plain = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    plain.fit(stretched(mel.fit_transform(train.data)), train.target)
    baseline = 100 * plain.score(stretched(mel.transform(test.data)), test.target)
    times = np.median(seconds, axis=0)
    return [
        ("ours, one digit, accuracy %", with_interval(ours), "aim >= 97, mean of the seeds"),
        ("stretched spectrogram + logistic regression, %", f"{baseline:.2f}", "baseline"),
        ("published, one digit, %", "convolutional network 95.3", ""),
        ("ours, strings of 3-7 digits, label error %", with_interval(errors), "aim <= 5"),
        ("the same with a beam of 10, %", with_interval(wide), ""),
        ("seconds to train", f"{times[0]:.0f} and {times[1]:.0f}", "one digit, strings"),
    ]
