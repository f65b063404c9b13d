"""Transcription while the steps arrive."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from sksequence.estimators._stream_memory import _convolve
from sksequence.inputs import SequenceArray, check_sequences

NO_LABEL = -1


class TranscriberStream:
    """Goes on writing from step to step: the most probable path, collapsed.

    Made with ``CTCTranscriber.stream``. What it has written after all steps of a sequence is
    what ``predict`` with ``beam_size=1`` writes.

    Parameters
    ----------
    estimator : CTCTranscriber
        Fitted, forward-only. It is not changed.
    """

    def __init__(self, estimator: Any):
        spec = estimator.network_.spec
        if spec.bidirectional:
            raise ValueError(
                "a bidirectional network reads its sequences from the end too, so a new step "
                "changes all probabilities and nothing written would stay: fit with "
                "bidirectional=False to stream, or call predict on all steps so far."
            )
        if spec.stride > 1 or spec.schema.n_context:
            has = f"stride={spec.stride}" if spec.stride > 1 else "contexts"
            raise ValueError(
                f"a stream goes on step by step, but {type(estimator).__name__} was fitted with "
                f"{has}: fit without, or call predict on all steps so far."
            )
        self._estimator = estimator
        self.reset()

    def reset(self) -> None:
        """Begin a new sequence."""
        self._state: Any = None
        self._window: tuple = ()
        self._last = self._blank = len(self._estimator.labels_)
        self._labels: list[int] = []

    @property
    def written(self) -> Any:
        """What was written since the start, in the type of the targets."""
        return self._in_words(self._labels)

    def step(self, x: Any) -> Any:
        """Read one step or several.

        Parameters
        ----------
        x : array-like of shape (n_features,) or (n_steps, n_features), or int
            The next step of one sequence, or the next ones (frames have their own shape in place
            of n_features); a symbol or several.

        Returns
        -------
        str or ndarray
            What they add to the text; often nothing.
        """
        new = []
        for label in self._path(self._read(x)):
            if label not in (self._blank, self._last):
                new.append(label)
            self._last = label
        self._labels += new
        return self._in_words(new)

    def _read(self, x: Any) -> SequenceArray:
        (channel,) = self._estimator.sequence_schema_.channels.values()
        if isinstance(x, SequenceArray):
            return x
        if channel.kind != "numeric":
            ids = np.atleast_1d(np.asarray(x))
            return SequenceArray(ids, [0, len(ids)], n_tokens=channel.n_tokens)
        values = np.asarray(x, dtype=np.float64)
        if values.ndim <= len(channel.shape):
            values = values.reshape(1, *values.shape)
        return check_sequences([values], reset=False)

    def _path(self, X: SequenceArray) -> list[int]:
        """The most probable label, or the blank, of each step."""
        estimator = self._estimator
        network = estimator.network_
        estimator.sequence_schema_.check(X, type(estimator).__name__, "x")
        batch = estimator._samples(X).batch(np.arange(1))
        with torch.inference_mode():
            steps = network.encoder(batch.inputs)
            if network.convolution is not None:
                steps, self._window = _convolve(network.convolution, steps, self._window)
            steps, self._state = network.stack(steps, None, self._state, keep_state=True)
            return network.head(steps)[0].argmax(dim=1).tolist()

    def _in_words(self, labels: list[int]) -> Any:
        return self._estimator.target_.write([np.array(labels, dtype=np.int64)])[0]
