"""From windows of the past to parameters of the distribution of the future."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sksequence.batches import WindowBatch
from sksequence.cells import Cell
from sksequence.layers import linear
from sksequence.networks._outputs import Outputs
from sksequence.networks._stacks import fed_cell, feeds_output, make_dropout, make_stack


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
        Whether each value comes with a mark of whether it was seen, and how long ago one was.
    cell, widths, dropout
        Of the recurrent stack.
    teacher_forcing : (float, float)
        Share of the steps of the future that are given the true value before them, at the start
        and at the end of training.
    location : int
        Which parameter of a step is fed back in place of the true value while training.
    residual, variational_dropout, initial_state, tbptt_steps
        Of the recurrent stack.
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
    location: int = 0
    residual: bool = False
    variational_dropout: bool = False
    initial_state: str = "zeros"
    tbptt_steps: tuple[int, int] | None = None

    @property
    def n_signals(self) -> int:
        """Inputs that a step of the targets brings: values, marks of what was seen."""
        return self.n_targets * (3 if self.with_missing else 1)

    @property
    def n_past(self) -> int:
        """Inputs of a step of the past."""
        return self.n_signals + self.n_observed + self.n_known + self.n_static

    @property
    def n_outputs(self) -> int:
        """Outputs of one step of the future."""
        return self.n_targets * self.n_parameters

    @property
    def step_work(self) -> int:
        """Multiplications of one step of one window, about."""
        return self.cell.n_gates * 2 * max(self.widths) ** 2

    def build(self, generator: torch.Generator, vectors: Any = None) -> nn.Module:
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
        self.stack = make_stack(spec, spec.n_past, generator)
        self.dropout = make_dropout(spec)
        n_read = self.stack.n_outputs
        self.of_future = None
        if spec.n_known:
            self.of_future = linear(spec.horizon * spec.n_known, spec.widths[-1], generator)
            n_read += spec.widths[-1]
        self.head = linear(n_read, spec.horizon * spec.n_outputs, generator)

    def forward(
        self, batch: WindowBatch, state: Any = None, progress: float | None = None
    ) -> Outputs:
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

        recursive = spec.strategy == "recursive"
        n_ahead = spec.n_signals + spec.n_known + spec.n_static
        n_read, cell = (n_ahead, fed_cell(spec.cell)) if recursive else (spec.n_past, spec.cell)
        self.reader = make_stack(spec, n_read, generator, cell=cell)
        self.decoder = None if recursive else make_stack(spec, n_ahead, generator)
        self.dropout = make_dropout(spec)
        self.head = linear(self.writer.n_outputs, spec.n_outputs, generator)

    @property
    def writer(self) -> nn.Module:
        """The stack that goes on into the future."""
        return self.reader if self.decoder is None else self.decoder

    def forward(
        self, batch: WindowBatch, state: Any = None, progress: float | None = None
    ) -> Outputs:
        """Parameters of shape ``(n_windows, horizon, n_targets, n_parameters)``, taught."""
        start, stop = self.spec.teacher_forcing
        truth = start + (stop - start) * (0.0 if progress is None else progress)
        if not self.training or truth >= 1:
            lookback, taught = batch.past.shape[1], batch.targets[:, :-1]
            past, seen = _seen(batch)
            values = torch.cat([past, torch.nan_to_num(taught)], dim=1)
            seen = torch.cat([seen, torch.isfinite(taught).to(past)], dim=1)
            before = _signals(self.spec, values, seen)[:, lookback - 1 :]
            steps, _ = self.writer(
                self._inputs_ahead(batch, before, slice(None)), None, self.read(batch)
            )
            return Outputs(self._parameters_of(steps))
        shape = len(batch), batch.horizon, 1
        chance = batch.past.new_empty(shape).uniform_(generator=self.generator)

        def given(j, parameters):
            own = parameters[..., self.spec.location].detach()
            true = batch.targets[:, j - 1]
            return torch.where((chance[:, j] < truth) & torch.isfinite(true), true, own)

        return Outputs(self.roll(batch, given))

    def read(self, batch: WindowBatch) -> Any:
        """The state after the past; None if there was nothing to read."""
        if self.spec.strategy == "seq2seq":
            return self.reader(past_inputs(self.spec, batch), None)[1]
        n_read = batch.past.shape[1] - 1
        if n_read == 0 or feeds_output(self.spec.cell):  # nothing of it would be remembered
            return None
        # the value before each step, and what is known of the step itself
        before = _signals(self.spec, *_seen(batch))[:, :-1]
        parts = [before, batch.known[:, 1 : n_read + 1], _repeated(batch.static, n_read)]
        return self.reader(torch.cat(parts, dim=2), None)[1]

    def roll(self, batch: WindowBatch, given: Callable[[int, Tensor], Tensor]) -> Tensor:
        """Go on step by step, for as many steps as are known of the future.

        Parameters
        ----------
        batch : WindowBatch
        given : callable
            ``given(j, parameters)`` makes the value that step j is given from the parameters
            ``(n_windows, n_targets, n_parameters)`` of the step before it.

        Returns
        -------
        Tensor of shape (n_windows, n_steps, n_targets, n_parameters)
        """
        state, results = self.read(batch), []
        before = _signals(self.spec, *_seen(batch))[:, -1:]
        for j in range(batch.horizon):
            inputs = self._inputs_ahead(batch, before, slice(j, j + 1))
            steps, state = self.writer(inputs, None, state)
            results.append(self._parameters_of(steps))
            if j + 1 < batch.horizon:
                value = given(j + 1, results[-1][:, 0])[:, None]
                before = _signals(self.spec, value, torch.ones_like(value))
        return torch.cat(results, dim=1)

    def _inputs_ahead(self, batch: WindowBatch, before: Tensor, at: slice) -> Tensor:
        known = batch.known[:, batch.past.shape[1] :][:, at]
        return torch.cat([before, known, _repeated(batch.static, before.shape[1])], dim=2)

    def _parameters_of(self, steps: Tensor) -> Tensor:
        values = self.head(self.dropout(steps))
        return values.unflatten(2, (self.spec.n_targets, self.spec.n_parameters))

    def __getstate__(self):
        return {**self.__dict__, "generator": None}


def past_inputs(spec: ForecastSpec, batch: WindowBatch) -> Tensor:
    """Everything that is given for a step of the past, ``(n_windows, lookback, n_past)``."""
    lookback = batch.past.shape[1]
    values = _signals(spec, *_seen(batch))
    known = batch.known[:, :lookback]
    return torch.cat([values, batch.observed, known, _repeated(batch.static, lookback)], dim=2)


def steps_since(seen: Tensor) -> Tensor:
    """Steps since a value was last seen (0: now) of marks ``(n_windows, n_steps, n_targets)``.

    Before the first that was seen, all steps count.
    """
    steps = torch.arange(1, seen.shape[1] + 1, device=seen.device, dtype=seen.dtype)[:, None]
    return steps - torch.cummax(seen * steps, dim=1).values


def _seen(batch: WindowBatch) -> tuple[Tensor, Tensor]:
    return batch.past, torch.ones_like(batch.past) if batch.seen is None else batch.seen


def _signals(spec: ForecastSpec, values: Tensor, seen: Tensor) -> Tensor:
    if not spec.with_missing:
        return values
    return torch.cat([values, seen, torch.log1p(steps_since(seen))], dim=2)


def _repeated(static: Tensor, n_steps: int) -> Tensor:
    return static[:, None].expand(-1, n_steps, -1)
