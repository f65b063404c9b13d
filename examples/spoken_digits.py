"""A telephone number, spoken as a string of digits.

    python examples/spoken_digits.py [--tones]

Learns from recordings of six people where they are on this machine (about a minute), else or with
--tones from the tones of a telephone's keys in noise (as long). It is told what was said in
a recording, and never when.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from sklearn.pipeline import make_pipeline

from sksequence import AlignmentDisplay, CTCTranscriber, LogMelSpectrogram
from sksequence.datasets import fetch_spoken_digits

PICTURES = Path("demo_pictures")
RATE = 8000
NUMBER = "5550142"  # one of those that belong to nobody
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)  # hertz of a telephone's keys
KEYS = ("123", "456", "789", "*0#")


def key(digit, rng):
    """The two tones of a key, of any length, with a rest after them."""
    row = next(i for i, keys in enumerate(KEYS) if digit in keys)
    pair = ROWS[row], COLUMNS[KEYS[row].index(digit)]
    t = np.arange(int(rng.uniform(0.1, 0.25) * RATE)) / RATE
    sound = sum(np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in pair) * rng.uniform(0.2, 0.5)
    return np.concatenate([sound, np.zeros(int(rng.uniform(0.05, 0.15) * RATE))])


def tones(texts, seed):
    """Numbers as they are dialled, in noise."""
    rng = np.random.default_rng([seed, 1])  # not that of the numbers
    sounds = [np.concatenate([key(digit, rng) for digit in text]) for text in texts]
    return [sound + rng.normal(0, 0.02, len(sound)) for sound in sounds]


def voices(texts, part, seed):
    """Numbers put together from the recordings of one speaker each."""
    rng = np.random.default_rng([seed, 1])  # not that of the numbers
    sounds = []
    for text in texts:
        own = part.speaker == rng.choice(np.unique(part.speaker))
        at = [rng.choice(np.flatnonzero(own & (part.target == digit))) for digit in text]
        sounds.append(np.concatenate([part.data[i] for i in at]))
    return sounds


def numbers(n, seed, shortest=3):
    """Strings of up to seven digits."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(shortest, 8, size=n)
    return ["".join(map(str, rng.integers(0, 10, size=length))) for length in lengths]


def read(dialled):
    """Functions that say texts: to learn from, and with voices that were not learned from."""
    if not dialled:
        try:
            digits = fetch_spoken_digits(download_if_missing=False)
        except OSError:
            print("no recordings on this machine: tones of a telephone's keys instead")
        else:
            print("spoken by six people")
            train, test = digits.train, digits.test
            return (lambda y, s: voices(y, train, s)), (lambda y, s: voices(y, test, s)), 1000
    return tones, tones, 1000


def main():
    """Learn, write a number, say when each digit was spoken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tones", action="store_true", help="do not look for recordings")
    arguments = parser.parse_args()
    say, say_anew, n = read(arguments.tones)
    y, y_new = numbers(n, 0, shortest=1), [NUMBER, *numbers(99, 1)]
    X, X_new = say(y, 0), say_anew(y_new, 1)
    pipeline = make_pipeline(
        LogMelSpectrogram(sampling_rate=RATE, n_mels=32),
        CTCTranscriber(
            hidden_size=64,
            conv_size=48,
            conv_width=5,
            stride=3,
            learning_rate=0.005,
            learning_rate_schedule="one_cycle",
            batch_size=12,
            early_stopping=False,
            max_epochs=8,
            random_state=0,
        ),
    )
    started = time.perf_counter()
    pipeline.fit(X, y)
    print(f"trained on {n} numbers in {time.perf_counter() - started:.0f} s")
    written = pipeline.predict(X_new)
    error = 1 - pipeline.score(X_new, y_new)
    print(f"said {NUMBER}, written {written[0]}; of 100 numbers {100 * error:.1f} % wrong digits")

    spectrogram, transcriber = pipeline[:-1], pipeline[-1]
    seconds = spectrogram[-1].hop / 1000
    (when,) = transcriber.align(
        spectrogram.transform(X_new[:1]), [NUMBER], step_seconds=seconds, as_frame=True
    )
    print(when[["label", "start_seconds", "stop_seconds"]].round(2).to_string(index=False))
    strings, scores = transcriber.predict_n_best(spectrogram.transform(X_new[:1]), 3)
    for text, score in zip(strings[0], scores[0], strict=True):
        print(f"{text}  probability {np.exp(score):.3f}")

    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / "spoken_digits.png"
    AlignmentDisplay.from_estimator(pipeline, X_new[0]).figure_.savefig(path, dpi=110)
    print("picture:", path)


if __name__ == "__main__":
    main()
