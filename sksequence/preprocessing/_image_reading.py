"""Images as users give them -> arrays of numbers between 0 and 1."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from sksequence.utils import import_optional

MODES = {1: "L", 3: "RGB"}  # what Pillow calls images of so many channels
ROUNDING = 1e-3  # by which a float image may leave [0, 1]


def as_images(X: Any, n_channels: int, name: str) -> Sequence:
    """The images one by one, none of them read yet.

    Parameters
    ----------
    X : list, array, Series or one-column DataFrame of n_samples images, or array of shape \
            (n_samples, n_rows, n_columns, n_channels)
    n_channels : int
        That each image must have in the end.
    name : str
        Of the transformer, for the messages.

    Raises
    ------
    TypeError
        If it is one image, or no collection.
    ValueError
        If there is no image, or a numeric array has another number of dimensions.
    """
    if isinstance(X, (str, bytes, os.PathLike)) or _is_pillow(X):
        raise TypeError(f"{name} takes many images, got one ({_short(X)}): give a list, [image].")
    if hasattr(X, "iloc"):
        X = _only_column(X, name)
    elif not isinstance(X, (list, tuple)):
        if not hasattr(X, "__array__"):
            raise TypeError(
                f"{name} takes a list of paths, Pillow images or arrays, or an array of shape "
                f"(n_samples, n_rows, n_columns, {n_channels}), got {type(X).__name__}."
            )
        X = np.asarray(X)
    if isinstance(X, np.ndarray) and X.dtype.kind in "biuf":
        _check_dimensions(X, n_channels, name)
    elif isinstance(X, np.ndarray) and X.ndim == 2:
        X = X[:, 0] if X.shape[1] == 1 else _refuse_table(X.shape, name)
    if len(X) == 0:
        raise ValueError(f"{name} got no images: X is empty.")
    return X


def read_image(image: Any, i: int, n_channels: int) -> np.ndarray:
    """One image as 32-bit numbers between 0 and 1.

    Parameters
    ----------
    image : path, Pillow image or array of shape (n_rows, n_columns, n_channels)
        A file or a Pillow image is turned upright and into `n_channels`; an array must have
        them.
    i : int
        Its number in X, for the messages.
    n_channels : int

    Returns
    -------
    ndarray of shape (n_rows, n_columns, n_channels), float32

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    ValueError
        If the file is no image that can be read, or the array does not hold one.
    TypeError
        If it is something else.
    """
    if isinstance(image, (str, os.PathLike)):
        return _from_file(image, i, n_channels)
    if _is_pillow(image):
        return _from_pillow(image, f"image {i}", n_channels)
    if isinstance(image, (bytes, dict)) or not hasattr(image, "__array__"):
        raise TypeError(
            f"image {i} must be a path, a Pillow image or an array of shape (n_rows, n_columns, "
            f"{n_channels}), got {_short(image)} ({type(image).__name__})."
        )
    return _from_array(np.asarray(image), i, n_channels)


# -- collections ----------------------------------------------------------------------------


def _only_column(X: Any, name: str) -> list:
    if X.ndim == 2 and X.shape[1] != 1:
        _refuse_table(X.shape, name)
    return list(X if X.ndim == 1 else X.iloc[:, 0])


def _refuse_table(shape: tuple, name: str) -> Any:
    raise ValueError(
        f"{name} takes one column of paths or images, got a table of shape {shape}: select the "
        "column that holds them."
    )


def _check_dimensions(X: np.ndarray, n_channels: int, name: str) -> None:
    if X.ndim == 4 or (X.ndim == 3 and n_channels == 1):
        return
    remedy = ""
    if X.ndim == 3 and X.shape[2] == n_channels:
        remedy = " For one image write X[np.newaxis]."
    elif X.ndim == 3 and n_channels == 3:
        remedy = " Repeat grey images: np.repeat(X[..., np.newaxis], 3, axis=3)."
    raise ValueError(
        f"{name} takes an array of shape (n_samples, n_rows, n_columns, {n_channels}), got shape "
        f"{X.shape}.{remedy}"
    )


def _is_pillow(image: Any) -> bool:
    # whoever holds a Pillow image has imported Pillow
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(image, pillow.Image)


def _short(thing: Any) -> str:
    text = repr(thing)
    return text if len(text) <= 60 else text[:57] + "..."


# -- one image ------------------------------------------------------------------------------


def _from_file(path: Any, i: int, n_channels: int) -> np.ndarray:
    pillow = import_optional("PIL.Image", extra="image", purpose="reading image files")
    where = f"image {i} ({os.fspath(path)!r})"
    try:
        with pillow.open(path) as image:
            return _from_pillow(image, where, n_channels)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{where} is not there. Relative paths start at the working directory, {os.getcwd()!r}."
        ) from error
    except (OSError, SyntaxError, pillow.DecompressionBombError) as error:
        # Pillow's PNG reader raises SyntaxError for a broken file
        raise ValueError(
            f"{where} could not be read as an image ({error}): drop it, and the same row of y, or "
            "replace the file."
        ) from error


def _from_pillow(image: Any, where: str, n_channels: int) -> np.ndarray:
    operations = import_optional("PIL.ImageOps", extra="image", purpose="reading images")
    if n_channels not in MODES:
        raise ValueError(
            f"{where}: files and Pillow images become images of 1 or 3 channels, but mean and std "
            f"have {n_channels} values: give arrays of {n_channels} channels."
        )
    if image.mode[0] in "IF":
        raise ValueError(
            f"{where} has the mode {image.mode!r}, more than 8 bits for a pixel, which would be "
            "cut off: give it as an array of floats between 0 and 1."
        )
    image = operations.exif_transpose(image)
    if image.mode == "P":  # a palette may hold transparency, which only RGBA can take over
        image = image.convert("RGBA")
    pixels = np.asarray(image.convert(MODES[n_channels]), dtype=np.float32)
    return pixels.reshape(*pixels.shape[:2], n_channels) / np.float32(255)


def _from_array(pixels: np.ndarray, i: int, n_channels: int) -> np.ndarray:
    if pixels.ndim == 2 and n_channels == 1:
        pixels = pixels[:, :, np.newaxis]
    if pixels.dtype.kind not in "biuf":
        raise TypeError(f"image {i} is an array of dtype {pixels.dtype}, numbers were expected.")
    if pixels.ndim != 3 or pixels.shape[2] != n_channels or not pixels.size:
        raise ValueError(
            f"image {i} must have the shape (n_rows, n_columns, {n_channels}), got "
            f"{pixels.shape}.{_remedy_for_shape(pixels.shape, n_channels)}"
        )
    low, high = pixels.min(), pixels.max()  # NaN if there is one
    if pixels.dtype.kind in "iu":
        if low < 0 or high > 255:
            raise ValueError(
                f"image {i} has integers from {low} to {high}, 0 to 255 were expected: divide it "
                "by its largest possible value, and give floats."
            )
        return pixels.astype(np.float32) / np.float32(255)
    if not (low >= -ROUNDING and high <= 1 + ROUNDING):
        raise ValueError(_out_of_range(i, low, high))
    return pixels.astype(np.float32)


def _out_of_range(i: int, low: Any, high: Any) -> str:
    if not np.isfinite([low, high]).all():
        return f"image {i} has NaN or infinity among its pixels: fill them, or drop the image."
    remedy = "divide by 255" if 1 < high <= 255 and low >= 0 else "scale them"
    return (
        f"image {i} has floats from {low:g} to {high:g}, 0 to 1 were expected: {remedy} (mean and "
        "std are applied afterwards)."
    )


def _remedy_for_shape(shape: tuple[int, ...], n_channels: int) -> str:
    is_image = len(shape) == 3
    if n_channels == 3 and (len(shape) == 2 or (is_image and shape[2] == 1)):
        return " Repeat a grey image: np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)."
    if is_image and shape[0] == n_channels:
        return " Channels stand last: np.moveaxis(image, 0, 2)."
    if is_image and (shape[2], n_channels) == (4, 3):
        return " Drop the transparency: image[:, :, :3]."
    if is_image:
        return f" Images of {shape[2]} channels want mean and std of {shape[2]} values."
    return ""
