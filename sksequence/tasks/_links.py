"""From any number a network may give to the parameters of a distribution, and what is left over
of Stirling's formula: both hold their precision in 32 bits."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
# Beyond it a parameter stays where it is: its square still fits into 32 bits.
LARGEST = 1e6
# A window without any counts is taken for one of so many at each step.
FEWEST = 0.05
# From here on the logarithm of a mean grows like a logarithm itself.
LOG_KNEE = 20.0
# Coefficients of 1/x, 1/x^3, ... (Abramowitz, Stegun, 1964, 6.1.41), to 1e-13 from x = 10 on.
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188)
STIRLING_FROM = 10.0


def softplus_above(raw: Tensor, floor: float) -> Tensor:
    """``log(1 + exp(raw)) + floor``, finite for any input."""
    return F.softplus(raw.clamp(max=LARGEST)) + floor


def softplus_above_array(raw: np.ndarray, floor: float) -> np.ndarray:
    """`softplus_above` for numpy arrays."""
    return np.logaddexp(0.0, np.minimum(raw, LARGEST)) + floor


def log_mean(raw: Tensor) -> Tensor:
    """The logarithm of a mean: `raw` itself up to 20, then 20 + log(1 + raw - 20)."""
    return raw.clamp(max=LOG_KNEE) + torch.log1p((raw - LOG_KNEE).clamp(min=0.0))


def log_mean_array(raw: np.ndarray) -> np.ndarray:
    """`log_mean` for numpy arrays."""
    return np.minimum(raw, LOG_KNEE) + np.log1p(np.maximum(raw - LOG_KNEE, 0.0))


def about_level(raw: Tensor, level: Tensor) -> Tensor:
    """Raw outputs of counts; the first was the logarithm of a mean over that of the window.

    `level` is the logarithm of one more than the mean of the window.
    """
    usual = torch.expm1(level).clamp(min=FEWEST).log()
    mean = raw[..., :1] + usual[..., None].to(raw)
    return torch.cat([mean, raw[..., 1:]], dim=-1)


def log_units(counts: Tensor, level: Tensor) -> Tensor:
    """``log(1 + y) - level``, in which counts of any size are alike."""
    return torch.log1p(counts) - level


def counts_of(values: Tensor, level: Tensor) -> Tensor:
    """The counts of ``log_units``: whole numbers."""
    return torch.expm1(values.double() + level).round().to(values.dtype)


def stirling_rest(x: Tensor) -> Tensor:
    r"""What Stirling's formula leaves: :math:`\log\Gamma(x) - (x - \tfrac12)\log x + x - c`.

    With :math:`c = \tfrac12 \log 2\pi`; it falls like :math:`1 / (12 x)`.
    """
    small = x.clamp(max=STIRLING_FROM)
    exact = torch.lgamma(small) - (small - 0.5) * small.log() + small - HALF_LOG_2PI
    inverse = 1 / x.clamp(min=STIRLING_FROM)
    square = inverse.square()
    series = torch.zeros_like(x)
    for coefficient in reversed(STIRLING):
        series = series * square + coefficient
    return torch.where(x < STIRLING_FROM, exact, series * inverse)


def log_rise(x: Tensor, by: Tensor | float) -> Tensor:
    r""":math:`\log(\Gamma(x + b) / \Gamma(x)) - b \log x`, which goes to 0 as x grows.

    The difference of two ``lgamma`` has lost every digit in 32 bits at x = 1e6; in
    :math:`(x + b - \tfrac12) \log(1 + b / x) - b + S(x + b) - S(x)`, S what Stirling's formula
    leaves, nothing large is subtracted.
    """
    ratio = by / x
    rise = (x + by - 0.5) * torch.log1p(ratio) - by
    return rise + stirling_rest(x + by) - stirling_rest(x)
