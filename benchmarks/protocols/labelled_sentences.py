"""1000 sentences each of Amazon, IMDb and Yelp: 10-fold cross-validation within each.

The labels of the nine training folds alone are learned. The vectors of the words begin as word2vec
of the text of the same nine folds and of the 2000 sentences of the other two domains, without
their labels; text of the test fold is never read. Networks that differ in how they read are
averaged, one of which begins with random vectors. They were chosen among nine by cross-validation
inside the training part of the first fold of two of the domains; means over the words, learned in
one cycle of large steps, did best, as a bag of words does.
"""

from __future__ import annotations

import time

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from protocols._shared import with_interval
from sksequence import RNNClassifier, TokenEncoder, Word2VecEmbedder
from sksequence.datasets import fetch_labelled_sentences

DOMAINS = ("amazon", "imdb", "yelp")
BAGS = {"1": 1, "1-2": 2}  # the longest run of words
N_SEEDS = 1  # members of each kind
READERS = {
    "bidirectional": True,
    "pooling": "mean",
    "hidden_size": 64,
    "batch_size": 32,
    "learning_rate": 0.01,
    "learning_rate_schedule": "one_cycle",
    "dropout": 0.5,
    "early_stopping": False,
    "max_epochs": 10,
}
KINDS = {
    "words": ("words", READERS),
    "words, wide": ("words", {**READERS, "hidden_size": 128, "dropout": 0.7}),
    "pieces": ("pieces", READERS),
    "words from random vectors": ("numbers", {**READERS, "embedding_size": 64}),
}


def run(data, seed, quick):
    """Averaged networks, each alone, and bags of words, of each domain."""
    everything = fetch_labelled_sentences(data_home=data)
    texts, y = np.asarray(everything.data, dtype=object), everything.target == "positive"
    rows, all_seconds = [], []
    for domain in DOMAINS:
        here = np.flatnonzero(everything.domain == domain)
        others = np.flatnonzero(everything.domain != domain)
        folds = list(StratifiedKFold(10, shuffle=True, random_state=0).split(here, y[here]))
        results = [
            _one_fold(texts, y, here[train], here[test], others, seed, quick)
            for train, test in (folds[:1] if quick else folds)
        ]
        ours, single, bags, seconds = (np.array(column) for column in zip(*results, strict=True))
        rows += _rows(domain, ours, single, bags)
        all_seconds += list(seconds)
        print(f"{domain}: ours {ours.mean():.4f}, bags {bags.mean(axis=0)}", flush=True)
    return [*rows, ("seconds to train a fold", f"{np.median(all_seconds):.0f}", "median")]


def _one_fold(texts, y, train, test, others, seed, quick):
    """Accuracy of ours, of its members alone, and of the bags of words; seconds."""
    started = time.perf_counter()
    read = np.concatenate([train, others])
    chances = []
    for s in range(seed, seed + (1 if quick else N_SEEDS)):
        known = _encoders(list(texts[read]), list(texts[train]), s)
        for tokens, settings in KINDS.values():
            X, new = (known[tokens].transform(list(texts[rows])) for rows in (train, test))
            network = RNNClassifier(random_state=s, **settings).fit(X, y[train])
            chances.append(network.predict_proba(new)[:, 1])
    seconds = time.perf_counter() - started
    single = np.mean((np.array(chances) > 0.5) == y[test])
    ours = np.mean((np.mean(chances, axis=0) > 0.5) == y[test])
    bags = [_bag_of_words(n).fit(texts[train], y[train]) for n in BAGS.values()]
    return ours, single, [bag.score(texts[test], y[test]) for bag in bags], seconds


def _encoders(read, learned, seed):
    """What turns texts into words or pieces: with vectors of what was read, or with none."""
    pieces = {"analyzer": "subword", "max_tokens": 1500, "lowercase": True}
    return {
        "words": Word2VecEmbedder(window=10, random_state=seed).fit(read),
        "pieces": Word2VecEmbedder(window=10, random_state=seed, **pieces).fit(read),
        "numbers": TokenEncoder().fit(learned),
    }


def _bag_of_words(longest):
    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, longest)), LogisticRegression(C=10, max_iter=1000)
    )


def _rows(domain, ours, single, bags):
    best = bags[:, bags.mean(axis=0).argmax()]
    return [
        (f"{domain}: ours, accuracy %", with_interval(ours, 100), "aim: above the baseline"),
        (f"{domain}: one network, %", with_interval(single, 100), "mean of the averaged, alone"),
        *(
            (
                f"{domain}: TF-IDF ({name}) + logistic regression, %",
                with_interval(bag, 100),
                "baseline",
            )
            for name, bag in zip(BAGS, bags.T, strict=True)
        ),
        (
            f"{domain}: ours minus the better of these, points",
            with_interval(ours - best, 100),
            "paired over folds",
        ),
    ]
