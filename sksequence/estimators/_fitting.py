"""What every estimator does around the training loop."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch

from sksequence.estimators._parameters import make_plan
from sksequence.estimators._watching import CallbackWatcher, FitData, joined
from sksequence.training import DivergenceError, choose_device, explained_memory, threads, train
from sksequence.utils._random import continued, make_generator
from sksequence.utils._sklearn import with_callbacks

DTYPES = {"float32": torch.float32, "float64": torch.float64, "mixed": torch.float32}

Method = TypeVar("Method", bound=Callable[..., Any])


def unchanged_if_refused(fit: Method) -> Method:
    """Let ``fit`` leave an estimator as it was where it refuses its arguments.

    A fitted estimator then still predicts, with all that it has learned. Training that diverged,
    was stopped or had too little memory is no refusal.
    """

    @functools.wraps(fit)
    def careful(self, *args, **kwargs):
        before = dict(vars(self))
        if fit.__name__ == "fit" and getattr(self, "_skl_callbacks", None):
            given = inspect.signature(fit).bind(self, *args, **kwargs).arguments
            shown = FitData.__dataclass_fields__.keys() & given.keys()
            self._fit_data = FitData(**{name: given[name] for name in shown})
        try:
            return fit(self, *args, **kwargs)
        except (DivergenceError, MemoryError):
            raise
        except Exception:
            vars(self).clear()
            vars(self).update(before)
            raise
        finally:
            vars(self).pop("_fit_data", None)

    return careful  # type: ignore[return-value]


@with_callbacks
def train_network(
    estimator: Any,
    task: Any,
    samples: Callable[[], Any],
    valid_samples: Callable[[], Any] | None,
    rng: np.random.Generator,
    max_epochs: int,
    work: float,
    earlier: list | None = None,
    inference_dtype: torch.dtype | None = None,
) -> None:
    """Train ``estimator.network_`` in place and keep the record.

    Parameters
    ----------
    estimator : estimator
        Gives device, dtype and the settings of the loop; gets ``history_``, ``n_epochs_`` and
        ``best_epoch_``.
    task : object
        As for ``train``.
    samples, valid_samples : callable
        Give the samples when the network stands on its device.
    rng : numpy.random.Generator
    max_epochs : int
    work : float
        Multiplications of one step of a batch: a small one runs on one thread.
    earlier : list of dict or None
        The records of the fits from which training goes on; None: the network is new, and is
        taken away again if it could not be trained.
    inference_dtype : torch.dtype, default=None
        What the trained network predicts in; None: as it was trained.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when the estimator is usable.
    """
    try:
        device = choose_device(estimator.device)
        dtype = DTYPES[estimator.dtype]
        network = estimator.network_.to(device, dtype)
        plan = make_plan(estimator, max_epochs, device)
        with (
            torch.enable_grad(),
            threads(work),
            explained_memory(estimator.batch_size, device),
        ):
            valid = None if valid_samples is None else valid_samples()
            watcher = None
            if hasattr(estimator, "_fit_data"):
                watcher = CallbackWatcher(
                    estimator, max_epochs, earlier or [], inference_dtype or dtype
                )
            run = train(network, task, samples(), plan, rng, valid, watcher=watcher)
            network.to(dtype=inference_dtype or dtype)
    except BaseException:  # of Ctrl-C in the loop itself, the run only tells
        if earlier is None:
            del estimator.network_  # not trained
        raise
    estimator.history_ = joined(earlier or [], run.history)
    estimator.n_epochs_ = len(estimator.history_)
    n_earlier = len(estimator.history_) - len(run.history)
    estimator.best_epoch_ = None if run.best_epoch is None else run.best_epoch + n_earlier
    if watcher is not None:
        watcher.end()
    if run.stopped_by == "interrupt":
        raise KeyboardInterrupt


def private_generator(estimator: Any, keep: bool) -> np.random.Generator:
    """Private randomness; where training goes on, other than in the calls before."""
    estimator._n_fits = estimator._n_fits + 1 if keep else 0
    return continued(make_generator(estimator.random_state), estimator._n_fits)
