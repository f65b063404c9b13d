"""The contract of a recurrent cell: one time step, state in, state out."""

from __future__ import annotations

from typing import ClassVar

import torch
from sklearn.base import BaseEstimator
from torch import Tensor

from sksequence.cells._stage import Stage, State, Weights, advance, inputs_share


class Cell(BaseEstimator):
    """A recurrent cell, described by its equations; it holds options, not weights.

    A cell is either described by its parts (`stages`), from which its step, its kernels and
    their derivatives follow, or it is a user's own, with a `step` of its own. Options are
    constructor parameters, so that a grid search reaches them (``cell__name``).

    Attributes
    ----------
    n_gates : int
        How many blocks of `n_units` rows ``weight_ih`` has; may be a property.
    n_states : int
        How many tensors the state has; the first one is the output.
    state_names : tuple of str
        Their names in the description.
    gates : tuple of str
        The kept values that are gates, between 0 and 1.
    torch_layer : type or None
        torch's layer with the same weights and equations, if there is one.
    """

    n_gates: int
    n_states: ClassVar[int] = 1
    state_names: ClassVar[tuple[str, ...]] = ("h",)
    gates: ClassVar[tuple[str, ...]] = ()
    torch_layer: type | None = None

    def state_sizes(self, n_units: int) -> tuple[int, ...]:
        """The width of each part of the state."""
        return (n_units,) * self.n_states

    def output_size(self, n_units: int) -> int:
        """The width of the output, which is the first part of the state."""
        return self.state_sizes(n_units)[0]

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """The weights at the start of training, drawn from `generator`.

        Returns
        -------
        dict
            ``weight_ih (n_gates * n_units, n_inputs)``, ``weight_hh (n_gates * n_units,
            n_units)``, ``bias_ih`` and ``bias_hh (n_gates * n_units,)``, uniform in
            ``[-1/sqrt(n_units), 1/sqrt(n_units)]`` as in torch's own layers.
        """
        bound = n_units**-0.5
        n_rows = self.n_gates * n_units
        shapes = {
            "weight_ih": (n_rows, n_inputs),
            "weight_hh": (n_rows, n_units),
            "bias_ih": (n_rows,),
            "bias_hh": (n_rows,),
        }
        return {
            name: torch.empty(shape, dtype=torch.float32).uniform_(
                -bound, bound, generator=generator
            )
            for name, shape in shapes.items()
        }

    def prepare(self, weights: Weights, n_units: int) -> Weights:
        """What the steps need beside or instead of the trained weights, once a run.

        It is differentiable: a number kept above a bound comes from its free weight here.
        """
        return weights

    def stages(self) -> tuple[Stage, ...] | None:
        """The description of one step; None for a cell with a `step` of its own."""
        return None

    def step(self, weights: Weights, inputs: Tensor, state: State) -> State:
        """One step: inputs ``(n_sequences, n_inputs)`` and a state -> the next state.

        Each tensor of the state has shape ``(n_sequences, size)``, see `state_sizes`; the first
        is the output. The weights are named as `initial_weights` names them.
        """
        return self._advance(weights, inputs, state)[0]

    def look(
        self, weights: Weights, inputs: Tensor, state: State
    ) -> tuple[State, dict[str, Tensor]]:
        """One step, and the values it passes through (gates, candidates) by name."""
        if self.stages() is None:
            return self.step(weights, inputs, state), {}
        return self._advance(weights, inputs, state)

    def initial_state(self, n_sequences: int, n_units: int, like: Tensor) -> State:
        """Zeros, one tensor ``(n_sequences, size)`` for each part of the state."""
        return tuple(like.new_zeros(n_sequences, size) for size in self.state_sizes(n_units))

    def _advance(self, weights, inputs, state):
        stages = self.stages()
        if stages is None:
            raise NotImplementedError(
                f"{type(self).__name__} has neither a `step` of its own nor `stages`: define one."
            )
        n_units = weights["weight_ih"].shape[0] // self.n_gates
        weights = self.prepare(weights, n_units)
        share = inputs_share(stages, weights, inputs, n_units)
        return advance(stages, self.state_names, weights, share, state, n_units)
