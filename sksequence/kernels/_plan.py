"""A cell's description with its names resolved: which value goes where, and how wide it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sksequence.cells import Cell
from sksequence.cells._stage import Stage, Weights


@dataclass(frozen=True)
class PlannedProduct:
    """A product: `of` is the number of a value, `blocks` the pre-activations that it adds to."""

    of: int
    weight: str | None
    rows: tuple[int, int]  # of the matrix, in numbers rather than blocks
    blocks: tuple[int, ...]
    normalize: str | None


@dataclass(frozen=True)
class PlannedStage:
    """A stage; values are numbered in the order in which a step makes them."""

    stage: Stage
    width: int  # of each pre-activation
    products: tuple[PlannedProduct, ...]
    takes: tuple[int, ...]
    gives: tuple[int, ...]
    first_input: int  # block of the inputs' share that goes to pre-activation 0
    n_inputs: int  # how many pre-activations have a share of the inputs
    n_blocks: int  # pre-activations, those apart included
    biases: tuple[int, ...]  # of each pre-activation from n_inputs on: block of bias_hh, or -1

    @property
    def n_extra(self) -> int:
        """Pre-activations without a share of the inputs."""
        return self.n_blocks - self.n_inputs

    @property
    def n_kept_beside(self) -> int:
        """Kept values for which the inputs' share has no room."""
        return max(0, len(self.stage.keeps) - self.n_inputs)


@dataclass(frozen=True)
class Plan:
    """All stages of a step; values 0, 1, ... are the parts of the state before the step."""

    n_units: int
    n_gates: int
    stages: tuple[PlannedStage, ...]
    widths: tuple[int, ...]  # of each value
    last: tuple[int, ...]  # for each part of the state, its value after the step
    weights: tuple[str, ...]  # those that the loop itself reads

    @property
    def n_parts(self) -> int:
        """The number of parts of the state."""
        return len(self.last)

    def kept_values(self) -> tuple[int, ...]:
        """Values made within a step that a gradient needs, beside the state."""
        needed = {p.of for s in self.stages for p in s.products} | {
            v for s in self.stages for v in s.takes
        }
        return tuple(v for v in sorted(needed) if v >= self.n_parts and v not in self.last)


def homes(plan: Plan) -> tuple[int, ...]:
    """For each value the value in whose memory it may lie.

    The new value of a part of the state takes the place of the old one, if nothing reads the
    old one once the new one is made, and something before does.
    """
    home = list(range(len(plan.widths)))
    for part, value in enumerate(plan.last):
        made = [number for number, s in enumerate(plan.stages) if value in s.gives]
        uses = [
            number
            for number, s in enumerate(plan.stages)
            if part in s.takes or part in [p.of for p in s.products]
        ]
        if made and uses and max(uses) <= made[0]:
            home[value] = part
    return tuple(home)


def first_gradients(plan: Plan) -> set[tuple]:
    """Which share of a value's gradient comes first on the way back, where there was none.

    Shares are ``("take", stage, place)`` and ``("product", stage, place)``; the value after a
    step starts with the gradient of the steps that follow.
    """
    seen, first = set(plan.last), set()
    for number in range(len(plan.stages) - 1, -1, -1):
        stage = plan.stages[number]
        shares = [("take", k, value) for k, value in enumerate(stage.takes)]
        shares += [("product", k, p.of) for k, p in reversed(list(enumerate(stage.products)))]
        for kind, place, value in shares:
            if value not in seen:
                first.add((kind, number, place))
                seen.add(value)
    return first


def plan_of(cell: Cell, weights: Weights, n_units: int) -> Plan:
    """The plan of a described cell with these (prepared) weights."""
    shapes = tuple((name, tuple(values.shape)) for name, values in weights.items())
    sizes = cell.state_sizes(n_units)
    return _plan(cell.stages(), cell.state_names, sizes, cell.n_gates, n_units, shapes)


@lru_cache(maxsize=256)
def _plan(stages, names, sizes, n_gates, n_units, shapes):
    shapes = dict(shapes)
    known = dict(zip(names, range(len(names)), strict=True))
    widths = list(sizes)
    planned = []
    for stage in stages:
        planned.append(_planned(stage, known, widths, shapes, n_units))
        _check(planned[-1], widths, shapes)
        widths += [planned[-1].width] * len(stage.gives)
        known.update(zip(stage.gives, planned[-1].gives, strict=True))
    return Plan(
        n_units=n_units,
        n_gates=n_gates,
        stages=tuple(planned),
        widths=tuple(widths),
        last=tuple(known[name] for name in names),
        weights=_weights_read(stages, shapes),
    )


