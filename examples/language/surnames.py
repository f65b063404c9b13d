"""
New names, odd names: a language model for each language
========================================================

How probable is it that a name is Italian? One can ask how probable the name is *if* it is Italian:
a language model for each language, and Bayes' rule, make a classifier of names. It can do more
than one that only tells names apart: it invents names, and finds those that are unlike the others.

The data are surnames; the five most frequent languages are taken.
"""

# %%
# Names of a language are sequences of letters, and labels are not needed to learn what they look
# like.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sksequence import RNNLanguageModel
from sksequence.datasets import fetch_surnames

LANGUAGES = ["Arabic", "English", "Italian", "Japanese", "Russian"]
names, languages = fetch_surnames(drop_duplicates=True, return_X_y=True)
kept = [i for i in range(len(names)) if languages[i] in LANGUAGES]
names, languages = np.array([names[i] for i in kept]), np.asarray(languages)[kept]
X, X_new, y, y_new = train_test_split(
    names, languages, test_size=0.2, stratify=languages, random_state=0
)
models = {}
for language in LANGUAGES:
    own = list(X[y == language])
    models[language] = RNNLanguageModel(
        hidden_size=64,
        embedding_size=16,
        dropout=0.2,
        batch_size=16,
        max_epochs=min(40, 2 + 20_000 // len(own)),  # few names are read more often
        early_stopping=False,
        random_state=0,
    ).fit(own)

# %%
# ``score_samples`` is the logarithm of the probability of a name, its end included. Add the
# logarithm of the share of the language, and the largest sum is the answer. Runs of letters with
# logistic regression stand beside it. Most names are Russian, so languages count the same here.

log_shares = np.log([np.mean(y == language) for language in LANGUAGES])
evidence = np.stack([models[one].score_samples(list(X_new)) for one in LANGUAGES], axis=1)
told = np.array(LANGUAGES)[(log_shares + evidence).argmax(axis=1)]
runs = make_pipeline(
    TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True),
    LogisticRegression(C=10, max_iter=1000),
).fit(X, y)
for name, answer in (("a model each", told), ("runs of letters", runs.predict(X_new))):
    print(f"{name:<16} {100 * balanced_accuracy_score(y_new, answer):.1f} % right")

# %%
# Names per letter least probable in their own language, and new ones that are in no list:

for language, model in models.items():
    own = X[y == language]
    per_letter = model.score_samples(list(own)) / [len(name) + 1 for name in own]
    new = [name for name in model.sample(30, random_state=0) if name not in set(names)]
    print(f"{language}: odd {', '.join(own[per_letter.argsort()[:3]])}; new {', '.join(new[:4])}")

# %%
# A name that is cut off after each of its letters: to which language would it belong if it ended
# there?

name = "Nakamoretti"
steps = [name[:n] for n in range(1, len(name) + 1)]
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
chances = log_shares + np.stack([models[one].score_samples(steps) for one in LANGUAGES], axis=1)
chances = np.exp(chances - chances.max(axis=1, keepdims=True))
chances /= chances.sum(axis=1, keepdims=True)
colors = ["#c9ccd1", "#8a8f98", "#b5482a", "#e0a458", "#1f5f99"]
ax.stackplot(range(len(name)), chances.T, labels=LANGUAGES, colors=colors)
ax.set_xticks(range(len(name)), name)
ax.set(
    xlim=(0, len(name) - 1), ylim=(0, 1), ylabel="probability", title="cut off after this letter"
)
ax.legend(ncols=5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1))
plt.show()
