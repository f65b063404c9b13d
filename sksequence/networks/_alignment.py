"""Sequences in, probabilities of labels and of the blank at each step out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sksequence.batches import SequenceBatch
from sksequence.layers import linear
from sksequence.networks._outputs import Outputs
from sksequence.networks._sequence import NetworkSpec, build_context, build_reader, encode_steps
from sksequence.networks._stacks import make_dropout


@dataclass(frozen=True)
class AlignmentSpec(NetworkSpec):
    """All that is needed to build the network again; an output for each label, then the blank.

    Parameters
    ----------
    stride : int
        The convolution takes so many steps at a time: one output for each `stride` steps.
    """

    stride: int = 1

    def build(
        self, generator: torch.Generator, vectors: dict[str, Tensor] | None = None
    ) -> AlignmentNetwork:
        """The network of these sizes."""
        return AlignmentNetwork(self, generator, vectors)

    def n_outputs_of(self, lengths: Any) -> Any:
        """Steps of the outputs for sequences of these lengths."""
        return -(-lengths // self.stride)


class AlignmentNetwork(nn.Module):
    r"""Encode each step, run the recurrent stack, a softmax at each step.

    .. math:: p_t = \mathrm{softmax}(W h_t + b)

    over the labels and the blank, which is last.

    Parameters
    ----------
    spec : AlignmentSpec
    generator : torch.Generator
    vectors : dict of str to Tensor, default=None
        Start the trainable tables.
    """

    def __init__(self, spec: AlignmentSpec, generator: torch.Generator, vectors=None):
        super().__init__()
        self.spec = spec
        self.encoder, self.convolution, self.stack = build_reader(spec, generator, vectors)
        if self.convolution is not None:
            self.convolution.convolution.stride = (spec.stride,)
        self.context = build_context(spec, self.stack, generator)
        self.dropout = make_dropout(spec)
        self.head = linear(self.stack.n_outputs, spec.n_outputs, generator)

    def forward(self, batch: SequenceBatch, state=None, progress: float | None = None) -> Outputs:
        """Log-probabilities ``(n_sequences, n_output_steps, n_labels + 1)``.

        ``extras["lengths"]`` says how many of the steps exist, ``extras["steps"]`` are the states.
        """
        lengths = self.spec.n_outputs_of(batch.lengths)
        inputs = encode_steps(self, batch)
        if state is None and self.context is not None:
            state = self.context(batch.context)
        known = None if batch.uniform else lengths
        steps, state = self.stack(inputs, known, state, keep_state=batch.goes_on)
        values = torch.log_softmax(self.head(self.dropout(steps)), dim=2)
        return Outputs(values, state=state, extras={"lengths": lengths, "steps": steps})
