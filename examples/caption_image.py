"""A sentence for an image, with the place that each word looks at.

    python examples/caption_image.py [--drawings] [--epochs N]

Learns from 753 photographs of Flickr8k with five captions each where they are on this machine
(some minutes; so few photographs teach what captions are like, and little of what is seen), else or
with --drawings from drawings of two coloured shapes (two or three minutes on one core). A small
convolutional network and the decoder are trained together, from the pixels on.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np

from sksequence import AttentionDisplay
from sksequence.datasets import fetch_flickr8k
from sksequence.estimators import SequenceCaptioner
from sksequence.metrics import bleu_score, cider_score

PICTURES = Path("demo_pictures")
COLOURS = {"red": (0.9, 0.2, 0.2), "green": (0.2, 0.7, 0.3), "blue": (0.2, 0.4, 0.9)}
SHAPES = {
    "circle": lambda x, y: x**2 + y**2 < 1,
    "square": lambda x, y: (np.abs(x) < 0.85) & (np.abs(y) < 0.85),
    "triangle": lambda x, y: (np.abs(x) < (y + 1) / 2) & (np.abs(y) < 0.9),
}


def drawings(n_scenes, size=32, random_state=0):
    """Two shapes on a pale ground, beside or above each other, and what one says of them."""
    rng = np.random.default_rng(random_state)
    images = np.full((n_scenes, size, size, 3), 0.93) + rng.normal(0, 0.02, (n_scenes, 1, 1, 3))
    captions = []
    for image in images:
        words = []
        beside = rng.random() < 0.5
        for place in (0.27, 0.73):
            across, down = (place, rng.uniform(0.3, 0.7))[:: 1 if beside else -1]
            colour, shape = rng.choice(list(COLOURS)), rng.choice(list(SHAPES))
            row, column = np.mgrid[:size, :size] / size
            radius = rng.uniform(0.14, 0.2)
            inside = SHAPES[shape]((column - across) / radius, (row - down) / radius)
            image[inside] = COLOURS[colour]
            words.append(f"a {colour} {shape}")
        first, second = words
        captions.append([f"{first} and {second}", f"{second} and {first}"])
    return np.clip(images, 0, 1), captions


def read(drawn):
    """Images and captions to learn from and to be judged by; how often to go through them."""
    if not drawn:
        try:
            parts = [
                fetch_flickr8k(
                    split=split, load_images=True, download_if_missing=False, return_X_y=True
                )
                for split in ("train", "test")
            ]
            return *parts, 12
        except (OSError, ImportError) as error:
            print(f"{error}\n\nSo drawings it is.\n")
    X, y = drawings(1300)
    return (X[:1200], y[:1200]), (X[1200:], y[1200:]), 12


def main():
    """Learn, judge, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drawings", action="store_true", help="even where photographs are there")
    parser.add_argument("--epochs", type=int, default=None)
    arguments = parser.parse_args()
    (X, y), (X_new, y_new), n_epochs = read(arguments.drawings)
    print(f"{len(X)} images of {X.shape[1]} x {X.shape[2]} pixels to learn from, {len(X_new)} new.")
    captioner = SequenceCaptioner(
        image_encoder="cnn",
        encoding_size=64,
        hidden_size=96,
        embedding_size=48,
        min_count=4,
        batch_size=32,
        learning_rate=0.003,
        max_epochs=arguments.epochs or n_epochs,
        random_state=0,
        verbose=2,
    )
    started = time.perf_counter()
    captioner.fit(X, y)
    print(f"trained {captioner.n_epochs_} epochs in {time.perf_counter() - started:.0f} s")

    written = captioner.transform(X_new)
    right = np.mean([text in several for text, several in zip(written, y_new, strict=True)])
    print(
        f"BLEU-4 {bleu_score(y_new, written, lowercase=True):.1f}, "
        f"CIDEr {cider_score(y_new, written):.2f}, word for word a reference: {100 * right:.0f} %"
    )
    for text, several in zip(written[:3], y_new[:3], strict=True):
        print(f"  {text!r}; a person: {several[0]!r}")
    display = AttentionDisplay.from_estimator(captioner, X_new[1:3])
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / "caption_image.png"
    display.figure_.savefig(path, dpi=120)
    print(f"picture: {path.resolve()}")


if __name__ == "__main__":
    main()
