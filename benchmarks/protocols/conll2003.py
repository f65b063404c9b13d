"""Names in English news (CoNLL-2003): F1 of whole entities on the test sentences.

Learned from the 14,041 training sentences alone, without outside vectors, gazetteers or features
made by hand. A network reads a whole document, its sentences one after another with a mark
between them; published ones of the kind read a sentence at a time. Words in lower case with
digits as 0, how they are written, and their characters go in; labels are turned into IOBES. A
chain and a softmax of the same network are trained with the same seed, for a fixed number of
epochs. The settings were chosen on the validation sentences, with a quarter of the training
documents; the test sentences are scored once.
"""

from __future__ import annotations

import time

from protocols._tagging_baselines import MostFrequentTag
from sksequence import RNNTagger
from sksequence.datasets import fetch_conll2003
from sksequence.metrics import entity_f1_score
from sksequence.preprocessing import convert_tags

PUBLISHED = "BI-LSTM-CRF with features made by hand 84.26, with letters instead about 83.6"
MARK = "</s>"  # ends each sentence of a document


def tagger(output, seed, quick):
    """A bidirectional LSTM over words, their casing and their characters."""
    return RNNTagger(
        output=output,
        scheme="IOBES",
        zero_digits=True,
        word_dropout=0.5,
        character_size=50,
        embedding_size=100,
        hidden_size=128,
        dropout=0.5,
        batch_size=2,
        learning_rate=0.003,
        learning_rate_schedule="cosine",
        max_epochs=2 if quick else 20,
        early_stopping=False,
        random_state=seed,
    )


def documents(rows, numbers, mark):
    """The rows of sentences that belong to one document in one row, each with a mark behind."""
    joined = {}
    for row, number in zip(rows, numbers, strict=True):
        joined.setdefault(number, []).extend([*row, mark])
    return list(joined.values())


def sentences(rows, lengths):
    """The other way round."""
    steps = [label for row in rows for label in row]
    found, at = [], 0
    for length in lengths:
        found.append(steps[at : at + length])
        at += length + 1
    return found


def run(data, seed, quick):
    """F1 of a chain, of a softmax, and of the most frequent label of each word."""
    news = fetch_conll2003(data_home=data)
    n_train = 1500 if quick else None
    train, of = news.train, news.train.document[:n_train]
    X = documents(train.data[:n_train], of, MARK)
    y = documents(convert_tags(train.target[:n_train], "IOB1", "IOBES"), of, "O")
    scores, minutes = {}, {}
    for output in ("crf", "softmax"):
        started = time.perf_counter()
        model = tagger(output, seed, quick).fit(X, y)
        minutes[output] = (time.perf_counter() - started) / 60
        scores[output] = [f1_of(model, part) for part in (news.validation, news.test)]
        print(
            f"{output}: validation and test {scores[output]}, {minutes[output]:.1f} min", flush=True
        )
    words = MostFrequentTag().fit(train.data[:n_train], train.target[:n_train])
    naive = 100 * entity_f1_score(news.test.target, words.predict(news.test.data))
    return [
        ("ours, chain, F1", f"{scores['crf'][1]:.2f}", "aim >= 84.3; one seed"),
        ("ours, softmax, F1", f"{scores['softmax'][1]:.2f}", "the same network and seed"),
        ("chain and softmax, validation", " and ".join(f"{s[0]:.2f}" for s in scores.values()), ""),
        ("most frequent label of each word, F1", f"{naive:.2f}", "baseline"),
        ("published, F1", PUBLISHED, "no outside vectors"),
        ("minutes to train", " and ".join(f"{m:.1f}" for m in minutes.values()), "one thread"),
    ]


def f1_of(model, part):
    """F1 of whole entities in the sentences of a part, in percent."""
    found = model.predict(documents(part.data, part.document, MARK))
    return round(100 * entity_f1_score(part.target, sentences(found, map(len, part.data))), 2)
