"""Addresses, as both ways through time need them."""

from __future__ import annotations

from sksequence.kernels._code import Code
from sksequence.kernels._lanes import whole
from sksequence.kernels._plan import Plan, homes


class Way:
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
