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

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Lengths of `n` sequences."""
        return 1 + rng.poisson(self.rate, size=n)


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
        return np.log(total / (self.counts.sum() + 1))

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Lengths of `n` sequences."""
        weights = np.append(self.counts, 1.0)
        drawn = rng.choice(len(weights), size=n, p=weights / weights.sum())
        tail = rng.geometric(1 / self.mean, size=n)
        return np.where(drawn == len(self.counts), tail, drawn)


LENGTH_MODELS: dict[str, Any] = {"poisson": PoissonLength, "empirical": EmpiricalLength}
