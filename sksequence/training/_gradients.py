"""Gradients that are kept from becoming too large."""

from __future__ import annotations

from typing import Any

import torch

from sksequence.training._plan import TrainingPlan
from sksequence.training._trees import to_device


class Clipping:
    """Clips the gradients as a plan says, and counts how often that changed them.

    Parameters
    ----------
    parameters : list of torch.nn.Parameter
    plan : TrainingPlan
    """

    def __init__(self, parameters: list, plan: TrainingPlan):
        self._parameters, self._limit = parameters, plan.gradient_clip
        self._clip = _CLIP_BY[plan.gradient_clip_by]
        self._n_clipped = parameters[0].new_zeros((), dtype=torch.int64)

    def clip(self) -> None:
        """After the gradients of a batch; nothing waits for the device."""
        if self._limit is not None:
            size = self._clip(self._parameters, self._limit)
            self._n_clipped.add_(size > self._limit)

    def share(self, n_batches: int) -> float | None:
        """Of the batches since it was asked last, those that were changed; None: nothing is."""
        if self._limit is None:
            return None
        share = int(self._n_clipped) / n_batches
        self._n_clipped.zero_()
        return share

    def state(self) -> dict[str, Any]:
        """What has been counted so far."""
        return {"n_clipped": self._n_clipped}

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        self._n_clipped = to_device(state["n_clipped"], self._parameters[0].device)


@torch.no_grad()
def _clip_gradients(parameters, limit) -> torch.Tensor:
    """Scale all gradients so that their common norm is at most `limit`; the norm before.

    As ``torch.nn.utils.clip_grad_norm_``, which takes twice the time (as long as the
    optimiser's step in a small network) to sort the gradients by device and type.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    torch._foreach_mul_(gradients, (limit / (norm + 1e-6)).clamp(max=1.0))
    return norm


@torch.no_grad()
def _clip_numbers(parameters, limit) -> torch.Tensor:
    """Bring each number of all gradients between `-limit` and `limit`; the largest before."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    largest = torch.stack(torch._foreach_norm(gradients, torch.inf)).max()
    torch._foreach_clamp_max_(gradients, limit)
    torch._foreach_clamp_min_(gradients, -limit)
    return largest


_CLIP_BY = {"norm": _clip_gradients, "value": _clip_numbers}
