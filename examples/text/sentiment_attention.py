"""
Sentiment, from words to attention
==================================

Is a review positive? Three steps lead from words to an answer that can be looked at: vectors for
words, a recurrent network that reads them in their order, and attention, which says what the
answer was made of.

The reviews are those that come with the package, 1,012 invented ones about films and restaurants.
"""

# %%
# Reviews are of any length, from three words to more than a hundred. They stay as they are, a list
# of strings, and are split as any other data are.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sksequence import AttentionDisplay, EmbeddingDisplay, RNNClassifier, Word2VecEmbedder
from sksequence.datasets import load_reviews

reviews = load_reviews()
X, X_new, y, y_new = train_test_split(
    reviews.data, reviews.target, test_size=0.25, stratify=reviews.target, random_state=0
)
print(f"{len(X)} reviews to learn from, {len(X_new)} new ones. The first:")
print(f"{X[0]!r} -> {y[0]}")

# %%
# Step one: vectors for words
# ---------------------------
# ``Word2VecEmbedder`` learns a vector for each word from its neighbours in the reviews; no label
# is needed for that. What it returns is still a sequence for each review: the numbers of its
# words, and one table with their vectors for all of them. Words that are used alike are close to
# each other. A thousand reviews are not much text, so that "used alike" is mostly "said of the
# same things".

embedder = Word2VecEmbedder(vector_size=50, random_state=0).fit(X)
EmbeddingDisplay.from_estimator(embedder, ["soup", "waiter", "actors", "boring"], n_neighbours=6)
plt.show()

# %%
# Step two: read in order
# -----------------------
# The vectors are where the classifier starts; it may change them. The network reads each review
# once forwards and once backwards. With ``pooling="attention"`` its answer is made of the states
# at all words, each with a weight that the network gives it, and not of the last state alone.

model = make_pipeline(
    Word2VecEmbedder(vector_size=50, random_state=0),
    RNNClassifier(
        hidden_size=32, bidirectional=True, pooling="attention", dropout=0.5, random_state=0
    ),
)
model.fit(X, y)
print(classification_report(y_new, model.predict(X_new)))

# %%
# Counting words and pairs of words is the way to beat: it is quick, and on short reviews it is
# good. The standard error says how large a difference has to be before it means something.

counts = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10)).fit(X, y)
for name, one in (("network with attention", model), ("words and pairs counted", counts)):
    accuracy = one.score(X_new, y_new)
    error = np.sqrt(accuracy * (1 - accuracy) / len(y_new))
    print(f"{name:<24} {100 * accuracy:.1f} ± {100 * error:.1f} % right")

# %%
# Step three: which words spoke?
# ------------------------------
# The weights of a review add up to one. Each is that of the *state* at a word, and that state has
# read the words around it too; so the weights point to the place, and not always to the word.
#
# Three new reviews of middling length are shown, one of them answered wrongly where there is one.
# Words in brackets are new to the network.

told = model.predict(X_new)
lengths = np.array([len(text.split()) for text in X_new])
fitting = (lengths >= 12) & (lengths <= 20)
right, wrong = (np.flatnonzero(fitting & found) for found in (told == y_new, told != y_new))
shown = [*right[:2], *wrong[:1]] if len(wrong) else right[:3]
AttentionDisplay.from_estimator(model, [X_new[i] for i in shown], [y_new[i] for i in shown])
plt.show()

# sphinx_gallery_thumbnail_number = 2
