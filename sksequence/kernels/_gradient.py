"""The loop over time as one node of torch's graph, and the gradients of its weights."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from sksequence.kernels._plan import Plan, runs


class Loop(torch.autograd.Function):
    """All steps of a described cell, from the inputs' share of its gates."""

    @staticmethod
    def forward(ctx, way, plan, all_states, share, *tensors):
        state, weights = _split(plan, tensors)
        keep = any(ctx.needs_input_grad)
        parts, last, record = way.forward(plan, weights, share, state, keep)
        if keep:
            ctx.way, ctx.plan, ctx.all_states, ctx.record = way, plan, all_states, record
            ctx.save_for_backward(*parts, *tensors)
            ctx.set_materialize_grads(False)
        others = parts[1:] if all_states else last[1:]
        return (parts[0], *others)

    @staticmethod
    @once_differentiable
    def backward(ctx, *d_outputs):
        plan = ctx.plan
        saved = ctx.saved_tensors
        parts, tensors = saved[: plan.n_parts], saved[plan.n_parts :]
        state, weights = _split(plan, tensors)
        nothing = [None] * plan.n_parts
        d_parts, d_last = nothing[:], nothing[:]
        d_parts[0] = d_outputs[0]
        (d_parts if ctx.all_states else d_last)[1:] = d_outputs[1:]
        found = ctx.way.backward(
            plan, weights, state, parts, ctx.record, d_parts, d_last, _graph_is_kept()
        )
        wanted = ctx.needs_input_grad[4 + plan.n_parts :]
        needed = {n for n, want in zip(plan.weights, wanted, strict=True) if want}
        d_weights = weight_gradients(plan, weights, state, parts, ctx.record, found, needed)
        return (None, None, None, found.share, *found.state, *map(d_weights.get, plan.weights))


def _graph_is_kept() -> bool:
    """Whether this backward pass was asked to leave the graph for another one."""
    asked = getattr(torch._C._autograd, "_get_current_graph_task_keep_graph", None)
    return True if asked is None else asked()


def _split(plan, tensors):
    """The state, and the weights that the loop reads."""
    state, weights = tensors[: plan.n_parts], tensors[plan.n_parts :]
    return state, dict(zip(plan.weights, weights, strict=True))


def weight_gradients(plan: Plan, weights, state, parts, record, found, needed) -> dict[str, Tensor]:
    """One product over all steps for each matrix.

    Parameters
    ----------
    plan : Plan
    weights : dict of str to Tensor
    state, parts : the state before the first step and after each
    record : what the loop kept
    found : Gradients
    needed : set of str
        The weights whose gradient is wanted.
    """
    gradients = {name: total for name, total in found.numbers.items() if name in needed}
    for number, planned in enumerate(plan.stages):
        _of_biases(plan, planned, found.extra[number], weights, needed, gradients)
        for index, product in enumerate(planned.products):
            if product.weight in needed:
                total = gradients.get(product.weight)
                if total is None:
                    total = gradients[product.weight] = torch.zeros_like(weights[product.weight])
                values = _before(plan, state, parts, record, product.of)
                rows = total[slice(*product.rows)]
                for row, d in _sources(plan, number, index, found):
                    rows[row : row + d.shape[1]].addmm_(d.t(), values)
    return gradients


def _of_biases(plan, planned, extra, weights, needed, gradients):
    """Of the biases that go with a product."""
    if "bias_hh" not in needed or not planned.stage.apart:
        return
    total = gradients.setdefault("bias_hh", torch.zeros_like(weights["bias_hh"]))
    sums = extra.sum((0, 1)).view(-1, planned.width)
    for place, block in enumerate(planned.biases):
        if block >= 0:
            total.view(-1, plan.n_units)[block] += sums[place]


def _sources(plan, number, index, found):
    """Gradients of a product's numbers at all steps: first row, ``(n, rows)``."""
    planned = plan.stages[number]
    if (number, index) in found.normalized:
        yield 0, found.normalized[number, index].flatten(0, 1)
        return
    width, n_inputs = planned.width, planned.n_inputs
    product = planned.products[index]
    of_inputs = tuple(block < n_inputs for block in product.blocks)
    for place, block, count in runs(product.blocks, of_inputs):
        shared = block < n_inputs
        first = planned.first_input + block if shared else block - n_inputs
        source = found.share if shared else found.extra[number]
        yield place * width, source.flatten(0, 1)[:, first * width : (first + count) * width]


def _before(plan, state, parts, record, value):
    """A value as products read it, at all steps: ``(n, width)``."""
    if value < plan.n_parts:
        first = state[value][:, None]
        return torch.cat([first, parts[value][:, :-1]], dim=1).flatten(0, 1)
    if value in plan.last:
        return parts[plan.last.index(value)].flatten(0, 1)
    return record.stored(value).flatten(0, 1)
