"""The loop over time in machine code: its memory, and its threads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sksequence.kernels._code import TILE
from sksequence.kernels._compile import Loops, loops_of
from sksequence.kernels._plan import Plan
from sksequence.kernels._threads import over_rows
from sksequence.kernels._torch_loop import Gradients


@dataclass
class CompiledRecord:
    """What the forward loop leaves for the gradient, beside the parts of the state."""

    arrays: dict[str, Tensor]

    def stored(self, value: int) -> Tensor:
        """A value made within a step, at all steps: ``(n_sequences, n_steps, width)``."""
        return self.arrays[f"stored {value}"]


class _Call:
    """The arguments of one call; tensors are held until it is over."""

    def __init__(self, plan: Plan, share: Tensor, weights):
        self.plan, self.weights = plan, weights
        self.like = share
        self.n_rows, self.n_steps = share.shape[:2]
        self.loops: Loops = loops_of(plan, 8 * share.element_size())
        self.held: list[Tensor] = []
        self.values = [0] * len(self.loops.names)
        self.n_scratch = 0
        self.set("steps", self.n_steps)
        self.set("gates", plan.n_gates * plan.n_units)
        self.set("units", plan.n_units)
        for value, width in enumerate(plan.widths):
            self.set(f"width {value}", width)
            self.set(f"padded {value}", self.padded(width))
        for number, planned in enumerate(plan.stages):
            self.set(f"stage {number}", planned.width)
        self.each_product(self._sizes)

    def padded(self, width):
        """Up to whole registers."""
        return -(-width // self.loops.lanes) * self.loops.lanes

    def set(self, name, value):
        """A number, if the code asks for it."""
        place = self.loops.names.get(name)
        if place is not None:
            self.values[place] = value

    def give(self, name, array: Tensor | None) -> Tensor | None:
        """An array, in one piece."""
        if array is not None:
            if array.dtype != self.like.dtype:
                raise ValueError(
                    f"inputs, weights and state must be of one kind of number, got "
                    f"{self.like.dtype} and {array.dtype}."
                )
            array = array.detach().contiguous()
            self.held.append(array)
            self.set(name, array.data_ptr())
        return array

    def make(self, name, *shape, zero=False) -> Tensor:
        """A new array."""
        new = self.like.new_zeros if zero else self.like.new_empty
        return self.give(name, new(shape))

    def scratch(self, name, count):
        """A piece of each thread's own memory."""
        self.set(f"scratch {name}", self.n_scratch)
        self.n_scratch += self.padded(count)

    def each_product(self, action):
        """``action(name, planned stage, product)`` for all products."""
        for number, planned in enumerate(self.plan.stages):
            for index, product in enumerate(planned.products):
                action(f"{number}.{index}", planned, product)

    def _sizes(self, name, planned, product):
        n = product.rows[1] - product.rows[0]
        self.set(f"rows {name}", n)
        self.set(f"stride {name}", self.padded(n))
        if product.normalize is not None:
            for kind, gives in (("gain", "weight"), ("shift", "bias")):
                known = self.weights.get(f"{product.normalize}_{gives}")
                empty = self.like.new_full((n,), float(gives == "weight"))
                self.give(f"{kind} {name}", empty if known is None else known)

    def numbers(self):
        """Weights that are read unit by unit."""
        for planned in self.plan.stages:
            for name in planned.stage.parameters:
                self.give(f"weight {name}", self.weights[name])
        if "bias_hh" in self.weights:
            self.give("weight bias_hh", self.weights["bias_hh"])

    def run(self, function, work):
        """Over all rows, in tiles, by several threads where it pays."""
        values = np.array(self.values, dtype=np.int64)
        over_rows(function, values, self.n_scratch, self.like, self.n_rows, work)


def forward(plan: Plan, weights, share: Tensor, state, keep: bool):
    """As ``_torch_loop.forward``; parts other than the first only where they are kept.

    With `keep`, the share's memory is used for what is kept: it must belong to nobody else.
    """
    call = _Call(plan, share, weights)
    rows, steps = call.n_rows, call.n_steps
    share = call.give("share", share)
    call.numbers()
    for part, start in enumerate(state):
        call.give(f"state {part}", start)
    for value, width in enumerate(plan.widths):
        call.scratch(f"value {value}", TILE * width)
    call.each_product(lambda name, s, p: _product_memory(call, name, p))
    sizes = plan.widths[: plan.n_parts]
    last = [call.make(f"last {part}", rows, size) for part, size in enumerate(sizes)]
    parts = [
        call.make(f"part {part}", rows, steps, size) if keep or part == 0 else None
        for part, size in enumerate(sizes)
    ]
    record = CompiledRecord({"share": share} | _kept(call, plan)) if keep else None
    call.set("keep", int(keep))
    call.run(call.loops.forward, _work(plan, rows, steps))
    return parts, last, record


