"""
Where does a gene start? DNA by letters and by k-mers
=====================================================

A promoter is a stretch of DNA before a gene, to which the reading of the gene binds. In
*Escherichia coli* it has two short patterns of letters, the -35 box and the -10 box, at places and
with spellings that vary. Nobody tells the networks of this page about boxes; they get letters and
a label.

The sequences are drawn from the published counts of letters in real boxes, so the page runs
everywhere; ``fetch_promoters`` and ``fetch_ecoli_promoters`` have real ones.
"""

# %%
# Half of the 1,600 sequences of 57 letters hold a promoter; in the others all letters are chance.
# Half of all are learned from.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sksequence import RNNClassifier, TokenEncoder
from sksequence.datasets import make_promoters

X, y = make_promoters(1600, random_state=0)
X, X_new, y, y_new = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
for sequence, label in zip(X[:3], y[:3], strict=True):
    print(label, sequence)

# %%
# What is a step?
# ---------------
# DNA has no words. One can take each letter for a step, or each run of k letters, a k-mer, as if
# it were a word. With single letters a convolution over nine of them looks for patterns first, and
# the recurrent network above it reads where they are. With k-mers each has a vector of its own.

networks = {
    "letters": make_pipeline(
        TokenEncoder(analyzer="char"),
        RNNClassifier(
            embedding_size=None,
            conv_size=32,
            conv_width=9,
            hidden_size=16,
            bidirectional=True,
            pooling="attention",
            dropout=0.3,
            max_epochs=25,
            random_state=0,
        ),
    ),
    "3-mers": make_pipeline(
        TokenEncoder(analyzer="kmer", k=3),
        RNNClassifier(
            embedding_size=16,
            hidden_size=16,
            bidirectional=True,
            pooling="max",
            dropout=0.3,
            max_epochs=25,
            random_state=0,
        ),
    ),
}
for name, network in networks.items():
    steps = network[0].fit_transform(X[:1])
    first = list(network[0].inverse_transform(steps)[0][:5])
    print(f"{name:<8} {steps.lengths[0]} steps: {first} ...")

# %%
# Two simple ways stand beside them. Counting runs of letters knows which patterns are there, and
# not where. Logistic regression on the letter at each place knows nothing but places: it is at its
# best where the boxes stay put, and has to be given one column for each place and letter.


def at_places(sequences):
    """One column for each place and letter, ``(n_sequences, 57 * 4)``."""
    letters = np.array([list(sequence) for sequence in sequences])
    return (letters[:, :, None] == np.array(list("acgt"))).reshape(len(letters), -1)


runs = make_pipeline(
    CountVectorizer(analyzer="char", ngram_range=(1, 4)), LogisticRegression(C=0.01, max_iter=1000)
)
places = LogisticRegression(C=0.1, max_iter=1000).fit(at_places(X), y)
scores = {name: network.fit(X, y).score(X_new, y_new) for name, network in networks.items()}
scores["runs of letters"] = runs.fit(X, y).score(X_new, y_new)
scores["letters at places"] = places.score(at_places(X_new), y_new)
for name, score in scores.items():
    error = np.sqrt(score * (1 - score) / len(y_new))
    print(f"{name:<18} {100 * score:.1f} ± {100 * error:.1f} % right")

# %%
# Where does the network look?
# ----------------------------
# Attention weighs the states of the network, one for each letter. Averaged over new sequences it
# shows where in the sequence the answer is made. It is the *states* that are weighed, and they
# have read in both directions, so a peak stands near a box rather than exactly on it. Where there
# are no boxes the network looks at other places.

network = networks["letters"]
steps = network[0].transform(X_new)
weights = network[-1].attention_weights(steps).to_padded()[:, :, 0]  # (n_sequences, n_letters)
position = np.arange(weights.shape[1]) - 50  # 0: transcription starts

figure, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
for box, first in (("-35 box", -35), ("-10 box", -12)):  # where they mostly are
    ax.axvspan(first - 0.5, first + 5.5, color="0.92", zorder=0)
    ax.annotate(box, (first + 2.5, 0.97), xycoords=("data", "axes fraction"), ha="center", va="top")
for label, name, color in (("+", "promoters", "#1f5f99"), ("-", "others", "#8a8f98")):
    ax.plot(position, weights[y_new == label].mean(axis=0), color=color, label=name, linewidth=2)
ax.axvline(0, color="0.6", linestyle=":", label="start of transcription")
ax.set(xlabel="bases from the start of transcription", ylabel="mean attention", ylim=(0, None))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="upper left")
plt.show()
