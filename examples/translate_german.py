"""German to English on Multi30k: descriptions of photographs.

    python examples/translate_german.py [--pairs N] [--epochs N]

Some minutes on one core with the defaults, 10,000 of the 29,000 pairs and 6 epochs: enough to see
it work, far from what the data allow (``benchmarks/results.py multi30k`` has that). Prints BLEU on
the test set of 2016, sample translations, the three best of one, and saves a picture of where the
network looked.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from sksequence import AttentionDisplay, Seq2SeqTransformer
from sksequence.datasets import fetch_multi30k

PICTURES = Path("demo_pictures")


def read(split):
    """Pairs of one part, or a word on how to get them."""
    try:
        return fetch_multi30k(split=split, return_X_y=True)
    except (OSError, ImportError) as error:
        sys.exit(f"This example reads Multi30k, which is not here.\n{error}")


def main():
    """Learn, judge, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=10_000, help="to learn from, up to 29,000")
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()
    german, english = (side[: arguments.pairs] for side in read("train"))
    german_new, english_new = read("test_2016")
    translator = Seq2SeqTransformer(
        hidden_size=128,
        embedding_size=128,
        input_feeding=False,  # all steps of a batch at once: faster, a little worse
        tie_embeddings=True,
        min_count=2,
        dropout=0.3,
        max_epochs=arguments.epochs,
        random_state=0,
        verbose=2,
    )
    print(f"{len(german)} pairs to learn from. One of them:\n  {german[0]}\n  {english[0]}")
    started = time.perf_counter()
    translator.fit(german, english)
    print(f"trained {translator.n_epochs_} epochs in {time.perf_counter() - started:.0f} s")

    print(f"BLEU of {len(german_new)} new ones, lower-cased, with sacrebleu's tokens:")
    print(f"  greedy       {translator.score(german_new, english_new):.1f}")
    translator.set_params(beam_size=5, length_penalty=1.0)
    print(f"  a beam of 5  {translator.score(german_new, english_new):.1f}")
    written = translator.transform(german_new[:4])
    for source, text, target in zip(german_new, written, english_new, strict=False):
        print(f"\n  {source}\n  -> {text}\n  =  {target}")

    shown = german_new[1]
    outputs, scores = translator.transform_n_best([shown], n_best=3)
    print(f"\nThe three best for {shown!r}:")
    for text, score in zip(outputs[0], scores[0], strict=True):
        print(f"  {score:6.2f}  {text}")
    display = AttentionDisplay.from_estimator(translator, shown)
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / "translate_german.png"
    display.figure_.savefig(path, dpi=120)
    print(f"picture: {path.resolve()}")


if __name__ == "__main__":
    main()
