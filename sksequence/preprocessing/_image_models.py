"""Networks for images by their names, the devices they run on, images in their sizes."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sksequence.preprocessing._image_layers import close_to

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
            f"model={name!r} is no classifier of torchvision.models.{close_to(name, known)} Any "
            "other network is given as an object, model=module."
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
            f"model={name!r} needs torchvision, which is installed but does not load beside "
            f"torch {torch.__version__} ({error}). Install the release, and the build (CPU or "
            "CUDA), that belong to this torch, or give the network itself, model=module.",
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


# -- images ---------------------------------------------------------------------------------


def resized(pixels: np.ndarray, size: tuple[int, int], how: str) -> Tensor:
    """An image of shape ``(n_rows, n_columns, n_channels)`` as a tensor, channels first.

    ``how="stretch"`` scales each side by itself; ``"crop"`` scales both alike, so that the image
    covers `size`, and cuts the middle out.
    """
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    n_rows, n_columns = pixels.shape[:2]
    new = size
    if how == "crop":
        scale = max(size[0] / n_rows, size[1] / n_columns)
        new = (max(size[0], round(scale * n_rows)), max(size[1], round(scale * n_columns)))
    if new != (n_rows, n_columns):
        image = nn.functional.interpolate(image, new, mode="bilinear", antialias=True)
    top, left = (new[0] - size[0]) // 2, (new[1] - size[1]) // 2
    return image[0, :, top : top + size[0], left : left + size[1]]
