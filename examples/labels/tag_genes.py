"""
Genes in DNA: a label for each base
===================================

Which bases of a stretch of DNA are coding? A gene begins with a start codon, but such codons occur
anywhere by chance; that a gene is still open depends on a start that may be hundreds of bases
back, and on no stop codon in its frame since. That takes memory; a window does not reach.

The stretches are drawn, with open reading frames in them, so the page runs everywhere.
"""

# %%
# A stretch is a string, and its labels are as many as it has letters.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sksequence import RNNTagger, TagDisplay, TokenEncoder
from sksequence.datasets import make_genes
from sksequence.metrics import token_accuracy_score, token_f1_score

X, y = make_genes(250, random_state=0)
X_new, y_new = make_genes(50, random_state=1)
share = np.mean(np.concatenate(y_new) == "coding")
print(f"{len(X)} stretches to learn from; {100 * share:.0f} % of the bases of new ones are coding.")

# %%
# A convolution over nine letters sees codons; the network above it reads in both directions and
# gives a label at each letter.

tagger = RNNTagger(
    conv_size=32,
    conv_width=9,
    hidden_size=32,
    dropout=0.1,
    batch_size=8,
    learning_rate=0.01,
    learning_rate_schedule="cosine",
    max_epochs=18,
    early_stopping=False,
    random_state=0,
)
found = make_pipeline(TokenEncoder(analyzer="char"), tagger).fit(X, y).predict(X_new)

# %%
# The simple way sees 30 letters on each side and nothing beyond.

HALF = 30


def windows(sequence):
    """Each base with its neighbours, one-hot; zeros beyond the ends."""
    steps = np.zeros((len(sequence) + 2 * HALF, 4), dtype=np.float32)
    for i, base in enumerate(sequence):
        steps[HALF + i, "acgt".index(base)] = 1
    seen = np.lib.stride_tricks.sliding_window_view(steps, 2 * HALF + 1, axis=0)
    return seen.reshape(len(sequence), -1)  # (n_bases, 4 * (2 * HALF + 1))


seen, labels = np.concatenate([windows(s) for s in X]), np.concatenate(y)
some = np.random.default_rng(0).permutation(len(seen))[:10_000]
window = LogisticRegression(C=0.1, max_iter=200).fit(seen[some], labels[some])
answers = {"network": found, "window of 61": [window.predict(windows(s)) for s in X_new]}
for name, labels in answers.items():
    f1 = token_f1_score(y_new, labels, labels=["coding"])
    right = token_accuracy_score(y_new, labels)
    print(f"{name:<14} F1 of coding {100 * f1:.1f} %, {100 * right:.1f} % of the bases right")

# %%
# The two shortest of the new stretches. Colours say what was found, missed, or seen where nothing
# is.

shortest = np.argsort([len(s) for s in X_new])[:2]
sides = ([side[i] for i in shortest] for side in (y_new, found, X_new))
TagDisplay.from_predictions(*sides, outside="other", kind="text")
plt.show()
