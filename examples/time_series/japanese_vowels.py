"""
Vowels to speakers
==================

Nine men say two vowels after each other. Who was it? An utterance is 7 to 29 steps long, and a
step has twelve numbers: utterances of different lengths go into the network as they are.

The data are 640 utterances (Kudo, Toyama and Shimbo, 1999), 270 to learn from and 370 to test.
"""

# %%
# A ``SequenceArray`` holds sequences of any length in one block of memory, and scikit-learn takes
# it for X. How long utterances are, how many there are of each speaker, and four of them:

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import RNNClassifier, SequenceDisplay
from sksequence.datasets import fetch_japanese_vowels

vowels = fetch_japanese_vowels()
X, y = vowels.train.data, vowels.train.target
X_new, y_new = vowels.test.data, vowels.test.target
print(X)
SequenceDisplay.from_sequences(X, y, n_sequences=4)
plt.show()

# %%
# 270 utterances are few: dropout, and a mean over the states at all steps instead of the last one,
# keep the network from learning them by heart. The mean over a sequence of any length is as long
# as one state.

network = RNNClassifier(
    hidden_size=64,
    bidirectional=True,
    pooling="mean",
    dropout=0.5,
    batch_size=16,
    max_epochs=40,
    early_stopping=False,
    random_state=0,
)
network.fit(X, y)

# %%
# The simple way throws the order away: mean and spread of each number over the utterance, and
# logistic regression on them. On vowels, which are held, that is good already.


def summaries(sequences):
    """Mean and standard deviation of each feature, ``(n_sequences, 24)``."""
    return np.array([np.r_[x.mean(axis=0), x.std(axis=0)] for x in sequences])


simple = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
simple.fit(summaries(X), y)
for name, right in (
    ("network", network.score(X_new, y_new)),
    ("means and spreads", simple.score(summaries(X_new), y_new)),
):
    wrong = round((1 - right) * len(y_new))
    print(f"{name:<18} {100 * right:.1f} % right, {wrong} of {len(y_new)} wrong")

# %%
# How soon does it know?
# ----------------------
# A network that reads in both directions has to wait for the end. One that reads forwards only has
# an answer at any time; so a second network is trained, and asked about utterances of which it has
# heard the first steps. (``forwards.stream()`` would give the answers while somebody speaks.)

forwards = RNNClassifier(
    hidden_size=64, dropout=0.5, batch_size=16, max_epochs=40, early_stopping=False, random_state=0
).fit(X, y)
n_heard = np.arange(1, 16)
right = [np.mean(forwards.predict([x[:n] for x in X_new]) == y_new) for n in n_heard]

figure, (left, middle) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
left.plot(n_heard, 100 * np.array(right), "o-", color="#1f5f99")
left.set(xlabel="steps heard", ylabel="right (%)", ylim=(0, 100))
left.set_title("forwards, after so many steps")
left.spines[["top", "right"]].set_visible(False)
ConfusionMatrixDisplay.from_predictions(
    y_new, network.predict(X_new), cmap="YlGnBu", colorbar=False, ax=middle
)
middle.set(title="in both directions, at the end", xlabel="speaker told", ylabel="speaker")
plt.show()
