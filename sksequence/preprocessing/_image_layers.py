"""The layers of a network from elsewhere: which run when, what they give, stopping at one."""

from __future__ import annotations

import difflib
import math
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

N_TRIED = 2  # images of a trial run: a first side of another length is not that of the images
_one_at_a_time = threading.Lock()  # hooks stand on the network while it runs


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


@dataclass(frozen=True)
class FeatureMap:
    """The output of a layer: the order of its axes, and their sizes.

    Parameters
    ----------
    layer : str
    n_runs : int
        How often the layer runs for one batch; the last output counts.
    axes : {"channels first", "channels last", "tokens", "vector"}
    grid_shape : tuple (n_rows, n_columns) or None
    n_locations, n_features : int
    """

    layer: str
    n_runs: int
    axes: str
    grid_shape: tuple[int, int] | None
    n_locations: int
    n_features: int

    @classmethod
    def of(cls, layer: str, walk: Walk, frame_shape: tuple[int, int, int]) -> FeatureMap:
        """Read the shape that `layer` gave; raises a ValueError if it is none of these."""
        shape, n_runs = walk.ends()[layer], walk.n_runs(layer)
        if len(shape) not in (2, 3, 4) or shape[0] != N_TRIED:
            raise ValueError(
                f"layer={layer!r} gives {f'an array of shape {shape}' if shape else 'no array'} "
                f"for {N_TRIED} images; a feature map (n_images, n_features, n_rows, n_columns), "
                "tokens (n_images, n_tokens, n_features) or vectors (n_images, n_features) were "
                "expected: name another layer."
            )
        if len(shape) == 2:
            return cls(layer, n_runs, "vector", None, 1, shape[1])
        if len(shape) == 3:
            return cls(layer, n_runs, "tokens", None, shape[1], shape[2])
        axes, grid, n_features = "channels first", shape[2:], shape[1]
        if _distortion(shape[1:3], frame_shape) < _distortion(grid, frame_shape):
            axes, grid, n_features = "channels last", shape[1:3], shape[3]
        return cls(layer, n_runs, axes, (grid[0], grid[1]), grid[0] * grid[1], n_features)

    def check_output(self, output: str) -> None:
        """Raises a ValueError if a grid is wanted and there is none."""
        if output == "grid" and self.axes == "vector":
            raise ValueError(
                f"layer={self.layer!r} gives one vector for an image, no grid: choose "
                "output='vector', or a layer with a feature map."
            )

    def arranged(self, values: Tensor, output: str) -> Tensor:
        """``(n_images, n_locations, n_features)``, or the mean over the locations."""
        if self.axes == "channels first":
            values = values.movedim(1, -1)
        grid = values.reshape(len(values), self.n_locations, self.n_features)
        return grid if output == "grid" else grid.mean(1)


def choose_layer(
    network: nn.Module, walk: Walk, layer: str | None, frame_shape: tuple[int, int, int]
) -> FeatureMap:
    """The layer of that name, or the last one with a feature map of more than one location.

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
        raise ValueError(f"layer={layer!r} {what} the network.{close_to(layer, list(ends))}")
    return FeatureMap.of(layer, walk, frame_shape)


def _distortion(grid: tuple[int, ...], frame_shape: tuple[int, int, int]) -> float:
    """How far the sides of a grid are from the proportions of the image."""
    return abs(math.log(grid[0] * frame_shape[1] / (grid[1] * frame_shape[0])))


def _n_locations(shape: tuple[int, ...]) -> int:
    if len(shape) not in (3, 4) or shape[0] != N_TRIED:
        return 0
    return shape[2] * shape[3] if len(shape) == 4 else shape[1]


def features_at(network: nn.Module, layer: str, n_runs: int, images: Tensor) -> Tensor:
    """What `layer` gives in its run number `n_runs`; nothing after that is computed."""
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


def close_to(word: str, known: list[str]) -> str:
    """For a message: the known words that are like this one, else what there is."""
    close = difflib.get_close_matches(word, known, n=3)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else _known(known)


def _known(names: Iterable[str]) -> str:
    names = [name for name in names if name and name.count(".") == 0]
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f" There are: {shown}." if names else ""
