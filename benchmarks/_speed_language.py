"""Language models: training and writing beside loops by hand; the softmax over many words."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from _speed_table import Line, compare, print_table, timed
from _speed_training import one_thread
from torch import nn

from sksequence import RNNLanguageModel, SequenceArray

N_CHARACTERS = 65
N_STEPS = 50
LEARNING_RATE = 0.002
CLIP = 5.0
LETTERS = "".join(chr(i) for i in range(33, 33 + N_CHARACTERS))
N_WORDS = 10_000


class CharacterNetwork(nn.Module):
    """What char-rnn builds, written by hand: one-hot characters, LSTM, linear."""

    def __init__(self, n_units: int, n_symbols: int = N_CHARACTERS):
        super().__init__()
        self.n_symbols = n_symbols
        self.lstm = nn.LSTM(n_symbols, n_units, batch_first=True)
        self.head = nn.Linear(n_units, n_symbols)

    def forward(self, ids, state=None):
        """``(n_streams, n_steps)`` -> logits of the next character, and the state."""
        outputs, state = self.lstm(F.one_hot(ids, self.n_symbols).float(), state)
        return self.head(outputs), state


def language(repeat: int, quick: bool) -> None:
    """Characters a second, writing, words."""
    with one_thread():
        characters(repeat, quick)
        writing(repeat, quick)
        words(repeat, quick)


# -- training ---------------------------------------------------------------------------------


def characters(repeat: int, quick: bool) -> None:
    """One epoch over one text in streams, the state carried on."""
    lines = []
    for n_units, n_streams, n_batches in ((128, 32, 20), (128, 64, 10), (512, 64, 4)):
        text = letters(n_streams * N_STEPS * (n_batches // (2 if quick else 1)))
        ways = {
            "ours": partial(fit_ours, text, n_units, n_streams),
            "hand": partial(fit_by_hand, text, n_units, n_streams),
        }
        found = timed(ways, repeat)
        what = f"{n_units} units, batch {n_streams}"
        lines.append(compare(what, found["ours"], found["hand"], 0.95, faster=True))
        for name, way in (("ours", "ours"), ("by hand", "hand")):
            rate = len(text) / np.median(found[way])
            lines.append(Line(f"  characters a second, {name}", f"{rate:,.0f}"))
    print_table(
        f"language: one epoch over a text of {N_CHARACTERS} characters, one-hot, LSTM, {N_STEPS} "
        "steps, fused Adam, clipping, one thread; loop by hand / ours",
        lines,
    )


def letters(n: int) -> str:
    """A text of so many characters, all kinds among them."""
    ids = np.random.default_rng(0).integers(0, N_CHARACTERS, size=n)
    ids[:N_CHARACTERS] = np.arange(N_CHARACTERS)
    return "".join(LETTERS[i] for i in ids)


def fit_ours(text: str, n_units: int, n_streams: int):
    """The estimator, from the text on."""
    return RNNLanguageModel(
        hidden_size=n_units,
        embedding_size=None,
        batch_size=n_streams,
        tbptt_steps=N_STEPS,
        learning_rate=LEARNING_RATE,
        gradient_clip=CLIP,
        early_stopping=False,
        max_epochs=1,
        random_state=0,
    ).fit(text)


def fit_by_hand(text: str, n_units: int, n_streams: int) -> CharacterNetwork:
    """A loop as one would write it with care, from the text on."""
    torch.manual_seed(0)
    number = {letter: i for i, letter in enumerate(sorted(set(text)))}
    ids = torch.tensor([number[letter] for letter in text])
    streams = ids[: len(ids) // n_streams * n_streams].view(n_streams, -1)
    before = torch.cat([streams[:, :1], streams[:, :-1]], dim=1)
    network = CharacterNetwork(n_units)
    parameters = list(network.parameters())
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)
    state = None
    for start in range(0, streams.shape[1], N_STEPS):
        at = slice(start, start + N_STEPS)
        logits, state = network(before[:, at], state)
        state = tuple(part.detach() for part in state)
        loss = F.cross_entropy(logits.flatten(0, 1), streams[:, at].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()
    return network


# -- writing ----------------------------------------------------------------------------------


def writing(repeat: int, quick: bool) -> None:
    """Drawing character after character beside the bare cell."""
    lines = []
    n_steps = 200 if quick else 1000
    for n_units in (128, 512):
        model = fit_ours(letters(8 * N_STEPS), n_units, 8)
        network = CharacterNetwork(n_units)
        write = partial(model.sample, max_steps=n_steps, random_state=0)
        ways = {
            "one": write,
            "cell": partial(write_by_hand, network, n_steps),
            "many": partial(write, 100),
            "cells": partial(write_by_hand, network, n_steps, 100),
        }
        found = timed(ways, repeat)
        what = f"{n_units} units, one text: bare cell"
        lines.append(compare(what, found["one"], found["cell"], 1.3))
        what = f"{n_units} units, 100 texts: one text"
        lines.append(compare(what, found["many"], found["one"], 5))
        what = f"{n_units} units, 100 texts: bare cell on 100 rows"
        lines.append(compare(what, found["many"], found["cells"], 1.3))
    print_table(
        f"language: draw {n_steps} characters, one thread; ours / reference. The bare cell is "
        "nn.LSTMCell on a one-hot vector, linear, softmax and multinomial, nothing else",
        lines,
    )


@torch.inference_mode()
def write_by_hand(network: CharacterNetwork, n_steps: int, n_texts: int = 1) -> list[list[int]]:
    """The weights of the layer in a cell; each character goes in as a one-hot vector."""
    lstm = network.lstm
    cell = nn.LSTMCell(lstm.input_size, lstm.hidden_size)
    for name, weight in cell.named_parameters():
        weight.copy_(getattr(lstm, f"{name}_l0"))
    generator = torch.Generator().manual_seed(0)
    hidden = memory = torch.zeros(n_texts, lstm.hidden_size)
    token, drawn = torch.zeros(n_texts, dtype=torch.int64), []
    for _ in range(n_steps):
        one_hot = F.one_hot(token, network.n_symbols).float()
        hidden, memory = cell(one_hot, (hidden, memory))
        chances = torch.softmax(network.head(hidden), dim=1)
        token = torch.multinomial(chances, 1, generator=generator)[:, 0]
        drawn.append(token.tolist())
    return drawn


# -- words ------------------------------------------------------------------------------------


def words(repeat: int, quick: bool) -> None:
    """Training on symbols as frequent as words: softmax over all of them, or adaptive."""
    n = 40 if quick else 160
    rng = np.random.default_rng(0)
    chances = 1 / np.arange(1, N_WORDS + 1)
    ids = rng.choice(N_WORDS, size=n * 25, p=chances / chances.sum())
    X = SequenceArray.from_list(ids.reshape(n, 25), n_tokens=N_WORDS)
    settings = {"hidden_size": 200, "embedding_size": 200, "batch_size": 20, "random_state": 0}
    ways = {}
    for name, other in (
        ("full", {}),
        ("tied", {"tie_embeddings": True}),
        ("adaptive", {"emission": "adaptive"}),
    ):
        model = RNNLanguageModel(max_epochs=1, early_stopping=False, **settings, **other)
        ways[name] = partial(model.fit, X)
    found = timed(ways, repeat)
    lines = [
        compare("tied vectors: full softmax", found["tied"], found["full"]),
        compare("adaptive softmax: full softmax", found["adaptive"], found["full"]),
    ]
    for name, seconds in found.items():
        rate = X.lengths.sum() / np.median(seconds)
        lines.append(Line(f"words a second, {name}", f"{rate:,.0f}"))
    print_table(
        f"language: one epoch over {n} sentences of 25 words out of {N_WORDS:,}, LSTM 200, batches "
        "of 20, one thread; ours / reference",
        lines,
    )
