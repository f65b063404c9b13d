"""Names in English news (CoNLL-2003): F1 of whole entities on the test sentences.

Learned from the 14,041 training sentences alone, without outside vectors, gazetteers or features
made by hand; the 3,250 validation sentences decide when to stop and nothing else. Words in lower
case with digits as 0, how they are written, and their characters go in; labels are turned into
IOBES. A chain and a softmax of the same network are trained with the same seeds. Settings are
those that papers report for networks of this kind (Huang and others, 2015; Lample and others,
2016; Ma and Hovy, 2016): none was chosen by the test sentences.
"""

from __future__ import annotations

import time

import numpy as np

from protocols._shared import with_interval
from protocols._tagging_baselines import MostFrequentTag
from sksequence import RNNTagger
from sksequence.datasets import fetch_conll2003
from sksequence.metrics import entity_f1_score
from sksequence.preprocessing import convert_tags

N_SEEDS = 3
PUBLISHED = "BI-LSTM-CRF with features made by hand 84.26, with letters instead about 83.6"


def tagger(output, seed, quick):
    """A bidirectional LSTM over words, their casing and their characters."""
    return RNNTagger(
        output=output,
        scheme="IOBES",
        zero_digits=True,
        character_network="cnn",
        character_size=30,
        embedding_size=100,
        hidden_size=200,
        dropout=0.5,
        batch_size=16,
        learning_rate=0.002,
        learning_rate_schedule="plateau",
        max_epochs=2 if quick else 40,
        n_iter_no_change=8,
        random_state=seed,
    )


def run(data, seed, quick):
    """F1 of a chain, of a softmax, and of the most frequent label of each word."""
    news = fetch_conll2003(data_home=data)
    n_train = 1500 if quick else None
    X, y = (news.train[name][:n_train] for name in ("data", "target"))
    X_val, y_val = news.validation.data, convert_tags(news.validation.target, "IOB1", "IOBES")
    X_new, y_new = news.test.data, news.test.target
    y_train = convert_tags(y, "IOB1", "IOBES")
    scores, minutes = {"crf": [], "softmax": []}, []
    for s in range(seed, seed + (1 if quick else N_SEEDS)):
        for output, found in scores.items():
            started = time.perf_counter()
            model = tagger(output, s, quick).fit(X, y_train, X_val=X_val, y_val=y_val)
            minutes.append((time.perf_counter() - started) / 60)
            found.append(100 * entity_f1_score(y_new, model.predict(X_new)))
            known = 100 * entity_f1_score(y_val, model.predict(X_val))
            print(
                f"seed {s}, {output}: test {found[-1]:.2f}, validation {known:.2f}, "
                f"{model.n_epochs_} epochs, {minutes[-1]:.1f} min",
                flush=True,
            )
    naive = 100 * entity_f1_score(y_new, MostFrequentTag().fit(X, y).predict(X_new))
    gain = np.subtract(scores["crf"], scores["softmax"])
    return [
        ("ours, chain, F1", with_interval(scores["crf"]), "aim >= 84.3"),
        ("ours, softmax, F1", with_interval(scores["softmax"]), "the same network and seeds"),
        ("chain minus softmax, points", with_interval(gain), "paired over seeds"),
        ("most frequent label of each word, F1", f"{naive:.2f}", "baseline"),
        ("published, F1", PUBLISHED, "no outside vectors"),
        ("minutes to train", f"{np.median(minutes):.1f}", "median"),
    ]
