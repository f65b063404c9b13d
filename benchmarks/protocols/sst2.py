"""Film reviews of the Stanford sentiment treebank, two classes: 6920 / 872 / 1821 sentences.

As the published systems do, networks learn from the labels of all phrases of the training trees:
the 67,349 different ones, from single words to whole sentences, that are not neutral. Nothing from
elsewhere is read; the vectors of the words begin as word2vec of the 6,920 training sentences. The
three kinds of networks that are averaged are those that read the older set of film reviews
(`movie_reviews`) with a convolution in place of the last state; epochs and step sizes were set
beforehand, near where one network, in other batches, was best on the 872 validation sentences.

The trees are read from DIR/sst_trees/train.txt and spelled like the sentences of `fetch_sst2`.
"""

from __future__ import annotations

import re
import time

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from protocols._shared import with_interval
from sksequence import RNNClassifier, Word2VecEmbedder
from sksequence.datasets import fetch_sst2, get_data_home

PUBLISHED = "constituency Tree-LSTM 82.0, CNN-rand 82.7"
N_SEEDS = 3
NEUTRAL = 2  # of the labels 0 (very negative) to 4 (very positive)
READERS = {
    "bidirectional": True,
    "batch_size": 128,
    "learning_rate": 0.003,
    "learning_rate_schedule": "linear",
    "dropout": 0.5,
    "early_stopping": False,
    "max_epochs": 4,
}
KINDS = {
    "max": {"pooling": "max", **READERS},
    "attention": {"pooling": "attention", **READERS},
    "convolution": {"pooling": "max", "conv_size": 100, **READERS},
}


def run(data, seed, quick):
    """Accuracy on the test sentences beside TF-IDF and logistic regression."""
    sentences, phrases, y = read_training(data)
    parts = {
        name: fetch_sst2(split=name, data_home=data, return_X_y=True)
        for name in ("validation", "test")
    }
    parts = {
        name: ([text.split() for text in X], y == "positive") for name, (X, y) in parts.items()
    }
    if quick:
        phrases, y = phrases[::10], y[::10]
    train = sentences, phrases, y
    results = []
    for s in range(seed, seed + (1 if quick else N_SEEDS)):
        results.append(_one_seed(train, parts, s))
        ours, alone = results[-1]["validation"]
        alone = ", ".join(f"{100 * right.mean():.2f}" for right in alone)
        print(f"seed {s}, validation: {100 * ours.mean():.2f}, alone {alone}", flush=True)
    bags = _bags_of_words(data, train, parts["test"])
    return _rows(results, bags, len(phrases))


def read_training(data):
    """Training sentences, their phrases (both as words), and whether a phrase is positive."""
    path = get_data_home(data) / "sst_trees" / "train.txt"
    trees = [read_tree(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    trees = [phrases for phrases in trees if phrases[-1][1] != NEUTRAL]
    found = {words: label for phrases in trees for words, label in phrases if label != NEUTRAL}
    sentences = [spell(phrases[-1][0]) for phrases in trees]
    return sentences, [spell(words) for words in found], np.array([*found.values()]) > NEUTRAL


def read_tree(line):
    """Every phrase of ``(3 (2 a) (4 gem))`` with its label; the whole sentence comes last."""
    phrases, opened = [], []
    for piece in re.findall(r"\(\d|\)|[^()\s]+", line):
        if piece == ")":
            label, words = opened.pop()
            phrases.append((" ".join(words), label))
            if opened:
                opened[-1][1].extend(words)
        elif piece.startswith("("):
            opened.append((int(piece[1:]), []))
        else:
            opened[-1][1].append(piece)
    return phrases


def spell(words):
    """Words of a phrase as in the files of two classes: lower case, few signs."""
    return re.sub(r"[^A-Za-z0-9(),!?'`]", " ", words).lower().split()


def _one_seed(train, parts, seed):
    """Of validation and test, what is right: of the average, and of each network."""
    sentences, phrases, y = train
    started = time.perf_counter()
    words = Word2VecEmbedder(window=10, min_count=1, random_state=seed).fit(sentences)
    X = words.transform(phrases)
    networks = [
        RNNClassifier(random_state=seed, **settings).fit(X, y) for settings in KINDS.values()
    ]
    results = {"seconds": time.perf_counter() - started}
    for name, (texts, truth) in parts.items():
        X = words.transform(texts)
        chances = np.array([network.predict_proba(X)[:, 1] for network in networks])
        results[name] = (chances.mean(axis=0) > 0.5) == truth, (chances > 0.5) == truth
    return results


def _bags_of_words(data, train, test):
    """What TF-IDF and logistic regression get right, from sentences and from phrases."""
    _, phrases, y = train
    X, labels = fetch_sst2(split="train", data_home=data, return_X_y=True)
    learned = {
        "sentences": (X, labels == "positive"),
        "phrases": ([" ".join(words) for words in phrases], y),
    }
    results, texts = {}, [" ".join(words) for words in test[0]]
    for name, (X, positive) in learned.items():
        bag = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10, max_iter=1000)
        )
        results[name] = bag.fit(X, positive).predict(texts) == test[1]
    return results


def _rows(results, bags, n_phrases):
    ours = np.array([result["test"][0] for result in results])  # (n_seeds, n_sentences)
    alone = np.array([result["test"][1].mean(axis=1) for result in results])
    dev = [result["validation"][0].mean() for result in results]
    seeds = ", ".join(f"{100 * score:.2f}" for score in ours.mean(axis=1))
    best = max(bags.values(), key=np.mean)
    gain = ours.mean(axis=0) - best
    return [
        ("ours, accuracy %", with_interval(ours.mean(axis=1), 100), "aim >= 83, mean of the seeds"),
        ("seeds", seeds, f"{len(KINDS)} networks averaged in each"),
        *(
            (f"one network, {kind}, %", with_interval(alone[:, k], 100), "each alone, over seeds")
            for k, kind in enumerate(KINDS)
        ),
        *(
            (
                f"TF-IDF (1-2) + logistic regression, {name}, %",
                f"{100 * bag.mean():.2f}",
                "baseline",
            )
            for name, bag in bags.items()
        ),
        (
            "ours minus the better of these, points",
            with_interval(100 * gain),
            "over test sentences",
        ),
        ("ours, validation sentences, %", with_interval(dev, 100), ""),
        ("published, %", PUBLISHED, "no outside vectors"),
        ("phrases learned from", f"{n_phrases:,}", "of 6,920 trees"),
        ("seconds of a seed", f"{np.median([r['seconds'] for r in results]):.0f}", "median"),
    ]
