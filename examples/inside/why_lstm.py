"""
Why LSTM: the simple network forgets
====================================

The first number of a sequence is to be said at its end, and all numbers in between mean nothing.
So whoever reads it has to remember one number, and how large it was. Three cells try: the simple
recurrent network, the GRU, and the LSTM.

The sequences are drawn, so the page runs everywhere.
"""

# %%
# Numbers between -1 and 1, and a mark at the first one, which is the answer.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sksequence import GradientFlowDisplay, RNNRegressor, StateDisplay
from sksequence.cells import LSTM
from sksequence.inspection import plot_unfolded


def draw(n_steps, seed):
    """1,000 sequences, and the first number of each."""
    rng = np.random.default_rng([seed, n_steps])
    numbers = rng.uniform(-1, 1, size=(1000, n_steps))
    mark = np.zeros_like(numbers)
    mark[:, 0] = 1
    return np.stack([numbers, mark], axis=2), numbers[:, 0]


# %%
# A recurrent network is one small network used over and over. Unfolded in time it is as deep as
# the sequence is long, and the error at the end has to find its way back through all of it.

plot_unfolded()
plt.show()

# %%
# All three have the same size and settings. The LSTM's forget gate starts open, as it should where
# much is to be remembered.

CELLS = {"rnn": "rnn", "gru": "gru", "lstm": LSTM(forget_bias=4.0)}


def network(cell, max_epochs, learning_rate=0.005):
    """The same but for the cell."""
    return RNNRegressor(
        cell=cell,
        hidden_size=16,
        learning_rate=learning_rate,
        max_epochs=max_epochs,
        early_stopping=False,
        random_state=1,
    )


scores, learned = {}, {}
for n_steps in (10, 20, 40):
    learned = {name: network(cell, 20).fit(*draw(n_steps, 0)) for name, cell in CELLS.items()}
    scores[n_steps] = {name: one.score(*draw(n_steps, 1)) for name, one in learned.items()}
print("share of the variance explained; who always says the mean explains none of it")
print(pd.DataFrame(scores).T.rename_axis("steps").round(2))

# %%
# One network of each kind was trained, and the simple one has its good and its bad days. The trend
# is what counts: with every step the way back gets longer.

# %%
# How far does the gradient reach?
# --------------------------------
# Learning follows the gradient of the error. Going back in time it is multiplied by one matrix
# after the other and dies away, or it does not. Left, before learning; right, after: where the
# gradient does not reach the first step, nothing can be learned of it.

new = {name: network(cell, 1, 1e-9).fit(*draw(40, 0)) for name, cell in CELLS.items()}
figure, axes = plt.subplots(1, 2, figsize=(11, 3.9), sharey=True, layout="constrained")
for ax, nets, title in zip(axes, (new, learned), ("before learning", "after"), strict=True):
    GradientFlowDisplay.from_estimator(nets, *draw(40, 0), ax=ax)
    ax.set_title(title)
axes[1].set_ylabel("")
plt.show()

# %%
# What do the units of the LSTM do? The sequence with the largest first number goes through: units
# that remember it jump at the first step and stay there.

X, y = draw(40, 2)
StateDisplay.from_estimator(learned["lstm"], X[np.argmax(y)])
plt.show()

# sphinx_gallery_thumbnail_number = 2
