"""What a gradient flow means, in words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

LEFT = 0.01  # the share that ends a memory
GROWS = 100.0  # times that a gradient may grow before it counts as exploding


def verdict_of(layer: Any, cell: Any, estimator: Any) -> str:
    """One or two sentences about a `LayerFlow` and what would help.

    Parameters
    ----------
    layer : LayerFlow
    cell : Cell
        Of the layer: the remedy depends on it.
    estimator : estimator
        Its `pooling` and `gradient_clip` are part of the remedy.
    """
    share = layer.share_left
    if not len(share):
        return (
            "No gradient enters at the last step of any sequence: the loss is flat there (it is "
            "fitted perfectly, or its units are off)."
        )
    n_back = len(share) - 1
    if n_back == 0:
        return "All sequences have one step: nothing goes back in time."
    top = int(np.argmax(share))
    if share[top] > GROWS:
        return _explodes(float(share[top]), top, getattr(estimator, "gradient_clip", None))
    if share[-1] <= LEFT:
        pooling = getattr(estimator, "pooling", None)
        return _vanishes(float(share[-1]), n_back, layer.memory_length, _remedy(cell, pooling))
    left = f"{_percent(share[-1])} of" if share[-1] <= 1.5 else f"{share[-1]:.2g} times"
    return (
        f"Fine: {left} the gradient of the last step is left {steps(n_back)} "
        f"back{_grown(float(share[top]), top) if top < n_back else ''}."
    )


def _vanishes(share: float, n_back: int, memory: float, remedy: str) -> str:
    fall = "to nothing" if share == 0 else f"by {power(1 / share)}"
    only = f"1 % is left after {steps(int(memory))}, so what lies further back teaches little"
    return f"The gradient falls {fall} in {steps(n_back)}: {only}. If it matters, {remedy}."


def _remedy(cell: Any, pooling: str | None) -> str:
    if not (hasattr(cell, "forget_bias") or cell.gates):
        return "a gated cell (LSTM, GRU), an orthogonal start, leaky units or delays would help"
    first = "an LSTM with a forget_bias of 2 or more"
    if hasattr(cell, "forget_bias"):
        first = f"a larger forget_bias ({cell.forget_bias:g} now)"
    if pooling != "last":  # every step has a gradient of its own already, or there is none
        return f"{first} or delays (connections that skip steps) would help"
    return f'{first}, delays (connections that skip steps) or pooling="mean" would help'


def _explodes(growth: float, n_back: int, gradient_clip: float | None) -> str:
    clip = "Set gradient_clip (it is off)"
    if gradient_clip is not None:
        clip = f"Keep gradient_clip (it is {gradient_clip:g}) or lower it"
    return (
        f"The gradient grows by {power(growth)} in {steps(n_back)}: it explodes. {clip}"
        ", and take a smaller learning_rate, an orthogonal start or a gated cell."
    )


def _grown(share: float, n_back: int) -> str:
    return f" (at most {share:.2g} times as much, {steps(n_back)} back)" if share > 1.5 else ""


def steps(n: int) -> str:
    """ "1 step", "2 steps"."""
    return f"{n} step{'' if n == 1 else 's'}"


def power(factor: float) -> str:
    """A factor as people say it: 30, 400, 10^6."""
    return f"a factor of {factor:.0f}" if factor < 1e3 else f"10^{math.log10(factor):.0f}"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.095 else f"{share:.1%}"
