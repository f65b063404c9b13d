"""A trained forecaster over windows, block after block, in inference mode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from sksequence.batches import WindowRows, WindowSamples
from sksequence.networks import DirectNetwork
from sksequence.training import explained_memory, threads


@dataclass(frozen=True)
class Origins:
    """Windows of the past with what is known of the future, one for each origin.

    Parameters
    ----------
    targets : ndarray of shape (n_origins, n_before, n_targets)
        As the network sees them; the last `lookback` of them are the past, those before serve
        lags.
    observed : ndarray of shape (n_origins, n_before, n_observed)
    known : ndarray of shape (n_origins, n_before + n_steps, n_known)
    static : ndarray of shape (n_origins, n_static)
    spread : ndarray of shape (n_origins, n_targets)
    """

    targets: np.ndarray
    observed: np.ndarray
    known: np.ndarray
    static: np.ndarray
    spread: np.ndarray

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def n_steps(self) -> int:
        """Steps of the future."""
        return self.known.shape[1] - self.targets.shape[1]

    def take(self, at: Any) -> Origins:
        """Some of them."""
        return Origins(*(getattr(self, name)[at] for name in self.__dataclass_fields__))

    @classmethod
    def at(
        cls, rows: WindowRows, starts: np.ndarray, series: np.ndarray, n_before: int, n_steps: int
    ) -> Origins:
        """Cut them out of all rows; the future may reach beyond the last row of known values."""
        back = starts[:, None] + np.arange(-n_before, 0)
        ahead = np.concatenate([back, starts[:, None] + np.arange(n_steps)], axis=1)
        return cls(
            rows.targets[back],
            rows.observed[back],
            rows.known[ahead],
            rows.static[series],
            rows.spread[series],
        )


@dataclass(frozen=True)
class Roller:
    """How forecasts are made with a fitted network.

    Parameters
    ----------
    network : nn.Module
    distribution : object
    lookback, horizon : int
    lags : tuple of int
    """

    network: Any
    distribution: Any
    lookback: int
    horizon: int
    lags: tuple[int, ...]

    def parameters(self, origins: Origins) -> np.ndarray:
        """Natural parameters ``(n_origins, n_steps, n_targets, n_parameters)``.

        Beyond `horizon`, "direct" goes on from its own mean, block after block; the others feed
        back their mean at every step.
        """
        with self._inference():
            if isinstance(self.network, DirectNetwork):
                return self._blocks(origins, self._block, self.distribution.mean)
            return self._in_chunks(origins, self._roll_mean)

    def paths(self, origins: Origins, n_paths: int, rng: np.random.Generator) -> np.ndarray:
        """Draws ``(n_paths, n_origins, n_steps, n_targets)``; each step is given the one before.

        The steps of one block of "direct" are drawn independently of each other.
        """
        many = origins.take(np.repeat(np.arange(len(origins)), n_paths))
        with self._inference():
            if isinstance(self.network, DirectNetwork):

                def draw(natural):
                    return self.distribution.sample(natural, rng, 1)[0]

                def block(part):
                    return draw(self._block(part))[..., np.newaxis]

                drawn = self._blocks(many, block, lambda values: values[..., 0])[..., 0]
            else:
                generator = torch.Generator(self._device).manual_seed(int(rng.integers(2**63)))
                drawn = self._in_chunks(many, self._roll_draws, generator)
        by_origin = drawn.reshape(len(origins), n_paths, *drawn.shape[1:])
        return by_origin.swapaxes(0, 1)

    def scales(self, origins: Origins) -> np.ndarray:
        """The scale of each window, ``(n_origins, 1, n_targets)``."""
        return self._in_chunks(
            origins, lambda part: self._batch(part, part.n_steps).scale.cpu().double().numpy()
        )

    # -- direct -----------------------------------------------------------------------------

    def _blocks(self, origins: Origins, block, location) -> np.ndarray:
        results, n_before = [], origins.targets.shape[1]
        n_steps, done = origins.n_steps, 0
        while done < n_steps:
            known = origins.known[:, done : done + n_before + self.horizon]
            short = n_before + self.horizon - known.shape[1]
            if short > 0:  # the last block reaches further than was asked for
                known = np.concatenate([known, np.repeat(known[:, -1:], short, axis=1)], axis=1)
            part = self._in_chunks(replace(origins, known=known), block)
            results.append(part)
            done += self.horizon
            if done < n_steps:
                origins = _advanced(origins, location(part))
        return np.concatenate(results, axis=1)[:, :n_steps]

    def _block(self, origins: Origins) -> np.ndarray:
        batch = self._batch(origins, self.horizon)
        raw = self.network(batch).values.cpu().double().numpy()
        return self._rescaled(raw, batch)

    # -- recursive and seq2seq --------------------------------------------------------------

    def _roll_mean(self, origins: Origins) -> np.ndarray:
        batch = self._batch(origins, origins.n_steps)
        like = batch.past

        def given(j, raw):
            natural = self.distribution.natural(raw.cpu().double().numpy())
            return torch.as_tensor(self.distribution.mean(natural)).to(like)

        network = self.network
        raw = network.roll(batch, network.read(batch), network.last_value(batch)[:, 0], given)
        return self._rescaled(raw.cpu().double().numpy(), batch)

    def _roll_draws(self, origins: Origins, generator: torch.Generator) -> np.ndarray:
        batch = self._batch(origins, origins.n_steps)
        network, draws = self.network, []

        def given(j, raw):
            draws.append(self.distribution.sample_step(raw, generator))
            return draws[-1].to(batch.past)

        raw = network.roll(batch, network.read(batch), network.last_value(batch)[:, 0], given)
        draws.append(self.distribution.sample_step(raw[:, -1], generator))
        drawn = torch.stack(draws, dim=1).double()  # (n_origins, n_steps, n_targets)
        return (drawn * batch.scale + batch.level).cpu().numpy()

    # -- pieces -----------------------------------------------------------------------------

    def _batch(self, origins: Origins, n_steps: int):
        """One batch of all origins."""
        n, n_before = origins.targets.shape[:2]
        n_rows = n_before + n_steps
        targets = np.full((n, n_rows, origins.targets.shape[2]), np.nan)
        targets[:, :n_before] = origins.targets
        observed = np.zeros((n, n_rows, origins.observed.shape[2]))
        observed[:, :n_before] = origins.observed
        rows = WindowRows(
            targets.reshape(n * n_rows, -1),
            observed.reshape(n * n_rows, observed.shape[2]),
            origins.known[:, :n_rows].reshape(n * n_rows, origins.known.shape[2]),
            origins.static,
            origins.spread,
        )
        starts = np.arange(n, dtype=np.int64) * n_rows + n_before
        samples = WindowSamples(
            rows,
            starts,
            np.arange(n),
            self.lookback,
            n_steps,
            lags=self.lags,
            scaling=self.distribution.scaling,
            with_targets=False,
            dtype=self.network.head.weight.dtype,
            device=self._device,
        )
        return samples.batch(np.arange(n))

    def _rescaled(self, raw: np.ndarray, batch) -> np.ndarray:
        level, scale = (part.cpu().double().numpy() for part in (batch.level, batch.scale))
        return self.distribution.rescale(self.distribution.natural(raw), level, scale)

    def _in_chunks(self, origins: Origins, function, *others) -> np.ndarray:
        n_rows = origins.known.shape[1]
        size = max(1, 2**18 // n_rows)
        parts = [
            function(origins.take(slice(start, start + size)), *others)
            for start in range(0, len(origins), size)
        ]
        return np.concatenate(parts)

    @property
    def _device(self) -> torch.device:
        return self.network.head.weight.device

    def _inference(self):
        return _Inference(self.network)


class _Inference:
    def __init__(self, network):
        spec = network.spec
        width = max(spec.widths)
        self._contexts = (
            torch.inference_mode(),
            threads(256 * spec.cell.n_gates * width * 2 * width),
            explained_memory(None, network.head.weight.device),
        )

    def __enter__(self):
        for context in self._contexts:
            context.__enter__()

    def __exit__(self, *error):
        for context in reversed(self._contexts):
            context.__exit__(*error)


def _advanced(origins: Origins, forecast: np.ndarray) -> Origins:
    """The same origins after their forecasts have become the past.

    Covariates that are known up to now only stay at their last value.
    """
    _n, n_before = origins.targets.shape[:2]
    h = forecast.shape[1]
    targets = np.concatenate([origins.targets, forecast], axis=1)[:, -n_before:]
    held = np.repeat(origins.observed[:, -1:], h, axis=1)
    observed = np.concatenate([origins.observed, held], axis=1)[:, -n_before:]
    return replace(origins, targets=targets, observed=observed)
