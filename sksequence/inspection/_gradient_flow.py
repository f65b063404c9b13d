"""How far back the gradient of the loss reaches, and what stops it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from numbers import Integral
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from sksequence.inspection._opened import check_recurrent, opened
from sksequence.inspection._verdict import LEFT, verdict_of

if TYPE_CHECKING:
    import pandas as pd

WORK = 3e9  # multiplications that singular values may take, before there are fewer of them
N_WATCHED = 4  # sequences whose Jacobians are looked at
CLOSED, OPEN = 0.05, 0.95  # a gate beyond them is saturated


@dataclass(frozen=True, eq=False)
class LayerFlow:
    """What `gradient_flow` finds in one recurrent layer.

    Arrays are aligned at the last step that the layer reads of each sequence: column k is k
    steps before it, NaN before the first step.

    Parameters
    ----------
    name : str
        "recurrent 1", "recurrent 1 backward", ...
    gradient_norms : ndarray of shape (n_sequences, n_steps)
        :math:`|\\partial L_i / \\partial s|` for the loss of each sequence, s being all parts of
        the state (of an LSTM h and c).
    carried : ndarray of shape (n_sequences, n_steps)
        The share that is left of the gradient that enters at the last step,
        :math:`|(J_T \\cdots J_{T-k+1})^\\top d_T| / |d_T|`; 1 in column 0.
    product_norms : ndarray of shape (n_watched, n_back + 1)
        Largest singular value of :math:`\\partial s_T/\\partial s_{T-k}` for the longest
        sequences: how much the state of k steps before can matter at most.
    singular_values : ndarray of shape (n_watched, n_back, state size)
        Of the Jacobian of one step, :math:`\\partial s_{T-k}/\\partial s_{T-k-1}`, falling.
    saturation : dict of str to (float, float)
        Share of a gate's values below 0.05 and above 0.95; of tanh units below -0.95 and above
        0.95, of relu units those that are zero.
    weight_gradients : dict of str to ndarray
        Gradient of the mean loss with respect to each weight of the layer, put together from
        the steps.
    """

    name: str
    gradient_norms: np.ndarray
    carried: np.ndarray
    product_norms: np.ndarray
    singular_values: np.ndarray
    saturation: dict[str, tuple[float, float]]
    weight_gradients: dict[str, np.ndarray]

    @property
    def share_left(self) -> np.ndarray:
        """Median of ``carried`` over the sequences, as far back as half of them reach."""
        there = np.isfinite(self.carried)
        n = int((there.sum(axis=0) * 2 >= np.isfinite(self.carried[:, 0]).sum()).sum())
        if not there.any():
            return np.zeros(0)
        return np.array([np.median(c[t]) for c, t in zip(self.carried.T, there.T, strict=True)])[:n]

    @property
    def memory_length(self) -> float:
        """Steps back until 1 % of the gradient is left, for good; inf where more is left."""
        above = np.flatnonzero(self.share_left > LEFT)
        if len(above) == 0:
            return 0.0
        return math.inf if above[-1] == len(self.share_left) - 1 else float(above[-1] + 1)


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """The answer of `gradient_flow`; prints its verdict, and is HTML in a notebook.

    Parameters
    ----------
    title : str
    layers : tuple of LayerFlow
        In the order of the network.
    loss : float
        Mean loss of the sequences.
    n_sequences : int
    verdict : str
        What it means and what would help, in words.
    """

    title: str
    layers: tuple[LayerFlow, ...]
    loss: float
    n_sequences: int
    verdict: str

    @property
    def longest(self) -> LayerFlow:
        """The layer that remembers longest."""
        return max(self.layers, key=lambda layer: (layer.memory_length, layer.share_left.sum()))

    @property
    def memory_length(self) -> float:
        """Steps back until 1 % of the gradient is left, in the layer that remembers longest."""
        return self.longest.memory_length

    def to_frame(self) -> pd.DataFrame:
        """A row for each layer and step back.

        Returns
        -------
        DataFrame
            With the columns ``layer``, ``steps_back``, ``n_sequences`` (that are so long),
            ``gradient_mean`` and ``gradient_median`` (norms over the sequences), ``share_left``
            (median of what is carried of the last step's gradient), ``product_norm`` (largest
            over the sequences watched), ``singular_max`` and ``singular_min`` (medians of the
            largest and smallest singular values of the step's Jacobian; NaN where none was
            taken).
        """
        import pandas as pd

        return pd.concat([_frame(layer) for layer in self.layers], ignore_index=True)

    def saturation_frame(self) -> pd.DataFrame:
        """A row for each layer and gate: ``layer``, ``values``, ``low`` and ``high`` shares."""
        import pandas as pd

        rows = [
            (layer.name, gate, *shares)
            for layer in self.layers
            for gate, shares in layer.saturation.items()
        ]
        return pd.DataFrame(rows, columns=["layer", "values", "low", "high"])

    def __str__(self) -> str:
        table = [_HEADINGS, *map(_row, self.layers)]
        widths = [max(len(row[i]) for row in table) for i in range(len(_HEADINGS))]
        lines = [
            "  ".join(
                cell.ljust(w) if i == 0 else cell.rjust(w)
                for i, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
            for row in table
        ]
        rule = "-" * max(map(len, lines))
        gates = [f"{layer.name}: {_saturated(layer)}" for layer in self.layers if layer.saturation]
        if len(self.layers) == 1 and gates:
            gates = [_saturated(self.layers[0])]
        said = fill(self.verdict, max(len(rule), 76))
        return "\n".join([self.title, rule, lines[0], rule, *lines[1:], rule, *gates, said])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(h)}</th>" for h in _HEADINGS)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _row(layer)) + "</tr>"
            for layer in self.layers
        )
        return (
            f"<table><caption>{escape(self.title)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table><p>{escape(self.verdict)}</p>"
        )


_HEADINGS = ("layer", "gradient at the end", "at the start", "1 % left after", "largest s.v.")


def gradient_flow(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    max_sequences: int = 100,
    jacobian_steps: int | str = "auto",
) -> GradientFlow:
    r"""How far back the gradient of the loss reaches in a fitted network.

    For every recurrent layer, the gradient of the loss with respect to the state of every step is
    followed backwards through time,

    .. math::

        \lambda_t = d_t + J_{t+1}^\top \lambda_{t+1}, \qquad
        J_t = \frac{\partial s_t}{\partial s_{t-1}},

    with :math:`d_t` that comes to step t directly. Where the products of the :math:`J_t` shrink,
    early steps teach the network nothing (Hochreiter, 1991; Bengio, Simard and Frasconi, 1994);
    where they grow, training is unstable (Pascanu, Mikolov and Bengio, 2013).

    Parameters
    ----------
    estimator : fitted estimator, Pipeline that ends with one, or search over either
        ``RNNClassifier``, ``RNNRegressor``, ``RNNForecaster`` or ``RNNLanguageModel``. It is not
        changed.
    X, y : as in ``fit``
        Of a forecaster its windows are the sequences; a language model has no y, and one text of
        more than 1,000 steps is looked at in pieces of 200.
    max_sequences : int, default=100
        At most so many sequences are looked at, evenly spaced in their order.
    jacobian_steps : int or "auto", default="auto"
        How many steps back whole Jacobians are taken, of the four longest sequences; their cost
        grows with the cube of the size of the state. "auto" takes as many as are quick (a
        second or so), 0 takes none. Gradients are followed over all steps in any case.

    Returns
    -------
    GradientFlow
        Prints a table and a verdict; ``layers`` holds the numbers, ``to_frame()`` makes a table
        of them.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        Before ``fit``.
    TypeError
        For an estimator without a recurrent layer, or whose loss is not known here.
    ValueError
        If y is missing or does not fit.

    See Also
    --------
    GradientFlowDisplay : The picture, for several estimators side by side.

    Notes
    -----
    Computed in 64 bits, step by step, without dropout, back to the first step also where
    ``tbptt_steps`` cuts training off, and with the weights as they are: a fitted
    network that needs only the last steps forgets the others rightly. To judge a network before it
    has learned, fit it with ``max_epochs=1`` and a tiny ``learning_rate``.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import RNNClassifier, gradient_flow
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 40))
    >>> y = X[:, 0] > 0
    >>> classifier = RNNClassifier(cell="rnn", hidden_size=8, max_epochs=1, random_state=0)
    >>> flow = gradient_flow(classifier.fit(X, y), X, y)
    >>> flow.memory_length < 20
    True
    >>> flow.to_frame()["share_left"].head(1).tolist()
    [1.0]
    """
    _check_counts(max_sequences, jacobian_steps)
    inside = opened(estimator, X, "gradient_flow")
    estimator = inside.estimator
    check_recurrent(estimator, "gradient_flow")
    from sksequence.inspection._loss_batch import loss_batch

    batch = loss_batch(estimator, inside.X, y, max_sequences, "gradient_flow")
    loss, traces = _run(batch)
    layers = tuple(_flow(trace, jacobian_steps) for trace in traces)
    n, n_steps = len(batch.batch), max(layer.carried.shape[1] for layer in layers)
    name, cell = type(estimator).__name__, type(traces[0].cell).__name__
    cell = cell if traces[0].cell is traces[0].layer.cell else f"delayed {cell}"
    title = f"{name}, {cell} cells: the gradient in {n} sequences of up to {n_steps} steps"
    flow = GradientFlow(title, layers, loss, n, "")
    words = verdict_of(flow.longest, traces[0].cell, estimator)
    return GradientFlow(title, layers, loss, n, words)


def _check_counts(max_sequences, jacobian_steps):
    if not isinstance(max_sequences, Integral) or max_sequences < 1:
        raise ValueError(f"max_sequences must be an int of at least 1, got {max_sequences!r}.")
    whole = isinstance(jacobian_steps, Integral) and int(jacobian_steps) >= 0
    if jacobian_steps != "auto" and not whole:
        raise ValueError(
            f'jacobian_steps must be an int of at least 0 or "auto", got {jacobian_steps!r}.'
        )


def _run(batch):
    """The loss, and traces of the layers that took part in it."""
    import torch

    from sksequence.inspection._trace import traced

    with torch.enable_grad(), traced(batch.network) as traces:
        loss = batch.loss()
        # what is minimised is the mean; of each sequence we want its own share
        (loss * len(batch.batch)).backward()
    return float(loss.detach()), [trace for trace in traces if trace.inputs]


def _flow(trace, jacobian_steps) -> LayerFlow:
    from sksequence.inspection._trace import adjoints, weight_gradients

    total, carried = adjoints(trace)
    n_steps = trace.n_steps.numpy()
    norms = aligned(total.norm(dim=2).numpy(), n_steps)
    left = aligned(carried.norm(dim=2).numpy(), n_steps)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.where(left[:, :1] > 0, left / left[:, :1], np.nan)
    products, singular = _jacobians(trace, jacobian_steps)
    weights = {
        name: (gradient / len(total)).numpy()
        for name, gradient in weight_gradients(trace, total).items()
    }
    return LayerFlow(trace.name, norms, left, products, singular, _saturation(trace), weights)


def aligned(values: np.ndarray, n_steps: np.ndarray) -> np.ndarray:
    """Rows turned round, so that column k is k steps before the last one; NaN where none is."""
    at = n_steps[:, None] - 1 - np.arange(values.shape[1])
    return np.where(at >= 0, np.take_along_axis(values, np.maximum(at, 0), axis=1), np.nan)


def _jacobians(trace, n_back):
    """Norms of their products, and singular values of each."""
    import torch

    from sksequence.inspection._trace import jacobians

    size = sum(part.shape[2] for part in trace.after)
    rows = torch.argsort(trace.n_steps, descending=True, stable=True)[:N_WATCHED]
    if n_back == "auto":
        n_back = int(WORK / (20 * size**3 * len(rows)))
        rows = rows if n_back >= 1 else rows[:1]
        n_back = max(n_back, 1)
    n_back = min(n_back, int(trace.n_steps[rows].min()))
    product = torch.eye(size, dtype=torch.float64).expand(len(rows), size, size)
    norms, singular = [torch.ones(len(rows), dtype=torch.float64)], []
    for jacobian in jacobians(trace, rows, n_back):
        product = product @ jacobian
        norms.append(torch.linalg.matrix_norm(product, 2))
        singular.append(torch.linalg.svdvals(jacobian))
    values = np.zeros((len(rows), 0, size))
    if singular:
        values = torch.stack(singular, dim=1).numpy()
    return torch.stack(norms, dim=1).numpy(), values


def _saturation(trace) -> dict[str, tuple[float, float]]:
    """Shares of the values that lie at either end."""
    there = (np.arange(len(trace.states)) < trace.n_steps.numpy()[:, None]).T
    found = {}
    for name in trace.cell.gates:
        values = np.stack([kept[name].numpy() for kept in trace.kept])[there]
        found[name] = _shares(values, CLOSED, OPEN)
    if not found:
        values = np.stack([state[0].numpy() for state in trace.states])[there]
        activation = getattr(trace.cell, "activation", "tanh")
        if activation == "relu":
            found["relu units"] = float((values <= 0).mean()), 0.0
        elif activation == "logistic":
            found["logistic units"] = _shares(values, CLOSED, OPEN)
        elif activation == "tanh":
            found["tanh units"] = _shares(values, -OPEN, OPEN)
    return found


def _shares(values, low, high):
    return float((values < low).mean()), float((values > high).mean())


def _frame(layer: LayerFlow):
    import pandas as pd

    there = np.isfinite(layer.gradient_norms)
    n = there.shape[1]
    columns = [norms[ok] for norms, ok in zip(layer.gradient_norms.T, there.T, strict=True)]
    singular = np.median(layer.singular_values, axis=0)  # (n_back, size)
    return pd.DataFrame(
        {
            "layer": layer.name,
            "steps_back": np.arange(n),
            "n_sequences": there.sum(axis=0),
            "gradient_mean": [c.mean() for c in columns],
            "gradient_median": [np.median(c) for c in columns],
            "share_left": _filled(layer.share_left, n),
            "product_norm": _filled(layer.product_norms.max(axis=0), n),
            "singular_max": _filled(singular[:, 0], n),
            "singular_min": _filled(singular[:, -1], n),
        }
    )


def _filled(values, n):
    values = values[:n]
    return np.concatenate([values, np.full(n - len(values), np.nan)])


def _row(layer: LayerFlow) -> tuple[str, ...]:
    reach = len(layer.share_left)
    norms = np.array([np.nanmedian(c) for c in layer.gradient_norms.T[: max(1, reach)]])
    memory = layer.memory_length
    singular = layer.singular_values
    return (
        layer.name,
        f"{norms[0]:.1e}",
        f"{norms[-1]:.1e}",
        f"{memory:.0f} steps" if math.isfinite(memory) else f"more than {reach - 1}",
        f"{np.median(singular[:, :, 0]):.2f}" if singular.size else "-",
    )


def _saturated(layer: LayerFlow) -> str:
    words = []
    for name, (low, high) in layer.saturation.items():
        ends = {"relu units": ("zero", ""), "tanh units": ("at -1", "at 1")}
        low_end, high_end = ends.get(name, ("at 0", "at 1"))
        parts = [f"{s:.0%} {e}" for s, e in ((low, low_end), (high, high_end)) if s >= 0.005]
        words += [f"{name} {' and '.join(parts)}"] if parts else []
    return f"saturated: {'; '.join(words) or 'nothing'}"
