"""Networks for images from elsewhere: their weights, their layers, their pickles."""

from __future__ import annotations

import copy
import difflib
import importlib
import os
import pickle
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sksequence.utils import import_optional

WRAPPERS = ("state_dict", "model_state_dict", "model")  # keys under which checkpoints keep weights
N_TRIED = 2  # images of a trial run: a first side of another length is not that of the images
_one_at_a_time = threading.Lock()  # hooks stand on the network while it runs


# -- networks -------------------------------------------------------------------------------


def named_network(name: str, seed: int) -> nn.Module:
    """torchvision's classifier of that name, started from a seed; downloads nothing.

    Raises
    ------
    ImportError
        If torchvision is missing, or belongs to another torch.
    ValueError
        If it knows no such classifier.
    """
    models = _torchvision_models(name)
    known = models.list_models(module=models)  # detectors would fetch weights of their backbones
    if name not in known:
        raise ValueError(
            f"model={name!r} is no classifier of torchvision.models.{_close(name, known)} Any other "
            "network is given as an object, model=module."
        )
    with _private_start(seed), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of the slow start of two old networks
        return models.get_model(name, weights=None)


def _torchvision_models(name: str) -> Any:
    try:
        return importlib.import_module("torchvision.models")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torchvision":
            raise
        raise ImportError(
            f"model={name!r} needs torchvision, which is not installed. Install the release for "
            f"torch {torch.__version__} from the place that torch came from (no extra of "
            "sksequence brings it, since it must match torch), or give the network itself, "
            "model=module.",
            name="torchvision",
        ) from error
    except (RuntimeError, OSError) as error:  # its compiled part does not load
        raise ImportError(
            f"model={name!r} needs torchvision, which is installed but does not load beside torch "
            f"{torch.__version__} ({error}). Install the release, and the build (CPU or CUDA), that "
            "belong to this torch, or give the network itself, model=module.",
            name="torchvision",
        ) from error


@contextmanager
def _private_start(seed: int) -> Iterator[None]:
    """torch's global generator starts from `seed`, and is put back afterwards."""
    before = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(before)


def choose_device(device: str) -> torch.device:
    """``"auto"`` is CUDA where there is one, else the CPU."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=device)
        return torch.device(device)
    except (RuntimeError, AssertionError, TypeError) as error:  # AssertionError: built without
        raise ValueError(
            f"device={device!r} is not to be had here: use 'auto' (CUDA where there is one, else "
            "the CPU) or 'cpu'."
        ) from error


# -- layers ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Walk:
    """What happens inside a network, in order: which modules start, and what they give.

    Parameters
    ----------
    events : list of (name, None) or (name, shape)
        None where a module starts; the shape of its output, ``()`` if that is no tensor, where
        it ends.
    """

    events: list[tuple[str, tuple[int, ...] | None]]

    def ends(self) -> dict[str, tuple[int, ...]]:
        """What each module gives the last time that it runs, in the order of these ends."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, shape in self.events:
            if shape is not None:
                shapes.pop(name, None)
                shapes[name] = shape
        return shapes

    def n_runs(self, layer: str) -> int:
        """How often a module runs for one batch."""
        return sum(name == layer and shape is not None for name, shape in self.events)

    def later_than(self, layer: str) -> set[str]:
        """Modules that only start after the last end of `layer`."""
        end = max(k for k, (name, shape) in enumerate(self.events) if name == layer and shape)
        before = {name for name, _ in self.events[: end + 1]}
        return {name for name, _ in self.events[end + 1 :]} - before


def walk_through(network: nn.Module, frame_shape: tuple[int, int, int]) -> Walk:
    """Run the network once on black images and note what happens.

    Parameters
    ----------
    network : nn.Module
    frame_shape : tuple (n_rows, n_columns, n_channels)

    Raises
    ------
    ValueError
        If the network does not take such images.
    """
    n_rows, n_columns, n_channels = frame_shape
    images = torch.zeros(N_TRIED, n_channels, n_rows, n_columns)
    events: list[tuple[str, tuple[int, ...] | None]] = []
    with _one_at_a_time, ExitStack() as hooks:
        for name, module in network.named_modules():
            start, end = _noting(name, events)
            hooks.callback(module.register_forward_pre_hook(start).remove)
            hooks.callback(module.register_forward_hook(end).remove)
        try:
            with torch.inference_mode():
                network(images)
        except Exception as error:
            raise ValueError(
                f"the network {type(network).__name__} does not take images of {n_channels} "
                f"channels and {n_rows} x {n_columns} pixels: {error}. Set size to that of the "
                "images it was trained on, and mean and std to as many values as it has channels."
            ) from error
    return Walk(events)


def _noting(name: str, events: list) -> tuple[Any, Any]:
    def start(module, args):
        events.append((name, None))

    def end(module, args, output):
        events.append((name, tuple(output.shape) if isinstance(output, Tensor) else ()))

    return start, end


