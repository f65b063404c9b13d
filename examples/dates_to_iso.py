"""Dates as people write them into ISO 8601, letter by letter, and where the network looks.

    python examples/dates_to_iso.py

Half a minute on one core. Prints how many of 1000 dates of other days are right from the first
to the last character, and saves a picture of the alignments.
"""

from __future__ import annotations

import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from sksequence import AttentionDisplay, Seq2SeqTransformer
from sksequence.datasets import make_dates
from sksequence.metrics import exact_match_score

PICTURES = Path("demo_pictures")
N_TRAIN = 2000


def main():
    """Learn, judge, look."""
    X, y = make_dates(4000, random_state=0)
    known = set(y[:N_TRAIN])
    new = [i for i in range(N_TRAIN, len(y)) if y[i] not in known][:1000]
    X_new, y_new = [X[i] for i in new], [y[i] for i in new]
    print(
        f"{N_TRAIN} dates to learn from, {len(new)} of other days to be judged by. Three of them:"
    )
    for text, iso in zip(X[:3], y[:3], strict=True):
        print(f"  {text!r} -> {iso!r}")

    model = Seq2SeqTransformer(
        analyzer="char",
        hidden_size=64,
        embedding_size=32,
        input_feeding=False,  # faster: all steps of a batch at once
        dropout=0.1,
        batch_size=32,
        learning_rate=0.01,
        max_epochs=12,
        random_state=0,
    )
    started = time.perf_counter()
    model.fit(X[:N_TRAIN], y[:N_TRAIN])
    print(f"trained {model.n_epochs_} epochs in {time.perf_counter() - started:.0f} s")

    written = model.transform(X_new)
    print(f"all ten characters right: {100 * exact_match_score(y_new, written):.1f} %")
    for text, right, iso in zip(X_new, y_new, written, strict=True):
        if right != iso:
            print(f"  wrong: {text!r} is {right}, not {iso}")

    shown = ["Sunday the 3rd of May 1998", "22 DEC 2047"]
    print(dict(zip(shown, model.transform(shown), strict=True)))
    display = AttentionDisplay.from_estimator(model, shown)
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / "dates_to_iso.png"
    display.figure_.savefig(path, dpi=120)
    print(f"picture: {path.resolve()}")


if __name__ == "__main__":
    main()
