"""
Writing like Shakespeare
========================

A network reads plays and guesses the next character, over and over. After a while it can write:
one character is drawn from its guess, then the next. Nobody tells it about words, lines or names;
it is asked at the end what it knows of them.

The text is a part of the plays as Karpathy (2015) put them together.
"""

# %%
# 300,000 characters are learned from, and the 30,000 after them are to be guessed.

from itertools import accumulate

import matplotlib.pyplot as plt

from sksequence import RNNLanguageModel, StateDisplay
from sksequence.datasets import fetch_tiny_shakespeare
from sksequence.inspection import find_units

plays = fetch_tiny_shakespeare().data[:330_000]
start = len(plays) * 10 // 11
text, following = plays[:start], plays[start:]
model = RNNLanguageModel(
    hidden_size=128,
    embedding_size=None,
    batch_size=32,
    learning_rate=0.005,
    early_stopping=False,
    warm_start=True,
    random_state=0,
)

# %%
# It learns in three stages, and writes a little after each. With ``warm_start=True`` ``fit`` goes
# on where it was. Bits a character say how surprised the model is by the text that follows;
# characters that are drawn as often as they occur, and in no order, would need about 4.7.

for n_epochs in (1, 2, 5):
    model.set_params(max_epochs=n_epochs).fit(text)
    bits = model.bits_per_step(following)
    print(f"--- {model.n_epochs_} epochs, {bits:.2f} bits a character ---")
    print(model.sample(max_steps=150, temperature=0.8, random_state=0)[0], end="\n\n")

# %%
# The temperature makes it shy or bold: low ones take what is likely, high ones what is possible.

for temperature in (0.3, 1.0, 1.5):
    (drawn,) = model.sample(
        prefix="\n\nKING:\n", max_steps=120, temperature=temperature, random_state=0
    )
    print(f"--- temperature {temperature} ---{drawn}\n")

# %%
# What does it know?
# ------------------
# Lines break after some forty characters. Is there a unit that counts? ``find_units`` ranks units
# by how well they tell a property, here the number of characters since the line began.


def place_in_line(characters):
    """Characters since the line began."""
    return list(accumulate(characters, lambda n, c: 0 if c == "\n" else n + 1, initial=0))[1:]


units = find_units(model, following[:10_000], place_in_line)
print(units.head(3).round(2).to_string(index=False))

# %%
# A text coloured by the best of them. Look at how the colour changes along the lines.

start = following.index("\n\n") + 2
StateDisplay.from_estimator(model, following[start : start + 400], unit=int(units["unit"][0]))
plt.show()
