"""Sentence polarity (Pang and Lee, 2005): 5331 + 5331 sentences, 10-fold cross-validation.

Word vectors are learned from the training folds alone. The settings of the tuned network were
chosen by cross-validation inside the training part of the first fold.
"""

from __future__ import annotations

import time

import numpy as np
from joblib import Parallel, delayed
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
    """Two sets of word vectors, and over each three kinds of networks; all six averaged."""
    halves = []
    for i in range(2):
        members = [
            (kind, RNNClassifier(early_stopping=False, random_state=seed + i, **settings))
            for kind, settings in KINDS.items()
        ]
        words = Word2VecEmbedder(window=10, random_state=seed + i)
        halves.append((f"words{i}", make_pipeline(words, VotingClassifier(members, voting="soft"))))
    return VotingClassifier(halves, voting="soft")


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
    folds = list(StratifiedKFold(10, shuffle=True, random_state=0).split(texts, y))
    results = Parallel(n_jobs=2)(
        delayed(_one_fold)(make, seed, texts, y, k, fold)
        for k, fold in enumerate(folds[:1] if quick else folds)
    )
    ours, single, bag, seconds = (np.array(column) for column in zip(*results, strict=True))
    rows = [("ours, accuracy %", with_interval(ours, 100), aim)]
    if not np.isnan(single).any():
        note = "mean of the averaged ones, each alone"
        rows.append(("one network, accuracy %", with_interval(single, 100), note))
    return [
        *rows,
        ("TF-IDF (1-2) + logistic regression, %", with_interval(bag, 100), "baseline"),
        ("ours minus baseline, points", with_interval(ours - bag, 100), "paired over folds"),
        ("published, %", PUBLISHED, ""),
        ("seconds to train a fold", f"{np.median(seconds):.0f}", "median, two folds at a time"),
    ]


def _one_fold(make, seed, texts, y, k, fold):
    """Accuracy of ours, of its members alone (NaN without) and of the bag; seconds."""
    train, test = fold
    started = time.perf_counter()
    model = make(seed).fit(list(texts[train]), y[train])
    seconds = time.perf_counter() - started
    ours = model.score(list(texts[test]), y[test])
    bag = bag_of_words(seed).fit(texts[train], y[train]).score(texts[test], y[test])
    print(f"fold {k + 1}: ours {ours:.4f}, bag {bag:.4f}", flush=True)
    return ours, _members_alone(model, list(texts[test]), y[test]), bag, seconds


def _members_alone(model, texts, y):
    if not isinstance(model, VotingClassifier):
        return np.nan
    numbers = model.le_.transform(y)
    scores = [
        member.score(half[:-1].transform(texts), numbers)
        for half in model.estimators_
        for member in half[-1].estimators_
    ]
    return float(np.mean(scores))
