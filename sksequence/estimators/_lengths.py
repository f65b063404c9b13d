"""How many steps a sequence has: an explicit distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special, stats


@dataclass(frozen=True)
class PoissonLength:
    r"""One step, and as many more as a Poisson distribution has:
    :math:`T - 1 \sim \mathrm{Poisson}(\lambda)`."""

    rate: float

    @classmethod
    def fit(cls, lengths: np.ndarray, weights: np.ndarray | None) -> PoissonLength:
        """The rate of greatest likelihood."""
        return cls(float(np.average(lengths - 1, weights=weights)))

    def log_probability(self, lengths: np.ndarray) -> np.ndarray:
        """Of each length, in nats."""
        more = lengths - 1
        return special.xlogy(more, self.rate) - self.rate - special.gammaln(more + 1)

    def log_at_least(self, lengths: np.ndarray) -> np.ndarray:
        r"""Logarithm of :math:`P(T \ge n)` of each length n."""
        with np.errstate(divide="ignore"):  # the logarithm of 0 is what it should be
            return np.log(stats.poisson.sf(np.asarray(lengths) - 2, self.rate))

    def draw(self, n: int, rng: np.random.Generator, at_least: int = 1) -> np.ndarray:
        """Lengths of `n` sequences that have `at_least` so many steps."""
        beyond = self.rate + 12 * self.rate**0.5 + 40  # where nothing is left of the tail
        steps = at_least + np.arange(int(beyond))
        logs = self.log_probability(steps)
        if not np.isfinite(logs).any():  # always one step
            return np.full(n, at_least)
        heights = np.exp(logs - logs.max()).cumsum()
        uniform = rng.random((n, 2))[:, 0]  # two numbers a sequence, as the other draws
        return steps[np.searchsorted(heights, uniform * heights[-1], side="right")]


@dataclass(frozen=True)
class EmpiricalLength:
    r"""As often as in the training data, and a geometric tail for what did not occur there.

    .. math:: p(T) = \frac{n_T + g(T)}{N + 1}, \qquad g(T) = \tfrac1m (1 - \tfrac1m)^{T - 1}

    with the N training sequences, of which :math:`n_T` have T steps, and their mean length m: the
    tail has the weight of one sequence.
    """

    counts: np.ndarray  # of lengths 0, 1, ...
    mean: float

    @classmethod
    def fit(cls, lengths: np.ndarray, weights: np.ndarray | None) -> EmpiricalLength:
        """Count the lengths; weights are brought to a mean of one."""
        if weights is not None:
            weights = weights / weights.mean()
        return cls(np.bincount(lengths, weights), float(np.average(lengths, weights=weights)))

    def log_probability(self, lengths: np.ndarray) -> np.ndarray:
        """Of each length, in nats."""
        known = np.where(lengths < len(self.counts), lengths, 0)
        total = self.counts[known] + stats.geom.pmf(lengths, 1 / self.mean)
        with np.errstate(divide="ignore"):  # the logarithm of 0 is what it should be
            return np.log(total / (self.counts.sum() + 1))

    def log_at_least(self, lengths: np.ndarray) -> np.ndarray:
        r"""Logarithm of :math:`P(T \ge n)` of each length n."""
        above = np.append(self.counts[::-1].cumsum()[::-1], 0.0)
        total = above[np.minimum(lengths, len(self.counts))]
        total = total + stats.geom.sf(np.asarray(lengths) - 1, 1 / self.mean)
        with np.errstate(divide="ignore"):
            return np.log(total / (self.counts.sum() + 1))

    def draw(self, n: int, rng: np.random.Generator, at_least: int = 1) -> np.ndarray:
        """Lengths of `n` sequences that have `at_least` so many steps."""
        which, how_many = rng.random((n, 2)).T
        steps = np.arange(at_least, max(len(self.counts), at_least))
        heights = np.append(self.counts[at_least:], stats.geom.sf(at_least - 1, 1 / self.mean))
        heights = heights.cumsum()
        if heights[-1] == 0:  # no sequence gets that far
            return np.full(n, at_least)
        place = np.searchsorted(heights, which * heights[-1], side="right")
        with np.errstate(divide="ignore"):  # a mean of 1: always one step
            more = np.floor(np.log1p(-how_many) / np.log1p(-1 / self.mean)).astype(np.int64)
        tail = at_least + more  # a geometric distribution has no memory
        known = np.append(steps, 0)[np.minimum(place, len(steps))]
        return np.where(place < len(steps), known, tail)


@dataclass(frozen=True)
class FixedLength:
    """The same number of steps in every sequence."""

    n_steps: int

    @classmethod
    def fit(cls, lengths: np.ndarray, weights: np.ndarray | None) -> FixedLength:
        """That of all sequences.

        Raises
        ------
        ValueError
            If they differ.
        """
        if lengths.min() != lengths.max():
            raise ValueError(
                f"length_model='fixed' needs sequences of one length, but those of X have "
                f"{lengths.min()} to {lengths.max()} steps: use 'end', 'empirical' or 'poisson'."
            )
        return cls(int(lengths[0]))

    def log_probability(self, lengths: np.ndarray) -> np.ndarray:
        """0 of that length, minus infinity of others."""
        return np.where(np.asarray(lengths) == self.n_steps, 0.0, -np.inf)

    def log_at_least(self, lengths: np.ndarray) -> np.ndarray:
        """0 up to that length, minus infinity beyond."""
        return np.where(np.asarray(lengths) <= self.n_steps, 0.0, -np.inf)

    def draw(self, n: int, rng: np.random.Generator, at_least: int = 1) -> np.ndarray:
        """The length, `n` times."""
        return np.full(n, max(self.n_steps, at_least))


def log_hazards(lengths: Any, first: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    r"""Whether a sequence of k steps ends there, as logarithms of two probabilities.

    .. math::

        h_k = P(T = k \mid T \ge k), \qquad
        \log p(T) = \log h_T + \sum_{k < T} \log (1 - h_k)

    Parameters
    ----------
    lengths : object
        A distribution of the number of steps.
    first, n : int
        k is `first`, `first` + 1, ..., `n` of them.

    Returns
    -------
    ends, goes_on : ndarray of shape (n,)
        :math:`\log h_k` and :math:`\log (1 - h_k)`.
    """
    steps = np.arange(first, first + n + 1)
    reached = lengths.log_at_least(np.maximum(steps, 1))
    there = np.isfinite(reached[:-1])  # where no sequence gets to, it ends at once
    before = np.where(there, reached[:-1], 0.0)
    ends = np.where(there, lengths.log_probability(np.maximum(steps[:-1], 1)) - before, 0.0)
    goes_on = np.where(there, reached[1:] - before, -np.inf)
    if first == 0:  # no sequence is empty
        ends[0], goes_on[0] = -np.inf, 0.0
    return np.minimum(ends, 0.0), np.minimum(goes_on, 0.0)


LENGTH_MODELS: dict[str, Any] = {
    "poisson": PoissonLength,
    "empirical": EmpiricalLength,
    "fixed": FixedLength,
}
