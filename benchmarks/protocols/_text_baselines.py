"""Counts of runs of symbols, to be better than."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

START = "<start>"


class InterpolatedNGrams:
    r"""The next symbol given the n - 1 before it, interpolated (Witten and Bell, 1991).

    .. math::

        p_n(x \mid h) = \frac{c(h x) + t(h)\, p_{n-1}(x \mid h')}{c(h) + t(h)}

    where c counts in the training data, t(h) is the number of different symbols after h there,
    and h' is h without its first symbol; below one symbol all `n_symbols` are as probable.

    Parameters
    ----------
    order : int
        n.
    n_symbols : int
    """

    def __init__(self, order: int, n_symbols: int):
        self.order = order
        self.n_symbols = n_symbols

    def fit(self, sequences: Sequence[Sequence[str]]) -> InterpolatedNGrams:
        """Count."""
        self.after = [defaultdict(Counter) for _ in range(self.order)]
        for sequence in sequences:
            symbols = self._begun(sequence)
            for n, after in enumerate(self.after):
                for i in range(self.order - 1, len(symbols)):
                    after[symbols[i - n : i]][symbols[i]] += 1
        self.totals = [{h: sum(c.values()) for h, c in after.items()} for after in self.after]
        return self

    def loss(self, sequences: Sequence[Sequence[str]]) -> float:
        """Mean negative log-likelihood of a symbol, in nats."""
        losses = []
        for sequence in sequences:
            symbols = self._begun(sequence)
            losses += [
                -np.log(self._chance(symbols, i)) for i in range(self.order - 1, len(symbols))
            ]
        return float(np.mean(losses))

    def _begun(self, sequence) -> tuple:
        return (START,) * (self.order - 1) + tuple(sequence)

    def _chance(self, symbols, i) -> float:
        chance = 1 / self.n_symbols
        for n, after in enumerate(self.after):
            history = symbols[i - n : i]
            counts = after.get(history)
            if counts is None:  # nor is anything longer known
                break
            total, kinds = self.totals[n][history], len(counts)
            chance = (counts[symbols[i]] + kinds * chance) / (total + kinds)
        return chance
