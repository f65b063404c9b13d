"""What a step of several channels becomes before the recurrence."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sksequence.inputs import ChannelSchema
from sksequence.layers._parts import Dropout, embedding


class StepEncoder(nn.Module):
    """Numbers as they are, ids as rows of a table; all channels side by side.

    Parameters
    ----------
    channels : dict of str to ChannelSchema
    embedding_size : int or None
        Length of a symbol's learned vector. None stands for one-hot input.
    embedding_trainable : bool
        Whether a channel with vectors of its own brings ids (its table is then a weight of
        this layer) or the vectors themselves.
    n_gate_rows : int
        Rows of the input weights of the layer above.
    generator : torch.Generator
    dropout : float or Dropout, default=0.0
        Of the vectors of symbols; plain numbers are not touched.

    Notes
    -----
    One-hot input times the weights W above is one column of W. A vocabulary that is smaller
    than the number of rows of W goes through the identity; for a larger one a learned table
    as wide as W has rows gives every function that W times one-hot can be, without ever
    making a vector as long as the vocabulary.
    """

    def __init__(
        self,
        channels: dict[str, ChannelSchema],
        embedding_size: int | None,
        embedding_trainable: bool,
        n_gate_rows: int,
        generator: torch.Generator,
        dropout: float | Dropout = 0.0,
    ):
        super().__init__()
        self.dropout = dropout if isinstance(dropout, Dropout) else Dropout(dropout)
        self.looked_up = {name for name, c in channels.items() if c.kind == "vectors"}
        self.tables = nn.ModuleDict()
        self._keys = {name: str(i) for i, name in enumerate(channels)}  # names may hold dots
        self.n_outputs = 0
        for name, channel in channels.items():
            if channel.kind == "numeric" or (channel.kind == "vectors" and not embedding_trainable):
                self.n_outputs += channel.n_features
                continue
            if channel.kind == "vectors":
                size = channel.n_features
            else:
                size = embedding_size or min(channel.n_tokens, n_gate_rows)
            table = embedding(channel.n_tokens, size, generator)
            if channel.kind == "symbols" and embedding_size is None and size == channel.n_tokens:
                nn.init.eye_(table.weight)
                table.weight.requires_grad_(False)
            self.tables[self._keys[name]] = table
            self.n_outputs += size

    def table(self, name: str) -> nn.Embedding | None:
        """The table of a channel, or None where its values come as numbers."""
        key = self._keys[name]
        return self.tables[key] if key in self.tables else None

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Channels -> Tensor of shape ``(n_sequences, n_steps, n_outputs)``."""
        parts = []
        for name, values in inputs.items():
            table = self.table(name)
            if table is not None:
                values = self.dropout(table(values))
            elif name in self.looked_up:
                values = self.dropout(values)
            parts.append(values.flatten(2))
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)
