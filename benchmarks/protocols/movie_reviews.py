"""Sentence polarity (Pang and Lee, 2005): 5331 + 5331 sentences, 10-fold cross-validation.

Word vectors are learned from the training folds alone. The settings of the tuned network were
chosen by cross-validation inside the training part of the first fold.
"""

from __future__ import annotations

import time

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from protocols._shared import with_interval
from sksequence import RNNClassifier, Word2VecEmbedder
from sksequence.datasets import fetch_movie_reviews

PUBLISHED = "CNN-rand 76.1, RNN 77.2, BRNN with outside vectors 82.3"
READERS = {"batch_size": 64, "learning_rate": 0.002, "dropout": 0.5, "bidirectional": True}
KINDS = {
    "last": {"max_epochs": 3, "dropout": 0.3},
    "max": {"max_epochs": 6, "pooling": "max", **READERS},
    "attention": {"max_epochs": 5, "pooling": "attention", **READERS},
}


def tuned(seed):
    """Averaged networks of three kinds, two of each, over common word vectors."""
    members = [
        (f"{kind}{i}", RNNClassifier(early_stopping=False, random_state=seed + i, **settings))
        for kind, settings in KINDS.items()
        for i in range(2)
    ]
    return make_pipeline(
        Word2VecEmbedder(window=10, random_state=seed), VotingClassifier(members, voting="soft")
    )


def defaults(seed):
    """The README's two-liner; only the seed is fixed."""
    return make_pipeline(Word2VecEmbedder(random_state=seed), RNNClassifier(random_state=seed))


def bag_of_words(seed):
    """TF-IDF of words and pairs of words, logistic regression."""
    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10, max_iter=1000)
    )


def run(data, seed, quick):
    """The tuned network."""
    return _cross_validate(tuned, data, seed, quick, "aim >= 79")


def run_defaults(data, seed, quick):
    """All defaults."""
    return _cross_validate(defaults, data, seed, quick, "aim >= 77")


def _cross_validate(make, data, seed, quick, aim):
    reviews = fetch_movie_reviews(data_home=data)
    texts, y = np.asarray(reviews.data, dtype=object), reviews.target
    folds = StratifiedKFold(10, shuffle=True, random_state=0).split(texts, y)
    scores = {"ours": [], "single": [], "bag": []}
    seconds = []
    for k, (train, test) in enumerate(folds):
        started = time.perf_counter()
        model = make(seed).fit(list(texts[train]), y[train])
        seconds.append(time.perf_counter() - started)
        scores["ours"].append(model.score(list(texts[test]), y[test]))
        ensemble = model[-1]
        if hasattr(ensemble, "estimators_"):
            encoded = model[:-1].transform(list(texts[test]))
            numbers = ensemble.le_.transform(y[test])
            scores["single"].append(
                np.mean([m.score(encoded, numbers) for m in ensemble.estimators_])
            )
        bag = bag_of_words(seed).fit(texts[train], y[train])
        scores["bag"].append(bag.score(texts[test], y[test]))
        print(
            f"fold {k + 1}: ours {scores['ours'][-1]:.4f}, bag {scores['bag'][-1]:.4f}", flush=True
        )
        if quick:
            break
    rows = [("ours, accuracy %", with_interval(scores["ours"], 100), aim)]
    if scores["single"]:
        note = "mean of the averaged ones, each alone"
        rows.append(("one network, accuracy %", with_interval(scores["single"], 100), note))
    difference = np.subtract(scores["ours"], scores["bag"])
    rows += [
        ("TF-IDF (1-2) + logistic regression, %", with_interval(scores["bag"], 100), "baseline"),
        ("ours minus baseline, points", with_interval(difference, 100), "paired over folds"),
        ("published, %", PUBLISHED, ""),
        ("seconds to train a fold", f"{np.median(seconds):.0f}", "median"),
    ]
    return rows
