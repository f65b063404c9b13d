"""A function over a tile of sequences: its arguments, its loops, its calls of products."""

from __future__ import annotations

from llvmlite import ir

from sksequence.kernels._lanes import INDEX, POINTER, Lanes, Real, loop, whole
from sksequence.kernels._matrix import ROWS

TILE = ROWS[-1]


class Code:
    """A function ``(arguments, scratch, first_row, last_row)`` in the making.

    Arguments are numbers of 64 bits, among them addresses; they are named while the code is
    written and read once, at its beginning. `names` says which number has which place.
    """

    def __init__(self, module: ir.Module, name: str, real: Real, names: dict[str, int]):
        kind = ir.FunctionType(ir.VoidType(), [POINTER, POINTER, INDEX, INDEX])
        self.function = ir.Function(module, kind, name)
        self.entry = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.builder = ir.IRBuilder(self.function.append_basic_block("start"))
        self._start = self.builder.block
        self.real, self.names = real, names
        self._arguments: dict[str, ir.Value] = {}
        self.product = _dispatch(module)

    def finish(self):
        """Close the function."""
        self.builder.ret_void()
        self.entry.branch(self._start)

    def size(self, name: str):
        """A count or an offset by its name."""
        if name not in self._arguments:
            place = self.names.setdefault(name, len(self.names))
            address = self.entry.gep(self.function.args[0], [whole(place)], source_etype=INDEX)
            self._arguments[name] = self.entry.load(address, typ=INDEX)
        return self._arguments[name]

    def asked(self, name: str):
        """Whether a number is not 0."""
        key = f"asked {name}"
        if key not in self._arguments:
            self._arguments[key] = self.entry.icmp_signed("!=", self.size(name), whole(0))
        return self._arguments[key]

    def array(self, name: str):
        """An array by its name."""
        key = f"array {name}"
        if key not in self._arguments:
            self._arguments[key] = self.entry.inttoptr(self.size(name), POINTER)
        return self._arguments[key]

    def scratch(self, name: str):
        """A piece of this thread's own memory by its name."""
        key = f"scratch {name}"
        if key not in self._arguments:
            offset = self.size(f"scratch {name}")
            self._arguments[key] = self.entry.gep(
                self.function.args[1], [offset], source_etype=self.real.type
            )
        return self._arguments[key]

    def single(self) -> Lanes:
        """Arithmetic on one number."""
        return Lanes(self.builder, self.real, 1)

    def rows(self, count, body):
        """``body(i)`` for each row of a tile."""
        loop(self.builder, whole(0), count, whole(1), body)

    def units(self, width, body, carried=()):
        """``body(lanes, j, *carried)`` for all `width` units, as many at once as go."""
        b, start = self.builder, whole(0)
        for count in dict.fromkeys((self.real.lanes, min(4, self.real.lanes), 1)):
            lanes = Lanes(b, self.real, count)
            stop = b.and_(width, whole(-count))
            carried = loop(
                b, start, stop, whole(count), lambda j, *c, at=lanes: body(at, j, *c), carried
            )
            start = stop
        return carried

    def fill(self, count, name, stride, width, value):
        """``scratch[i, j] = value(lanes, i, j)`` over a tile."""
        target = self.scratch(name)

        def row(i):
            base = self.builder.mul(i, stride)
            self.units(
                width,
                lambda lanes, j: lanes.store(value(lanes, i, j), target, self.builder.add(base, j)),
            )

        self.rows(count, row)

    def at(self, *terms):
        """A sum of products: ``at((a, b), c)`` is a b + c."""
        b, total = self.builder, whole(0)
        for term in terms:
            total = b.add(total, b.mul(*term) if isinstance(term, tuple) else term)
        return total


def _dispatch(module):
    """``product(rows, ...)``: the function for the least number of rows that is enough."""
    shape = [POINTER, INDEX, POINTER, INDEX, POINTER, INDEX, INDEX, INDEX, INDEX]
    if "product" in module.globals:
        return module.globals["product"]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [INDEX, *shape]), "product")
    function.linkage = "internal"
    b = ir.IRBuilder(function.append_basic_block())
    for rows in ROWS:
        kind = ir.FunctionType(ir.VoidType(), shape)
        here, other = b.append_basic_block(), b.append_basic_block()
        b.cbranch(b.icmp_signed("<=", function.args[0], whole(rows)), here, other)
        b.position_at_end(here)
        b.call(ir.Function(module, kind, f"product_{rows}"), function.args[1:])
        b.ret_void()
        b.position_at_end(other)
    b.ret_void()
    return function
