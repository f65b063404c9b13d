"""
A sentence for an image
=======================

Two coloured shapes are drawn beside or above each other, and a sentence says which. A network sees
pixels and learns to write the sentence; at each word it looks at a part of the image, and nobody
tells it at which.

The images are drawn, so the page runs everywhere, in a few minutes. Photographs with captions are
in ``fetch_flickr8k``; from a thousand of them a network learns what captions are like, and little
of what is seen.
"""

# %%
# Each image has two captions that are both right.

import matplotlib.pyplot as plt
import numpy as np

from sksequence import AttentionDisplay, SequenceCaptioner
from sksequence.metrics import bleu_score

COLOURS = {"red": (0.9, 0.2, 0.2), "green": (0.2, 0.7, 0.3), "blue": (0.2, 0.4, 0.9)}
SHAPES = {
    "circle": lambda x, y: x**2 + y**2 < 1,
    "square": lambda x, y: (np.abs(x) < 0.85) & (np.abs(y) < 0.85),
    "triangle": lambda x, y: (np.abs(x) < (y + 1) / 2) & (np.abs(y) < 0.9),
}


def draw(n_images, size=32, random_state=0):
    """Two shapes on a pale ground, and what one says of them."""
    rng = np.random.default_rng(random_state)
    images = np.full((n_images, size, size, 3), 0.93) + rng.normal(0, 0.02, (n_images, 1, 1, 3))
    captions = []
    for image in images:
        words = []
        beside = rng.random() < 0.5
        for place in (0.27, 0.73):
            across, down = (place, rng.uniform(0.3, 0.7))[:: 1 if beside else -1]
            colour, shape = rng.choice(list(COLOURS)), rng.choice(list(SHAPES))
            row, column = np.mgrid[:size, :size] / size
            radius = rng.uniform(0.14, 0.2)
            image[SHAPES[shape]((column - across) / radius, (row - down) / radius)] = COLOURS[
                colour
            ]
            words.append(f"a {colour} {shape}")
        captions.append([f"{words[0]} and {words[1]}", f"{words[1]} and {words[0]}"])
    return np.clip(images, 0, 1), captions


X, y = draw(1300)
X, X_new, y, y_new = X[:1200], X[1200:], y[:1200], y[1200:]
print(y[0])

# %%
# A small convolutional network reads the image and is trained together with the decoder that
# writes.

captioner = SequenceCaptioner(
    image_encoder="cnn",
    encoding_size=64,
    hidden_size=96,
    embedding_size=48,
    batch_size=32,
    learning_rate=0.003,
    max_epochs=12,
    random_state=0,
).fit(X, y)

# %%
# "Right" is word for word one of the two captions. The simple way is to take over the caption of
# the image whose pixels are nearest.

written = captioner.transform(X_new)
flat, flat_new = X.reshape(len(X), -1), X_new.reshape(len(X_new), -1)
nearest = [y[np.square(flat - image).sum(axis=1).argmin()][0] for image in flat_new]
for name, texts in (("network", written), ("nearest image", nearest)):
    right = np.mean([text in both for text, both in zip(texts, y_new, strict=True)])
    print(f"{name:<14} {100 * right:.0f} % right, BLEU {bleu_score(y_new, texts):.1f}")

# %%
# At "red" it should look at what is red. The brighter a part of the image is shown, the more the
# word above it owes to that part.

AttentionDisplay.from_estimator(captioner, X_new[1:3])
plt.show()
