"""Small layers whose start and noise come from private generators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Layer = TypeVar("Layer", bound=nn.Module)

N_VALUES = 2**16  # of 16 bits


def unstarted(kind: type[Layer], *sizes: Any, **settings: Any) -> Layer:
    """A layer of torch whose weights are not drawn yet; the global generator is left alone.

    ``torch.nn.utils.skip_init`` does the same over the meta device, for which torch imports a
    symbolic algebra: one to four seconds in every process.
    """
    quiet = type(kind.__name__, (kind,), {"reset_parameters": lambda self: None})
    layer = quiet(*sizes, **settings)
    layer.__class__ = kind
    return layer


def linear(
    n_inputs: int, n_outputs: int, generator: torch.Generator, bias: bool = True
) -> nn.Linear:
    """torch's linear layer, started as torch does, from a private generator."""
    layer = unstarted(nn.Linear, n_inputs, n_outputs, bias=bias, dtype=torch.float32)
    bound = 1.0 / math.sqrt(n_inputs)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return layer


def embedding(n_tokens: int, size: int, generator: torch.Generator) -> nn.Embedding:
    """torch's embedding, standard normal at the start, from a private generator."""
    layer = unstarted(nn.Embedding, n_tokens, size, dtype=torch.float32)
    nn.init.normal_(layer.weight, generator=generator)
    return layer


class Dropout(nn.Module):
    """Dropout whose noise comes from a private generator, so that training is reproducible
    on every device and leaves the global random state alone.

    Parameters
    ----------
    rate : float
        Share of values set to zero while training; the others are divided by ``1 - rate``.
    variational : bool, default=False
        Whether the values that are dropped are the same at every step of a sequence (Gal and
        Ghahramani, 2016). Steps are the second of three dimensions or more.
    quick : bool, default=False
        Whether four values are drawn from each random number of 64 bits on a CPU, in an eighth
        of the time; a seed gives other noise then. The share of values that are kept, by which
        they are divided, is the nearest multiple of 2**-16.
    """

    def __init__(self, rate: float, variational: bool = False, quick: bool = False):
        super().__init__()
        self.rate = rate
        self.variational = variational
        self.quick = quick
        self.generator: torch.Generator | None = None

    @property
    def makes_noise(self) -> bool:
        """Whether values are dropped now."""
        return self.training and self.rate > 0

    def forward(self, values: Tensor) -> Tensor:
        """Zero a share of the values while training; nothing otherwise."""
        if not self.training or self.rate == 0:
            return values
        return values * self.draw(values, values.shape)

    def draw(self, like: Tensor, shape: Sequence[int]) -> Tensor:
        """What values of this shape are multiplied by, in the type of `like`.

        It does not hang on how the values lie in memory, which differs between kernels.
        """
        if self.variational and len(shape) > 2:
            shape = (shape[0], 1, *shape[2:])
        if self.quick and like.device.type == "cpu":
            return self._draw_four_at_once(shape).to(like.dtype).div_(self._kept / N_VALUES)
        keep = like.new_empty(shape).bernoulli_(1 - self.rate, generator=self.generator)
        return keep.div_(1 - self.rate)

    def _draw_four_at_once(self, shape: Sequence[int]) -> Tensor:
        """Whether each value is kept, by 16 bits of its own."""
        n = math.prod(shape)
        drawn = torch.empty(-(-n // 4), dtype=torch.int64)
        drawn.random_(-(2**63), None, generator=self.generator)  # all whole numbers of 64 bits
        numbers = drawn.view(torch.int16)[:n].view(tuple(shape))
        return numbers < self._kept - N_VALUES // 2

    @property
    def _kept(self) -> int:
        """Of the `N_VALUES` values of 16 bits, those that keep a value."""
        return min(max(1, round((1 - self.rate) * N_VALUES)), N_VALUES - 1)

    def __getstate__(self):
        return {**self.__dict__, "generator": None}


class TimeConvolution(nn.Module):
    """Convolution over time before the recurrence, with as many steps out as in.

    .. math:: y_t = \\mathrm{relu}(b + \\sum_k W_k x_{t + k - o})

    Steps outside the sequence count as zeros. With ``causal=True`` no step is looked at
    before its time (o = width - 1), else the window is centred.

    Parameters
    ----------
    n_inputs, n_units, width : int
    generator : torch.Generator
    causal : bool
    """

    def __init__(self, n_inputs, n_units, width, generator, causal):
        super().__init__()
        self.before = width - 1 if causal else (width - 1) // 2
        self.after = width - 1 - self.before
        self.convolution = unstarted(nn.Conv1d, n_inputs, n_units, width, dtype=torch.float32)
        bound = 1.0 / math.sqrt(n_inputs * width)
        for parameter in self.convolution.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def forward(self, inputs: Tensor, mask: Tensor | None) -> Tensor:
        """``(n_sequences, n_steps, n_inputs)`` -> ``(n_sequences, n_steps, n_units)``."""
        if mask is not None:
            inputs = torch.where(mask[:, :, None], inputs, 0.0)
        channels_first = F.pad(inputs.transpose(1, 2), (self.before, self.after))
        return torch.relu(self.convolution(channels_first)).transpose(1, 2)
