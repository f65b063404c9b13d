"""
More networks than one: sentences of the Stanford sentiment treebank
====================================================================

A network starts from random weights, and where it ends depends on them. Three that differ in
nothing but ``random_state`` are compared here, and scikit-learn's ``VotingClassifier`` makes one
answer of them.

The data are 9,613 sentences about films in two classes (Socher and others, 2013), cut by their
authors into a part to learn from, one to validate and one to test.
"""

# %%
# Early stopping keeps a tenth of the sentences aside by itself, so nothing is chosen on the test.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sksequence import RNNClassifier, Word2VecEmbedder
from sksequence.datasets import fetch_sst2

X, y = fetch_sst2(split="train", return_X_y=True)
X_new, y_new = fetch_sst2(split="test", return_X_y=True)
print(f"{len(X):,} sentences to learn from, {len(X_new):,} to be judged by.")

# %%
# Each network of the vote brings its own word vectors. ``voting="soft"`` averages probabilities.


def network(seed):
    """Word vectors and a network, both from one seed."""
    return make_pipeline(
        Word2VecEmbedder(random_state=seed),
        RNNClassifier(
            hidden_size=64, bidirectional=True, pooling="max", dropout=0.5, random_state=seed
        ),
    )


vote = VotingClassifier([(f"seed {i}", network(i)) for i in range(3)], voting="soft").fit(X, y)
codes = vote.le_.transform(y_new)
scores = {name: one.score(X_new, codes) for name, one in vote.named_estimators_.items()}
scores["their vote"] = vote.score(X_new, y_new)
counts = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10)).fit(X, y)
scores["words and pairs counted"] = counts.score(X_new, y_new)
for name, score in scores.items():
    print(f"{name:<24} {100 * score:.1f} % right")

# %%
# A probability should mean what it says. Of the sentences that are called positive with 80 %,
# eight in ten should be positive: the line should follow the diagonal.

figure, ax = plt.subplots(figsize=(5, 4.6), layout="constrained")
ax.plot([0, 1], [0, 1], color="0.8", linewidth=1)
models = {**vote.named_estimators_, "their vote": vote}
for name, model in models.items():
    probability = model.predict_proba(X_new)[:, 1]
    bins = np.clip((8 * probability).astype(int), 0, 7)
    there = np.unique(bins)
    said, came = ([values[bins == b].mean() for b in there] for values in (probability, codes))
    bold = name == "their vote"
    ax.plot(
        said,
        came,
        marker="o" if bold else None,
        color="#1f5f99" if bold else "0.65",
        linewidth=2.5 if bold else 1,
        label=name if bold else f"one network ({name})",
    )
ax.set(xlabel="probability of positive, as said", ylabel="share that is positive", aspect="equal")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()
