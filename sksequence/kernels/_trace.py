"""The arithmetic of a stage as an expression, found by calling it with placeholders."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Expression:
    """A placeholder, a number, or an operation on expressions.

    It answers to the operators and to the few methods that ``sksequence.cells`` asks of a
    tensor, so that a stage's `update` and `gradient` run on it as they are.
    """

    operation: str
    operands: tuple

    def __add__(self, other):
        return Expression("add", (self, expression(other)))

    def __sub__(self, other):
        return Expression("subtract", (self, expression(other)))

    def __mul__(self, other):
        return Expression("multiply", (self, expression(other)))

    def __truediv__(self, other):
        return Expression("divide", (self, expression(other)))

    def __radd__(self, other):
        return expression(other) + self

    def __rsub__(self, other):
        return expression(other) - self

    def __rmul__(self, other):
        return expression(other) * self

    def __rtruediv__(self, other):
        return expression(other) / self

    def __neg__(self):
        return Expression("negative", (self,))

    def __bool__(self):
        raise TypeError("a stage's equations have no branches: their values are not known here")

    def sigmoid(self):
        return Expression("sigmoid", (self,))

    def tanh(self):
        return Expression("tanh", (self,))

    def relu(self):
        return Expression("relu", (self,))

    def gt(self, bound):
        return Expression("above", (self, expression(bound)))

    def type_as(self, other):
        return self


def expression(value) -> Expression:
    """An expression as it is, a number as a constant."""
    return value if isinstance(value, Expression) else Expression("number", (float(value),))


def placeholders(kind: str, count: int) -> tuple[Expression, ...]:
    """`count` values that are known when the kernel runs."""
    return tuple(Expression("value", (kind, i)) for i in range(count))
