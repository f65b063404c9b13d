"""Recordings as users give them: arrays of samples, pairs with a rate, or sound files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from math import gcd
from numbers import Integral
from typing import Any

import numpy as np

from sksequence.inputs import SequenceArray
from sksequence.utils import import_optional

NAME = "LogMelSpectrogram"
LOUDEST_OF_16_BITS = 2**16


def read_recordings(X: Any, sampling_rate: int, resample: bool | str) -> Iterator[np.ndarray]:
    """The samples of each recording, about -1 to 1, at one rate.

    Parameters
    ----------
    X : collection of recordings
    sampling_rate : int
        What is wanted, and what arrays without a rate have.
    resample : {"error", True}
        What becomes of another rate.
    """
    for i, recording in enumerate(_collection(X)):
        rate, samples, what = _open(recording, f"recording {i}")
        samples = _checked(samples, what)
        if rate is not None and rate != sampling_rate:
            samples = _resampled(samples, rate, sampling_rate, resample, what)
        yield samples


def _collection(X: Any) -> Iterable:
    """One recording after the other."""
    if isinstance(X, SequenceArray):
        if X.only.kind != "numeric" or X.only.n_features != 1:
            raise ValueError(
                f"{NAME} reads sound, one number a sample, but X is {X!r}: mix channels first."
            )
        return (row[:, 0] if row.ndim == 2 else row for row in X)
    if isinstance(X, (str, bytes, os.PathLike)):
        raise TypeError(
            f"{NAME} got one path ({os.fspath(X)!r}): expected a list of recordings, so put it in "
            "a list."
        )
    if hasattr(X, "iloc"):
        X = X.iloc[:, 0] if X.ndim == 2 and X.shape[1] == 1 else X
        X = X.to_numpy()
    if not isinstance(X, Iterable) or isinstance(X, dict):
        raise TypeError(
            f"{NAME} expected a list of recordings (arrays of samples, paths, or pairs (rate, "
            f"samples)), got {type(X).__name__}."
        )
    if isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind in "iuf":
        raise ValueError(
            f"{NAME} got one recording of {len(X)} samples: expected a list of recordings, so put "
            "it in a list."
        )
    return X


def _open(recording: Any, what: str) -> tuple[int | None, Any, str]:
    """Rate (None: not known), samples, and what to call them in messages."""
    if isinstance(recording, (str, os.PathLike)):
        path = os.fspath(recording)
        return *_read_file(path, what), f"{what} ({path!r})"
    if isinstance(recording, tuple) and len(recording) == 2 and isinstance(recording[0], Integral):
        return int(recording[0]), recording[1], what
    return None, recording, what


def _read_file(path: Any, what: str) -> tuple[int, np.ndarray]:
    if not os.path.exists(path):
        raise FileNotFoundError(f"{what}: there is no file {path!r}.")
    if str(path).lower().endswith(".wav"):
        rate, samples = _read_wav(path, f"{what} ({path!r})")
    else:
        soundfile = import_optional(
            "soundfile", extra="speech", purpose=f"{NAME} on files other than .wav"
        )
        try:
            samples, rate = soundfile.read(path)
        except RuntimeError as error:
            raise ValueError(_unreadable(f"{what} ({path!r})", error)) from error
    return int(rate), samples if samples.ndim == 1 else samples.mean(axis=1)


def _read_wav(path: Any, what: str) -> tuple[int, np.ndarray]:
    """Rate and samples of a WAV file; what goes wrong is told with its name."""
    from scipy.io import wavfile

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            rate, samples = wavfile.read(path)
        except OSError:
            raise  # it names the file
        except Exception as error:  # of a damaged file: whatever its bytes bring about
            raise ValueError(_unreadable(what, error)) from error
    for warning in told:
        warnings.warn(f"{what}: {warning.message}", warning.category, stacklevel=2)
    return rate, _as_floats(samples)


def _unreadable(what: str, error: Exception) -> str:
    told = isinstance(error, (ValueError, RuntimeError))
    reason = str(error).rstrip(".") if told else "the file is damaged or cut off"
    return f"{what} cannot be read: {reason}. Leave it out, or write the file anew."


def _as_floats(samples: np.ndarray) -> np.ndarray:
    """Integers of any width as numbers from -1 to 1; 8 bits have no sign."""
    if samples.dtype.kind not in "iu":
        return samples.astype(np.float64)
    half = 2.0 ** (8 * samples.dtype.itemsize - 1)
    middle = half if samples.dtype.kind == "u" else 0.0
    return (samples.astype(np.float64) - middle) / half


def _checked(samples: Any, what: str) -> np.ndarray:
    try:
        samples = np.asarray(samples)
    except ValueError:
        samples = np.empty(0, dtype=object)
    if samples.dtype.kind not in "iuf" or samples.ndim != 1:
        shape = f"an array of shape {samples.shape} and dtype {samples.dtype}"
        stereo = ": take the mean of its channels" if samples.ndim == 2 else ""
        raise ValueError(
            f"{NAME} expected numbers of shape (n_samples,) as {what}, got {shape}{stereo}."
        )
    if not len(samples):
        raise ValueError(f"{what} is empty: {NAME} needs at least one sample; leave it out.")
    _check_scale(samples, what)
    samples = _as_floats(samples)
    if not np.isfinite(samples).all():
        at = int(np.argmin(np.isfinite(samples)))
        raise ValueError(f"{what} has {samples[at]} as sample {at}: {NAME} needs finite numbers.")
    return samples


def _check_scale(samples: np.ndarray, what: str) -> None:
    """Raise ValueError of integers without a full scale; warn of one that nothing comes near."""
    if samples.dtype.kind not in "iu" or samples.dtype.itemsize < 4:
        return
    peak = max(abs(int(samples.min())), abs(int(samples.max())))
    if samples.dtype.itemsize > 4:
        raise ValueError(
            f"{what} holds whole numbers without a full scale (dtype {samples.dtype}, the largest "
            f"is {peak}; plain Python ints are such, too), but {NAME} has to know how loud they "
            "are: give them with the width they were recorded with, e.g. np.asarray(samples).astype"
            '("int16"), or as floats between -1 and 1.'
        )
    if samples.dtype.kind == "i" and 0 < peak < LOUDEST_OF_16_BITS:
        warnings.warn(
            f"{what} has {samples.dtype} samples, whose full scale is 2**31, but the largest is "
            f"{peak}: they are taken as all but silent. If they were recorded with 16 bits, give "
            'samples.astype("int16").',
            stacklevel=2,
        )


def _resampled(samples: np.ndarray, rate: int, wanted: int, resample, what: str) -> np.ndarray:
    if resample is not True:
        raise ValueError(
            f"{what} has {rate} samples a second, but sampling_rate={wanted}: set "
            "resample=True to convert it, or the sampling_rate of all recordings."
        )
    from scipy.signal import resample_poly

    common = gcd(rate, wanted)
    return resample_poly(samples, wanted // common, rate // common)
