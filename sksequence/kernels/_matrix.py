"""Products of a few rows with a matrix, held in registers."""

from __future__ import annotations

from llvmlite import ir

from sksequence.kernels._lanes import INDEX, POINTER, Lanes, Real, loop, whole

ROWS = (1, 2, 4, 8)  # of which there is a function each; a tile has as many as the last
N_REGISTERS = 2  # of columns at once


def matrix_module(real: Real) -> ir.Module:
    """Functions ``product_1``, ``product_2``, ... of that many rows.

    Each computes ``C = A B`` or, with `more` above 0, ``C += A B``: the arguments are
    ``A, lda, B, ldb, C, ldc, depth, n_columns, more``, the number of columns a multiple of the
    lanes. A row's sums are taken in the order of the columns of A, however many rows there are.
    """
    module = ir.Module("products")
    for rows in ROWS:
        _product(module, real, rows)
    return module


def _product(module, real, rows):
    kind = ir.FunctionType(
        ir.VoidType(),
        [POINTER, INDEX, POINTER, INDEX, POINTER, INDEX, INDEX, INDEX, INDEX],
    )
    function = ir.Function(module, kind, f"product_{rows}")
    b = ir.IRBuilder(function.append_basic_block())
    wide = whole(N_REGISTERS * real.lanes)
    n_columns = function.args[7]
    n_wide = b.mul(b.sdiv(n_columns, wide), wide)

    def columns(count):
        return lambda j: _tile(b, real, function.args, rows, count, j)

    loop(b, whole(0), n_wide, wide, columns(N_REGISTERS))
    loop(b, n_wide, n_columns, whole(real.lanes), columns(1))
    b.ret_void()


def _tile(b, real, arguments, rows, count, j):
    """`rows` x `count` registers of C, from column `j` on."""
    a, lda, matrix, ldb, c, ldc, depth, _, more = arguments
    lanes, single = Lanes(b, real, real.lanes), Lanes(b, real, 1)
    steps = [whole(r * real.lanes) for r in range(count)]
    places = [[b.add(b.add(b.mul(whole(i), ldc), j), step) for step in steps] for i in range(rows)]
    add = b.icmp_signed(">", more, whole(0))
    with b.if_else(add) as (then, otherwise):
        with then:
            known = [lanes.load(c, place) for row in places for place in row]
            after_then = b.block
        with otherwise:
            after_else = b.block
    start = []
    for value in known:
        phi = b.phi(lanes.type)
        phi.add_incoming(value, after_then)
        phi.add_incoming(lanes.number(0.0), after_else)
        start.append(phi)

    def body(k, *sums):
        row = b.add(b.mul(k, ldb), j)
        pieces = [lanes.load(matrix, b.add(row, step)) for step in steps]
        totals = []
        for i in range(rows):
            factor = lanes.spread(single.load(a, b.add(b.mul(whole(i), lda), k)))
            mine = sums[i * count : (i + 1) * count]
            totals += [lanes.multiply_add(factor, p, s) for p, s in zip(pieces, mine, strict=True)]
        return totals

    totals = loop(b, whole(0), depth, whole(1), body, start)
    for value, place in zip(totals, [p for row in places for p in row], strict=True):
        lanes.store(value, c, place)
