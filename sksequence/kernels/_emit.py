"""The loop over time of a plan, written for a tile of sequences at a time."""

from __future__ import annotations

from llvmlite import ir

from sksequence.cells._stage import EPSILON
from sksequence.kernels._code import TILE, Code
from sksequence.kernels._lanes import Real, loop, whole
from sksequence.kernels._plan import Plan, first_gradients, homes, runs
from sksequence.kernels._trace import expression, placeholders


def loop_module(plan: Plan, real: Real) -> tuple[ir.Module, dict[str, int]]:
    """Functions ``forward`` and ``backward``, and the places of their arguments."""
    module, names = ir.Module("loops"), {}
    for name, way in (("forward", _Forward), ("backward", _Backward)):
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


class _Way:
    """What both ways through time share: addresses."""

    def __init__(self, code: Code, plan: Plan):
        self.code, self.plan, self.b = code, plan, code.builder
        self.homes = homes(plan)

    def memory(self, value):
        """A value in this thread's own memory, for a tile."""
        return self.code.scratch(f"value {self.homes[value]}")

    def width(self, value):
        return self.code.size(f"width {value}")

    def of_stage(self, number):
        return self.code.size(f"stage {number}")

    def place(self, r0, i, t):
        """The number of a step among all steps of all sequences."""
        return self.code.at((self.b.add(r0, i), self.code.size("steps")), t)

    def gates(self, number, block):
        """Offset of a pre-activation within a step's share of the inputs."""
        first = self.plan.stages[number].first_input
        return self.b.mul(whole(first + block), self.code.size("units"))

    def kept(self, number, k, place, j):
        """Where a kept value lies: in place of the inputs' share, while there is room."""
        code, planned = self.code, self.plan.stages[number]
        if k < planned.n_inputs:
            offset = code.at((place, code.size("gates")), self.gates(number, k), j)
            return code.array("share"), offset
        row = self.b.mul(place, whole(planned.n_kept_beside))
        offset = code.at((self.b.add(row, whole(k - planned.n_inputs)), self.of_stage(number)), j)
        return code.array(f"kept {number}"), offset


