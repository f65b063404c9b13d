"""
Handwritten digits, row by row
==============================

An image of 28 by 28 pixels is a sequence of 28 rows, read from the top. Nobody would do it that
way to read digits, but one can watch the network make up its mind on the way down.

The data are the digits of MNIST (LeCun and others, 1998); 10,000 of the 60,000 are learned from,
so that the page is quick.
"""

# %%
# A step is a row of 28 pixels: an array ``(n_images, 28, 28)`` is what the classifier takes as it
# is.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sksequence import RNNClassifier
from sksequence.datasets import fetch_mnist

X, y = fetch_mnist(split="train", return_X_y=True)
X_new, y_new = fetch_mnist(split="test", return_X_y=True)
some = np.random.default_rng(0).permutation(len(X))[:10_000]
X, y = X[some] / 255, y[some]
X_new = X_new / 255
print(f"{X.shape[0]:,} images of {X.shape[1]} rows of {X.shape[2]} pixels to learn from.")

# %%
# The answer is given at the last row. Logistic regression sees all pixels at once.

network = RNNClassifier(
    hidden_size=64, normalize=False, batch_size=64, max_epochs=8, random_state=0
).fit(X, y)
flat = make_pipeline(
    FunctionTransformer(lambda images: images.reshape(len(images), -1)),
    LogisticRegression(C=0.1, max_iter=200),
).fit(X, y)
for name, model in (("network, row by row", network), ("logistic regression", flat)):
    print(f"{name:<20} {100 * model.score(X_new, y_new):.1f} % right of {len(y_new):,}")

# %%
# Making up its mind
# ------------------
# ``stream`` takes one step after the other and has an answer after each. The probabilities are
# drawn below the images, row by row, for five digits. Trained for the last row alone, the network
# still has opinions before it, and changes them where the strokes part.

examples = [np.flatnonzero(y_new == digit)[3] for digit in (2, 3, 4, 7, 9)]
figure, axes = plt.subplots(
    2, len(examples), figsize=(11, 5), layout="constrained", height_ratios=[1, 1]
)
for (top, below), i in zip(axes.T, examples, strict=True):
    stream, chances = network.stream(), []
    for row in X_new[i]:
        stream.step(row)
        chances.append(stream.predict_proba())
    top.imshow(X_new[i], cmap="gray_r")
    top.set(xticks=[], yticks=[0, 27], title=f"a {y_new[i]}")
    below.imshow(chances, cmap="YlGnBu", vmin=0, vmax=1, aspect="auto")
    below.set(xticks=range(10), yticks=[0, 27], xlabel="probability of digit")
axes[0, 0].set_ylabel("row")
axes[1, 0].set_ylabel("after row")
plt.show()
