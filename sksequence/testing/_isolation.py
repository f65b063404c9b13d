"""Nothing that an estimator does in one check reaches the next one, or the caller."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from sksequence.testing._examples import Examples


def run_isolated(estimator: Any, *, check: Callable, examples: Examples) -> None:
    """Run a check on copies, and set back what it changed."""
    with _everything_set_back():
        check(copy.deepcopy(estimator), copy.deepcopy(examples))


def cuda_states() -> list[torch.Tensor]:
    """The random states of all CUDA devices; none where there is none."""
    return torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []


@contextmanager
def _everything_set_back() -> Iterator[None]:
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    on_cuda = cuda_states()
    n_threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    deterministic = torch.are_deterministic_algorithms_enabled()
    try:
        with np.errstate(), torch.set_grad_enabled(torch.is_grad_enabled()):
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
        if on_cuda:
            torch.cuda.set_rng_state_all(on_cuda)
        torch.set_num_threads(n_threads)
        torch.set_default_dtype(dtype)
        torch.use_deterministic_algorithms(deterministic)
