"""A simple recurrent cell whose units have time constants."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike
from torch import Tensor

from sksequence.cells._activations import ACTIVATIONS, check_activation
from sksequence.cells._cell import Cell, Weights
from sksequence.cells._initial import check_switch, with_options
from sksequence.cells._stage import Product, Stage

_SPREAD = "log-uniform"
_LEAST_TO_LEARN = 1.1  # nearer to 1 the softplus is flat, and its gradient moves tau no more


class LeakyRNN(Cell):
    r"""Leaky units: each step a unit keeps a part of its state (Jaeger et al., 2007).

    .. math::

        h_t = \Bigl(1 - \frac{1}{\tau}\Bigr) h_{t-1}
              + \frac{1}{\tau} f(W x_t + U h_{t-1} + b), \qquad \tau \ge 1

    It is the simple cell of a continuous time: after :math:`\tau` steps about 63 % of an old
    state have leaked away. A unit with a large :math:`\tau` remembers long and sees the inputs
    smoothed; :math:`\tau = 1` is the plain ``"rnn"``. Units on several time scales read slow
    and fast changes side by side.

    Parameters
    ----------
    tau : float, array-like of shape (n_units,), or "log-uniform", default=4.0
        The time constants in steps, none below 1: one for all units, one for each, or spread
        evenly on a logarithmic scale between 1 and `tau_max`.
    learn_tau : bool, default=False
        Whether they are weights too, :math:`\tau = 1 + \log(1 + e^w)`, which start at `tau`,
        but at 1.1 at least.
    tau_max : float, default=100.0
        The end of the log-uniform spread; the length of what is to be remembered is a good one.
    activation : {"tanh", "relu", "logistic", "identity"}, default="tanh"
        The function f.
    bias : bool, default=True
        Whether there is a b.
    recurrent_init : {"uniform", "orthogonal"}, default="uniform"
        How U is drawn at the start.

    References
    ----------
    Jaeger, Lukoševičius, Popovici and Siewert, "Optimization and applications of echo state
    networks with leaky-integrator neurons", Neural Networks 20 (2007). The time constants of
    several sizes: Mozer, "Induction of multiscale temporal structure", NIPS (1992).

    Notes
    -----
    It has ``n_units * (n_inputs + n_units + 2)`` weights, and ``n_units`` more (``weight_tau``)
    with ``learn_tau=True``.

    Examples
    --------
    >>> import torch
    >>> from sksequence.cells import LeakyRNN
    >>> cell = LeakyRNN(tau="log-uniform", tau_max=81.0, learn_tau=True)
    >>> weights = cell.initial_weights(1, 2, torch.Generator())
    >>> cell.time_constants(weights, 2)
    tensor([ 3., 27.])
    """

    n_gates = 1
    state_names = ("h",)

    def __init__(
        self,
        tau: float | ArrayLike = 4.0,
        learn_tau: bool = False,
        tau_max: float = 100.0,
        activation: str = "tanh",
        bias: bool = True,
        recurrent_init: str = "uniform",
    ):
        self.tau = tau
        self.learn_tau = learn_tau
        self.tau_max = tau_max
        self.activation = activation
        self.bias = bias
        self.recurrent_init = recurrent_init

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """As for every cell; with `learn_tau` also the w of the time constants."""
        tau = self._start(n_units)
        weights = with_options(
            super().initial_weights(n_inputs, n_units, generator),
            n_units,
            generator,
            bias=self.bias,
            recurrent_init=self.recurrent_init,
        )
        check_switch("learn_tau", self.learn_tau)
        if self.learn_tau:
            raw = np.log(np.expm1(np.maximum(tau, _LEAST_TO_LEARN) - 1))
            weights["weight_tau"] = torch.as_tensor(raw, dtype=torch.float32)
        return weights

    def prepare(self, weights: Weights, n_units: int) -> Weights:
        """The weights, and ``rate``, which is 1 / tau."""
        return {**weights, "rate": 1 / self.time_constants(weights, n_units)}

    def time_constants(self, weights: Weights, n_units: int) -> Tensor:
        """tau of each unit, in steps, of shape ``(n_units,)``."""
        if self.learn_tau:
            return 1 + F.softplus(weights["weight_tau"])
        like = weights["weight_ih"]
        return torch.as_tensor(self._start(n_units), dtype=like.dtype, device=like.device)

    def stages(self) -> tuple[Stage, ...]:
        """One stage."""
        return _STAGES[check_activation(self.activation)]

    def _start(self, n_units: int) -> np.ndarray:
        """The time constants that the options ask for."""
        if isinstance(self.tau, str):
            return self._spread(n_units)
        tau = np.asarray(self.tau, dtype=np.float64)
        if tau.shape not in ((), (n_units,)):
            raise ValueError(
                f"tau must be one number or one for each unit, shape ({n_units},) for "
                f"{n_units} units, got shape {tau.shape}."
            )
        _check_tau(tau, "tau")
        return np.broadcast_to(tau, (n_units,)).copy()

    def _spread(self, n_units: int) -> np.ndarray:
        if self.tau != _SPREAD:
            raise ValueError(
                f"tau must be a number, one number for each unit, or {_SPREAD!r}, got {self.tau!r}."
            )
        _check_tau(np.asarray(self.tau_max, dtype=np.float64), "tau_max")
        return float(self.tau_max) ** ((np.arange(n_units) + 0.5) / n_units)


def _check_tau(tau: np.ndarray, name: str) -> None:
    """Raise where a time constant is below 1 or no number."""
    wrong = tau[~(np.isfinite(tau) & (tau >= 1))]
    if wrong.size:
        raise ValueError(
            f"{name} must be finite and at least 1, got {wrong.flat[0]}: a unit keeps the share "
            "1 - 1/tau of its state, which below 1 is negative, so that the state would change "
            "its sign each step. tau=1 keeps nothing and is the plain rnn."
        )


def _unit(function, slope):
    """The stage of h = (1 - r) h + r f(a), which at r = 1 is f(a) to the last bit."""

    def update(a, s, p):
        y = function(a[0])
        return ((1 - p[0]) * s[0] + p[0] * y,), (y,)

    def gradient(d, k, s, p):
        y = k[0]
        return (d[0] * p[0] * slope(y),), (d[0] * (1 - p[0]),), (d[0] * (y - s[0]),)

    stage = Stage(
        update,
        gradient,
        n_gates=1,
        inputs=(0, 1),
        products=(Product("h", "weight_hh", (0, 1)),),
        takes=("h",),
        parameters=("rate",),
        gives=("h",),
        keeps=("candidate",),
    )
    return (stage,)


_STAGES = {name: _unit(*pair) for name, pair in ACTIVATIONS.items()}
