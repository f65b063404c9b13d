"""What a fitted network is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    import pandas as pd

_HEADINGS = ("layer", "inputs", "outputs", "weights", "multiplications a step")


# What parts of a network are called; others go by their attribute.
_NAMES = {
    "head": "read-out",
    "bridge": "initial state",
    "context": "context (state)",
    "project": "projection",
    "reader": "image or grid",
    "of_future": "what is known ahead",
}
_STACKS = {"reader": "past: ", "encoder": "past: ", "writer": "future: ", "decoder": "future: "}


@dataclass(frozen=True)
class NetworkSummary:
    """A table of the layers of a network; prints itself, and is HTML in a notebook.

    Parameters
    ----------
    title : str
    rows : tuple of tuple
        Name, size of the input, size of the output, weights (trained ones), and
        multiplications for one step of one sequence (of a convolution over images, for one
        location). What happens once a sequence is marked so.
    """

    title: str
    rows: tuple[tuple[str, int, int, int, str], ...]

    @property
    def n_weights(self) -> int:
        """Trained weights of all layers."""
        return sum(row[3] for row in self.rows)

    def to_frame(self) -> pd.DataFrame:
        """The table as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(_HEADINGS))

    def __str__(self) -> str:
        table = [_HEADINGS, *[tuple(_text(cell) for cell in row) for row in self.rows]]
        table.append(("total", "", "", _text(self.n_weights), ""))
        widths = [max(len(row[i]) for row in table) for i in range(len(_HEADINGS))]
        lines = [
            "  ".join(  # names to the left, numbers to the right
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in table
        ]
        lines = [line.rstrip() for line in lines]
        rule = "-" * max(map(len, lines))
        return "\n".join([self.title, rule, lines[0], rule, *lines[1:-1], rule, lines[-1]])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(h)}</th>" for h in _HEADINGS)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_text(c))}</td>" for c in row) + "</tr>"
            for row in self.rows
        )
        return (
            f"<table><caption>{escape(self.title)}: {self.n_weights:,} weights</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def summary(estimator: Any) -> NetworkSummary:
    """Layers, sizes, weights and the cost of a step of a fitted estimator.

    Parameters
    ----------
    estimator : fitted estimator, Pipeline with one, or search over either
        Any estimator of this package with a ``network_``; of a search its best one.

    Returns
    -------
    NetworkSummary
        Prints as a table; ``n_weights`` and ``to_frame()`` for programs.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        Before ``fit``: the sizes follow from the data.
    TypeError
        For an estimator that has no network.

    Examples
    --------
    >>> from sksequence import RNNRegressor, summary
    >>> X, y = [[1.0, 2.0], [2.0], [3.0, 1.0, 2.0]], [0.0, 1.0, 2.0]
    >>> regressor = RNNRegressor(hidden_size=4, max_epochs=1, random_state=0).fit(X, y)
    >>> summary(regressor)
    RNNRegressor, LSTM cells
    ------------------------------------------------------------------
    layer             inputs  outputs  weights  multiplications a step
    ------------------------------------------------------------------
    values (numeric)       1        1        0                       0
    recurrent 1            1        4      112                      80
    pooling (last)         4        4        0                    once
    read-out               4        1        5                    once
    ------------------------------------------------------------------
    total                                  117
    """
    while (inner := _inner(estimator)) is not None:
        estimator = inner
    check_is_fitted(estimator)
    network = getattr(estimator, "network_", None)
    if network is None or not hasattr(network, "spec"):
        raise TypeError(f"{type(estimator).__name__} has no recurrent network to summarise.")
    rows = tuple(_rows(network) if hasattr(network, "pooling") else _parts(network))
    return NetworkSummary(f"{type(estimator).__name__}, {_cell_of(network)} cells", rows)


def _inner(estimator: Any) -> Any:
    """The last step of a pipeline that has a network, or what a search has found; else None."""
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if hasattr(step, "network_")]
        return steps[-1] if steps else estimator[-1]
    if hasattr(estimator, "cv_results_") and not estimator.refit:
        raise TypeError(
            f"{type(estimator).__name__}(refit=False) keeps no fitted estimator: set refit=True, "
            "or fit one with its best_params_."
        )
    return getattr(estimator, "best_estimator_", None)


def _cell_of(network) -> str:
    spec = network.spec
    return type((spec if hasattr(spec, "cell") else spec.target).cell).__name__