def _planned(stage, known, widths, shapes, n_units):
    first, stop = stage.inputs or (0, 0)
    biased = "bias_hh" in shapes
    absent = [-1] * (stage.n_gates - (stop - first))
    return PlannedStage(
        stage=stage,
        width=_width(stage, known, widths, shapes, n_units),
        products=tuple(_product(p, stage, known, shapes, widths, n_units) for p in stage.products),
        takes=tuple(known[name] for name in stage.takes),
        gives=tuple(range(len(widths), len(widths) + len(stage.gives))),
        first_input=first,
        n_inputs=stop - first,
        n_blocks=stage.n_gates + len(stage.apart),
        biases=tuple(absent + [first + gate if biased else -1 for gate in stage.apart]),
    )


def _check(planned, widths, shapes):
    """The weights must fit: machine code asks no questions.

    Raises
    ------
    ValueError
        With the name of the weight, the shape that it should have and the one that it has.
    """
    stage, width = planned.stage, planned.width
    wanted: list[tuple[str, tuple]] = [(name, (width,)) for name in stage.parameters]
    for product in planned.products:
        n_rows = len(product.blocks) * width
        if product.rows[1] - product.rows[0] != n_rows:
            raise ValueError(
                f"the product with {product.weight!r} has {product.rows[1] - product.rows[0]} "
                f"rows for {len(product.blocks)} gates of {width} units: {n_rows} are expected."
            )
        if product.weight is not None:
            height = max(product.rows[1], shapes[product.weight][0])
            wanted.append((product.weight, (height, widths[product.of])))
        names = (f"{product.normalize}_weight", f"{product.normalize}_bias")
        wanted += [(name, (n_rows,)) for name in names if name in shapes]
    if "bias_hh" in shapes:
        wanted.append(("bias_hh", shapes["weight_ih"][:1]))
    for name, shape in wanted:
        if shapes[name] != shape:
            raise ValueError(
                f"the weight {name!r} has the shape {shapes[name]}, but the cell's description "
                f"asks for {shape}."
            )


def _width(stage, known, widths, shapes, n_units):
    """Of a stage's pre-activations: the number of units, but for a projection."""
    if stage.inputs is not None or not stage.products:
        return n_units
    product = stage.products[0]
    if product.weight is None:
        return widths[known[product.of]]
    if product.rows is not None:
        return n_units
    return shapes[product.weight][0] // (product.gates[1] - product.gates[0])


def _product(product, stage, known, shapes, widths, n_units):
    of = known[product.of]
    if product.weight is None:
        rows = (0, widths[of])
    elif product.rows is None:
        rows = (0, shapes[product.weight][0])
    else:
        rows = (product.rows[0] * n_units, product.rows[1] * n_units)
    gates = range(*product.gates)
    blocks = tuple(stage.n_gates + stage.apart.index(g) if g in stage.apart else g for g in gates)
    return PlannedProduct(of, product.weight, rows, blocks, product.normalize)


def _weights_read(stages, shapes):
    """Matrices, numbers of units, normalisations and, for gates apart, ``bias_hh``."""
    names = []
    for stage in stages:
        names += stage.parameters
        for product in stage.products:
            names.append(product.weight)
            names += [f"{product.normalize}_weight", f"{product.normalize}_bias"]
        names += ["bias_hh"] * bool(stage.apart)
    return tuple(name for name in dict.fromkeys(names) if name in shapes)


def runs(blocks: tuple[int, ...], alike: tuple = ()) -> list[tuple[int, int, int]]:
    """Neighbouring blocks together: ``(place in blocks, first block, how many)``.

    Blocks are together only where what `alike` says of them is the same.

    Examples
    --------
    >>> from sksequence.kernels._plan import runs
    >>> runs((0, 1, 3))
    [(0, 0, 2), (2, 3, 1)]
    >>> runs((0, 1), alike=(True, False))
    [(0, 0, 1), (1, 1, 1)]
    """
    alike = alike or (True,) * len(blocks)
    found: list[tuple[int, int, int]] = []
    for place, block in enumerate(blocks):
        row, first, count = found[-1] if found else (0, block, 0)
        if found and first + count == block and alike[place] == alike[row]:
            found[-1] = (row, first, count + 1)
        else:
            found.append((place, block, 1))
    return found
