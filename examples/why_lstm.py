"""Why LSTM: the simple network forgets, the LSTM does not.

    python examples/why_lstm.py [--epochs N] [--seed N]

The first number of a sequence is to be said at its end, all numbers in between mean nothing; so
whoever reads it has to remember one number, and how large it was. Three cells learn that from
sequences of 10 to 80 steps: all the same data, sizes and settings, and the LSTM's forget gate
starts open. Less than a minute and a half on one core. Prints a table of how much of the variance
each explains and how far each gradient reaches, and saves pictures of it: the gradient before and
after learning, what the units of the LSTM do, the unfolded network, a transition composed with
itself. One network a length and cell: with another seed a simple one may be lucky at 40 steps.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from sksequence import GradientFlowDisplay, RNNRegressor, StateDisplay, gradient_flow
from sksequence.cells import LSTM
from sksequence.inspection import find_units, plot_repeated_composition, plot_unfolded

PICTURES = Path("demo_pictures")
CELLS = {"rnn": "rnn", "gru": "gru", "lstm": LSTM(forget_bias=4.0)}
LENGTHS = (10, 20, 40, 80)
N_SEQUENCES = 2000


def sequences(n_steps, n_sequences=N_SEQUENCES, random_state=0):
    """Numbers between -1 and 1, and a mark at the first one: y is that one."""
    rng = np.random.default_rng([random_state, n_steps])
    numbers = rng.uniform(-1, 1, size=(n_sequences, n_steps))
    mark = np.zeros_like(numbers)
    mark[:, 0] = 1
    return np.stack([numbers, mark], axis=2), numbers[:, 0]


def network(cell, seed, max_epochs, learning_rate=0.005):
    """The same for all cells."""
    return RNNRegressor(
        cell=cell,
        hidden_size=16,
        learning_rate=learning_rate,
        max_epochs=max_epochs,
        early_stopping=False,
        random_state=seed,
    )


def main():
    """Learn, compare, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=20, help="passes over the sequences")
    parser.add_argument("--seed", type=int, default=1, help="of the networks")
    arguments = parser.parse_args()
    print(f"{N_SEQUENCES} sequences of each length to learn from, as many to be judged by\n")
    scores, learned = learn_all(arguments.seed, arguments.epochs)
    print("\nshare of the variance of new sequences that is explained (R2):")
    print(scores.to_string(float_format="{:.2f}".format), "\n")

    longest, learned = sequences(LENGTHS[-1]), learned[LENGTHS[-1]]
    new = {
        name: network(cell, arguments.seed, 1, 1e-9).fit(*longest) for name, cell in CELLS.items()
    }
    print(f"steps back until 1 % of the gradient is left, of {LENGTHS[-1]}:")
    print(reach(new, learned, longest).to_string(), "\n")
    print(gradient_flow(new["rnn"], *longest), "\n")

    PICTURES.mkdir(exist_ok=True)
    save(score_figure(scores), "why_lstm_scores.png")
    save(gradient_figure(new, learned, longest), "why_lstm_gradient.png")
    look_inside(learned["lstm"])
    save(plot_unfolded().figure, "unfolded.png")
    save(plot_repeated_composition().figure, "repeated_composition.png")


def learn_all(seed, max_epochs):
    """Scores on new sequences, and the networks by length and cell."""
    rows, learned = {}, {}
    for n_steps in LENGTHS:
        started = time.perf_counter()
        data, unseen = sequences(n_steps), sequences(n_steps, random_state=1)
        learned[n_steps] = {n: network(c, seed, max_epochs).fit(*data) for n, c in CELLS.items()}
        rows[n_steps] = {n: one.score(*unseen) for n, one in learned[n_steps].items()}
        print(f"{n_steps} steps: {time.perf_counter() - started:.0f} s", flush=True)
    return pd.DataFrame(rows).T.rename_axis("steps"), learned


def reach(new, learned, data):
    """Memory lengths before and after learning."""
    return pd.DataFrame(
        {
            when: {name: shown(gradient_flow(n, *data).memory_length) for name, n in nets.items()}
            for when, nets in (("before learning", new), ("after", learned))
        }
    )


def shown(memory):
    """A number of steps, or that it reaches back to the first step."""
    return f"{memory:.0f}" if math.isfinite(memory) else "all of them"


def score_figure(scores):
    """How much is explained, against the number of steps."""
    figure, ax = plt.subplots(figsize=(5.6, 3.4), layout="constrained")
    for name, color in zip(CELLS, ("#0072B2", "#D55E00", "#009E73"), strict=True):
        ax.plot(scores.index, scores[name].clip(lower=0), "o-", color=color, lw=2, label=name)
    ax.set_xscale("log")
    ax.set_xticks(LENGTHS, LENGTHS)
    ax.minorticks_off()
    ax.set_ylim(-0.04, 1.04)
    ax.set_xlabel("steps from the number to the answer")
    ax.set_ylabel("share of the variance explained")
    ax.grid(color="0.92", lw=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="center left")
    return figure


def gradient_figure(new, learned, data):
    """The gradient before and after learning, the cells side by side."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.9), sharey=True, layout="constrained")
    for ax, nets, title in zip(axes, (new, learned), ("before learning", "after"), strict=True):
        GradientFlowDisplay.from_estimator(nets, *data, ax=ax)
        ax.set_title(title)
    axes[1].set_ylabel("")
    return figure


def look_inside(regressor):
    """What the units of an LSTM do, and which ones remember."""
    X, y = sequences(LENGTHS[-1], 200, random_state=2)
    units = find_units(
        regressor, X, [np.full(len(x), first) for x, first in zip(X, y, strict=True)]
    )
    print("units that tell at every step what the first number was:")
    print(units.head(3).to_string(index=False, float_format="{:.2f}".format), "\n")
    display = StateDisplay.from_estimator(regressor, X[np.argmax(y)])
    save(display.figure_, "why_lstm_states.png")


def save(figure, name):
    """Save a picture and say where."""
    path = PICTURES / name
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"picture: {path.resolve()}")


if __name__ == "__main__":
    main()
