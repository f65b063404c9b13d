"""
Is somebody in the office?
==========================

Five sensors measure an office each minute: warmth, humidity, light and the staleness of the air.
When is somebody there? Air gets stale slowly after people came, and fresh slowly after they left,
so that a minute alone says less than the minutes around it.

The data are those of Candanedo and Feldheim (2016).
"""

# %%
# A day is a sequence, and each of its minutes has a label.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import RNNTagger
from sksequence.datasets import fetch_occupancy
from sksequence.metrics import token_accuracy_score

office = fetch_occupancy(by_day=True)
X, y = office.train.data, office.train.target
X_new, y_new = office.test_open.data, office.test_open.target
print(X)
print(f"{len(X)} days to learn from, {len(X_new)} to be judged by.")

# %%
# The network reads each day in both directions. Logistic regression sees the same minute alone.

network = RNNTagger(
    hidden_size=16, dropout=0.3, batch_size=2, learning_rate=0.01, max_epochs=30, random_state=0
).fit(X, y)
minute = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
minute.fit(np.concatenate(X.to_list()), np.concatenate(y))
answers = {
    "network": list(network.predict(X_new)),
    "same minute alone": [minute.predict(day) for day in X_new.to_list()],
}
for name, labels in answers.items():
    print(f"{name:<18} {100 * token_accuracy_score(y_new, labels):.2f} % of the minutes right")

# %%
# Somebody who works has the light on, so that one sensor gives the answer away and little is left
# to be won: the two are all but equal, and neither sees who leaves for some minutes. The busiest
# of the new days shows why.

whole = [i for i in range(len(X_new)) if len(y_new[i]) == 24 * 60]
busiest = max(whole, key=lambda i: np.sum(np.asarray(y_new[i]) == "occupied"))
sensors = ("Temperature (°C)", "Light (lux)", "CO2 (ppm)")
figure, axes = plt.subplots(4, 1, figsize=(8, 6), sharex=True, layout="constrained")
hours = np.arange(24 * 60) / 60
for ax, name, column in zip(axes, sensors, (0, 2, 3), strict=False):
    ax.plot(hours, X_new[busiest][:, column], color="#1f5f99", linewidth=1)
    ax.set_ylabel(name, fontsize=9)
day = {"true": y_new[busiest], **{name: labels[busiest] for name, labels in answers.items()}}
for row, (labels, color) in enumerate(
    zip(day.values(), ("#33373d", "#1f5f99", "#8a8f98"), strict=True)
):
    inside = np.asarray(labels) == "occupied"
    axes[3].fill_between(hours, row + 0.15, row + 0.85, where=inside, color=color, linewidth=0)
axes[3].set_yticks(np.arange(len(day)) + 0.5, list(day), fontsize=9)
axes[3].set(ylim=(len(day), 0), xlim=(0, 24), xticks=range(0, 25, 3), xlabel="hour of the day")
axes[3].set_title("occupied", fontsize=10, loc="left")
for ax in axes:
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
