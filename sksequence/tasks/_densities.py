"""Distributions with a density: of measurements, of counts, of rain."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from scipy import special
from scipy.stats import nbinom
from torch import Tensor
from torch.distributions import Normal

from sksequence.tasks._links import (
    HALF_LOG_2PI,
    log_mean,
    log_mean_array,
    log_rise,
    softplus_above,
    softplus_above_array,
    stirling_rest,
)

FLOOR = 1e-4
DISPERSION_FLOOR = 1e-6
# Beyond this mean the search of scipy for a quantile may not end.
LARGEST_COUNT = 1e6
# numpy draws no Poisson counts of a mean beyond about 9e18.
LARGEST_POISSON = 1e15


class Gaussian:
    r"""Normal distribution of the raw outputs a, b.

    .. math::

        p(y) = \frac{1}{\sigma \sqrt{2\pi}} e^{-(y - \mu)^2 / 2 \sigma^2}, \qquad
        \mu = a, \quad \sigma = \log(1 + e^b) + 10^{-4}

    (the links of Salinas et al., 2020). Natural parameters: :math:`\mu, \sigma`.
    """

    name = "gaussian"
    n_parameters = 2
    scaling = "window"
    discrete = False
    positive = False

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        """Negative log-density."""
        scale = softplus_above(parameters[..., 1], FLOOR)
        return -Normal(parameters[..., 0], scale, validate_args=False).log_prob(target)

    @torch.no_grad()
    def sample_step(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        """One draw for each row of raw outputs."""
        noise = torch.empty_like(raw[..., 0]).normal_(generator=generator)
        return raw[..., 0] + softplus_above(raw[..., 1], FLOOR) * noise

    def natural(self, raw: np.ndarray) -> np.ndarray:
        """Location and scale."""
        return np.stack([raw[..., 0], softplus_above_array(raw[..., 1], FLOOR)], axis=-1)

    def rescale(self, natural: np.ndarray, level, scale) -> np.ndarray:
        """Location and scale of level + scale * y."""
        return np.stack([natural[..., 0] * scale + level, natural[..., 1] * scale], axis=-1)

    def mean(self, natural: np.ndarray) -> np.ndarray:
        """The location."""
        return natural[..., 0]

    def quantile(self, natural: np.ndarray, q) -> np.ndarray:
        """Values below which shares q lie."""
        return natural[..., :1] + natural[..., 1:] * special.ndtri(levels(q))

    def cdf(self, natural: np.ndarray, value) -> np.ndarray:
        """Share that is not above a value."""
        return special.ndtr((value - natural[..., 0]) / natural[..., 1])

    def sample(self, natural: np.ndarray, rng: np.random.Generator, n_paths: int) -> np.ndarray:
        """Independent draws, path by path."""
        noise = rng.standard_normal((n_paths, *natural.shape[:-1]))
        return natural[..., 0] + natural[..., 1] * noise


class StudentT:
    r"""Student's t distribution of the raw outputs a, b, c: like the normal, with heavy tails.

    .. math::

        p(y) = \frac{\Gamma(\frac{\nu + 1}{2})}{\Gamma(\frac{\nu}{2}) \sqrt{\nu\pi}\, \sigma}
        \left(1 + \frac{z^2}{\nu}\right)^{-(\nu + 1) / 2}, \quad z = \frac{y - \mu}{\sigma}, \qquad
        \mu = a, \quad \sigma = \log(1 + e^b) + 10^{-4}, \quad \nu = 2 + \log(1 + e^c) + 10^{-4}

    (Lange, Little, Taylor, 1989). The variance :math:`\sigma^2 \nu / (\nu - 2)` is finite.
    Natural parameters: :math:`\mu, \sigma, \nu`.
    """

    name = "student_t"
    n_parameters = 3
    scaling = "window"
    discrete = False
    positive = False

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        """Negative log-density; exact in 32 bits where ``torch.distributions`` is not."""
        scale = softplus_above(parameters[..., 1], FLOOR)
        df = 2 + softplus_above(parameters[..., 2], FLOOR)
        z = (target - parameters[..., 0]) / scale
        tail = 0.5 * (df + 1) * torch.log1p(z.square() / df)
        return tail + scale.log() + HALF_LOG_2PI - log_rise(df / 2, 0.5)

    @torch.no_grad()
    def sample_step(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        r"""One draw: :math:`\sqrt{\nu (U^{-2/\nu} - 1)} \cos 2 \pi V` (Bailey, 1994)."""
        df = 2 + softplus_above(raw[..., 2], FLOOR)
        exponential = torch.empty_like(df).exponential_(generator=generator)  # -log U
        angle = torch.empty_like(df).uniform_(generator=generator) * (2 * torch.pi)
        noise = torch.sqrt(df * torch.expm1(2 * exponential / df)) * torch.cos(angle)
        return raw[..., 0] + softplus_above(raw[..., 1], FLOOR) * noise

    def natural(self, raw: np.ndarray) -> np.ndarray:
        """Location, scale and degrees of freedom."""
        scale, df = (
            softplus_above_array(raw[..., 1], FLOOR),
            2 + softplus_above_array(raw[..., 2], FLOOR),
        )
        return np.stack([raw[..., 0], scale, df], axis=-1)

    def rescale(self, natural: np.ndarray, level, scale) -> np.ndarray:
        """Those of level + scale * y."""
        location, width, df = (natural[..., i] for i in range(3))
        parts = np.broadcast_arrays(location * scale + level, width * scale, df)
        return np.stack(parts, axis=-1)

    def mean(self, natural: np.ndarray) -> np.ndarray:
        """The location."""
        return natural[..., 0]

    def quantile(self, natural: np.ndarray, q) -> np.ndarray:
        """Values below which shares q lie."""
        return natural[..., :1] + natural[..., 1:2] * special.stdtrit(natural[..., 2:], levels(q))

    def cdf(self, natural: np.ndarray, value) -> np.ndarray:
        """Share that is not above a value."""
        return special.stdtr(natural[..., 2], (value - natural[..., 0]) / natural[..., 1])

    def sample(self, natural: np.ndarray, rng: np.random.Generator, n_paths: int) -> np.ndarray:
        """Independent draws, path by path."""
        noise = rng.standard_t(natural[..., 2], (n_paths, *natural.shape[:-1]))
        return natural[..., 0] + natural[..., 1] * noise


class NegativeBinomial:
    r"""Counts of mean :math:`\mu` and variance :math:`\mu + \alpha \mu^2`, of raw outputs a, b.

    .. math::

        P(y) = \frac{\Gamma(y + r)}{\Gamma(r)\, y!} \left(\frac{r}{r + \mu}\right)^r
        \left(\frac{\mu}{r + \mu}\right)^y, \quad r = \frac1\alpha, \qquad
        \mu = e^a, \quad \alpha = \log(1 + e^b) + 10^{-6}

    (Cameron, Trivedi, 1986, their second model). It is the Poisson distribution in the limit of
    :math:`\alpha \to 0`. Beyond a = 20 the mean grows linearly. A forecaster reads
    :math:`\log(1 + y)` less that of the mean count of the window, to which a is added. Natural
    parameters: :math:`\mu, \alpha`.
    """

    name = "negative_binomial"
    n_parameters = 2
    scaling = "log"
    discrete = True
    positive = True

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        """Negative log-probability; exact in 32 bits where ``torch.distributions`` is not."""
        log_mu = log_mean(parameters[..., 0])
        r = 1 / softplus_above(parameters[..., 1], DISPERSION_FLOOR)
        cost = (target + r) * torch.log1p(log_mu.exp() / r) - target * log_mu
        return cost + torch.lgamma(target + 1) - log_rise(r, target)

    def sample_step(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        """One draw for each row of raw outputs."""
        return drawn_on_host(self, raw, generator)

    def natural(self, raw: np.ndarray) -> np.ndarray:
        """Mean and dispersion."""
        mean = np.exp(log_mean_array(raw[..., 0]))
        return np.stack([mean, softplus_above_array(raw[..., 1], DISPERSION_FLOOR)], axis=-1)

    def rescale(self, natural: np.ndarray, level, scale) -> np.ndarray:
        """The same: counts have no other units."""
        if np.any(np.not_equal(level, 0)) or np.any(np.not_equal(scale, 1)):
            raise ValueError(
                "counts of a negative binomial distribution can be neither shifted nor scaled: "
                f"level must be 0 and scale 1, got {_shown(level)} and {_shown(scale)}."
            )
        return natural

    def mean(self, natural: np.ndarray) -> np.ndarray:
        """The mean."""
        return natural[..., 0]

    def quantile(self, natural: np.ndarray, q) -> np.ndarray:
        """The smallest counts that are not exceeded with probabilities q.

        Beyond a mean of a million those of a gamma distribution of the same mean and variance,
        which differ by less than a thousandth of the standard deviation.
        """
        mean, r = natural[..., :1], 1 / natural[..., 1:]
        count = np.minimum(mean, LARGEST_COUNT)
        exact = nbinom.ppf(levels(q), r, r / (r + count))
        if np.all(mean <= LARGEST_COUNT):
            return exact
        width = 1 + mean / r
        near = np.ceil(width * special.gammaincinv(mean / width, levels(q)))
        return np.where(mean > LARGEST_COUNT, near, exact)

    def cdf(self, natural: np.ndarray, value) -> np.ndarray:
        """Share that is not above a value."""
        mean, r = natural[..., 0], 1 / natural[..., 1]
        count = np.floor(value)
        share = special.betaincc(np.maximum(count, 0) + 1, r, mean / (r + mean))
        return np.where(count < 0, 0.0, share)

    def sample(self, natural: np.ndarray, rng: np.random.Generator, n_paths: int) -> np.ndarray:
        """Independent draws: Poisson counts whose means are drawn from a gamma distribution."""
        mean, dispersion = natural[..., 0], natural[..., 1]
        rate = rng.gamma(1 / dispersion, mean * dispersion, (n_paths, *natural.shape[:-1]))
        counts = rng.poisson(np.minimum(rate, LARGEST_POISSON)).astype(np.float64)
        return np.where(rate > LARGEST_POISSON, np.floor(rate), counts)


class ZeroInflatedGamma:
    r"""Nothing with probability :math:`\pi`, else an amount; of raw outputs a, b, c.

    .. math::

        P(y = 0) = \pi, \quad
        p(y) = (1 - \pi) \frac{y^{k - 1} e^{-y / \theta}}{\Gamma(k)\, \theta^k} \ (y > 0), \qquad
        \pi = \frac{1}{1 + e^{-a}}, \quad k = \log(1 + e^b) + 10^{-4}, \quad
        k \theta = \log(1 + e^c) + 10^{-4}

    A mixture for daily rain (Stern, Coe, 1984). The network gives the mean of the amounts
    instead of their scale: shape and mean are orthogonal. Natural parameters:
    :math:`\pi, k, \theta`.
    """

    name = "zero_inflated_gamma"
    n_parameters = 3
    scaling = "mean"
    discrete = False
    positive = True

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        """Negative log-probability of what is 0, negative log-density of what is not."""
        logit = parameters[..., 0]
        shape, mean = (softplus_above(parameters[..., i], FLOOR) for i in (1, 2))
        wet = target > 0
        amount = torch.where(wet, target, 1.0)
        # log Gamma(k) - k log k + k is what Stirling's formula gives, and its rest
        log_ratio = amount.log() - mean.log()
        fit = shape * (amount / mean - 1 - log_ratio) + amount.log()
        of_amount = fit + HALF_LOG_2PI - 0.5 * shape.log() + stirling_rest(shape)
        return torch.where(wet, F.softplus(logit) + of_amount, F.softplus(-logit))

    def sample_step(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        """One draw for each row of raw outputs."""
        return drawn_on_host(self, raw, generator)

    def natural(self, raw: np.ndarray) -> np.ndarray:
        """Probability of zero, shape and scale of the amounts."""
        shape, mean = (softplus_above_array(raw[..., i], FLOOR) for i in (1, 2))
        return np.stack([special.expit(raw[..., 0]), shape, mean / shape], axis=-1)

    def rescale(self, natural: np.ndarray, level, scale) -> np.ndarray:
        """Those of scale * y."""
        if np.any(np.not_equal(level, 0)):
            raise ValueError(
                "amounts of a zero-inflated gamma distribution can be scaled but not shifted, "
                f"since zero must stay zero: level must be 0, got {_shown(level)}."
            )
        dry, shape, width = (natural[..., i] for i in range(3))
        return np.stack(np.broadcast_arrays(dry, shape, width * scale), axis=-1)

    def mean(self, natural: np.ndarray) -> np.ndarray:
        """Mean of zeros and amounts together."""
        return (1 - natural[..., 0]) * natural[..., 1] * natural[..., 2]

    def quantile(self, natural: np.ndarray, q) -> np.ndarray:
        """Values below which shares q lie; 0 up to the probability of zero."""
        dry, shape, width = (natural[..., i : i + 1] for i in range(3))
        excess = np.maximum(levels(q) - dry, 0.0)
        of_wet = np.divide(excess, 1 - dry, out=np.zeros_like(excess), where=dry < 1)
        return width * special.gammaincinv(shape, of_wet)

    def cdf(self, natural: np.ndarray, value) -> np.ndarray:
        """Share that is not above a value."""
        dry, shape, width = (natural[..., i] for i in range(3))
        share = special.gammainc(shape, np.maximum(value, 0.0) / width)
        return np.where(np.less(value, 0), 0.0, dry + (1 - dry) * share)

    def sample(self, natural: np.ndarray, rng: np.random.Generator, n_paths: int) -> np.ndarray:
        """Independent draws, path by path."""
        dry, shape, width = (natural[..., i] for i in range(3))
        size = (n_paths, *natural.shape[:-1])
        wet = rng.random(size) >= dry
        return np.where(wet, rng.gamma(shape, width, size), 0.0)


def levels(q) -> np.ndarray:
    """Levels of quantiles as an array of shape ``(n_q,)``."""
    q = np.atleast_1d(np.asarray(q, dtype=np.float64))
    if not np.all((q > 0) & (q < 1)):
        raise ValueError(f"quantiles must lie between 0 and 1, both left out, got {q.tolist()}.")
    return q


def drawn_on_host(distribution, raw: Tensor, generator: torch.Generator) -> Tensor:
    """One draw for each row by numpy: torch draws no gamma variates from a private generator."""
    seed = torch.randint(2**63 - 1, (), generator=generator, device=generator.device)
    natural = distribution.natural(raw.detach().cpu().double().numpy())
    drawn = distribution.sample(natural, np.random.default_rng(int(seed)), 1)[0]
    return torch.as_tensor(drawn).to(raw)


def _shown(value) -> str:
    value = np.unique(value)
    return f"{value[0]:g}" if len(value) == 1 else f"{value[0]:g} to {value[-1]:g}"
