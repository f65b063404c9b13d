"""
Going on with a chorale
=======================

A chorale by Bach as a piano roll: at each quarter note, which of 88 keys sound. A network learns
what comes next, and goes on from the beginning of a chorale that it has not heard.

The data are 382 chorales (Boulanger-Lewandowski and others, 2012).
"""

# %%
# A piece is an array of zeros and ones, one row a quarter note.

import matplotlib.pyplot as plt
import numpy as np

from sksequence import RNNLanguageModel
from sksequence.datasets import fetch_jsb_chorales
from sksequence.inspection import PianoRollDisplay

rolls = fetch_jsb_chorales()
train, test = list(rolls.train.data), list(rolls.test.data)
print(f"{len(train)} pieces to learn from, {len(test)} to be judged by; {train[0].shape[1]} keys")

# %%
# ``emission="bernoulli"``: each key sounds with some probability, and given the past the keys of a
# step are independent of one another. That is too simple for harmony, where keys go together.

model = RNNLanguageModel(
    emission="bernoulli",
    length_model=None,
    hidden_size=128,
    dropout=0.2,
    batch_size=8,
    learning_rate=0.01,
    learning_rate_schedule="one_cycle",
    max_epochs=25,
    early_stopping=False,
    random_state=0,
).fit(train)

# %%
# How surprising is a step of a new piece, in nats? Beside the network, keys that sound as often as
# usual and know nothing of the past.

chance = (np.concatenate(train).sum(axis=0) + 0.5) / (sum(map(len, train)) + 1)
steps = np.concatenate(test)
usual = -(steps * np.log(chance) + (1 - steps) * np.log1p(-chance)).sum(axis=1).mean()
print(f"keys as often as usual {usual:6.2f}")
print(f"network                {-model.score(test):6.2f}")

# %%
# The first sixteen quarter notes are Bach's; then the network goes on, twice.
# ``sksequence.preprocessing.write_midi`` makes a file to listen to.

drawn = model.sample(2, prefix=test[0][:16], max_steps=48, temperature=0.8, random_state=0)
names = ["the chorale", "drawn after 16 quarter notes", "drawn again"]
PianoRollDisplay([test[0][:64], *drawn], lowest_pitch=21, names=names).plot()
plt.show()
