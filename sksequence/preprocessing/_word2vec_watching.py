"""scikit-learn's callbacks are told how the training of word vectors goes."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np


class WordTraining:
    """What callbacks see of a training of word vectors, as ``context.training``.

    Parameters
    ----------
    max_epochs : int
        How often the texts are read at most.
    """

    def __init__(self, max_epochs: int):
        self.max_epochs = max_epochs
        self.history: list[dict] = []

    @property
    def ends(self) -> bool:
        """Whether no other epoch follows."""
        return len(self.history) >= self.max_epochs

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"a training of word vectors has no {name!r}, but history, max_epochs and ends: a "
            "callback that needs a network, such as Checkpoint, LearningRateSchedule, or "
            "ValidationMonitor(keep_best=True), belongs to the estimator around the network."
        )


class Listener:
    """Goes between the training of word vectors and the callbacks of an embedder.

    A fit is a task with a subtask for each epoch, as that of an estimator around a network.

    Parameters
    ----------
    embedder : Word2VecEmbedder
        With callbacks, in its fit.
    X : documents
        As the user gave them.
    max_epochs : int
    fitted : callable
        ``fitted(vectors, history)`` gives what the embedder would learn from vectors.
    """

    def __init__(self, embedder: Any, X: Any, max_epochs: int, fitted: Callable[..., dict]):
        self._embedder, self._X, self._learned = embedder, X, fitted
        self._fit = embedder._init_callback_context(max_subtasks=max_epochs)
        self._fit.training = self._training = WordTraining(max_epochs)
        self._fit.data = SimpleNamespace(X=X, y=None, validation=None)
        self._fit.call_on_fit_task_begin(estimator=embedder, X=X)

    def epoch_begins(self) -> None:
        """The texts are going to be read."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.training, self._epoch.data = self._training, self._fit.data
        self._epoch.call_on_fit_task_begin(estimator=self._embedder, X=self._X)

    def epoch_ended(self, history: list[dict], vectors: Callable[[], np.ndarray]) -> bool:
        """They have been read; whether a callback wants to stop."""
        self._training.history = history
        return self._epoch.call_on_fit_task_end(
            estimator=self._embedder,
            X=self._X,
            reconstruction_attributes=lambda: self._learned(vectors(), list(history)),
        )

    def end(self) -> None:
        """The fit ends: the embedder is fitted."""
        self._fit.call_on_fit_task_end(
            estimator=self._embedder, X=self._X, reconstruction_attributes=dict
        )
