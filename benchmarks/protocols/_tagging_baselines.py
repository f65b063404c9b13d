"""The label that a word has most often: what any tagger must be better than."""

from __future__ import annotations

from collections import Counter, defaultdict


class MostFrequentTag:
    """For each word the label that it has most often in training; for others the given one."""

    def __init__(self, unknown="O"):
        self.unknown = unknown

    def fit(self, X, y):
        """Count the labels of each word."""
        counts = defaultdict(Counter)
        for words, labels in zip(X, y, strict=True):
            for word, label in zip(words, labels, strict=True):
                counts[word][label] += 1
        self.labels_ = {word: found.most_common(1)[0][0] for word, found in counts.items()}
        return self

    def predict(self, X):
        """Look the words up."""
        return [[self.labels_.get(word, self.unknown) for word in words] for words in X]
