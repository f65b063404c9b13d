"""A cell in parts: products with matrices, then a function of each unit alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Weights = dict[str, Tensor]
State = tuple[Tensor, ...]
EPSILON = 1e-5  # added to the variance by layer normalisation


@dataclass(frozen=True)
class Product:
    """``a[gates] += normalise(values[of] @ weights[weight].T)``.

    Parameters
    ----------
    of : str
        A part of the state, or what an earlier stage of this step gave.
    weight : str or None
        The matrix's name; None: the value itself (only to normalise it).
    gates : tuple of int
        ``(start, stop)`` among the pre-activations of the stage.
    rows : tuple of int or None
        ``(start, stop)`` of the blocks of rows of the matrix that are used; None: all.
    normalize : str or None
        Layer normalisation of the product, over all of its numbers together (Ba et al., 2016),
        with the weights ``f"{normalize}_weight"`` and ``f"{normalize}_bias"``, which may be
        absent, one number for each number of the product. No bias of the gates is in it.
    """

    of: str
    weight: str | None
    gates: tuple[int, int]
    rows: tuple[int, int] | None = None
    normalize: str | None = None


@dataclass(frozen=True)
class Stage:
    """Products with matrices, then a function of each unit alone, with its derivative.

    Parameters
    ----------
    update : callable
        ``update(a, s, p) -> (results, kept)``: from the pre-activations `a`, the values `s`
        named by `takes` and the numbers `p` named by `parameters`, each a tuple. Straight-line
        arithmetic, written with the functions of ``sksequence.cells``, no branches.
    gradient : callable
        ``gradient(d, k, s, p) -> (da, ds, dp)``: from the gradients `d` of the results, the
        kept values `k`, and `s` and `p` as before, the gradients of `a`, `s` and `p`.
    n_gates : int
        The number of pre-activations, those appended for `apart` not counted.
    inputs : tuple of int or None
        ``(start, stop)``: blocks of the inputs' share that are added to ``a[0:stop - start]``;
        None: none.
    products : tuple of Product
    apart : tuple of int
        Gates whose products are not added to the inputs' share but appended to `a`, in order;
        their ``bias_hh`` goes with the product.
    takes : tuple of str
        Values that the function reads unit by unit.
    parameters : tuple of str
        Weights with one number for each unit.
    gives : tuple of str
        Names of the results; a part of the state has its old value until a stage gives it.
    keeps : tuple of str
        Names of the kept values, which `gradient` and pictures see.
    normalize_inputs : str or None
        Layer normalisation of the inputs' share of this stage, all of its gates together, as in
        `Product`; the biases are added after it.
    """

    update: Callable
    gradient: Callable
    n_gates: int
    inputs: tuple[int, int] | None
    products: tuple[Product, ...]
    apart: tuple[int, ...] = ()
    takes: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    normalize_inputs: str | None = None


def inputs_share(
    stages: tuple[Stage, ...],
    weights: Weights,
    inputs: Tensor,
    width: int,
    project: Callable = F.linear,
) -> Tensor:
    """What the inputs give to all gates, the biases included.

    Parameters
    ----------
    stages : tuple of Stage
    weights : dict
        As ``Cell.prepare`` gives them.
    inputs : Tensor of shape (..., n_inputs)
    width : int
        The number of units, which is the height of a block of rows of ``weight_ih``.
    project : callable
        ``project(inputs, weight, bias)``.

    Returns
    -------
    Tensor of shape (..., n_gates * width)
    """
    bias = share_of_bias(stages, weights, width)
    normal = [stage for stage in stages if stage.normalize_inputs is not None]
    if not normal:
        return project(inputs, weights["weight_ih"], bias)
    share = project(inputs, weights["weight_ih"], None)
    if normal[0].inputs == (0, share.shape[-1] // width):  # one layer normalisation of all
        name = normal[0].normalize_inputs
        gain, shift = weights.get(f"{name}_weight"), weights.get(f"{name}_bias")
        shift = bias if shift is None else shift if bias is None else shift + bias
        return F.layer_norm(share, share.shape[-1:], gain, shift, EPSILON)
    for stage in normal:
        here = slice(stage.inputs[0] * width, stage.inputs[1] * width)
        part = layer_norm(share[..., here], weights, stage.normalize_inputs)
        share = torch.cat([share[..., : here.start], part, share[..., here.stop :]], dim=-1)
    return share if bias is None else share + bias


def share_of_bias(stages, weights, width):
    """``bias_ih + bias_hh``, without the rows of ``bias_hh`` that go with a product."""
    own, recurrent = weights.get("bias_ih"), weights.get("bias_hh")
    if recurrent is None:
        return own
    alone = [s.inputs[0] + gate for s in stages if s.inputs is not None for gate in s.apart]
    if alone:
        keep = recurrent.new_ones(recurrent.shape[0] // width, 1)
        keep[alone] = 0.0
        recurrent = (recurrent.view(-1, width) * keep).flatten()
    return recurrent if own is None else own + recurrent


def layer_norm(values: Tensor, weights: Weights, name: str) -> Tensor:
    """Layer normalisation of the last axis with the weights of that name."""
    gain, bias = weights.get(f"{name}_weight"), weights.get(f"{name}_bias")
    return F.layer_norm(values, values.shape[-1:], gain, bias, EPSILON)


def matrix_of(product: Product, weights: Weights, width: int) -> Tensor:
    """The rows of the matrix that a product uses, ``(n_rows, width of the value)``."""
    matrix = weights[product.weight]
    if product.rows is None:
        return matrix
    start, stop = product.rows
    return matrix[start * width : stop * width]


def advance(
    stages: tuple[Stage, ...],
    names: tuple[str, ...],
    weights: Weights,
    share: Tensor,
    state: State,
    width: int,
) -> tuple[State, dict[str, Tensor]]:
    """One step: the inputs' share of the gates and a state -> the next state and what is kept.

    Parameters
    ----------
    stages : tuple of Stage
    names : tuple of str
        The names of the parts of the state.
    weights : dict
        As ``Cell.prepare`` gives them.
    share : Tensor of shape (n_sequences, n_gates * width)
        From `inputs_share`.
    state : tuple of Tensors of shape (n_sequences, size of the part)
    width : int
        The number of units.
    """
    values = dict(zip(names, state, strict=True))
    kept: dict[str, Tensor] = {}
    for stage in stages:
        a = _gates(stage, weights, share, values, width)
        s = tuple(values[name] for name in stage.takes)
        p = tuple(weights[name] for name in stage.parameters)
        results, k = stage.update(a, s, p)
        values.update(zip(stage.gives, results, strict=True))
        kept.update(zip(stage.keeps, k, strict=True))
    return tuple(values[name] for name in names), kept


def _gates(stage, weights, share, values, width):
    """The pre-activations of a stage, each ``(n_sequences, width)``."""
    a = [None] * (stage.n_gates + len(stage.apart))
    products = [(p, _product(p, weights, values, width)) for p in stage.products]
    if stage.inputs is not None:
        start, stop = stage.inputs
        total = share[:, start * width : stop * width]
        if not stage.apart:  # one sum instead of one for each gate
            for product, part in products:
                total = total + part if product.gates == (0, stop - start) else total
            products = [each for each in products if each[0].gates != (0, stop - start)]
        a[: stop - start] = total.chunk(stop - start, dim=1)
    for product, part in products:
        _add(a, stage, product.gates, part)
    if stage.apart and "bias_hh" in weights:
        blocks = weights["bias_hh"].view(-1, width)
        for place, gate in enumerate(stage.apart, start=stage.n_gates):
            a[place] = a[place] + blocks[stage.inputs[0] + gate]
    return tuple(a)


def _add(a, stage, gates, part):
    start, stop = gates
    for gate, block in zip(range(start, stop), part.chunk(stop - start, dim=1), strict=True):
        place = stage.n_gates + stage.apart.index(gate) if gate in stage.apart else gate
        a[place] = block if a[place] is None else a[place] + block


def _product(product, weights, values, width):
    value = values[product.of]
    if product.weight is not None:
        value = F.linear(value, matrix_of(product, weights, width))
    return value if product.normalize is None else layer_norm(value, weights, product.normalize)