def choose_layer(network: nn.Module, walk: Walk, layer: str | None) -> tuple[str, tuple[int, ...]]:
    """The layer of that name, or the last one with a feature map, and the shape it gives.

    A feature map has the shape ``(n_images, n_features, n_rows, n_columns)`` or ``(n_images,
    n_locations, n_features)``, with more than one location.

    Raises
    ------
    ValueError
        If there is no such layer, or it gives something else.
    """
    ends = walk.ends()
    if layer is None:
        maps = [name for name, shape in ends.items() if _n_locations(shape) > 1]
        if not maps:
            raise ValueError(
                f"no layer of the network {type(network).__name__} gives a feature map of more "
                f"than one location: name one, layer=...{_known(ends)}"
            )
        layer = maps[-1]
    elif layer not in ends:
        exists = layer in dict(network.named_modules())
        what = "does not run in" if exists else "is no layer of"
        raise ValueError(f"layer={layer!r} {what} the network.{_close(layer, list(ends))}")
    shape = ends[layer]
    if len(shape) not in (2, 3, 4) or shape[0] != N_TRIED:
        raise ValueError(
            f"layer={layer!r} gives {f'an array of shape {shape}' if shape else 'no array'} for "
            f"{N_TRIED} images; a feature map (n_images, n_features, n_rows, n_columns), tokens "
            "(n_images, n_tokens, n_features) or vectors (n_images, n_features) were expected: "
            "name another layer."
        )
    return layer, shape


def _n_locations(shape: tuple[int, ...]) -> int:
    if len(shape) not in (3, 4) or shape[0] != N_TRIED:
        return 0
    return shape[2] * shape[3] if len(shape) == 4 else shape[1]


def features_at(network: nn.Module, layer: str, n_runs: int, images: Tensor) -> Tensor:
    """What `layer` gives in its run number `n_runs`; nothing after it is computed."""
    runs = 0

    def stop(module, args, output):
        nonlocal runs
        runs += 1
        if runs == n_runs:
            raise _Reached(output)

    with _one_at_a_time:
        hook = network.get_submodule(layer).register_forward_hook(stop)
        try:
            network(images)
        except _Reached as reached:
            return reached.output
        finally:
            hook.remove()
    raise RuntimeError(
        f"layer {layer!r} ran {runs} times, not {n_runs} times as it did in fit: the network "
        "depends on more than its input."
    )


class _Reached(Exception):
    def __init__(self, output: Tensor):
        super().__init__()
        self.output = output


def _close(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=3)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else _known(known)


def _known(names: Any) -> str:
    names = [name for name in names if name and name.count(".") == 0]
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f" There are: {shown}." if names else ""


# -- weights --------------------------------------------------------------------------------


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
    if path.suffix == ".safetensors":
        safetensors = import_optional("safetensors.torch", extra="image", purpose=path.name)
        return safetensors.load_file(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise ValueError(
            f"weights={str(path)!r} is no file of weights alone (code in a file is not run). Write "
            "one with torch.save(network.state_dict(), path), or load the network yourself and "
            "give it, model=network."
        ) from error
    return _unwrapped(state, path)


def _unwrapped(state: Any, path: Path) -> dict[str, Tensor]:
    for key in WRAPPERS:
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    tensors = {k: v for k, v in state.items() if isinstance(v, Tensor)} if hasattr(
        state, "items"
    ) else {}
    if not tensors:
        raise ValueError(
            f"weights={str(path)!r} holds no weights by name, but {type(state).__name__}: write it "
            "with torch.save(network.state_dict(), path)."
        )
    if all(name.startswith("module.") for name in tensors):  # of nn.DataParallel
        tensors = {name.removeprefix("module."): value for name, value in tensors.items()}
    return tensors


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
    """A network that is pickled with numpy arrays for tensors, and opens on the CPU."""

    def __init__(self, network: nn.Module):
        self.network = network

    def __reduce__(self) -> tuple:
        tensors = [*self.network.parameters(), *self.network.buffers()]
        memo: dict[int, Any] = {id(tensor): _NumpyTensor(tensor) for tensor in tensors}
        return _opened, (copy.deepcopy(self.network, memo),)

    def __deepcopy__(self, memo: dict) -> PortableNetwork:
        return PortableNetwork(copy.deepcopy(self.network, memo))


class _NumpyTensor:
    """Stands for a tensor in a network that is about to be pickled."""

    def __init__(self, tensor: Tensor):
        self.tensor = tensor

    def __reduce__(self) -> tuple:
        values = self.tensor.detach().cpu()
        is_weight = isinstance(self.tensor, nn.Parameter)
        if values.dtype == torch.bfloat16:  # numpy has none; 32 bits hold each of its numbers
            values = values.float()
        dtype = str(self.tensor.dtype).removeprefix("torch.")
        return _tensor, (values.numpy(), dtype, is_weight, self.tensor.requires_grad)


def _tensor(values: np.ndarray, dtype: str, is_weight: bool, requires_grad: bool) -> Tensor:
    tensor = torch.tensor(values, dtype=getattr(torch, dtype))
    return nn.Parameter(tensor, requires_grad) if is_weight else tensor


def _opened(network: nn.Module) -> nn.Module:
    return network
