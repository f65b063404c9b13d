"""Figures on real data: one protocol each, ours beside a simple baseline and the published.

    python benchmarks/results.py NAME [--data DIR] [--seed N] [--quick]

Without a name it lists the protocols. DIR holds the real sets (default: SKSEQUENCE_DATA).
The last outcome of each is kept in docs/results.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from importlib import import_module
from pathlib import Path

PROTOCOLS = {
    "movie_reviews": "sentence polarity, 10-fold cross-validation, tuned and averaged",
    "movie_reviews_defaults": "the same, with the two-liner of the README, all defaults",
    "sst2": "film reviews in two classes, trained on phrases, 3 averaged networks, 3 seeds",
    "labelled_sentences": "sentences of 3 domains, 10-fold cross-validation, averaged networks",
    "promoters": "E. coli promoters, leave one out, mean of 5 seeds",
    "splice": "splice junctions of primates, 10-fold cross-validation",
    "ecoli_promoters": "839 promoters of E. coli among 3839 sequences, 5-fold cross-validation",
    "surnames": "the languages of 18,012 surnames, 5-fold cross-validation",
    "japanese_vowels": "nine speakers by two vowels, mean of 5 seeds",
    "mnist": "handwritten digits row by row, mean of 3 seeds",
    "flickr8k": "captions of 125 photographs of Flickr8k, learned from 753 of them",
    "m4_hourly": "414 hourly series of the M4 competition, 48 hours ahead, one network for all",
    "m4_weekly": "359 weekly series of the M4 competition, 13 weeks ahead, one network for all",
    "exchange_rate": "daily rates of 8 countries, 3, 6, 12 and 24 days ahead",
    "etth1": "temperature of a transformer's oil, the next 24, 48 and 168 hours",
    "air_passengers": "24 months of air passengers from the 120 before them, from one origin",
    "hong_kong_rainfall": "the distribution of tomorrow's rain, last 10 years, expanding window",
    "hong_kong_rainfall_windows": "the same by a regressor and a classifier on windows of 14 days",
    "sp500": "tomorrow's return of the index, last 10 years, expanding window",
    "word_similarity": "Word2VecEmbedder beside gensim itself, WordSim-353, 3 seeds",
    "dates": "human dates to ISO 8601, exact match on 1000 unseen days, mean of 3 seeds",
    "long_memory": "adding problem, copy memory, embedded Reber grammar (generated)",
    "tiny_shakespeare": "plays of Shakespeare by the letter, nats on the last tenth",
    "penn_treebank": "words of the Wall Street Journal, test perplexity of a 2 x 200 network",
    "jsb_chorales": "piano rolls of Bach's chorales, nats a frame, mean of 3 seeds",
    "nottingham": "piano rolls of folk tunes, nats a frame, mean of 3 seeds",
    "conll2003": "names in English news, F1 of entities, a chain and a softmax, 3 seeds",
    "atis": "slots in questions about flights, F1, mean of 3 seeds",
    "occupancy": "is somebody in the office, minute by minute, two test runs",
    "genes": "coding bases in generated DNA, F1, mean of 3 draws",
    "spoken_digits": "one spoken digit, and strings of 3 to 7 without alignment",
    "multi30k": "German to English, test 2016, with and without attention",
}


def main():
    """Run one protocol and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="?", choices=PROTOCOLS)
    parser.add_argument("--data", default=None, help="folder of the real sets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="a part of it, to see that it runs")
    parser.add_argument(
        "--checkpoints", help="folder: a long training that was killed goes on from there"
    )
    arguments = parser.parse_args()
    if arguments.checkpoints:
        os.environ["SKSEQUENCE_CHECKPOINTS"] = arguments.checkpoints
    if arguments.name is None:
        for name, what in PROTOCOLS.items():
            print(f"{name:24s} {what}")
        return
    sys.path.insert(0, str(Path(__file__).parent))
    run = find_run(arguments.name)
    started = time.perf_counter()
    rows = run(arguments.data, arguments.seed, arguments.quick)
    seconds = time.perf_counter() - started
    print_table(arguments.name, rows, seconds, arguments.quick)


def find_run(name):
    """The function of a protocol: ``run`` of the module NAME, or ``run_B`` of A for A_B."""
    folder, module = Path(__file__).parent / "protocols", name
    while not (folder / f"{module}.py").exists():
        module = module.rpartition("_")[0]
    return getattr(import_module(f"protocols.{module}"), "run" + name.removeprefix(module))


def print_table(name, rows, seconds, quick):
    """Rows of (what, figure, note) in Markdown, as kept in docs/results.md."""
    print(f"\n### {name}{' (quick, not the protocol)' if quick else ''}\n")
    print("| what | figure | note |\n|---|---|---|")
    for what, figure, note in rows:
        print(f"| {what} | {figure} | {note} |")
    print(f"\n{seconds:.0f} seconds.")


if __name__ == "__main__":
    main()
