"""
Splice junctions: finding out which letters matter
==================================================

Genes of higher organisms are written in pieces. Before they are used the parts between the pieces,
introns, are cut out; here a network tells the two ends of a cut from places where nothing is cut.
Then it is asked which of the letters it needed.

The data are 3,190 stretches of DNA of primates (Towell, Noordewier and Shavlik, 1991).
"""

# %%
# Each stretch has 30 letters before and 30 after the place in question. Some letters are not known
# for certain (N: any), and some stretches are there twice: those are dropped, so that none is
# asked about after it has been learned.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sksequence import RNNClassifier, TokenEncoder
from sksequence.datasets import fetch_splice

X, y = fetch_splice(return_X_y=True)
table = pd.DataFrame({"sequence": X, "junction": y}).drop_duplicates("sequence")
X, X_new, y, y_new = train_test_split(
    table["sequence"].tolist(),
    table["junction"].to_numpy(),
    test_size=0.25,
    stratify=table["junction"],
    random_state=0,
)
print(table["junction"].value_counts().to_string())

# %%
# A convolution over nine letters, a recurrent network over what it finds, in both directions.

network = make_pipeline(
    TokenEncoder(analyzer="char"),
    RNNClassifier(
        embedding_size=None,
        conv_size=48,
        conv_width=9,
        hidden_size=32,
        bidirectional=True,
        pooling="max",
        dropout=0.3,
        random_state=0,
    ),
)
told = network.fit(X, y).predict(X_new)
print(classification_report(y_new, told, digits=3, zero_division=0.0))

# %%
# All stretches are of one length, with the junction in the middle. That suits a linear model which
# has a weight for each letter at each place, and it is hard to beat here. The network was told
# nothing of places.

linear = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=1000))
linear.fit([list(s) for s in X], y)
for name, score in (
    ("network", network.score(X_new, y_new)),
    ("letters at places", linear.score([list(s) for s in X_new], y_new)),
):
    print(f"{name:<18} {100 * (1 - score):.1f} % wrong of {len(y_new)}")

# %%
# Which letters does it need?
# ---------------------------
# One place after the other, the letter there is taken from another stretch, and how much surer of
# the right answer the network was before is written down. Biologists know the answer: an intron
# begins with GT and ends with AG, after a run of C and T.

rng = np.random.default_rng(0)
letters = np.array([list(sequence) for sequence in X_new])  # (n_sequences, 60)
codes = np.searchsorted(network.classes_, y_new)


def sureness(letters):
    """Logarithm of the probability of the right answer, ``(n_sequences,)``."""
    chances = network.predict_proba(["".join(row) for row in letters])
    return np.log(np.maximum(chances[np.arange(len(codes)), codes], 1e-4))


before = sureness(letters)
lost = np.zeros((len(network.classes_), letters.shape[1]))
for place in range(letters.shape[1]):
    changed = letters.copy()
    changed[:, place] = rng.permutation(changed[:, place])
    loss = before - sureness(changed)
    lost[:, place] = [loss[codes == k].mean() for k in range(len(lost))]

figure, axes = plt.subplots(2, 1, figsize=(9, 4.6), layout="constrained", sharex=True)
place = np.r_[-30:0, 1:31]
titles = {"EI": "the begin of an intron (EI)", "IE": "the end of an intron (IE)"}
for ax, (label, title) in zip(axes, titles.items(), strict=True):
    ax.bar(place, lost[list(network.classes_).index(label)], color="#1f5f99", width=0.9)
    ax.axvline(0, color="0.6", linestyle=":")
    ax.set_title(title, fontsize=10, loc="left")
    ax.set_ylabel("sureness lost")
    ax.spines[["top", "right"]].set_visible(False)
axes[1].set_xlabel("letters from the junction; the one that is taken from elsewhere")
plt.show()
