"""Steps of which something is missing: what was seen last, a mark, and the time since."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sksequence.inputs import ChannelSchema

# Share of what lies between the last value and the mean that is lost in a step, at the start.
START = 0.1
Times = tuple[str, int]


class MissingInputs(nn.Module):
    r"""Fill what is missing (NaN), and say what was seen and how long ago.

    Of each feature with value :math:`x_t`, mark :math:`m_t` (1: seen, 0: missing) and last seen
    value :math:`x_{t'}` (0 before the first, which is the mean of standardised features),

    .. math::

        \delta_t &= s_t - s_{t'}, \qquad t' = \max \{u < t : m_u = 1\}

        \hat{x}_t &= m_t x_t + (1 - m_t)\, e^{-r \delta_t} x_{t'}, \qquad r = \ln(1 + e^\rho)

    and the step becomes :math:`(\hat{x}_t, m_t, \ln(1 + \delta_t))`. The times :math:`s_t` count
    steps, or come with them; before a feature is first seen, the time since the first step counts.
    A channel or feature that holds the times is itself read as
    :math:`\ln(1 + s_t - s_{t-1})`, 0 at the first step: nothing hangs on when a sequence begins.
    This is the input of the GRU-D of Che et al. (2018), for any cell. Their
    :math:`\max(0, w \delta + b)` is here :math:`r \delta`, which has a gradient everywhere and is
    0 for what is seen now.

    Parameters
    ----------
    channels : dict of str to ChannelSchema
    time : (str, int), default=None
        The channel and its column that hold the times. None: steps are counted.

    References
    ----------
    Che, Purushotham, Cho, Sontag and Liu (2018), "Recurrent neural networks for multivariate
    time series with missing values", Scientific Reports 8, 6085.
    """

    def __init__(self, channels: dict[str, ChannelSchema], time: Times | None = None):
        super().__init__()
        self.names = masked_channels(channels, time)
        self.time = time
        start = math.log(math.expm1(START))  # ln(1 + e^start) = START
        widths = [channels[name].n_features for name in self.names]
        self.rates = nn.ParameterList(
            nn.Parameter(torch.full((width,), start, dtype=torch.float32)) for width in widths
        )
        # the mean time between two steps, so that times are in the same unit as steps
        self.register_buffer("unit", torch.ones((), dtype=torch.float32))

    def widened(self, channels: dict[str, ChannelSchema]) -> dict[str, ChannelSchema]:
        """The channels as they come out: three numbers for each feature that may be missing."""
        wide = {name: (3 * channels[name].n_features,) for name in self.names}
        return {k: replace(c, shape=wide[k]) if k in wide else c for k, c in channels.items()}

    def forward(
        self, inputs: dict[str, Tensor], state: tuple | None = None
    ) -> tuple[dict[str, Tensor], tuple]:
        """Channels of shape ``(n_sequences, n_steps, n_features)``, three times as wide.

        `state` is what this gave for the steps before; with None there are none.
        """
        times = self.times(inputs)  # (1 or n_sequences, n_steps, 1)
        before = times[:, 0] if state is None else times.new_full((1, 1), -1.0)
        if state is not None and self.time is not None:
            (before,) = state[-1]
        filled, states = dict(inputs), []
        for i, (name, rates) in enumerate(zip(self.names, self.rates, strict=True)):
            kept = None if state is None else state[i]
            filled[name], kept = _fill(inputs[name], times, before, rates, kept)
            states.append(kept)
        if self.time is None:
            return filled, (*states, ())
        name, column = self.time
        previous = torch.cat([before[:, None], times[:, :-1]], dim=1)
        passed = torch.log1p((times - previous).clamp(min=0))  # (n_sequences, n_steps, 1)
        filled[name] = _with_column(filled[name], column, passed)
        return filled, (*states, (times[:, -1],))

    def times(self, inputs: dict[str, Tensor]) -> Tensor:
        """The time of each step, in mean steps: ``(1 or n_sequences, n_steps, 1)``."""
        if self.time is not None:
            name, column = self.time
            return inputs[name][:, :, column : column + 1] / self.unit
        values = inputs[self.names[0]]
        steps = torch.arange(values.shape[1], device=values.device, dtype=values.dtype)
        return steps[None, :, None]

    def named(self, state: tuple) -> dict[str, Tensor]:
        """The tensors of a state by name."""
        named: dict[str, Tensor] = {}
        for name, (last, since) in zip(self.names, state, strict=False):
            named |= {f"missing.{name}.last": last, f"missing.{name}.since": since}
        return named if self.time is None else named | {"missing.time": state[-1][0]}


class FilledStepEncoder(nn.Module):
    """A ``StepEncoder`` after a ``MissingInputs``.

    Parameters
    ----------
    fill : MissingInputs
    encoder : StepEncoder or FrameStepEncoder
        Of the channels as ``fill.widened`` gives them.
    """

    def __init__(self, fill: MissingInputs, encoder: nn.Module):
        super().__init__()
        self.fill = fill
        self.encoder = encoder
        self.n_outputs = encoder.n_outputs

    def table(self, name: str) -> nn.Embedding | None:
        """The table of a channel, or None where its values come as numbers."""
        return self.encoder.table(name)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Channels -> Tensor of shape ``(n_sequences, n_steps, n_outputs)``."""
        return self.encoder(self.fill(inputs)[0])


def masked_channels(channels: dict[str, ChannelSchema], time: Times | None) -> tuple[str, ...]:
    """Names of the channels of which values may be missing: no frames, and not the times alone."""
    numeric = {name: c for name, c in channels.items() if c.kind == "numeric" and len(c.shape) == 1}
    alone = None if time is None or numeric[time[0]].n_features > 1 else time[0]
    return tuple(name for name in numeric if name != alone)


def _with_column(values: Tensor, column: int, new: Tensor) -> Tensor:
    return torch.cat([values[:, :, :column], new, values[:, :, column + 1 :]], dim=2)


def _fill(values, times, before, rates, state):
    """One channel; `before` is the time of the step before the first one."""
    n_sequences, n_steps, n_features = values.shape
    if state is None:
        last = since = values.new_zeros(n_sequences, n_features)
    else:
        last, since = state
    seen = ~torch.isnan(values)
    # at place 0 stands what is known from before: its value and its time
    known = torch.cat([last[:, None], torch.where(seen, values, 0.0)], dim=1)
    when = times.expand(n_sequences, -1, n_features)
    begun = (before - since)[:, None]  # (n_sequences, 1, n_features)
    when = torch.cat([begun, when], dim=1)  # (n_sequences, 1 + n_steps, n_features)
    places = torch.arange(1, n_steps + 1, device=values.device)[:, None]
    at = torch.cummax(seen * places, dim=1).values  # the newest that was seen, this step included
    until = F.pad(at[:, :-1], (0, 0, 1, 0))  # ..., this step left out
    delta = (when[:, 1:] - when.gather(1, until)).clamp(min=0)
    kept = torch.exp(-F.softplus(rates) * delta)
    newest = known.gather(1, at)
    filled = torch.where(seen, known[:, 1:], kept * newest)
    state = newest[:, -1], when[:, -1] - when.gather(1, at[:, -1:])[:, 0]
    return torch.cat([filled, seen.to(values.dtype), torch.log1p(delta)], dim=2), state
