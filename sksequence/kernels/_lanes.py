"""Arithmetic on several numbers at once, as instructions of LLVM."""

from __future__ import annotations

from math import e as euler
from math import factorial, log2

from llvmlite import ir

INDEX = ir.IntType(64)
POINTER = ir.PointerType()


class Real:
    """A kind of number, 32 or 64 bits, and how wide and how able the machine is with it.

    Attributes
    ----------
    type : llvmlite type
    lanes : int
        Numbers in a register.
    fused : bool
        Whether the machine multiplies and adds with one rounding.
    """

    def __init__(self, bits: int, register_bits: int, fused: bool):
        self.bits = bits
        self.bytes = bits // 8
        self.type = ir.FloatType() if bits == 32 else ir.DoubleType()
        self.lanes = register_bits // bits
        self.fused = fused
        # 1.5 * 2^m with m bits of mantissa: added to a small number, it rounds it to a whole one
        self.mantissa = 23 if bits == 32 else 52
        self.whole = 1.5 * 2.0**self.mantissa
        self.one_bits = (127 if bits == 32 else 1023) << self.mantissa
        # Taylor's series of exp up to |r| <= log(2)/2 is then exact to the last bit
        self.terms = 7 if bits == 32 else 13
        # log(2) in two parts, the first with few bits (Cody and Waite, 1980)
        self.log2_high = 0.693359375 if bits == 32 else 6.93145751953125e-1
        self.log2_low = -2.12194440054690583e-4 if bits == 32 else 1.42860682030941723212e-6
        self.smallest, self.largest = (-87.0, 88.0) if bits == 32 else (-708.0, 709.0)
        self.flat = 20.0 if bits == 32 else 40.0  # from there on tanh(x/2) is 1


