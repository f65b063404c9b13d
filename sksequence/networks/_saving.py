"""Networks as plain arrays, and the vectors that they start from."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from sksequence.batches import InputScaling
from sksequence.inputs import SequenceArray, SequenceSchema

Packed = tuple[Any, dict[str, np.ndarray], str]


def pack_network(network: nn.Module) -> Packed:
    """Sizes and weights as numpy arrays: opens without a GPU, maps from disk.

    Weights that were trained in 32 bits are kept in 32 bits, also of a network that predicts in
    64; the name of the type that it predicts in stands beside them.
    """
    weights = {name: w.detach().cpu().numpy() for name, w in network.state_dict().items()}
    dtype = network.head.weight.detach().cpu().numpy().dtype.name
    return network.spec, {name: _narrowest(w) for name, w in weights.items()}, dtype


def unpack_network(packed: Packed) -> Any:
    """The network of ``pack_network``, on the CPU, ready to predict."""
    spec, weights, dtype = packed
    network = spec.build(torch.Generator())
    network.to(getattr(torch, dtype))
    network.load_state_dict({name: torch.tensor(w) for name, w in weights.items()})
    return network.eval()


def _narrowest(weights: np.ndarray) -> np.ndarray:
    narrow = weights.astype(np.float32)
    return narrow if np.array_equal(narrow, weights) else weights


def starting_vectors(X: SequenceArray, scaling: InputScaling) -> dict[str, torch.Tensor]:
    """The tables of `X`, scaled, from which trainable embeddings start."""
    tables = {}
    for name, channel in SequenceSchema.named_channels(X).items():
        if channel.kind == "vectors":
            table = torch.tensor(channel.vectors, dtype=torch.float32)
            tables[name] = table / scaling.vectors.get(name, 1.0)
    return tables
