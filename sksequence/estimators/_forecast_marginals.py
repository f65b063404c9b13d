"""The distribution of each future value, in the units of the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Exact:
    """Closed-form distributions, with a transformation that keeps their order.

    Parameters
    ----------
    distribution : object
    parameters : ndarray of shape (n_origins, n_steps, n_targets, n_parameters)
    undo, apply : callable
        From the network's units to the user's and back, elementwise on
        ``(n_origins, n_steps, n_targets)``.
    """

    distribution: Any
    parameters: np.ndarray
    undo: Callable
    apply: Callable

    def quantile(self, levels: np.ndarray) -> np.ndarray:
        """Values below which `levels` of shape ``(n_steps, n_targets, n_q)`` lie."""
        n_q = levels.shape[2]
        found = [
            self.undo(_at_level(self.distribution, self.parameters, levels[:, :, q]))
            for q in range(n_q)
        ]
        return np.stack(found, axis=3)

    def cdf(self, values: np.ndarray) -> np.ndarray:
        """Probability of at most `values`, ``(n_origins, n_steps, n_targets)``."""
        return self.distribution.cdf(self.parameters, self.apply(values))


@dataclass(frozen=True)
class Drawn:
    """Paths that were drawn; marginals are those of the paths.

    Parameters
    ----------
    paths : ndarray of shape (n_paths, n_origins, n_steps, n_targets)
        In the units of the user.
    """

    paths: np.ndarray

    def quantile(self, levels: np.ndarray) -> np.ndarray:
        """Values below which `levels` of shape ``(n_steps, n_targets, n_q)`` lie."""
        result = np.empty((*self.paths.shape[1:], levels.shape[2]))
        for t in range(levels.shape[0]):
            for k in range(levels.shape[1]):
                found = np.quantile(self.paths[:, :, t, k], levels[t, k], axis=0)  # (n_q, n)
                result[:, t, k] = found.T
        return result

    def cdf(self, values: np.ndarray) -> np.ndarray:
        """Share of the paths that are at most `values`."""
        return (self.paths <= values).mean(axis=0)


@dataclass(frozen=True)
class Around:
    """A point forecast with the errors that were seen on data held back.

    Parameters
    ----------
    point : ndarray of shape (n_origins, n_steps, n_targets)
        In the network's units.
    scale : ndarray of shape (n_origins, 1, n_targets)
        Of the windows.
    errors : ndarray of shape (n_errors, n_steps, n_targets)
        In units of the windows.
    undo : callable
    """

    point: np.ndarray
    scale: np.ndarray
    errors: np.ndarray
    undo: Callable

    def quantile(self, levels: np.ndarray) -> np.ndarray:
        """Values below which `levels` of shape ``(n_steps, n_targets, n_q)`` lie."""
        found = []
        for q in range(levels.shape[2]):
            error = np.empty(levels.shape[:2])
            for t, k in np.ndindex(*error.shape):
                error[t, k] = conformal_quantile(self.errors[:, t, k], levels[t, k, q])
            found.append(self.undo(self.point + self.scale * error))
        return np.stack(found, axis=3)


def conformal_quantile(values: np.ndarray, level: float) -> float:
    """The quantile of calibration values with the correction for their number.

    The upper half takes the :math:`\\lceil (n + 1) q \\rceil`-th smallest of n values, the lower
    half is its mirror image (Vovk, Gammerman and Shafer, 2005).
    """
    values = np.sort(values[np.isfinite(values)])
    n = len(values)
    if n == 0:
        return float("nan")
    if level >= 0.5:
        rank = int(np.ceil((n + 1) * level)) - 1
    else:
        rank = int(np.floor((n + 1) * level)) - 1
    return float(values[np.clip(rank, 0, n - 1)])


def _at_level(distribution, parameters, levels) -> np.ndarray:
    """Quantiles at one level for each step and target."""
    result = np.empty(parameters.shape[:3])
    for t, k in np.ndindex(*levels.shape):
        found = distribution.quantile(parameters[:, t, k], np.array([levels[t, k]]))
        result[:, t, k] = found[..., 0]
    return result
