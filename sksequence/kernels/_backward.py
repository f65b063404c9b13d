"""The way back through time, for a tile of sequences."""

from __future__ import annotations

from sksequence.kernels._code import TILE
from sksequence.kernels._lanes import loop, whole
from sksequence.kernels._plan import first_gradients, runs
from sksequence.kernels._trace import expression, placeholders
from sksequence.kernels._way import Way


class WayBack(Way):
    """Where gradients are, and how they are added up."""

    def __init__(self, code, plan):
        super().__init__(code, plan)
        self.first = first_gradients(plan)

    def gradient(self, value):
        """The gradient of a value in this thread's own memory, for a tile."""
        return self.code.scratch(f"d {self.homes[value]}")

    def own(self, r0, number, j):
        """Offset within the sums of this tile, which are added up afterwards."""
        return self.code.at((self.b.sdiv(r0, whole(TILE)), self.of_stage(number)), j)

    def add(self, lanes, array, offset, value, new=False):
        """Add to what is there; `new`: nothing is."""
        value = value if new else self.b.fadd(lanes.load(array, offset), value)
        lanes.store(value, array, offset)


class BackProducts(WayBack):
    """Code of the products: from pre-activations to the value that was multiplied."""

    def product(self, r0, m, t, number, index):
        """From the pre-activations to the value that was multiplied."""
        code, b, planned = self.code, self.b, self.plan.stages[number]
        product, name, width = planned.products[index], f"{number}.{index}", self.of_stage(number)
        source, stride = code.scratch(f"d_gates {number}"), b.mul(whole(planned.n_blocks), width)
        target, padded = self.gradient(product.of), code.size(f"padded {product.of}")
        pieces = runs(product.blocks)
        if product.normalize is not None:
            self._gather(m, name, product.blocks, source, stride, width)
            code.rows(m, lambda i: self._denormalize(name, r0, i, self.place(r0, i, t)))
            source, stride = code.scratch(f"d_normal {name}"), code.size(f"rows {name}")
            pieces = [(0, 0, len(product.blocks))]
        new = ("product", number, index) in self.first
        if product.weight is None:
            self._add_rows(m, product, source, stride, width, new)
            return
        matrix = code.array(f"back {name}")
        for row, block, count in pieces:
            more = whole(int(not new or row > 0))
            a = b.gep(source, [b.mul(whole(block), width)], source_etype=code.real.type)
            offset = b.mul(b.mul(whole(row), width), padded)
            c = b.gep(matrix, [offset], source_etype=code.real.type)
            depth = b.mul(whole(count), width)
            b.call(code.product, [m, a, stride, c, padded, target, padded, depth, padded, more])

    def _add_rows(self, m, product, source, stride, width, new):
        """Of a value that was not multiplied: once for each of the pre-activations."""
        code = self.code
        target, padded = self.gradient(product.of), code.size(f"padded {product.of}")
        first = 0 if product.normalize is not None else product.blocks[0]

        def body(i):
            def unit(lanes, j):
                here = lanes.load(source, code.at((i, stride), (whole(first), width), j))
                self.add(lanes, target, code.at((i, padded), j), here, new)

            code.units(width, unit)

        code.rows(m, body)

    def _gather(self, m, name, blocks, source, stride, width):
        """The gradients of a normalised product's numbers, side by side."""
        code, b = self.code, self.b
        target, size = code.scratch(f"d_normal {name}"), code.size(f"rows {name}")

        def body(i):
            for k, block in enumerate(blocks):
                here, there = (
                    code.at((i, stride), (whole(block), width)),
                    code.at((i, size), (whole(k), width)),
                )
                code.units(
                    width,
                    lambda lanes, j, h=here, o=there: lanes.store(
                        lanes.load(source, b.add(h, j)), target, b.add(o, j)
                    ),
                )

        code.rows(m, body)

    def _denormalize(self, name, r0, i, place):
        """Through a row's normalisation: ``s (g - mean(g) - n mean(g n))`` with g = d gain."""
        code, b = self.code, self.b
        row, size = code.scratch(f"d_normal {name}"), code.size(f"rows {name}")
        base, one = b.mul(i, size), code.single()
        own = b.mul(b.sdiv(r0, whole(TILE)), size)
        count = b.sitofp(size, code.real.type)

        def numbers(lanes, j):
            d = lanes.load(row, b.add(base, j))
            normal = lanes.load(code.array(f"normal {name}"), code.at((place, size), j))
            return d, normal, b.fmul(d, lanes.load(code.array(f"gain {name}"), j))

        def sums(lanes, j, total, product):
            d, normal, g = numbers(lanes, j)
            self.add(lanes, code.array(f"d_gain {name}"), b.add(own, j), b.fmul(d, normal))
            self.add(lanes, code.array(f"d_shift {name}"), b.add(own, j), d)
            return [
                b.fadd(total, lanes.total(g)),
                b.fadd(product, lanes.total(b.fmul(g, normal))),
            ]

        total, product = code.units(size, sums, [one.number(0.0), one.number(0.0)])
        mean, slope = b.fdiv(total, count), b.fdiv(product, count)
        scale = one.load(code.array(f"scale {name}"), place)

        def write(lanes, j):
            _, normal, g = numbers(lanes, j)
            inner = b.fsub(b.fsub(g, lanes.spread(mean)), b.fmul(normal, lanes.spread(slope)))
            value = b.fmul(lanes.spread(scale), inner)
            lanes.store(value, row, b.add(base, j))
            lanes.store(value, code.array(f"before {name}"), code.at((place, size), j))

        code.units(size, write)


