"""From a saved model to its first answer, each time in a fresh process."""

from __future__ import annotations

import json
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _speed_table import Line, print_table, seconds_text
from sklearn.pipeline import make_pipeline

AIM = 0.1  # seconds


def loading(repeat: int, quick: bool) -> None:
    """Load and predict one sequence, after the imports: ``save``'s file beside a pickle."""
    n = 500 if quick else 5_000
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            measured(what, model, one, Path(folder), 1 if quick else max(5, repeat // 3))
            for what, (model, one) in models(n).items()
        ]
    print_table(
        f"loading: load and the first predict of one sequence, in a fresh process after the "
        f"imports; models fitted on {n:,} texts or series; the reference is the same from a "
        "pickle; ours / reference, the aim is in seconds",
        lines,
    )


def models(n: int) -> dict:
    """Fitted models with one sequence for each."""
    from sksequence import RNNClassifier, RNNForecaster, TokenEncoder, Word2VecEmbedder

    rng = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(20_000)])
    texts = [" ".join(rng.choice(words, size=40)) for _ in range(n)]
    labels = np.array(["no", "yes"])[np.arange(n) % 2]
    numbers = rng.normal(size=(n, 60, 4))
    settings = {"max_epochs": 1, "early_stopping": False, "random_state": 0}
    steps = rng.normal(size=20 * n).cumsum()
    vectors = Word2VecEmbedder(min_count=1, epochs=1, random_state=0)
    return {
        "numbers, LSTM": (RNNClassifier(**settings).fit(numbers, labels), numbers[:1]),
        "numbers, GRU": (RNNClassifier(cell="gru", **settings).fit(numbers, labels), numbers[:1]),
        "texts, 20,000 words": (
            make_pipeline(TokenEncoder(), RNNClassifier(**settings)).fit(texts, labels),
            texts[:1],
        ),
        "texts, 20,000 vectors": (
            make_pipeline(vectors, RNNClassifier(embedding_trainable=False, **settings)).fit(
                texts, labels
            ),
            texts[:1],
        ),
        "forecaster": (RNNForecaster(lookback=60, **settings).fit(None, steps), 1),
    }


def measured(what: str, model, one, folder: Path, repeat: int) -> Line:
    """A line of the table."""
    from sksequence import save

    save(model, folder / "model.safetensors")
    (folder / "model.pickle").write_bytes(pickle.dumps(model))
    (folder / "one.pickle").write_bytes(pickle.dumps(one))
    seconds = {"safetensors": [], "pickle": []}
    for _ in range(repeat):
        for name, taken in seconds.items():
            command = [sys.executable, __file__, folder / f"model.{name}", folder / "one.pickle"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            taken.append(json.loads(done.stdout))
    loaded, answered = (statistics.median(s[i] for s in seconds["safetensors"]) for i in (0, 1))
    reference = statistics.median(sum(s) for s in seconds["pickle"])
    ours = loaded + answered
    return Line(
        f"{what} (load {seconds_text(loaded)}, predict {seconds_text(answered)})",
        seconds_text(ours),
        seconds_text(reference),
        f"{ours / reference:.2f}",
        f"<= {AIM:g} s",
        ours <= AIM,
    )


def measure_in_this_process(model: str, one: str) -> tuple[float, float]:
    """Seconds of loading, and of the first answer."""
    import sksequence.estimators
    import sksequence.persistence
    import sksequence.preprocessing

    X = pickle.loads(Path(one).read_bytes())
    started = time.perf_counter()
    if model.endswith(".pickle"):
        fitted = pickle.loads(Path(model).read_bytes())
    else:
        fitted = sksequence.persistence.load(model)
    loaded = time.perf_counter()
    fitted.predict(X)
    return loaded - started, time.perf_counter() - loaded


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    print(json.dumps(measure_in_this_process(*sys.argv[1:])))
