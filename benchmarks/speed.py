"""Time and memory, as ratios to what one would write by hand, from one run.

    python benchmarks/speed.py NAME|all [--repeat N] [--quick]

Without a name it lists the measures. The ways that are compared take turns, and a ratio is the
median over the repeats (in brackets: the quarters below and above). Nothing fails for being
slow. The last outcome is kept in docs/results.md.

`forecast` compares with darts and neuralforecast too, where they are installed; they bring much, so
give them an environment of their own:

    python -m venv PEERS
    PEERS/bin/pip install -c constraints.txt torch==2.13.0
    PEERS/bin/pip install -c constraints.txt -e . darts neuralforecast
    PEERS/bin/python benchmarks/speed.py forecast
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module

MEASURES = {
    "train": ("_speed_training", "fixed_length", "training beside a loop by hand, and skorch"),
    "ragged": ("_speed_training", "ragged", "text of unequal length beside ways to pad it"),
    "predict": ("_speed_prediction", "predict", "one sequence, and many, beside the bare module"),
    "search": ("_speed_processes", "search", "GridSearchCV with one and with two processes"),
    "import": ("_speed_processes", "import_time", "import sksequence in fresh processes"),
    "memory": ("_speed_memory", "memory", "peak of Word2VecEmbedder -> RNNClassifier"),
    "memory_map": ("_speed_memory_map", "memory_map", "training from a file beside in memory"),
    "pickle": ("_speed_memory", "pickle_size", "a fitted pipeline beside its contents"),
    "loading": ("_speed_loading", "loading", "a saved model's first answer, after the imports"),
    "checkpoint": ("_speed_checkpoint", "checkpoint", "writing checkpoints beside training"),
    "seq2seq": ("_speed_seq2seq", "seq2seq", "encoder-decoders by hand; beam and greedy search"),
    "tagger": ("_speed_tagger", "tagger", "taggers by hand; a chain beside a softmax; best labels"),
    "language": ("_speed_language", "language", "training and writing beside loops by hand"),
    "forecast": ("_speed_forecast", "forecast", "forecasters by hand and of two libraries"),
    "truncation": ("_speed_truncation", "truncation", "memory of truncated backpropagation"),
    "cells": ("_speed_cells", "cells", "every cell over time beside nn.LSTM and nn.GRU"),
    "threads": ("_speed_training", "threads", "where a second torch thread pays"),
}


def main() -> None:
    """Run one measure, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="?", choices=[*MEASURES, "all"])
    parser.add_argument("--repeat", type=int, default=15, help="rounds that are counted")
    parser.add_argument("--quick", action="store_true", help="a part of it, to see that it runs")
    arguments = parser.parse_args()
    if arguments.name is None:
        for name, (_, _, what) in MEASURES.items():
            print(f"{name:10} {what}")
        return
    repeat = min(3, arguments.repeat) if arguments.quick else arguments.repeat
    for name in MEASURES if arguments.name == "all" else [arguments.name]:
        run(name, repeat, arguments.quick)


def run(name: str, repeat: int, quick: bool) -> None:
    """One measure, with what it ran on and how long it took."""
    module, function, _ = MEASURES[name]
    from _speed_table import machine

    before, started = machine(), time.perf_counter()
    getattr(import_module(module), function)(repeat, quick)
    part = "quick, not the protocol; " if quick else ""
    print(f"\n{part}{before}; {time.perf_counter() - started:.0f} s in all")


if __name__ == "__main__":
    sys.exit(main())
