"""What the parameters of a tagger may be, and what follows from them."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
import torch

from sksequence.cells import make_cell
from sksequence.estimators._parameters import (
    POSITIVE_INTEGER,
    SHARED_CONSTRAINTS,
    layer_widths,
    recurrent_options,
)
from sksequence.estimators._same_sizes import check_same_sizes
from sksequence.estimators._tagger_reading import ragged_channels
from sksequence.inputs import SequenceArray, SequenceSchema
from sksequence.networks import TaggingNetwork, TaggingSpec, starting_vectors
from sksequence.networks._stacks import set_free_fields
from sksequence.utils._sklearn import Interval, StrOptions

# Of symbols, which are soon learned by heart.
AUTO_DROPOUT = 0.4

TAGGER_CONSTRAINTS: dict[str, list] = {
    **{name: c for name, c in SHARED_CONSTRAINTS.items() if name != "pooling"},
    "output": [StrOptions(("softmax", "crf"))],
    "scheme": [StrOptions(("BIO", "IOBES", "IOB1")), None],
    "forbid_unseen": ["boolean"],
    "lowercase": ["boolean"],
    "zero_digits": ["boolean"],
    "min_count": [POSITIVE_INTEGER],
    "max_tokens": [POSITIVE_INTEGER, None],
    "casing": ["boolean"],
    "word_vectors": "no_validation",  # type: ignore[dict-item]
    "word_dropout": [Interval(Real, 0, None, closed="left")],
    "character_network": [StrOptions(("cnn", "rnn")), None],
    "character_size": [Interval(Integral, 1, None, closed="left")],
    "class_weight": [dict, StrOptions({"balanced"}), None],
    "ignore_label": "no_validation",  # type: ignore[dict-item]
}


def make_tagging_spec(
    estimator: Any, schema: SequenceSchema, n_labels: int, ragged: tuple[str, ...], table: Any
) -> TaggingSpec:
    """The sizes of the network of an estimator's parameters.

    Parameters
    ----------
    estimator : RNNTagger
    schema : SequenceSchema
    n_labels : int
    ragged : tuple of str
        Channels with several symbols in a step.
    table : ndarray of shape (n_words, size) or None
        The vectors from which those of words start.
    """
    if ragged and estimator.character_network is None:
        raise ValueError(
            f"the channel {ragged[0]!r} has several symbols in a step, such as the characters of a "
            "word, but character_network=None: choose 'cnn' or 'rnn', or leave the channel out."
        )
    symbols = any(c.kind != "numeric" for c in schema.channels.values())
    dropout = estimator.dropout
    if dropout == "auto":
        dropout = AUTO_DROPOUT if symbols else 0.0
    size = estimator.embedding_size if table is None else table.shape[1]
    words = estimator.reader_.words
    one_hot = tuple(
        name
        for name, channel in schema.channels.items()
        if channel.kind == "symbols"
        and name not in ragged
        and size is not None
        and (channel.n_tokens or 0) <= size
        and not (name == words and table is not None)
    )
    return TaggingSpec(
        schema=schema,
        n_outputs=n_labels,
        cell=make_cell(estimator.cell),
        widths=layer_widths(estimator.hidden_size, estimator.n_layers),
        bidirectional=estimator.bidirectional,
        dropout=float(dropout),
        embedding_size=size,
        embedding_trainable=estimator.embedding_trainable,
        context_at=estimator.context_at,
        frame_encoder=estimator.frame_encoder,
        conv_size=estimator.conv_size,
        conv_width=estimator.conv_width,
        output=estimator.output,
        one_hot=one_hot,
        ragged=ragged,
        character_network=estimator.character_network if ragged else None,
        character_size=estimator.character_size,
        dropped_channel=words if words and estimator.word_dropout > 0 else None,
        **recurrent_options(estimator),
    )


def build_tagging_network(
    estimator: Any, X: SequenceArray, n_labels: int, generator: torch.Generator
) -> TaggingNetwork:
    """A new network, with the vectors that were given."""
    reader, scaling = estimator.reader_, estimator.input_scaling_
    table = reader.starting_table(estimator)
    spec = make_tagging_spec(
        estimator, estimator.sequence_schema_, n_labels, ragged_channels(X), table
    )
    vectors = starting_vectors(X, scaling) if estimator.embedding_trainable else {}
    if table is not None:
        scale = float(np.sqrt(np.square(table, dtype=np.float64).mean())) or 1.0
        vectors[reader.words] = torch.from_numpy(table / (scale if estimator.normalize else 1.0))
    network = spec.build(generator, vectors)
    if spec.dropped_channel is not None:
        rates = torch.from_numpy(reader.unknown_rates(estimator.word_dropout))
        network.encoder.rates.copy_(rates)
    return network


def go_on_tagging(estimator: Any) -> None:
    """Let training go on by the parameters as they are now.

    Raises
    ------
    ValueError
        If they ask for another network.
    """
    network = estimator.network_
    fitted = network.spec
    size_kept = estimator.reader_.words is not None and estimator.word_vectors is not None
    table = np.empty((0, fitted.embedding_size)) if size_kept else None
    wanted = make_tagging_spec(estimator, fitted.schema, fitted.n_outputs, fitted.ragged, table)
    check_same_sizes((fitted, wanted))
    network.spec = wanted
    set_free_fields(network, wanted)
