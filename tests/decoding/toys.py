"""Small decoders whose every output can be counted, and what they hold for right."""

import itertools
import math
from dataclasses import dataclass, field

import torch

from sksequence.decoding import Advance, select


@dataclass
class Toy:
    """A recurrent decoder with attention, random weights, and a record of its calls.

    Symbols 0 .. n_symbols - 1, end = n_symbols, start = n_symbols + 1.
    """

    n_symbols: int = 3
    n_units: int = 5
    seed: int = 0
    end_bias: float = 0.0
    calls: list = field(default_factory=list)

    def __post_init__(self):
        generator = torch.Generator().manual_seed(self.seed)

        def random(*shape):
            return torch.randn(*shape, dtype=torch.float64, generator=generator)

        self.recur = random(self.n_units, self.n_units)
        self.embed = random(self.n_symbols + 2, self.n_units)
        self.embed[self.end] = torch.nan  # nobody may feed it
        self.write = 1.5 * random(2 * self.n_units, self.n_symbols + 1)
        self.bias = torch.zeros(self.n_symbols + 1, dtype=torch.float64)
        self.bias[self.end] = self.end_bias

    @property
    def end(self):
        return self.n_symbols

    @property
    def start(self):
        return self.n_symbols + 1

    def sequences(self, n=4, n_source=3, seed=1):
        """State and memory of `n` sequences; source steps beyond 1 .. n_source are padding."""
        generator = torch.Generator().manual_seed(seed)
        hidden = torch.randn(n, self.n_units, dtype=torch.float64, generator=generator)
        values = torch.randn(n, n_source, self.n_units, dtype=torch.float64, generator=generator)
        lengths = torch.arange(n) % n_source + 1
        mask = torch.arange(n_source) < lengths[:, None]
        return {"hidden": hidden, "nothing": None}, (values, [mask])

    def advance(self, tokens, state, memory):
        values, (mask,) = memory
        self.calls.append((len(tokens), len(values)))
        hidden = torch.tanh(state["hidden"] @ self.recur + self.embed[tokens])
        queries = hidden.unflatten(0, (len(values), -1))  # (B, K, H)
        scores = (queries @ values.mT).masked_fill(~mask[:, None], -torch.inf)
        weights = torch.softmax(scores, dim=2)
        seen = torch.cat([queries, weights @ values], dim=2).flatten(0, 1)
        log_probs = torch.log_softmax(seen @ self.write + self.bias, dim=1)
        return Advance(log_probs, {"hidden": hidden, "nothing": None}, weights.flatten(0, 1))

    def settings(self, max_steps):
        return {"start": self.start, "end": self.end, "max_steps": max_steps}


@dataclass(frozen=True)
class Output:
    """One output: its symbols, log P, and the attention of each step, the end's included."""

    tokens: list
    log_p: float
    attention: torch.Tensor

    def score(self, alpha=0.0, beta=0.0):
        """Equation 14 of Wu et al. (2016), written once more."""
        covered = self.attention.sum(dim=0)[self.attention[0] > 0].tolist()
        coverage = sum(math.log(min(share, 1.0)) for share in covered)
        return self.log_p / ((5 + len(self.attention)) / 6) ** alpha + beta * coverage


def one(tree, b):
    """Sequence b of a tree, alone."""
    return select(tree, torch.tensor([b]))


def walk(toy, state, memory, tokens):
    """Log-probabilities of all next symbols and attention at each step of one sequence."""
    log_probs, attention = [], []
    for token in [toy.start, *tokens]:
        answer = toy.advance(torch.tensor([token]), state, memory)
        state = answer.state
        log_probs.append(answer.log_probs[0])
        attention.append(answer.attention[0])
    return log_probs, attention


def output(toy, state, memory, tokens, ended):
    """One output of one sequence, step by step."""
    symbols = [*tokens, toy.end] if ended else list(tokens)
    log_probs, attention = walk(toy, state, memory, tokens)
    log_p = sum(float(row[symbol]) for row, symbol in zip(log_probs, symbols, strict=False))
    return Output(list(tokens), log_p, torch.stack(attention[: len(symbols)]))


def every_output(toy, state, memory, max_steps):
    """All outputs of one sequence: with an end in time, or cut off."""
    found = []
    for length in range(max_steps + 1):
        for tokens in itertools.product(range(toy.n_symbols), repeat=length):
            found.append(output(toy, state, memory, tokens, ended=length < max_steps))
    return found
