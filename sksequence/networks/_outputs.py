"""What a network answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Outputs:
    """The outputs of a network on one batch.

    Parameters
    ----------
    values : Tensor
        Of each sequence ``(n_sequences, n_outputs)``, or of each step.
    mask : Tensor or None
        Which steps of the outputs exist; None for one output a sequence.
    state : object
        Where the recurrence stopped; goes in again as ``state=`` when the batch continues.
    extras : dict
        What else is worth seeing: ``"steps"`` (the states of all steps), ``"attention"``.
    """

    values: Tensor
    mask: Tensor | None = None
    state: Any = None
    extras: dict[str, Any] = field(default_factory=dict)
