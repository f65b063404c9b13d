"""Go on with a chorale: piano rolls in, a picture and a MIDI file out.

    python examples/language_music.py [--generated] [--epochs N] [--seed N]

Reads Bach's chorales where they are at hand (set SKSEQUENCE_DATA), else chords that are drawn. A
step is a quarter note and 88 keys that sound or not; given the steps before, the keys of a step
are independent of one another. Half a minute on one core. Prints how well each frame is foretold,
and saves a picture of a beginning with two ways to go on, and the first as a MIDI file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np

from sksequence import RNNLanguageModel
from sksequence.datasets import fetch_jsb_chorales
from sksequence.inspection import PianoRollDisplay
from sksequence.preprocessing import write_midi

PICTURES = Path("demo_pictures")
N_KEYS, LOWEST = 88, 21
CHORDS = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (9, 12, 16))  # I, IV, V, vi in semitones


def read(generated, seed):
    """Pieces to learn from and pieces to judge by, each ``(n_steps, 88)``."""
    try:
        if generated:
            raise OSError("drawn music is asked for")
        rolls = fetch_jsb_chorales(download_if_missing=False)
        return list(rolls.train.data), list(rolls.test.data)
    except OSError:
        pieces = [cadences(i, seed) for i in range(120)]
        return pieces[:100], pieces[100:]


def cadences(number, seed):
    """Chords of a key, each held for two steps, from the tonic back to it."""
    rng = np.random.default_rng([seed, number])
    root = 48 + rng.integers(5)
    inner = rng.integers(4, size=rng.integers(6, 14))
    roll = np.zeros((2 * (len(inner) + 2), N_KEYS), dtype=np.float32)
    for i, chord in enumerate((0, *inner, 0)):
        for tone in (-12, *CHORDS[chord]):
            roll[2 * i : 2 * i + 2, root + tone - LOWEST] = 1
    return roll


def main():
    """Learn, judge, go on."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generated", action="store_true", help="drawn music")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    train, test = read(arguments.generated, arguments.seed)
    model = RNNLanguageModel(
        emission="bernoulli",
        length_model=None,
        hidden_size=128,
        dropout=0.2,
        batch_size=8,
        learning_rate=0.01,
        learning_rate_schedule="one_cycle",
        max_epochs=arguments.epochs,
        early_stopping=False,
        random_state=arguments.seed,
    ).fit(train)
    print(f"{len(train)} pieces to learn from, {len(test)} to judge by; nats a frame:")
    print(f"  each key as often as it sounds {frequency_loss(train, test):6.2f}")
    print(f"  the network                    {-model.score(test):6.2f}")
    PICTURES.mkdir(exist_ok=True)
    save(go_on(model, test[0], arguments.seed))


def frequency_loss(train, test):
    """Of keys that know nothing of one another, nor of the past."""
    chance = (np.concatenate(train).sum(axis=0) + 0.5) / (sum(map(len, train)) + 1)
    frames = np.concatenate(test)
    return -(frames * np.log(chance) + (1 - frames) * np.log1p(-chance)).sum(axis=1).mean()


def go_on(model, piece, seed, n_before=16, n_steps=48):
    """The piece itself, and two ways to go on after its beginning."""
    drawn = model.sample(
        2, prefix=piece[:n_before], max_steps=n_steps, temperature=0.8, random_state=seed
    )
    return {
        "the piece": piece[: n_before + n_steps],
        f"drawn after {n_before} quarter notes": drawn[0],
        "drawn again": drawn[1],
    }


def save(rolls):
    """As a picture, and the first drawn one to be listened to."""
    display = PianoRollDisplay(list(rolls.values()), lowest_pitch=LOWEST, names=list(rolls)).plot()
    display.figure_.savefig(PICTURES / "language_music.png", dpi=120)
    try:
        write_midi(list(rolls.values())[1], PICTURES / "language_music.mid", lowest_pitch=LOWEST)
    except ImportError as error:
        print(f"no MIDI file: {error}")
    else:
        print(f"saved {PICTURES / 'language_music.mid'}")


if __name__ == "__main__":
    main()
