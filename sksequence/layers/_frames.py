"""Steps that are frames: a small convolutional network in front of everything else."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from sksequence.inputs import ChannelSchema
from sksequence.layers._encoder import StepEncoder
from sksequence.layers._image import ImageEncoder
from sksequence.layers._parts import linear

CHANNELS = 32
LONGEST = 4  # locations along the longer side of what the convolutions leave
FEATURES = 64


class FrameNetwork(nn.Module):
    r"""A vector for each frame.

    .. math:: \mathrm{relu}(W\, \mathrm{grid}(x_t) + b)

    where the grid is what an ``ImageEncoder`` leaves of a frame: at most 4 x 4 locations, side by
    side, so that it is known what was where.

    Parameters
    ----------
    frame_shape : tuple (n_rows, n_columns) or (n_rows, n_columns, n_channels)
    generator : torch.Generator
    """

    n_outputs = FEATURES

    def __init__(self, frame_shape: tuple[int, ...], generator: torch.Generator):
        super().__init__()
        n_rows, n_columns, n_channels = (*frame_shape, 1)[:3]
        shape = n_rows, n_columns, n_channels
        n_blocks = max(1, math.ceil(math.log2(max(1, *shape[:2]) / LONGEST)))
        self.convolutions = ImageEncoder(shape, CHANNELS, generator, n_blocks)
        self.project = linear(self.convolutions.n_locations * CHANNELS, FEATURES, generator)

    def forward(self, frames: Tensor) -> Tensor:
        """``(n_sequences, n_steps, *frame_shape)`` -> ``(n_sequences, n_steps, 64)``."""
        n_sequences, n_steps = frames.shape[:2]
        images = frames.reshape(n_sequences * n_steps, *self.convolutions.frame_shape)
        grid = self.convolutions(images).flatten(1)  # (n_images, n_locations * n_channels)
        return torch.relu(self.project(grid)).view(n_sequences, n_steps, FEATURES)


class FrameStepEncoder(nn.Module):
    """A ``StepEncoder`` that gets vectors where the steps of a channel are frames.

    Parameters
    ----------
    channels : dict of str to ChannelSchema
    generator : torch.Generator
    **options
        Of ``StepEncoder``, beside those two.

    Raises
    ------
    ValueError
        If no channel holds frames.
    """

    def __init__(self, channels: dict[str, ChannelSchema], generator: torch.Generator, **options):
        super().__init__()
        frames = {name: c for name, c in channels.items() if is_frame(c)}
        if not frames:
            raise ValueError(
                "frame_encoder='cnn' reads steps of shape (n_rows, n_columns) or (n_rows, "
                f"n_columns, n_channels), but X has {_what_came(channels)}: leave "
                "frame_encoder=None, or give arrays of shape (n_steps, n_rows, n_columns)."
            )
        self._keys = {name: str(i) for i, name in enumerate(frames)}  # names may hold dots
        self.frames = nn.ModuleDict(
            {self._keys[name]: FrameNetwork(c.shape, generator) for name, c in frames.items()}
        )
        replaced = {name: replace(c, shape=(FEATURES,)) for name, c in frames.items()}
        self.steps = StepEncoder({**channels, **replaced}, generator=generator, **options)
        self.n_outputs = self.steps.n_outputs

    def table(self, name: str) -> nn.Embedding | None:
        """The table of a channel, or None where its values come as numbers."""
        return self.steps.table(name)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Channels -> Tensor of shape ``(n_sequences, n_steps, n_outputs)``."""
        return self.steps(
            {
                name: self.frames[self._keys[name]](values) if name in self._keys else values
                for name, values in inputs.items()
            }
        )


def is_frame(channel: ChannelSchema) -> bool:
    """Whether each step of a channel is an image."""
    return channel.kind == "numeric" and len(channel.shape) in (2, 3)


def _what_came(channels: dict[str, ChannelSchema]) -> str:
    told = {
        "numeric": "steps of shape {c.shape}",
        "symbols": "symbols (a vocabulary of {c.n_tokens})",
        "vectors": "symbols with vectors of {c.n_features} numbers",
    }
    each = {name: told.get(c.kind, c.kind).format(c=c) for name, c in channels.items()}
    if len(each) == 1:
        return next(iter(each.values()))
    return " and ".join(f"{what} in channel {name!r}" for name, what in each.items())
