"""The contract of a recurrent cell: one time step, state in, state out."""

from __future__ import annotations

from typing import ClassVar

import torch
from sklearn.base import BaseEstimator
from torch import Tensor

Weights = dict[str, Tensor]
State = tuple[Tensor, ...]


class Cell(BaseEstimator):
    """A recurrent cell, described by its equations; it holds options, not weights.

    Subclasses say how many blocks of `n_units` rows their weights have (`n_gates`), how many
    tensors their state has (`n_states`, the first one is the output) and what one step does
    (`step`). Options are constructor parameters, so that a grid search reaches them
    (``cell__name``).
    """

    n_gates: ClassVar[int]
    n_states: ClassVar[int] = 1
    # torch's layer with the same weights, if there is one: it knows cuDNN's layout of them
    torch_layer: ClassVar[type | None] = None

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

    def step(self, weights: Weights, inputs: Tensor, state: State) -> State:
        """One step: inputs ``(n_sequences, n_inputs)`` and a state -> the next state.

        Each tensor of the state has shape ``(n_sequences, n_units)``; the first is the output.
        """
        raise NotImplementedError

    def run(self, weights: Weights, inputs: Tensor, state: State) -> tuple[Tensor, State] | None:
        """All steps at once where a fused kernel exists, else None.

        `inputs` have shape ``(n_sequences, n_steps, n_inputs)``; the result is the outputs
        ``(n_sequences, n_steps, n_units)`` and the state after the last step.
        """
        return None

    def initial_state(self, n_sequences: int, n_units: int, like: Tensor) -> State:
        """Zeros of shape ``(n_sequences, n_units)``, one tensor for each part of the state."""
        return tuple(like.new_zeros(n_sequences, n_units) for _ in range(self.n_states))


def flat(weights: Weights) -> list[Tensor]:
    """The weights in the order of torch's fused functions."""
    return [weights[k] for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
