"""What a forecast may be: a distribution, some quantiles, or a point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sksequence.tasks._densities import (
    Gaussian,
    NegativeBinomial,
    StudentT,
    ZeroInflatedGamma,
    drawn_on_host,
    levels,
)

POINT_LOSSES = ("squared_error", "absolute_error", "huber")
DISTRIBUTIONS = (
    *POINT_LOSSES,
    "quantile",
    "gaussian",
    "student_t",
    "negative_binomial",
    "zero_inflated_gamma",
)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# A rate this small is none: dividing by it overflows nothing.
TINY = 1e-200


class Distribution(Protocol):
    r"""What the future value of one target at one step is forecast to be.

    A network gives *raw* outputs, any numbers, `n_parameters` of them in the last axis; the loss
    brings them into the range of the parameters itself. `natural` does the same outside of
    torch, and all that follows works on natural parameters, in 64 bits.

    Parameters
    ----------
    name : str
        One of ``DISTRIBUTIONS``.
    n_parameters : int
        Raw outputs, and natural parameters, of one value. The first raw output of ``"gaussian"``,
        ``"student_t"`` and the point losses is the location itself.
    scaling : {"window", "mean", "log"}
        In which units a network reads targets: shifted and scaled, scaled only, or logarithms
        (of counts, which are neither shifted nor scaled themselves: the first raw output is then
        the logarithm of a mean about that of the window).
    discrete : bool
        Counts.
    positive : bool
        Never below zero.
    """

    name: str
    n_parameters: int
    scaling: str
    discrete: bool
    positive: bool

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        """Loss of targets ``(...)`` under raw outputs ``(..., n_parameters)``, same shape."""

    def sample_step(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        """One draw ``(...)`` for raw outputs ``(..., n_parameters)``, in the same units."""

    def natural(self, raw: np.ndarray) -> np.ndarray:
        """Natural parameters of raw outputs, the same shape."""

    def rescale(self, natural: np.ndarray, level, scale) -> np.ndarray:
        """Natural parameters of ``level + scale * y``; both broadcast with all axes but the last.

        A ValueError where `scaling` forbids it.
        """

    def mean(self, natural: np.ndarray) -> np.ndarray:
        """Expected values ``(...)``."""

    def quantile(self, natural: np.ndarray, q) -> np.ndarray:
        """Quantiles ``(..., n_q)`` of levels q between 0 and 1, ascending where q is."""

    def cdf(self, natural: np.ndarray, value) -> np.ndarray:
        """Probability of at most `value`, which broadcasts with all axes but the last."""

    def sample(self, natural: np.ndarray, rng: np.random.Generator, n_paths: int) -> np.ndarray:
        """Independent draws ``(n_paths, ...)``."""


class Point:
    r"""A single value f, with no statement about how far it may be off.

    As a distribution it is certain: every quantile and every draw is the value itself.

    ==================  ============================================================
    squared_error       :math:`(y - f)^2`
    absolute_error      :math:`|y - f|`
    huber               :math:`\tfrac12 (y - f)^2` up to \|y - f\| = 1, then linear
                        (Huber, 1964)
    ==================  ============================================================

    Parameters
    ----------
    name : {"squared_error", "absolute_error", "huber"}
    """

    n_parameters = 1
    scaling = "window"
    discrete = False
    positive = False

    def __init__(self, name: str = "squared_error"):
        self.name = name

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        """Loss of each target."""
        value = parameters[..., 0]
        if self.name == "squared_error":
            return F.mse_loss(value, target, reduction="none")
        if self.name == "absolute_error":
            return F.l1_loss(value, target, reduction="none")
        return F.huber_loss(value, target, reduction="none")

    def sample_step(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        """The value."""
        return raw[..., 0].detach()

    def natural(self, raw: np.ndarray) -> np.ndarray:
        """The value."""
        return raw

    def rescale(self, natural: np.ndarray, level, scale) -> np.ndarray:
        """The value in other units."""
        return (natural[..., 0] * scale + level)[..., np.newaxis]

    def mean(self, natural: np.ndarray) -> np.ndarray:
        """The value."""
        return natural[..., 0]

    def quantile(self, natural: np.ndarray, q) -> np.ndarray:
        """The value, again and again."""
        return np.repeat(natural, len(levels(q)), axis=-1)

    def cdf(self, natural: np.ndarray, value) -> np.ndarray:
        """0 below the value, 1 from there on."""
        return np.where(np.less(value, natural[..., 0]), 0.0, 1.0)

    def sample(self, natural: np.ndarray, rng: np.random.Generator, n_paths: int) -> np.ndarray:
        """The value, again and again."""
        return np.repeat(natural[np.newaxis, ..., 0], n_paths, axis=0)


class Quantiles:
    r"""Several quantiles at once, without a family of distributions.

    The loss is the mean over the levels :math:`\alpha_i` of

    .. math:: \max(\alpha_i (y - f_i), (\alpha_i - 1)(y - f_i))

    (Koenker, Bassett, 1978), about half the continuous ranked probability score. Outputs that
    cross are sorted, which never makes the loss larger (Chernozhukov, Fernández-Val, Galichon,
    2010). Natural parameters: the sorted quantiles. Between them the quantile function is linear
    in the level; beyond the first and the last two of them an exponential tail goes through
    them (Park et al., 2022),

    .. math:: Q(\alpha) = x_1 + s \log(\alpha / \alpha_1), \quad
        s = \frac{x_2 - x_1}{\log(\alpha_2 / \alpha_1)} \qquad (\alpha < \alpha_1)

    and likewise at the other end. A single quantile has no tails: all of it is one value.

    Parameters
    ----------
    quantiles : sequence of float
        Levels in ascending order, each between 0 and 1.

    Raises
    ------
    ValueError
        When there are none, or they are not between 0 and 1 or not ascending.
    """

    name = "quantile"
    scaling = "window"
    discrete = False
    positive = False

    def __init__(self, quantiles: Sequence[float] = QUANTILES):
        self.levels = levels(quantiles)
        if self.levels.ndim != 1 or not len(self.levels) or np.any(np.diff(self.levels) <= 0):
            raise ValueError(
                "quantiles must be one or more levels in ascending order, none of them twice, "
                f"such as {QUANTILES}, got {self.levels.tolist()}."
            )
        self.n_parameters = len(self.levels)

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        """Mean pinball loss of the levels."""
        error = target[..., None] - parameters  # (..., n_levels)
        at = parameters.new_tensor(self.levels)
        return torch.maximum(at * error, (at - 1) * error).mean(dim=-1)

    def sample_step(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        """One draw for each row of raw outputs."""
        return drawn_on_host(self, raw, generator)

    def natural(self, raw: np.ndarray) -> np.ndarray:
        """The quantiles, sorted."""
        return np.sort(raw, axis=-1)

    def rescale(self, natural: np.ndarray, level, scale) -> np.ndarray:
        """The quantiles in other units."""
        return natural * np.expand_dims(scale, -1) + np.expand_dims(level, -1)

    def mean(self, natural: np.ndarray) -> np.ndarray:
        """Integral of the quantile function, tails included."""
        left, right = self._tails(natural)
        first, last = self.levels[0], self.levels[-1]
        inner = np.diff(self.levels) * (natural[..., 1:] + natural[..., :-1]) / 2
        tails = first * (natural[..., 0] - left) + (1 - last) * (natural[..., -1] + right)
        return inner.sum(axis=-1) + tails

    def quantile(self, natural: np.ndarray, q) -> np.ndarray:
        """Values below which shares q lie, from the quantiles that were learned."""
        q = levels(q)
        return self._inverse(natural, np.broadcast_to(q, (*natural.shape[:-1], len(q))))

    def cdf(self, natural: np.ndarray, value) -> np.ndarray:
        """Share that is not above a value: the inverse of the quantile function."""
        shape = np.broadcast_shapes(np.shape(value), natural.shape[:-1])
        value = np.broadcast_to(value, shape)
        natural = np.broadcast_to(natural, (*shape, self.n_parameters))
        first, last = natural[..., 0], natural[..., -1]
        if self.n_parameters == 1:
            return np.where(value < first, 0.0, 1.0)
        at = np.clip((natural <= value[..., None]).sum(axis=-1), 1, self.n_parameters - 1)
        low, high = (np.take_along_axis(natural, i[..., None], -1)[..., 0] for i in (at - 1, at))
        gap = np.where(high > low, high - low, 1.0)
        share = np.where(high > low, np.clip((value - low) / gap, 0.0, 1.0), value >= high)
        inner = self.levels[at - 1] + share * (self.levels[at] - self.levels[at - 1])
        left, right = (np.maximum(rate, TINY) for rate in self._tails(natural))
        below = self.levels[0] * np.exp(np.minimum(value - first, 0.0) / left)
        above = (1 - self.levels[-1]) * np.exp(np.minimum(last - value, 0.0) / right)
        above = np.where((right == TINY) & (value >= last), 0.0, above)
        return np.where(value < first, below, np.where(value >= last, 1 - above, inner))

    def sample(self, natural: np.ndarray, rng: np.random.Generator, n_paths: int) -> np.ndarray:
        """Independent draws: the quantile function of uniform numbers."""
        uniform = rng.random((*natural.shape[:-1], n_paths))
        return np.moveaxis(self._inverse(natural, uniform), -1, 0)

    def _tails(self, natural: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scales of the exponential tails at both ends, each ``(...)``."""
        if self.n_parameters == 1:
            return np.zeros(natural.shape[:-1]), np.zeros(natural.shape[:-1])
        left, right = self.levels[1] / self.levels[0], (1 - self.levels[-2]) / (1 - self.levels[-1])
        first, last = natural[..., 1] - natural[..., 0], natural[..., -1] - natural[..., -2]
        return first / np.log(left), last / np.log(right)

    def _inverse(self, natural: np.ndarray, at: np.ndarray) -> np.ndarray:
        """The quantile function of each row at levels of its own, ``(..., m)``."""
        if self.n_parameters == 1:
            return np.broadcast_to(natural, at.shape).copy()
        first, last = self.levels[0], self.levels[-1]
        right = np.clip(np.searchsorted(self.levels, at), 1, self.n_parameters - 1)
        low, high = (np.take_along_axis(natural, i, axis=-1) for i in (right - 1, right))
        share = (at - self.levels[right - 1]) / (self.levels[right] - self.levels[right - 1])
        inner = low + np.clip(share, 0.0, 1.0) * (high - low)
        below, above = (rate[..., None] for rate in self._tails(natural))
        inner += below * np.log(np.clip(at, TINY, first) / first)
        return inner - above * np.log((1 - np.maximum(at, last)) / (1 - last))


