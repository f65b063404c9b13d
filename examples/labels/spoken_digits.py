"""
A telephone number, spoken
==========================

Somebody says a number digit by digit. The network is told what was said in a recording, and never
when. Connectionist temporal classification (CTC) adds up all the ways in which the digits may lie
in time.

The recordings are of six people (Jackson and others, Free Spoken Digit Dataset); numbers are put
together from single digits of one of them each.
"""

# %%
# Numbers of one to seven digits, as sounds with 8,000 values a second. The recordings of which the
# new ones are made were not learned from.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from sksequence import AlignmentDisplay, CTCTranscriber, LogMelSpectrogram
from sksequence.datasets import fetch_spoken_digits

RATE = 8000
digits = fetch_spoken_digits()


def say(texts, part, seed):
    """Numbers put together from the recordings of one speaker each."""
    rng = np.random.default_rng(seed)
    sounds = []
    for text in texts:
        own = part.speaker == rng.choice(np.unique(part.speaker))
        at = [rng.choice(np.flatnonzero(own & (part.target == digit))) for digit in text]
        sounds.append(np.concatenate([part.data[i] for i in at]))
    return sounds


rng = np.random.default_rng(0)
y = ["".join(map(str, rng.integers(0, 10, size=n))) for n in rng.integers(1, 8, size=1000)]
y_new = ["5550142", *("".join(map(str, rng.integers(0, 10, size=5))) for _ in range(99))]
X, X_new = say(y, digits.train, 1), say(y_new, digits.test, 2)

# %%
# ``LogMelSpectrogram`` makes 32 bands of frequency of the sound, a hundred times a second. The
# transcriber gives each moment probabilities of ten digits and of "nothing", and of the moments a
# string.

pipeline = make_pipeline(
    LogMelSpectrogram(sampling_rate=RATE, n_mels=32),
    CTCTranscriber(
        hidden_size=64,
        conv_size=48,
        conv_width=5,
        stride=3,
        learning_rate=0.005,
        learning_rate_schedule="one_cycle",
        batch_size=12,
        early_stopping=False,
        max_epochs=8,
        random_state=0,
    ),
).fit(X, y)

# %%
# ``score`` is one minus the rate of wrong digits: inserted, left out, or another. Whoever knew the
# number of digits and guessed them would have nine of ten wrong.

print(f"said {y_new[0]}, written {pipeline.predict(X_new[:1])[0]}")
print(f"of 100 numbers {100 * (1 - pipeline.score(X_new, y_new)):.1f} % wrong digits")

# %%
# Nobody told it when a digit was spoken; still it can say so.

spectrogram, transcriber = pipeline[:-1], pipeline[-1]
frames = spectrogram.transform(X_new[:1])
seconds = spectrogram[-1].hop / 1000
(when,) = transcriber.align(frames, y_new[:1], step_seconds=seconds, as_frame=True)
print(when[["label", "start_seconds", "stop_seconds"]].round(2).to_string(index=False))

# %%
# Above, what the network hears; below, the probabilities of the digits over time.

AlignmentDisplay.from_estimator(pipeline, X_new[0])
plt.show()
