"""Words of the Wall Street Journal: perplexity of the test part, two layers of 200 units.

The published network (Zaremba, Sutskever and Vinyals, 2014) reads one stream of words in which
each sentence ends with a word of its own. So does this one: sentences stand one after the other
in three long sequences, and what was said in the sentence before is known. The step size rises and
falls once over 14 epochs, set beforehand; the validation part decides which epoch is kept.
"""

from __future__ import annotations

import time

import numpy as np

from protocols._shared import resumable
from protocols._text_baselines import InterpolatedNGrams
from sksequence import RNNLanguageModel, TokenEncoder
from sksequence.datasets import fetch_penn_treebank

END = "<eos>"
PARTS = ("train", "validation", "test")
SETTINGS = {
    "hidden_size": 200,
    "n_layers": 2,
    "embedding_size": 200,
    "tie_embeddings": True,
    "dropout": 0.25,
    "tbptt_steps": 35,
    "batch_size": 20,
    "learning_rate": 0.003,
    "learning_rate_schedule": "one_cycle",
    "max_epochs": 14,
    "n_iter_no_change": 14,
}


def run(data, seed, quick):
    """One network, and counts of runs of one to four words."""
    treebank = fetch_penn_treebank(data_home=data)
    streams = {part: one_stream(treebank[part].data) for part in PARTS}
    settings = SETTINGS
    if quick:
        streams = {part: words[:20_000] for part, words in streams.items()}
        settings = {**SETTINGS, "max_epochs": 1}
    rows = []
    n_words = len(set(streams["train"])) + 1
    for order in (1, 2, 3, 4):
        grams = InterpolatedNGrams(order, n_words).fit([streams["train"]])
        perplexity = np.exp(grams.loss([streams["test"]]))
        rows.append((f"runs of {order}, interpolated", f"{perplexity:.1f}", "baseline"))
    encoder = TokenEncoder().fit([streams["train"]])
    ids = {part: encoder.transform([words]) for part, words in streams.items()}
    started = time.perf_counter()
    model = RNNLanguageModel(length_model=None, **settings, verbose=2, random_state=seed)
    resumable(model).fit(ids["train"], X_val=ids["validation"])
    minutes = (time.perf_counter() - started) / 60
    n_weights = sum(weight.numel() for weight in model.network_.parameters())
    return [
        ("ours, test perplexity", f"{model.perplexity(ids['test']):.2f}", "aim <= 110"),
        ("ours, validation perplexity", f"{model.perplexity(ids['validation']):.2f}", ""),
        *rows,
        ("weights", f"{n_weights:,}", f"{model.n_epochs_} epochs, kept: {model.best_epoch_}"),
        ("minutes to train", f"{minutes:.1f}", ""),
    ]


def one_stream(sentences) -> list[str]:
    """All words, one sentence after the other, each ended by a word of its own."""
    return [word for sentence in sentences for word in (*sentence, END)]
