"""The loss with which a fitted estimator was trained, on data of the user's choice."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sksequence.estimators._forecast_data import Past
from sksequence.estimators._forecast_fit import samples_of, windows_of
from sksequence.estimators._forecast_read import read_tables
from sksequence.estimators._language_reading import as_documents
from sksequence.estimators._missing import read_sequences
from sksequence.estimators._validation import check_one_target_each, check_same_order
from sksequence.inputs import SequenceArray
from sksequence.tasks import Forecasting, NextStep

LONGEST, PIECE = 1000, 200  # steps of one text that is looked at whole, and of its pieces else


@dataclass(frozen=True, eq=False)
class LossBatch:
    """A network and one batch with targets.

    Parameters
    ----------
    network : nn.Module
        In 64 bits on the CPU, a copy of the estimator's own.
    task : object
    batch : object
    """

    network: nn.Module
    task: Any
    batch: Any

    def loss(self) -> Tensor:
        """The mean loss of a sequence, without dropout."""
        return self.task.loss(self.network(self.batch), self.batch)[0]


def loss_batch(estimator: Any, X: Any, y: Any, max_sequences: int, what: str) -> LossBatch:
    """At most `max_sequences` of the sequences, evenly spaced in their order, as one batch."""
    if hasattr(estimator, "emission_"):
        return _of_language_model(in_double(estimator), X, max_sequences)
    if y is None:
        raise ValueError(
            f"{what} differentiates the loss, so it needs the targets: y is None. Give the y that "
            "belongs to X."
        )
    view = in_double(estimator)
    if hasattr(view, "distribution_") and hasattr(view, "data_"):
        return _of_forecaster(view, X, y, max_sequences)
    if hasattr(view, "task_") and hasattr(view, "_check_y") and hasattr(view, "_samples"):
        return _of_sequences(view, X, y, max_sequences)
    raise _unknown_loss(estimator, what)


def _unknown_loss(estimator: Any, what: str) -> TypeError:
    return TypeError(
        f"{what} knows the loss of RNNClassifier, RNNRegressor, RNNForecaster and "
        f"RNNLanguageModel, not of {type(estimator).__name__}; StateDisplay shows the states of "
        "any recurrent network."
    )


def in_double(estimator: Any) -> Any:
    """The estimator with a copy of its network in 64 bits on the CPU; it is left alone itself."""
    view = object.__new__(type(estimator))
    vars(view).update(vars(estimator))
    view.network_ = deepcopy(estimator.network_).to("cpu", torch.float64).eval()
    return view


def _of_sequences(view, X, y, max_sequences):
    name = type(view).__name__
    X = read_sequences(view, X, reset=False)
    view.sequence_schema_.check(X, name)
    check_same_order(X, y)
    y = view._check_y(y)
    check_one_target_each(X, y)
    chosen = spaced(len(X), max_sequences)
    X, y, weights = X[chosen], y[chosen], None
    if hasattr(view, "classes_"):
        weights = view._with_class_weight(view._known(y), None)
    elif y.shape[1:] != (() if view._one_target else (len(view.task_.shift),)):
        raise ValueError(
            f"y has shape {y.shape}, but {name} was fitted with "
            f"{'one target' if view._one_target else f'{len(view.task_.shift)} targets'} for each "
            "sequence: give the same targets."
        )
    else:
        y = y.reshape(len(y), -1)  # (n_sequences, n_targets)
    samples = view._samples(X, view.task_.encode(y), weights)
    return LossBatch(view.network_, view.task_, samples.batch(np.arange(len(X))))


def _of_forecaster(view, X, y, max_sequences):
    target, covariates = read_tables(view, X, y)
    past = Past(view.data_, target, covariates)
    starts, series = windows_of(view, past)
    chosen = spaced(len(starts), max_sequences)
    samples = samples_of(view, past, starts[chosen], series[chosen])()
    batch = samples.batch(np.arange(len(chosen)))
    return LossBatch(view.network_, Forecasting(view.distribution_), batch)


def _of_language_model(view, X, max_sequences):
    sequences = view.side_.read(as_documents(X), "X", view)
    if view.open_ended_ and sequences.lengths[0] > LONGEST:
        sequences = _in_pieces(sequences)
    sequences = sequences[spaced(len(sequences), max_sequences)]
    samples = view._samples(view._shift(sequences), batch_size="full")
    return LossBatch(view.network_, NextStep(), samples.batch(np.arange(len(sequences))))


def _in_pieces(text: SequenceArray) -> SequenceArray:
    """One long text as sequences of `PIECE` steps; what is left over at its end is dropped."""
    n = int(text.lengths[0]) // PIECE
    channels = {name: channel.steps(0, n * PIECE) for name, channel in text.channels.items()}
    context = None if text.context is None else np.repeat(text.context, n, axis=0)
    return SequenceArray(channels, PIECE * np.arange(n + 1), context=context)


def spaced(n: int, most: int) -> np.ndarray:
    """At most `most` of n positions, evenly spaced."""
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).round().astype(int)
