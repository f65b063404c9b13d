"""One step of one or several sequences, as users have it -> checked tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sksequence.batches import InputScaling
from sksequence.inputs import ChannelSchema, SequenceArray, SequenceSchema
from sksequence.inputs._check import LARGEST


class StepReader:
    """Checks, standardises and sends the next step of each of some sequences.

    Parameters
    ----------
    name : str
        The estimator, in messages.
    schema : SequenceSchema
    scaling : InputScaling
    looked_up : set of str
        Channels whose vectors are no part of the network: their steps come as vectors.
    n_sequences : int or None
        None: one sequence, whose steps come without an axis for it.
    masked : sequence of str, default=()
        Channels of which values may be missing (NaN).
    dtype : torch.dtype
    device : torch.device
    """

    def __init__(
        self, name, schema: SequenceSchema, scaling: InputScaling, looked_up, n_sequences, masked=()
    ):
        self.name = name
        self.schema = schema
        self.scaling = scaling
        self.looked_up = looked_up
        self.masked = masked or ()
        self.leading = () if n_sequences is None else (n_sequences,)
        self.only = next(iter(schema.channels)) if len(schema.channels) == 1 else None

    def read(self, x: Any, dtype: torch.dtype, device: torch.device) -> dict[str, Tensor]:
        """A step in the user's form -> for each channel ``(n_sequences, 1, ...)``."""
        if self.only is not None and not _is_named(x):
            return {self.only: self._channel(self.only, x, dtype, device)}
        by_channel = self._by_channel(x)
        return {
            name: self._channel(name, by_channel[name], dtype, device)
            for name in self.schema.channels
        }

    def zeros(self, n: int, dtype: torch.dtype, device: torch.device) -> dict[str, Tensor]:
        """A step of zeros, to see what comes of a step."""
        return {
            name: torch.zeros(n, 1, *channel.shape, dtype=dtype, device=device)
            if self._takes_numbers(name, channel)
            else torch.zeros(n, 1, dtype=torch.int64, device=device)
            for name, channel in self.schema.channels.items()
        }

    def context(self, context: Any, n: int) -> np.ndarray:
        """The context vectors, ``(n, n_context)``; an error where they do not fit."""
        width = self.schema.n_context
        if context is None or not width:
            if context is None and not width:
                return np.zeros((n, 0))
            expected = f"context= with {width} value(s) a sequence" if width else "no context"
            given = "none" if context is None else f"one of shape {np.shape(context)}"
            raise ValueError(f"{self.name} was fitted with {expected}, got {given}.")
        values = np.asarray(context, dtype=np.float64)
        if values.shape == (width,) and n == 1:
            values = values[np.newaxis]
        if values.shape != (n, width):
            raise ValueError(
                f"context must have shape {(n, width)} (n_sequences, n_context), got "
                f"{np.shape(context)}."
            )
        if not all_within(values, LARGEST):
            raise ValueError("context holds a value that is missing, infinite or too large.")
        return values

    # -- one channel ------------------------------------------------------------------------

    def _channel(self, name, x, dtype, device) -> Tensor:
        channel = self.schema.channels[name]
        if self._takes_numbers(name, channel):
            steps = self._numbers(name, channel, x, dtype)
        else:
            steps = self._ids(name, channel, x)
        return steps if device.type == "cpu" else steps.to(device)

    def _takes_numbers(self, name, channel: ChannelSchema) -> bool:
        return channel.kind == "numeric" or name in self.looked_up

    def _numbers(self, name, channel: ChannelSchema, x, dtype) -> Tensor:
        values = self._array(name, channel, x)
        if values.dtype.kind not in "fiub":
            raise TypeError(self._expected(name, channel, x))
        shape = (*self.leading, *channel.shape)
        if values.shape != shape:
            if channel.shape != (1,) or values.shape != self.leading:
                raise ValueError(self._expected(name, channel, x))
        elif name in self.looked_up and values.dtype.kind in "iu":
            raise TypeError(self._expected(name, channel, x))
        if not all_within(_without_nan(values) if name in self.masked else values, LARGEST):
            raise ValueError(
                f"the step{_of(name, self.only)} holds a value that is missing, infinite or too "
                f"large for {self.name}: fill or clip it, got {_short(x)}."
            )
        if name in self.scaling.channels:
            standard = self.scaling.channels[name]
            values = (values.reshape(-1, 1, *channel.shape) - standard.mean) / standard.scale
        elif name in self.scaling.vectors and name in self.looked_up:
            values = values / self.scaling.vectors[name]
        numbers = np.float64 if dtype == torch.float64 else np.float32
        steps = torch.from_numpy(values.reshape(-1, 1, *channel.shape).astype(numbers))
        return steps if steps.dtype == dtype else steps.to(dtype)

    def _array(self, name, channel: ChannelSchema, x) -> np.ndarray:
        try:
            return np.asarray(x)
        except ValueError:  # nested lists of unequal lengths
            raise ValueError(self._expected(name, channel, x)) from None

    def _ids(self, name, channel: ChannelSchema, x) -> Tensor:
        ids = self._array(name, channel, x)
        if ids.dtype.kind in "UO" and channel.feature_names is not None:
            ids = self._numbered(name, channel, ids)
        if ids.dtype.kind not in "iu":
            raise TypeError(self._expected(name, channel, x))
        if ids.shape != self.leading:
            raise ValueError(self._expected(name, channel, x))
        if not (0 <= ids.min() and ids.max() < channel.n_tokens):
            raise ValueError(
                f"symbol ids{_of(name, self.only)} must lie in [0, n_tokens) = "
                f"[0, {channel.n_tokens}), got {_short(x)}."
            )
        return torch.from_numpy(ids.reshape(-1, 1).astype(np.int64))

    def _numbered(self, name, channel: ChannelSchema, symbols: np.ndarray) -> np.ndarray:
        """Categories by their names -> ids."""
        numbers = {category: i for i, category in enumerate(channel.feature_names)}
        unknown = [s for s in symbols.ravel().tolist() if str(s) not in numbers]
        if unknown:
            raise ValueError(
                f"{unknown[0]!r}{_of(name, self.only)} is none of the categories that {self.name} "
                f"was fitted on: {_short(list(numbers), 120)}."
            )
        ids = [numbers[str(s)] for s in symbols.ravel().tolist()]
        return np.array(ids, dtype=np.int64).reshape(symbols.shape)

    def _expected(self, name, channel: ChannelSchema, x) -> str:
        lead = f"{self.leading[0]} steps, one of each sequence: " if self.leading else "a step: "
        if not self._takes_numbers(name, channel):
            what = f"{lead}integer ids in [0, {channel.n_tokens}) of shape {self.leading}"
            if not self.leading:
                what = f"{lead}an integer id in [0, {channel.n_tokens})"
            remedy = " For text, give the encoder too: stream(transformer=pipeline[:-1])."
        else:
            what = f"{lead}numbers of shape {(*self.leading, *channel.shape)}"
            remedy = ""
            if name in self.looked_up:
                remedy = (
                    " The vectors of symbols are no part of this model (embedding_trainable=False):"
                    " give the vectors, or stream(transformer=pipeline[:-1]) and the words."
                )
        if len(self.schema.channels) > 1:
            what += f" for channel {name!r}"
        return f"{self.name} expected {what}; got {_short(x)}{_shape(x)}.{remedy}"

    # -- several channels, by name ------------------------------------------------------------

    def _by_channel(self, x) -> dict[str, Any]:
        """Channels by name, from a mapping by channels or by the names of their features."""
        channels = self.schema.channels
        if not _is_named(x):
            raise TypeError(
                f"{self.name} was fitted on the channels {list(channels)}: give a step as a dict "
                f"with these keys, got {_short(x)}."
            )
        found, missing, known = {}, [], set()
        for name, channel in channels.items():
            names = channel.feature_names if channel.kind == "numeric" else None
            if name in x:
                found[name], used = x[name], {name}
            elif names and all(n in x for n in names):
                found[name] = np.stack([np.asarray(x[n]) for n in names], axis=-1)
                used = set(names)
            else:
                missing += [n for n in names or [name] if n not in x]
                used = set(names or ())
            known |= used
        unknown = [key for key in x.keys() if key not in known]
        if missing or unknown:
            raise ValueError(
                f"the step must have just the names that {self.name} was fitted on; missing: "
                f"{missing}, unknown: {unknown}."
            )
        return found


