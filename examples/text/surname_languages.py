"""
Names to languages, letter by letter
====================================

Ivanov is Russian and Nakamura Japanese; one sees it at the letters. A network reads surnames of 18
languages one letter after the other, and the confusions that it makes draw a map of Europe.

The data are 18,012 surnames, from which repeated rows have been dropped.
"""

# %%
# Half of the names are Russian, and 73 are Vietnamese. So two figures are printed: how many names
# are right, and the mean over languages, in which each counts the same.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sksequence import RNNClassifier, TokenEncoder
from sksequence.datasets import fetch_surnames

X, y = fetch_surnames(drop_duplicates=True, return_X_y=True)
X, X_new, y, y_new = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
print(f"{len(X):,} names to learn from, {len(X_new):,} new ones of {len(set(y))} languages.")

# %%
# ``TokenEncoder(analyzer="char")`` makes numbers of letters, and the network has a vector for
# each. It reads from both ends, because names tell their language at the end (-ov, -ini, -poulos)
# as well as at the beginning (O', Mc). Logistic regression sees runs of one to four letters.

network = make_pipeline(
    TokenEncoder(analyzer="char"),
    RNNClassifier(
        embedding_size=32,
        bidirectional=True,
        pooling="max",
        batch_size=64,
        max_epochs=15,
        random_state=0,
    ),
)
runs = make_pipeline(
    TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True),
    LogisticRegression(C=10, max_iter=1000),
)
print("                  right (%)   mean over languages (%)")
for name, model in (("network", network), ("runs of letters", runs)):
    told = model.fit(X, y).predict(X_new)
    right, mean = accuracy_score(y_new, told), balanced_accuracy_score(y_new, told)
    print(f"{name:<18}{100 * right:9.1f}{100 * mean:14.1f}")

# %%
# Names that are nobody's, but sound like somebody's:

names = ["Rossellini", "O'Farraigh", "Tanagawa", "Petrovenko", "Papadimos", "Lindqvist"]
for name, chances in zip(names, network.predict_proba(names), strict=True):
    best = np.argsort(chances)[::-1][:2]
    print(f"{name:<12}", ", ".join(f"{network.classes_[k]} {100 * chances[k]:.0f} %" for k in best))

# %%
# A row of the picture is a language, and says as what its names were taken. English takes in names
# from everywhere, and Spanish, Portuguese and Italian share theirs.

figure, ax = plt.subplots(figsize=(8, 7.2), layout="constrained")
display = ConfusionMatrixDisplay.from_predictions(
    y_new,
    network.predict(X_new),
    normalize="true",
    include_values=False,
    xticks_rotation="vertical",
    cmap="YlGnBu",
    ax=ax,
)
ax.set(xlabel="language that was told", ylabel="language of the name")
plt.show()
