"""Recurrent layers one above the other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sksequence.cells import Cell, Delayed
from sksequence.layers._parts import Dropout
from sksequence.layers._recurrent import RecurrentLayer
from sksequence.layers._truncated import run_truncated

Noise = list[Tensor]


class RecurrentStack(nn.Module):
    r"""Recurrent layers one above the other, each in one or both directions.

    Parameters
    ----------
    cell : Cell
        A `Delayed` one may have a delay for each layer.
    n_inputs : int
    widths : sequence of int
        Units of each layer (of each of its directions).
    generator : torch.Generator
    bidirectional : bool, default=False
    between : Dropout or None
        Applied to what goes from a layer to the next.
    residual : bool, default=False
        Whether the input of a layer, before dropout, is added to its output, where the two have
        the same width: :math:`y = x + \mathrm{layer}(x)` (He et al., 2016).
    initial_state : {"zeros", "learned"}, default="zeros"
        The state before the first step: the cell's own, which is zero unless a cell says
        otherwise, or a learned one, for each layer, direction and part of the state.
    tbptt_steps : (int, int) or None, default=None
        (k1, k2) of truncated backpropagation through time; None goes back to the first step.

    Notes
    -----
    Truncated backpropagation (Williams and Peng, 1990) takes the steps in blocks of k1. The
    gradient of what a block gives goes back through the block and the steps before it, k2 in
    all, and stops there; the states themselves are carried exactly. A block that begins within
    the first k2 steps goes back to the first, so for sequences of at most k2 steps this is full
    backpropagation. The steps are run without a graph and once more, window by window, on the
    way back, so that the graph of k2 steps is all that is held beside inputs, outputs and a
    state for each block; windows on which no loss hangs are not run again.
    """

    def __init__(
        self,
        cell: Cell,
        n_inputs: int,
        widths: Sequence[int],
        generator: torch.Generator,
        bidirectional: bool = False,
        between: Dropout | None = None,
        residual: bool = False,
        initial_state: str = "zeros",
        tbptt_steps: tuple[int, int] | None = None,
    ):
        super().__init__()
        self.between = between
        self.residual = residual
        self.bidirectional = bidirectional
        self.tbptt_steps = tbptt_steps
        self.layers = nn.ModuleList()
        learned = initial_state == "learned"
        for i, width in enumerate(widths):
            own = cell.at_layer(i, len(widths)) if isinstance(cell, Delayed) else cell
            directions = [
                RecurrentLayer(own, n_inputs, width, generator, backward, learned)
                for backward in (False, True)[: 1 + bidirectional]
            ]
            self.layers.append(nn.ModuleList(directions))
            self.n_forward = directions[0].state_sizes[0]
            n_inputs = self.n_forward * len(directions)
        self.n_outputs = n_inputs

    @property
    def tbptt_steps(self) -> tuple[int, int] | None:
        """Steps of a block and of its window; None: there are no windows."""
        return self._tbptt_steps

    @tbptt_steps.setter
    def tbptt_steps(self, steps: tuple[int, int] | None):
        if self.bidirectional and steps is not None:
            raise ValueError(NO_WINDOW)
        self._tbptt_steps = steps

    def forward(
        self,
        inputs: Tensor,
        lengths: Tensor | None,
        state: list | None = None,
        keep_state: bool = False,
        noise: Noise | None = None,
    ):
        """Run all layers.

        `state` and the returned state are lists, one entry for each layer, of lists, one for
        each direction, of the cell's state. `noise` is what `draw_noise` gave; None draws it.

        Returns
        -------
        outputs : Tensor of shape (n_sequences, n_steps, n_outputs)
            Of the last layer; forward and backward units side by side.
        state : list
        """
        if self.tbptt_steps is not None and self._truncates(inputs):
            if state is None:
                state = self.initial_state(len(inputs), inputs)
            if noise is None:
                noise = self.draw_noise(inputs)
            return run_truncated(self, inputs, lengths, state, keep_state, noise)
        return self.run(inputs, lengths, state, keep_state, noise)

    def run(self, inputs, lengths, state=None, keep_state=False, noise=None):
        """As `forward`, through all steps and back through all of them."""
        states = []
        for i, directions in enumerate(self.layers):
            below = inputs
            if i and self.between is not None:
                inputs = self.between(inputs) if noise is None else inputs * noise[i - 1]
            start = state[i] if state is not None else [None] * len(directions)
            results = [
                layer(inputs, lengths, s, keep_state)
                for layer, s in zip(directions, start, strict=True)
            ]
            inputs = results[0][0] if len(results) == 1 else torch.cat([r[0] for r in results], 2)
            if self.residual and inputs.shape[2] == below.shape[2]:
                inputs = inputs + below
            states.append([r[1] for r in results])
        return inputs, states

    def run_through(self, inputs: Tensor, state: list, noise: Noise | None):
        """As `run`, forwards, with the parts ``(n_sequences, n_steps, size)`` of all states."""
        states = []
        for i, (layer,) in enumerate(self.layers):
            below = inputs
            if i and noise is not None:
                inputs = inputs * noise[i - 1]
            inputs, through = layer.run_through(inputs, state[i][0])
            if self.residual and inputs.shape[2] == below.shape[2]:
                inputs = inputs + below
            states.append([through])
        return inputs, states

    def initial_state(self, n_sequences: int, like: Tensor, beside: list | None = None) -> list:
        """The state before the first step, for each layer and direction.

        Parameters
        ----------
        n_sequences : int
        like : Tensor
        beside : list, default=None
            For each layer and direction, what is added to the first parts of the state
            (a context).
        """
        return [
            [
                layer.initial_state(n_sequences, like, () if beside is None else beside[i][d])
                for d, layer in enumerate(directions)
            ]
            for i, directions in enumerate(self.layers)
        ]

    def draw_noise(self, inputs: Tensor) -> Noise | None:
        """The dropout of what goes from each layer to the next; None where there is none.

        Parameters
        ----------
        inputs : Tensor of shape (n_sequences, n_steps, n_inputs)

        Returns
        -------
        list of Tensors of shape (n_sequences, n_steps or 1, width), or None
        """
        dropout = self.between
        if dropout is None or not dropout.makes_noise or len(self.layers) == 1:
            return None
        widths = [
            sum(layer.state_sizes[0] for layer in directions) for directions in self.layers[:-1]
        ]
        return [dropout.draw(inputs, (*inputs.shape[:2], width)) for width in widths]

    def _truncates(self, inputs) -> bool:
        watched = any(layer.observer is not None for ds in self.layers for layer in ds)
        return inputs.shape[1] > self.tbptt_steps[1] and torch.is_grad_enabled() and not watched


NO_WINDOW = (
    "tbptt_steps does not go with bidirectional=True: the backward direction reads from the end, "
    "so every state hangs on all later steps and there is no window of past ones. Set "
    "bidirectional=False, or tbptt_steps=None."
)
