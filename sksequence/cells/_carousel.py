"""The constant error carousel alone, without a gate."""

from __future__ import annotations

import torch

from sksequence.cells._cell import Cell, Weights
from sksequence.cells._functions import tanh
from sksequence.cells._initial import with_options
from sksequence.cells._stage import Product, Stage


class Carousel(Cell):
    r"""A memory that is only ever added to: the first idea of the LSTM, without its gates.

    .. math::

        c_t &= c_{t-1} + \tanh(W x_t + U h_{t-1} + b) \\
        h_t &= \tanh(c_t)

    The derivative of :math:`c_t` with respect to :math:`c_{t-1}` along the memory is 1, the
    "constant error carousel" of Hochreiter and Schmidhuber (1997): the error neither vanishes
    nor explodes on that way. What is missing shows as well: nothing shuts inputs out and nothing
    is forgotten, so that a long sequence fills the memory up. The output is squashed, since the
    memory may grow without bound.

    Parameters
    ----------
    bias : bool, default=True
        Whether there is a b.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How U is drawn at the start.

    Notes
    -----
    It has ``n_units * (n_inputs + n_units + 2)`` weights.

    Examples
    --------
    >>> import torch
    >>> from sksequence.cells import Carousel
    >>> cell = Carousel(bias=False)
    >>> weights = {"weight_ih": torch.ones(1, 1), "weight_hh": torch.zeros(1, 1)}
    >>> state = cell.initial_state(1, 1, torch.zeros(1))
    >>> for _ in range(3):
    ...     state = cell.step(weights, torch.full((1, 1), 100.0), state)
    >>> state[1].item()
    3.0
    """

    n_gates = 1
    n_states = 2
    state_names = ("h", "c")

    def __init__(self, bias: bool = True, recurrent_init: str = "uniform"):
        self.bias = bias
        self.recurrent_init = recurrent_init

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """As for every cell, with the options of this one."""
        return with_options(
            super().initial_weights(n_inputs, n_units, generator),
            n_units,
            generator,
            bias=self.bias,
            recurrent_init=self.recurrent_init,
        )

    def stages(self) -> tuple[Stage, ...]:
        """One stage: the candidate is added to c."""
        stage = Stage(
            _update,
            _gradient,
            n_gates=1,
            inputs=(0, 1),
            products=(Product("h", "weight_hh", (0, 1)),),
            takes=("c",),
            gives=("h", "c"),
            keeps=("candidate", "tanh_c"),
        )
        return (stage,)


def _update(a, s, p):
    g = tanh(a[0])
    c = s[0] + g
    y = tanh(c)
    return (y, c), (g, y)


def _gradient(d, k, s, p):
    g, y = k
    dc = d[1] + d[0] * (1 - y * y)
    return (dc * (1 - g * g),), (dc,), ()
