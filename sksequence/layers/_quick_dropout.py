"""Dropout whose noise costs an eighth of the time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from sksequence.layers._parts import Dropout

N_VALUES = 2**16


class QuickDropout(Dropout):
    """As `Dropout`; on a CPU four values are drawn at once, from a random number of 64 bits.

    There the share of values that are kept is a multiple of 2**-16, by which they are divided.
    """

    def draw(self, like: Tensor, shape: Sequence[int]) -> Tensor:
        """What values of this shape are multiplied by, in the type of `like`."""
        if like.device.type != "cpu":
            return super().draw(like, shape)
        if self.variational and len(shape) > 2:
            shape = (shape[0], 1, *shape[2:])
        n = math.prod(shape)
        drawn = torch.empty(-(-n // 4), dtype=torch.int64)
        drawn.random_(-(2**63), None, generator=self.generator)  # all whole numbers of 64 bits
        numbers = drawn.view(torch.int16)[:n].view(tuple(shape))
        kept = min(max(1, round((1 - self.rate) * N_VALUES)), N_VALUES - 1)
        return (numbers < kept - N_VALUES // 2).to(like.dtype).div_(kept / N_VALUES)
