"""A trained forecaster over windows, block after block, in inference mode."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sksequence.batches import WindowBatch, WindowRows, WindowSamples
from sksequence.estimators._forecast_data import Origins
from sksequence.networks import RollingNetwork
from sksequence.tasks._links import about_level, log_units
from sksequence.training import explained_memory, threads

# Rows of all windows that are computed at a time.
N_ROWS = 2**18


@dataclass(frozen=True)
class Roller:
    """How forecasts are made with a fitted network.

    Parameters
    ----------
    network : callable
        ``network(batch).values`` are raw parameters of all steps of the horizon.
    distribution : object
    lookback, horizon : int
    lags : tuple of int
    dtype, device
        Of the batches.
    work : float, default=0
        Multiplications of one step of a batch.
    marks : pair of (int, int)
        Columns of observed and known covariates that are marks of what was seen.
    """

    network: Any
    distribution: Any
    lookback: int
    horizon: int
    lags: tuple[int, ...]
    dtype: torch.dtype = torch.float64
    device: torch.device | str = "cpu"
    work: float = 0.0
    marks: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))

    @property
    def in_blocks(self) -> bool:
        """Whether forecasts beyond the horizon are made from a new window.

        A network that reads past and future with the same weights goes on by itself. A decoder
        was never taught to.
        """
        return not isinstance(self.network, RollingNetwork) or self.network.decoder is not None

    def n_known(self, n_steps: int) -> int:
        """Steps of which covariates are read for a forecast of `n_steps`."""
        return -(-n_steps // self.horizon) * self.horizon if self.in_blocks else n_steps

    def parameters(self, origins: Origins) -> np.ndarray:
        """Natural parameters ``(n_origins, n_steps, n_targets, n_parameters)``.

        "direct" goes on from its own mean beyond `horizon`, block after block, and so does
        "seq2seq", which feeds back its mean at every step as "recursive" does.
        """
        with self._inference():
            if self.in_blocks:
                return self._blocks(origins, self._natural, self.distribution.mean)
            return self._in_chunks(origins, self._natural)

    def means(self, origins: Origins) -> np.ndarray:
        """Expected values ``(n_origins, n_steps, n_targets)``."""
        return self.distribution.mean(self.parameters(origins))

    def paths(self, origins: Origins, n_paths: int, rng: np.random.Generator) -> np.ndarray:
        """Draws ``(n_paths, n_origins, n_steps, n_targets)``; each step is given the one before.

        The steps of one block of "direct" are drawn independently of each other.
        """
        results = []
        with self._inference():
            for part in origins.parts(max(1, 2**15 // n_paths)):
                many = part.take(np.repeat(np.arange(len(part)), n_paths))
                drawn = self._draws(many, rng)
                results.append(drawn.reshape(len(part), n_paths, *drawn.shape[1:]))
        return np.concatenate(results).swapaxes(0, 1)

    def scales(self, origins: Origins) -> np.ndarray:
        """The scale of each window, ``(n_origins, 1, n_targets)``."""
        return self._in_chunks(origins, lambda part: _numpy(self._batch(part).scale))

    # -- pieces -----------------------------------------------------------------------------

    def _draws(self, origins: Origins, rng) -> np.ndarray:
        generator = torch.Generator(self.device).manual_seed(int(rng.integers(2**63)))

        def rolled(part):
            return self._roll_draws(part, generator)

        def at_once(part):
            return self.distribution.sample(self._natural(part), rng, 1)[0]

        draw = rolled if isinstance(self.network, RollingNetwork) else at_once
        if self.in_blocks:
            return self._blocks(origins, draw, lambda values: values)
        return self._in_chunks(origins, draw)

    def _blocks(self, origins: Origins, block: Callable, location: Callable) -> np.ndarray:
        """Forecast the horizon, let it become the past, and so on."""
        results, n_before, n_steps = [], origins.targets.shape[1], origins.n_steps
        for done in range(0, n_steps, self.horizon):
            known = origins.known[:, done : done + n_before + self.horizon]
            short = n_before + self.horizon - known.shape[1]
            if short > 0:  # the last block reaches further than what is known
                known = np.concatenate([known, np.repeat(known[:, -1:], short, axis=1)], axis=1)
            results.append(self._in_chunks(replace(origins, known=known), block))
            if done + self.horizon < n_steps:
                origins = _advanced(origins, location(results[-1]))
        return np.concatenate(results, axis=1)[:, :n_steps]

    def _natural(self, origins: Origins) -> np.ndarray:
        """Natural parameters of all steps, in the units of `origins`."""
        batch = self._batch(origins)
        if isinstance(self.network, RollingNetwork):

            def given(j, raw):
                natural = self.distribution.natural(_numpy(self._about(batch, raw)))
                value = torch.as_tensor(self.distribution.mean(natural))
                return self._fed(batch, j, value)

            raw = self.network.roll(batch, given)
        else:
            raw = self.network(batch).values
        natural = self.distribution.natural(_numpy(self._about(batch, raw)))
        if self.in_logarithms:
            return natural
        return self.distribution.rescale(natural, _numpy(batch.level), _numpy(batch.scale))

    def _roll_draws(self, origins: Origins, generator: torch.Generator) -> np.ndarray:
        batch, draws = self._batch(origins), []

        def draw(raw):
            draws.append(self.distribution.sample_step(self._about(batch, raw), generator))
            return draws[-1]

        raw = self.network.roll(batch, lambda j, raw: self._fed(batch, j, draw(raw)))
        draw(raw[:, -1])
        drawn = torch.stack(draws, dim=1).double()  # (n_origins, n_steps, n_targets)
        return _numpy(drawn if self.in_logarithms else drawn * batch.scale + batch.level)

    @property
    def in_logarithms(self) -> bool:
        """Whether the network reads logarithms of counts; its answers are of the counts."""
        return self.distribution.scaling == "log"

    def _about(self, batch: WindowBatch, raw: Tensor) -> Tensor:
        """Raw outputs of one step, or of all, as the distribution reads them."""
        if not self.in_logarithms:
            return raw
        return about_level(raw, batch.level if raw.ndim == 4 else batch.level[:, 0])

    def _fed(self, batch: WindowBatch, j: int, value: Tensor) -> Tensor:
        """The forecast of step j - 1 as step j reads it; the lags of later steps read it too."""
        if self.in_logarithms:
            value = log_units(value.to(batch.level), batch.level[:, 0])
        value = value.to(batch.past)  # (n_origins, n_targets)
        first = batch.known.shape[2] - len(self.lags) * value.shape[1]
        for lag in self.lags:
            stop = first + value.shape[1]
            if j - 1 + lag < batch.horizon:
                batch.known[:, self.lookback + j - 1 + lag, first:stop] = value
            first = stop
        return value

    def _batch(self, origins: Origins) -> WindowBatch:
        """One batch of all origins."""
        n, n_before = origins.targets.shape[:2]
        n_rows = n_before + origins.n_steps
        targets = np.full((n, n_rows, origins.targets.shape[2]), np.nan)
        targets[:, :n_before] = origins.targets
        observed = np.zeros((n, n_rows, origins.observed.shape[2]))
        observed[:, :n_before] = origins.observed
        rows = WindowRows(
            targets.reshape(n * n_rows, targets.shape[2]),
            observed.reshape(n * n_rows, observed.shape[2]),
            origins.known.reshape(n * n_rows, origins.known.shape[2]),
            origins.static,
            origins.spread,
            *self.marks,
        )
        starts = np.arange(n, dtype=np.int64) * n_rows + n_before
        samples = WindowSamples(
            rows,
            starts,
            np.arange(n),
            self.lookback,
            origins.n_steps,
            lags=self.lags,
            scaling=self.distribution.scaling,
            with_targets=False,
            dtype=self.dtype,
            device=self.device,
        )
        return samples.batch(np.arange(n))

    def _in_chunks(self, origins: Origins, function: Callable) -> np.ndarray:
        parts = origins.parts(N_ROWS // origins.known.shape[1])
        return np.concatenate([function(part) for part in parts])

    @contextlib.contextmanager
    def _inference(self) -> Iterator[None]:
        with (
            torch.inference_mode(),
            threads(self.work),
            explained_memory(None, self.device),
        ):
            yield


def _numpy(values: torch.Tensor) -> np.ndarray:
    return values.cpu().double().numpy()


def _advanced(origins: Origins, forecast: np.ndarray) -> Origins:
    """The same origins after their forecasts have become the past.

    Covariates that are known up to now only stay at their last value.
    """
    n_before, h = origins.targets.shape[1], forecast.shape[1]
    targets = np.concatenate([origins.targets, forecast], axis=1)[:, -n_before:]
    held = np.repeat(origins.observed[:, -1:], h, axis=1)
    observed = np.concatenate([origins.observed, held], axis=1)[:, -n_before:]
    return replace(origins, targets=targets, observed=observed)