class _Forward(_Way):
    def __init__(self, code, plan):
        super().__init__(code, plan)
        self.keep = code.asked("keep")

    def tile(self, r0, m):
        code, plan = self.code, self.plan
        for part in range(plan.n_parts):
            state, width = code.array(f"state {part}"), self.width(part)
            code.fill(
                m,
                f"value {part}",
                width,
                width,
                lambda lanes, i, j, s=state, w=width: lanes.load(
                    s, code.at((self.b.add(r0, i), w), j)
                ),
            )
        loop(self.b, whole(0), code.size("steps"), whole(1), lambda t: self._step(r0, m, t))
        for part in range(plan.n_parts):
            self._save(r0, m, part)

    def _save(self, r0, m, part):
        """The state after the last step."""
        code, b = self.code, self.b
        source, target = self.memory(part), code.array(f"last {part}")
        width = self.width(part)

        def row(i):
            here, there = b.mul(i, width), b.mul(b.add(r0, i), width)
            code.units(
                width,
                lambda lanes, j: lanes.store(
                    lanes.load(source, b.add(here, j)), target, b.add(there, j)
                ),
            )

        code.rows(m, row)

    def _step(self, r0, m, t):
        for number in range(len(self.plan.stages)):
            self._products(r0, m, t, number)
            self.code.rows(m, lambda i, n=number: self._row(r0, i, t, n))
        for part, value in enumerate(self.plan.last):
            if self.homes[value] == part:
                continue
            source, width = self.memory(value), self.width(part)
            self.code.fill(
                m,
                f"value {part}",
                width,
                width,
                lambda lanes, i, j, s=source, w=width: lanes.load(s, self.code.at((i, w), j)),
            )

    def _products(self, r0, m, t, number):
        code = self.code
        for index, product in enumerate(self.plan.stages[number].products):
            name = f"{number}.{index}"
            stride, value = code.size(f"stride {name}"), self.memory(product.of)
            width = self.width(product.of)
            if product.weight is None:
                code.fill(
                    m,
                    f"product {name}",
                    stride,
                    width,
                    lambda lanes, i, j, s=value, w=width: lanes.load(s, code.at((i, w), j)),
                )
            else:
                matrix, target = code.array(f"matrix {name}"), code.scratch(f"product {name}")
                numbers = (value, width, matrix, stride, target, stride, width, stride, whole(0))
                self.b.call(code.product, [m, *numbers])
            if product.normalize is not None:
                code.rows(m, lambda i, n=name: self._normalize(n, i, self.place(r0, i, t)))

    def _normalize(self, name, i, place):
        """A row: minus its mean, divided by its deviation, scaled and shifted."""
        code, b = self.code, self.b
        row, size = code.scratch(f"product {name}"), code.size(f"rows {name}")
        base = b.mul(i, code.size(f"stride {name}"))
        one = code.single()
        count = b.sitofp(size, code.real.type)

        def value(lanes, j):
            return lanes.load(row, b.add(base, j))

        (total,) = code.units(
            size, lambda lanes, j, s: [b.fadd(s, lanes.total(value(lanes, j)))], [one.number(0.0)]
        )
        mean = b.fdiv(total, count)

        def square(lanes, j, s):
            away = b.fsub(value(lanes, j), lanes.spread(mean))
            return [b.fadd(s, lanes.total(b.fmul(away, away)))]

        (total,) = code.units(size, square, [one.number(0.0)])
        spread = b.fadd(b.fdiv(total, count), one.number(EPSILON))
        scale = b.fdiv(one.number(1.0), one.root(spread))
        with b.if_then(self.keep):
            one.store(scale, code.array(f"scale {name}"), place)

        def write(lanes, j):
            away = b.fsub(value(lanes, j), lanes.spread(mean))
            normal = b.fmul(away, lanes.spread(scale))
            with b.if_then(self.keep):
                target = code.array(f"normal {name}")
                lanes.store(normal, target, code.at((place, size), j))
            gain = lanes.load(code.array(f"gain {name}"), j)
            shift = lanes.load(code.array(f"shift {name}"), j)
            lanes.store(lanes.multiply_add(normal, gain, shift), row, b.add(base, j))

        code.units(size, write)

    def _row(self, r0, i, t, number):
        """One stage of one sequence: its function, unit by unit."""
        planned, place = self.plan.stages[number], self.place(r0, i, t)
        a = placeholders("a", planned.n_blocks)
        s, p = (
            placeholders("s", len(planned.takes)),
            placeholders("p", len(planned.stage.parameters)),
        )
        results, kept = planned.stage.update(a, s, p)
        wanted = [expression(each) for each in (*results, *kept)]

        def body(lanes, j):
            known = self._known(lanes, i, j, place, number)
            values = lanes.evaluate(wanted, known)
            self._write(lanes, values, i, j, place, number)

        self.code.units(self.of_stage(number), body)

    def _known(self, lanes, i, j, place, number):
        code, planned = self.code, self.plan.stages[number]
        known = {
            ("a", k): self._gate(lanes, i, j, place, number, k) for k in range(planned.n_blocks)
        }
        for k, value in enumerate(planned.takes):
            offset = code.at((i, self.width(value)), j)
            known["s", k] = lanes.load(self.memory(value), offset)
        for k, name in enumerate(planned.stage.parameters):
            known["p", k] = lanes.load(code.array(f"weight {name}"), j)
        return known

    def _gate(self, lanes, i, j, place, number, block):
        """The sum of all that goes into a pre-activation."""
        code, planned, b = self.code, self.plan.stages[number], self.b
        terms = []
        if block < planned.n_inputs:
            offset = code.at((place, code.size("gates")), self.gates(number, block), j)
            terms.append(lanes.load(code.array("share"), offset))
        for index, product in enumerate(planned.products):
            if block in product.blocks:
                name, k = f"{number}.{index}", product.blocks.index(block)
                here = (i, code.size(f"stride {name}"))
                offset = code.at(here, (whole(k), self.of_stage(number)), j)
                terms.append(lanes.load(code.scratch(f"product {name}"), offset))
        bias = planned.biases[block - planned.n_inputs] if block >= planned.n_inputs else -1
        if bias >= 0:
            offset = code.at((whole(bias), code.size("units")), j)
            terms.append(lanes.load(code.array("weight bias_hh"), offset))
        total = terms[0]
        for term in terms[1:]:
            total = b.fadd(total, term)
        return total

    def _write(self, lanes, values, i, j, place, number):
        code, planned = self.code, self.plan.stages[number]
        results, kept = values[: len(planned.gives)], values[len(planned.gives) :]
        stored = []
        for value, result in zip(planned.gives, results, strict=True):
            width = self.width(value)
            lanes.store(result, self.memory(value), code.at((i, width), j))
            target = (code.at((place, width), j), result)
            if value == self.plan.last[0]:
                lanes.store(result, code.array("part 0"), target[0])
            elif value in self.plan.last:
                stored.append((f"part {self.plan.last.index(value)}", *target))
            elif value in self.plan.kept_values():
                stored.append((f"stored {value}", *target))
        with self.b.if_then(self.keep):
            for name, offset, result in stored:
                lanes.store(result, code.array(name), offset)
            for k, result in enumerate(kept):
                lanes.store(result, *self.kept(number, k, place, j))


class _Backward(_Way):
    def __init__(self, code, plan):
        super().__init__(code, plan)
        self.first = first_gradients(plan)

    def gradient(self, value):
        """The gradient of a value in this thread's own memory, for a tile."""
        return self.code.scratch(f"d {self.homes[value]}")

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
        for number in range(len(plan.stages) - 1, -1, -1):
            code.rows(m, lambda i, n=number: self._row(r0, i, t, n))
            for index in range(len(plan.stages[number].products) - 1, -1, -1):
                self._product(r0, m, t, number, index)
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
                self._add(lanes, self.gradient(value), offset, d, new)
            for name, d in zip(stage.parameters, values[n_a + n_s :], strict=True):
                self._add(lanes, self.code.array(f"d_weight {name}"), self._own(r0, number, j), d)

        self.code.units(self.of_stage(number), body)

    def _own(self, r0, number, j):
        """Offset within the sums of this tile, which are added up afterwards."""
        return self.code.at((self.b.sdiv(r0, whole(TILE)), self.of_stage(number)), j)

    def _add(self, lanes, array, offset, value, new=False):
        """Add to what is there; `new`: nothing is."""
        value = value if new else self.b.fadd(lanes.load(array, offset), value)
        lanes.store(value, array, offset)

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

    def _product(self, r0, m, t, number, index):
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
                self._add(lanes, target, code.at((i, padded), j), here, new)

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
            self._add(lanes, code.array(f"d_gain {name}"), b.add(own, j), b.fmul(d, normal))
            self._add(lanes, code.array(f"d_shift {name}"), b.add(own, j), d)
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
