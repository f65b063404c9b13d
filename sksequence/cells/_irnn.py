"""The simple recurrent cell that starts as a copy of its state."""

from __future__ import annotations

import torch

from sksequence.cells._cell import Weights
from sksequence.cells._rnn import RNN


class IRNN(RNN):
    r"""Rectified linear units that start with the identity as recurrence (Le et al., 2015).

    .. math:: h_t = \max(0,\; W x_t + U h_{t-1} + b), \qquad U = \alpha I \text{ at the start}

    At the start the state is kept (`scale` = 1) or fades by `scale` each step, and the error
    flows back through it in the same way. The inputs' weights start small, with a standard
    deviation of 0.001, and the biases at 0, as published.

    Parameters
    ----------
    scale : float, default=1.0
        The number :math:`\alpha`. Smaller ones, such as 0.01, forget sooner; the paper uses them
        where long memory is not needed.
    bias : bool, default=True
        Whether there is a b.

    References
    ----------
    Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of rectified linear
    units" (2015), arXiv:1504.00941.

    Notes
    -----
    It has ``n_units * (n_inputs + n_units + 2)`` weights.

    Examples
    --------
    >>> import torch
    >>> from sksequence.cells import IRNN
    >>> IRNN(scale=0.5).initial_weights(1, 2, torch.Generator())["weight_hh"].tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """

    activation = "relu"
    recurrent_init = "uniform"

    def __init__(self, scale: float = 1.0, bias: bool = True):
        self.scale = scale
        self.bias = bias

    def initial_weights(self, n_inputs: int, n_units: int, generator: torch.Generator) -> Weights:
        """A multiple of the identity, small weights for the inputs, no bias."""
        weights = super().initial_weights(n_inputs, n_units, generator)
        weights["weight_ih"].normal_(0.0, 0.001, generator=generator)
        weights["weight_hh"].zero_().fill_diagonal_(self.scale)
        for name in weights.keys() & {"bias_ih", "bias_hh"}:
            weights[name].zero_()
        return weights