def _parts(network):
    """Rows of a network of several halves: an encoder-decoder, a forecaster."""
    if not (hasattr(network, "encoder") and hasattr(network, "decoder")):
        yield from _layers(network, "")
        return
    yield from _layers(network.encoder, "source: ")
    yield from _layers(network.decoder, "target: ")


def _layers(module, prefix):
    """Rows of all layers inside a module that have trained weights, in their order."""
    from torch import nn

    from sksequence.layers import RecurrentStack, StepEncoder

    for name, part in module.named_children():
        label = prefix + _NAMES.get(name, name.replace("_", " "))
        if isinstance(part, RecurrentStack):
            yield from _recurrent_rows(part, f"{prefix}{_STACKS.get(name, '')}")
        elif isinstance(part, StepEncoder):
            for table in part.tables.values():
                yield f"{prefix}embedding", *table.weight.shape, _trained(table), "0"
        elif isinstance(part, nn.Embedding):
            yield label, *part.weight.shape, _trained(part), "0"
        elif hasattr(part, "weight") and part.weight.ndim >= 2:
            n_outputs, n_inputs = part.weight.shape[:2]
            yield label, n_inputs, n_outputs, _trained(part), f"{part.weight.numel():,}"
        elif _trained(part):
            yield _together(label, part, once=name in ("bridge", "context"))


def _together(label, part, once):
    """One row for a part of several small layers."""
    weights = [m.weight for m in part.modules() if hasattr(m, "weight") and m.weight.ndim >= 2]
    n_inputs = weights[0].shape[1]
    n_outputs = sum(w.shape[0] for w in weights) if once else weights[-1].shape[0]
    cost = "once" if once else f"{sum(w.numel() for w in weights):,}"
    return label, n_inputs, n_outputs, _trained(part), cost


def _recurrent_rows(stack, prefix):
    for i, directions in enumerate(stack.layers):
        n_inputs = directions[0].weights["weight_ih"].shape[1]
        n_outputs = sum(layer.n_units for layer in directions)
        cost = sum(w.numel() for layer in directions for w in layer.weights.values() if w.ndim == 2)
        yield f"{prefix}recurrent {i + 1}", n_inputs, n_outputs, _trained(directions), f"{cost:,}"


def _rows(network):
    spec = network.spec
    fill = getattr(network.encoder, "fill", None)
    frames = _frame_networks(network)
    for name, channel in spec.schema.channels.items():
        table = network.encoder.table(name)
        label = "values" if len(spec.schema.channels) == 1 else name
        if name in frames:
            yield _frame_row(f"{label} (frames)", channel.shape, frames[name])
        elif table is None:
            width, rates = channel.n_features, 0
            if fill is not None and name in fill.names:
                width, rates = 3 * width, width  # the value, a mark, and the time since
            yield f"{label} ({channel.kind})", channel.n_features, width, rates, "0"
        else:
            n_tokens, size = table.weight.shape
            yield f"{label} (embedding)", n_tokens, size, _trained(table), "0"
    if network.context is not None:
        width = sum(layer.n_units for layers in network.stack.layers for layer in layers)
        yield "context (state)", spec.schema.n_context, width, _trained(network.context), "once"
    if network.convolution is not None:
        convolution = network.convolution.convolution
        yield (
            "convolution",
            convolution.in_channels,
            convolution.out_channels,
            _trained(convolution),
            f"{convolution.weight.numel():,}",
        )
    yield from _recurrent_rows(network.stack, "")
    n_units = network.stack.n_outputs
    yield f"pooling ({spec.pooling})", n_units, n_units, _trained(network.pooling), "once"
    yield "read-out", n_units, spec.n_outputs, _trained(network.head), "once"


def _frame_networks(network) -> dict[str, Any]:
    """The convolutional network of each channel whose steps are frames."""
    from sksequence.layers._frames import is_frame

    networks = getattr(network.encoder, "frames", None)
    if networks is None:
        return {}
    channels = network.spec.schema.channels.items()
    names = [name for name, channel in channels if is_frame(channel)]
    return dict(zip(names, networks.values(), strict=True))


def _frame_row(label, frame_shape, frame_network):
    """Each convolution at all of its places, then the projection: once a frame."""
    rows, columns = frame_shape[:2]
    cost = frame_network.project.weight.numel()
    for convolution, *_ in frame_network.convolutions.blocks:
        rows, columns = math.ceil(rows / 2), math.ceil(columns / 2)
        cost += rows * columns * convolution.weight.numel()
    n_outputs = frame_network.n_outputs
    return label, math.prod(frame_shape), n_outputs, _trained(frame_network), f"{cost:,}"


def _trained(module) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def _text(cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else cell