def _product_memory(call, name, product):
    n = product.rows[1] - product.rows[0]
    call.scratch(f"product {name}", TILE * call.padded(n))
    if product.weight is not None:
        matrix = call.weights[product.weight][slice(*product.rows)].detach()
        columns = matrix.new_zeros(matrix.shape[1], call.padded(n))
        columns[:, :n] = matrix.t()
        call.give(f"matrix {name}", columns)


def _kept(call, plan):
    rows, steps = call.n_rows, call.n_steps
    made = {}
    for number, planned in enumerate(plan.stages):
        n_kept = planned.n_kept_beside
        made[f"kept {number}"] = call.make(f"kept {number}", rows, steps, n_kept * planned.width)
    for value in plan.kept_values():
        made[f"stored {value}"] = call.make(f"stored {value}", rows, steps, plan.widths[value])

    def normal(name, planned, product):
        if product.normalize is not None:
            n = product.rows[1] - product.rows[0]
            made[f"normal {name}"] = call.make(f"normal {name}", rows, steps, n)
            made[f"scale {name}"] = call.make(f"scale {name}", rows, steps)

    call.each_product(normal)
    return made


def backward(plan: Plan, weights, state, parts, record, d_parts, d_last, again=False):
    """As ``_torch_loop.backward``; unless `again`, the gradient takes the record's memory."""
    rows, steps = parts[0].shape[:2]
    call = _Call(plan, parts[0], weights)
    call.numbers()
    for name, array in record.arrays.items():
        call.give(name, array)
    for part, array in enumerate(parts):
        call.give(f"part {part}", array)
        call.give(f"state {part}", state[part])
        brought, stride = d_parts[part], plan.widths[part]
        if brought is None:  # one row of zeros, for all steps
            brought, stride = call.like.new_zeros(stride), 0
        call.give(f"d_part {part}", brought)
        call.set(f"d_part {part} stride", stride)
        start = torch.zeros_like(state[part]) if d_last[part] is None else d_last[part]
        call.give(f"d_last {part}", start)
    for value in range(len(plan.widths)):
        call.scratch(f"d {value}", TILE * call.padded(plan.widths[value]))
    numbers = _sums(call, plan)
    before: dict[tuple[int, int], Tensor] = {}
    call.each_product(lambda name, s, p: _back_memory(call, name, p, before))
    share = record.arrays["share"]
    share = call.give("d_share", torch.empty_like(share) if again else share)
    extra = []
    for number, planned in enumerate(plan.stages):
        call.scratch(f"d_gates {number}", TILE * planned.n_blocks * planned.width)
        size = planned.n_extra * planned.width
        extra.append(call.make(f"d_extra {number}", rows, steps, size) if size else None)
    first = [
        call.make(f"d_state {part}", rows, size)
        for part, size in enumerate(plan.widths[: plan.n_parts])
    ]
    call.run(call.loops.backward, _work(plan, rows, steps))
    totals = {name: sums.sum(0) for name, sums in numbers.items()}
    return Gradients(share, first, extra, before, totals)


def _sums(call, plan):
    """For each tile its own sums, so that their order does not depend on the threads."""
    n_tiles = -(-call.n_rows // TILE)
    sums = {}
    for planned in plan.stages:
        for name in planned.stage.parameters:
            sums[name] = call.make(f"d_weight {name}", n_tiles, planned.width, zero=True)

    def normal(name, planned, product):
        if product.normalize is not None:
            n = product.rows[1] - product.rows[0]
            for kind, what in (("gain", "weight"), ("shift", "bias")):
                key = f"{product.normalize}_{what}"
                made = call.make(f"d_{kind} {name}", n_tiles, n, zero=True)
                if key in call.weights:
                    sums[key] = made

    call.each_product(normal)
    return sums


def _back_memory(call, name, product, before):
    n = product.rows[1] - product.rows[0]
    if product.weight is not None:
        matrix = call.weights[product.weight][slice(*product.rows)].detach()
        if matrix.shape[1] % call.loops.lanes:
            wide = matrix.new_zeros(n, call.padded(matrix.shape[1]))
            wide[:, : matrix.shape[1]] = matrix
            matrix = wide
        call.give(f"back {name}", matrix)
    if product.normalize is not None:
        call.scratch(f"d_normal {name}", TILE * n)
        number, index = name.split(".")
        key = (int(number), int(index))
        before[key] = call.make(f"before {name}", call.n_rows, call.n_steps, n)


def _work(plan, rows, steps):
    """About how many multiplications the loop takes."""
    matrices = sum(
        (p.rows[1] - p.rows[0]) * plan.widths[p.of] for s in plan.stages for p in s.products
    )
    return rows * steps * (matrices + 100 * plan.n_gates * plan.n_units)