class Backward(WayBack):
    """Code of the steps of a tile, from the last to the first."""

    def tile(self, r0, m):
        code, plan = self.code, self.plan
        for part, value in enumerate(plan.last):
            self._load(r0, m, f"d_last {part}", value)
        loop(
            self.b,
            whole(0),
            code.size("steps"),
            whole(1),
            lambda t: self._step(r0, m, t),
            down=True,
        )
        for part, value in enumerate(plan.last):
            self._save(r0, m, part, value)

    def _load(self, r0, m, name, value):
        code, source, width = self.code, self.code.array(name), self.width(value)
        code.fill(
            m,
            f"d {self.homes[value]}",
            code.size(f"padded {value}"),
            width,
            lambda lanes, i, j: lanes.load(source, code.at((self.b.add(r0, i), width), j)),
        )

    def _save(self, r0, m, part, value):
        code, b, width = self.code, self.b, self.width(value)
        source, target = self.gradient(value), code.array(f"d_state {part}")
        padded = code.size(f"padded {value}")

        def body(i):
            code.units(
                width,
                lambda lanes, j: lanes.store(
                    lanes.load(source, code.at((i, padded), j)),
                    target,
                    code.at((b.add(r0, i), width), j),
                ),
            )

        code.rows(m, body)

    def _step(self, r0, m, t):
        plan, code = self.plan, self.code
        products = BackProducts(code, plan)
        for number in range(len(plan.stages) - 1, -1, -1):
            code.rows(m, lambda i, n=number: self._row(r0, i, t, n))
            for index in range(len(plan.stages[number].products) - 1, -1, -1):
                products.product(r0, m, t, number, index)
        for part, value in enumerate(plan.last):
            if self.homes[value] != part:
                self._carry(m, part, value)

    def _carry(self, m, part, value):
        code, padded = self.code, self.code.size(f"padded {value}")
        source = self.gradient(part)
        code.fill(
            m,
            f"d {self.homes[value]}",
            padded,
            self.width(value),
            lambda lanes, i, j: lanes.load(source, code.at((i, padded), j)),
        )

    def _row(self, r0, i, t, number):
        planned, place = self.plan.stages[number], self.place(r0, i, t)
        stage = planned.stage
        n_kept = len(stage.keeps)
        da, ds, dp = stage.gradient(
            placeholders("d", len(planned.gives)),
            placeholders("k", n_kept),
            placeholders("s", len(planned.takes)),
            placeholders("p", len(stage.parameters)),
        )
        wanted = [expression(each) for each in (*da, *ds, *dp)]

        def body(lanes, j):
            known = self._known(lanes, r0, i, j, t, place, number)
            values = lanes.evaluate(wanted, known)
            n_a, n_s = len(da), len(ds)
            self._write_gates(lanes, values[:n_a], i, j, place, number)
            for k, (value, d) in enumerate(
                zip(planned.takes, values[n_a : n_a + n_s], strict=True)
            ):
                offset = self.code.at((i, self.code.size(f"padded {value}")), j)
                new = ("take", number, k) in self.first
                self.add(lanes, self.gradient(value), offset, d, new)
            for name, d in zip(stage.parameters, values[n_a + n_s :], strict=True):
                self.add(lanes, self.code.array(f"d_weight {name}"), self.own(r0, number, j), d)

        self.code.units(self.of_stage(number), body)

    def _known(self, lanes, r0, i, j, t, place, number):
        code, planned = self.code, self.plan.stages[number]
        stage, known = planned.stage, {}
        for k, value in enumerate(planned.gives):
            offset = code.at((i, code.size(f"padded {value}")), j)
            known["d", k] = lanes.load(self.gradient(value), offset)
            if value in self.plan.last:  # and what the outputs of this step bring
                name = f"d_part {self.plan.last.index(value)}"
                offset = code.at((place, code.size(f"{name} stride")), j)
                brought = lanes.load(code.array(name), offset)
                known["d", k] = self.b.fadd(known["d", k], brought)
        for k in range(len(stage.keeps)):
            known["k", k] = lanes.load(*self.kept(number, k, place, j))
        for k, value in enumerate(planned.takes):
            known["s", k] = self._old(lanes, r0, i, j, t, place, value)
        for k, name in enumerate(stage.parameters):
            known["p", k] = lanes.load(code.array(f"weight {name}"), j)
        return known

    def _old(self, lanes, r0, i, j, t, place, value):
        """A value that the stage took: of this step, or the state before it."""
        code, b, width = self.code, self.b, self.width(value)
        if value >= self.plan.n_parts:
            last = self.plan.last
            name = f"part {last.index(value)}" if value in last else f"stored {value}"
            return lanes.load(code.array(name), code.at((place, width), j))
        first = b.icmp_signed("==", t, whole(0))
        array = b.select(first, code.array(f"state {value}"), code.array(f"part {value}"))
        row = b.select(first, b.add(r0, i), b.sub(place, whole(1)))
        return lanes.load(array, code.at((row, width), j))

    def _write_gates(self, lanes, values, i, j, place, number):
        """To the products of this step, and for the weights of all steps."""
        code, planned, b = self.code, self.plan.stages[number], self.b
        width = self.of_stage(number)
        for block, value in enumerate(values):
            here = b.mul(i, b.mul(whole(planned.n_blocks), width))
            offset = code.at(here, (whole(block), width), j)
            lanes.store(value, code.scratch(f"d_gates {number}"), offset)
            if block < planned.n_inputs:
                offset = code.at((place, code.size("gates")), self.gates(number, block), j)
                lanes.store(value, code.array("d_share"), offset)
            else:
                row = b.mul(place, whole(planned.n_extra))
                offset = code.at((b.add(row, whole(block - planned.n_inputs)), width), j)
                lanes.store(value, code.array(f"d_extra {number}"), offset)
