"""What the parameters of a transcriber may be, and what follows from them."""

from __future__ import annotations

from numbers import Real
from typing import Any

from sksequence.cells import make_cell
from sksequence.estimators._parameters import (
    ANALYZERS,
    POSITIVE_INTEGER,
    SHARED_CONSTRAINTS,
    layer_widths,
    recurrent_options,
)
from sksequence.inputs import SequenceSchema
from sksequence.networks import AlignmentSpec
from sksequence.utils._sklearn import Interval, StrOptions

TRANSCRIBER_CONSTRAINTS: dict[str, Any] = {
    **{name: c for name, c in SHARED_CONSTRAINTS.items() if name != "pooling"},
    "analyzer": [ANALYZERS, callable],
    "lowercase": ["boolean", StrOptions({"auto"})],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "stride": [POSITIVE_INTEGER],
    "beam_size": [POSITIVE_INTEGER],
    "language_model": "no_validation",
    "language_weight": [Interval(Real, 0, None, closed="left")],
    "insertion_bonus": [Real],
}


def check_stride(estimator: Any) -> None:
    """Raise ValueError for a stride without a convolution."""
    if estimator.stride > 1 and estimator.conv_size is None:
        raise ValueError(
            f"stride={estimator.stride} is that of the convolution, but conv_size=None: set "
            "conv_size, or stride=1."
        )


def make_alignment_spec(estimator: Any, schema: SequenceSchema) -> AlignmentSpec:
    """The sizes of the network of an estimator's parameters."""
    return AlignmentSpec(
        schema=schema,
        n_outputs=len(estimator.labels_) + 1,
        cell=make_cell(estimator.cell),
        widths=layer_widths(estimator.hidden_size, estimator.n_layers),
        bidirectional=estimator.bidirectional,
        dropout=float(estimator.dropout),
        embedding_size=estimator.embedding_size,
        embedding_trainable=estimator.embedding_trainable,
        context_at=estimator.context_at,
        frame_encoder=estimator.frame_encoder,
        conv_size=estimator.conv_size,
        conv_width=estimator.conv_width,
        stride=estimator.stride,
        **recurrent_options(estimator),
    )
