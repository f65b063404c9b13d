"""Weights of networks from elsewhere: read from files, pickled as numpy arrays."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sksequence.utils import import_optional

WRAPPERS = ("state_dict", "model_state_dict", "model")  # keys under which checkpoints keep weights


def load_weights(network: nn.Module, path: str | os.PathLike, unused: set[str]) -> None:
    """Take over the weights of a file; those of modules that are not used may be missing.

    Parameters
    ----------
    network : nn.Module
    path : path
        Of what ``torch.save(network.state_dict(), path)`` wrote, also inside a checkpoint, or a
        ``.safetensors`` file.
    unused : set of str
        Names of modules whose weights do not matter.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, it holds no weights, or those of another network.
    """
    found = _read_weights(Path(path))
    wanted = network.state_dict()
    fitting = {k: v for k, v in found.items() if k in wanted and v.shape == wanted[k].shape}
    missing = [
        name
        for name in wanted
        if name not in fitting
        and not name.endswith("num_batches_tracked")  # older files lack it; only training needs it
        and not _inside(name, unused)
    ]
    if missing:
        raise ValueError(_unfitting(network, path, missing, wanted, found))
    network.load_state_dict(fitting, strict=False)


def _inside(name: str, modules: set[str]) -> bool:
    parts = name.split(".")[:-1]
    return any(".".join(parts[: k + 1]) in modules for k in range(len(parts)))


def _read_weights(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise FileNotFoundError(
            f"weights={str(path)!r}: there is no such file (working directory: {os.getcwd()!r}). "
            "Nothing is downloaded: put the file there first."
        )
    try:
        if path.suffix == ".safetensors":
            package = import_optional("safetensors.torch", extra="image", purpose=path.name)
            return _unwrapped(package.load_file(path))
        return _unwrapped(torch.load(path, map_location="cpu", weights_only=True))
    except ImportError:
        raise
    except Exception as error:  # what a broken file makes of a reader has many types
        raise ValueError(
            f"weights={str(path)!r} is no file of weights alone ({_first_line(error)}; code in a "
            "file is not run). Write one with torch.save(network.state_dict(), path), or load the "
            "network yourself and give it, model=network."
        ) from error


def _unwrapped(state: Any) -> dict[str, Tensor]:
    for key in WRAPPERS:
        if isinstance(state.get(key), dict):
            state = state[key]
    tensors = {str(name): value for name, value in state.items() if isinstance(value, Tensor)}
    if not tensors:
        raise ValueError("no arrays by name")
    if all(name.startswith("module.") for name in tensors):  # of nn.DataParallel
        tensors = {name.removeprefix("module."): value for name, value in tensors.items()}
    return tensors


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:100]


def _unfitting(network: Any, path: Any, missing: list, wanted: dict, found: dict) -> str:
    lines = [
        f"{name} {tuple(wanted[name].shape)} "
        + (f"is {tuple(found[name].shape)} there" if name in found else "is not there")
        for name in missing[:3]
    ]
    return (
        f"weights={os.fspath(path)!r} does not fit the network {type(network).__name__}: of "
        f"{len(wanted)} arrays {len(missing)} that are needed are missing or of another shape "
        f"({'; '.join(lines)}). The file begins with {', '.join(list(found)[:3])}. Choose the "
        "model that these weights were trained with."
    )


# -- pickles --------------------------------------------------------------------------------


class PortableNetwork:
    """A network whose state has numpy arrays for tensors, and opens on the CPU."""

    def __init__(self, network: nn.Module):
        self.network_in_pickle = network

    def __getstate__(self) -> dict:
        tensors = [*self.network_in_pickle.parameters(), *self.network_in_pickle.buffers()]
        memo: dict[int, Any] = {id(tensor): _NumpyTensor(tensor) for tensor in tensors}
        return {"network_in_pickle": copy.deepcopy(self.network_in_pickle, memo)}

    def __setstate__(self, state: dict) -> None:
        self.network_in_pickle = network = state["network_in_pickle"]
        made: dict[int, Tensor] = {}  # a tensor that two layers share stays one
        for module in network.modules():
            for tensors in (module._parameters, module._buffers):
                for name, value in tensors.items():
                    if isinstance(value, _NumpyTensor):
                        tensors[name] = made.setdefault(id(value), value.tensor())

    def __deepcopy__(self, memo: dict) -> PortableNetwork:
        return PortableNetwork(copy.deepcopy(self.network_in_pickle, memo))


class _NumpyTensor:
    """Stands for a tensor in a network that is about to be written."""

    def __init__(self, tensor: Tensor):
        values = tensor.detach().cpu()
        if values.dtype == torch.bfloat16:  # numpy has none; 32 bits hold each of its numbers
            values = values.float()
        self.values = values.numpy()
        self.dtype = str(tensor.dtype).removeprefix("torch.")
        self.is_weight = isinstance(tensor, nn.Parameter)
        self.requires_grad = tensor.requires_grad

    def tensor(self) -> Tensor:
        """The tensor that it stands for."""
        tensor = torch.tensor(self.values, dtype=getattr(torch, self.dtype))
        return nn.Parameter(tensor, self.requires_grad) if self.is_weight else tensor
