"""Captions of 125 photographs, learned from 753: a smoke test of the whole path, from pixels.

Photographs of the first thousand of Flickr8k by the official lists (753 to learn from, 113 to
stop by, 125 to test), 64 x 64 pixels, five captions each. So few images teach a network what
captions are like and little of what is seen: the most frequent caption is the baseline to beat.

Scores are of lower-cased words with all five references: BLEU of the whole set by sacrebleu
(tokens "13a"), CIDEr-D between 0 and 10 with the rarity of words from the test references.
"""

from __future__ import annotations

import time
from collections import Counter

import numpy as np

from sksequence import SequenceCaptioner
from sksequence.datasets import fetch_flickr8k
from sksequence.metrics import bleu_score, cider_score

N_CANDIDATES = 300


def captioner(seed, quick):
    """A small convolutional network and an LSTM that looks at its grid."""
    return SequenceCaptioner(
        image_encoder="cnn",
        encoding_size=64,
        hidden_size=128,
        embedding_size=64,
        attention="general",
        input_feeding=False,
        min_count=4,
        dropout=0.3,
        learning_rate=0.003,
        max_epochs=2 if quick else 20,
        n_iter_no_change=3,
        beam_size=5,
        length_penalty=0.7,
        random_state=seed,
    )


def scores(references, captions):
    """BLEU-1 to BLEU-4 and CIDEr-D."""
    return [
        *(bleu_score(references, captions, lowercase=True, max_order=n) for n in range(1, 5)),
        cider_score(references, captions),
    ]


def shown(figures):
    """BLEU-1..4 and CIDEr-D as text."""
    return " / ".join(f"{v:.1f}" for v in figures[:4]) + f", CIDEr {figures[4]:.3f}"


def literal(training):
    """The caption that stands there most often, letter for letter without case."""
    counts = Counter(caption.lower() for several in training for caption in several)
    return counts.most_common(1)[0]


def best_constant(training, seed):
    """Of some hundred training captions the one with the best BLEU-4 on the training photographs.

    It is compared on 200 of them.
    """
    rng = np.random.default_rng(seed)
    captions = sorted({caption for several in training for caption in several})
    chosen = rng.choice(len(captions), min(N_CANDIDATES, len(captions)), replace=False)
    part = [training[i] for i in rng.choice(len(training), 200, replace=False)]
    found = [bleu_score(part, [captions[i]] * len(part), lowercase=True) for i in chosen]
    return captions[chosen[int(np.argmax(found))]]


def run(data, seed, quick):
    """Ours against one caption for all."""
    sets = fetch_flickr8k(data_home=data, load_images=True, size=64)
    train, valid, test = sets.train, sets.validation, sets.test
    started = time.perf_counter()
    fitted = captioner(seed, quick).fit(
        train.data, train.target, X_val=valid.data, y_val=valid.target
    )
    seconds = time.perf_counter() - started
    captions = fitted.transform(test.data)
    n = len(test.data)
    frequent, times = literal(train.target)
    constant = best_constant(train.target, seed)
    ours = scores(test.target, captions)
    rows = [
        ("ours, BLEU-1 / 2 / 3 / 4", shown(ours), "aim: above the most frequent caption"),
        (
            "most frequent caption",
            shown(scores(test.target, [frequent] * n)),
            f'"{frequent}", {times} times among {5 * len(train.target)}',
        ),
        ("best constant caption", shown(scores(test.target, [constant] * n)), f'"{constant}"'),
        ("different captions written", f"{len(set(captions))} of {n}", f'e.g. "{captions[0]}"'),
        ("perplexity of the test captions", f"{fitted.perplexity(test.data, test.target):.1f}", ""),
        ("seconds to train", f"{seconds:.0f}", f"{fitted.n_epochs_} epochs"),
    ]
    for caption, several in zip(captions[:5], test.target[:5], strict=True):
        print(f"{caption!r}  (a person: {several[0]!r})")
    return rows
