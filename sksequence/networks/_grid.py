"""A vector, a grid of vectors or an image as what a decoder looks at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from sksequence.batches import SequenceBatch
from sksequence.layers import Dropout, ImageEncoder, linear
from sksequence.networks._encoder_decoder import Encoded


@dataclass(frozen=True)
class GridSpec:
    """All that is needed to build a `GridEncoder` again: sizes, no weights.

    Parameters
    ----------
    frame_shape : tuple (n_features,) or (n_rows, n_columns, n_channels)
        Of the vector at a location, or of an image.
    n_units : int
        Length of the vector that a location becomes.
    dropout : float, default=0.0
    """

    frame_shape: tuple[int, ...]
    n_units: int
    dropout: float = 0.0

    embedding_trainable: ClassVar[bool] = False  # there are no symbols

    def build_encoder(self, generator: torch.Generator, vectors=None) -> GridEncoder:
        """The encoder of these sizes; `vectors` of symbols do not matter."""
        return GridEncoder(self, generator)


class GridEncoder(nn.Module):
    r"""Read vectors at locations, whose order tells nothing.

    .. math:: m_l = \tanh(W x_l + b), \qquad s = \tfrac1L \textstyle\sum_l m_l

    or, of an image, the vectors :math:`m_l` that an ``ImageEncoder`` gives. The decoder looks at
    the :math:`m_l`; their mean s is the summary (Xu et al., 2015).

    Parameters
    ----------
    spec : GridSpec
    generator : torch.Generator
        Draws the initial weights.

    Attributes
    ----------
    grid_shape : tuple (n_rows, n_columns) or None
        Of the locations of an image, which go row by row; None where vectors come in.
    n_multiplications : int
        For one image, about; 0 where vectors come in.

    Examples
    --------
    >>> import torch
    >>> from sksequence.batches import SequenceBatch
    >>> from sksequence.networks import GridSpec
    >>> encoder = GridSpec((5,), 3).build_encoder(torch.Generator().manual_seed(0))
    >>> grids = {"values": torch.rand(2, 4, 5)}  # 2 samples, 4 locations, 5 features
    >>> encoded = encoder(SequenceBatch(grids, torch.tensor([4, 4]), uniform=True))
    >>> encoded.values.shape, encoded.summary.shape
    (torch.Size([2, 4, 3]), torch.Size([2, 3]))
    """

    def __init__(self, spec: GridSpec, generator: torch.Generator):
        super().__init__()
        self.spec = spec
        self.n_values = self.n_summary = spec.n_units
        self.dropout = Dropout(spec.dropout)
        self.grid_shape: tuple[int, int] | None = None
        self.n_multiplications = 0
        self.reader: nn.Module
        if len(spec.frame_shape) == 3:
            self.reader = ImageEncoder(spec.frame_shape, spec.n_units, generator)
            self.grid_shape = self.reader.grid_shape
            self.n_multiplications = 9 * spec.n_units * math.prod(spec.frame_shape)
        else:
            self.reader = linear(math.prod(spec.frame_shape), spec.n_units, generator)

    def forward(self, batch: SequenceBatch) -> Encoded:
        """The vectors of all locations and their mean.

        Parameters
        ----------
        batch : SequenceBatch
            With one channel, of shape ``(n_samples, n_locations, n_features)`` or
            ``(n_samples, n_images, n_rows, n_columns, n_channels)``.

        Returns
        -------
        Encoded
        """
        (inputs,) = batch.inputs.values()
        mask = None if batch.uniform else batch.mask
        if self.grid_shape is None:
            values = torch.tanh(self.reader(inputs.flatten(2)))
        else:
            values = self.reader(inputs)  # (n_samples, n_images * n_locations, n_units)
            if mask is not None:
                mask = mask.repeat_interleave(math.prod(self.grid_shape), dim=1)
        values = self.dropout(values)
        return Encoded(values, mask, _mean(values, mask))


def _mean(values: Tensor, mask: Tensor | None) -> Tensor:
    """``(n_samples, n_locations, n_units)`` -> the mean of the locations that exist."""
    if mask is None:
        return values.mean(dim=1)
    there = mask[:, :, None]
    return values.masked_fill(~there, 0.0).sum(dim=1) / there.sum(dim=1)
