"""A trained transcriber over all sequences, in inference mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import torch

from sksequence.decoding import (
    Transcript,
    forced_alignment,
    greedy_collapse,
    prefix_beam_search,
)
from sksequence.estimators._prediction import step_work
from sksequence.estimators._transcriber_language import LanguageScorer
from sksequence.inputs import SequenceArray
from sksequence.networks import Outputs
from sksequence.tasks import encode_strings, string_losses
from sksequence.training import explained_memory, threads
from sksequence.utils._sklearn import validate_parameter_constraints


def best_strings(estimator: Any, X: Any, n_best: int) -> list[list[Transcript]]:
    """The strings of each sequence by the parameters as they are now, the best first.

    Raises
    ------
    ValueError
        If a language model is to weigh the strings of a beam, but there is no beam.
    """
    names = ("beam_size", "language_weight", "insertion_bonus")
    validate_parameter_constraints(
        {name: estimator._parameter_constraints[name] for name in names},
        {name: getattr(estimator, name) for name in names},
        type(estimator).__name__,
    )
    size = max(estimator.beam_size, n_best)
    scorer = None
    if estimator.language_model is not None:
        if size == 1:
            raise ValueError(
                "language_model weighs the strings of a beam, but beam_size=1 takes the most "
                "probable path: set beam_size=10 or more, or language_model=None."
            )
        scorer = LanguageScorer(estimator.language_model, estimator.labels_, estimator._device)
    options = {
        "scorer": scorer,
        "weight": estimator.language_weight,
        "insertion_bonus": estimator.insertion_bonus,
    }
    return _searched(estimator, estimator._checked(X), size, n_best, options)


def _searched(
    estimator: Any, X: SequenceArray, beam_size: int, n_best: int, options: dict[str, Any]
) -> list[list[Transcript]]:
    """The strings of a beam of this size, searched with these options; of 1, the most probable
    path."""
    found: list[Any] = [None] * len(X)
    with _inference(estimator, X):
        for batch, outputs in _outputs(estimator, X):
            steps = outputs.values, outputs.extras["lengths"]
            if beam_size == 1:
                ranks = [[one] for one in greedy_collapse(*steps)]
            else:
                ranks = prefix_beam_search(*steps, beam_size=beam_size, n_best=n_best, **options)
            for i, one in zip(batch.positions, ranks, strict=True):
                found[i] = one
    return found


def probabilities(estimator: Any, X: SequenceArray) -> np.ndarray:
    """Of each sequence ``(n_output_steps, n_labels + 1)``, in 64 bits."""
    result = np.empty(len(X), dtype=object)
    with _inference(estimator, X):
        for batch, outputs in _outputs(estimator, X):
            values = outputs.values.double().softmax(dim=2)  # rows add up to 1 in 64 bits
            for i, rows in _each(batch, outputs, values):
                result[i] = rows
    return result


def states(estimator: Any, X: SequenceArray) -> SequenceArray:
    """States of the last layer."""
    found: list[Any] = [None] * len(X)
    with _inference(estimator, X):
        for batch, outputs in _outputs(estimator, X):
            for i, rows in _each(batch, outputs, outputs.extras["steps"]):
                found[i] = rows
    offsets = np.concatenate([[0], np.cumsum([len(rows) for rows in found])])
    return SequenceArray(np.concatenate(found), offsets, names=X.names)


def emitted(estimator: Any, X: SequenceArray, strings: list) -> list[np.ndarray]:
    """For each label of each string, its first step in X and the one after its last."""
    stride = estimator.network_.spec.stride
    found: list[Any] = [None] * len(X)
    with _inference(estimator, X):
        for batch, outputs in _outputs(estimator, X, strings):
            n_labels, labels = batch.targets[:, 0].long(), batch.targets[:, 1:].long()
            lengths = outputs.extras["lengths"]
            spans, _ = forced_alignment(outputs.values, lengths, labels, n_labels)
            for i, span, n in zip(batch.positions, spans, batch.lengths.tolist(), strict=True):
                found[i] = np.minimum(span * stride, n)
    return found


def log_likelihoods(estimator: Any, X: SequenceArray, strings: list) -> np.ndarray:
    """Of each string given its sequence, in nats."""
    result = np.empty(len(X))
    with _inference(estimator, X):
        for batch, outputs in _outputs(estimator, X, strings):
            n_labels, labels = batch.targets[:, 0].long(), batch.targets[:, 1:].long()
            losses = string_losses(outputs, labels, n_labels)
            result[batch.positions] = -losses.double().cpu().numpy()
    return result


def as_table(labels: list[str], span: np.ndarray, step_seconds: float | None) -> pd.DataFrame:
    """A row for each label: what it is and when."""
    table = pd.DataFrame({"label": labels, "start": span[:, 0], "stop": span[:, 1]})
    if step_seconds is not None:
        table["start_seconds"] = span[:, 0] * step_seconds
        table["stop_seconds"] = span[:, 1] * step_seconds
    return table


def _outputs(
    estimator: Any, X: SequenceArray, strings: list | None = None
) -> Iterator[tuple[Any, Outputs]]:
    targets = None if strings is None else encode_strings(strings)
    for batch in estimator._samples(X, targets).ordered_batches():
        yield batch, estimator.network_(batch)


def _each(batch: Any, outputs: Outputs, values: torch.Tensor) -> Iterator[tuple[int, np.ndarray]]:
    """The steps of each sequence that exist."""
    rows, lengths = values.cpu().numpy(), outputs.extras["lengths"].tolist()
    for i, row, n in zip(batch.positions, rows, lengths, strict=True):
        yield i, row[:n].copy()


@contextmanager
def _inference(estimator: Any, X: SequenceArray) -> Iterator[None]:
    """Without a gradient, on as many threads as the work is worth, memory errors explained."""
    work = step_work(estimator.network_.spec, 256, len(X))
    with torch.inference_mode(), threads(work), explained_memory(None, estimator._device):
        yield
