"""A trained network over all sequences, in inference mode."""

from __future__ import annotations

import numpy as np
import torch

from sksequence.batches import SequenceSamples
from sksequence.inputs import SequenceArray
from sksequence.networks import NetworkSpec, SequenceNetwork
from sksequence.training import explained_memory, threads

PER_PIXEL = 256  # multiplications of the convolutions over a frame, about


def answers(network: SequenceNetwork, samples: SequenceSamples, transform=None) -> np.ndarray:
    """Outputs of shape ``(n_sequences, n_outputs)`` in 64 bits, in the order of the samples."""
    result = np.empty((len(samples), network.spec.n_outputs))
    for batch, outputs in _run(network, samples):
        values = outputs.values.cpu().double()  # so that probabilities add up to 1
        result[batch.positions] = (values if transform is None else transform(values)).numpy()
    return result


def step_answers(
    network: SequenceNetwork, samples: SequenceSamples, X: SequenceArray, what: str
) -> SequenceArray:
    """What the network keeps for each step (``extras[what]``), as long as the sequences."""
    values = None
    for batch, outputs in _run(network, samples):
        steps = outputs.extras[what].cpu().numpy()
        steps = steps[:, :, np.newaxis] if steps.ndim == 2 else steps
        if values is None:
            values = np.empty((int(X.offsets[-1]), steps.shape[2]), dtype=steps.dtype)
        for i, sequence in zip(batch.positions, steps, strict=True):
            start, stop = X.offsets[i], X.offsets[i + 1]
            values[start:stop] = sequence[: stop - start]
    return SequenceArray(values, X.offsets, names=X.names)


def step_work(spec: NetworkSpec, batch_size: int | str, n_sequences: int) -> float:
    """Multiplications of one step of a batch, about."""
    n_rows = n_sequences if batch_size == "full" else min(int(batch_size), n_sequences)
    of_pixels = 0
    if spec.frame_encoder is not None:
        of_pixels = PER_PIXEL * max(c.n_features for c in spec.schema.channels.values())
    return n_rows * (spec.cell.n_gates * max(spec.widths) * 2 * max(spec.widths) + of_pixels)


def _run(network, samples):
    """Batches and their outputs."""
    work = step_work(network.spec, 256, len(samples))
    device = network.head.weight.device
    with torch.inference_mode(), threads(work), explained_memory(None, device):
        for batch in samples.ordered_batches():
            yield batch, network(batch)
