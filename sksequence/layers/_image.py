"""A small convolutional network: an image becomes a grid of vectors."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sksequence.layers._parts import unstarted

GRID = 8  # locations along the longer side of a grid that nobody chose
NARROWEST = 8  # channels: also the least that are normalised together


class ImageEncoder(nn.Module):
    r"""Images as grids of vectors, by blocks of convolution, normalisation and rectifier.

    .. math:: x_{k+1} = \mathrm{relu}(\mathrm{norm}(W_k * x_k))

    Each block has filters of 3 x 3 pixels and halves both sides (rounded up), while the number
    of channels doubles from block to block up to `width`. The first block also sees the place of
    each pixel, its row and its column from -1 to 1, so that what is left can be told from what is
    right (Liu et al., 2018, "CoordConv").

    Parameters
    ----------
    frame_shape : tuple (n_rows, n_columns, n_channels)
        Of one image, in pixels.
    width : int
        Length of the vector at each location.
    generator : torch.Generator
        Draws the initial weights.
    n_blocks : int, default=None
        None: as many as bring the longer side of the grid down to 8 locations, at least one.

    Attributes
    ----------
    n_outputs : int
        `width`.
    grid_shape : tuple (n_rows, n_columns)
        Of the grid. A location sees a window of ``2 ** (n_blocks + 1) - 1`` pixels a side.
    n_locations : int
        How many vectors an image becomes: ``n_rows * n_columns`` of the grid.

    Raises
    ------
    ValueError
        If `frame_shape` is no shape of an image, or a size is no positive number.

    Notes
    -----
    Channels are normalised in groups, within each image (Wu and He, 2018, "Group normalization"),
    so the answer for an image does not depend on its neighbours in the batch. A pixel's channels
    lie side by side in memory from the first block to the last; nothing is reordered on the way.
    An image of 64 x 64 x 3 costs 2.8 million multiplications at ``width=64``.

    Examples
    --------
    >>> import torch
    >>> from sksequence.layers import ImageEncoder
    >>> encoder = ImageEncoder((48, 64, 3), 32, torch.Generator().manual_seed(0))
    >>> encoder.grid_shape
    (6, 8)
    >>> encoder(torch.rand(5, 48, 64, 3)).shape
    torch.Size([5, 48, 32])
    """

    places: Tensor

    def __init__(
        self,
        frame_shape: tuple[int, int, int],
        width: int,
        generator: torch.Generator,
        n_blocks: int | None = None,
    ):
        super().__init__()
        if n_blocks is None:
            n_blocks = max(1, math.ceil(math.log2(max(1, *frame_shape[:2]) / GRID)))
        _check_sizes(frame_shape, width, n_blocks)
        self.frame_shape = tuple(frame_shape)
        self.n_outputs = width
        side = 2**n_blocks
        self.grid_shape = tuple(math.ceil(n / side) for n in frame_shape[:2])
        self.n_locations = math.prod(self.grid_shape)
        self.blocks = nn.Sequential()
        self.register_buffer("places", _places(*self.frame_shape[:2]), persistent=False)
        n_inputs = self.frame_shape[2] + 2
        for k in reversed(range(n_blocks)):
            n_units = width if k == 0 else min(width, max(NARROWEST, width >> k))
            self.blocks.append(_block(n_inputs, n_units, generator))
            n_inputs = n_units

    def forward(self, images: Tensor) -> Tensor:
        """One vector for each location.

        Parameters
        ----------
        images : Tensor of shape (n_images, n_rows, n_columns, n_channels) or (n_sequences, \
                n_steps, n_rows, n_columns, n_channels)

        Returns
        -------
        Tensor of shape (n_images, n_locations, width) or (n_sequences, n_steps * n_locations, \
                width)
            Row by row of the grid; of sequences step after step.

        Raises
        ------
        ValueError
            If the images have another shape.
        """
        if images.ndim not in (4, 5) or tuple(images.shape[-3:]) != self.frame_shape:
            raise ValueError(
                f"images of shape (..., {', '.join(map(str, self.frame_shape))}) were expected, "
                f"with the images (and steps) in front, got {tuple(images.shape)}."
            )
        images_flat = images.flatten(0, -4)
        places = self.places.expand(len(images_flat), -1, -1, -1)
        # (n_images, n_channels, n_rows, n_columns), a view: channels stay innermost in memory
        frames = torch.cat([images_flat, places], dim=3).permute(0, 3, 1, 2)
        grid = self.blocks(frames).permute(0, 2, 3, 1)  # (n_images, n_rows, n_columns, width)
        n_steps = images.shape[1] if images.ndim == 5 else 1
        return grid.reshape(len(images), n_steps * self.n_locations, self.n_outputs)


def _places(n_rows: int, n_columns: int) -> Tensor:
    """Row and column of each pixel, from -1 to 1, ``(n_rows, n_columns, 2)``."""
    rows, columns = (torch.linspace(-1, 1, n, dtype=torch.float32) for n in (n_rows, n_columns))
    return torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=2)


def _block(n_inputs: int, n_units: int, generator: torch.Generator) -> nn.Sequential:
    convolution = unstarted(
        nn.Conv2d,
        n_inputs,
        n_units,
        kernel_size=3,
        stride=2,
        padding=1,
        bias=False,  # the normalisation would take it away
        dtype=torch.float32,
    )
    bound = 1.0 / math.sqrt(9 * n_inputs)
    nn.init.uniform_(convolution.weight, -bound, bound, generator=generator)
    norm = nn.GroupNorm(_n_groups(n_units), n_units, dtype=torch.float32)
    return nn.Sequential(convolution, norm, nn.ReLU())


def _n_groups(n_units: int) -> int:
    """As many equal groups as leave at least NARROWEST channels in each.

    A group of one channel on a grid of one location would always be zero.
    """
    fitting = (n for n in range(n_units // NARROWEST, 0, -1) if n_units % n == 0)
    return next(fitting, 1)


def _check_sizes(frame_shape: tuple[int, ...], width: int, n_blocks: int) -> None:
    if len(frame_shape) != 3 or min(frame_shape) < 1:
        raise ValueError(
            f"frame_shape must be (n_rows, n_columns, n_channels), each at least 1, got "
            f"{frame_shape}."
        )
    for name, value in (("width", width), ("n_blocks", n_blocks)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value!r}.")
