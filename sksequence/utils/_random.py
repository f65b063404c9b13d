"""Private random generators: the caller's global state is neither read nor moved."""

from __future__ import annotations

import numbers

import numpy as np


def make_generator(random_state) -> np.random.Generator:
    """A private generator from an int, a Generator, a RandomState or None (fresh entropy)."""
    if random_state is None:
        return np.random.default_rng()
    if isinstance(random_state, numbers.Integral):
        return np.random.default_rng(int(random_state))
    if isinstance(random_state, np.random.Generator):
        return np.random.default_rng(random_state.integers(2**63))
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31))
    raise ValueError(
        "random_state must be an integer, None, a numpy Generator or RandomState, got "
        f"{random_state!r}."
    )


def continued(generator: np.random.Generator, n_before: int) -> np.random.Generator:
    """The generator of the call after `n_before` others with the same seed.

    An estimator that goes on training must not see the same batches and the same noise again.
    """
    if n_before == 0:
        return generator
    return np.random.Generator(generator.bit_generator.jumped(n_before))  # type: ignore[attr-defined]


def torch_generator(rng: np.random.Generator, device="cpu"):
    """A private torch generator seeded from a numpy one."""
    import torch

    return torch.Generator(device=device).manual_seed(int(rng.integers(2**63)))
