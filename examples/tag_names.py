"""Names in text: persons, places and organisations, and which of them are confused.

    python examples/tag_names.py [--generated]

Reads English news (CoNLL-2003) where they are on this machine, else, or with --generated, makes up
sentences with names that hardly occur twice, so that they are told by their letters and by the
words around them; some can only be guessed. A network reads words, how they are written and their
letters; labels make a chain. About a minute on one core; a part of the news, so that the figures
are far below those of benchmarks/protocols/conll2003.py. Prints a report, and saves two pictures
and a page.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt

from sksequence import RNNTagger, TagDisplay
from sksequence.datasets import fetch_conll2003
from sksequence.metrics import entity_f1_score, entity_report, token_accuracy_score
from sksequence.preprocessing import convert_tags

PICTURES = Path("demo_pictures")
N_TRAIN, N_TEST = 3000, 1000
SYLLABLES = "ka lo mi ren ta vol sa dor ni bel gu ar te lin po mar".split()
ENDINGS = {"PER": ["son", "ova", "ez"], "LOC": ["burg", "ville", "ia"], "ORG": ["tech", "corp"]}
FIRST = "Ada Alan Grace Edsger Barbara Ken Frances Niklaus".split()
SENTENCES = [
    "{PER} flew from {LOC} to {LOC} on {DAY} .",
    "shares of {ORG} fell after {PER} left the board .",
    "{ORG} , based in {LOC} , hired {PER} .",
    "on {DAY} {PER} met {PER} in {LOC} .",
    "the mayor of {LOC} praised {ORG} and {ORG} .",
    "it rained in {LOC} for a week .",
    "{PER} said that {ORG} would open an office .",
    "{ANY} and {ANY} were praised on {DAY} .",
    "Most people stayed at home on {DAY} .",
]


def make_name(rng, kind):
    """The words of a name that has hardly been there before; not all have a telling end."""
    word = "".join(rng.choice(SYLLABLES, size=rng.integers(2, 4))).title()
    if rng.random() < 0.7:
        word += str(rng.choice(ENDINGS[kind]))
    if kind == "PER" and rng.random() < 0.6:
        return [str(rng.choice(FIRST)), word]
    return ["New", word] if kind == "LOC" and rng.random() < 0.2 else [word]


def make_sentences(n_sentences, seed):
    """Words and their labels in the scheme BIO."""
    rng = np.random.default_rng(seed)
    X, y = [], []
    for sentence in rng.choice(SENTENCES, size=n_sentences):
        words, labels = [], []
        for part in str(sentence).split():
            kind = part.strip("{}")
            kind = str(rng.choice(list(ENDINGS))) if kind == "ANY" else kind
            if kind in ENDINGS:
                name = make_name(rng, kind)
                words += name
                labels += [f"B-{kind}", *[f"I-{kind}"] * (len(name) - 1)]
            else:
                words.append(str(rng.choice(["Monday", "Friday"])) if kind == "DAY" else part)
                labels.append("O")
        X.append(words)
        y.append(labels)
    return X, y


def read(generated):
    """Sentences to learn from and new ones, with labels in BIO."""
    if not generated:
        try:
            news = fetch_conll2003(download_if_missing=False)
            parts = (news.train, N_TRAIN), (news.test, N_TEST)
            sides = [(part.data[:n], part.target[:n]) for part, n in parts]
            return [(X, convert_tags(y, "IOB1", "BIO")) for X, y in sides]
        except (OSError, ImportError) as error:
            print(f"{error}\n\nSo sentences are made up.\n")
    return make_sentences(600, seed=0), make_sentences(300, seed=1)


def tagger():
    """A chain of labels over words and letters."""
    return RNNTagger(
        output="crf",
        scheme="BIO",
        zero_digits=True,
        hidden_size=64,
        embedding_size=64,
        dropout=0.4,
        learning_rate=0.005,
        max_epochs=12,
        random_state=0,
    )


def main():
    """Learn, judge, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generated", action="store_true", help="make up sentences")
    (X, y), (X_new, y_new) = read(parser.parse_args().generated)
    known = {word for words in X for word in words}
    unseen = [word not in known for words in X_new for word in words]
    print(
        f"{len(X):,} sentences to learn from, {len(X_new):,} to be judged by, in which "
        f"{100 * np.mean(unseen):.0f} % of the words are new."
    )
    started = time.perf_counter()
    model = tagger().fit(X, y)
    print(f"trained {model.n_epochs_} epochs in {time.perf_counter() - started:.0f} s\n")
    found = model.predict(X_new)
    print(entity_report(y_new, found))
    print(f"\nF1 of whole names: {100 * entity_f1_score(y_new, found):.1f} %")
    print(f"labels that are right: {100 * token_accuracy_score(y_new, found):.1f} %")

    PICTURES.mkdir(exist_ok=True)
    display = TagDisplay.from_predictions(y_new, found, X_new)
    save(display.figure_, "tag_names_confusion.png")
    wrong = [i for i in range(4, len(X_new)) if list(found[i]) != list(y_new[i])]
    shown = [*range(4), *[i for i in wrong if 6 <= len(X_new[i]) <= 16][:6]]
    some = TagDisplay(*([side[i] for i in shown] for side in (y_new, found, X_new)))
    save(some.plot("text").figure_, "tag_names_text.png")
    page = PICTURES / "tag_names.html"
    page.write_text(f'<meta charset="utf-8">\n{some._repr_html_()}\n', encoding="utf-8")
    print(f"page: {page.resolve()}")


def save(figure, name):
    """Save a figure and say where."""
    path = PICTURES / name
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"picture: {path.resolve()}")


if __name__ == "__main__":
    main()
