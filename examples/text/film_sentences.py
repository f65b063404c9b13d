"""
Film sentences: does the order of words matter?
===============================================

"Not good, but never boring" and "never good, but not boring" hold the same words. A network that
reads in order could tell them apart; counting words cannot. How often does that matter?

The data are 10,662 sentences from film reviews (Pang and Lee, 2005), half of them positive.
"""

# %%
# The sentences come sorted, first all negative ones, so they are shuffled as they are split.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sksequence import RNNClassifier, Word2VecEmbedder
from sksequence.datasets import fetch_movie_reviews

X, y = fetch_movie_reviews(return_X_y=True)
X, X_new, y, y_new = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
print(f"{len(X):,} sentences to learn from, {len(X_new):,} to be judged by.")

# %%
# Three ways to make an answer of the same words. The first counts them. The second counts pairs
# too, which is a little of their order. The third starts from vectors of words, which it learns
# from the sentences without their labels, and reads them one after the other in both directions.

answers = {
    "words counted": make_pipeline(CountVectorizer(binary=True), LogisticRegression(C=0.1)),
    "words and pairs": make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10)),
    "network": make_pipeline(
        Word2VecEmbedder(random_state=0),
        RNNClassifier(
            hidden_size=64, bidirectional=True, pooling="max", dropout=0.5, random_state=0
        ),
    ),
}
right = {}
for name, model in answers.items():
    right[name] = model.fit(X, y).predict(X_new) == y_new
    error = np.std(right[name]) / np.sqrt(len(y_new))
    print(f"{name:<16} {100 * right[name].mean():.1f} ± {100 * error:.1f} % right")

# %%
# On all sentences together the three are close. So the sentences are sorted by words that turn
# others around or weigh them against each other, and by length. The bars are two standard errors:
# most of what one would like to read into the differences is not there.

words = [set(text.split()) for text in X_new]
n_words = np.array([len(text.split()) for text in X_new])
groups = {
    "all": np.full(len(X_new), True),
    "no, not, never, n't": [not w.isdisjoint({"no", "not", "never", "n't"}) for w in words],
    "but, though, despite": [not w.isdisjoint({"but", "though", "despite"}) for w in words],
    "up to 12 words": n_words <= 12,
    "more than 30 words": n_words > 30,
}
figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for shift, (name, color) in enumerate(
    zip(right, ("#c9ccd1", "#8a8f98", "#1f5f99"), strict=True), start=-1
):
    shares = [right[name][np.asarray(group)] for group in groups.values()]
    means = [100 * share.mean() for share in shares]
    bars = [200 * share.std() / np.sqrt(len(share)) for share in shares]
    place = np.arange(len(groups)) + 0.22 * shift
    ax.errorbar(place, means, bars, fmt="o", color=color, label=name, markersize=7)
labels = [f"{name}\n({np.sum(group)})" for name, group in groups.items()]
ax.set_xticks(range(len(groups)), labels, fontsize=9)
ax.set(ylabel="right (%)", title="new sentences, by the words in them and by length")
ax.grid(axis="y", color="0.92")
ax.set_axisbelow(True)
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.14))
plt.show()
