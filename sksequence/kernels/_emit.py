"""The loop over time of a plan, written for a tile of sequences at a time."""

from __future__ import annotations

from llvmlite import ir

from sksequence.kernels._backward import Backward
from sksequence.kernels._code import TILE, Code
from sksequence.kernels._forward import Forward
from sksequence.kernels._lanes import Real, loop, whole
from sksequence.kernels._plan import Plan


def loop_module(plan: Plan, real: Real) -> tuple[ir.Module, dict[str, int]]:
    """Functions ``forward`` and ``backward``, and the places of their arguments."""
    module = ir.Module("loops")
    names: dict[str, int] = {}
    for name, way in (("forward", Forward), ("backward", Backward)):
        code = Code(module, name, real, names)
        _over_tiles(code, way(code, plan).tile)
        code.finish()
    return module, names


def _over_tiles(code, body):
    b, (first, last) = code.builder, code.function.args[2:]

    def tile(r0):
        left = b.sub(last, r0)
        few = b.icmp_signed("<", left, whole(TILE))
        body(r0, b.select(few, left, whole(TILE)))

    loop(b, first, last, whole(TILE), tile)
