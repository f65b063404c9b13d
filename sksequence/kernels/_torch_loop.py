"""The loop over time in torch: forward, and the derivative written with the stages' own."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from sksequence.cells._stage import EPSILON
from sksequence.kernels._plan import Plan, PlannedStage


@dataclass
class Record:
    """What the forward loop leaves for the gradient; one entry of a list for each step."""

    values: list[list[Tensor]] = field(default_factory=list)
    kept: list[list[tuple]] = field(default_factory=list)  # for each stage
    normal: list[list[tuple]] = field(default_factory=list)  # for each normalised product

    def stored(self, value: int) -> Tensor:
        """A value made within a step, at all steps: ``(n_sequences, n_steps, width)``."""
        return torch.stack([values[value] for values in self.values], dim=1)


@dataclass
class Gradients:
    """Of the loop: with respect to the share, the first state, and what weights need.

    Attributes
    ----------
    share : Tensor of shape (n_sequences, n_steps, n_gates * n_units)
    state : list of Tensors of shape (n_sequences, size of the part)
    extra : list of Tensors of shape (n_sequences, n_steps, n_extra * width) or None
        For each stage its pre-activations without a share of the inputs.
    normalized : dict of (int, int) to Tensor of shape (n_sequences, n_steps, n_blocks * width)
        For each normalised product, by stage and place, its gradient before the normalisation.
    numbers : dict of str to Tensor
        Parameters of units, and normalisations, complete.
    """

    share: Tensor
    state: list[Tensor]
    extra: list[Tensor | None]
    normalized: dict[tuple[int, int], Tensor]
    numbers: dict[str, Tensor]


def forward(plan: Plan, weights, share: Tensor, state, keep: bool):
    """All steps: each part of the state after each, and the record for the gradient.

    Parameters
    ----------
    plan : Plan
    weights : dict of str to Tensor
    share : Tensor of shape (n_sequences, n_steps, n_gates * n_units)
    state : tuple of Tensors
    keep : bool
        Whether a gradient will be asked for.

    Returns
    -------
    parts : list of Tensors of shape (n_sequences, n_steps, size)
    last : list of Tensors of shape (n_sequences, size)
    record : Record or None
    """
    record = Record() if keep else None
    matrices = _matrices(plan, weights)
    parts = []
    for now in share.unbind(1):  # (n_sequences, n_gates * n_units)
        values, kept, normal = _step(plan, weights, matrices, now, list(state))
        state = [values[v] for v in plan.last]
        parts.append(state)
        if keep:
            record.values.append(values)
            record.kept.append(kept)
            record.normal.append(normal)
    return [torch.stack(part, dim=1) for part in zip(*parts, strict=True)], state, record


def _matrices(plan, weights):
    """For each product its matrix, transposed, or None."""
    return [
        [None if p.weight is None else weights[p.weight][slice(*p.rows)].t() for p in s.products]
        for s in plan.stages
    ]


def _step(plan, weights, matrices, share, values):
    kept, normal = [], []
    for planned, of in zip(plan.stages, matrices, strict=True):
        a, seen = _blocks(plan, planned, weights, of, share, values)
        s = tuple(values[v] for v in planned.takes)
        p = tuple(weights[name] for name in planned.stage.parameters)
        results, k = planned.stage.update(a, s, p)
        values += results
        kept.append(k)
        normal += seen
    return values, kept, normal


def _blocks(plan, planned: PlannedStage, weights, matrices, share, values):
    """The pre-activations of one stage, and what its normalisations leave."""
    n, first = planned.n_inputs, planned.first_input
    blocks = [None] * planned.n_blocks
    normal = []
    total = share[:, first * plan.n_units : (first + n) * plan.n_units]
    for product, matrix in zip(planned.products, matrices, strict=True):
        value = values[product.of]
        if matrix is not None and product.normalize is None and product.blocks == tuple(range(n)):
            total = torch.addmm(total, value, matrix)
            continue
        value = value if matrix is None else value @ matrix
        if product.normalize is not None:
            value, *rest = _normalized(value, weights, product.normalize)
            normal.append(rest)
        for block, piece in zip(product.blocks, _pieces(value, product), strict=True):
            blocks[block] = piece if blocks[block] is None else blocks[block] + piece
    if n:
        for block, piece in enumerate(total.chunk(n, dim=1)):
            blocks[block] = piece if blocks[block] is None else blocks[block] + piece
    for block, bias in enumerate(planned.biases, start=n):
        if bias >= 0:
            numbers = weights["bias_hh"][bias * plan.n_units : (bias + 1) * plan.n_units]
            blocks[block] = blocks[block] + numbers
    return tuple(blocks), normal


def _pieces(total, product):
    return total.chunk(len(product.blocks), dim=1)


def _normalized(value, weights, name):
    gain, bias = weights.get(f"{name}_weight"), weights.get(f"{name}_bias")
    normal, mean, scale = torch.native_layer_norm(value, value.shape[-1:], gain, bias, EPSILON)
    return normal, value, mean, scale


def backward(
    plan: Plan, weights, state, parts, record: Record, d_parts, d_last, again=False
) -> Gradients:
    """The gradient of the loop.

    Parameters
    ----------
    plan : Plan
    weights : dict of str to Tensor
    state, parts
        What `forward` took and gave; not read here.
    record : Record
    d_parts : list of Tensor of shape (n_sequences, n_steps, size) or None
        With respect to each part of the state after each step.
    d_last : list of Tensors of shape (n_sequences, size) or None
        With respect to each part of the state after the last step.
    again : bool
        Whether the record may be needed another time; here it always stays.
    """
    way = _Way(plan, weights, record)
    first = record.values[0]
    carried = [
        first[v].new_zeros(first[v].shape) if d is None else d
        for d, v in zip(d_last, range(plan.n_parts), strict=True)
    ]
    for t in range(len(record.values) - 1, -1, -1):
        here = [c if d is None else c + d[:, t] for c, d in zip(carried, d_parts, strict=True)]
        carried = way.step(t, here)
    return way.gradients(carried)


class _Way:
    """The way back through time: gradients of all steps, gathered from the last to the first."""

    def __init__(self, plan, weights, record):
        self.plan, self.weights, self.record = plan, weights, record
        self.matrices = [
            [None if p.weight is None else weights[p.weight][slice(*p.rows)] for p in s.products]
            for s in plan.stages
        ]
        self.share, self.extra, self.normalized, self.numbers = [], [], [], {}

    def step(self, t, d_state):
        """From the gradients of the state after step `t` to those of the state before it."""
        plan = self.plan
        gradients = [None] * len(plan.widths)
        for value, d in zip(plan.last, d_state, strict=True):
            gradients[value] = d
        values, normal = self.record.values[t], list(self.record.normal[t])
        blocks: list[tuple] = []
        before: dict[tuple[int, int], Tensor] = {}
        for number in range(len(plan.stages) - 1, -1, -1):
            planned = plan.stages[number]
            da = self._stage(t, planned, number, values, gradients)
            blocks.append(da)
            self._products(planned, number, da, values, normal, gradients, before)
        blocks.reverse()
        self._gather(blocks, before)
        return [
            torch.zeros_like(values[v]) if gradients[v] is None else gradients[v]
            for v in range(plan.n_parts)
        ]

    def _stage(self, t, planned, number, values, gradients):
        d = tuple(
            torch.zeros_like(values[v]) if gradients[v] is None else gradients[v]
            for v in planned.gives
        )
        s = tuple(values[v] for v in planned.takes)
        names = planned.stage.parameters
        p = tuple(self.weights[name] for name in names)
        da, ds, dp = planned.stage.gradient(d, self.record.kept[t][number], s, p)
        for value, part in zip(planned.takes, ds, strict=True):
            _add(gradients, value, part)
        for name, part in zip(names, dp, strict=True):
            _add(self.numbers, name, part)
        return da

    def _products(self, planned, number, da, values, normal, gradients, before):
        for index in range(len(planned.products) - 1, -1, -1):
            product, matrix = planned.products[index], self.matrices[number][index]
            part = torch.cat([da[block] for block in product.blocks], dim=1)
            if product.normalize is not None:
                part = self._before_normalization(part, product.normalize, normal.pop())
                before[number, index] = part
            _add(gradients, product.of, part if matrix is None else part @ matrix)

    def _before_normalization(self, d, name, seen):
        value, mean, scale = seen
        gain, bias = (self.weights.get(f"{name}_{kind}") for kind in ("weight", "bias"))
        wanted = [True, gain is not None, bias is not None]
        d, d_gain, d_bias = torch.ops.aten.native_layer_norm_backward(
            d, value, value.shape[-1:], mean, scale, gain, bias, wanted
        )
        if gain is not None:
            _add(self.numbers, f"{name}_weight", d_gain)
        if bias is not None:
            _add(self.numbers, f"{name}_bias", d_bias)
        return d

    def _gather(self, blocks, before):
        """One step's gradients of the pre-activations, with and without a share of the inputs."""
        plan = self.plan
        share = [None] * plan.n_gates
        extra = []
        for planned, da in zip(plan.stages, blocks, strict=True):
            share[planned.first_input : planned.first_input + planned.n_inputs] = da[
                : planned.n_inputs
            ]
            rest = da[planned.n_inputs :]
            extra.append(torch.cat(rest, dim=1) if rest else None)
        self.share.append(torch.cat(share, dim=1))
        self.extra.append(extra)
        self.normalized.append(before)

    def gradients(self, d_state):
        """Everything, in the order of time."""
        extra = [_over_time(part) for part in zip(*self.extra, strict=True)]
        keys = self.normalized[0]
        return Gradients(
            share=_over_time(self.share),
            state=d_state,
            extra=extra,
            normalized={key: _over_time([each[key] for each in self.normalized]) for key in keys},
            numbers={
                name: total if total.dim() == 1 else total.sum(0)
                for name, total in self.numbers.items()
            },
        )


def _over_time(steps):
    """Steps from the last to the first -> ``(n_sequences, n_steps, ...)``, or None."""
    return None if steps[0] is None else torch.stack(list(reversed(steps)), dim=1)


def _add(totals, key, part):
    known = totals.get(key) if isinstance(totals, dict) else totals[key]
    totals[key] = part if known is None else known + part
