"""scikit-learn's callbacks are told how a training goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.inputs import SequenceArray
from sksequence.networks import pack_network, unpack_network
from sksequence.training import Training
from sksequence.utils._sklearn import safe_indexing


@dataclass
class FitData:
    """What a fit was given, as callbacks are to see it.

    Parameters
    ----------
    X, y, sample_weight, X_val, y_val : object, default=None
        As the user gave them.
    held_back : ndarray of int, default=None
        Positions, among the sequences with a weight, of those that decide when to stop.
    """

    X: Any = None
    y: Any = None
    sample_weight: Any = None
    X_val: Any = None
    y_val: Any = None
    held_back: np.ndarray | None = None

    @property
    def validation(self) -> tuple[Any, Any] | None:
        """Sequences and targets that no weight was learned from; None if there are none."""
        if self.X_val is not None:
            return self.X_val, self.y_val
        if self.held_back is None:
            return None
        at = self.held_back
        if self.sample_weight is not None:
            at = np.flatnonzero(np.asarray(self.sample_weight) > 0)[at]
        X = self.X
        if hasattr(X, "iloc") and X.index.nlevels == 2:  # rows are steps
            X = SequenceArray.from_frame(X)
        return safe_indexing(X, at), None if self.y is None else safe_indexing(self.y, at)


def remember_held_back(estimator: Any, positions: np.ndarray | None) -> None:
    """Callbacks may be told which sequences decide when to stop."""
    if hasattr(estimator, "_fit_data"):
        estimator._fit_data.held_back = positions


class CallbackWatcher:
    """Goes between a training and the callbacks of an estimator.

    A fit is one task with a subtask for each epoch. The contexts of both have, beyond what
    scikit-learn gives them, ``training`` (a `Training`) and ``data`` (a `FitData`). A callback
    that has a method ``on_batch_end(estimator, context)`` hears of every batch too, one with
    ``on_epoch_settled(estimator, context)`` of the end of an epoch once it is known whether
    another one follows.

    Parameters
    ----------
    estimator : estimator
        With callbacks, in its fit.
    max_epochs : int
    earlier : list of dict
        The records of earlier fits, from which training goes on.
    inference_dtype : torch.dtype
        What the fitted network predicts in.
    """

    def __init__(self, estimator, max_epochs: int, earlier: list, inference_dtype):
        self._estimator, self._data, self._earlier = estimator, estimator._fit_data, earlier
        self._inference_dtype = inference_dtype
        callbacks = estimator._skl_callbacks
        self._each_batch = [
            callback
            for callback in callbacks
            if hasattr(callback, "on_batch_end") and getattr(callback, "watches_batches", True)
        ]
        self._settled = [c for c in callbacks if hasattr(c, "on_epoch_settled")]
        self.watches_batches = bool(self._each_batch)
        self._fit = estimator._init_callback_context(max_subtasks=max_epochs)
        self._fit.data = self._data

    def begin(self, training: Training) -> None:
        """The fit begins."""
        self._training = self._fit.training = training
        self._fit.call_on_fit_task_begin(estimator=self._estimator, **self._shown)
        for _ in training.history:  # trained before a restart
            self._fit.subcontext(task_name="epoch")

    def epoch_begins(self) -> None:
        """An epoch begins."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.training, self._epoch.data = self._training, self._data
        self._epoch.call_on_fit_task_begin(
            estimator=self._estimator,
            reconstruction_attributes=self._fitted,
            **self._shown,
        )

    def batch_ended(self) -> None:
        """A batch has been learned from."""
        for callback in self._each_batch:
            callback.on_batch_end(self._estimator, self._epoch)

    def epoch_ended(self) -> bool:
        """An epoch ends; whether a callback wants to stop."""
        return self._epoch.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes=self._fitted, **self._shown
        )

    def epoch_settled(self) -> None:
        """It is known whether another epoch follows."""
        for callback in self._settled:
            callback.on_epoch_settled(self._estimator, self._epoch)

    def end(self) -> None:
        """The fit ends: the estimator is fitted."""
        self._fit.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes=dict, **self._shown
        )

    @property
    def _shown(self) -> dict[str, Any]:
        return {"X": self._data.X, "y": self._data.y}

    def _fitted(self) -> dict[str, Any]:
        """What the estimator would have if training had stopped here."""
        network = unpack_network(pack_network(self._estimator.network_))
        record = joined(self._earlier, self._training.history)
        return {
            "network_": network.to(dtype=self._inference_dtype),
            "history_": record,
            "n_epochs_": len(record),
            "best_epoch_": None,
        }


def joined(earlier: list[dict], later: list[dict]) -> list[dict]:
    """The records of fits one after the other, epochs counted on."""
    n = len(earlier)
    return [*earlier, *({**row, "epoch": row["epoch"] + n} for row in later)]
