"""Is somebody in the office? A label for each minute, from what five sensors measure.

    python examples/tag_occupancy.py [--generated]

Reads the measurements of an office where they are on this machine, else, or with --generated, draws
days of one: people come and go, switch on the light or do not, and the air gets stale slowly after
they came and fresh slowly after they left. So a minute alone says less than the minutes around it.
Half a minute on one core. Compares a network with logistic regression on the same minute, and saves
a picture of a day.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import RNNTagger, SequenceArray
from sksequence.datasets import fetch_occupancy
from sksequence.metrics import token_accuracy_score

PICTURES = Path("demo_pictures")
SENSORS = ["Temperature", "Humidity", "Light", "CO2", "HumidityRatio"]
UNITS = ["°C", "%", "lux", "ppm", "kg / kg"]
MINUTES = 1440


def draw_day(rng):
    """Five sensors and labels of a day, minute by minute."""
    minute = np.arange(MINUTES)
    occupied = np.zeros(MINUTES, dtype=bool)
    for begin, end in ((510, 720), (780, 1050)):  # morning and afternoon
        if rng.random() < 0.85:
            first, last = rng.normal([begin, end], 25).astype(int)
            occupied[first:last] = True
    sun = np.clip(np.sin((minute - 420) / 660 * np.pi), 0, None) * rng.uniform(50, 450)
    lamp = 350 * occupied if rng.random() < 0.6 else 0
    light = np.where((minute > 420) & (minute < 1080), sun, 0) + lamp
    co2, heat = np.empty(MINUTES), np.empty(MINUTES)
    air, warmth = 430.0, 20.0
    for t in minute:
        air += (430 + 600 * occupied[t] - air) / 60  # an hour until the air has changed
        warmth += (20 + 2.5 * occupied[t] - warmth) / 120
        co2[t], heat[t] = air, warmth
    humidity = 25 + 3 * (co2 - 430) / 600 + np.cumsum(rng.normal(0, 0.02, MINUTES))
    values = np.column_stack([heat, humidity, light, co2, humidity * 0.00015])
    values += rng.normal(0, [0.1, 0.2, 8, 15, 2e-5], values.shape)
    return values, np.where(occupied, "occupied", "empty")


def draw(n_days, seed):
    """Several days."""
    rng = np.random.default_rng(seed)
    days, labels = zip(*(draw_day(rng) for _ in range(n_days)), strict=True)
    return SequenceArray.from_list(list(days)), list(labels)


def read(generated):
    """Days to learn from and new ones."""
    if not generated:
        try:
            office = fetch_occupancy(by_day=True, download_if_missing=False)
            parts = office.train, office.test_open
            return [(part.data, part.target) for part in parts]
        except (OSError, ImportError) as error:
            print(f"{error}\n\nSo days are drawn.\n")
    return draw(8, seed=0), draw(6, seed=1)


def tagger():
    """An LSTM over minutes, in both directions."""
    return RNNTagger(
        hidden_size=16, dropout=0.3, batch_size=2, learning_rate=0.01, max_epochs=30, random_state=0
    )


def main():
    """Learn, compare, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generated", action="store_true", help="draw days")
    (X, y), (X_new, y_new) = read(parser.parse_args().generated)
    print(f"{len(X)} days to learn from, {len(X_new)} new ones.")
    started = time.perf_counter()
    model = tagger().fit(X, y)
    print(f"trained {model.n_epochs_} epochs in {time.perf_counter() - started:.0f} s")
    minute = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    minute.fit(np.concatenate(X.to_list()), np.concatenate(y))
    answers = {
        "network": list(model.predict(X_new)),
        "same minute alone": [minute.predict(day) for day in X_new.to_list()],
    }
    for name, labels in answers.items():
        print(f"{name:>17}: {100 * token_accuracy_score(y_new, labels):.2f} % of the minutes right")

    whole = [i for i in range(len(X_new)) if len(y_new[i]) == MINUTES]
    busiest = max(whole, key=lambda i: np.sum(np.asarray(y_new[i]) == "occupied"))
    day = {"true": y_new[busiest], **{name: labels[busiest] for name, labels in answers.items()}}
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / "tag_occupancy.png"
    picture(X_new[busiest], day).savefig(path, dpi=120)
    print(f"picture: {path.resolve()}")


def picture(values, answers):
    """Four sensors of a day, and below them when it was occupied, and was said to be."""
    heights = [1, 1, 1, 1, 0.3 * len(answers)]
    figure, axes = plt.subplots(
        5, 1, figsize=(8, 6.5), sharex=True, layout="constrained", height_ratios=heights
    )
    hours = np.arange(len(values)) / 60
    for ax, i in zip(axes, range(4), strict=False):
        ax.plot(hours, values[:, i], color="#1f5f99", linewidth=1)
        ax.set_ylabel(f"{SENSORS[i]}\n({UNITS[i]})", fontsize=8)
    for row, labels in enumerate(answers.values()):
        inside = np.asarray(labels) == "occupied"
        color = "#33373d" if row == 0 else "#1f5f99" if row == 1 else "#8a8f98"
        axes[4].fill_between(hours, row + 0.15, row + 0.85, where=inside, color=color, linewidth=0)
    axes[4].set_yticks(np.arange(len(answers)) + 0.5, list(answers), fontsize=8)
    axes[4].set_ylim(len(answers), 0)
    axes[4].set_xlim(0, 24)
    axes[4].set_xticks(range(0, 25, 3))
    axes[4].set_xlabel("hour of the day")
    for ax in axes:
        ax.tick_params(labelsize=8)
        ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle("occupied, minute by minute", fontsize=10)
    return figure


if __name__ == "__main__":
    main()
