"""
The adding problem: how far back can it add?
============================================

A long sequence of numbers, two of which are marked; their sum is asked for at the end. It is the
oldest test of long memory, and simple: if the marks are not remembered, the best answer is always
one, and the mean squared error of that is 1/6.

The sequences are drawn, so the page runs everywhere.
"""

# %%
# A step holds a number and a mark.

import matplotlib.pyplot as plt
import numpy as np

from sksequence import RNNRegressor, TrainingDisplay
from sksequence.datasets import make_adding_problem

N_STEPS = 60
X, y = make_adding_problem(4000, n_steps=N_STEPS, random_state=0)
X_new, y_new = make_adding_problem(1000, n_steps=N_STEPS, random_state=1)
first = X[0]
for step in np.flatnonzero(first[:, 1]):
    print(f"step {step}: {first[step, 0]:.3f}")
print(f"their sum: {y[0]:.3f}")

# %%
# The simple network, the LSTM and the GRU learn from the same sequences with the same settings.

networks = {}
for cell in ("rnn", "lstm", "gru"):
    networks[cell] = RNNRegressor(
        cell=cell,
        hidden_size=32,
        batch_size=32,
        learning_rate=0.01,
        learning_rate_schedule="one_cycle",
        max_epochs=20,
        early_stopping=False,
        random_state=0,
    ).fit(X, y)
print(f"always one   {np.mean((y_new - 1) ** 2):.4f}")
for cell, network in networks.items():
    print(f"{cell:<12} {np.mean((network.predict(X_new) - y_new) ** 2):.4f}")

# %%
# Who has understood stays on the diagonal; who has not says the same whatever comes.

colors = {"rnn": "#b5482a", "lstm": "#1f5f99", "gru": "#3f8f6b"}
figure, axes = plt.subplots(1, 3, figsize=(9, 3.3), layout="constrained", sharey=True)
for ax, (cell, network) in zip(axes, networks.items(), strict=True):
    ax.plot([0, 2], [0, 2], color="0.8", linewidth=1)
    ax.scatter(y_new, network.predict(X_new), s=4, color=colors[cell])
    ax.set(xlim=(0, 2), ylim=(0, 2), aspect="equal", title=cell, xlabel="true sum")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("said")
plt.show()

# %%
# Learning it comes all at once: for some epochs the error stays at that of always one, and then it
# falls. With another ``random_state``, or more steps, that may be later or never.

TrainingDisplay.from_estimator(networks, log_scale=True, details=False)
plt.show()