class Lanes:
    """Arithmetic on `count` numbers at once; a single number if `count` is 1."""

    def __init__(self, builder: ir.IRBuilder, real: Real, count: int):
        self.builder, self.real, self.count = builder, real, count
        whole = ir.IntType(real.bits)
        self.type = real.type if count == 1 else ir.VectorType(real.type, count)
        self.whole = whole if count == 1 else ir.VectorType(whole, count)

    def load(self, pointer, offset):
        """`count` numbers from the address ``pointer + offset``, in numbers."""
        place = self.builder.gep(pointer, [offset], source_etype=self.real.type)
        return self.builder.load(place, align=self.real.bytes, typ=self.type)

    def store(self, value, pointer, offset):
        """`count` numbers to the address ``pointer + offset``."""
        place = self.builder.gep(pointer, [offset], source_etype=self.real.type)
        self.builder.store(value, place, align=self.real.bytes)

    def number(self, value: float):
        """The same number in all lanes."""
        return ir.Constant(self.type, value if self.count == 1 else [value] * self.count)

    def spread(self, value):
        """A single value in all lanes."""
        if self.count == 1:
            return value
        b, index = self.builder, ir.IntType(32)
        one = b.insert_element(ir.Constant(self.type, ir.Undefined), value, ir.Constant(index, 0))
        mask = ir.Constant(ir.VectorType(index, self.count), [0] * self.count)
        return b.shuffle_vector(one, ir.Constant(self.type, ir.Undefined), mask)

    def total(self, value):
        """The sum of the lanes, halves upon halves."""
        b, index = self.builder, ir.IntType(32)
        count = self.count
        while count > 1:
            count //= 2
            kind = ir.VectorType(index, count)
            low = ir.Constant(kind, list(range(count)))
            high = ir.Constant(kind, list(range(count, 2 * count)))
            value = b.fadd(
                b.shuffle_vector(value, value, low), b.shuffle_vector(value, value, high)
            )
        return value if self.count == 1 else b.extract_element(value, ir.Constant(index, 0))

    def multiply_add(self, x, y, z):
        """x y + z, with one rounding where the machine can."""
        if not self.real.fused:
            return self.builder.fadd(self.builder.fmul(x, y), z)
        name = f"llvm.fma.v{self.count}" if self.count > 1 else "llvm.fma."
        name += f"f{self.real.bits}"
        kind = ir.FunctionType(self.type, [self.type] * 3)
        return self.builder.call(declared(self.builder.module, name, kind), [x, y, z])

    def root(self, x):
        """The square root."""
        name = f"llvm.sqrt.v{self.count}" if self.count > 1 else "llvm.sqrt."
        name += f"f{self.real.bits}"
        kind = ir.FunctionType(self.type, [self.type])
        return self.builder.call(declared(self.builder.module, name, kind), [x])

    def between(self, x, low: float, high: float):
        """x, not below `low` and not above `high`; not a number stays so."""
        b, low, high = self.builder, self.number(low), self.number(high)
        x = b.select(b.fcmp_ordered("<", x, low), low, x)
        return b.select(b.fcmp_ordered(">", x, high), high, x)

    def _reduced(self, y):
        """exp(y) = 2^n (1 + r q) -> r q and 2^n, for y in range."""
        b, real = self.builder, self.real
        shifted = self.multiply_add(y, self.number(log2(euler)), self.number(real.whole))
        n = b.fsub(shifted, self.number(real.whole))
        r = self.multiply_add(n, self.number(-real.log2_high), y)
        r = self.multiply_add(n, self.number(-real.log2_low), r)
        q = self.number(1.0 / factorial(real.terms))
        for k in range(real.terms - 1, 0, -1):
            q = self.multiply_add(q, r, self.number(1.0 / factorial(k)))
        power = b.shl(b.bitcast(shifted, self.whole), self._whole(real.mantissa))
        power = b.bitcast(b.add(power, self._whole(real.one_bits)), self.type)
        return b.fmul(r, q), power

    def _whole(self, value):
        return ir.Constant(self.whole, value if self.count == 1 else [value] * self.count)

    def sigmoid(self, x):
        """1 / (1 + exp(-x))."""
        return self._called("sigmoid", Lanes._sigmoid, x)

    def tanh(self, x):
        """The hyperbolic tangent, exact to a few units in the last place."""
        return self._called("tanh", Lanes._tanh, x)

    def _called(self, name, written, x):
        """In full in the widest lanes; a call in narrower ones, which compiles sooner."""
        if self.count == self.real.lanes:
            return written(self, x)
        module, name = self.builder.module, f"{name}_{self.count}"
        function = module.globals.get(name)
        if function is None:
            function = ir.Function(module, ir.FunctionType(self.type, [self.type]), name)
            function.linkage = "internal"
            function.attributes.add("noinline")
            inside = ir.IRBuilder(function.append_basic_block())
            inside.ret(written(Lanes(inside, self.real, self.count), function.args[0]))
        return self.builder.call(function, [x])

    def _sigmoid(self, x):
        b, real = self.builder, self.real
        y = self.between(b.fneg(x), real.smallest, real.largest)
        part, power = self._reduced(y)
        grown = self.multiply_add(part, power, power)  # exp(-x)
        return b.fdiv(self.number(1.0), b.fadd(self.number(1.0), grown))

    def _tanh(self, x):
        """m / (m + 2) with m = exp(2 x) - 1, which is exact near 0."""
        b, real = self.builder, self.real
        y = self.between(b.fadd(x, x), -real.flat, real.flat)
        part, power = self._reduced(y)
        m = self.multiply_add(part, power, b.fsub(power, self.number(1.0)))
        return b.fdiv(m, b.fadd(m, self.number(2.0)))

    def above(self, x, y):
        """1 where x > y, else 0."""
        b = self.builder
        return b.select(b.fcmp_ordered(">", x, y), self.number(1.0), self.number(0.0))

    def relu(self, x):
        """x where it is not below 0, else 0; not a number stays so."""
        b, zero = self.builder, self.number(0.0)
        return b.select(b.fcmp_ordered("<", x, zero), zero, x)

    def evaluate(self, expressions, values):
        """Traced expressions with the values of their placeholders."""
        known: dict = {}
        return [self._value(each, values, known) for each in expressions]

    def _value(self, node, values, known):
        if node not in known:
            known[node] = self._compute(node, values, known)
        return known[node]

    def _compute(self, node, values, known):
        if node.operation == "number":
            return self.number(node.operands[0])
        if node.operation == "value":
            return values[node.operands]
        operands = [self._value(each, values, known) for each in node.operands]
        b = self.builder
        operations = {
            "add": b.fadd,
            "subtract": b.fsub,
            "multiply": b.fmul,
            "divide": b.fdiv,
            "negative": b.fneg,
            "sigmoid": self.sigmoid,
            "tanh": self.tanh,
            "above": self.above,
            "relu": self.relu,
        }
        return operations[node.operation](*operands)


def declared(module: ir.Module, name: str, kind: ir.FunctionType):
    """A function known to LLVM by its name."""
    return module.globals.get(name) or ir.Function(module, kind, name)


def whole(value: int):
    """A number of 64 bits, for addresses and counts."""
    return ir.Constant(INDEX, value)


def loop(b: ir.IRBuilder, start, stop, step, body, carried=(), down=False):
    """``for i in range(start, stop, step)``: `body` takes i and what is carried, and gives it on.

    With `down`, i runs from `stop` - 1 to `start` (by ones).
    """
    before = b.block
    head, inside, after = (b.append_basic_block(name) for name in ("head", "inside", "after"))
    b.branch(head)
    b.position_at_end(head)
    i = b.phi(INDEX)
    i.add_incoming(start, before)
    phis = [b.phi(value.type) for value in carried]
    for phi, value in zip(phis, carried, strict=True):
        phi.add_incoming(value, before)
    b.cbranch(b.icmp_signed("<", i, stop), inside, after)
    b.position_at_end(inside)
    index = b.sub(b.sub(stop, whole(1)), b.sub(i, start)) if down else i
    results = body(index, *phis) or ()
    i.add_incoming(b.add(i, step), b.block)
    for phi, value in zip(phis, results, strict=True):
        phi.add_incoming(value, b.block)
    b.branch(head)
    b.position_at_end(after)
    return phis
