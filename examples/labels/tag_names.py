"""
Names in the news
=================

Persons, places, organisations: which words of a sentence belong to a name, and to which kind? Many
names have never been seen before, so that they have to be told by their letters and by the words
around them.

The data are English news of the shared task CoNLL-2003; 3,000 of the 14,000 sentences are learned
from, so that the figures are far below what the data allow.
"""

# %%
# Labels are in the scheme BIO: a name begins (B-PER) and goes on (I-PER); all else is O.

import matplotlib.pyplot as plt
import numpy as np

from sksequence import RNNTagger, TagDisplay
from sksequence.datasets import fetch_conll2003
from sksequence.metrics import entity_f1_score, entity_report
from sksequence.preprocessing import convert_tags

news = fetch_conll2003()
X, X_new = news.train.data[:3000], news.test.data[:1000]
y = convert_tags(news.train.target[:3000], "IOB1", "BIO")
y_new = convert_tags(news.test.target[:1000], "IOB1", "BIO")
known = {word for words in X for word in words}
unseen = np.mean([word not in known for words in X_new for word in words])
print(f"{100 * unseen:.0f} % of the words of new sentences are new themselves.")

# %%
# The network reads words, how they are written (capitals, digits) and their letters.
# ``output="crf"`` makes a chain of the labels: I-PER cannot follow O, and all labels of a sentence
# are chosen together.

tagger = RNNTagger(
    output="crf",
    scheme="BIO",
    zero_digits=True,
    hidden_size=64,
    embedding_size=64,
    dropout=0.4,
    learning_rate=0.005,
    max_epochs=10,
    random_state=0,
)
found = tagger.fit(X, y).predict(X_new)
print(entity_report(y_new, found))

# %%
# A name counts if its begin, its end and its kind are right. The simple way: each word gets the
# label that it had most often in training, and a new word none.

seen = {}
for words, labels in zip(X, y, strict=True):
    for word, label in zip(words, labels, strict=True):
        seen.setdefault(word, []).append(label)
usual = {word: max(set(labels), key=labels.count) for word, labels in seen.items()}
looked_up = [[usual.get(word, "O") for word in words] for words in X_new]
for name, labels in (("network", found), ("most frequent label", looked_up)):
    print(f"{name:<20} F1 of whole names {100 * entity_f1_score(y_new, labels):.1f} %")

# %%
# Which kinds are confused, missed, or seen where nothing is:

TagDisplay.from_predictions(y_new, found, X_new)
plt.show()

# %%
# And some sentences, among them those where something is wrong.

wrong = [i for i in range(4, len(X_new)) if list(found[i]) != list(y_new[i])]
shown = [0, 1, 2, 3, *[i for i in wrong if 6 <= len(X_new[i]) <= 16][:5]]
TagDisplay(*([side[i] for i in shown] for side in (y_new, found, X_new))).plot("text")
plt.show()
