"""Taggers: training against a loop by hand, a chain beside a softmax, and the best labels."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from _speed_table import Line, compare, print_table, seconds_text, timed
from _speed_training import one_thread
from torch import nn

from sksequence import RNNTagger, SequenceArray
from sksequence.batches._samples import shuffled_batches
from sksequence.decoding import viterbi

N_TOKENS = 8000
N_LABELS = 9
BATCH = 32
LEARNING_RATE = 0.003
DROPOUT = 0.4


class Tagger(nn.Module):
    """What RNNTagger builds, written by hand; the backward direction runs over the padding."""

    def __init__(self, n_units: int):
        super().__init__()
        self.table = nn.Embedding(N_TOKENS, n_units)
        self.lstm = nn.LSTM(n_units, n_units, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Linear(2 * n_units, N_LABELS)

    def forward(self, tokens):
        """Scores ``(n_sequences, n_steps, n_labels)``."""
        steps, _ = self.lstm(self.dropout(self.table(tokens)))
        return self.head(self.dropout(steps))


def fit_by_hand(tokens, labels, n_units: int) -> None:
    """One epoch over batches of similar length; padding has the label -1."""
    torch.manual_seed(0)
    network = Tagger(n_units)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)
    lengths = (np.array([len(row) for row in tokens]),)
    rows = [torch.from_numpy(row) for row in tokens]
    targets = [torch.from_numpy(row) for row in labels]
    pad = nn.utils.rnn.pad_sequence
    for positions in shuffled_batches(len(rows), BATCH, lengths, np.random.default_rng(0)):
        batch = pad([rows[i] for i in positions], batch_first=True)
        wanted = pad([targets[i] for i in positions], batch_first=True, padding_value=-1)
        loss = F.cross_entropy(network(batch).flatten(0, 1), wanted.flatten(), ignore_index=-1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()


def fit_ours(X, y, n_units: int, output: str, **options) -> None:
    """The estimator, checks and all."""
    RNNTagger(
        output=output,
        hidden_size=n_units,
        embedding_size=n_units,
        dropout=DROPOUT,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        max_epochs=1,
        early_stopping=False,
        random_state=0,
        **options,
    ).fit(X, y)


def sentences(n: int) -> tuple[list, list]:
    """Symbols as frequent as words are, with the lengths of news: 15 in the mean, 1 to 80."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.gamma(1.6, 9.0, size=n).round().astype(int), 1, 80)
    tokens = [np.minimum(rng.zipf(1.3, size=k), N_TOKENS) - 1 for k in lengths]
    return tokens, [rng.integers(0, N_LABELS, size=k) for k in lengths]


def words_of(tokens: list) -> list[list[str]]:
    """A word for each symbol: the same number of letters as English words have."""
    rng = np.random.default_rng(1)
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    names = ["".join(rng.choice(letters, size=k)) for k in rng.integers(1, 12, size=N_TOKENS)]
    return [[names[i] for i in row] for row in tokens]


def tagger(repeat: int, quick: bool) -> None:
    """Training of taggers, and the best sequences of labels."""
    n = 640 if quick else 3000
    tokens, labels = sentences(n)
    X = SequenceArray.from_list(tokens, n_tokens=N_TOKENS)
    repeat = min(repeat, 9)
    lines = []
    with one_thread():
        for n_units in (50, 100):
            ways = {
                "hand": partial(fit_by_hand, tokens, labels, n_units),
                "ours": partial(fit_ours, X, labels, n_units, "softmax"),
                "chain": partial(fit_ours, X, labels, n_units, "crf"),
            }
            seconds = timed(ways, repeat)
            what = f"{n_units} units: loop by hand"
            lines.append(compare(what, seconds["ours"], seconds["hand"], 1 / 0.95))
            what = f"{n_units} units: chain beside softmax"
            lines.append(compare(what, seconds["chain"], seconds["ours"], 1.3))
        lines += _with_characters(words_of(tokens), labels, min(repeat, 3))
        lines.append(_best_labels(1000 if quick else 10_000, min(repeat, 5)))
    n_steps = sum(map(len, tokens))
    print_table(
        f"tagger: {n} sentences with {n_steps} words of {N_TOKENS}, {N_LABELS} labels, "
        f"bidirectional LSTM, batches of {BATCH}, one epoch, one thread; ours / reference",
        lines,
    )


def _with_characters(words, labels, repeat) -> list[Line]:
    ways = {
        name: partial(fit_ours, words, labels, 100, "softmax", character_network=network)
        for name, network in {"none": None, "cnn": "cnn", "rnn": "rnn"}.items()
    }
    seconds = timed(ways, repeat)
    return [
        compare(f"100 units: characters, {name}, beside none", seconds[name], seconds["none"])
        for name in ("cnn", "rnn")
    ]


def _best_labels(n: int, repeat: int) -> Line:
    """Viterbi alone, in batches as ``predict`` has them."""
    lengths = np.sort([len(row) for row in sentences(n)[0]])[::-1]
    generator = torch.Generator().manual_seed(0)
    moves = torch.randn(N_LABELS, N_LABELS, generator=generator)
    ends = torch.zeros(N_LABELS)
    batches, start = [], 0
    while start < n:
        stop = start + max(1, 2**13 // int(lengths[start]))
        there = torch.from_numpy(lengths[start:stop].copy())
        shape = (len(there), int(there[0]), N_LABELS)
        batches.append((torch.randn(shape, generator=generator), there))
        start = stop

    def decode():
        for emissions, there in batches:
            viterbi(emissions, moves, ends, ends, there)

    middle = float(np.median(timed({"decode": decode}, repeat)["decode"]))
    what = f"best labels of {n} sentences, seconds"
    return Line(what, seconds_text(middle), aim="<= 2 s", met=middle <= 2.0)
