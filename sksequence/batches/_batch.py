"""What a network is called with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class SequenceBatch:
    """Some sequences, filled up to the longest of them.

    Parameters
    ----------
    inputs : dict of str to Tensor
        For each channel values of shape ``(n_sequences, n_steps, ...)`` or integer ids of
        shape ``(n_sequences, n_steps)``. What stands after the end of a sequence repeats its
        last step and must not count.
    lengths : Tensor of shape (n_sequences,)
        Number of steps of each sequence.
    uniform : bool
        True when every sequence has all the steps: then no mask is needed.
    context : Tensor of shape (n_sequences, n_context) or None
    targets : Tensor of shape (n_sequences, ...) or (n_sequences, n_steps, ...), or None
        Encoded by the task, one for each sequence or one for each step.
    weights : Tensor of shape (n_sequences,) or None
        Sample weights; None means one each.
    step_weights : Tensor of shape (n_sequences, n_steps) or None
        Beside `weights`, how much each step counts where each step has a target.
    positions : ndarray of shape (n_sequences,) or None
        Where these sequences stand in their samples.
    continues : bool
        True when these sequences go on where the first rows of the batch before stopped
        (streams): then state is carried.
    goes_on : bool
        True when a batch that continues this one follows.
    start : int
        The place of the first step in its sequence.
    n_before : int
        So many first steps were scored in a batch before; they stand here for the gradient to
        reach back.
    """

    inputs: dict[str, Tensor]
    lengths: Tensor
    uniform: bool
    context: Tensor | None = None
    targets: Tensor | None = None
    weights: Tensor | None = None
    step_weights: Tensor | None = None
    positions: object = None
    continues: bool = False
    goes_on: bool = False
    start: int = 0
    n_before: int = 0

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def n_steps(self) -> int:
        """Steps of the longest sequence."""
        return next(iter(self.inputs.values())).shape[1]

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.lengths.device

    @cached_property
    def mask(self) -> Tensor:
        """True on steps that exist, shape ``(n_sequences, n_steps)``."""
        steps = torch.arange(self.n_steps, device=self.device)
        return steps < self.lengths[:, None]

    @property
    def scored(self) -> Tensor | None:
        """True on steps that exist and were not scored before; None: that is all."""
        if self.n_before == 0:
            return None if self.uniform else self.mask
        return self.mask & (torch.arange(self.n_steps, device=self.device) >= self.n_before)
