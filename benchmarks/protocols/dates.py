"""Dates as people write them into ISO 8601 (``make_dates``), letter by letter.

2,000 pairs to learn from and 1,000 to be judged by, whose days occur nowhere among the 2,000.
What counts is the share of dates of which all ten characters are right. Three seeds, of the data
and of the network.
"""

from __future__ import annotations

import time

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline

from protocols._shared import with_interval
from sksequence import Seq2SeqTransformer
from sksequence.datasets import make_dates
from sksequence.metrics import exact_match_score

N_TRAIN, N_TEST = 2000, 1000
SETTINGS = {
    "analyzer": "char",
    "hidden_size": 64,
    "embedding_size": 32,
    "input_feeding": False,
    "dropout": 0.1,
    "batch_size": 32,
    "learning_rate": 0.01,
    "max_epochs": 12,
}


def run(data, seed, quick):
    """Exact match of the network, of a classifier a character, and of the nearest date."""
    seeds = range(seed, seed + (1 if quick else 3))
    ours, letters, nearest, seconds = np.array([_one_seed(s) for s in seeds]).T
    return [
        ("ours, exact match %", with_interval(ours, 100), "aim >= 99, mean of the seeds"),
        ("seeds", ", ".join(f"{100 * share:.1f}" for share in ours), ""),
        ("a classifier for each character, %", with_interval(letters, 100), "baseline"),
        ("the nearest date learned from, year and month right, %", with_interval(nearest, 100), ""),
        ("seconds to train", f"{np.median(seconds):.0f}", "median, one thread"),
    ]


def _one_seed(seed):
    """Shares of ours and of the two baselines, seconds."""
    train, test = split(seed)
    started = time.perf_counter()
    model = Seq2SeqTransformer(**SETTINGS, random_state=seed).fit(*train)
    seconds = time.perf_counter() - started
    ours = exact_match_score(test[1], model.transform(test[0]))
    letters = exact_match_score(test[1], _by_character(*train, test[0]))
    months = [iso[:7] for iso in _nearest(*train, test[0])]
    nearest = exact_match_score([iso[:7] for iso in test[1]], months)
    print(f"seed {seed}: {ours:.4f} after {model.n_epochs_} epochs, {seconds:.0f} s", flush=True)
    return ours, letters, nearest, seconds


def split(seed):
    """Pairs to learn from, and pairs of other days."""
    X, y = make_dates(N_TRAIN + 2 * N_TEST, random_state=seed)
    known = set(y[:N_TRAIN])
    new = [i for i in range(N_TRAIN, len(y)) if y[i] not in known][:N_TEST]
    return (X[:N_TRAIN], y[:N_TRAIN]), ([X[i] for i in new], [y[i] for i in new])


def _nearest(X, y, X_new):
    """The ISO form of the date learned from that has most runs of letters in common."""
    letters = n_grams().fit(X)
    index = NearestNeighbors(n_neighbors=1, metric="cosine").fit(letters.transform(X))
    found = index.kneighbors(letters.transform(X_new), return_distance=False)[:, 0]
    return [y[i] for i in found]


def n_grams():
    """Runs of one to four letters."""
    return TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)


def _by_character(X, y, X_new):
    """Each of the ten characters guessed by itself."""
    Y = np.array([list(iso) for iso in y])
    varying = [i for i in range(Y.shape[1]) if len(set(Y[:, i])) > 1]
    model = make_pipeline(n_grams(), MultiOutputClassifier(LogisticRegression(C=100)))
    written = np.tile(Y[0], (len(X_new), 1))
    written[:, varying] = model.fit(X, Y[:, varying]).predict(X_new)
    return ["".join(row) for row in written]
