"""Encoder-decoders: training against a loop by hand, beam search against greedy search."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from _speed_table import compare, print_table, timed
from _speed_training import one_thread
from torch import nn

from sksequence import Seq2SeqTransformer, SequenceArray
from sksequence.batches._samples import shuffled_batches

N_TOKENS = 6000
BATCH = 64
LEARNING_RATE = 0.002


class Translator(nn.Module):
    """What Seq2SeqTransformer builds, written by hand.

    Bidirectional LSTM, LSTM cell with additive attention and, if wanted, input feeding. The
    backward direction simply runs over the padding.
    """

    def __init__(self, n_units: int, feeding: bool):
        super().__init__()
        self.feeding = feeding
        self.source = nn.Embedding(N_TOKENS, n_units)
        self.target = nn.Embedding(N_TOKENS + 2, n_units)
        self.encoder = nn.LSTM(n_units, n_units, batch_first=True, bidirectional=True)
        self.start = nn.Linear(2 * n_units, 2 * n_units)
        if feeding:
            self.cell = nn.LSTMCell(2 * n_units, n_units)
        else:
            self.decoder = nn.LSTM(n_units, n_units, batch_first=True)
        self.of_value = nn.Linear(2 * n_units, n_units)
        self.of_query = nn.Linear(n_units, n_units, bias=False)
        self.weigh = nn.Linear(n_units, 1, bias=False)
        self.combine = nn.Linear(3 * n_units, n_units)
        self.head = nn.Linear(n_units, N_TOKENS + 1)

    def forward(self, source, lengths, given):
        """Readouts ``(n_sequences, n_steps, n_units)``."""
        values, _ = self.encoder(self.source(source))
        mask = torch.arange(source.shape[1]) < lengths[:, None]
        keys = self.of_value(values)
        rows = torch.arange(len(source))
        half = values.shape[2] // 2
        last = torch.cat([values[rows, lengths - 1, :half], values[:, 0, half:]], 1)
        hidden, memory = self.start(last).chunk(2, 1)
        hidden = torch.tanh(hidden)
        steps = self.target(given)
        if not self.feeding:
            outputs, _ = self.decoder(steps, (hidden[None].contiguous(), memory[None].contiguous()))
            return self.read(outputs, values, keys, mask)
        readouts, readout = [], torch.zeros_like(hidden)
        for step in steps.unbind(1):
            hidden, memory = self.cell(torch.cat([step, readout], 1), (hidden, memory))
            readout = self.read(hidden[:, None], values, keys, mask)[:, 0]
            readouts.append(readout)
        return torch.stack(readouts, 1)

    def read(self, hidden, values, keys, mask):
        """``(n_sequences, n_queries, n_units)`` -> readouts."""
        scores = self.weigh(torch.tanh(self.of_query(hidden)[:, :, None] + keys[:, None]))
        scores = scores.squeeze(3).masked_fill(~mask[:, None], -torch.inf)
        context = torch.bmm(torch.softmax(scores, 2), values)
        return torch.tanh(self.combine(torch.cat([hidden, context], 2)))


def fit_by_hand(sources, targets, n_units: int, feeding: bool) -> None:
    """One epoch over batches of similar length; the softmax only where symbols are."""
    torch.manual_seed(0)
    network = Translator(n_units, feeding)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)
    lengths = tuple(np.array([len(s) for s in side]) for side in (targets, sources))
    rng = np.random.default_rng(0)
    for positions in shuffled_batches(len(sources), BATCH, lengths, rng):
        source, n_source = padded([sources[i] for i in positions], 0)
        target, n_target = padded([np.append(targets[i], N_TOKENS) for i in positions], 0)
        start = torch.full_like(target[:, :1], N_TOKENS + 1)
        readouts = network(source, n_source, torch.cat([start, target[:, :-1]], 1))
        mask = torch.arange(target.shape[1]) < n_target[:, None]
        loss = F.cross_entropy(network.head(readouts[mask]), target[mask])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()


def padded(rows, fill: int):
    """Rows of ids as one tensor, and their lengths."""
    tensors = [torch.from_numpy(row) for row in rows]
    lengths = torch.tensor([len(row) for row in rows])
    return nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=fill), lengths


def fit_ours(X, y, n_units: int, feeding: bool) -> None:
    """The estimator, checks and all."""
    estimator(n_units, feeding).fit(X, y)


def estimator(n_units: int, feeding: bool, **others) -> Seq2SeqTransformer:
    """One epoch of the same network."""
    return Seq2SeqTransformer(
        hidden_size=n_units,
        embedding_size=n_units,
        input_feeding=feeding,
        dropout=0.0,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        max_epochs=1,
        early_stopping=False,
        random_state=0,
        **others,
    )


def pairs(n: int) -> tuple[list, list]:
    """Random symbols with the lengths of captions: 4 to 30, 13 in the mean."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.normal(13, 4.5, size=(n, 2)).round().astype(int), 4, 30)
    return tuple([rng.integers(0, N_TOKENS, size=k) for k in side] for side in lengths.T)


def seq2seq(repeat: int, quick: bool) -> None:
    """Training of encoder-decoders, and their searches."""
    n = 640 if quick else 2000
    sources, targets = pairs(n)
    X, y = (SequenceArray.from_list(side, n_tokens=N_TOKENS) for side in (sources, targets))
    lines = []
    with one_thread():
        for n_units, feeding in ((128, True), (256, True), (128, False)):
            ways = {
                "ours": partial(fit_ours, X, y, n_units, feeding),
                "hand": partial(fit_by_hand, sources, targets, n_units, feeding),
            }
            seconds = timed(ways, min(repeat, 7))
            kind = "input feeding" if feeding else "no input feeding"
            what = f"{n_units} units, {kind}: loop by hand"
            lines.append(compare(what, seconds["ours"], seconds["hand"], 1 / 0.95))
        lines.append(_beam(X[: 200 if quick else 1000], y, min(repeat, 5)))
    print_table(
        f"seq2seq: {n} pairs of {np.mean([len(t) for t in targets]):.0f} symbols, {N_TOKENS} of "
        f"them, additive attention, batches of {BATCH}, one epoch, one thread; ours / reference",
        lines,
    )


def _beam(X, y, repeat):
    """Without a chance for the end symbol, every search goes to its limit of 15 steps."""
    model = estimator(128, True, max_steps=15).fit(X, y[: len(X)])
    with torch.no_grad():
        model.network_.head.bias[N_TOKENS] = -1e4

    def search(beam_size):
        model.set_params(beam_size=beam_size).transform(X)

    seconds = timed({"5": partial(search, 5), "1": partial(search, 1)}, repeat)
    what = f"beam 5 beside greedy, {len(X)} sources, 15 steps"
    return compare(what, seconds["5"], seconds["1"], 6)
