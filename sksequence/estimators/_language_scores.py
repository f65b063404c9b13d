"""A trained language model over sequences, without a gradient."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from sksequence.batches import SequenceSamples, StreamSamples
from sksequence.estimators._prediction import step_work
from sksequence.inputs import SequenceArray
from sksequence.networks import LanguageNetwork, Outputs
from sksequence.tasks import step_losses
from sksequence.training import explained_memory, threads

# Steps of a sequence that are read at a time: a text of any length takes no more memory.
STRETCH = 2**8


def sequence_log_likelihoods(network: LanguageNetwork, samples: SequenceSamples) -> np.ndarray:
    """Of each sequence, the sum over its steps, in 64 bits."""
    result = np.zeros(len(samples))
    for batch, outputs in _run(network, samples):
        losses = step_losses(outputs, batch).double()
        if outputs.mask is None:
            totals = losses.view(len(batch), -1).sum(dim=1)
        else:
            rows = outputs.mask.nonzero()[:, 0]
            totals = losses.new_zeros(len(batch)).index_add_(0, rows, losses)
        result[batch.positions] -= totals.cpu().numpy()
    return result


def step_log_likelihoods(network: LanguageNetwork, samples: SequenceSamples) -> list[np.ndarray]:
    """Of each step of each sequence."""
    result = [np.empty(n) for n in samples.lengths]
    for batch, outputs in _run(network, samples):
        losses = -step_losses(outputs, batch).double().cpu().numpy()
        lengths = batch.lengths.cpu().numpy()
        parts = np.split(losses, np.cumsum(lengths)[:-1])
        for i, part in zip(batch.positions, parts, strict=True):
            result[i][batch.start : batch.start + len(part)] = part
    return result


def states_of_steps(network: LanguageNetwork, samples: SequenceSamples) -> SequenceArray:
    """The states of the last layer after each step."""
    lengths = samples.lengths
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = np.empty((offsets[-1], network.stack.n_outputs), dtype=np.float32)
    for batch, outputs in _run(network, samples):
        steps = outputs.extras["steps"].cpu().numpy()
        for i, n, rows in zip(batch.positions, batch.lengths.tolist(), steps, strict=True):
            start = offsets[i] + batch.start
            values[start : start + n] = rows[:n]
    return SequenceArray(values, offsets)


def after_reading(network: LanguageNetwork, samples: SequenceSamples) -> Iterator[tuple]:
    """Read groups of sequences whole.

    Yields
    ------
    positions : ndarray of shape (n,)
    state : object
        Of the recurrent stack, after the last step of each sequence.
    readouts : Tensor of shape (n, n_units)
        What the head reads there.
    context : Tensor or None
    """
    with inference(network, len(samples)):
        for batch in samples.ordered_batches():
            outputs = network(replace(batch, goes_on=True))
            rows = torch.arange(len(batch), device=batch.device)
            readouts = outputs.extras["steps"][rows, batch.lengths - 1]
            yield batch.positions, outputs.state[-1][1], readouts, batch.context


def _run(network: LanguageNetwork, samples: SequenceSamples) -> Iterator[tuple[Any, Outputs]]:
    state = None
    with inference(network, len(samples)):
        for batch in StreamSamples(samples, STRETCH).ordered_batches():
            outputs = network(batch, state if batch.continues else None)
            state = outputs.state
            yield batch, outputs


@contextmanager
def inference(network: LanguageNetwork, n_sequences: int) -> Iterator[None]:
    """Without a gradient, on as many threads as the work is worth."""
    work = step_work(network.spec.reader, 256, n_sequences)
    device = network.head.weight.device
    with torch.inference_mode(), threads(work), explained_memory(None, device):
        yield
