"""Write like Shakespeare: one character after the other, at several stages of training.

    python examples/language_characters.py [--generated] [--characters N] [--epochs N] [--seed N]

Reads the plays where they are at hand (set SKSEQUENCE_DATA), else lines of drawn plays. About a
minute on one core. Prints what is written at first and later, at several temperatures, and how
surprising the next lines of the text are; then asks which units keep the place in the line, and
which know that somebody's name is written, and saves a text coloured by each of them.
"""

from __future__ import annotations

import argparse
from itertools import accumulate
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt

from sksequence import RNNLanguageModel, StateDisplay
from sksequence.datasets import fetch_tiny_shakespeare
from sksequence.inspection import find_units

PICTURES = Path("demo_pictures")
STAGES = {"at first": 1, "a little later": 3, "in the end": 12}  # epochs
SPEAKERS = ("FIRST LORD", "THE KING", "A NURSE", "CLOWN")
WORDS = (
    "the night is long and my heart goes with thee o sweet moon who calls at this door what "
    "news from the sea good sir no more of that"
).split()


def read(generated, n_characters, seed):
    """Text to learn from, and what follows it."""
    try:
        if generated:
            raise OSError("drawn plays are asked for")
        text = fetch_tiny_shakespeare(download_if_missing=False).data
    except OSError:
        text = play(n_characters * 11 // 10, seed)
    stop = min(n_characters, len(text) * 10 // 11)
    return text[:stop], text[stop : stop + stop // 10]


def play(n_characters, seed):
    """Speeches of words without sense."""
    rng = np.random.default_rng(seed)
    speeches, total = [], 0
    while total < n_characters:
        lines = [
            " ".join(rng.choice(WORDS, size=rng.integers(4, 9))).capitalize()
            for _ in range(rng.integers(1, 5))
        ]
        speech = f"{rng.choice(SPEAKERS)}:\n" + ",\n".join(lines) + ".\n\n"
        speeches.append(speech)
        total += len(speech)
    return "".join(speeches)[:n_characters]


def place_in_line(characters):
    """Characters since the line began."""
    return list(accumulate(characters, lambda n, c: 0 if c == "\n" else n + 1, initial=0))[1:]


def in_name(characters):
    """Whether a character belongs to the line that says who speaks."""
    lines = "".join(characters).splitlines(keepends=True)
    return [line.endswith(":\n") for line in lines for _ in line]


def main():
    """Learn in stages, write, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generated", action="store_true", help="drawn plays")
    parser.add_argument("--characters", type=int, default=300_000)
    parser.add_argument("--epochs", type=int, default=None, help="of the last stage")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    text, following = read(arguments.generated, arguments.characters, arguments.seed)
    print(f"{len(text):,} characters to learn from, {len(set(text))} different ones")
    model = learn(text, following, arguments.epochs, arguments.seed)
    write(model)
    PICTURES.mkdir(exist_ok=True)
    for name, known in {"place_in_line": place_in_line, "in_name": in_name}.items():
        draw(model, following, name, known)


def learn(text, following, epochs, seed):
    """Train further and further; after each stage, write a little."""
    stages = STAGES if epochs is None else {**STAGES, "in the end": epochs}
    model = RNNLanguageModel(
        hidden_size=128,
        embedding_size=None,
        batch_size=32,
        learning_rate=0.005,
        early_stopping=False,
        warm_start=True,
        random_state=seed,
    )
    for stage, n_epochs in stages.items():
        done = getattr(model, "n_epochs_", 0)
        if n_epochs > done:
            model.set_params(max_epochs=n_epochs - done).fit(text)
        bits = model.bits_per_step(following)
        print(f"\n--- {stage}: {model.n_epochs_} epochs, {bits:.2f} bits a character ---")
        print(model.sample(max_steps=200, temperature=0.8, random_state=seed)[0])
    return model


def write(model):
    """The same beginning, ever bolder."""
    name = "\n\nTHE KING:\n"
    for temperature in (0.3, 0.7, 1.0, 1.5):
        (drawn,) = model.sample(prefix=name, max_steps=150, temperature=temperature, random_state=0)
        print(f"\n--- temperature {temperature} ---{drawn.removeprefix(name.rstrip())}")
    (likely,) = model.complete(name, max_steps=80)
    print(f"\n--- the most probable ---{likely.removeprefix(name.rstrip())}")


def draw(model, text, name, known):
    """Colour some lines by the unit that tells a property best."""
    units = find_units(model, text[:10_000], known)
    print(f"\nunits that tell {name}:\n{units.head(3).round(2).to_string(index=False)}")
    start = text.index("\n\n") + 2
    display = StateDisplay.from_estimator(
        model, text[start : start + 400], unit=int(units["unit"][0])
    )
    display.ax_.set_title(f"{name}: {display.ax_.get_title(loc='left')}", loc="left", fontsize=10)
    display.figure_.savefig(PICTURES / f"language_{name}.png", dpi=120)
    plt.close(display.figure_)


if __name__ == "__main__":
    main()
