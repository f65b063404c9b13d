"""The loop over time, forward, for a tile of sequences."""

from __future__ import annotations

from sksequence.cells._stage import EPSILON
from sksequence.kernels._lanes import loop, whole
from sksequence.kernels._trace import expression, placeholders
from sksequence.kernels._way import Way


class Forward(Way):
    """Code of the steps of a tile, one after the other."""

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
