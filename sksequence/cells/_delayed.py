"""Recurrent connections that reach several steps back."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import torch
from torch import Tensor

from sksequence.cells._cell import Cell
from sksequence.cells._stage import State, Weights


class Delayed(Cell):
    r"""A cell whose recurrent connection reaches D steps back.

    Alone, the state of D steps ago takes the place of the last one:

    .. math:: s_t = \mathrm{cell}(x_t,\ s_{t-D})

    so that a sequence is read as D interleaved chains, each of a D-th of the steps, and a
    gradient has D times fewer steps to go. With ``beside=True`` the ordinary connection stays,
    and the output of D steps ago comes to the inputs:

    .. math:: s_t = \mathrm{cell}([x_t,\ h_{t-D}],\ s_{t-1}), \qquad
        [W, V]\,[x_t,\ h_{t-D}] = W x_t + V h_{t-D}

    Parameters
    ----------
    cell : str or Cell, default="gru"
        The cell itself.
    delay : int or list of int, default=4
        D, in steps. A list has one for each layer of the network, the lowest first: with
        ``delay=[1, 2, 4, 8]`` the layers look further and further back (a dilated stack).
    beside : bool, default=False
        Whether the delayed connection stands beside the ordinary one, or takes its place.

    References
    ----------
    Lin, Horne, Tino and Giles, "Learning long-term dependencies in NARX recurrent neural
    networks", IEEE Transactions on Neural Networks 7 (1996).

    Chang et al., "Dilated recurrent neural networks", NeurIPS (2017).

    Notes
    -----
    Alone it has the weights of the cell. Beside the ordinary connection it has one matrix more,
    ``weight_delay (n_gates * n_units, output size)``: V.

    The state of a layer holds all that is needed to go on: alone, the states of the cell after
    the last D steps, the latest first; beside, its last state and the outputs of the D - 1 steps
    before. Before the first step they are what the cell starts from.

    Examples
    --------
    >>> from sksequence.cells import LSTM, Delayed
    >>> Delayed("lstm", delay=3).state_sizes(8)
    (8, 8, 8, 8, 8, 8)
    >>> Delayed(LSTM(), delay=3, beside=True).state_sizes(8)
    (8, 8, 8, 8)
    """

    def __init__(self, cell: str | Cell = "gru", delay: int | list[int] = 4, beside: bool = False):
        self.cell = cell
        self.delay = delay
        self.beside = beside

    @property
    def inner(self) -> Cell:
        """The cell itself."""
        cell = self.cell
        if isinstance(cell, str):
            from sksequence.cells._names import make_cell  # which knows this one

            cell = make_cell(cell)
        if isinstance(cell, Delayed) or not isinstance(cell, Cell):
            raise TypeError(
                "cell of Delayed must be a name such as 'gru' or a cell without a delay of its "
                f"own, got {self.cell!r}."
            )
        return cell

    @property
    def n_gates(self) -> int:  # type: ignore[override]
        """As many as the cell's."""
        return self.inner.n_gates

    @property
    def n_states(self) -> int:  # type: ignore[override]
        """Parts of the state: those of all steps that are still needed."""
        n_inner = self.inner.n_states
        return n_inner + self.delays[0] - 1 if self.beside else n_inner * self.delays[0]

    @property
    def gates(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of the cell."""
        return self.inner.gates

    @property
    def state_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """The cell's names, with the number of steps that have passed since."""
        names = self.inner.state_names
        kept = names[:1] if self.beside else names
        return names + tuple(f"{n}[t-{d}]" for d in range(1, self.delays[0]) for n in kept)

    @property
    def delays(self) -> tuple[int, ...]:
        """The delay of each layer; one stands for all."""
        delays: Any = self.delay
        several = isinstance(delays, (list, tuple))
        delays = tuple(delays) if several else (delays,)
        good = all(
            isinstance(d, Integral) and not isinstance(d, bool) and int(d) >= 1 for d in delays
        )
        if not delays or not good:
            raise ValueError(
                "delay must be a number of steps >= 1, or a list with one for each layer, got "
                f"{self.delay!r}."
            )
        return tuple(int(d) for d in delays)

    def at_layer(self, i: int, n_layers: int) -> Delayed:
        """The cell of layer `i` of `n_layers`, with the delay of that layer."""
        delays = self.delays
        if not isinstance(self.delay, (list, tuple)):
            delays = delays * n_layers
        if len(delays) != n_layers:
            raise ValueError(
                f"delay={self.delay!r} has {len(delays)} delays, but the network has {n_layers} "
                f"layer{'s' * (n_layers > 1)}: give one delay for each, or one number for all."
            )
        return Delayed(self.cell, delays[i], self.beside)

    def state_sizes(self, n_units: int) -> tuple[int, ...]:
        """Those of the cell, for all steps that are still needed."""
        sizes = tuple(self.inner.state_sizes(n_units))
        delay = self._one_delay()
        return sizes + sizes[:1] * (delay - 1) if self.beside else sizes * delay

    def output_size(self, n_units: int) -> int:
        """That of the cell."""
        return self.inner.output_size(n_units)

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """Those of the cell; beside the ordinary connection, ``weight_delay`` too."""
        inner = self.inner
        weights = inner.initial_weights(n_inputs, n_units, generator)
        if not self.beside:
            return weights
        if "weight_ih" not in weights:
            raise ValueError(
                f"Delayed(beside=True) adds to what the inputs give, but {inner!r} has no weights "
                "'weight_ih' of its inputs: use beside=False."
            )
        n_rows, size = weights["weight_ih"].shape[0], inner.output_size(n_units)
        bound = n_units**-0.5
        delayed = torch.empty(n_rows, size, dtype=torch.float32)
        return {**weights, "weight_delay": delayed.uniform_(-bound, bound, generator=generator)}

    def inner_weights(self, weights: Weights) -> Weights:
        """The weights by which the cell itself reads ``[x_t, h_{t-D}]``, or x_t alone."""
        if not self.beside:
            return weights
        others = {name: w for name, w in weights.items() if name != "weight_delay"}
        others["weight_ih"] = torch.cat([weights["weight_ih"], weights["weight_delay"]], dim=1)
        return others

    def initial_state(self, n_sequences: int, n_units: int, like: Tensor) -> State:
        """What the cell starts from, for all steps before the first."""
        return self.spread(self.inner.initial_state(n_sequences, n_units, like))

    def spread(self, state: State) -> State:
        """A state of the cell as that of all steps that are still needed."""
        state, delay = tuple(state), self._one_delay()
        return state + state[:1] * (delay - 1) if self.beside else state * delay

    def step(self, weights: Weights, inputs: Tensor, state: State) -> State:
        """One step; see `Cell`."""
        inputs, before = self._given(inputs, state)
        return self._follow(self.inner.step(self.inner_weights(weights), inputs, before), state)

    def look(
        self, weights: Weights, inputs: Tensor, state: State
    ) -> tuple[State, dict[str, Tensor]]:
        """One step, and what the cell keeps of it."""
        inputs, before = self._given(inputs, state)
        new, kept = self.inner.look(self.inner_weights(weights), inputs, before)
        return self._follow(new, state), kept

    def _given(self, inputs, state):
        n_inner = self.inner.n_states
        if not self.beside:
            return inputs, state[-n_inner:]
        delayed = state[0] if len(state) == n_inner else state[-1]
        return torch.cat([inputs, delayed], dim=1), state[:n_inner]

    def _follow(self, new, state):
        n_inner = len(new)
        if not self.beside:
            return tuple(new) + tuple(state[:-n_inner])
        past = (state[0], *state[n_inner:])  # h of the steps before, the latest first
        return tuple(new) + past[: len(state) - n_inner]

    def _one_delay(self) -> int:
        if isinstance(self.delay, (list, tuple)):
            self.at_layer(0, 1)  # an error unless there is one layer
        return self.delays[0]
