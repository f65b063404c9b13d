"""Networks as plain arrays, and the vectors that they start from."""

from __future__ import annotations

import numpy as np
import torch

from sksequence.batches import InputScaling
from sksequence.inputs import SequenceArray, SequenceSchema
from sksequence.networks._sequence import NetworkSpec, SequenceNetwork, build_sequence_network

Packed = tuple[NetworkSpec, dict[str, np.ndarray]]


def pack_network(network: SequenceNetwork) -> Packed:
    """Sizes and weights as numpy arrays: opens without a GPU, maps from disk."""
    weights = {name: w.detach().cpu().numpy() for name, w in network.state_dict().items()}
    return network.spec, weights


def unpack_network(packed: Packed) -> SequenceNetwork:
    """The network of ``pack_network``, on the CPU, ready to predict."""
    spec, weights = packed
    network = build_sequence_network(spec, torch.Generator())
    first = next(iter(weights.values()))
    network.to(torch.from_numpy(np.zeros(1, first.dtype)).dtype)
    network.load_state_dict({name: torch.tensor(w) for name, w in weights.items()})
    return network.eval()


def starting_vectors(X: SequenceArray, scaling: InputScaling) -> dict[str, torch.Tensor]:
    """The tables of `X`, scaled, from which trainable embeddings start."""
    tables = {}
    for name, channel in SequenceSchema.named_channels(X).items():
        if channel.kind == "vectors":
            table = torch.tensor(channel.vectors, dtype=torch.float32)
            tables[name] = table / scaling.vectors.get(name, 1.0)
    return tables
