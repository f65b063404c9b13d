"""Memory of text classification with frozen vectors; size of a pickle."""

from __future__ import annotations

import ctypes
import gc
import json
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
from _speed_table import Line, megabytes, print_table
from _speed_working_memory import N_TOKENS, N_UNITS, N_WORDS, VECTOR_SIZE, working_memory


def memory(repeat: int, quick: bool) -> None:
    """Growth of the resident set while a pipeline is fitted, in a process of its own."""
    n_documents = 5_000 if quick else 50_000
    program = [sys.executable, str(Path(__file__)), str(n_documents)]
    done = subprocess.run(program, check=True, capture_output=True, text=True)
    peaks = json.loads(done.stdout)
    ids, table, network = peaks["ids"], peaks["table"], peaks["network"]
    needed = ids + table + network
    lines = [
        growth("Word2VecEmbedder.fit_transform", peaks["embedder"], ids + table),
        growth("of it, left afterwards", peaks["embedded"], ids + table),
        growth("then RNNClassifier.fit", peaks["classifier"], needed, 1.5),
        growth("then predict_proba", peaks["predict"], needed),
        *(working_line(size, 2 if quick else 4) for size in (32, 8)),
        Line("dense: n_steps x vector_size numbers", "", megabytes(ids * VECTOR_SIZE)),
    ]
    print_table(
        f"memory: {n_documents:,} documents of {N_WORDS} words, {peaks['n_tokens']:,} tokens, "
        f"vectors of {VECTOR_SIZE} (frozen), LSTM with {N_UNITS} units, one epoch; growth of the "
        "resident set at its peak, after imports, a tiny fit and loading the texts; reference: ids "
        f"({megabytes(ids)}) + table ({megabytes(table)}) + network ({megabytes(network)}), "
        "of the working memory a loop written by hand (medians over fresh processes, 1,000 "
        "documents that are already ids)",
        lines,
    )


def working_line(batch_size: int, n_processes: int) -> Line:
    """What a fit of ours needs beside what a loop written by hand needs."""
    ours, hand = (working_memory(way, batch_size, n_processes) for way in ("ours", "hand"))
    return growth(f"working memory of fit, batches of {batch_size}", ours, hand)


def growth(what: str, ours: int, reference: int, aim: float | None = None) -> Line:
    """A line on bytes."""
    met = None if aim is None else ours <= aim * reference
    shown = "" if aim is None else f"<= {aim:g}"
    return Line(what, megabytes(ours), megabytes(reference), f"{ours / reference:.2f}", shown, met)


def text_documents(n_documents: int) -> list[str]:
    """Documents of 200 words; the frequency of a word falls with its rank, as in texts."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(N_TOKENS)])
    frequencies = 1 / (np.arange(N_TOKENS) + 10)
    steps = rng.choice(N_TOKENS, (n_documents, N_WORDS), p=frequencies / frequencies.sum())
    return [" ".join(words[row]) for row in steps]


def text_pipeline(**settings):
    """The embedder and the classifier."""
    from sksequence import RNNClassifier, Word2VecEmbedder

    embedder = Word2VecEmbedder(
        architecture="cbow", vector_size=VECTOR_SIZE, min_count=1, epochs=1, random_state=0
    )
    classifier = RNNClassifier(
        hidden_size=N_UNITS,
        max_epochs=1,
        embedding_trainable=False,
        early_stopping=False,
        device="cpu",
        random_state=0,
    )
    return embedder.set_params(**settings), classifier


def measure_in_this_process(n_documents: int) -> dict[str, int]:
    """Bytes by which the resident set grows, at most, in each phase."""
    import torch

    torch.set_num_threads(1)
    documents = text_documents(n_documents)
    labels = np.random.default_rng(1).integers(0, 2, n_documents)
    embedder, classifier = text_pipeline()
    small = embedder.fit_transform(documents[:1000])
    classifier.fit(small[:100], labels[:100]).predict_proba(small)  # loads and starts libraries
    del small
    start = forget_peak()
    X = embedder.fit_transform(documents)
    found = {"embedder": status("VmHWM") - start}
    found["embedded"] = left = forget_peak() - start
    found["classifier"] = left + grown(partial(classifier.fit, X, labels))
    found["predict"] = left + grown(partial(classifier.predict_proba, X))
    found["ids"], found["table"] = X.values.nbytes, X.vectors.nbytes
    found["network"] = sum(p.nbytes for p in classifier.network_.state_dict().values())
    found["n_tokens"] = len(X.vectors)
    return {name: int(value) for name, value in found.items()}


def forget_peak() -> int:
    """Start counting the peak anew (Linux); the resident set now, in bytes.

    What was freed goes back to the system first: memory that is only used again would not be
    seen to grow.
    """
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def grown(action) -> int:
    """Bytes by which the resident set grows at most while `action` runs."""
    start = forget_peak()
    action()
    return status("VmHWM") - start


def status(name: str) -> int:
    """A figure of this process from the kernel, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return 1024 * int(line.split()[1])
    raise KeyError(name)


# -- pickle -----------------------------------------------------------------------------------


def pickle_size(repeat: int, quick: bool) -> None:
    """A fitted pipeline beside the bytes of its weights, words and vectors."""
    from sklearn.pipeline import make_pipeline

    from sksequence import RNNClassifier, RNNRegressor, TokenEncoder

    documents = text_documents(500 if quick else 5_000)
    labels = np.random.default_rng(1).integers(0, 2, len(documents))
    settings = {"max_epochs": 1, "random_state": 0}
    lines = []
    for what, pipeline in {
        "TokenEncoder -> RNNClassifier": make_pipeline(TokenEncoder(), RNNClassifier(**settings)),
        "TokenEncoder -> RNNRegressor": make_pipeline(TokenEncoder(), RNNRegressor(**settings)),
        "Word2VecEmbedder -> RNNClassifier, frozen": make_pipeline(*text_pipeline()),
    }.items():
        pipeline.fit(documents, labels)
        size = len(pickle.dumps(pipeline))
        lines.append(growth(what, size, contents(pipeline), 1.1))
    print_table(
        f"pickle: {len(documents):,} documents of {N_WORDS} words; the reference is weights as "
        "trained (32 bits) + words (UTF-8) + table",
        lines,
    )


def contents(pipeline) -> int:
    """Bytes of the weights, the words and the vectors."""
    encoder, estimator = pipeline[0], pipeline[-1]
    words = sum(len(word.encode()) for word in encoder.vocabulary_.tokens)
    weights = sum(4 * p.numel() for p in estimator.network_.state_dict().values())
    return words + weights + getattr(encoder, "vectors_", np.empty(0)).nbytes


if __name__ == "__main__":
    print(json.dumps(measure_in_this_process(int(sys.argv[1]))))
