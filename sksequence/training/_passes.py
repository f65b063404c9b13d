"""Passes over the batches of an epoch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch

from sksequence.training._trees import detached, to_device


class BatchLoss:
    """The loss of a batch; where batches continue each other, their state is carried.

    Parameters
    ----------
    network, task : object
        As ``train`` has them.
    autocast : torch.dtype or None
        What is computed in where that is safe.
    """

    def __init__(self, network: torch.nn.Module, task: Any, autocast: torch.dtype | None):
        self._network, self._task, self._autocast = network, task, autocast
        self.state: Any = None

    def of(self, batch: Any, progress: float | None = None) -> dict[str, Any]:
        """The loss, the weight that it stands for, and the outputs."""
        context: Any = nullcontext()
        if self._autocast is not None:
            context = torch.autocast(batch.device.type, dtype=self._autocast)
        with context:
            outputs = self._forward(batch, progress)
            loss, weight = self._task.loss(outputs, batch)
        return {"loss": loss, "weight": weight, "y_pred": outputs}

    def _forward(self, batch: Any, progress: float | None) -> Any:
        """The outputs of a batch; its state is kept, without its past, for a batch that continues.

        Kinds of batches that always stand alone need not say so.
        """
        state = self.state if getattr(batch, "continues", False) else None
        outputs = self._network(batch, state=state, progress=progress)
        self.state = detached(outputs.state) if getattr(batch, "goes_on", False) else None
        return outputs


class Passes:
    """Mean losses of passes over batches, one of which may begin in the middle.

    Parameters
    ----------
    loss : BatchLoss
    rng : numpy.random.Generator
        Orders the batches.
    max_epochs : int
    notify : callable or None
        Is told of the beginning and the end of each batch, as skorch's callbacks are.
    batch_ended : callable or None
        Is called after each batch of training.

    Attributes
    ----------
    n_done : int
        Batches that are done in the pass of training under way, where `batch_ended` is told of
        them; 0 between passes.
    """

    def __init__(
        self,
        loss: BatchLoss,
        rng: np.random.Generator,
        max_epochs: int,
        notify: Callable | None,
        batch_ended: Callable | None,
    ):
        self._loss, self._rng, self._max_epochs = loss, rng, max_epochs
        self._notify, self._batch_ended = notify, batch_ended
        self.n_done, self._n_before = 0, 0
        self._sums: Any = None
        self._sums_before: Any = None
        self._state_before: Any = None

    def mean_loss(self, samples: Any, epoch: int, training: bool, step: Callable) -> float:
        """``step(batch, progress=...)`` for each batch; the mean of the losses by weight."""
        batches = samples.batches(epoch, self._rng) if training else samples.ordered_batches()
        n_batches = max(1, samples.n_batches)
        # running sums on the device: nothing waits for it, and no small tensors stay behind
        # between the large ones that each batch frees (memory would grow around them)
        total, weight = 0.0, 0.0
        self._loss.state = None  # carried where one batch continues another
        n_before = 0
        if training:
            self._rng_at_start = self._rng.bit_generator.state
            n_before, self._n_before = self._n_before, 0
        for i, batch in enumerate(batches):
            if i < n_before:  # done before a restart; drawn again, for those that follow
                if i == n_before - 1:
                    (total, weight), self._loss.state = self._sums_before, self._state_before
                continue
            if self._notify is not None:
                self._notify("on_batch_begin", batch=batch, training=training)
            done = step(batch, progress=(epoch + i / n_batches) / self._max_epochs)
            total = total + done["loss"].detach() * done["weight"]
            weight = weight + done["weight"]
            if self._notify is not None:
                self._notify("on_batch_end", batch=batch, training=training, **done)
            del batch, done  # or the next batch grows beside this one
            if self._batch_ended is not None and training:
                self.n_done, self._sums = i + 1, (total, weight)
                self._batch_ended()
        self.n_done = 0
        return float(total / weight)

    def state(self) -> dict[str, Any]:
        """The place in the pass under way; between passes, in none."""
        under_way = self.n_done > 0
        return {
            # within an epoch the batches are drawn again from its beginning
            "rng": self._rng_at_start if under_way else self._rng.bit_generator.state,
            "n_done": self.n_done,
            "sums": self._sums if under_way else None,
            "state": self._loss.state if under_way else None,
        }

    def go_on(self, state: dict[str, Any], device: torch.device) -> None:
        """Let the next pass of training go on from such a place."""
        self._rng.bit_generator.state = state["rng"]
        self._n_before = state["n_done"]
        self._sums_before = to_device(state["sums"], device)
        self._state_before = to_device(state["state"], device)
