"""German to English on Multi30k, test set 2016, with and without attention.

One network with additive attention and input feeding, one without attention (the last states of
the encoder at every step), of the same sizes; words that occur once are unknown. The epoch is
chosen on the official validation set, all other settings beforehand. BLEU by sacrebleu (tokens
"13a"), lower-cased on both sides, of a beam search with 5 beginnings.
"""

from __future__ import annotations

import time

import sacrebleu

from sksequence import Seq2SeqTransformer
from sksequence.datasets import fetch_multi30k
from sksequence.metrics import bleu_score

SETTINGS = {
    "hidden_size": 256,
    "embedding_size": 256,
    "tie_embeddings": True,
    "min_count": 2,
    "label_smoothing": 0.1,
    "dropout": 0.3,
    "batch_size": 128,
    "max_epochs": 12,
    "n_iter_no_change": 2,
    "beam_size": 5,
    "length_penalty": 1.0,
    "verbose": 2,
}
NETWORKS = {
    "attention": {"attention": "additive"},
    "no attention": {"attention": None, "context_at": "both"},
}


def run(data, seed, quick):
    """BLEU and perplexity of both networks, beside the published ones."""
    parts = {
        part: fetch_multi30k(split=part, data_home=data, return_X_y=True)
        for part in ("train", "validation", "test_2016")
    }
    if quick:
        parts = {part: (X[:500], y[:500]) for part, (X, y) in parts.items()}
    X, y = parts["test_2016"]
    copied = bleu_score(y, X, lowercase=True)
    rows = [("the German text itself, BLEU", f"{copied:.1f}", "baseline")]
    for name, settings in NETWORKS.items():
        rows += _one(name, settings, parts, seed, quick)
    rows.append(("published, BLEU", "13.8 / 20.6 / 28.3", "LSTM / GRU / GRU with attention"))
    rows.append(("scored by", sacrebleu.__name__, f"version {sacrebleu.__version__}, 13a, lower"))
    return rows


def _one(name, settings, parts, seed, quick):
    settings = {**SETTINGS, **settings, "random_state": seed}
    if quick:
        settings = {**settings, "max_epochs": 1, "hidden_size": 32, "embedding_size": 32}
    model = Seq2SeqTransformer(**settings)
    (X, y), (X_val, y_val), (X_test, y_test) = parts.values()
    started = time.perf_counter()
    model.fit(X, y, X_val=X_val, y_val=y_val)
    minutes = (time.perf_counter() - started) / 60
    beam = bleu_score(y_test, model.transform(X_test), lowercase=True)
    greedy = model.set_params(beam_size=1).transform(X_test)
    for i in (0, 1, 2):
        print(f"{X_test[i]}\n  -> {greedy[i]}\n  =  {y_test[i]}", flush=True)
    greedy = bleu_score(y_test, greedy, lowercase=True)
    wanted = "aim: >= 30" if name == "attention" else "well below"
    return [
        (f"{name}, BLEU with a beam of 5", f"{beam:.1f}", wanted),
        (f"{name}, BLEU greedy", f"{greedy:.1f}", ""),
        (f"{name}, perplexity", f"{model.perplexity(X_test, y_test):.2f}", "published: 25.6"),
        (f"{name}, training", f"{minutes:.0f} min", f"{model.n_epochs_} epochs"),
    ]
