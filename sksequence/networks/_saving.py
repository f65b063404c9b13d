"""Networks as plain arrays, and the vectors that they start from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from sksequence.batches import InputScaling
from sksequence.inputs import SequenceArray, SequenceSchema

Packed = tuple[Any, dict[str, np.ndarray], str]

DTYPES = ("float16", "float32", "float64")


def pack_network(network: nn.Module) -> Packed:
    """Sizes and weights as numpy arrays: opens without a GPU, maps from disk.

    Weights that were trained in 32 bits are kept in 32 bits, also of a network that predicts in
    64; the name of the type that it predicts in stands beside them.
    """
    weights = {name: w.detach().cpu().numpy() for name, w in network.state_dict().items()}
    dtype = network.head.weight.detach().cpu().numpy().dtype.name
    return network.spec, {name: _narrowest(w) for name, w in weights.items()}, dtype


class MisfitError(ValueError):
    """Weights that are not those of the network that is described beside them."""


def unpack_network(packed: Packed) -> Any:
    """The network of ``pack_network``, on the CPU, ready to predict.

    Raises
    ------
    MisfitError
        If the weights have other names or shapes than the sizes ask for; a network that is much
        larger than its weights is not allocated first.
    """
    spec, weights, dtype = packed
    if dtype not in DTYPES:
        raise MisfitError(f"the network predicts in {dtype!r}, expected {' or '.join(DTYPES)}")
    n_numbers = sum(w.size for w in weights.values())
    _check_widths(spec, n_numbers)
    with _Frugal(n_numbers):
        network = spec.build(torch.Generator())
    _check_shapes(network, weights)
    network.to(getattr(torch, dtype))
    network.load_state_dict({name: torch.tensor(w) for name, w in weights.items()})
    return network.eval()


class _Frugal(TorchFunctionMode):
    """Refuses what a network of so many weights never asks for, before it is allocated.

    torch's meta device allocates nothing at all, but imports a symbolic algebra first, which
    takes seconds.
    """

    def __init__(self, n_numbers: int):
        super().__init__()
        self.n_numbers = n_numbers
        self.left = 4 * n_numbers + 1_000_000  # small tables that are computed, and drafts

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function in _SIZED:
            sizes = args[0] if args and isinstance(args[0], (tuple, list)) else args
            whole = [size for size in sizes if isinstance(size, int)]
            self.left -= 1 + abs(math.prod(whole))
            if self.left < 0:
                raise MisfitError(_too_large(self.n_numbers))
        return function(*args, **(kwargs or {}))


_SIZED = frozenset(
    getattr(torch, name) for name in "empty zeros ones full rand randn eye arange linspace".split()
)


def _check_widths(spec: Any, n_numbers: int) -> None:
    """A layer has more weights than units."""
    for part in (spec, *(getattr(spec, name, None) for name in ("source", "target", "reader"))):
        widths = getattr(part, "widths", ())
        if sum(widths) > n_numbers:
            raise MisfitError(f"{_too_large(n_numbers)} (layers of {_listed(widths)} units)")


def _too_large(n_numbers: int) -> str:
    return (
        "the sizes in its description are those of a network that is far larger than the weights "
        f"that come with it, which are {n_numbers} numbers"
    )


def _check_shapes(network: nn.Module, weights: dict[str, np.ndarray]) -> None:
    wanted = {name: tuple(w.shape) for name, w in network.state_dict().items()}
    found = {name: tuple(w.shape) for name, w in weights.items()}
    if wanted == found:
        _check_types(network, weights)
        return
    wrong = [name for name in wanted | found if wanted.get(name) != found.get(name)]
    lines = [_difference(name, wanted.get(name), found.get(name)) for name in wrong[:3]]
    more = f", and {len(wrong) - 3} more differ" if len(wrong) > 3 else ""
    raise MisfitError(
        "its weights are not those of the network that its description tells of: "
        f"{'; '.join(lines)}{more}"
    )


def _check_types(network: nn.Module, weights: dict[str, np.ndarray]) -> None:
    """Weights are written in 32 bits, or as they are where that is not enough."""
    for name, tensor in network.state_dict().items():
        exact = "float64" if tensor.is_floating_point() else str(tensor.dtype).partition(".")[2]
        if weights[name].dtype.name not in ("float32", exact):
            raise MisfitError(
                f"its weights {name} are of the type {weights[name].dtype.name}, expected float32 "
                f"or {exact}"
            )


def _difference(name: str, wanted: tuple | None, found: tuple | None) -> str:
    if found is None:
        return f"{name} of shape {wanted} is missing"
    if wanted is None:
        return f"{name} of shape {found} has no place in it"
    return f"{name} has the shape {found}, expected {wanted}"


def _listed(widths: Any) -> str:
    shown = ", ".join(map(str, widths[:3]))
    return f"{shown}, ..." if len(widths) > 3 else shown


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
