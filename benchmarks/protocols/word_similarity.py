"""Similarity of words beside people's judgement (WordSim-353): ours and gensim's own Word2Vec.

Both learn from the training part of the Penn Treebank, with the same settings and seeds; nothing
was tuned. Pairs with a word that is not in the text are left out. Two ways of gensim are printed:
the one call that people write, and one that is given what ours gives it besides: the words in the
same order (the same seed starts a word by its number, and words that occur equally often are
ordered differently) and the length of the text in words (the learning rate falls with the words
read, not with the sentences). The second has to give the same vectors, bit for bit.
"""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
from scipy.stats import spearmanr

from protocols._shared import with_interval
from sksequence import Word2VecEmbedder
from sksequence.datasets import fetch_penn_treebank, fetch_word_similarity

N_SEEDS = 3
MIN_COUNT = 2
EPOCHS = 4  # as many as "auto" takes for this text
KINDS = {
    "skip-gram, hierarchical softmax": {"architecture": "skip-gram", "hierarchical_softmax": True},
    "CBOW, 5 negatives": {"architecture": "cbow", "hierarchical_softmax": False},
}


def run(data, seed, quick):
    """Spearman's rank correlation and seconds of both, for two kinds of word2vec."""
    sentences = fetch_penn_treebank(split="train", data_home=data).data
    sentences = sentences[:4000] if quick else sentences
    people = fetch_word_similarity(data_home=data)
    counts = Counter(word for sentence in sentences for word in sentence)
    known = {word for word, count in counts.items() if count >= MIN_COUNT}
    pairs = [tuple(map(str.lower, pair)) for pair in people.data]
    there = [i for i, pair in enumerate(pairs) if known.issuperset(pair)]
    judged = [pairs[i] for i in there], people.target[there]
    rows = [
        ("words of the text", f"{sum(map(len, sentences)):,}", "Penn Treebank, training part"),
        ("pairs with both words in it", f"{len(there)} of {len(pairs)}", ""),
    ]
    for name, kind in KINDS.items():
        seeds = range(seed, seed + (1 if quick else N_SEEDS))
        rows += _rows(name, [_one_seed(sentences, judged, kind, s) for s in seeds])
    return rows


def _one_seed(sentences, judged, kind, seed):
    """(ours, gensim's, gensim's told more) as (Spearman, seconds, vectors in one order)."""
    started = time.perf_counter()
    ours = Word2VecEmbedder(
        min_count=MIN_COUNT,
        handle_unknown="ignore",
        epochs=EPOCHS,
        random_state=seed,
        **kind,
    ).fit(sentences)
    seconds = time.perf_counter() - started
    words = ours.vocabulary_.tokens
    found = [(ours.vectors_, seconds)]
    for told in (False, True):
        started = time.perf_counter()
        model = _gensim(sentences, kind, seed, words if told else None)
        seconds = time.perf_counter() - started
        found.append((model.wv[list(words)], seconds))
    results = [(_spearman(vectors, words, *judged), s, vectors) for vectors, s in found]
    print(f"seed {seed}:", *(f"{rho:.4f} ({s:.0f} s)" for rho, s, _ in results), flush=True)
    return results


def _gensim(sentences, kind, seed, words):
    """gensim in one call, or, told the order of the `words`, in three."""
    from gensim.models import Word2Vec

    softmax = kind["hierarchical_softmax"]
    settings = {
        "vector_size": 100,
        "window": 5,
        "min_count": MIN_COUNT,
        "sample": 1e-3,
        "sg": int(kind["architecture"] == "skip-gram"),
        "hs": int(softmax),
        "negative": 0 if softmax else 5,
        "alpha": 0.05,
        "epochs": EPOCHS,
        "workers": 1,
        "seed": int(np.random.default_rng(seed).integers(2**31)),
    }
    if words is None:
        return Word2Vec(sentences, **settings)
    counts = Counter(word for sentence in sentences for word in sentence)
    model = Word2Vec(**settings, sorted_vocab=0)
    model.build_vocab_from_freq({word: counts[word] for word in words})
    model.train(sentences, total_words=sum(map(len, sentences)), epochs=EPOCHS)
    return model


def _spearman(vectors, words, pairs, judgement):
    """Rank correlation of the cosines with people's judgement."""
    index = {word: i for i, word in enumerate(words)}
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    first, second = (unit[[index[pair[side]] for pair in pairs]] for side in (0, 1))
    return float(spearmanr((first * second).sum(axis=1), judgement).statistic)


def _rows(name, results):
    ours, plain, told = zip(*results, strict=True)
    rho = [np.array([one[0] for one in column]) for column in (ours, plain, told)]
    seconds = [np.median([one[1] for one in column]) for column in (ours, plain, told)]
    furthest = max(np.abs(a[2] - b[2]).max() for a, b in zip(ours, told, strict=True))
    return [
        (f"{name}: ours, Spearman", with_interval(rho[0], digits=4), f"{len(results)} seeds"),
        (f"{name}: gensim, same order of words", with_interval(rho[2], digits=4), "aim: equal"),
        (f"{name}: largest difference of a component", f"{furthest:g}", "ours and the latter"),
        (f"{name}: gensim, one call", with_interval(rho[1], digits=4), "same seeds"),
        (f"{name}: ours minus the latter", with_interval(rho[0] - rho[1], digits=4), "paired"),
        (
            f"{name}: seconds, ours / gensim / gensim, one call",
            f"{seconds[0]:.1f} / {seconds[2]:.1f} / {seconds[1]:.1f}",
            "medians, one thread",
        ),
    ]
