"""From windows of the past to parameters of the distribution of the future."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sksequence.batches import WindowBatch
from sksequence.cells import Cell
from sksequence.layers import Dropout, RecurrentStack, linear
from sksequence.networks._outputs import Outputs


@dataclass(frozen=True)
class ForecastSpec:
    """All that is needed to build the network again: sizes and names, no weights.

    Parameters
    ----------
    strategy : {"direct", "recursive", "seq2seq"}
    horizon : int
        Steps that "direct" gives at once.
    n_targets, n_observed, n_known, n_static : int
    n_parameters : int
        Of the distribution of one target at one step.
    with_missing : bool
        Whether the past brings a channel of what was seen.
    cell, widths, dropout
        Of the recurrent stack.
    teacher_forcing : (float, float)
        Share of the steps of the future that are given the true value before them, at the start
        and at the end of training.
    """

    strategy: str
    horizon: int
    n_targets: int
    n_observed: int
    n_known: int
    n_static: int
    n_parameters: int
    with_missing: bool
    cell: Cell
    widths: tuple[int, ...]
    dropout: float = 0.0
    teacher_forcing: tuple[float, float] = (1.0, 1.0)

    @property
    def n_past(self) -> int:
        """Inputs of a step of the past."""
        n_values = self.n_targets * (2 if self.with_missing else 1)
        return n_values + self.n_observed + self.n_known + self.n_static

    @property
    def n_outputs(self) -> int:
        """Outputs of one step of the future."""
        return self.n_targets * self.n_parameters

    def build(self, generator: torch.Generator, vectors=None) -> nn.Module:
        """The network of these sizes."""
        if self.strategy == "direct":
            return DirectNetwork(self, generator)
        return RollingNetwork(self, generator)


class DirectNetwork(nn.Module):
    r"""Read the past, give all steps of the future at once.

    .. math::

        h_t &= \mathrm{cell}([z_t, o_t, k_t, s],\ h_{t-1}), \qquad t \le T \\
        \theta_{T+j} &= W_j [h_T,\ r] + b_j, \qquad r = \tanh(U [k_{T+1} \dots k_{T+H}] + c)

    for the scaled targets z, the covariates o that are observed, k that are known in advance
    and s that do not change.

    Parameters
    ----------
    spec : ForecastSpec
    generator : torch.Generator
    """

    def __init__(self, spec: ForecastSpec, generator: torch.Generator):
        super().__init__()
        self.spec = spec
        between = Dropout(spec.dropout)
        self.stack = RecurrentStack(spec.cell, spec.n_past, spec.widths, generator, between=between)
        self.dropout = Dropout(spec.dropout)
        n_read = spec.widths[-1]
        self.of_future = None
        if spec.n_known:
            self.of_future = linear(spec.horizon * spec.n_known, spec.widths[-1], generator)
            n_read += spec.widths[-1]
        self.head = linear(n_read, spec.horizon * spec.n_outputs, generator)

    def forward(self, batch: WindowBatch, state=None, progress: float | None = None) -> Outputs:
        """Parameters of shape ``(n_windows, horizon, n_targets, n_parameters)``."""
        steps, _ = self.stack(past_inputs(self.spec, batch), None)
        read = [steps[:, -1]]
        if self.of_future is not None:
            future = batch.known[:, batch.past.shape[1] :].flatten(1)
            read.append(torch.tanh(self.of_future(future)))
        values = self.head(self.dropout(torch.cat(read, dim=1)))
        return Outputs(values.view(len(batch), self.spec.horizon, self.spec.n_targets, -1))


class RollingNetwork(nn.Module):
    r"""Read the past, then go on step by step, each step given the value before it.

    .. math::

        h_{T+j} &= \mathrm{cell}([z_{T+j-1}, k_{T+j}, s],\ h_{T+j-1}) \\
        \theta_{T+j} &= W h_{T+j} + b

    "recursive" reads past and future with the same weights (Salinas et al., 2020), "seq2seq"
    with others (an encoder and a decoder).

    Parameters
    ----------
    spec : ForecastSpec
    generator : torch.Generator
    """

    def __init__(self, spec: ForecastSpec, generator: torch.Generator):
        super().__init__()
        self.spec = spec
        self.generator: torch.Generator | None = None  # of scheduled sampling
        n_future = spec.n_targets + spec.n_known + spec.n_static
        n_past = n_future if spec.strategy == "recursive" else spec.n_past
        if spec.strategy == "recursive" and spec.with_missing:
            n_past = n_future = n_future + spec.n_targets

        def stack(n_inputs):
            between = Dropout(spec.dropout)
            return RecurrentStack(spec.cell, n_inputs, spec.widths, generator, between=between)

        self.reader = stack(n_past)
        self.writer = self.reader if spec.strategy == "recursive" else stack(n_future)
        self.dropout = Dropout(spec.dropout)
        self.head = linear(spec.widths[-1], spec.n_outputs, generator)

    def forward(self, batch: WindowBatch, state=None, progress: float | None = None) -> Outputs:
        """Parameters of shape ``(n_windows, horizon, n_targets, n_parameters)``, taught."""
        before = torch.cat([self.last_value(batch), batch.targets[:, :-1]], dim=1)
        before = torch.nan_to_num(before)
        start, stop = self.spec.teacher_forcing
        truth = start + (stop - start) * (0.0 if progress is None else progress)
        state = self.read(batch)
        if not self.training or truth >= 1:
            inputs = self._future_inputs(batch, before, slice(None))
            steps, _ = self.writer(inputs, None, state)
            return Outputs(self._parameters_of(steps))
        chance = before.new_empty(*before.shape[:2], 1).uniform_(generator=self.generator)

        def given(j, parameters):
            # what the first parameter of a distribution is: its location
            return torch.where(chance[:, j] < truth, before[:, j], parameters[:, :, 0].detach())

        return Outputs(self.roll(batch, state, before[:, 0], given))

    def read(self, batch: WindowBatch):
        """The state after the past."""
        if self.spec.strategy == "seq2seq":
            return self.reader(past_inputs(self.spec, batch), None)[1]
        lookback = batch.past.shape[1]
        # the value before each step, and what is known of the step itself
        parts = [batch.past[:, :-1], batch.known[:, 1:lookback]]
        if self.spec.with_missing:
            seen = torch.ones_like(batch.past) if batch.seen is None else batch.seen
            parts.insert(1, seen[:, :-1])
        return self.reader(torch.cat([*parts, _repeated(batch.static, lookback - 1)], 2), None)[1]

    def last_value(self, batch: WindowBatch) -> Tensor:
        """The newest value of the past, ``(n_windows, 1, n_targets)``."""
        return batch.past[:, -1:]

    def roll(
        self, batch: WindowBatch, state, first: Tensor, given: Callable[[int, Tensor], Tensor]
    ) -> Tensor:
        """Go on step by step; `given` makes the next value from a step and its parameters."""
        before, results = first, []
        for j in range(batch.horizon):
            inputs = self._future_inputs(batch, before[:, None], slice(j, j + 1))
            steps, state = self.writer(inputs, None, state)
            parameters = self._parameters_of(steps)  # (n_windows, 1, n_targets, n_parameters)
            results.append(parameters)
            if j + 1 < batch.horizon:
                before = given(j + 1, parameters[:, 0])
        return torch.cat(results, dim=1)

    def _future_inputs(self, batch: WindowBatch, before: Tensor, at: slice) -> Tensor:
        known = batch.known[:, batch.past.shape[1] :][:, at]
        parts = [before, known, _repeated(batch.static, before.shape[1])]
        if self.spec.strategy == "recursive" and self.spec.with_missing:
            parts.insert(1, torch.ones_like(before))
        return torch.cat(parts, dim=2)

    def _parameters_of(self, steps: Tensor) -> Tensor:
        values = self.head(self.dropout(steps))
        return values.unflatten(2, (self.spec.n_targets, self.spec.n_parameters))

    def __getstate__(self):
        return {**self.__dict__, "generator": None}


def past_inputs(spec: ForecastSpec, batch: WindowBatch) -> Tensor:
    """Everything that is given for a step of the past, ``(n_windows, lookback, n_past)``."""
    lookback = batch.past.shape[1]
    parts = [batch.past]
    if spec.with_missing:
        parts.append(torch.ones_like(batch.past) if batch.seen is None else batch.seen)
    parts += [batch.observed, batch.known[:, :lookback], _repeated(batch.static, lookback)]
    return torch.cat(parts, dim=2)


def _repeated(static: Tensor, n_steps: int) -> Tensor:
    return static[:, None].expand(-1, n_steps, -1)
