"""
German to English
=================

Descriptions of photographs, translated word by word by a network with attention. It learns from
10,000 of the 29,000 pairs of Multi30k for a few minutes: enough to see it work, and far from what
the data allow.

The data are those of Elliott and others (2016).
"""

# %%
# The pairs are plain strings. The translator has a vocabulary for each side; words that are there
# only once are unknown words.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from sksequence import AttentionDisplay, Seq2SeqTransformer
from sksequence.datasets import fetch_multi30k
from sksequence.metrics import bleu_score

german, english = fetch_multi30k(split="train", return_X_y=True)
german_new, english_new = fetch_multi30k(split="test_2016", return_X_y=True)
german, english = german[:10_000], english[:10_000]
print(german[0], english[0], sep="\n")

translator = Seq2SeqTransformer(
    hidden_size=128,
    embedding_size=128,
    input_feeding=False,  # all steps of a batch at once: faster, a little worse
    tie_embeddings=True,
    min_count=2,
    dropout=0.3,
    max_epochs=6,
    random_state=0,
)
translator.fit(german, english)

# %%
# BLEU compares runs of one to four words with those of a person's translation; 100 is word for
# word the same. The simple way beside it gives the English of the training sentence whose German
# is most similar. A beam keeps the five best beginnings at each word instead of one.

vectorizer = TfidfVectorizer(ngram_range=(1, 2)).fit(german)
similar = vectorizer.transform(german_new) @ vectorizer.transform(german).T
nearest = [english[i] for i in np.ravel(similar.argmax(axis=1))]
print(f"nearest sentence  BLEU {bleu_score(english_new, nearest, lowercase=True):.1f}")
print(f"network, greedy   BLEU {translator.score(german_new, english_new):.1f}")
translator.set_params(beam_size=5, length_penalty=1.0)  # no need to fit again
print(f"network, beam     BLEU {translator.score(german_new, english_new):.1f}")

# %%
# A few translations, whatever they are, and the three best of one of them.

written = translator.transform(german_new[:4])
for source, text, target in zip(german_new, written, english_new, strict=False):
    print(f"{source}\n  network  {text}\n  a person {target}")
outputs, scores = translator.transform_n_best([german_new[1]], n_best=3)
for text, score in zip(outputs[0], scores[0], strict=True):
    print(f"{score:6.2f}  {text}")

# %%
# The picture has a row for each English word and shows at which German ones the network looked.

AttentionDisplay.from_estimator(translator, german_new[1])
plt.show()
