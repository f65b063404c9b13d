"""Print the figures of the data sheet datasets/reviews.md: sizes, lengths, simple baselines.

Run from the top of the repository:

    python benchmarks/review_baselines.py

It takes about ten seconds on one core.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sksequence.datasets import load_reviews

FOLDS = StratifiedKFold(10, shuffle=True, random_state=0)


def words_and_pairs() -> Pipeline:
    """TF-IDF on single words and pairs of words, then logistic regression."""
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))


def words() -> Pipeline:
    """Counts of single words, then logistic regression: no order at all."""
    return make_pipeline(CountVectorizer(), LogisticRegression(max_iter=1000))


def count_words(texts: Sequence[str]) -> np.ndarray:
    """Return the number of words of each text."""
    return np.array([len(text.split()) for text in texts])


def length_alone() -> Pipeline:
    """The number of words and nothing else."""
    measure = FunctionTransformer(lambda texts: np.log(count_words(texts))[:, np.newaxis])
    return make_pipeline(measure, LogisticRegression())


def print_contents() -> None:
    """Print sizes, balance and lengths."""
    print("domain      reviews  negative  positive  words: shortest  median  mean  longest")
    for domain in (None, "film", "restaurant"):
        texts, labels = load_reviews(domain=domain, return_X_y=True)
        n_words = count_words(texts)
        print(
            f"{domain or 'both':10}  {len(texts):7}  {(labels == 'negative').sum():8}  "
            f"{(labels == 'positive').sum():8}  {n_words.min():15}  {np.median(n_words):6.0f}  "
            f"{n_words.mean():4.1f}  {n_words.max():7}"
        )


def print_accuracies() -> None:
    """Print the accuracy of each baseline, in cross-validation and across the domains."""
    print("\naccuracy in %, 10-fold cross-validation: mean (standard error over the folds)")
    print("domain      words and pairs         words  length alone")
    for domain in (None, "film", "restaurant"):
        texts, labels = load_reviews(domain=domain, return_X_y=True)
        cells = []
        for model in (words_and_pairs(), words(), length_alone()):
            scores = 100 * cross_val_score(model, texts, labels, cv=FOLDS)
            cells.append(f"{scores.mean():.1f} ({scores.std(ddof=1) / np.sqrt(len(scores)):.1f})")
        print(f"{domain or 'both':10}  {cells[0]:>15}  {cells[1]:>12}  {cells[2]:>12}")

    print("\naccuracy in % of words and pairs, trained on one domain and tested on the other")
    for seen, unseen in (("film", "restaurant"), ("restaurant", "film")):
        model = words_and_pairs().fit(*load_reviews(domain=seen, return_X_y=True))
        score = 100 * model.score(*load_reviews(domain=unseen, return_X_y=True))
        print(f"{seen:>10} -> {unseen:10}  {score:.1f}")


if __name__ == "__main__":
    print_contents()
    print_accuracies()