def as_sequences(x: Any, n_sequences: int | None) -> Any:
    """A step before a transformer: sequences of one step each, texts as they are."""
    rows = [x] if n_sequences is None else x
    if isinstance(x, SequenceArray):
        return x
    if isinstance(rows, str) or len(rows) != (n_sequences or 1):
        raise ValueError(
            f"expected {n_sequences} steps, one of each sequence, got {_short(x)}: give a list."
        )
    if all(isinstance(row, str) for row in rows):
        return list(rows)
    values = np.asarray(rows)
    if values.dtype.kind not in "fiub":
        raise TypeError(f"expected numbers or texts to transform, got {_short(x)}.")
    if values.ndim == 1:
        values = values[:, np.newaxis]
    return SequenceArray.from_padded(values[:, np.newaxis])


def all_within(values: np.ndarray, limit: float) -> bool:
    """Whether all lie in [-limit, limit], which NaN does not."""
    if values.size <= 32:  # so few are looked at faster one by one
        return all(-limit <= value <= limit for value in values.ravel().tolist())
    return bool(np.abs(values).max() <= limit)


def _without_nan(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), 0.0, values)


def _is_named(x) -> bool:
    if isinstance(x, (np.ndarray, float, int, list)):  # the common ones are told fastest
        return False
    return isinstance(x, Mapping) or hasattr(x, "iloc")


def _of(name: str, only: str | None) -> str:
    return "" if only is not None else f" of channel {name!r}"


def _shape(x) -> str:
    try:
        return f" of shape {np.shape(x)}"
    except ValueError:
        return ", whose rows differ in length"


def _short(value, width: int = 60) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= width else text[: width - 3] + "..."
