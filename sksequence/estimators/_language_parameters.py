"""What the parameters of a language model may be, and what follows from them."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np

from sksequence.cells import make_cell
from sksequence.estimators._lengths import LENGTH_MODELS
from sksequence.estimators._parameters import (
    ANALYZERS,
    POSITIVE_INTEGER,
    SHARED_CONSTRAINTS,
    layer_widths,
)
from sksequence.estimators._same_sizes import check_same_sizes
from sksequence.inputs import SequenceSchema
from sksequence.networks import HeadSpec, LanguageNetwork, LanguageSpec, NetworkSpec
from sksequence.networks._stacks import set_free_fields
from sksequence.utils._sklearn import Interval, StrOptions

OF_SYMBOLS = ("softmax", "adaptive")
OF_NUMBERS = ("bernoulli", "gaussian", "mixture")
_NOT_SHARED = ("bidirectional", "pooling", "conv_size", "conv_width", "embedding_trainable")

LANGUAGE_CONSTRAINTS: dict[str, list] = {
    **{name: c for name, c in SHARED_CONSTRAINTS.items() if name not in _NOT_SHARED},
    "analyzer": [ANALYZERS, callable],
    "lowercase": ["boolean", StrOptions({"auto"})],
    "min_count": [POSITIVE_INTEGER],
    "max_tokens": [POSITIVE_INTEGER, None],
    "emission": [StrOptions({"auto", *OF_SYMBOLS, *OF_NUMBERS})],
    "n_components": [POSITIVE_INTEGER],
    "length_model": [StrOptions({"auto", "end", *LENGTH_MODELS}), None],
    "tie_embeddings": ["boolean"],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "tbptt_steps": [POSITIVE_INTEGER, tuple, list, None],
}


def choose_emission(emission: str, side: Any, values: np.ndarray | None) -> str:
    """What a step is drawn from.

    Parameters
    ----------
    emission : str
        The parameter.
    side : object
        How sequences are read.
    values : ndarray or None
        The numbers, if the sequences hold numbers.

    Raises
    ------
    ValueError
        If symbols are to be drawn as numbers or the reverse, or something else than 0 and 1 from
        "bernoulli".
    """
    if side.kind == "symbols":
        if emission in OF_NUMBERS:
            raise ValueError(
                f"emission={emission!r} is a distribution of numbers, but X holds symbols: use "
                "'softmax', 'adaptive' or 'auto'."
            )
        return "softmax" if emission == "auto" else emission
    if emission in OF_SYMBOLS:
        raise ValueError(
            f"emission={emission!r} is a distribution of symbols, but X holds numbers: use "
            f"'bernoulli', 'gaussian', 'mixture' or 'auto', or give {_as_symbols(values)}."
        )
    binary = bool(((values == 0) | (values == 1)).all())
    if emission == "auto":
        return "bernoulli" if binary else "gaussian"
    if emission == "bernoulli":
        check_binary(values)
    return emission


def _as_symbols(values: np.ndarray | None) -> str:
    if values is None or not values.size or (values < 0).any() or (values % 1 != 0).any():
        return "a SequenceArray of symbols"
    n_tokens = int(values.max()) + 1
    return f"symbols as such, SequenceArray.from_list(X, n_tokens={n_tokens})"


def check_binary(values: np.ndarray) -> None:
    """Raise ValueError unless all values are 0 or 1."""
    other = values[(values != 0) & (values != 1)]
    if other.size:
        raise ValueError(
            f"emission='bernoulli' needs values 0 and 1 alone, but X holds {other.flat[0]:g}: "
            "threshold it, or use emission='gaussian'."
        )


def has_probabilities(estimator: Any) -> None:
    """Raise AttributeError of real values, which have densities."""
    if getattr(estimator, "emission_", "softmax") in ("gaussian", "mixture"):
        raise AttributeError(
            f"predict_proba of {type(estimator).__name__} needs symbols or on-off patterns, but it "
            "was fitted on real values: use score_samples and sample."
        )


def stretch(tbptt_steps: Any) -> tuple[int | None, int]:
    """Steps of a stretch (None: all of a sequence), and how many lie behind it.

    Raises
    ------
    ValueError
        If the pair is none, or k2 no multiple of k1.
    """
    if tbptt_steps is None:
        return None, 0
    pair = (tbptt_steps,) * 2 if isinstance(tbptt_steps, Integral) else tuple(tbptt_steps)
    good = len(pair) == 2 and all(isinstance(k, Integral) and int(k) >= 1 for k in pair)
    if not good or pair[1] % pair[0]:
        raise ValueError(
            "tbptt_steps must be an integer >= 1, a pair (k1, k2) of such with k2 a multiple of "
            f"k1, or None, got {tbptt_steps!r}."
        )
    k1, k2 = map(int, pair)
    return k1, k2 - k1


def make_language_spec(estimator: Any, schema: SequenceSchema) -> LanguageSpec:
    """The sizes of the network of an estimator's parameters."""
    (channel,) = schema.channels.values()
    size = estimator.embedding_size
    if channel.kind == "vectors":
        size = channel.n_features
    _check_tied(estimator)
    if estimator.tie_embeddings and size is None and channel.n_tokens:
        raise ValueError(
            "tie_embeddings=True needs vectors of symbols, but embedding_size is None: give a size."
        )
    reader = NetworkSpec(
        schema=schema,
        n_outputs=1,
        cell=make_cell(estimator.cell),
        widths=layer_widths(estimator.hidden_size, estimator.n_layers),
        dropout=float(estimator.dropout),
        embedding_size=size,
        context_at=estimator.context_at,
        residual=estimator.residual,
        variational_dropout=estimator.variational_dropout,
        initial_state=estimator.initial_state,
    )
    return LanguageSpec(reader, _head(estimator))


def _check_tied(estimator: Any) -> None:
    if estimator.tie_embeddings and estimator.emission_ != "softmax":
        why = "that of an adaptive softmax has several sizes"
        if estimator.side_.kind == "numeric":
            why = "numbers have none"
        raise ValueError(
            "tie_embeddings=True shares the vectors of symbols with a softmax, but emission is "
            f"{estimator.emission_!r} ({why}): set tie_embeddings=False"
            + (", or emission='softmax'." if estimator.side_.kind == "symbols" else ".")
        )


def _head(estimator: Any) -> HeadSpec:
    emission, side = estimator.emission_, estimator.side_
    ends = estimator.length_model_ == "end"
    if side.kind == "symbols":
        tied = estimator.tie_embeddings and emission == "softmax"
        return HeadSpec(emission, side.size + ends, tied=tied)
    if emission == "bernoulli":
        return HeadSpec("bernoulli", side.size, ends=ends)
    n_components = estimator.n_components if emission == "mixture" else 1
    return HeadSpec("mixture", side.size, n_components, ends=ends)


def go_on_with(network: LanguageNetwork, spec: LanguageSpec) -> None:
    """Let training go on by `spec`, which may change dropout but no size.

    Raises
    ------
    ValueError
        If `spec` is that of another network.
    """
    check_same_sizes((network.spec.reader, spec.reader), (network.spec.head, spec.head))
    network.spec = spec
    set_free_fields(network, spec.reader)
