"""Sequences in, scores of the labels of each step out."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sksequence.batches import SequenceBatch
from sksequence.inputs import ChannelSchema
from sksequence.layers import (
    ChainHead,
    StepEncoder,
    linear,
    make_character_network,
    make_pooling,
)
from sksequence.networks._outputs import Outputs
from sksequence.networks._sequence import (
    NetworkSpec,
    build_context,
    build_reader,
    read_steps,
)
from sksequence.networks._stacks import make_dropout

UNKNOWN_ID = 0


@dataclass(frozen=True)
class TaggingSpec(NetworkSpec):
    """All that is needed to build a tagger's network again.

    Parameters
    ----------
    output : {"softmax", "crf"}
        Whether each step has its label by itself, or labels make a chain.
    one_hot : tuple of str
        Channels of so few symbols that a vector of their own would be longer than one-hot.
    ragged : tuple of str
        Channels with several symbols in a step.
    character_network : {"rnn", "cnn", None}
        What makes one vector of them.
    character_size : int
        Its length, and that of the vector of each of the symbols.
    dropped_channel : str or None
        The channel whose rare symbols are taken for unknown ones while training.
    """

    output: str = "softmax"
    one_hot: tuple[str, ...] = ()
    ragged: tuple[str, ...] = ()
    character_network: str | None = None
    character_size: int = 30
    dropped_channel: str | None = None

    def build(
        self, generator: torch.Generator, vectors: dict[str, Tensor] | None = None
    ) -> TaggingNetwork:
        """The network of these sizes."""
        return TaggingNetwork(self, generator, vectors)

    def reader(self, widths: dict[str, int]) -> NetworkSpec:
        """The part that reads: what is already a vector counts as numbers, of these widths."""
        as_numbers = {
            name: ChannelSchema("numeric", (width,), None, None) for name, width in widths.items()
        }
        schema = replace(self.schema, channels={**self.schema.channels, **as_numbers})
        shared = {f.name: getattr(self, f.name) for f in fields(NetworkSpec)}
        return NetworkSpec(**{**shared, "schema": schema})


class StepReader(nn.Module):
    """What a step of several channels becomes, some of which are ragged in a step.

    Parameters
    ----------
    spec : TaggingSpec
    characters : nn.ModuleDict
        The network of each ragged channel.
    steps : StepEncoder
        Puts all of it side by side.
    """

    rates: Tensor
    like: Tensor

    def __init__(self, spec: TaggingSpec, characters: nn.ModuleDict, steps: StepEncoder):
        super().__init__()
        self.characters, self.steps = characters, steps
        self.dropout = steps.dropout
        self.ragged, self.dropped = spec.ragged, spec.dropped_channel
        self.one_hot = {name: _n_tokens(spec, name) for name in spec.one_hot}
        self.register_buffer("like", torch.empty(0, dtype=torch.float32), persistent=False)
        self.generator: torch.Generator | None = None  # given at the beginning of training
        if self.dropped is not None:
            rates = torch.zeros(_n_tokens(spec, self.dropped), dtype=torch.float32)
            self.register_buffer("rates", rates)

    def table(self, name: str) -> nn.Embedding | None:
        """The table of a channel, or None."""
        return self.steps.table(name)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Channels -> Tensor of shape ``(n_sequences, n_steps, n_outputs)``."""
        read = {name: self._channel(name, values) for name, values in inputs.items()}
        return self.steps(read)

    def _channel(self, name: str, values: Tensor) -> Tensor:
        if name in self.ragged:
            # a stream tries a step of one symbol to see what comes of it
            values = values if values.ndim == 3 else values[:, :, None]
            return self.dropout(self.characters[str(self.ragged.index(name))](values))
        if name == self.dropped and self.training:
            values = self._with_unknown(values)
        if name in self.one_hot:
            return F.one_hot(values.long(), self.one_hot[name]).to(self.like.dtype)
        return values

    def _with_unknown(self, ids: Tensor) -> Tensor:
        """A rare symbol is now and then an unknown one, so that unknown ones are learned."""
        drawn = torch.rand(
            ids.shape, generator=self.generator, device=ids.device, dtype=torch.float32
        )
        return ids.masked_fill(drawn < self.rates[ids.long()], UNKNOWN_ID)

    def __getstate__(self):
        return {**self.__dict__, "generator": None}


class TaggingNetwork(nn.Module):
    r"""Read the steps, give scores of the labels at each.

    .. math:: e_t = W h_t + b, \qquad h_1 \dots h_T = \mathrm{stack}(x_1 \dots x_T)

    Parameters
    ----------
    spec : TaggingSpec
    generator : torch.Generator
    vectors : dict of str to Tensor, default=None
        Start the trainable tables.
    """

    def __init__(self, spec: TaggingSpec, generator, vectors=None):
        super().__init__()
        self.spec = spec
        characters = nn.ModuleDict()
        widths = {name: _n_tokens(spec, name) for name in spec.one_hot}
        for i, name in enumerate(spec.ragged):
            kind, n_tokens = spec.character_network or "cnn", _n_tokens(spec, name)
            network = make_character_network(kind, n_tokens, spec.character_size, generator)
            characters[str(i)] = network
            widths[name] = network.n_outputs
        steps, self.convolution, self.stack = build_reader(spec.reader(widths), generator, vectors)
        self.dropout = make_dropout(spec, quick=True)
        steps.dropout = self.stack.between = self.dropout
        self.encoder = StepReader(spec, characters, steps)
        self.context = build_context(spec, self.stack, generator)
        n_units, n_forward = self.stack.n_outputs, self.stack.n_forward
        self.pooling = make_pooling("last", n_units, n_forward, generator)  # a stream's last step
        self.head: Any
        if spec.output == "crf":
            self.head = ChainHead(n_units, spec.n_outputs, generator)
        else:
            self.head = linear(n_units, spec.n_outputs, generator)

    def forward(self, batch: SequenceBatch, state=None, progress: float | None = None) -> Outputs:
        """Scores of the labels at each step, ``(n_sequences, n_steps, n_labels)``."""
        steps, state = read_steps(self, batch, state)
        values = self.head(self.dropout(steps))
        mask = None if batch.uniform else batch.mask
        return Outputs(values, mask, state, {"steps": steps, "head": self.head})


def _n_tokens(spec: TaggingSpec, name: str) -> int:
    return int(spec.schema.channels[name].n_tokens or 0)
