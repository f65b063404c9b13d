"""A language model that weighs label strings while they are searched."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from sksequence.estimators._language_model import RNNLanguageModel


class LanguageScorer:
    """An ``RNNLanguageModel`` as ``prefix_beam_search`` wants it.

    Its state is the state of the recurrent stack and the log-probabilities of what comes next.

    Parameters
    ----------
    model : RNNLanguageModel
        Fitted on symbols.
    labels : ndarray of shape (n_labels,)
        Those that are searched.
    device : torch.device
        Where the search runs.

    Raises
    ------
    NotFittedError, TypeError, ValueError
        If the model is of no use here.
    """

    def __init__(self, model: Any, labels: np.ndarray, device: torch.device):
        model = opened_model(model)
        self.network, self.side = model.network_.eval(), model.side_
        self.device = device
        self.columns = torch.from_numpy(_columns(model, labels)).to(self._device)
        self.ends = model.length_model_ == "end"

    @property
    def _device(self) -> torch.device:
        return self.network.head.weight.device

    def start(self, n_rows: int) -> tuple:
        """The model before the first label."""
        first = torch.full((n_rows,), self.side.size + 1, device=self._device)
        return self._after(first, None)

    def advance(self, labels: Tensor, state: tuple) -> tuple:
        """The model after one more label of each row."""
        _, stack = state
        return self._after(self.columns[labels.to(self._device)], stack)

    def labels(self, state: tuple) -> Tensor:
        """Log-probabilities of the labels that may come, ``(n_rows, n_labels)``."""
        return state[0][:, self.columns].to(self.device)

    def end(self, state: tuple) -> Tensor:
        """Log-probability that no label follows; 0 of a model that knows no ends."""
        log_probs = state[0]
        ends = log_probs[:, self.side.size] if self.ends else torch.zeros_like(log_probs[:, 0])
        return ends.to(self.device)

    def _after(self, symbols: Tensor, stack: Any) -> tuple:
        readouts, stack = self.network.go_on(symbols, stack, None)
        return self.network.head.log_probs(readouts), stack


def opened_model(model: Any) -> RNNLanguageModel:
    """The language model, out of a ``FrozenEstimator``; checked."""
    given = model
    model = getattr(model, "estimator", model)
    if not isinstance(model, RNNLanguageModel):
        raise TypeError(
            f"language_model must be a fitted RNNLanguageModel, got {type(given).__name__}."
        )
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        raise NotFittedError(
            "language_model is not fitted: fit it on texts or lists of labels first. Where a "
            "search or cross-validation clones the transcriber, give "
            "sklearn.frozen.FrozenEstimator(model), which stays fitted."
        ) from error
    if model.side_.kind != "symbols" or model.emission_ not in ("softmax", "adaptive"):
        raise ValueError(
            "language_model was fitted on numbers, not on labels: fit it on texts or on lists of "
            "labels."
        )
    if model.network_.spec.reader.schema.n_context:
        raise ValueError(
            "language_model was fitted with contexts, which a transcriber does not have: fit one "
            "without."
        )
    return model


def _columns(model: RNNLanguageModel, labels: np.ndarray) -> np.ndarray:
    """The symbol of the model that each label is."""
    encoder = getattr(model.side_, "encoder", None)
    if encoder is None:
        index = {i: i for i in range(model.side_.size)}
    else:
        index = encoder.vocabulary_.index
    unknown = [label for label in labels.tolist() if label not in index]
    if unknown:
        shown = ", ".join(map(repr, unknown[:8]))
        raise ValueError(
            f"language_model does not know {len(unknown)} of the {len(labels)} labels ({shown}): "
            "fit it on texts that hold them, cut as the transcriber cuts them (the same analyzer "
            "and lowercase)."
        )
    return np.array([index[label] for label in labels.tolist()], dtype=np.int64)