def make_distribution(name: str, quantiles: Sequence[float] | None = None) -> Distribution:
    """What a forecaster's parameter `loss` stands for.

    Parameters
    ----------
    name : str
        One of ``DISTRIBUTIONS``.
    quantiles : sequence of float, optional
        Levels for ``"quantile"``, in ascending order; the others take no notice.

    Returns
    -------
    distribution : Distribution

    Raises
    ------
    ValueError
        When there is none of this name, or the levels are no levels.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.tasks import make_distribution
    >>> rain = make_distribution("zero_inflated_gamma")
    >>> natural = np.array([0.75, 2.0, 5.0])  # dry on three days of four, else 10 mm
    >>> float(rain.mean(natural))
    2.5
    >>> rain.quantile(natural, [0.5, 0.9]).round(1)
    array([ 0. , 10.1])
    >>> float(1 - rain.cdf(natural, 0.0))
    0.25
    """
    if name in POINT_LOSSES:
        return Point(name)
    if name == "quantile":
        return Quantiles(QUANTILES if quantiles is None else quantiles)
    for family in (Gaussian, StudentT, NegativeBinomial, ZeroInflatedGamma):
        if name == family.name:
            return family()
    raise ValueError(f"loss must be one of {', '.join(map(repr, DISTRIBUTIONS))}, got {name!r}.")
