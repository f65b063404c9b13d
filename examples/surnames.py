"""Where a name comes from: one language model a language, and Bayes' rule.

    python examples/surnames.py [--generated] [--epochs N] [--seed N]

Reads surnames of 18 languages where they are at hand (set SKSEQUENCE_DATA), else names made of
drawn syllables. A language is as probable as its names are under its model, times its share of all
names. Beside it stands a classifier that sees runs of letters. Then names that are unlike those of
their language are looked for, and new ones are written. About a minute on one core.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.special import logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sksequence import RNNLanguageModel
from sksequence.datasets import fetch_surnames

SYLLABLES = {
    "Northern": ("sven", "gun", "dahl", "berg", "son", "lund", "ek", "strom"),
    "Southern": ("ro", "ma", "celli", "ni", "bian", "chi", "ta", "rossi"),
    "Eastern": ("iva", "nov", "petr", "ov", "ski", "koro", "lev", "zin"),
    "Western": ("mac", "don", "o", "neil", "ken", "nedy", "ton", "field"),
}


class LanguageModelClassifier(ClassifierMixin, BaseEstimator):
    """One density a class: :math:`p(class | x)` is proportional to p(x | class) p(class).

    Parameters
    ----------
    model : estimator
        With ``score_samples``; it is cloned.
    """

    def __init__(self, model):
        self.model = model

    def fit(self, X, y):
        """A model for the sequences of each class."""
        self.classes_, y = np.unique(y, return_inverse=True)
        self.log_shares_ = np.log(np.bincount(y) / len(y))
        self.models_ = [
            clone(self.model).fit([x for x, label in zip(X, y, strict=True) if label == k])
            for k in range(len(self.classes_))
        ]
        return self

    def predict_log_proba(self, X):
        """Logarithms of the probabilities of the classes, ``(n_sequences, n_classes)``."""
        joint = self.log_shares_ + np.stack([m.score_samples(X) for m in self.models_], axis=1)
        return joint - logsumexp(joint, axis=1, keepdims=True)

    def predict(self, X):
        """The most probable class of each sequence."""
        return self.classes_[self.predict_log_proba(X).argmax(axis=1)]


def read(generated, seed):
    """Names and their languages."""
    try:
        if generated:
            raise OSError("drawn names are asked for")
        names = fetch_surnames(drop_duplicates=True, download_if_missing=False)
        return list(names.data), np.asarray(names.target)
    except OSError:
        return drawn_names(150, seed)


def drawn_names(n_each, seed):
    """Two or three syllables of a language each; all names different."""
    rng = np.random.default_rng(seed)
    names, languages = [], []
    for language, syllables in SYLLABLES.items():
        found = {}
        while len(found) < n_each:
            name = "".join(rng.choice(syllables, size=rng.integers(2, 4)))
            found[name.capitalize()] = language
        names += found
        languages += found.values()
    return names, np.array(languages)


def main():
    """Compare, find odd names, write new ones."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generated", action="store_true", help="drawn names")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    names, languages = read(arguments.generated, arguments.seed)
    X, X_test, y, y_test = train_test_split(
        names, languages, test_size=0.2, stratify=languages, random_state=arguments.seed
    )
    print(f"{len(X):,} names of {len(set(y))} languages to learn from, {len(X_test):,} to tell")
    network = RNNLanguageModel(
        hidden_size=64,
        embedding_size=16,
        dropout=0.2,
        learning_rate=0.005,
        max_epochs=arguments.epochs,
        early_stopping=False,
        random_state=arguments.seed,
    )
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    bayes = LanguageModelClassifier(network).fit(X, y)
    runs = make_pipeline(letters, LogisticRegression(C=10, max_iter=1000)).fit(X, y)
    both = {
        "a language model each": bayes.predict_log_proba(X_test),
        "runs of letters": runs.predict_log_proba(X_test),
    }
    both["both together"] = sum(both.values())
    print(f"\n{'':24s}right %   mean of the languages %")
    for what, log_proba in both.items():
        told = bayes.classes_[log_proba.argmax(axis=1)]
        right, mean = np.mean(told == y_test), balanced_accuracy_score(y_test, told)
        print(f"{what:24s}{100 * right:7.1f} {100 * mean:12.1f}")
    look(bayes, X, y)


def look(bayes, names, languages):
    """Names that do not look like their language, and new ones that do."""
    counts = [np.sum(languages == name) for name in bayes.classes_]
    for k in np.argsort(counts)[::-1][:4]:
        language, model = bayes.classes_[k], bayes.models_[k]
        own = [name for name, its in zip(names, languages, strict=True) if its == language]
        per_letter = model.score_samples(own) / [len(name) + 1 for name in own]
        odd = [own[i] for i in per_letter.argsort()[:4]]
        new = [name for name in model.sample(30, random_state=0) if name not in set(names)][:4]
        print(f"\n{language}: unlike the others {', '.join(odd)}; new {', '.join(new)}")


if __name__ == "__main__":
    main()
