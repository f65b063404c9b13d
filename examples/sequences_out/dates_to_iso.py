"""
Dates, letter by letter
=======================

"Sunday the 3rd of May 1998" is 1998-05-03. The text goes in letter by letter and comes out letter
by letter; both are of any length, and which letters of one belong to which of the other is for the
network to find out. Attention shows what it found.

Dates are drawn in twenty formats, so the page runs everywhere.
"""

# %%
# To be honest the dates to be judged by are of *days* that were not learned from in any format.

import matplotlib.pyplot as plt

from sksequence import AttentionDisplay, Seq2SeqTransformer
from sksequence.datasets import make_dates
from sksequence.metrics import exact_match_score

N_TRAIN = 2000
X, y = make_dates(2800, random_state=0)
known = set(y[:N_TRAIN])
new = [i for i in range(N_TRAIN, len(y)) if y[i] not in known]
X_new, y_new = [X[i] for i in new], [y[i] for i in new]
for text, iso in zip(X[:4], y[:4], strict=True):
    print(f"{text!r} -> {iso!r}")

# %%
# An encoder reads the letters in both directions. A decoder writes one letter after the other, and
# at each looks back at all the states of the encoder: attention. ``analyzer="char"`` makes letters
# the steps of both sides; without it words would be.

model = Seq2SeqTransformer(
    analyzer="char",
    hidden_size=64,
    embedding_size=32,
    input_feeding=False,  # faster: all steps of a batch at once
    dropout=0.1,
    batch_size=32,
    learning_rate=0.01,
    max_epochs=12,
    random_state=0,
)
model.fit(X[:N_TRAIN], y[:N_TRAIN])

# %%
# An answer counts if all ten characters are right. The simple way is to look for the most similar
# text among those that were learned from, by runs of letters, and to take over its answer. Of days
# that are new it cannot be right.

written = model.transform(X_new)
print(f"{len(new)} dates of new days")
print(f"  network         {100 * exact_match_score(y_new, written):.1f} % right")
print("  nearest text      0.0 % right, by construction")
wrong = [trio for trio in zip(X_new, written, y_new, strict=True) if trio[1] != trio[2]]
for text, said, iso in wrong[:3]:
    print(f"  {text!r}: {said}, should be {iso}")

# %%
# Where does it look?
# -------------------
# A column is a letter that was read, a row a letter that was written. The year comes first and is
# read at the end; for the month, the network looks at the letters that tell it from the others.

shown = ["Sunday the 3rd of May 1998", "22 DEC 2047"]
for text, iso in zip(shown, model.transform(shown), strict=True):
    print(f"{text!r} -> {iso}")
AttentionDisplay.from_estimator(model, shown)
plt.show()
